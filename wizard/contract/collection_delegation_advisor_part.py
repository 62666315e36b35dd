from odoo import fields, models

from .collection_delegation_advisor import CHOICES


class CollectionDelegationAdvisorPart(models.TransientModel):
    """What goes, or stays, by one choice."""

    _name = "collection.delegation.advisor.part"
    _description = "What a Choice Hands Over"
    _inherit = ["collection.relation.mixin"]
    _order = "id"
    _transient_max_hours = 24.0

    advisor_id = fields.Many2one(
        comodel_name="collection.delegation.advisor",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="advisor_id.currency_id")
    choice = fields.Selection(selection=CHOICES, required=True, readonly=True)
    side = fields.Selection(
        selection=[("goes", "Goes"), ("stays", "Stays")], required=True, readonly=True
    )
    count = fields.Integer(string="Accounts", readonly=True)
    overdue_count = fields.Integer(
        string="Overdue Customers",
        readonly=True,
        help="With something overdue, and with no provider yet.",
    )
    turnover = fields.Monetary(string="Turnover, 12 Months", readonly=True)
    amount_open = fields.Monetary(string="Open", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    received = fields.Monetary(
        string="Money Received",
        readonly=True,
        help="What came in in the period, while in-house.",
    )
