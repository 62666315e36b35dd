from odoo import fields, models

DEPARTMENTS = [
    ("order", "Sales administration"),
    ("delivery", "Logistics"),
    ("price", "Sales"),
    ("billing", "Invoicing"),
    ("quality", "Quality"),
    ("accounting", "Accounting"),
    ("legal", "Legal"),
]


class CollectionDisputeReason(models.Model):
    """Why a customer contests an invoice, who decides about it and how fast."""

    _name = "collection.dispute.reason"
    _description = "Dispute Reason"
    _inherit = ["collection.provider.mixin"]
    _order = "sequence, id"

    _provider_fields = frozenset({"active", "code", "name", "sequence"})

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department = fields.Selection(
        selection=DEPARTMENTS,
        required=True,
        default="accounting",
        help="Who has to look into it.",
    )
    owner_id = fields.Many2one(
        comodel_name="res.users",
        string="To Be Decided by",
        domain=[("share", "=", False)],
        help="Who gets the disputes of this reason. Empty: the customer's "
        "salesperson, else whoever opened the dispute.",
    )
    deadline_days = fields.Integer(
        string="Days to Decide", default=10, help="Days from the opening."
    )
    dysfunction_id = fields.Many2one(
        comodel_name="collection.dysfunction",
        index="btree_not_null",
        ondelete="restrict",
        help="What goes wrong in our own house when customers say this.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "A reason with this code exists already."
    )
    _deadline_positive = models.Constraint(
        "CHECK (deadline_days >= 0)", "The days to decide cannot be negative."
    )
