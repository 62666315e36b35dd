from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import measure
from ...tools.ageing import BUCKETS
from ..base.collection_age_mixin import age_case
from ..base.figures import in_current_currency, ratio_sql
from ..base.planner import compile_nothing
from .collection_first_action_fact import SAID, WINDOWS

#: ratios of sums: numerator, denominator, and what the quotient is multiplied by
RATES = {
    "success_30": ("received_30", "judged_30", 100),
    "success_60": ("received_60", "judged_60", 100),
    "success_90": ("received_90", "judged_90", 100),
    "success": ("received_since", "amount_acted", 100),
    "mean_age": ("amount_days", "amount_acted", 1),
}


class CollectionFirstAction(models.Model):
    """What came in after somebody first acted, by the age of the debt on that day.

    One row for each item that was overdue, or on which somebody acted before it was.
    The first action is the earliest of those that fell on a day on which the item was
    still open:

    - `check`: its quality control before the due date;
    - `call`: an outgoing call to its customer while it was overdue, whoever answered;
    - `promise`, `plan`: an agreement about it, not a draft;
    - `reminder`: a letter of a policy's ladder, a reminder before the due date or the
      first letter of a provider that lists it, sent and not come back; registered
      letters count from the day on which they were posted.

    A letter that came back, a correction of a call, an incoming call and a dispute are
    no actions. The age is the number of days from the due date to that day; up to the
    due date it is not above nought. What was open is what was so when the day began,
    credits that were not matched by now apart; money is `collection.receipt` of kind
    `money` from that day on, by its value date: credit notes, write-offs and set-offs
    are no success. All in company currency, at the rate at which the item was booked.

    A window of so many days is judged when all of them are over, for what was paid
    early in it, too: what is not judged counts neither as success nor as failure.
    Where nobody acted there is no rate; what was open is then what was so on the first
    day overdue. Who worked an item is what hand-overs say of the day of the action, the
    day of the hand-over and its last one included; the segment is the customer's of
    today, of which no history is kept.
    """

    _name = "collection.first.action"
    _description = "Success by Age at First Action"
    _inherit = ["collection.age.order.mixin", "collection.receipt.reader.mixin"]
    _auto = False
    _order = "date desc nulls last, id desc"
    _rec_name = "item_id"

    _ages = (*(code for code, _lower, _upper in BUCKETS), "settled", "waiting")

    item_id = fields.Many2one(comodel_name="collection.item", readonly=True)
    account_id = fields.Many2one(
        comodel_name="collection.account", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        help="The customer's of today.",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        readonly=True,
        help="Who worked it on the day of the first action.",
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        help="Under which it was with a provider on that day.",
    )
    date_due = fields.Date(string="Due Date", readonly=True)
    date = fields.Date(
        string="First Action on",
        readonly=True,
        help="The first day on which somebody acted while it was open.",
    )
    kind = fields.Selection(
        selection=[
            ("check", "Quality control"),
            ("call", "Call"),
            ("promise", "Promise"),
            ("plan", "Payment plan"),
            ("reminder", "Reminder"),
        ],
        string="First Action",
        readonly=True,
    )
    days_overdue = fields.Integer(
        string="Days Late at First Action",
        readonly=True,
        aggregator=None,
        help="From the due date to the first action; up to 0: before it was overdue.",
    )
    age_bucket = fields.Selection(
        selection=[
            ("not_due", "By the due date"),
            ("d1_30", "1–30 days late"),
            ("d31_60", "31–60 days late"),
            ("d61_90", "61–90 days late"),
            ("d91_plus", "Over 90 days late"),
            ("settled", "Settled before anybody acted"),
            ("waiting", "Nobody has acted yet"),
        ],
        string="Age at First Action",
        readonly=True,
    )
    amount = fields.Monetary(
        string="Open at First Action",
        readonly=True,
        help="When the day began; where nobody acted, on the first day overdue.",
    )
    received = fields.Monetary(
        string="Money since",
        readonly=True,
        help="Up to today; where nobody acted, since the first day overdue. Credit "
        "notes, write-offs and set-offs do not count.",
    )
    amount_acted = fields.Monetary(
        readonly=True, aggregator=None, export_string_translation=False
    )
    amount_days = fields.Float(
        readonly=True, aggregator=None, export_string_translation=False
    )
    received_since = fields.Monetary(
        readonly=True, aggregator=None, export_string_translation=False
    )
    judged_30 = fields.Monetary(
        string="Judged after 30 Days",
        readonly=True,
        help="Open at first action, of actions since which 30 days are over.",
    )
    received_30 = fields.Monetary(
        string="Money within 30 Days",
        readonly=True,
        help="Of actions since which 30 days are over.",
    )
    judged_60 = fields.Monetary(
        string="Judged after 60 Days",
        readonly=True,
        help="Open at first action, of actions since which 60 days are over.",
    )
    received_60 = fields.Monetary(
        string="Money within 60 Days",
        readonly=True,
        help="Of actions since which 60 days are over.",
    )
    judged_90 = fields.Monetary(
        string="Judged after 90 Days",
        readonly=True,
        help="Open at first action, of actions since which 90 days are over.",
    )
    received_90 = fields.Monetary(
        string="Money within 90 Days",
        readonly=True,
        help="Of actions since which 90 days are over.",
    )

    success_30 = fields.Float(
        string="Success within 30 Days (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Money within 30 days of the first action, of what was open then; "
        "of actions since which 30 days are over.",
    )
    success_60 = fields.Float(
        string="Success within 60 Days (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Money within 60 days of the first action, of what was open then; "
        "of actions since which 60 days are over.",
    )
    success_90 = fields.Float(
        string="Success within 90 Days (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Money within 90 days of the first action, of what was open then; "
        "of actions since which 90 days are over.",
    )
    success = fields.Float(
        string="Success until Today (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Money received since the first action, of what was open then. Young "
        "actions had less time than old ones.",
    )
    mean_age = fields.Float(
        string="Mean Days Late at First Action",
        digits=(6, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="By the amounts open then.",
    )

    _depends = {
        "collection.account": ["segment_id"],
        "collection.first.action.fact": list(SAID),
        "collection.item": [
            "account_id",
            "amount_residual_company",
            "company_id",
            "date_due",
            "state",
        ],
        "res.company": ["currency_id"],
    }

    # ------------------------------------------------------------------
    # The rows
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger_first(self):
        res = super()._follow_ledger_first()
        compile_nothing(self.env)
        return res

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT item.id, item.id AS item_id, item.account_id, item.company_id,
                   company.currency_id, acc.segment_id,
                   CASE WHEN fact.mandate_id IS NULL THEN 'company' ELSE 'provider' END
                       AS side,
                   fact.mandate_id, item.date_due, fact.date, fact.kind,
                   fact.date - item.date_due AS days_overdue,
                   CASE WHEN fact.date IS NOT NULL THEN CASE %(ages)s END
                        WHEN item.state = 'closed' THEN 'settled'
                        ELSE 'waiting' END AS age_bucket,
                   figure.amount, COALESCE(fact.received, 0) AS received,
                   CASE WHEN fact.date IS NOT NULL THEN figure.amount END
                       AS amount_acted,
                   figure.amount * (fact.date - item.date_due) AS amount_days,
                   CASE WHEN fact.date IS NOT NULL THEN fact.received END
                       AS received_since,
                   %(judged)s
              FROM collection_item item
              JOIN collection_account acc ON acc.id = item.account_id
              JOIN res_company company ON company.id = item.company_id
         LEFT JOIN collection_first_action_fact fact ON fact.item_id = item.id
        CROSS JOIN LATERAL (
                    -- nothing settled, nobody acted: all of it was open
                    SELECT COALESCE(fact.amount, item.amount_residual_company) AS amount
                   ) figure
             WHERE item.company_id = ANY(%(companies)s)
               AND (item.state = 'open' OR fact.settled_on IS NOT NULL)
               AND (fact.date IS NOT NULL
                    OR COALESCE(fact.settled_on, %(today)s) > item.date_due)
               AND figure.amount > 0
            """,
            companies=self.env.companies.ids,
            today=self.env.company._get_collection_today(),
            ages=age_case(SQL("fact.date - item.date_due")),
            judged=SQL(", ").join(
                SQL(
                    """CASE WHEN %(today)s::date - fact.date > %(days)s
                            THEN figure.amount END AS %(judged)s,
                       CASE WHEN %(today)s::date - fact.date > %(days)s
                            THEN %(within)s END AS %(received)s""",
                    today=self.env.company._get_collection_today(),
                    days=days,
                    judged=SQL.identifier(f"judged_{days}"),
                    received=SQL.identifier(f"received_{days}"),
                    within=SQL.identifier("fact", f"within_{days}"),
                )
                for days in WINDOWS
            ),
        )

    # ------------------------------------------------------------------
    # Rates
    # ------------------------------------------------------------------

    @api.depends(
        *{part for over, under, _factor in RATES.values() for part in (over, under)}
    )
    def _compute_rates(self):
        for row in self:
            for name, (over, under, factor) in RATES.items():
                row[name] = measure.ratio(factor * row[over], row[under]) or 0.0

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]
        if name not in RATES:
            return super()._read_group_select(aggregate_spec, query)
        # ratios of sums, not means of ratios
        self._check_field_access(self._fields[name], "read")
        over, under, factor = RATES[name]
        return ratio_sql(
            self._get_sum_sql(over, query), self._get_sum_sql(under, query), factor
        )

    @api.model
    def _get_sum_sql(self, column, query):
        """SQL of the sum of a column over a group, in the currency of the current
        company, at the rates of the day of the first action."""
        return SQL(
            "SUM(%s)",
            in_current_currency(
                self.env,
                self._field_to_sql(self._table, column, query),
                self._field_to_sql(self._table, "currency_id", query),
                self._field_to_sql(self._table, "date", query),
            ),
        )

    def action_open_item(self):
        """Open the invoice on which somebody acted, as far as the user may see it."""
        self.ensure_one()
        self.check_access("read")
        return self.item_id.action_open_invoice()
