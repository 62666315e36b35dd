from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...models.delegation.collection_delegation_choice import (
    GO_REASONS,
    LOCKED_REASONS,
    STAY_REASONS,
)

#: choices by which each account goes or stays; by hand, nobody has chosen yet
DECIDED = ("total", "partial", "late_30", "late_60", "late_90")
GOES = frozenset(dict(GO_REASONS))
REASONS = GO_REASONS + LOCKED_REASONS + STAY_REASONS
#: what is inserted, and as what
COLUMNS = {
    "account_id": SQL("int[]"),
    "segment_id": SQL("int[]"),
    "rank": SQL("int[]"),
    "turnover": SQL("numeric[]"),
    "amount_open": SQL("numeric[]"),
    "amount_overdue": SQL("numeric[]"),
    "days_overdue": SQL("int[]"),
    "received": SQL("numeric[]"),
    **{f"reason_{choice}": SQL("text[]") for choice in DECIDED},
}


class CollectionDelegationAdvisorLine(models.TransientModel):
    """Whether one account would go, by each choice, and why."""

    _name = "collection.delegation.advisor.line"
    _description = "Account of the Delegation Advisor"
    _inherit = ["collection.relation.mixin"]
    _order = "rank, id"
    _transient_max_hours = 24.0

    advisor_id = fields.Many2one(
        comodel_name="collection.delegation.advisor",
        required=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="advisor_id.currency_id")
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment", readonly=True, ondelete="cascade"
    )
    rank = fields.Integer(
        readonly=True, aggregator=None, help="By turnover among the active accounts."
    )
    turnover = fields.Monetary(string="Turnover, 12 Months", readonly=True)
    amount_open = fields.Monetary(string="Open", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    days_overdue = fields.Integer(string="Days", readonly=True, aggregator="max")
    received = fields.Monetary(
        string="Money Received",
        readonly=True,
        help="What came in in the period, while in-house.",
    )
    reason = fields.Selection(
        selection=REASONS,
        string="Why",
        compute="_compute_reason",
        help="By the choice made; by hand, nobody has chosen yet.",
    )
    reason_total = fields.Selection(
        selection=REASONS, string="The Whole File", readonly=True
    )
    reason_partial = fields.Selection(
        selection=REASONS, string="All but the Largest", readonly=True
    )
    reason_late_30 = fields.Selection(
        selection=REASONS, string="From 30 Days Late", readonly=True
    )
    reason_late_60 = fields.Selection(
        selection=REASONS, string="From 60 Days Late", readonly=True
    )
    reason_late_90 = fields.Selection(
        selection=REASONS, string="From 90 Days Late", readonly=True
    )

    @api.depends("advisor_id.choice")
    def _compute_reason(self):
        for line in self:
            choice = line.advisor_id.choice
            line.reason = choice in DECIDED and line[f"reason_{choice}"]

    @api.model
    def _get_reason_fields(self):
        """Fields that say why an account goes or stays, one for each choice."""
        return [f"reason_{choice}" for choice in DECIDED]

    @api.model
    def _get_side_domain(self, choice, side):
        """Domain of the accounts that go, or stay, by a choice."""
        if choice not in DECIDED:
            return Domain(side == "stays")
        goes = Domain(f"reason_{choice}", "in", sorted(GOES))
        return goes if side == "goes" else ~goes

    @api.model
    def _insert(self, advisor, rows):
        """Insert lines at once: field by field, 20,000 of them take ten times as long.

        :param rows: dicts of `COLUMNS`
        """
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_delegation_advisor_line (
                    advisor_id, %(names)s,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(advisor)s, %(names)s, %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(values)s) AS decided (%(names)s)
             RETURNING id
                """,
                names=names,
                advisor=advisor.id,
                uid=self.env.uid,
                values=SQL(", ").join(
                    SQL("%s::%s", [row[name] for row in rows], kind)
                    for name, kind in COLUMNS.items()
                ),
            )
        )
        self.invalidate_model(flush=False)
        advisor.invalidate_recordset(["line_ids"], flush=False)
