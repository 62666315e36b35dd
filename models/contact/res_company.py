from odoo import fields, models


class ResCompany(models.Model):
    """How long a company leaves a customer alone after a call."""

    _inherit = "res.company"

    collection_hold_days = fields.Integer(
        string="Rest after a Contact",
        default=2,
        help="Days without a call after the right person was reached, unless the next "
        "action is due. Segments may say otherwise.",
        groups="base.group_user",
    )

    _collection_hold_days = models.Constraint(
        "CHECK (collection_hold_days >= 0)",
        "The rest after a contact cannot be negative.",
    )
