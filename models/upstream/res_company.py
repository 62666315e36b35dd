from odoo import fields, models


class ResCompany(models.Model):
    """What a company looks after before its invoices fall due."""

    _inherit = "res.company"

    collection_precheck_amount = fields.Monetary(
        string="Invoices Checked from",
        default=1000.0,
        help="Invoices of at least this amount are checked with the customer before "
        "they fall due. 0: none.",
        groups="base.group_user",
    )
    collection_precheck_from = fields.Integer(
        string="Checked at the Latest",
        default=7,
        help="Days before the due date.",
        groups="base.group_user",
    )
    collection_precheck_to = fields.Integer(
        string="Checked at the Earliest",
        default=15,
        help="Days before the due date.",
        groups="base.group_user",
    )
    collection_bill_auto = fields.Boolean(
        string="Bills Drawn Every Night",
        default=True,
        help="For customers who pay by bill or LCR: one for each invoice that is not "
        "due yet.",
        groups="base.group_user",
    )
    collection_bill_letters = fields.Selection(
        selection=[
            ("none", "Not written"),
            ("draft", "Drafted"),
            ("to_send", "Sent"),
        ],
        string="Letters Asking for Bills",
        default="draft",
        required=True,
        help="Written 25 and 15 days before the due date of a bill that is not back; "
        "not to customers whom a provider works.",
        groups="base.group_user",
    )

    _collection_precheck_days = models.Constraint(
        "CHECK (collection_precheck_from BETWEEN 0 AND collection_precheck_to)",
        "Invoices are first checked earlier, and last checked later, before their "
        "due date.",
    )
