from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..base.planner import compile_nothing
from ..customer.collection_segment import CAREFUL_HANDLINGS


class Question(NamedTuple):
    """What the rule is asked about.

    company: company whose items are looked at
    date: day for which it is asked
    policies: only items under these policies, all when empty
    items: decide for these items only; None: for all of the company
    again: the items are on a confirmed letter, the level itself is not questioned
    by_provider: the provider itself asks: that an item is its to work is no reason to
        leave it out
    at_once: what is overdue gets its next level today, however soon
    """

    company: models.Model
    date: object
    policies: models.Model | None
    items: models.Model | None
    again: bool
    by_provider: bool
    at_once: bool


class CollectionDunningDecision(models.AbstractModel):
    """The level rule: which open item stands on which letter, or why on none.

    Set-based SQL, so that the number of queries does not depend on the number of
    items. Whoever computes, confirms, sends, or asks for the next level of an item
    asks the same statement. It is built table by table: each `_with_…` below is one
    table of its WITH clause. What stands in a later area (letters, agreements) is
    added there.
    """

    _name = "collection.dunning.decision"
    _description = "Dunning Decision"

    @api.model
    def _flush(self):
        """Write down what is pending and prepare the session for the statement."""
        self.env["collection.account"]._flush_all()
        compile_nothing(self.env)
        # a hundred thousand items are sorted and joined in memory, several times; the
        # planner, knowing nothing of tables made on the way, would sort for each join
        self.env.cr.execute(SQL("SET LOCAL work_mem = '64MB'"))
        self.env.cr.execute(SQL("SET LOCAL enable_mergejoin = off"))

    @api.model
    def _tables(
        self,
        company,
        date,
        policies=None,
        items=None,
        again=None,
        by_provider=False,
        at_once=False,
    ):
        """SQL that decides, for each open item, its letter level or why it has none.

        The rule: the next level after the last one sent on the item's effective
        policy (invoice, then account, then segment, then company); triggered by
        its own delay, and not within the policy's days between two letters; one
        level per item and run. An item whose last letter belongs to another policy
        stands where that one is no more severe (`_standing_query`). A level before
        the due date no longer applies once the item is overdue. With "by age", an
        item that was never dunned starts at the highest level already due by the
        due date and not a formal notice.

        Whoever runs the statement calls `_flush` first.

        :param again: see `Question`; by default so when `items` are given
        :return: tables for a WITH clause. Of `decision`, one row per item; `reason`
            NULL means "on a letter". Of `addressed`, one row per account, currency,
            wanted channel, and due or not: whom its letter goes to and how, and which
            one it is (`letter_rank`, in the order of accounts), with the part of the
            letter's amounts and level that comes from these items.
        """
        if again is None:
            again = items is not None
        question = Question(company, date, policies, items, again, by_provider, at_once)
        return SQL(", ").join(build(question) for build in self._get_builders())

    @api.model
    def _get_builders(self):
        """Makers of the tables, in the order in which they build on each other."""
        return [
            self._with_factor,
            self._with_ladder,
            self._with_passage,
            self._with_following,
            self._with_customer,
            self._with_step,
            self._with_item,
            self._with_climbed,
            self._with_credit,
            self._with_waiting,
            self._with_complained,
            self._with_standing,
            self._with_expired,
            self._with_covering,
            self._with_reasoned,
            self._with_highest,
            self._with_decision,
            self._with_reached,
            self._with_addressed,
        ]

    # ------------------------------------------------------------------
    # Pieces of SQL
    # ------------------------------------------------------------------

    @api.model
    def _currency_factors(self, company, date):
        """Units of each currency for one unit of the company's, at `date`."""
        # an item may be in a currency that is archived by now
        currencies = self.env["res.currency"].search([("active", "in", (True, False))])
        rates = currencies._get_rates(company, date)
        base = rates[company.currency_id.id]
        return [(currency.id, rates[currency.id] / base) for currency in currencies]

    @api.model
    def _due_filter(self, date):
        """Condition on `collection_item ci`: it is overdue at `date`, or a level may be
        due before it is. Most of the open items of a company are neither."""
        [[earliest]] = self.env.execute_query(
            SQL("SELECT LEAST(MIN(delay_days), 1) FROM collection_policy_level")
        )
        return SQL(
            "(ci.date_due <= %s OR ci.level_date IS NOT NULL)",
            date - relativedelta(days=earliest),
        )

    @api.model
    def _fixed_trigger(self, date_due):
        """SQL of the day on which `level` is due for an item, whatever was sent before;
        NULL for a level that is counted from the one before."""
        return SQL(
            """CASE level.delay_basis
                WHEN 'due' THEN %(date_due)s + level.delay_days
                WHEN 'eom'
                THEN (date_trunc('month', %(date_due)s + level.delay_days)
                      + interval '1 month - 1 day')::date
                END""",
            date_due=date_due,
        )

    @api.model
    def _explanations(self):
        """SQL over `reasoned` of what explains the reasons, by column and reason.

        What a promise or a plan says is added by the area of the agreements.
        """
        return {
            "reason_date": {
                "not_yet": SQL("date_trigger"),
                "complaint": SQL("complaint_date"),
                "insolvent": SQL("insolvency_date"),
                "time_barred": SQL("date_limitation"),
                "promised": SQL("NULL::date"),
                "on_plan": SQL("NULL::date"),
                "on_hold": SQL("hold_until"),
            },
            "reason_amount": {
                "covered_by_credit": SQL("amount_credit"),
                "below_minimum": SQL("minimum"),
                "disputed": SQL("amount_disputed"),
            },
            "reason_note": {
                "on_letter": SQL("waiting_number"),
                "complaint": SQL("complaint_number"),
                "promised": SQL("NULL::varchar"),
                "on_plan": SQL("NULL::varchar"),
                "on_hold": SQL("hold_reason"),
            },
        }

    @api.model
    def _explain(self):
        """SQL of what explains the reason of a row, by column."""
        return {
            column: SQL(
                "CASE reasoned.reason %s END",
                SQL(" ").join(
                    SQL("WHEN %s THEN %s", reason, value)
                    for reason, value in by_reason.items()
                ),
            )
            for column, by_reason in self._explanations().items()
        }

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    @api.model
    def _with_factor(self, question):
        """Units of each currency for one of the company's, on the day asked about."""
        return SQL(
            """
            factor (currency_id, value) AS (VALUES %(factors)s)
            """,
            factors=SQL(", ").join(
                SQL("(%s, %s::numeric)", currency_id, factor)
                for currency_id, factor in self._currency_factors(
                    question.company, question.date
                )
            ),
        )

    @api.model
    def _with_ladder(self, question):
        """The levels of all policies, each with its place on its own and on all."""
        return SQL(
            """
            ladder AS (
                SELECT level.*,
                       ROW_NUMBER() OVER (PARTITION BY policy_id
                                          ORDER BY sequence, id) AS rank,
                       ROW_NUMBER() OVER (ORDER BY sequence, id) AS position
                  FROM collection_policy_level level
            )
            """,
        )

    @api.model
    def _with_passage(self, question):
        """Where an item that was sent a level of another policy stands on this one."""
        return SQL(
            """
            passage AS (%(passage)s)
            """,
            passage=self.env["collection.policy"]._standing_query(),
        )

    @api.model
    def _with_following(self, question):
        """The level after each one, for items that are overdue and that are not."""
        return SQL(
            """
            following AS (
                SELECT DISTINCT ON (step.policy_id, step.rank, late.overdue)
                       step.policy_id, step.rank, late.overdue, level.id
                  FROM (SELECT policy_id, rank FROM ladder
                         UNION SELECT policy_id, 0 FROM ladder) step
            CROSS JOIN (VALUES (TRUE), (FALSE)) late (overdue)
                  JOIN ladder level
                    ON level.policy_id = step.policy_id
                   AND level.rank > step.rank
                   AND NOT (late.overdue AND level.delay_basis = 'due'
                            AND level.delay_days < 0)
              ORDER BY step.policy_id, step.rank, late.overdue, level.rank
            )
            """,
        )

    @api.model
    def _with_customer(self, question):
        """The accounts of the company, each with its effective policy.

        Customer by customer: 20,000 of them have 100,000 items.
        """
        policy, joins = self.env["collection.account"]._effective_policy_sql()
        return SQL(
            """
            customer AS MATERIALIZED (
                SELECT acc.id, acc.partner_id, acc.dunning_contact_id,
                       acc.preferred_channel, acc.insolvency_date, acc.hold_until,
                       acc.hold_reason, segment.handling IN %(careful)s AS careful,
                       %(policy)s AS policy_id
                  FROM collection_account acc
                  %(joins)s
                 WHERE acc.company_id = %(company)s
            )
            """,
            policy=policy,
            joins=joins,
            careful=CAREFUL_HANDLINGS,
            company=question.company.id,
        )

    @api.model
    def _with_step(self, question):
        """A policy's level after each one that an item may have been sent."""
        return SQL(
            """
            step AS (
                SELECT policy.id AS policy_id, last.level_id AS last_level_id,
                       late.overdue, following.id AS next_level_id,
                       policy.do_nothing, policy.align_customer, policy.tolerance,
                       policy.interval_days,
                       policy.catch_up = 'by_age' AND last.level_id IS NULL
                           AND late.overdue AS by_age
                  FROM collection_policy policy
            CROSS JOIN (VALUES (TRUE), (FALSE)) late (overdue)
            CROSS JOIN LATERAL (
                        SELECT NULL::int AS level_id, 0 AS rank
                         UNION ALL
                        SELECT sent.id, COALESCE(passage.rank, 0)
                          FROM collection_policy_level sent
                     LEFT JOIN passage ON passage.level_id = sent.id
                                      AND passage.policy_id = policy.id) last
             LEFT JOIN following ON following.policy_id = policy.id
                                AND following.rank = last.rank
                                AND following.overdue = late.overdue
                 WHERE policy.active
            )
            """,
        )

    @api.model
    def _with_item(self, question):
        """The open items asked about, with what their invoice and customer say."""
        return SQL(
            """
            item AS (
                SELECT ci.id AS item_id, ci.account_id, ci.currency_id,
                       ci.date_due, ci.amount_total, ci.amount_residual,
                       ci.amount_residual - ci.amount_disputed AS amount_due,
                       %(date)s::date - ci.date_due AS days_overdue,
                       ci.move_line_id, ci.acknowledged_date,
                       ci.level_id AS last_level_id, ci.level_date,
                       ci.approved_level_id, ci.delegated,
                       COALESCE(ci.policy_id, customer.policy_id) AS policy_id,
                       move.partner_id AS move_partner_id,
                       COALESCE(move.name, '') AS move_name,
                       COALESCE(move.invoice_date, move.date) AS invoice_date,
                       -- few of the journal items, which have an index of their own
                       ci.move_line_id IN (SELECT id FROM account_move_line
                                            WHERE no_followup)
                           OR move.payment_state = 'blocked' AS no_followup,
                       %(in_payment)s AS in_payment,
                       GREATEST(customer.hold_until, ci.hold_until) AS hold_until,
                       CASE WHEN ci.hold_until > customer.hold_until
                                 OR customer.hold_until IS NULL
                            THEN ci.hold_reason
                            ELSE customer.hold_reason END AS hold_reason,
                       customer.insolvency_date, customer.careful,
                       ci.amount_disputed,
                       ci.promise_id, ci.plan_id, customer.partner_id,
                       customer.dunning_contact_id, customer.preferred_channel
                  FROM collection_item ci
                  JOIN customer ON customer.id = ci.account_id
                  JOIN account_move move ON move.id = ci.move_id
                 -- all items of the customers: they share the open credits, the oldest
                 -- first, so that one which is due later takes none of them
                 WHERE ci.state = 'open' AND ci.company_id = %(company)s
                   AND %(account_filter)s AND %(due_filter)s
            )
            """,
            account_filter=SQL(
                "ci.account_id IN %s", tuple(question.items.account_id.ids) or (0,)
            )
            if question.items is not None
            else SQL("TRUE"),
            company=question.company.id,
            date=question.date,
            due_filter=self._due_filter(question.date)
            if question.items is None
            else SQL("TRUE"),
            in_payment=self.env["collection.item"]._in_payment(SQL("ci"), SQL("move")),
        )

    @api.model
    def _with_climbed(self, question):
        """The items with the level that comes next for each."""
        return SQL(
            """
            climbed AS (
                SELECT item.*, step.policy_id IS NOT NULL AS has_policy,
                       step.do_nothing, step.align_customer,
                       step.tolerance, step.interval_days,
                       CASE WHEN step.by_age THEN COALESCE((
                            SELECT level.id FROM ladder level
                             WHERE level.policy_id = item.policy_id
                               AND level.formal_notice IS NOT TRUE
                               AND NOT (level.delay_basis = 'due'
                                        AND level.delay_days < 0)
                               AND %(item_trigger)s <= %(date)s
                          ORDER BY level.rank DESC LIMIT 1), step.next_level_id)
                            ELSE step.next_level_id END AS next_level_id
                  FROM item
             LEFT JOIN step
                    ON step.policy_id = item.policy_id
                   AND COALESCE(step.last_level_id, 0)
                       = COALESCE(item.last_level_id, 0)
                   AND step.overdue = (item.days_overdue >= 1)
            )
            """,
            date=question.date,
            item_trigger=self._fixed_trigger(SQL("item.date_due")),
        )

    @api.model
    def _with_credit(self, question):
        """Open credits of the customers, in each currency.

        A branch also counts what its head office was paid beyond what it is owed.
        """
        Account = self.env["collection.account"]
        account_ids = None
        if question.items is not None:
            account_ids = tuple(question.items.account_id.ids) or (0,)
        return SQL(
            """
            credit AS (
                SELECT account_id, currency_id, SUM(amount) AS amount
                  FROM (%(own)s %(of_head)s) part
              GROUP BY account_id, currency_id
            )
            """,
            own=self._own_credit_query(question.company, account_ids),
            of_head=SQL(
                "UNION ALL SELECT account_id, currency_id, amount FROM (%s) head",
                Account._head_credit_query(
                    SQL(
                        "acc.company_id = %s AND %s",
                        question.company.id,
                        SQL("acc.id IN %s", account_ids)
                        if account_ids
                        else SQL("TRUE"),
                    )
                ),
            )
            # sudo: whether the company is a branch
            if question.company.sudo().parent_id
            else SQL(""),
        )

    @api.model
    def _own_credit_query(self, company, account_ids):
        return SQL(
            """
                SELECT acc.id AS account_id, aml.currency_id,
                       -SUM(aml.amount_residual_currency) AS amount
                  FROM account_move_line aml
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                 WHERE aml.company_id = %(company)s
                   -- an array, for the sake of the ledger's index on open items
                   AND aml.account_id = ANY (ARRAY(%(accounts)s))
                   AND aml.parent_state = 'posted'
                   AND aml.reconciled IS NOT TRUE
                   -- which has an index of its own in the ledger
                   AND aml.amount_residual < 0
                   AND %(credit_filter)s
              GROUP BY acc.id, aml.currency_id
            """,
            company=company.id,
            accounts=self.env["account.account"]._get_debtor_accounts(),
            # of everybody, the index on negative residuals alone is the shortest way
            credit_filter=self.env["collection.account"]._credit_filter(
                SQL("own.id IN %s", account_ids)
            )
            if account_ids
            else SQL("TRUE"),
        )

    @api.model
    def _with_waiting(self, question):
        """Items on a letter that was confirmed and has not left.

        Filled in by the area of the letters.
        """
        return SQL(
            """
            waiting (item_id, number) AS (SELECT NULL::int, NULL::varchar WHERE FALSE)
            """
        )

    @api.model
    def _with_complained(self, question):
        """Customers who wait for what becomes of their complaint.

        Filled in by the area of the complaints.
        """
        return SQL(
            """
            complained (account_id, date, number) AS (
                SELECT NULL::int, NULL::date, NULL::varchar WHERE FALSE)
            """
        )

    @api.model
    def _with_standing(self, question):
        """What leaves an item no right to any letter, whatever its level.

        `stopped` comes before the question whether it is time-barred, `barred` after
        it.
        """
        return SQL(
            """
            standing AS (
                SELECT climbed.item_id, climbed.account_id, climbed.currency_id,
                       climbed.date_due, climbed.days_overdue,
                       climbed.amount_total, climbed.amount_residual,
                       climbed.amount_due, climbed.amount_disputed, climbed.policy_id,
                       climbed.move_partner_id, climbed.move_name,
                       climbed.invoice_date, climbed.partner_id,
                       climbed.dunning_contact_id, climbed.preferred_channel,
                       climbed.in_payment, climbed.insolvency_date, climbed.hold_until,
                       climbed.hold_reason, climbed.promise_id, climbed.plan_id,
                       climbed.next_level_id, level.rank,
                       climbed.move_line_id, climbed.acknowledged_date,
                       climbed.align_customer AND %(needs_approval)s IS NOT TRUE
                           AS align,
                       %(needs_approval)s
                           AND climbed.approved_level_id
                               IS DISTINCT FROM climbed.next_level_id AS unapproved,
                       GREATEST(climbed.tolerance, COALESCE(level.min_amount, 0))
                           * factor.value AS minimum,
                       credit.amount AS credit_total,
                       CASE
                       WHEN NOT climbed.has_policy THEN 'no_policy'
                       WHEN climbed.do_nothing THEN 'do_nothing'
                       WHEN climbed.no_followup THEN 'no_followup'
                       WHEN climbed.insolvency_date IS NOT NULL THEN 'insolvent'
                       END AS stopped,
                       CASE
                       WHEN climbed.amount_due <= 0 THEN 'disputed'
                       WHEN climbed.promise_id IS NOT NULL THEN 'promised'
                       WHEN climbed.plan_id IS NOT NULL THEN 'on_plan'
                       WHEN climbed.hold_until >= %(date)s THEN 'on_hold'
                       -- whoever matters is heard first
                       WHEN climbed.careful AND complained.account_id IS NOT NULL
                       THEN 'complaint'
                       WHEN NOT %(by_provider)s AND climbed.delegated
                            AND %(by_other)s
                       THEN 'delegated'
                       END AS barred,
                       waiting.number AS waiting_number,
                       complained.date AS complaint_date,
                       complained.number AS complaint_number,
                       CASE
                       WHEN climbed.next_level_id IS NOT NULL
                            AND waiting.item_id IS NULL
                       THEN GREATEST(
                            COALESCE(%(trigger)s,
                                     COALESCE(climbed.level_date, climbed.date_due)
                                     + level.delay_days),
                            CASE WHEN climbed.last_level_id IS NOT NULL
                                 THEN climbed.level_date + climbed.interval_days END)
                       END AS date_trigger
                  -- the level is looked up once, not for every column it decides on
                  FROM (SELECT * FROM climbed OFFSET 0) climbed
                  JOIN factor ON factor.currency_id = climbed.currency_id
             LEFT JOIN ladder level ON level.id = climbed.next_level_id
             LEFT JOIN credit ON credit.account_id = climbed.account_id
                             AND credit.currency_id = climbed.currency_id
             LEFT JOIN waiting ON waiting.item_id = climbed.item_id
             LEFT JOIN complained ON complained.account_id = climbed.account_id
            )
            """,
            # whatever the policy says: nobody is put on notice unseen who matters
            needs_approval=SQL(
                "(level.needs_approval OR (level.formal_notice AND climbed.careful))"
            ),
            by_provider=question.by_provider,
            by_other=self._worked_by_other(),
            date=question.date,
            trigger=self._fixed_trigger(SQL("climbed.date_due")),
        )

    @api.model
    def _worked_by_other(self):
        """SQL: `level` is not the company's to work, of an item `climbed` that is
        handed over."""
        return SQL("level.worked_by IS DISTINCT FROM 'company'")

    @api.model
    def _with_expired(self, question):
        """Items that are time-barred."""
        Item = self.env["collection.item"]
        return SQL(
            """
            expired AS (
                SELECT item_id, date_limitation FROM (%(limitation)s) term
                 WHERE date_limitation < %(date)s
            )
            """,
            date=question.date,
            limitation=Item._limitation_query(
                invoiced=SQL(
                    """SELECT item_id AS id, move_line_id, account_id,
                              acknowledged_date, invoice_date AS date_start
                         FROM standing WHERE invoice_date < %s""",
                    Item._limitation_horizon(question.date),
                ),
                before=question.date,
            ),
        )

    @api.model
    def _with_covering(self, question):
        """What open credits pay: the oldest items first, each up to what it owes."""
        return SQL(
            """
            covering AS (
                SELECT item_id,
                       GREATEST(0, LEAST(amount_due, credit_total + amount_due
                            - SUM(amount_due) OVER (
                                PARTITION BY account_id, currency_id
                                ORDER BY date_due, item_id))) AS amount_credit
                  FROM standing
                 WHERE stopped IS NULL AND barred IS NULL AND NOT in_payment
                   AND credit_total > 0
                   AND item_id NOT IN (SELECT item_id FROM expired)
            )
            """,
        )

    @api.model
    def _with_reasoned(self, question):
        """And what makes an item wait for a letter it has a right to."""
        return SQL(
            """
            reasoned AS NOT MATERIALIZED (
                SELECT standing.*, expired.date_limitation,
                       CASE WHEN in_payment THEN amount_due
                            ELSE COALESCE(covering.amount_credit, 0)
                       END AS amount_credit,
                       CASE
                       WHEN stopped IS NOT NULL THEN stopped
                       WHEN expired.item_id IS NOT NULL THEN 'time_barred'
                       WHEN barred IS NOT NULL THEN barred
                       WHEN in_payment OR covering.amount_credit >= amount_due
                       THEN 'covered_by_credit'
                       WHEN amount_due < minimum THEN 'below_minimum'
                       WHEN %(again)s THEN NULL
                       WHEN waiting_number IS NOT NULL THEN 'on_letter'
                       WHEN next_level_id IS NULL THEN 'exhausted'
                       WHEN date_trigger > %(date)s
                            AND NOT (%(at_once)s AND days_overdue >= 1) THEN 'not_yet'
                       WHEN unapproved THEN 'awaiting_approval'
                       END AS reason
                  FROM standing
             LEFT JOIN covering ON covering.item_id = standing.item_id
             LEFT JOIN expired ON expired.item_id = standing.item_id
            )
            """,
            again=question.again,
            at_once=question.at_once,
            date=question.date,
        )

    @api.model
    def _with_highest(self, question):
        """The highest level of a customer's items, where the policy aligns them.

        No item is lifted to a level nobody has approved for it.
        """
        return SQL(
            """
            highest AS (
                SELECT account_id, currency_id, policy_id, days_overdue >= 1 AS overdue,
                       MAX(rank) AS rank
                  FROM reasoned
                 WHERE reason IS NULL AND align
              GROUP BY account_id, currency_id, policy_id, days_overdue >= 1
            )
            """,
        )

    @api.model
    def _with_decision(self, question):
        """One row per item: its level, or the reason why it is on no letter."""
        return SQL(
            """
            decision AS MATERIALIZED (
                SELECT reasoned.item_id, reasoned.account_id, reasoned.currency_id,
                       reasoned.partner_id, reasoned.dunning_contact_id,
                       reasoned.move_partner_id, reasoned.move_name,
                       reasoned.invoice_date, reasoned.date_due,
                       reasoned.days_overdue, reasoned.days_overdue >= 1 AS overdue,
                       reasoned.amount_total, reasoned.amount_residual,
                       reasoned.amount_due, reasoned.amount_credit,
                       reasoned.next_level_id, level.id AS level_id,
                       level.position,
                       CASE WHEN level.channel IN ('email', 'post')
                            THEN COALESCE(preferred_channel, level.channel)
                            ELSE level.channel END AS wanted_channel,
                       -- said as a column of its own, the planner knows what to expect
                       reasoned.reason IS NULL AS on_letter, reasoned.reason,
                       -- what explains the reason
                       %(reason_date)s AS reason_date,
                       %(reason_amount)s AS reason_amount,
                       %(reason_note)s AS reason_note
                  -- and so is the reason
                  FROM (SELECT * FROM reasoned OFFSET 0) reasoned
             LEFT JOIN highest
                    ON highest.account_id = reasoned.account_id
                   AND highest.currency_id = reasoned.currency_id
                   AND highest.policy_id = reasoned.policy_id
                   AND highest.overdue = (reasoned.days_overdue >= 1)
                   AND reasoned.reason IS NULL AND reasoned.align
             LEFT JOIN ladder level
                    ON level.policy_id = reasoned.policy_id
                   AND level.rank = COALESCE(highest.rank, reasoned.rank)
                 WHERE %(wanted)s AND %(policy_filter)s
            )
            """,
            policy_filter=SQL(
                "reasoned.policy_id = ANY(%s)", list(question.policies.ids)
            )
            if question.policies
            else SQL("TRUE"),
            wanted=SQL("reasoned.item_id IN %s", tuple(question.items.ids) or (0,))
            if question.items is not None
            else SQL("(reasoned.reason IS NULL OR reasoned.days_overdue >= 1)"),
            **self._explain(),
        )

    @api.model
    def _with_reached(self, question):
        """Who is written to, and how.

        The account's contact for letters, else the contact that all invoices of the
        letter name (one with an address, for an e-mail), else the contact for
        invoices, else the customer; what is not due yet is never part of a demand.
        Who is archived, or works for somebody else by now, is passed over.
        """
        return SQL(
            """
            reached AS (
                SELECT account_id, currency_id, wanted_channel, overdue,
                       amount_due, amount_credit, position,
                       dunning.id AS dunning_contact_id,
                       base.id AS base_id, own.id AS own_id,
                       own.email_normalized AS own_email,
                       CASE WHEN wanted_channel <> 'email' THEN wanted_channel
                            WHEN CASE WHEN dunning.id IS NOT NULL
                                      THEN dunning.email_normalized
                                      ELSE COALESCE(base.email_normalized,
                                                    own.email_normalized)
                                 END IS NOT NULL
                            THEN 'email' ELSE 'post' END AS channel
                  FROM (SELECT account_id, currency_id, wanted_channel, overdue,
                               partner_id, dunning_contact_id,
                               SUM(amount_due) AS amount_due,
                               SUM(amount_credit) AS amount_credit,
                               MAX(position) AS position,
                               CASE WHEN MIN(move_partner_id) = MAX(move_partner_id)
                                    THEN MIN(move_partner_id) END AS move_partner_id
                          FROM decision
                         WHERE on_letter
                      GROUP BY account_id, currency_id, wanted_channel, overdue,
                               partner_id, dunning_contact_id) asked
             LEFT JOIN res_partner dunning
                    ON dunning.id = dunning_contact_id
                   AND dunning.active
                   AND dunning.commercial_partner_id = asked.partner_id
             LEFT JOIN res_partner own
                    ON own.id = move_partner_id
                   AND own.active
                   AND own.commercial_partner_id = asked.partner_id
                   AND own.id <> asked.partner_id
             LEFT JOIN (
                        SELECT parent_id, MIN(id) AS id FROM res_partner
                         WHERE type = 'invoice' AND active
                           AND commercial_partner_id = parent_id
                      GROUP BY parent_id) child
                    ON child.parent_id = asked.partner_id
                  JOIN res_partner base
                    ON base.id = COALESCE(child.id, asked.partner_id)
            )
            """,
        )

    @api.model
    def _with_addressed(self, question):
        """The letters; by post instead of e-mail may make one letter of two."""
        return SQL(
            """
            addressed AS (
                SELECT account_id, currency_id, wanted_channel, overdue, channel,
                       amount_due, amount_credit, position,
                       DENSE_RANK() OVER (
                            ORDER BY account_id, currency_id, channel, overdue)
                           AS letter_rank,
                       COALESCE(dunning_contact_id,
                                CASE WHEN COUNT(own_id) OVER together
                                          = COUNT(*) OVER together
                                      AND MIN(own_id) OVER together
                                          = MAX(own_id) OVER together
                                      AND (channel <> 'email'
                                           OR own_email IS NOT NULL)
                                     THEN own_id END,
                                base_id) AS contact_id
                  FROM reached
                WINDOW together AS (
                       PARTITION BY account_id, currency_id, channel, overdue)
            )
            """,
        )
