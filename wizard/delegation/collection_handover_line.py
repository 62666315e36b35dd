from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...models.contact.collection_account_worklist import GAPS
from ...models.delegation.collection_delegation_choice import (
    GO_REASONS,
    LOCKED_REASONS,
    STAY_REASONS,
)

#: on which side of the preview an account stands
DECISIONS = [
    ("goes", "Goes"),
    ("stays", "Stays"),
    ("placed", "With a provider"),
]


class CollectionHandoverLine(models.TransientModel):
    """Whether one account goes to the provider, and why."""

    _name = "collection.handover.line"
    _description = "Account in a Hand-over Preview"
    _inherit = ["collection.relation.mixin"]
    _order = "turnover desc, id"
    _transient_max_hours = 24.0

    wizard_id = fields.Many2one(
        comodel_name="collection.handover",
        required=True,
        index=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_ref = fields.Char(related="account_id.partner_ref", string="Reference")
    segment_id = fields.Many2one(
        comodel_name="collection.segment", readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    rank = fields.Integer(
        readonly=True,
        aggregator=None,
        help="By turnover among the active accounts; 0: not active.",
    )
    turnover = fields.Monetary(string="Turnover, 12 Months", readonly=True)
    amount_open = fields.Monetary(string="Open", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    days_overdue = fields.Integer(string="Days", readonly=True, aggregator="max")
    scope = fields.Selection(
        selection=[("account", "The whole customer"), ("items", "Chosen items")],
        required=True,
        default="account",
        readonly=True,
    )
    item_count = fields.Integer(
        string="Items That Go",
        readonly=True,
        help="Of the items chosen; those that are excluded, blocked, being paid or "
        "time-barred stay.",
    )
    open_item_count = fields.Integer(string="Open Items", readonly=True)
    items_note = fields.Char(string="Items", compute="_compute_items_note")
    current_mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        string="Mandate Now",
        readonly=True,
        ondelete="cascade",
        help="Under which the customer is with a provider already, or about to be.",
    )
    amount_promised = fields.Monetary(
        string="Promised", readonly=True, help="Owed on what an open promise is about."
    )
    amount_disputed = fields.Monetary(string="Disputed", readonly=True)
    amount_on_plan = fields.Monetary(string="On a Plan", readonly=True)
    amount_credit = fields.Monetary(
        string="Open Credits",
        readonly=True,
        help="Credit notes and payments that are still to be matched.",
    )
    service_gap = fields.Selection(
        selection=GAPS,
        string="Nobody Can Serve",
        readonly=True,
        help="Why no agent of the mandate can be offered this customer.",
    )
    decision = fields.Selection(selection=DECISIONS, required=True)
    proposed_decision = fields.Selection(
        selection=DECISIONS, required=True, readonly=True
    )
    proposed_reason = fields.Selection(
        selection=GO_REASONS + LOCKED_REASONS + STAY_REASONS,
        required=True,
        readonly=True,
    )
    reason = fields.Selection(
        selection=[("by_hand", "By hand"), *GO_REASONS, *LOCKED_REASONS, *STAY_REASONS],
        compute="_compute_reason",
        store=True,
        string="Why",
    )
    locked = fields.Boolean(
        compute="_compute_locked", help="This account cannot be handed over now."
    )

    @api.depends("decision", "proposed_decision", "proposed_reason")
    def _compute_reason(self):
        for line in self:
            as_proposed = line.decision == line.proposed_decision
            line.reason = line.proposed_reason if as_proposed else "by_hand"

    @api.depends("scope", "item_count", "open_item_count")
    @api.depends_context("lang")
    def _compute_items_note(self):
        for line in self:
            line.items_note = (
                self.env._(
                    "%(count)s of %(total)s items",
                    count=line.item_count,
                    total=line.open_item_count,
                )
                if line.scope == "items"
                else self.env._("All items")
            )

    @api.depends("proposed_reason")
    def _compute_locked(self):
        locked = dict(LOCKED_REASONS)
        for line in self:
            line.locked = line.proposed_reason in locked

    @api.constrains("decision", "proposed_reason")
    def _check_decision(self):
        for line in self:
            if line.decision == line.proposed_decision:
                continue
            if line.decision == "placed":
                raise ValidationError(
                    self.env._(
                        "%(customer)s is not with a provider: choose whether they go "
                        "or stay.",
                        customer=line.account_id.display_name,
                    )
                )
            if line.proposed_decision == "placed" or line.locked:
                labels = dict(
                    self._fields["proposed_reason"]._description_selection(self.env)
                )
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot be handed over: %(reason)s.",
                        customer=line.account_id.display_name,
                        reason=labels[line.proposed_reason],
                    )
                )

    def action_go(self):
        """By hand: hand these accounts over."""
        self.decision = "goes"

    def action_stay(self):
        """By hand: keep these accounts in-house."""
        self.decision = "stays"
