from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.payer import (
    Paid,
    deviation,
    is_irregular,
    mean_days_late,
    payer_class,
    trend,
)
from ..base.days import company_day_sql, company_today
from ..base.figures import ratio_sql

#: months that a profile looks back, the running one included
MONTHS = 6
#: months whose profiles are made from the ledger at first
HISTORY = 12
#: payments without which there is no usual day, and the share of them it takes
USUAL_PAYMENTS = 3
USUAL_SHARE = 0.4
CLASSES = [
    ("a", "A"),
    ("b", "B"),
    ("c", "C"),
    ("d", "D"),
    ("e", "E"),
    ("n", "Not rated"),
]
#: ratios of sums: numerator, denominator, factor
RATES = {
    "average_days_late": ("amount_days", "amount_paid", 1),
    "share_on_time": ("amount_on_time", "amount_paid", 100),
    "promise_rate": ("promises_kept", "promises_due", 100),
    "promise_amount_rate": ("promised_received", "promised_amount", 100),
}
#: what the job writes of a profile
WRITTEN = {
    "final": "boolean",
    "segment_id": "int",
    "amount_paid": "numeric",
    "amount_days": "numeric",
    "amount_on_time": "numeric",
    "invoices_paid": "int",
    "average_days_late": "numeric",
    "deviation": "numeric",
    "trend": "numeric",
    "promises_due": "int",
    "promises_kept": "int",
    "promises_broken": "int",
    "promised_amount": "numeric",
    "promised_received": "numeric",
    "disputes": "int",
    "usual_day": "int",
    "usual_method_id": "int",
    "payer_class": "varchar",
    "irregular": "boolean",
}


class CollectionPayerProfile(models.Model):
    """How a customer paid in the six months up to the end of one.

    Worked out from what came in (`collection.receipt`): money alone, each receipt
    weighted by its amount and with its own day; nobody types here. One row for each
    customer and month in which something was paid, promised or contested. The row of
    the running month is made anew every night; once the month is over it is final and
    stays as it was, whatever is corrected later. Months before the first job are made
    from the ledger; the segment is then the one of that day. So are those of customers
    who are merged: what both paid is what the one has paid.

    Promises are those whose last day fell into the six months: kept, kept in part and
    broken ones; amounts in foreign currencies at the rate of the end of the period.
    """

    _name = "collection.payer.profile"
    _description = "Payer Profile"
    _order = "date desc, id desc"
    _rec_name = "account_id"
    _log_access = False

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
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Month End", required=True, readonly=True)
    final = fields.Boolean(
        string="Month Over",
        readonly=True,
        help="The month is over: this profile does not change any more.",
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    payer_class = fields.Selection(selection=CLASSES, required=True, readonly=True)
    irregular = fields.Boolean(
        readonly=True,
        help="The days late differ so much that the mean tells little.",
    )
    amount_paid = fields.Monetary(string="Paid", readonly=True)
    amount_days = fields.Float(
        string="Paid × Days Late", readonly=True, export_string_translation=False
    )
    amount_on_time = fields.Monetary(string="Paid in Time", readonly=True)
    invoices_paid = fields.Integer(
        string="Paid Invoices",
        readonly=True,
        help="On which something was paid in six months.",
    )
    average_days_late = fields.Float(
        digits=(6, 1),
        readonly=True,
        aggregator="avg",
        help="Mean over six months, weighted by the amounts paid; negative: early. In "
        "groups weighted, too.",
    )
    deviation = fields.Float(
        string="Dispersion (Days)",
        digits=(6, 1),
        readonly=True,
        aggregator=None,
        help="Standard deviation of the days late, weighted by the amounts.",
    )
    trend = fields.Float(
        string="Trend (Days)",
        digits=(6, 1),
        readonly=True,
        aggregator=None,
        help="Mean of the last three months less that of the three before: above "
        "nought, the customer pays later and later.",
    )
    has_trend = fields.Boolean(compute="_compute_has", export_string_translation=False)
    share_on_time = fields.Float(
        string="In Time (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Money that came by the due date, of all money.",
    )
    promises_due = fields.Integer(
        string="Promises Fallen Due", readonly=True, help="Kept, in part and broken."
    )
    promises_kept = fields.Integer(readonly=True)
    promises_broken = fields.Integer(
        string="Promises Not Kept",
        readonly=True,
        help="Broken, or kept in part only.",
    )
    promised_amount = fields.Monetary(string="Promised", readonly=True)
    promised_received = fields.Monetary(
        string="Received of It",
        readonly=True,
        help="Of each promise no more than was promised.",
    )
    promise_rate = fields.Float(
        string="Promises Kept (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
        help="Promises kept, of those fallen due. One kept in part is not kept.",
    )
    promise_amount_rate = fields.Float(
        string="Promised Money Received (%)",
        digits=(5, 1),
        compute="_compute_rates",
        aggregator="avg",
    )
    disputes = fields.Integer(string="Disputes Opened", readonly=True)
    usual_day = fields.Integer(
        string="Usual Day of the Month",
        readonly=True,
        aggregator=None,
        help="On which at least four in ten of three payments or more arrived, give or "
        "take two days. 0: none.",
    )
    usual_method_id = fields.Many2one(
        comodel_name="account.payment.method",
        string="Usual Means of Payment",
        readonly=True,
        ondelete="set null",
    )

    _once = models.Constraint(
        "UNIQUE (account_id, date)", "There is one profile a month."
    )
    _month_idx = models.Index("(company_id, date)")

    @api.depends("amount_paid", "promises_due", "promised_amount")
    def _compute_rates(self):
        for profile in self:
            for name, (over, under, factor) in RATES.items():
                if name != "average_days_late":
                    profile[name] = (
                        factor * profile[over] / profile[under]
                        if profile[under]
                        else 0.0
                    )

    def _compute_has(self):
        known = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, trend IS NOT NULL FROM collection_payer_profile"
                    " WHERE id = ANY(%s)",
                    self.ids,
                )
            )
        )
        for profile in self:
            profile.has_trend = known.get(profile._origin.id, False)

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: rates are sorted by, and nothing is nought without a base
        if field_expr in RATES and field_expr != "average_days_late":
            return self._rate_sql(
                field_expr, lambda name: self._field_to_sql(alias, name, query)
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]
        if name not in RATES:
            return super()._read_group_select(aggregate_spec, query)
        self._check_field_access(self._fields[name], "read")
        return self._rate_sql(
            name,
            lambda part: SQL("SUM(%s)", self._field_to_sql(self._table, part, query)),
        )

    @api.model
    def _rate_sql(self, name, to_sql):
        over, under, factor = RATES[name]
        return ratio_sql(to_sql(over), to_sql(under), factor)

    @api.model
    def _among(self, column, ids):
        return self.env["collection.receipt"]._among(column, ids)

    @api.model
    def _take_months(self, accounts):
        """Take away the profiles of customers who become one, of the months in which
        several of them have one; the others stay, as the one's.

        :return: [month end]
        """
        self.flush_model()
        months = {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    DELETE FROM collection_payer_profile
                     WHERE account_id = ANY(%(ids)s)
                       AND date IN (SELECT own.date
                                      FROM collection_payer_profile own
                                     WHERE own.account_id = ANY(%(ids)s)
                                  GROUP BY own.date HAVING COUNT(*) > 1)
                 RETURNING date
                    """,
                    ids=list(accounts._ids),
                )
            )
        }
        self.invalidate_model(flush=False)
        return sorted(months)

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_build(self):
        """Profiles of the months that are over, and of the running one, company by
        company and month by month; resumed where it ended."""
        Cron = self.env["ir.cron"]
        months = []
        for place, companies in self.env["res.company"]._by_collection_place():
            today = company_today(companies)
            for company in companies:
                months += [
                    (company.with_context(**place), month, today)
                    for month in company._get_months_to_profile(today)
                ]
        Cron._commit_progress(remaining=len(months))
        for company, month, today in months:
            self.with_context(**company.env.context)._build(company, month, today)
            if not Cron._commit_progress(1):
                break

    @api.model
    def _build(self, company, month_end, today, account_ids=None):
        """Make the profiles of a month; those that are final stay.

        Some statements whatever the number of customers; the definitions are those of
        `tools.payer`.

        :param account_ids: of these accounts only; None: of all of the company
        :return: number of profiles created or changed
        """
        self.env["collection.receipt"]._follow_ledger_first()
        self._flush_for_profiles()
        until = min(month_end, today)
        first = month_end.replace(day=1) - relativedelta(months=MONTHS - 1)
        recent = month_end.replace(day=1) - relativedelta(months=MONTHS // 2 - 1)
        window = {
            "company": company.id,
            "first": first,
            "until": until,
            "account_ids": account_ids,
        }
        paid = self._read_paid(recent, **window)
        promises = self._read_promises(company, **window)
        disputes = dict(self._read_disputes(**window))
        days, methods = self._read_habits(**window)
        segments = dict(self._read_segments(company.id))
        scale = self.env["collection.payer.scale"]._get_scales(company)[company.id]
        rows = []
        for account_id in sorted({*paid, *promises, *disputes}):
            now, before, invoices = paid.get(account_id, (Paid(), Paid(), 0))
            total = now + before
            promised = promises.get(account_id, (0, 0, 0, 0.0, 0.0))
            mean, spread = mean_days_late(total), deviation(total)
            rows.append(
                {
                    "account_id": account_id,
                    "final": month_end < today,
                    "segment_id": segments.get(account_id),
                    "amount_paid": total.amount,
                    "amount_days": total.days,
                    "amount_on_time": total.on_time,
                    "invoices_paid": invoices,
                    "average_days_late": mean,
                    "deviation": spread,
                    "trend": trend(now, before),
                    "promises_due": promised[0],
                    "promises_kept": promised[1],
                    "promises_broken": promised[2],
                    "promised_amount": promised[3],
                    "promised_received": promised[4],
                    "disputes": disputes.get(account_id, 0),
                    "usual_day": days.get(account_id),
                    "usual_method_id": methods.get(account_id),
                    "payer_class": payer_class(mean, invoices, promised[2], scale),
                    "irregular": is_irregular(spread, invoices, scale),
                }
            )
        changed = self._write_rows(company, month_end, rows, account_ids)
        self.invalidate_model(flush=False)
        if account_ids is not None:
            return changed
        if month_end >= today:
            self.env["collection.account"]._write_payer_classes(company, month_end)
            self.env["collection.item"]._write_expected_dates(company, today)
        else:
            company.collection_profiled_until = month_end
        return changed

    @api.model
    def _flush_for_profiles(self):
        self.env["collection.promise"].flush_model()
        self.env["collection.dispute"].flush_model()
        self.env["account.payment"].flush_model(["payment_method_line_id"])
        self.env["collection.account"].flush_model()
        self.flush_model()

    @api.model
    def _paid_condition(self):
        """SQL: whether `receipt` is money that the customer paid on a debt.

        What the bank took back counts for nothing: neither that it went, nor the
        payment of before that settles the entry by which it went. Nor does the entry of
        an exchange gain, which is due on the day it is booked.
        """
        return SQL(
            """(receipt.kind = 'money' AND receipt.amount_company > 0
                AND NOT EXISTS (
                    SELECT FROM collection_receipt back
                     WHERE back.item_id = receipt.item_id
                       AND back.amount_company < 0
                       AND (back.date > receipt.date OR back.kind = 'exchange')))"""
        )

    @api.model
    def _read_paid(self, recent, company, first, until, account_ids):
        """{account id: (sums since `recent`, sums before it, invoices)}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT receipt.account_id, receipt.date >= %(recent)s,
                       SUM(amount_company), SUM(amount_company * days_late),
                       SUM(amount_company * days_late * days_late),
                       COALESCE(SUM(amount_company) FILTER (WHERE days_late <= 0), 0),
                       array_agg(DISTINCT item.move_id)
                  FROM collection_receipt receipt
                  JOIN collection_item item ON item.id = receipt.item_id
                 WHERE receipt.company_id = %(company)s
                   AND %(concerned)s
                   AND receipt.date BETWEEN %(first)s AND %(until)s
                   AND %(paid)s
              GROUP BY 1, 2
                """,
                recent=recent,
                concerned=self._among(SQL("receipt.account_id"), account_ids),
                company=company,
                first=first,
                until=until,
                paid=self._paid_condition(),
            )
        )
        sums = defaultdict(lambda: {True: Paid(), False: Paid()})
        invoices = defaultdict(set)
        for account_id, is_recent, *values, move_ids in rows:
            sums[account_id][is_recent] = Paid(*map(float, values))
            invoices[account_id].update(move_ids)
        return {
            account_id: (parts[True], parts[False], len(invoices[account_id]))
            for account_id, parts in sums.items()
        }

    @api.model
    def _read_promises(self, companies, company, first, until, account_ids):
        """{account id: (fallen due, kept, not kept, amount, received of it)}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT promise.account_id, promise.currency_id, COUNT(*),
                       COUNT(*) FILTER (WHERE promise.state = 'kept'),
                       COUNT(*) FILTER (WHERE promise.state <> 'kept'),
                       SUM(promise.amount),
                       SUM(LEAST(promise.amount,
                                 COALESCE(promise.amount_received, 0)))
                  FROM collection_promise promise
                  JOIN res_company company ON company.id = promise.company_id
                 WHERE promise.company_id = %(company)s AND %(concerned)s
                   AND promise.state IN ('kept', 'partial', 'broken')
                   AND promise.date_promised + company.collection_promise_days
                       BETWEEN %(first)s AND %(until)s
              GROUP BY 1, 2
                """,
                concerned=self._among(SQL("promise.account_id"), account_ids),
                company=company,
                first=first,
                until=until,
            )
        )
        totals = defaultdict(lambda: [0, 0, 0, 0.0, 0.0])
        for account_id, currency_id, *numbers, amount, received in rows:
            currency = self.env["res.currency"].browse(currency_id)
            values = [
                *numbers,
                *(
                    currency._convert(
                        float(value), companies.currency_id, companies, until
                    )
                    for value in (amount, received)
                ),
            ]
            totals[account_id] = [
                sum(pair) for pair in zip(totals[account_id], values, strict=True)
            ]
        return totals

    @api.model
    def _read_disputes(self, company, first, until, account_ids):
        return self.env.execute_query(
            SQL(
                """
                SELECT account_id, COUNT(*) FROM collection_dispute
                 WHERE company_id = %s AND %s BETWEEN %s AND %s AND %s
              GROUP BY account_id
                """,
                company,
                company_day_sql(self.env, SQL("create_date"), SQL("company_id")),
                first,
                until,
                self._among(SQL("account_id"), account_ids),
            )
        )

    @api.model
    def _read_segments(self, company):
        return self.env.execute_query(
            SQL(
                "SELECT id, segment_id FROM collection_account WHERE company_id = %s",
                company,
            )
        )

    @api.model
    def _read_habits(self, company, first, until, account_ids):
        """({account id: usual day}, {account id: usual means})"""
        rows = self.env.execute_query(
            SQL(
                """
                WITH payment AS (
                    SELECT receipt.account_id, line.move_id, MIN(receipt.date) AS date,
                           MIN(method_line.payment_method_id) AS method_id
                      FROM collection_receipt receipt
                      JOIN account_move_line line ON line.id = receipt.move_line_id
                      JOIN account_move move ON move.id = line.move_id
                 LEFT JOIN account_payment payment
                        ON payment.id = move.origin_payment_id
                 LEFT JOIN account_payment_method_line method_line
                        ON method_line.id = payment.payment_method_line_id
                     WHERE receipt.company_id = %(company)s AND %(concerned)s
                       AND receipt.date BETWEEN %(first)s AND %(until)s
                       AND %(paid)s
                  GROUP BY 1, 2
                )
                SELECT account_id, array_agg(EXTRACT(day FROM date)::int),
                       mode() WITHIN GROUP (ORDER BY method_id)
                  FROM payment
              GROUP BY account_id
                """,
                concerned=self._among(SQL("receipt.account_id"), account_ids),
                company=company,
                first=first,
                until=until,
                paid=self._paid_condition(),
            )
        )
        return (
            {account_id: _usual_day(days) for account_id, days, _method in rows},
            {account_id: method for account_id, _days, method in rows},
        )

    @api.model
    def _write_rows(self, company, month_end, rows, account_ids=None):
        """Write the profiles of a month, but for final ones; drop what is no more."""
        names = SQL(", ").join(map(SQL.identifier, WRITTEN))
        return len(
            self.env.execute_query(
                SQL(
                    """
                    WITH new AS (
                        SELECT * FROM unnest(%(ids)s::int[], %(values)s)
                            AS new(account_id, %(names)s)
                    ), gone AS (
                        DELETE FROM collection_payer_profile known
                         WHERE known.company_id = %(company)s AND known.date = %(date)s
                           AND known.final IS NOT TRUE AND %(concerned)s
                           AND NOT EXISTS (SELECT FROM new
                                            WHERE new.account_id = known.account_id)
                     RETURNING known.id
                    ), put AS (
                        INSERT INTO collection_payer_profile AS known (
                            account_id, company_id, date, %(names)s)
                        SELECT account_id, %(company)s, %(date)s, %(names)s FROM new
                            ON CONFLICT (account_id, date) DO UPDATE
                           SET (%(names)s) = (%(excluded)s)
                         WHERE known.final IS NOT TRUE
                           AND (%(known)s) IS DISTINCT FROM (%(excluded)s)
                     RETURNING known.id
                    )
                    SELECT id FROM gone UNION ALL SELECT id FROM put
                    """,
                    ids=[row["account_id"] for row in rows],
                    values=SQL(", ").join(
                        SQL(f"%s::{kind}[]", [row[name] for row in rows])
                        for name, kind in WRITTEN.items()
                    ),
                    names=names,
                    concerned=self._among(SQL("known.account_id"), account_ids),
                    company=company.id,
                    date=month_end,
                    excluded=SQL(", ").join(
                        SQL.identifier("excluded", name) for name in WRITTEN
                    ),
                    known=SQL(", ").join(
                        SQL.identifier("known", name) for name in WRITTEN
                    ),
                )
            )
        )


def _usual_day(days):
    """Day of the month around which most payments arrived; None when they are spread.

    The first days of a month follow the last ones of the month before.
    """
    if len(days) < USUAL_PAYMENTS:
        return None

    def near(day):
        return sum(min(abs(day - other), 31 - abs(day - other)) <= 2 for other in days)

    # the most frequent of those with the most around them
    best = max(sorted(set(days)), key=lambda day: (near(day), days.count(day)))
    return best if near(best) >= USUAL_SHARE * len(days) else None
