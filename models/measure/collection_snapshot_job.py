from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ...tools import measure
from ...tools.ageing import BUCKETS
from ..base.collection_age_mixin import is_of_age
from ..base.days import company_day_sql
from ..base.figures import rate_sql
from ..base.planner import compile_nothing
from ..base.roles import check_manager
from .collection_ageing import COLUMNS
from .collection_snapshot import FIGURES, SALES, TRAITS

#: months that are read from the ledger where there are none yet
MONTHS = 12
#: what of the figures is the ledger's alone: compared when it may have changed
LEDGER_FIGURES = (*COLUMNS.values(), "amount_credit", "turnover")
#: columns that are sums of the day's rows
OWED = (
    *COLUMNS.values(),
    "amount_open",
    "amount_overdue",
    "amount_credit",
    "amount_balance",
)
#: of the ages that can become older: what was open a month before, what became older
BEGUN = ("begin_not_due", "begin_1_30", "begin_31_60", "begin_61_90")
ROLLED = ("rolled_not_due", "rolled_1_30", "rolled_31_60", "rolled_61_90")
#: numbers of entries that a reason names
NAMED = 5


class CollectionSnapshot(models.Model):
    """Reading month ends from the ledger, and holding them against it later."""

    _inherit = "collection.snapshot"

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_freeze(self):
        """Every night: the month ends of the last year that nobody has read yet.

        One company and month at a time, each saved: what was interrupted goes on from
        there.
        """
        Cron = self.env["ir.cron"]
        missing = self._get_missing()
        Cron._commit_progress(remaining=len(missing))
        for company, day in missing:
            self._freeze(company, day)
            if not Cron._commit_progress(1):
                break

    @api.model
    def _get_missing(self):
        """(company, month end) of the last twelve that are not frozen, oldest first.

        A company is asked for the months in which it had anything to collect.
        """
        missing = []
        for _place, companies in self.env["res.company"]._by_collection_place():
            for company in companies:
                frozen = {
                    day
                    for (day,) in self._read_group(
                        [("company_id", "=", company.id), ("state", "=", "frozen")],
                        ["date:day"],
                    )
                }
                first = self._get_first_day(company)
                missing += [
                    (day, company)
                    for day in self._get_month_ends(company)
                    if first and day >= first and day not in frozen
                ]
        return [(company, day) for day, company in sorted(missing, key=lambda m: m[0])]

    @api.model
    def _get_month_ends(self, company):
        """The last month ends of a company, today's own not included, oldest first."""
        first = company._get_collection_today().replace(day=1)
        return [
            first - relativedelta(months=number) - timedelta(days=1)
            for number in reversed(range(MONTHS))
        ]

    @api.model
    def _get_first_day(self, company):
        """The day of the first entry on an account of customers; None without."""
        self.env["collection.ledger.day"]._flush_for_ledger_day()
        [(first,)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(first.date)
                  FROM unnest(ARRAY(%s)) account(id)
            CROSS JOIN LATERAL (
                        SELECT aml.date FROM account_move_line aml
                         WHERE aml.account_id = account.id AND aml.company_id = %s
                           AND aml.parent_state = 'posted'
                      ORDER BY aml.date LIMIT 1) first
                """,
                self.env["account.account"]._get_debtor_accounts(),
                company.id,
            )
        )
        return first

    @api.model
    def _freeze(self, company, day):
        """Read the month end `day` of `company` from the ledger, once and for all.

        :return: number of customers
        """
        compile_nothing(self.env)
        self._profile_until(company, day)
        return self._insert(
            company,
            day,
            SQL(
                "SELECT *, 'frozen', NULL::numeric, NULL::varchar FROM (%s) own",
                self._query(company, day),
            ),
        )

    @api.model
    def _profile_until(self, company, day):
        """Make the payer profiles up to a month: its class is frozen with it."""
        done = company.collection_profiled_until
        if done and done >= day:
            return
        today = company._get_collection_today()
        for month in company._get_months_to_profile(today):
            if month <= day:
                self.env["collection.payer.profile"]._build(company, month, today)

    @api.model
    def _insert(self, company, day, rows):
        """Write rows: traits of the customer, figures, state, difference, reason."""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_snapshot (
                    %(traits)s, %(figures)s, state, amount_difference, reason,
                    company_id, currency_id, date,
                    create_uid, create_date, write_uid, write_date)
                SELECT own.*, %(company)s, %(currency)s, %(day)s::date,
                       %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (%(rows)s) own
             RETURNING id
                """,
                traits=SQL(", ").join(map(SQL.identifier, TRAITS)),
                figures=SQL(", ").join(map(SQL.identifier, FIGURES)),
                rows=rows,
                company=company.id,
                currency=company.currency_id.id,
                day=day,
                uid=self.env.uid,
            )
        )
        self.invalidate_model()
        return len(rows)

    # ------------------------------------------------------------------
    # What the ledger says of a month end
    # ------------------------------------------------------------------

    @api.model
    def _query(self, company, day):
        """SQL of the traits and the figures of the customers of `company` at the month
        end `day`."""
        ageing = self.env["collection.ageing"]
        self.env["collection.account"]._flush_all()
        self.env["collection.account"]._flush_for_habits()
        before = day.replace(day=1) - timedelta(days=1)
        return SQL(
            """
            WITH open_line AS MATERIALIZED (
                SELECT acc.id AS account_id, row.root_id, row.credit,
                       row.amount_company, row.company_before,
                       %(day)s::date - row.date_due AS days,
                       %(before)s::date - row.date_due AS days_before,
                       held.item_id IS NULL
                           AND %(day)s::date - row.date_due
                               >= GREATEST(segment.delegate_after_days, 1)
                           AND segment.delegation <> 'never' AS kept
                  FROM (%(rows)s) row
                  JOIN collection_account acc
                    ON acc.partner_id = row.partner_id
                   AND acc.company_id = row.company_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
             LEFT JOIN collection_item item ON item.move_line_id = row.move_line_id
             LEFT JOIN (%(elsewhere)s) elsewhere
                    ON elsewhere.line_id = row.move_line_id
             LEFT JOIN (%(held)s) held
                    ON held.item_id = COALESCE(item.id, elsewhere.item_id)
                 WHERE row.followed
            ), owed AS (
                SELECT account_id, %(ages)s,
                       SUM(amount_company) FILTER (WHERE NOT credit) AS amount_open,
                       SUM(amount_company) FILTER (WHERE NOT credit AND days > 0)
                           AS amount_overdue,
                       -SUM(amount_company) FILTER (WHERE credit) AS amount_credit,
                       SUM(amount_company) AS amount_balance,
                       SUM(amount_company) FILTER (WHERE NOT credit AND kept) AS kept,
                       SUM(amount_company * days)
                           FILTER (WHERE NOT credit AND days > 0) AS overdue_weight,
                       SUM(company_before) FILTER (WHERE NOT credit) AS amount_begin,
                       %(begun)s
                  FROM open_line
              GROUP BY account_id
            ), rolled AS (
                SELECT account_id, %(rolled)s
                  FROM (SELECT account_id, MIN(days) AS days,
                               MIN(days_before) AS days_before,
                               SUM(amount_company) AS amount
                          FROM open_line
                         WHERE NOT credit
                      GROUP BY account_id, root_id
                        HAVING SUM(company_before) <> 0) debt
              GROUP BY account_id
            ), sold AS (%(sales)s), terms AS (%(terms)s),
            contested AS (%(disputed)s), promised AS (%(promised)s),
            working AS (%(working)s), habit AS (%(habit)s)
            SELECT acc.id AS account_id, acc.segment_id,
                   CASE WHEN working.mandate_id IS NULL THEN 'company'
                        ELSE 'provider' END AS side,
                   working.mandate_id, COALESCE(profile.payer_class, 'n'),
                   COALESCE(habit.hardened AND owed.amount_overdue > 0, FALSE),
                   %(owed)s,
                   LEAST(COALESCE(contested.amount, 0), COALESCE(owed.amount_open, 0)),
                   LEAST(COALESCE(promised.amount, 0), COALESCE(owed.amount_open, 0)),
                   CASE WHEN acc.reserved OR acc.insolvency_date <= %(day)s THEN 0
                        ELSE COALESCE(owed.kept, 0) END,
                   CASE WHEN habit.hardened THEN COALESCE(owed.amount_overdue, 0)
                        ELSE 0 END,
                   COALESCE(sold.turnover, 0), %(sold)s,
                   COALESCE(owed.amount_begin, 0), %(begin)s, %(roll)s,
                   COALESCE(terms.amount, 0), COALESCE(terms.weight, 0),
                   COALESCE(owed.overdue_weight, 0), %(period_days)s,
                   COALESCE(habit.reminders, 0), COALESCE(habit.promises, 0)
              FROM collection_account acc
         LEFT JOIN owed ON owed.account_id = acc.id
         LEFT JOIN rolled ON rolled.account_id = acc.id
         LEFT JOIN sold ON sold.account_id = acc.id
         LEFT JOIN terms ON terms.account_id = acc.id
         LEFT JOIN contested ON contested.account_id = acc.id
         LEFT JOIN promised ON promised.account_id = acc.id
         LEFT JOIN working ON working.account_id = acc.id
         LEFT JOIN habit ON habit.account_id = acc.id
         LEFT JOIN collection_payer_profile profile
                ON profile.account_id = acc.id AND profile.date = %(day)s
             WHERE acc.company_id = %(company)s
               AND (owed.account_id IS NOT NULL OR sold.account_id IS NOT NULL)
            """,
            rows=self.env["collection.ledger.day"]._open_query(
                day, SQL("aml.company_id = %s", company.id), before
            ),
            elsewhere=ageing._elsewhere_query(),
            held=ageing._held_query(day),
            ages=self._list_ages(
                "SUM(amount_company) FILTER (WHERE NOT credit AND %s) AS %s",
                SQL("days"),
                COLUMNS.values(),
            ),
            begun=self._list_ages(
                "SUM(company_before) FILTER (WHERE NOT credit AND %s) AS %s",
                SQL("days_before"),
                BEGUN,
            ),
            rolled=SQL(", ").join(
                SQL(
                    "SUM(amount) FILTER (WHERE %s AND days > %s) AS %s",
                    is_of_age(SQL("days_before"), lower, upper),
                    upper,
                    SQL.identifier(name),
                )
                for (_code, lower, upper), name in zip(BUCKETS, ROLLED, strict=False)
            ),
            owed=self._list("COALESCE(owed.%s, 0)", OWED),
            begin=self._list("COALESCE(owed.%s, 0)", BEGUN),
            roll=self._list("COALESCE(rolled.%s, 0)", ROLLED),
            sales=self._sales_query(company, day),
            sold=self._list("COALESCE(sold.%s, 0)", SALES),
            terms=self._terms_query(company, day),
            disputed=self._disputed_query(day),
            promised=self._promised_query(company, day),
            working=ageing._working_query(day),
            habit=self.env["collection.account"]._habit_query(company, day),
            period_days=self._get_period_days(company, day),
            day=day,
            before=before,
            company=company.id,
        )

    @api.model
    def _list_ages(self, pattern, days, names):
        """SQL: `pattern`, filled in with each age bucket and the column it goes to."""
        return SQL(", ").join(
            SQL(pattern, is_of_age(days, lower, upper), SQL.identifier(name))
            for (_code, lower, upper), name in zip(BUCKETS, names, strict=False)
        )

    @api.model
    def _get_period_days(self, company, day):
        """Days of which the turnover is: a year's, or those since the beginning of the
        month of the first invoice where there is none before."""
        start = day.replace(day=1) - relativedelta(months=len(SALES) - 1)
        [(first,)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(invoice_date) FROM account_move
                 WHERE company_id = %s AND state = 'posted'
                   AND move_type IN ('out_invoice', 'out_receipt')
                   AND invoice_date >= %s AND invoice_date <= %s
                """,
                company.id,
                start,
                day,
            )
        )
        if not first:
            return measure.YEAR
        return min((day - first.replace(day=1)).days + 1, measure.YEAR)

    @api.model
    def _list(self, pattern, names):
        """SQL: `pattern`, filled in with each of the columns."""
        return SQL(", ").join(SQL(pattern, SQL.identifier(name)) for name in names)

    @api.model
    def _sales_query(self, company, day):
        """SQL of the sales of twelve calendar months by customer, tax included.

        :return: query of `account_id`, `turnover` and one column for each month
        """
        start = day.replace(day=1)
        return SQL(
            """
            SELECT acc.id AS account_id, SUM(move.amount_total_signed) AS turnover,
                   %(months)s
              FROM account_move move
              JOIN collection_account acc
                ON acc.partner_id = move.commercial_partner_id
               AND acc.company_id = move.company_id
             WHERE move.company_id = %(company)s AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
               AND move.invoice_date >= %(start)s AND move.invoice_date <= %(day)s
          GROUP BY acc.id
            """,
            company=company.id,
            start=start - relativedelta(months=len(SALES) - 1),
            day=day,
            months=SQL(", ").join(
                SQL(
                    """SUM(move.amount_total_signed) FILTER (
                           WHERE move.invoice_date >= %s AND move.invoice_date < %s)
                       AS %s""",
                    start - relativedelta(months=number),
                    start - relativedelta(months=number - 1),
                    SQL.identifier(name),
                )
                for number, name in enumerate(SALES)
            ),
        )

    @api.model
    def _terms_query(self, company, day):
        """SQL of the terms granted with the invoices of the month: `account_id`,
        `amount` of their due lines and `weight`, the amounts times the days."""
        return SQL(
            """
            SELECT acc.id AS account_id, SUM(aml.balance) AS amount,
                   SUM(aml.balance * (COALESCE(aml.date_maturity, aml.date)
                                      - move.invoice_date)) AS weight
              FROM account_move move
              JOIN account_move_line aml ON aml.move_id = move.id
               AND aml.account_id = ANY (ARRAY(%(accounts)s)) AND aml.balance > 0
              JOIN collection_account acc
                ON acc.partner_id = move.commercial_partner_id
               AND acc.company_id = move.company_id
             WHERE move.company_id = %(company)s AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_receipt')
               AND move.invoice_date >= %(start)s AND move.invoice_date <= %(day)s
          GROUP BY acc.id
            """,
            accounts=self.env["account.account"]._get_debtor_accounts(),
            company=company.id,
            start=day.replace(day=1),
            day=day,
        )

    @api.model
    def _disputed_query(self, day):
        """SQL of what was contested on `day`, and not decided: `account_id`,
        `amount`."""
        return SQL(
            """
            SELECT account_id, SUM(amount_company) AS amount
              FROM collection_dispute
             WHERE date_opened <= %(day)s
               AND (state IN ('open', 'in_progress')
                    OR COALESCE(date_decided, %(written)s) > %(day)s)
          GROUP BY account_id
            """,
            written=company_day_sql(
                self.env, SQL("write_date"), SQL("collection_dispute.company_id")
            ),
            day=day,
        )

    @api.model
    def _promised_query(self, company, day):
        """SQL of what was promised by `day` for later: `account_id`, `amount`."""

        def rate(currency):
            return rate_sql(currency, day, company.root_id.id)

        return SQL(
            """
            SELECT promise.account_id,
                   SUM(ROUND(promise.amount * %(own)s / %(theirs)s,
                             common.decimal_places)) AS amount
              FROM collection_promise promise
              JOIN res_currency common ON common.id = %(currency)s
             WHERE promise.company_id = %(company)s
               AND promise.date_made <= %(day)s AND promise.date_promised > %(day)s
               AND (promise.state NOT IN ('withdrawn', 'replaced', 'lapsed')
                    OR %(written)s > %(day)s)
          GROUP BY promise.account_id
            """,
            written=company_day_sql(
                self.env, SQL("promise.write_date"), SQL("promise.company_id")
            ),
            own=rate(SQL("common.id")),
            currency=company.currency_id.id,
            theirs=rate(SQL("promise.currency_id")),
            company=company.id,
            day=day,
        )

    # ------------------------------------------------------------------
    # What changed since
    # ------------------------------------------------------------------

    @api.model
    def _compare(self, company, day):
        """Hold a frozen month end against the ledger as it is now.

        The frozen rows stay. Beside each whose figures are others by now stands one
        with those and with the reason; what an earlier comparison found makes room.

        :return: number of customers whose figures differ
        """
        compile_nothing(self.env)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM collection_snapshot
                 WHERE company_id = %s AND date = %s AND state = 'revised'
                """,
                company.id,
                day,
            )
        )
        compared = [SQL.identifier(name) for name in LEDGER_FIGURES]
        count = self._insert(
            company,
            day,
            SQL(
                """
                SELECT acc.id, COALESCE(own.segment_id, acc.segment_id),
                       COALESCE(own.side, 'company'), own.mandate_id,
                       COALESCE(own.payer_class, 'n'),
                       COALESCE(own.accustomed, FALSE), %(figures)s, 'revised',
                       COALESCE(own.amount_balance, 0)
                           - COALESCE(frozen.amount_balance, 0),
                       NULL::varchar
                  FROM collection_account acc
             LEFT JOIN (%(now)s) own(%(names)s) ON own.account_id = acc.id
             LEFT JOIN (SELECT account_id, SUM(amount_balance) AS amount_balance,
                               %(sums)s
                          FROM collection_snapshot
                         WHERE company_id = %(company)s AND date = %(day)s
                           AND state = 'frozen'
                      GROUP BY account_id) frozen ON frozen.account_id = acc.id
                 WHERE acc.company_id = %(company)s AND (%(different)s)
                """,
                figures=self._list("COALESCE(own.%s, 0)", FIGURES),
                names=SQL(", ").join(map(SQL.identifier, (*TRAITS, *FIGURES))),
                now=self._query(company, day),
                sums=SQL(", ").join(
                    SQL("SUM(%s) AS %s", name, name) for name in compared
                ),
                company=company.id,
                day=day,
                different=SQL(" OR ").join(
                    SQL("COALESCE(own.%s, 0) <> COALESCE(frozen.%s, 0)", name, name)
                    for name in compared
                ),
            ),
        )
        if count:
            self._write_reasons(company, day)
        return count

    @api.model
    def _write_reasons(self, company, day):
        """Say of the rows that were found to differ which entries came later."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH revised AS (
                    SELECT revised.id, revised.account_id, frozen.moment
                      FROM collection_snapshot revised
                CROSS JOIN (SELECT MIN(create_date) AS moment FROM collection_snapshot
                             WHERE company_id = %(company)s AND date = %(day)s
                               AND state = 'frozen') frozen
                     WHERE revised.company_id = %(company)s AND revised.date = %(day)s
                       AND revised.state = 'revised'
                ), entry AS (
                    SELECT revised.id, aml.create_date > revised.moment AS entered,
                           EXISTS (
                                SELECT 1 FROM account_partial_reconcile part
                                 WHERE aml.id IN (part.debit_move_id,
                                                  part.credit_move_id)
                                   AND part.max_date <= %(day)s
                                   AND part.create_date > revised.moment) AS matched,
                           move.name
                      FROM revised
                      JOIN collection_account acc ON acc.id = revised.account_id
                      JOIN res_partner partner
                        ON partner.commercial_partner_id = acc.partner_id
                      JOIN account_move_line aml ON aml.partner_id = partner.id
                       AND aml.company_id = acc.company_id
                       AND aml.account_id = ANY (ARRAY(%(accounts)s))
                       AND aml.parent_state = 'posted' AND aml.date <= %(day)s
                      JOIN account_move move ON move.id = aml.move_id
                )
                SELECT revised.id,
                       array_agg(DISTINCT entry.name) FILTER (WHERE entry.entered),
                       array_agg(DISTINCT entry.name)
                           FILTER (WHERE entry.matched AND NOT entry.entered)
                  FROM revised
             LEFT JOIN entry ON entry.id = revised.id
              GROUP BY revised.id
                """,
                company=company.id,
                day=day,
                accounts=self.env["account.account"]._get_debtor_accounts(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_snapshot revised SET reason = said.reason
                  FROM unnest(%s::integer[], %s::varchar[]) said(id, reason)
                 WHERE revised.id = said.id
                """,
                [row[0] for row in rows],
                [self._describe_change(*row[1:]) for row in rows],
            )
        )
        self.invalidate_model()

    @api.model
    def _describe_change(self, entered, matched):
        """Why the ledger has other figures: numbers of entries, or none."""

        def names(numbers):
            more = ", …" if len(numbers) > NAMED else ""
            return ", ".join(numbers[:NAMED]) + more

        parts = []
        if entered:
            parts.append(
                self.env._("Entered since: %(entries)s", entries=names(entered))
            )
        if matched:
            parts.append(
                self.env._("Matched since: %(entries)s", entries=names(matched))
            )
        if not parts:
            return self.env._("Entries were posted, changed or cancelled since")
        return ". ".join(parts)

    def action_compare(self):
        """Hold the month ends of these rows against the ledger as it is now."""
        self.check_access("read")
        check_manager(
            self.env,
            self.env._("Ask a credit manager to compare month ends with the ledger."),
        )
        for company, day in sorted(
            {(row.company_id, row.date) for row in self},
            key=lambda month: (month[1], month[0].id),
        ):
            # sudo: written by nobody by hand; whose companies they are was asked above
            self.sudo()._compare(company, day)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_snapshot_revised_action"
        )
        return dict(
            action,
            domain=[
                ("state", "=", "revised"),
                ("company_id", "in", self.company_id.ids),
                ("date", "in", self.mapped("date")),
            ],
        )
