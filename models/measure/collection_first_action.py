from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import measure
from ...tools.ageing import BUCKETS
from ..base.collection_age_mixin import age_case
from ..base.collection_provider_mixin import _may_write
from ..base.figures import in_current_currency, ratio_sql
from .collection_ageing import STARTED

#: days after the first action within which money counts as its success
WINDOWS = (30, 60, 90)
#: kinds of actions, in the order in which one of a day counts as its first
ACTIONS = ("check", "call", "promise", "plan", "reminder")
#: letters outside the ladder of reminders that ask for payment all the same
ASKING = ("mandate_notice", "pre_reminder")
#: ratios of sums: numerator, denominator, and what the quotient is multiplied by
RATES = {
    "success_30": ("received_30", "judged_30", 100),
    "success_60": ("received_60", "judged_60", 100),
    "success_90": ("received_90", "judged_90", 100),
    "success": ("received_since", "amount_acted", 100),
    "mean_age": ("amount_days", "amount_acted", 1),
}
#: days are counted from here: before any debt
EPOCH = "1900-01-01"


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
    _inherit = ["collection.age.order.mixin", "collection.ledger.mixin"]
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
        "collection.call": ["account_id", "correction_of_id", "date", "direction"],
        "collection.item": [
            "account_id",
            "amount_residual",
            "amount_residual_company",
            "company_id",
            "date_due",
            "move_line_id",
            "state",
        ],
        "collection.letter": [
            "by_post",
            "company_id",
            "date",
            "date_posted",
            "delivery_reason",
            "delivery_state",
            "kind_id",
            "state",
        ],
        "collection.letter.kind": ["code"],
        "collection.letter.line": ["item_id", "level_id", "letter_id"],
        "collection.payment.plan": ["date_start", "item_ids", "state"],
        "collection.placement": ["date", "state"],
        "collection.placement.item": [
            "date_added",
            "date_recalled",
            "item_id",
            "line_id",
            "recalled",
        ],
        "collection.placement.line": ["date_end", "mandate_id", "placement_id"],
        "collection.precheck": ["date_checked", "item_id", "state"],
        "collection.promise": ["date_made", "item_ids"],
        "collection.receipt": [
            "amount",
            "amount_company",
            "date",
            "item_id",
            "kind",
            "move_line_id",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["tz"],
    }

    # ------------------------------------------------------------------
    # The rows
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger_first(self):
        # EXTENDS collection.ledger.mixin: whoever reads passes here; compiling such a
        # statement takes longer than running it
        self.env.cr.execute(SQL("SET LOCAL jit = off"))
        return super()._follow_ledger_first()

    @property
    def _table_query(self):
        companies = self.env.companies.ids
        return SQL(
            """
            WITH debt AS MATERIALIZED (
                SELECT item.id, item.move_line_id, item.account_id, item.company_id,
                       item.date_due, item.state, acc.segment_id, company.currency_id,
                       common.decimal_places,
                       CASE WHEN item.state = 'closed' THEN settled.date END
                           AS settled_on,
                       item.amount_residual + COALESCE(settled.amount, 0) AS total,
                       -- none: it is in the currency of the company
                       CASE WHEN item.currency_id <> company.currency_id
                            THEN (item.amount_residual_company
                                     + COALESCE(settled.amount_company, 0))
                                 / NULLIF(item.amount_residual
                                              + COALESCE(settled.amount, 0), 0)
                       END AS rate
                  FROM collection_item item
                  JOIN collection_account acc ON acc.id = item.account_id
                  JOIN res_company company ON company.id = item.company_id
                  JOIN res_currency common ON common.id = company.currency_id
             LEFT JOIN (SELECT paid.item_id, SUM(paid.amount) AS amount,
                               SUM(paid.amount_company) AS amount_company,
                               MAX(paid.date) AS date
                          FROM collection_receipt paid
                          JOIN collection_item item ON item.id = paid.item_id
                         WHERE item.company_id = ANY(%(companies)s)
                           AND %(is_settled)s
                      GROUP BY paid.item_id) settled ON settled.item_id = item.id
                 WHERE item.company_id = ANY(%(companies)s)
                   AND (item.state = 'open' OR settled.item_id IS NOT NULL)
            ), acted AS (
                SELECT item_id, MIN(code) AS code FROM (%(acts)s) act GROUP BY item_id
            ), called AS (
                -- the first call after the due date: the least of the later ones
                SELECT item_id, code
                  FROM (SELECT item_id, MIN(code) OVER (
                                   PARTITION BY account_id
                                   ORDER BY day DESC, item_id NULLS LAST
                                   ROWS UNBOUNDED PRECEDING) AS code
                          FROM (SELECT account_id, date_due AS day, id AS item_id,
                                       NULL::int AS code
                                  FROM debt
                             UNION ALL
                                SELECT account_id, day, NULL, code
                                  FROM (%(calls)s) call) event) later
                 WHERE item_id IS NOT NULL AND code IS NOT NULL
            ), first AS MATERIALIZED (
                SELECT debt.*, action.day, action.rank,
                       COALESCE(action.day, debt.date_due + 1) AS since
                  FROM debt
             LEFT JOIN acted ON acted.item_id = debt.id
             LEFT JOIN called ON called.item_id = debt.id
             LEFT JOIN LATERAL (
                        SELECT code %% %(kinds)s AS rank,
                               %(epoch)s::date + code / %(kinds)s AS day
                          FROM (SELECT LEAST(acted.code, called.code) AS code) one
                       ) action
                    ON action.day <= COALESCE(debt.settled_on, %(today)s)
                 WHERE action.day IS NOT NULL
                    OR COALESCE(debt.settled_on, %(today)s) > debt.date_due
            ), money AS (
                SELECT first.id,
                       SUM(paid.amount) FILTER (WHERE paid.date < first.since)
                           AS before,
                       SUM(paid.amount) FILTER (WHERE %(is_money)s) AS since,
                       %(windows)s
                  FROM first
                  JOIN collection_receipt paid ON paid.item_id = first.id
                   AND %(is_settled_first)s
              GROUP BY first.id
            ), held AS (%(held)s)
            SELECT first.id, first.id AS item_id, first.account_id, first.company_id,
                   first.currency_id, first.segment_id,
                   CASE WHEN held.mandate_id IS NULL THEN 'company' ELSE 'provider' END
                       AS side,
                   held.mandate_id, first.date_due, first.day AS date,
                   (%(codes)s::varchar[])[first.rank + 1] AS kind,
                   first.day - first.date_due AS days_overdue,
                   CASE WHEN first.day IS NOT NULL THEN CASE %(ages)s END
                        WHEN first.state = 'closed' THEN 'settled'
                        ELSE 'waiting' END AS age_bucket,
                   figure.amount, figure.received,
                   CASE WHEN first.day IS NOT NULL THEN figure.amount END
                       AS amount_acted,
                   figure.amount * (first.day - first.date_due) AS amount_days,
                   CASE WHEN first.day IS NOT NULL THEN figure.received END
                       AS received_since,
                   %(judged)s
              FROM first
         LEFT JOIN money ON money.id = first.id
         LEFT JOIN held ON held.item_id = first.id
        CROSS JOIN LATERAL (
                    SELECT %(figures)s,
                           %(today)s::date - first.day AS days) figure
             WHERE figure.amount > 0
            """,
            companies=companies,
            acts=self._acts_query(companies),
            calls=self._calls_query(companies),
            kinds=len(ACTIONS),
            epoch=EPOCH,
            today=self.env.company._get_collection_today(),
            is_settled=self._is_settled(SQL("item")),
            is_settled_first=self._is_settled(SQL("first")),
            is_money=SQL("paid.kind = 'money' AND paid.date >= first.since"),
            windows=SQL(", ").join(
                SQL(
                    """SUM(paid.amount) FILTER (
                           WHERE paid.kind = 'money' AND paid.date
                               BETWEEN first.day AND first.day + %s) AS %s""",
                    days,
                    SQL.identifier(f"within_{days}"),
                )
                for days in WINDOWS
            ),
            held=self._held_query(),
            codes=list(ACTIONS),
            ages=age_case(SQL("first.day - first.date_due")),
            judged=SQL(", ").join(
                SQL(
                    """CASE WHEN figure.days > %(days)s THEN figure.amount END
                           AS %(judged)s,
                       CASE WHEN figure.days > %(days)s THEN figure.%(within)s END
                           AS %(received)s""",
                    days=days,
                    judged=SQL.identifier(f"judged_{days}"),
                    received=SQL.identifier(f"received_{days}"),
                    within=SQL.identifier(f"within_{days}"),
                )
                for days in WINDOWS
            ),
            figures=SQL(", ").join(
                SQL(
                    """CASE WHEN first.rate IS NULL THEN %(amount)s
                            ELSE ROUND(%(amount)s * first.rate, first.decimal_places)
                       END AS %(name)s""",
                    amount=amount,
                    name=SQL.identifier(name),
                )
                for name, amount in {
                    "amount": SQL("(first.total - COALESCE(money.before, 0))"),
                    "received": SQL("COALESCE(money.since, 0)"),
                    **{
                        f"within_{days}": SQL(
                            "COALESCE(%s, 0)", SQL.identifier("money", f"within_{days}")
                        )
                        for days in WINDOWS
                    },
                }.items()
            ),
        )

    @api.model
    def _is_settled(self, item):
        """SQL: whether the receipt `paid` settles `item`.

        What went back to the customer is a debt of its own; its receipt stands there,
        with the journal item of the debt itself.
        """
        return SQL("paid.move_line_id <> %s.move_line_id", item)

    @api.model
    def _get_code(self, day, kind):
        """SQL of the number of an action: earlier days are less, and of one day the
        kinds that stand first."""
        return SQL(
            "(%s - %s::date) * %s + %s", day, EPOCH, len(ACTIONS), ACTIONS.index(kind)
        )

    @api.model
    def _acts_query(self, companies):
        """SQL of the actions about items themselves: `item_id`, `code`."""
        posted = SQL("COALESCE(letter.date_posted, letter.date)")
        return SQL(
            """
            SELECT line.item_id, %(reminder)s AS code
              FROM collection_letter letter
              JOIN collection_letter_line line ON line.letter_id = letter.id
         LEFT JOIN collection_letter_kind kind ON kind.id = letter.kind_id
             WHERE letter.company_id = ANY(%(companies)s) AND %(reached)s
               AND line.item_id IS NOT NULL
               AND (line.level_id IS NOT NULL OR kind.code IN %(asking)s)
             UNION ALL
            SELECT rel.collection_item_id, %(promise)s
              FROM collection_promise promise
              JOIN collection_item_collection_promise_rel rel
                ON rel.collection_promise_id = promise.id
             UNION ALL
            SELECT rel.collection_item_id, %(plan)s
              FROM collection_payment_plan plan
              JOIN %(of_plan)s rel ON rel.collection_payment_plan_id = plan.id
             WHERE plan.state <> 'draft'
             UNION ALL
            SELECT item_id, %(check)s
              FROM collection_precheck
             WHERE state IN ('ok', 'anomaly') AND date_checked IS NOT NULL
            """,
            companies=companies,
            reached=self.env["collection.letter"]._reached(),
            asking=ASKING,
            reminder=self._get_code(posted, "reminder"),
            promise=self._get_code(SQL("promise.date_made"), "promise"),
            plan=self._get_code(SQL("plan.date_start"), "plan"),
            of_plan=SQL.identifier(
                self.env["collection.payment.plan"]._fields["item_ids"].relation
            ),
            check=self._get_code(SQL("date_checked"), "check"),
        )

    @api.model
    def _calls_query(self, companies):
        """SQL of the days on which customers were called, the companies' own days:
        `account_id`, `day`, `code`."""
        return SQL(
            """
            SELECT account_id, day, %s AS code
              FROM (SELECT DISTINCT call.account_id,
                           (call.date AT TIME ZONE 'UTC'
                            AT TIME ZONE COALESCE(seat.tz, 'UTC'))::date AS day
                      FROM collection_call call
                      JOIN res_company company ON company.id = call.company_id
                      JOIN res_partner seat ON seat.id = company.partner_id
                     WHERE call.company_id = ANY(%s) AND call.direction = 'outgoing'
                       AND call.correction_of_id IS NULL) call
            """,
            self._get_code(SQL("day"), "call"),
            companies,
        )

    @api.model
    def _held_query(self):
        """SQL of the items that a provider worked on the day of the first action:
        `item_id`, `mandate_id`."""
        return SQL(
            """
            SELECT DISTINCT ON (held.item_id) held.item_id, line.mandate_id
              FROM collection_placement_item held
              JOIN first ON first.id = held.item_id
              JOIN collection_placement_line line ON line.id = held.line_id
              JOIN collection_placement placement ON placement.id = line.placement_id
             WHERE held.date_added <= first.since AND placement.state IN %s
               AND (line.date_end IS NULL OR line.date_end >= first.since)
               AND (held.recalled IS NOT TRUE OR held.date_recalled >= first.since)
          ORDER BY held.item_id, held.id DESC
            """,
            STARTED,
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

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    # the receipts are worked out before they are read

    @api.model
    @_may_write
    def web_search_read(self, *args, **kwargs):
        return super().web_search_read(*args, **kwargs)

    @api.model
    @_may_write
    def web_read_group(self, *args, **kwargs):
        return super().web_read_group(*args, **kwargs)

    @api.model
    @_may_write
    def formatted_read_group(self, *args, **kwargs):
        return super().formatted_read_group(*args, **kwargs)

    @api.model
    @_may_write
    def formatted_read_grouping_sets(self, *args, **kwargs):
        return super().formatted_read_grouping_sets(*args, **kwargs)

    def action_open_item(self):
        """Open the invoice on which somebody acted, as far as the user may see it."""
        self.ensure_one()
        self.check_access("read")
        return self.item_id.action_open_invoice()
