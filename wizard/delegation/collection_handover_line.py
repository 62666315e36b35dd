from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: why an account goes
GO_REASONS = [
    ("file", "Whole file"),
    ("rest", "Below the largest by turnover"),
    ("always", "Segment always handed over"),
    ("chosen", "Chosen"),
]
#: why an account stays, whatever the user would like
LOCKED_REASONS = [
    ("delegated", "Already with a provider"),
    ("proposed", "On another hand-over"),
    ("reserved", "Reserved"),
    ("never", "Segment stays in-house"),
    ("insolvent", "Insolvent"),
    ("time_barred", "Time-barred"),
    ("segment", "Segment not in the mandate"),
    ("not_late", "Not late enough for the mandate"),
    ("too_small", "Owes too little for the mandate"),
    ("other_lot", "Drawn for another provider"),
    ("creditor", "Owed more than they owe"),
]
#: why an account stays unless the user says otherwise
STAY_REASONS = [
    ("unclassified", "Unclassified"),
    ("not_ripe", "Not late enough for its segment"),
    ("top", "Among the largest by turnover"),
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
    decision = fields.Selection(
        selection=[("goes", "Goes"), ("stays", "Stays")], required=True
    )
    proposed_decision = fields.Selection(
        selection=[("goes", "Goes"), ("stays", "Stays")], required=True, readonly=True
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

    @api.depends("proposed_reason")
    def _compute_locked(self):
        locked = dict(LOCKED_REASONS)
        for line in self:
            line.locked = line.proposed_reason in locked

    @api.constrains("decision", "proposed_reason")
    def _check_decision(self):
        for line in self:
            if line.locked and line.decision == "goes":
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
