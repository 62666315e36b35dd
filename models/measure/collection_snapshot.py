from calendar import monthrange

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import measure
from ..base.figures import in_current_currency, ratio_sql
from .collection_payer_profile import CLASSES

#: what stood open at a month end: over several of them, their mean
STOCKS = (
    "amount_not_due",
    "amount_1_30",
    "amount_31_60",
    "amount_61_90",
    "amount_91_plus",
    "amount_open",
    "amount_overdue",
    "amount_credit",
    "amount_balance",
    "amount_disputed",
    "amount_promised",
    "amount_kept_too_long",
    "amount_accustomed",
    "turnover",
)
#: sales of the month and of the eleven before, the last one first
SALES = tuple(f"sales_{number}" for number in range(12))
#: what happened in the month
FLOWS = (
    "amount_begin",
    "begin_not_due",
    "begin_1_30",
    "begin_31_60",
    "begin_61_90",
    "rolled_not_due",
    "rolled_1_30",
    "rolled_31_60",
    "rolled_61_90",
    "terms_amount",
    "terms_weight",
    "overdue_weight",
)
#: what the customer left without money by the month end
HABITS = ("unanswered_reminders", "promises_broken")
#: what is read from the ledger and from what was done, and may be different later
FIGURES = (*STOCKS, *SALES, *FLOWS, "period_days", *HABITS)
#: what else is said of the customer, in the order in which it is written
TRAITS = (
    "account_id",
    "segment_id",
    "side",
    "mandate_id",
    "payer_class",
    "accustomed",
)
#: ratios of sums: numerator, denominator, and what the quotient is multiplied by
RATES = {
    "overdue_rate": ("amount_overdue", "amount_open", 100),
    "mean_days_overdue": ("overdue_weight", "amount_overdue", 1),
    "mean_terms": ("terms_weight", "terms_amount", 1),
    "kept_rate": ("amount_kept_too_long", "amount_overdue", 100),
    "accustomed_rate": ("amount_accustomed", "amount_overdue", 100),
    "roll_not_due": ("rolled_not_due", "begin_not_due", 100),
    "roll_1_30": ("rolled_1_30", "begin_1_30", 100),
    "roll_31_60": ("rolled_31_60", "begin_31_60", 100),
    "roll_61_90": ("rolled_61_90", "begin_61_90", 100),
}
#: the same in days of sales: what is divided by the turnover
DAYS_OF_SALES = {
    "dso": "amount_open",
    "best_dso": "amount_not_due",
    "days_delinquent": "amount_overdue",
}
#: and those that are no simple quotient
INDICATORS = (*DAYS_OF_SALES, *RATES, "dso_count_back", "cei", "accustomed_customers")


class CollectionSnapshot(models.Model):
    """What one customer owed at the end of a month, frozen as it was read then.

    Written by the job alone. Where the ledger of a month that is over changes, the row
    stays, and another one beside it says what the ledger has now and why. Indicators
    are ratios of sums, whatever they are grouped by: never means of ratios.
    """

    _name = "collection.snapshot"
    _description = "Month End of a Customer"
    _order = "date desc, amount_open desc, id"
    _rec_name = "account_id"

    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    date = fields.Date(string="Month End", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("frozen", "As Read Then"),
            ("revised", "As the Ledger Has It Now"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Char(
        readonly=True, help="Why the ledger has other figures now than it had then."
    )
    amount_difference = fields.Monetary(
        string="Difference",
        readonly=True,
        aggregator=None,
        help="Balance as the ledger has it now, less the balance as read then.",
    )
    amount_frozen = fields.Monetary(
        string="Balance as Read Then", compute="_compute_amount_frozen"
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment", readonly=True, ondelete="restrict"
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")], readonly=True
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate", readonly=True, ondelete="restrict"
    )
    payer_class = fields.Selection(
        selection=CLASSES,
        readonly=True,
        help="How the customer paid in the six months up to the month end.",
    )
    accustomed = fields.Boolean(
        string="Accustomed to Reminders",
        readonly=True,
        help="Something was overdue, and as many reminders and promises as the payer "
        "scale said had passed without any money.",
    )
    unanswered_reminders = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Days on which a reminder was sent since the customer had last paid "
        "anything.",
    )
    promises_broken = fields.Integer(
        string="Broken Promises",
        readonly=True,
        aggregator=None,
        help="Promises not kept, or in part only, since the customer had last paid "
        "anything.",
    )

    amount_not_due = fields.Monetary(string="Not Due", readonly=True)
    amount_1_30 = fields.Monetary(string="1–30 days", readonly=True)
    amount_31_60 = fields.Monetary(string="31–60 days", readonly=True)
    amount_61_90 = fields.Monetary(string="61–90 days", readonly=True)
    amount_91_plus = fields.Monetary(string="Over 90 days", readonly=True)
    amount_open = fields.Monetary(
        string="Open",
        readonly=True,
        help="Open items, credits apart. Over several month ends: their mean.",
    )
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    amount_credit = fields.Monetary(string="Open Credits", readonly=True)
    amount_balance = fields.Monetary(
        string="Balance", readonly=True, help="Open items less open credits."
    )
    amount_disputed = fields.Monetary(
        string="Disputed",
        readonly=True,
        help="Contested by then, and not decided at the month end.",
    )
    amount_promised = fields.Monetary(
        string="Promised",
        readonly=True,
        help="Promised by then, for a day after the month end.",
    )
    amount_kept_too_long = fields.Monetary(
        string="Kept Too Long",
        readonly=True,
        help="Overdue for longer than the segment allows before a hand-over, and not "
        "with a provider. Customers who are to stay in-house are left out.",
    )
    amount_accustomed = fields.Monetary(
        string="Overdue of Accustomed Customers",
        readonly=True,
        help="Of customers accustomed to reminders, what was overdue.",
    )
    turnover = fields.Monetary(
        string="Turnover, 12 Months",
        readonly=True,
        help="Posted invoices less credit notes of the twelve calendar months, taxes "
        "included.",
    )
    sales_0 = fields.Monetary(
        string="Sales of the Month",
        readonly=True,
        help="Posted invoices less credit notes, taxes included.",
    )
    sales_1 = fields.Monetary(
        string="Sales, 1 Month Before", readonly=True, aggregator=None
    )
    sales_2 = fields.Monetary(
        string="Sales, 2 Months Before", readonly=True, aggregator=None
    )
    sales_3 = fields.Monetary(
        string="Sales, 3 Months Before", readonly=True, aggregator=None
    )
    sales_4 = fields.Monetary(
        string="Sales, 4 Months Before", readonly=True, aggregator=None
    )
    sales_5 = fields.Monetary(
        string="Sales, 5 Months Before", readonly=True, aggregator=None
    )
    sales_6 = fields.Monetary(
        string="Sales, 6 Months Before", readonly=True, aggregator=None
    )
    sales_7 = fields.Monetary(
        string="Sales, 7 Months Before", readonly=True, aggregator=None
    )
    sales_8 = fields.Monetary(
        string="Sales, 8 Months Before", readonly=True, aggregator=None
    )
    sales_9 = fields.Monetary(
        string="Sales, 9 Months Before", readonly=True, aggregator=None
    )
    sales_10 = fields.Monetary(
        string="Sales, 10 Months Before", readonly=True, aggregator=None
    )
    sales_11 = fields.Monetary(
        string="Sales, 11 Months Before", readonly=True, aggregator=None
    )
    period_days = fields.Integer(
        string="Days of the Turnover",
        readonly=True,
        aggregator=None,
        help="365, or the days since the beginning of the month of the first invoice "
        "where they are less.",
    )
    amount_begin = fields.Monetary(
        string="Open at the Beginning", readonly=True, aggregator=None
    )
    begin_not_due = fields.Monetary(
        string="Not Due, a Month Before", readonly=True, aggregator=None
    )
    begin_1_30 = fields.Monetary(
        string="1–30 Days, a Month Before", readonly=True, aggregator=None
    )
    begin_31_60 = fields.Monetary(
        string="31–60 Days, a Month Before", readonly=True, aggregator=None
    )
    begin_61_90 = fields.Monetary(
        string="61–90 Days, a Month Before", readonly=True, aggregator=None
    )
    rolled_not_due = fields.Monetary(
        string="Not Due, Older Since", readonly=True, aggregator=None
    )
    rolled_1_30 = fields.Monetary(
        string="1–30 Days, Older Since", readonly=True, aggregator=None
    )
    rolled_31_60 = fields.Monetary(
        string="31–60 Days, Older Since", readonly=True, aggregator=None
    )
    rolled_61_90 = fields.Monetary(
        string="61–90 Days, Older Since", readonly=True, aggregator=None
    )
    terms_amount = fields.Monetary(
        string="Invoiced in the Month", readonly=True, aggregator=None
    )
    terms_weight = fields.Float(
        string="Invoiced, Times Days Granted", readonly=True, aggregator=None
    )
    overdue_weight = fields.Float(
        string="Overdue, Times Days", readonly=True, aggregator=None
    )

    dso = fields.Float(
        string="DSO (days)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Days sales outstanding, simple: what is open, credits apart, by the "
        "turnover of twelve months, times 365; where invoicing began later than that, "
        "times the days since the beginning of its first month.",
    )
    dso_count_back = fields.Float(
        string="DSO by Count-Back (days)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="What is open is taken from the sales of the months backwards. Nothing "
        "where more is open than was sold in twelve months, and over several month "
        "ends.",
    )
    best_dso = fields.Float(
        string="Best Possible DSO (days)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="The DSO if nobody paid late: of what is not due.",
    )
    days_delinquent = fields.Float(
        string="Average Days Delinquent",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="DSO less best possible DSO: what late payment adds to it.",
    )
    cei = fields.Float(
        string="Collection Effectiveness (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what could be collected in the month, what was: open at the beginning "
        "plus the sales of the whole month less open at the end, by the same with what "
        "is not due at the end.",
    )
    overdue_rate = fields.Float(
        string="Overdue (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Overdue, of what is open, credits apart.",
    )
    mean_days_overdue = fields.Float(
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what is overdue, by amount.",
    )
    mean_terms = fields.Float(
        string="Granted Terms (days)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Days from the invoice to each due date, of the invoices of the month, by "
        "amount.",
    )
    kept_rate = fields.Float(
        string="Kept Too Long (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what is overdue.",
    )
    accustomed_rate = fields.Float(
        string="Accustomed (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="What customers accustomed to reminders owed, of what was overdue.",
    )
    accustomed_customers = fields.Float(
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Number of customers accustomed to reminders. Over several month ends: "
        "their mean.",
    )
    roll_not_due = fields.Float(
        string="Roll Rate, Not Due (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what was not due a month before, what is overdue and open now.",
    )
    roll_1_30 = fields.Float(
        string="Roll Rate, 1–30 Days (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what was of this age a month before, what is open and older now.",
    )
    roll_31_60 = fields.Float(
        string="Roll Rate, 31–60 Days (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what was of this age a month before, what is open and older now.",
    )
    roll_61_90 = fields.Float(
        string="Roll Rate, 61–90 Days (%)",
        digits=(8, 1),
        compute="_compute_indicators",
        aggregator="avg",
        help="Of what was of this age a month before, what is open and older now.",
    )

    _company_date_idx = models.Index("(company_id, date, state)")

    # ------------------------------------------------------------------
    # Frozen
    # ------------------------------------------------------------------

    # whoever asks, superuser included: the job writes past the ORM

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise self._get_refusal()

    def write(self, vals):  # pylint: disable=method-required-super
        raise self._get_refusal()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        raise self._get_refusal()

    @api.model
    def _get_refusal(self):
        return UserError(
            self.env._(
                "A month end stays as it was read. Where the ledger changed since, "
                "compare it with the ledger: both stand beside each other."
            )
        )

    @api.depends("amount_balance", "amount_difference")
    def _compute_amount_frozen(self):
        for snapshot in self:
            snapshot.amount_frozen = (
                snapshot.amount_balance - snapshot.amount_difference
            )

    # ------------------------------------------------------------------
    # Indicators
    # ------------------------------------------------------------------

    @api.depends(*FIGURES, "accustomed", "date")
    def _compute_indicators(self):
        for snapshot in self:
            for name, (over, under, factor) in RATES.items():
                value = measure.ratio(factor * snapshot[over], snapshot[under])
                snapshot[name] = value or 0.0
            for name, over in DAYS_OF_SALES.items():
                value = measure.dso(
                    snapshot[over], snapshot.turnover, snapshot.period_days
                )
                snapshot[name] = value or 0.0
            snapshot.dso_count_back = (
                measure.dso_count_back(snapshot.amount_open, snapshot._get_months())
                or 0.0
            )
            snapshot.cei = (
                measure.collection_effectiveness(
                    snapshot.amount_begin,
                    snapshot.sales_0,
                    snapshot.amount_open,
                    snapshot.amount_not_due,
                )
                or 0.0
            )
            snapshot.accustomed_customers = float(snapshot.accustomed)

    def _get_months(self):
        """(sales, calendar days) of the month and of the eleven before."""
        for number, name in enumerate(SALES):
            month = self.date - relativedelta(months=number)
            yield self[name], monthrange(month.year, month.month)[1]

    def _read_group_select(self, aggregate_spec, query):
        name, _dot, function = aggregate_spec.partition(":")
        if name in INDICATORS:
            # ratios of sums, not means of ratios
            self._check_field_access(self._fields[name], "read")
            return self._get_indicator_sql(name, query)
        selected = super()._read_group_select(aggregate_spec, query)
        if name in STOCKS and function.startswith("sum"):
            return SQL(
                "%s / NULLIF(COUNT(DISTINCT %s), 0)",
                selected,
                self._field_to_sql(self._table, "date", query),
            )
        return selected

    @api.model
    def _get_indicator_sql(self, name, query):
        """SQL of an indicator of a group; NULL where there is nothing to divide by."""

        def total(column):
            return self._get_sum_sql(column, query)

        if name == "dso_count_back":
            return self._get_count_back_sql(total, query)
        if name == "cei":
            could = SQL("(%s + %s)", total("amount_begin"), total("sales_0"))
            return ratio_sql(
                SQL("%s - %s", could, total("amount_open")),
                SQL("%s - %s", could, total("amount_not_due")),
                100,
            )
        if name == "accustomed_customers":
            date = self._field_to_sql(self._table, "date", query)
            return SQL(
                """COUNT(DISTINCT (%(account)s, %(date)s)) FILTER (WHERE %(accustomed)s)
                    / NULLIF(COUNT(DISTINCT %(date)s), 0)::numeric""",
                account=self._field_to_sql(self._table, "account_id", query),
                accustomed=self._field_to_sql(self._table, "accustomed", query),
                date=date,
            )
        if name in DAYS_OF_SALES:
            return SQL(
                "%s * AVG(%s) / NULLIF(%s, 0)",
                total(DAYS_OF_SALES[name]),
                self._field_to_sql(self._table, "period_days", query),
                total("turnover"),
            )
        over, under, factor = RATES[name]
        return ratio_sql(total(over), total(under), factor)

    @api.model
    def _get_count_back_sql(self, total, query):
        """SQL of `tools.measure.dso_count_back` for a group of one month end."""
        date = self._field_to_sql(self._table, "date", query)
        owed = total("amount_open")
        left, days = owed, []
        for number, name in enumerate(SALES):
            sales = total(name)
            length = SQL(
                """EXTRACT(DAY FROM date_trunc('month', MAX(%s))
                                    - make_interval(months => %s)
                                    + INTERVAL '1 month - 1 day')::numeric""",
                date,
                number,
            )
            days.append(
                SQL(
                    """CASE WHEN %(left)s <= 0 THEN 0
                            WHEN %(sales)s >= %(left)s THEN %(left)s / %(sales)s
                            ELSE 1 END * %(length)s""",
                    left=left,
                    sales=sales,
                    length=length,
                )
            )
            left = SQL("(%s - GREATEST(%s, 0))", left, sales)
        return SQL(
            """CASE WHEN MIN(%(date)s) = MAX(%(date)s) AND %(left)s <= 0
                    THEN (%(days)s) END""",
            date=date,
            left=left,
            days=SQL(" + ").join(days),
        )

    @api.model
    def _get_sum_sql(self, column, query):
        """SQL of the sum of a column over a group.

        Of companies with several currencies, in that of the current company, at the
        rates of each month end.
        """
        return SQL(
            "SUM(%s)",
            in_current_currency(
                self.env,
                self._field_to_sql(self._table, column, query),
                self._field_to_sql(self._table, "currency_id", query),
                self._field_to_sql(self._table, "date", query),
            ),
        )
