import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

_logger = logging.getLogger(__name__)

#: what a manager is asked to do about a run
RUN_ACTIVITY = "mail.mail_activity_data_todo"


class CollectionDunningRun(models.Model):
    """One pass over the open items of a company: who gets which letter, and why not.

    The level rule is set-based SQL (`_decision_query`), so that the number of
    queries does not depend on the number of items.
    """

    _name = "collection.dunning.run"
    _description = "Dunning Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=fields.Date.context_today,
        help="Day for which lateness and levels are computed; date of the letters.",
    )
    policy_ids = fields.Many2many(
        comodel_name="collection.policy",
        string="Policies",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Empty: all policies.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("computed", "Computed"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    automatic = fields.Boolean(
        string="Daily Run", readonly=True, copy=False, help="Made by the daily job."
    )
    letter_ids = fields.One2many(
        comodel_name="collection.letter", inverse_name="run_id", string="Letters"
    )
    exclusion_ids = fields.One2many(
        comodel_name="collection.dunning.exclusion",
        inverse_name="run_id",
        string="Left Out",
    )
    letter_count = fields.Integer(string="Number of Letters", compute="_compute_totals")
    sent_count = fields.Integer(string="Letters Sent", compute="_compute_totals")
    exclusion_count = fields.Integer(
        string="Number Left Out", compute="_compute_totals"
    )
    approval_count = fields.Integer(
        string="Awaiting Approval", compute="_compute_totals"
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    rate_warning = fields.Char(compute="_compute_rate_warning")

    @api.depends("date", "company_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            run.name = (
                self.env._("Run of %s", format_date(self.env, run.date))
                if run.date
                else False
            )

    @api.depends("letter_ids.state", "exclusion_ids")
    def _compute_totals(self):
        letters = {}
        for run, state, count in self.env["collection.letter"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            letters.setdefault(run, {})[state] = count
        exclusions = {}
        for run, reason, count in self.env["collection.dunning.exclusion"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "reason"], ["__count"]
        ):
            exclusions.setdefault(run, {})[reason] = count
        for run in self:
            by_state = letters.get(run._origin, {})
            run.letter_count = sum(by_state.values()) - by_state.get("cancelled", 0)
            run.sent_count = by_state.get("sent", 0)
            by_reason = exclusions.get(run._origin, {})
            run.exclusion_count = sum(by_reason.values())
            run.approval_count = by_reason.get("awaiting_approval", 0)

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_rate_warning(self):
        """Rates without which letters of this run would be in error."""
        # sudo: the rates are published, and whoever sees the run may know
        Regime = self.env["collection.interest.regime"].sudo()
        regimes = Regime.search([("active", "=", True)])
        warning = " ".join(dict.fromkeys(filter(None, regimes.mapped("rate_warning"))))
        for run in self:
            run.rate_warning = warning if run.state in ("draft", "computed") else False

    @api.depends("letter_ids.state", "letter_ids.amount_total", "exclusion_ids")
    @api.depends_context("lang")
    def _compute_summary(self):
        letters = self.env["collection.letter"]._read_group(
            [("run_id", "in", self.ids), ("state", "!=", "cancelled")],
            ["run_id", "level_id", "channel", "currency_id"],
            ["__count", "amount_due:sum", "amount_interest:sum", "amount_total:sum"],
        )
        exclusions = self.env["collection.dunning.exclusion"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "reason"], ["__count"]
        )
        channels = dict(
            self.env["collection.letter"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        reasons = dict(
            self.env["collection.dunning.exclusion"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        for run in self:
            run.summary = self.env["ir.qweb"]._render(
                "account_collection.collection_dunning_run_summary",
                {
                    "letters": [
                        {
                            "level": level.name,
                            "channel": channels[channel],
                            "count": count,
                            "amounts": [
                                currency.format(amount or 0.0) for amount in amounts
                            ],
                        }
                        for owner, level, channel, currency, count, *amounts in letters
                        if owner == run._origin
                    ],
                    "exclusions": [
                        {"reason": reasons[reason], "count": count}
                        for owner, reason, count in exclusions
                        if owner == run._origin
                    ],
                },
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(run.state == "done" or run._has_numbers() for run in self):
            raise UserError(
                self.env._("A run whose letters were confirmed stays on record.")
            )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_compute(self):
        """Draw up the letters and exclusions of the run, without sending anything.

        Drafts never count: those of this run and of earlier unconfirmed runs of
        the company are superseded. Computing again changes nothing while the
        decision is the same.
        """
        for run in self:
            run._lock_company()
            if run.state not in ("draft", "computed"):
                raise UserError(self.env._("This run is finished: start a new one."))
            run._supersede_others()
            if run.state == "computed" and run._is_up_to_date():
                # only what could not be worked out then, as for want of a rate
                failed = run.letter_ids.filtered(
                    lambda letter: letter.state == "error" and not letter.number
                )
                failed.write({"state": "draft", "state_reason": False})
                failed._compute_penalties()
                continue
            run._delete_drafts()
            letters = run._write_decisions()
            letters._compute_penalties()
            run.state = "computed"

    def action_confirm(self):
        """Number the letters; from now on they are waiting to be sent."""
        for run in self:
            run._lock_company()
            if run.state == "done":
                raise UserError(
                    self.env._("The letters of this run have been confirmed.")
                )
            if run.state != "computed":
                raise UserError(
                    self.env._("Compute the run before you confirm its letters.")
                )
            run.letter_ids.filtered(lambda letter: letter.state == "draft")._confirm()
            run.state = "done"

    def action_send(self):
        """Send every letter of the run that is waiting, each computed again first."""
        for run in self:
            if run.state == "computed":
                run.action_confirm()
            if run.state != "done":
                raise UserError(
                    self.env._("Compute and confirm the run before you send it.")
                )
        waiting = self.letter_ids.filtered(lambda letter: letter.state == "to_send")
        waiting._check_may_send()
        return waiting._notify_sending(waiting._send_or_queue())

    def action_cancel(self):
        for run in self:
            if run.sent_count:
                raise UserError(
                    self.env._("Letters of this run were sent: it cannot be undone.")
                )
            run.letter_ids.filtered(
                lambda letter: letter.state in ("draft", "to_send", "error")
            )._cancel(self.env._("Run cancelled"))
            run.state = "cancelled"

    def action_approve(self):
        """As a manager, approve all levels of this run that wait for it."""
        self.exclusion_ids.action_approve()
        return True

    def action_open_approvals(self):
        self.ensure_one()
        return dict(
            self.action_open_exclusions(),
            context={"search_default_awaiting_approval": 1},
        )

    def action_open_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("run_id", "=", self.id)], context={})

    def action_open_exclusions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_dunning_exclusion_action"
        )
        return dict(
            action,
            domain=[("run_id", "=", self.id)],
            context={"search_default_group_reason": 1},
        )

    def action_print(self):
        """One PDF with every letter of the run that goes by post."""
        letters = self.letter_ids.filtered(
            lambda letter: letter.state in ("draft", "to_send", "sent")
        )
        if not letters:
            raise UserError(self.env._("There is no letter to print."))
        return letters._in_address_order().action_print()

    # ------------------------------------------------------------------
    # The daily run
    # ------------------------------------------------------------------

    @api.model
    def _cron_daily_run(self):
        """Once a day for each company that wants it: compute, and send where allowed.

        Each company is a transaction of its own. One that fails is logged, and told
        to the managers on a run left as draft; the others go on. Running it again
        on the same day does nothing.
        """
        Cron = self.env["ir.cron"]
        today = fields.Date.context_today(self)
        companies = self.env["res.company"].search(
            [
                ("collection_auto_run", "in", ("compute", "send")),
                "|",
                ("collection_auto_run_date", "=", False),
                ("collection_auto_run_date", "<", today),
            ]
        )
        Cron._commit_progress(remaining=len(companies))
        for company in companies:
            runs = self.with_company(company).sudo()
            try:
                with self.env.cr.savepoint():
                    runs._run_daily(company, today)
            except Exception as error:
                _logger.exception("The daily dunning run of %s failed.", company.name)
                runs._report_failure(company, today, error)
            if not Cron._commit_progress(processed=1):
                break

    @api.model
    def _run_daily(self, company, date):
        """The daily run of `company`: computed, and confirmed as far as levels allow.

        Letters of levels that are sent automatically are numbered and left to the
        sending job; the others stay drafts for a person.
        """
        run = self.create({"company_id": company.id, "date": date, "automatic": True})
        run.action_compute()
        company.collection_auto_run_date = date
        ready = run.letter_ids.browse()
        obstacle = ""
        if company.collection_auto_run == "send":
            ready = run.letter_ids.filtered(lambda letter: letter._is_automatic())
            try:
                with self.env.cr.savepoint():
                    ready._confirm()
            except UserError as error:
                # a particular of the company is missing, for one: what was computed
                # stays, and a person sees what to do
                ready, obstacle = ready.browse(), error.args[0]
        left = run.letter_ids - ready
        if ready:
            run.message_post(
                body=self.env._(
                    "%(count)s letters are sent automatically.", count=len(ready)
                )
            )
            ready._queue_sending()
        if left or run.approval_count:
            run._schedule_for_managers(
                self.env._("Look at the daily run"),
                self.env._(
                    "%(letters)s letters wait to be confirmed, %(approvals)s items "
                    "for an approval. %(obstacle)s",
                    letters=len(left),
                    approvals=run.approval_count,
                    obstacle=obstacle,
                ),
            )
        elif run.state == "computed":
            run.state = "done"
        return run

    @api.model
    def _report_failure(self, company, date, error):
        """Leave a draft run with what went wrong, and ask the managers to look."""
        company.collection_auto_run_date = date
        run = self.create({"company_id": company.id, "date": date, "automatic": True})
        message = (
            error.args[0]
            if isinstance(error, UserError)
            else self.env._("An unexpected error, see the log of the server.")
        )
        run._schedule_for_managers(
            self.env._("The daily run failed: compute it by hand"), message
        )

    @api.autovacuum
    def _gc_daily_runs(self):
        """What daily runs proposed and nobody confirmed is of no use after a month:
        otherwise each day would leave a row for every overdue item."""
        old = SQL(
            "run_id IN (SELECT id FROM collection_dunning_run WHERE automatic"
            " AND state IN ('done', 'cancelled') AND date < %s)",
            fields.Date.today() - relativedelta(days=30),
        )
        self.env["collection.account"]._flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM collection_letter"
                " WHERE number IS NULL AND state = 'cancelled' AND %s",
                old,
            )
        )
        self.env.cr.execute(
            SQL("DELETE FROM collection_dunning_exclusion WHERE %s", old)
        )
        self.env.invalidate_all(flush=False)

    def _schedule_for_managers(self, summary, note):
        self.ensure_one()
        for user in self.company_id._get_collection_managers():
            self.activity_schedule(
                RUN_ACTIVITY, summary=summary, note=note, user_id=user.id
            )

    # ------------------------------------------------------------------
    # The level rule
    # ------------------------------------------------------------------

    def _has_numbers(self):
        """Whether some of the letters were confirmed, by the daily job for one."""
        return any(letter.number for letter in self.letter_ids)

    def _lock_company(self):
        """One computation or confirmation per company at a time.

        A second worker gets a message instead of waiting. One that began before the
        first had finished, and so does not see its letters, runs into the row that
        the first has written: the database refuses, and the request is done again.
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: a lock and a time stamp, whoever may compute a run
        company = self.company_id.sudo().try_lock_for_update(allow_referencing=True)
        if not company:
            raise UserError(
                self.env._(
                    "The reminders of %(company)s are being computed or confirmed by "
                    "somebody else at this moment. Please try again in a minute.",
                    company=self.company_id.name,
                )
            )
        self.env.execute_query(
            SQL(
                "UPDATE res_company SET collection_run_time = now() AT TIME ZONE 'UTC'"
                " WHERE id = %s RETURNING id",
                company.id,
            )
        )

    def _is_up_to_date(self):
        """Whether computing now would write what is there: same letters, lines,
        amounts and exclusions. One query, nothing is written."""
        self.ensure_one()
        self._flush_for_decision()
        [[changed]] = self.env.execute_query(
            SQL(
                """
                WITH decision AS MATERIALIZED (%(decision)s),
                written AS (
                    SELECT line.item_id, line.level_id, letter.account_id,
                           letter.currency_id, letter.channel, letter.partner_id,
                           line.date_due, line.days_overdue, line.amount_total,
                           line.amount_paid, line.amount_due
                      FROM collection_letter letter
                      JOIN collection_letter_line line ON line.letter_id = letter.id
                     WHERE letter.run_id = %(run)s AND letter.number IS NULL
                ),
                wanted AS (
                    SELECT item_id, level_id, account_id, currency_id, channel,
                           contact_id, date_due, days_overdue, amount_total,
                           amount_total - amount_residual, amount_due
                      FROM decision WHERE reason IS NULL
                ),
                credited_written AS (
                    SELECT account_id, currency_id, SUM(amount_credit)
                      FROM collection_letter
                     WHERE run_id = %(run)s AND number IS NULL
                  GROUP BY account_id, currency_id
                ),
                credited_wanted AS (
                    SELECT account_id, currency_id, SUM(amount_credit)
                      FROM decision WHERE reason IS NULL
                  GROUP BY account_id, currency_id
                ),
                out_written AS (
                    SELECT item_id, level_id, reason, reason_date,
                           reason_amount, reason_note
                      FROM collection_dunning_exclusion WHERE run_id = %(run)s
                ),
                out_wanted AS (
                    SELECT item_id, next_level_id, reason, reason_date,
                           reason_amount, reason_note
                      FROM decision WHERE reason IS NOT NULL AND days_overdue >= 1
                )
                SELECT EXISTS (TABLE written EXCEPT TABLE wanted)
                    OR EXISTS (TABLE wanted EXCEPT TABLE written)
                    OR EXISTS (TABLE credited_written EXCEPT TABLE credited_wanted)
                    OR EXISTS (TABLE out_written EXCEPT TABLE out_wanted)
                    OR EXISTS (TABLE out_wanted EXCEPT TABLE out_written)
                """,
                decision=self._decision_query(
                    self.company_id, self.date, policies=self.policy_ids
                ),
                run=self.id,
            )
        )
        return not changed

    def _supersede_others(self):
        """Earlier runs of the company end here; what they had not confirmed goes."""
        self.ensure_one()
        others = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "computed"),
                ("id", "!=", self.id),
            ]
        )
        confirmed = others.filtered(lambda run: run._has_numbers())
        confirmed.state = "done"
        (others - confirmed).state = "cancelled"
        others.activity_unlink([RUN_ACTIVITY])
        # without a number nobody has seen them: those in error are drafts, too
        self.env["collection.letter"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("run_id", "not in", [False, self.id]),
                ("state", "in", ("draft", "error")),
                ("number", "=", False),
            ]
        )._cancel(self.env._("Superseded by a later computation"))

    def _delete_drafts(self):
        """Delete what this run proposed: it was never seen by the customer."""
        self.ensure_one()
        self.env["collection.account"]._flush_all()
        for table, drafts in (
            ("collection_letter", SQL("number IS NULL")),
            ("collection_dunning_exclusion", SQL("TRUE")),
        ):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE run_id = %s AND %s",
                    SQL.identifier(table),
                    self.id,
                    drafts,
                )
            )
        self.env["collection.letter"].invalidate_model(flush=False)
        self.env["collection.letter.line"].invalidate_model(flush=False)
        self.env["collection.dunning.exclusion"].invalidate_model(flush=False)
        self.invalidate_recordset(flush=False)

    def _write_decisions(self):
        """Write letters, lines and exclusions in one statement; return the letters."""
        self.ensure_one()
        self._flush_for_decision()
        rows = self.env.execute_query(
            SQL(
                """
                WITH decision AS MATERIALIZED (%(decision)s),
                grouped AS MATERIALIZED (
                    SELECT nextval('collection_letter_id_seq') AS id,
                           account_id, currency_id, channel, contact_id, overdue,
                           amount_due, amount_credit, level_id
                      FROM (SELECT account_id, currency_id, channel, contact_id,
                                   -- what is not due yet is never part of a demand
                                   days_overdue >= 1 AS overdue,
                                   SUM(amount_due) AS amount_due,
                                   SUM(amount_credit) AS amount_credit,
                                   (array_agg(level_id ORDER BY
                                        level_sequence DESC, level_id DESC))[1]
                                   AS level_id
                              FROM decision
                             WHERE reason IS NULL
                          GROUP BY account_id, currency_id, channel, contact_id,
                                   days_overdue >= 1
                          ORDER BY account_id, currency_id, channel, overdue) letters
                ), letter AS (
                    INSERT INTO collection_letter (
                        id, run_id, account_id, partner_id, company_id, currency_id,
                        level_id, channel, date, state, amount_due, amount_interest,
                        amount_indemnity, amount_credit, amount_total,
                        create_uid, create_date, write_uid, write_date)
                    SELECT id, %(run)s, account_id, contact_id, %(company)s,
                           currency_id, level_id, channel, %(date)s, 'draft',
                           amount_due, 0, 0, amount_credit, amount_due - amount_credit,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM grouped
                 RETURNING id
                ), line AS (
                    INSERT INTO collection_letter_line (
                        letter_id, item_id, level_id, move_name, invoice_date,
                        date_due, days_overdue, amount_total, amount_paid, amount_due,
                        amount_interest, amount_indemnity,
                        create_uid, create_date, write_uid, write_date)
                    SELECT grouped.id, decision.item_id, decision.level_id,
                           decision.move_name, decision.invoice_date,
                           decision.date_due,
                           decision.days_overdue, decision.amount_total,
                           decision.amount_total - decision.amount_residual,
                           decision.amount_due, 0, 0,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM decision
                      JOIN grouped ON grouped.account_id = decision.account_id
                                  AND grouped.currency_id = decision.currency_id
                                  AND grouped.channel = decision.channel
                                  AND grouped.overdue = (decision.days_overdue >= 1)
                     WHERE decision.reason IS NULL
                ), exclusion AS (
                    INSERT INTO collection_dunning_exclusion (
                        run_id, company_id, item_id, level_id, reason,
                        reason_date, reason_amount, reason_note,
                        create_uid, create_date, write_uid, write_date)
                    SELECT %(run)s, %(company)s, item_id, next_level_id, reason,
                           reason_date, reason_amount, reason_note,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM decision
                     WHERE reason IS NOT NULL AND days_overdue >= 1
                )
                SELECT id FROM letter ORDER BY id
                """,
                decision=self._decision_query(
                    self.company_id, self.date, policies=self.policy_ids
                ),
                run=self.id,
                company=self.company_id.id,
                date=self.date,
                uid=self.env.uid,
            )
        )
        self.invalidate_recordset(flush=False)
        return self.env["collection.letter"].browse(row[0] for row in rows)

    @api.model
    def _flush_for_decision(self):
        self.env["collection.account"]._flush_all()
        # compiling a statement of this size takes longer than running it
        self.env.cr.execute(SQL("SET LOCAL jit = off"))
        # a hundred thousand items are sorted several times, in memory
        self.env.cr.execute(SQL("SET LOCAL work_mem = '64MB'"))

    @api.model
    def _currency_factors(self, company, date):
        """Units of each currency for one unit of the company's, at `date`."""
        # an item may be in a currency that is archived by now
        currencies = self.env["res.currency"].search([("active", "in", (True, False))])
        rates = currencies._get_rates(company, date)
        base = rates[company.currency_id.id]
        return [(currency.id, rates[currency.id] / base) for currency in currencies]

    @api.model
    def _decision_query(self, company, date, policies=None, items=None, again=None):
        """SQL that decides, for each open item, its letter level or why it has none.

        The rule: the next level after the last one sent on the item's effective
        policy (invoice, then account, then segment, then company); triggered by
        its own delay, and not within the policy's days between two letters; one
        level per item and run. An item whose last letter belongs to another policy
        stands where that one is no more severe (`_standing_query`). A level before
        the due date no longer applies once the item is overdue. With "by age", an
        item that was never dunned starts at the highest level already due by the
        due date and not a formal notice.

        :param company: company whose items are looked at
        :param date: day of the run
        :param policies: only items under these policies, all when empty
        :param items: decide for these items only
        :param again: they are on a confirmed letter, the level itself is not
            questioned; by default so when `items` are given
        :return: query of one row per item; `reason` NULL means "on a letter"
        """
        some = items is not None
        again = some if again is None else again
        Item = self.env["collection.item"]
        account_filter = (
            SQL("ci.account_id IN %s", tuple(items.account_id.ids) or (0,))
            if some
            else SQL("TRUE")
        )
        return SQL(
            """
            WITH factor (currency_id, value) AS (VALUES %(factors)s),
            ladder AS (
                SELECT level.*,
                       ROW_NUMBER() OVER (PARTITION BY policy_id
                                          ORDER BY sequence, id) AS rank
                  FROM collection_policy_level level
            ),
            passage AS (%(passage)s),
            -- the level after each one, for items that are overdue and that are not
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
            ),
            expired AS (
                SELECT item_id, date_limitation FROM (%(limitation)s) term
                 WHERE date_limitation < %(date)s
            ),
            -- customer by customer: 20,000 of them have 100,000 items
            customer AS MATERIALIZED (
                SELECT acc.id, acc.partner_id, acc.dunning_contact_id,
                       acc.preferred_channel, acc.insolvency_date, acc.hold_until,
                       acc.hold_reason,
                       COALESCE(acc.policy_id, shared.id, com.collection_policy_id)
                           AS policy_id
                  FROM collection_account acc
                  JOIN res_company com ON com.id = acc.company_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
             -- segments are shared between companies, their policies may not be
             LEFT JOIN collection_policy shared
                    ON shared.id = segment.policy_id
                   AND (shared.company_id IS NULL
                        OR shared.company_id = acc.company_id)
                 WHERE acc.company_id = %(company)s
            ),
            -- a policy's level after each one that an item may have been sent
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
            ),
            item AS (
                SELECT ci.id AS item_id, ci.move_id, ci.account_id, ci.currency_id,
                       ci.date_due, ci.amount_total, ci.amount_residual,
                       ci.amount_residual - ci.amount_disputed AS amount_due,
                       %(date)s::date - ci.date_due AS days_overdue,
                       ci.level_id AS last_level_id, ci.level_date,
                       ci.approved_level_id, ci.delegated,
                       COALESCE(ci.policy_id, customer.policy_id) AS policy_id,
                       move.partner_id AS move_partner_id,
                       COALESCE(move.name, '') AS move_name,
                       COALESCE(move.invoice_date, move.date) AS invoice_date,
                       unfollowed.id IS NOT NULL
                           OR move.payment_state = 'blocked' AS no_followup,
                       GREATEST(customer.hold_until, ci.hold_until) AS hold_until,
                       CASE WHEN ci.hold_until > customer.hold_until
                                 OR customer.hold_until IS NULL
                            THEN ci.hold_reason
                            ELSE customer.hold_reason END AS hold_reason,
                       customer.insolvency_date, ci.amount_disputed,
                       ci.promise_id, ci.plan_id, customer.partner_id,
                       customer.dunning_contact_id, customer.preferred_channel
                  FROM collection_item ci
                  JOIN customer ON customer.id = ci.account_id
                  JOIN account_move move ON move.id = ci.move_id
             -- few of the journal items, which have an index of their own
             LEFT JOIN account_move_line unfollowed
                    ON unfollowed.id = ci.move_line_id AND unfollowed.no_followup
                 -- all items of the customers: they share the open credits
                 WHERE ci.state = 'open' AND ci.company_id = %(company)s
                   AND %(account_filter)s
            ),
            climbed AS (
                SELECT item.*, step.policy_id IS NOT NULL AS has_policy,
                       step.do_nothing, step.align_customer,
                       step.tolerance, step.interval_days,
                       CASE WHEN step.by_age THEN COALESCE((
                            SELECT level.id FROM ladder level
                             WHERE level.policy_id = item.policy_id
                               AND level.formal_notice IS NOT TRUE
                               AND CASE level.delay_basis
                                   WHEN 'due'
                                   THEN level.delay_days >= 0
                                        AND item.date_due + level.delay_days
                                            <= %(date)s
                                   WHEN 'eom'
                                   THEN (date_trunc('month',
                                                    item.date_due + level.delay_days)
                                         + interval '1 month - 1 day')::date
                                        <= %(date)s
                                   ELSE FALSE END
                          ORDER BY level.rank DESC LIMIT 1), step.next_level_id)
                            ELSE step.next_level_id END AS next_level_id
                  FROM item
             LEFT JOIN step
                    ON step.policy_id = item.policy_id
                   AND COALESCE(step.last_level_id, 0)
                       = COALESCE(item.last_level_id, 0)
                   AND step.overdue = (item.days_overdue >= 1)
                 WHERE %(policy_filter)s
            ),
            credit AS (
                SELECT acc.id AS account_id, aml.currency_id,
                       -SUM(aml.amount_residual_currency) AS amount
                  FROM account_move_line aml
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                 WHERE aml.company_id = %(company)s
                   -- an array, for the sake of the ledger's index on open items
                   AND aml.account_id = ANY (ARRAY(
                        SELECT id FROM account_account
                         WHERE account_type = 'asset_receivable'))
                   AND aml.parent_state = 'posted'
                   AND aml.reconciled IS NOT TRUE
                   -- which has an index of its own in the ledger
                   AND aml.amount_residual < 0
                   AND %(credit_filter)s
              GROUP BY acc.id, aml.currency_id
            ),
            waiting AS (
                SELECT line.item_id, MIN(letter.number) AS number
                  FROM collection_letter letter
                  JOIN collection_letter_line line ON line.letter_id = letter.id
                 WHERE letter.state IN ('to_send', 'error')
                   AND letter.level_id IS NOT NULL
                   AND letter.company_id = %(company)s
                   -- without a number, one in error is a draft
                   AND letter.number IS NOT NULL
                   AND line.item_id IS NOT NULL
              GROUP BY line.item_id
            ),
            -- what leaves an item no right to any letter, whatever its level; and what
            -- makes it wait for one it has a right to
            standing AS (
                SELECT climbed.item_id, climbed.move_id, climbed.account_id,
                       climbed.currency_id, climbed.date_due, climbed.days_overdue,
                       climbed.amount_total, climbed.amount_residual,
                       climbed.amount_due, climbed.policy_id, climbed.move_partner_id,
                       climbed.move_name, climbed.invoice_date, climbed.partner_id,
                       climbed.dunning_contact_id, climbed.preferred_channel,
                       climbed.next_level_id, level.rank,
                       climbed.align_customer AND level.needs_approval IS NOT TRUE
                           AS align,
                       GREATEST(climbed.tolerance, COALESCE(level.min_amount, 0))
                           * factor.value AS minimum,
                       credit.amount AS credit_total,
                       barred.reason AS barred,
                       CASE barred.reason
                           WHEN 'insolvent' THEN climbed.insolvency_date
                           WHEN 'time_barred' THEN expired.date_limitation
                           WHEN 'promised' THEN promise.date_promised
                           WHEN 'on_plan' THEN plan.next_date
                           WHEN 'on_hold' THEN climbed.hold_until
                       END AS barred_date,
                       CASE barred.reason
                           WHEN 'disputed' THEN climbed.amount_disputed
                       END AS barred_amount,
                       CASE barred.reason
                           WHEN 'promised' THEN promise.number
                           WHEN 'on_plan' THEN plan.number
                           WHEN 'on_hold' THEN climbed.hold_reason
                       END AS barred_note,
                       due.date AS date_trigger, waiting.number AS waiting_number,
                       CASE
                       WHEN %(again)s THEN NULL
                       WHEN climbed.next_level_id IS NULL
                            OR waiting.item_id IS NOT NULL
                            OR due.date > %(date)s
                       THEN 'not_yet'
                       WHEN level.needs_approval
                            AND climbed.approved_level_id
                                IS DISTINCT FROM climbed.next_level_id
                       THEN 'awaiting_approval'
                       END AS postponed
                  FROM climbed
                  JOIN factor ON factor.currency_id = climbed.currency_id
             LEFT JOIN ladder level ON level.id = climbed.next_level_id
             LEFT JOIN credit ON credit.account_id = climbed.account_id
                             AND credit.currency_id = climbed.currency_id
             LEFT JOIN waiting ON waiting.item_id = climbed.item_id
             LEFT JOIN expired ON expired.item_id = climbed.item_id
             LEFT JOIN collection_promise promise ON promise.id = climbed.promise_id
             LEFT JOIN collection_payment_plan plan ON plan.id = climbed.plan_id
                  , LATERAL (SELECT CASE
                        WHEN climbed.next_level_id IS NOT NULL
                             AND waiting.item_id IS NULL
                        THEN GREATEST(
                            CASE level.delay_basis
                            WHEN 'due' THEN climbed.date_due + level.delay_days
                            WHEN 'eom'
                            THEN (date_trunc('month',
                                             climbed.date_due + level.delay_days)
                                  + interval '1 month - 1 day')::date
                            ELSE COALESCE(climbed.level_date, climbed.date_due)
                                 + level.delay_days END,
                            CASE WHEN climbed.last_level_id IS NOT NULL
                                 THEN climbed.level_date + climbed.interval_days END)
                        END AS date) due
                  , LATERAL (SELECT CASE
                        WHEN NOT climbed.has_policy THEN 'no_policy'
                        WHEN climbed.do_nothing THEN 'do_nothing'
                        WHEN climbed.no_followup THEN 'no_followup'
                        WHEN climbed.insolvency_date IS NOT NULL THEN 'insolvent'
                        WHEN expired.item_id IS NOT NULL THEN 'time_barred'
                        WHEN climbed.amount_due <= 0 THEN 'disputed'
                        WHEN promise.date_promised IS NOT NULL THEN 'promised'
                        WHEN plan.id IS NOT NULL THEN 'on_plan'
                        WHEN climbed.hold_until >= %(date)s THEN 'on_hold'
                        WHEN climbed.delegated
                             AND level.worked_by IS DISTINCT FROM 'company'
                        THEN 'delegated'
                        END AS reason) barred
            ),
            -- open credits pay the oldest items first, each up to what it owes
            covering AS (
                SELECT item_id,
                       GREATEST(0, LEAST(amount_due, credit_total + amount_due
                            - SUM(amount_due) OVER (
                                PARTITION BY account_id, currency_id
                                ORDER BY date_due, item_id))) AS amount_credit
                  FROM standing
                 WHERE barred IS NULL AND credit_total > 0
            ),
            reasoned AS (
                SELECT standing.*,
                       COALESCE(covering.amount_credit, 0) AS amount_credit,
                       CASE
                       WHEN barred IS NOT NULL THEN barred
                       WHEN covering.amount_credit >= amount_due
                       THEN 'covered_by_credit'
                       WHEN amount_due < minimum THEN 'below_minimum'
                       ELSE postponed END AS reason
                  FROM standing
             LEFT JOIN covering ON covering.item_id = standing.item_id
            ),
            -- the highest level of a customer's items, where the policy aligns them; no
            -- item is lifted to a level nobody has approved for it
            highest AS (
                SELECT account_id, currency_id, policy_id, days_overdue >= 1 AS overdue,
                       MAX(rank) AS rank
                  FROM reasoned
                 WHERE reason IS NULL AND align
              GROUP BY account_id, currency_id, policy_id, days_overdue >= 1
            ),
            aligned AS (
                SELECT reasoned.*, level.id AS level_id,
                       level.sequence AS letter_sequence,
                       CASE WHEN level.channel IN ('email', 'post')
                            THEN COALESCE(preferred_channel, level.channel)
                            ELSE level.channel END AS wanted_channel
                  FROM reasoned
             LEFT JOIN highest
                    ON highest.account_id = reasoned.account_id
                   AND highest.currency_id = reasoned.currency_id
                   AND highest.policy_id = reasoned.policy_id
                   AND highest.overdue = (reasoned.days_overdue >= 1)
                   AND reasoned.reason IS NULL AND reasoned.align
             LEFT JOIN ladder level
                    ON level.policy_id = reasoned.policy_id
                   AND level.rank = COALESCE(highest.rank, reasoned.rank)
            ),
            -- who is written to, and how: the account's contact for letters, else the
            -- contact that all invoices of the letter name (one with an address, for
            -- an e-mail), else the contact for invoices, else the customer
            reached AS (
                SELECT account_id, currency_id, wanted_channel, overdue,
                       dunning_contact_id, base.id AS base_id,
                       own.id AS own_id, own.email AS own_email,
                       CASE WHEN wanted_channel <> 'email' THEN wanted_channel
                            WHEN CASE WHEN dunning_contact_id IS NOT NULL
                                      THEN dunning.email
                                      ELSE COALESCE(NULLIF(base.email, ''), own.email)
                                 END <> ''
                            THEN 'email' ELSE 'post' END AS channel
                  FROM (SELECT account_id, currency_id, wanted_channel,
                               days_overdue >= 1 AS overdue, partner_id,
                               dunning_contact_id,
                               CASE WHEN MIN(move_partner_id) = MAX(move_partner_id)
                                    THEN MIN(move_partner_id) END AS move_partner_id
                          FROM aligned
                         WHERE reason IS NULL
                      GROUP BY account_id, currency_id, wanted_channel,
                               days_overdue >= 1, partner_id, dunning_contact_id) asked
             LEFT JOIN res_partner dunning ON dunning.id = dunning_contact_id
             LEFT JOIN res_partner own ON own.id = move_partner_id
                                      AND own.active
                                      AND own.id <> asked.partner_id
             LEFT JOIN (
                        SELECT parent_id, MIN(id) AS id FROM res_partner
                         WHERE type = 'invoice' AND active
                      GROUP BY parent_id) child
                    ON child.parent_id = asked.partner_id
                  JOIN res_partner base
                    ON base.id = COALESCE(child.id, asked.partner_id)
            ),
            letter AS (
                SELECT account_id, currency_id, wanted_channel, overdue, channel,
                       COALESCE(dunning_contact_id,
                                CASE WHEN COUNT(own_id) OVER together
                                          = COUNT(*) OVER together
                                      AND MIN(own_id) OVER together
                                          = MAX(own_id) OVER together
                                      AND (channel <> 'email' OR own_email <> '')
                                     THEN own_id END,
                                base_id) AS contact_id
                  FROM reached
                WINDOW together AS (
                       PARTITION BY account_id, currency_id, channel, overdue)
            )
            SELECT aligned.item_id, aligned.move_id, aligned.move_name,
                   aligned.invoice_date, aligned.account_id,
                   aligned.currency_id, aligned.date_due, aligned.days_overdue,
                   aligned.amount_total, aligned.amount_residual, aligned.amount_due,
                   aligned.amount_credit, aligned.reason, aligned.next_level_id,
                   aligned.level_id, aligned.letter_sequence AS level_sequence,
                   -- what explains the reason
                   CASE aligned.reason
                       WHEN 'not_yet' THEN aligned.date_trigger
                       ELSE aligned.barred_date
                   END AS reason_date,
                   CASE aligned.reason
                       WHEN 'covered_by_credit' THEN aligned.amount_credit
                       WHEN 'below_minimum' THEN aligned.minimum
                       ELSE aligned.barred_amount
                   END AS reason_amount,
                   CASE aligned.reason
                       WHEN 'not_yet' THEN aligned.waiting_number
                       ELSE aligned.barred_note
                   END AS reason_note,
                   letter.contact_id, letter.channel
              FROM aligned
         LEFT JOIN letter ON letter.account_id = aligned.account_id
                         AND letter.currency_id = aligned.currency_id
                         AND letter.wanted_channel = aligned.wanted_channel
                         AND letter.overdue = (aligned.days_overdue >= 1)
                         AND aligned.reason IS NULL
             WHERE %(wanted)s
            """,
            date=date,
            company=company.id,
            factors=SQL(", ").join(
                SQL("(%s, %s::numeric)", currency_id, factor)
                for currency_id, factor in self._currency_factors(company, date)
            ),
            passage=self.env["collection.policy"]._standing_query(),
            limitation=Item._limitation_query(
                SQL("ci.company_id = %s AND %s", company.id, account_filter),
                before=date,
            ),
            account_filter=account_filter,
            # of everybody, the index on negative residuals alone is the shortest way
            credit_filter=self.env["collection.account"]._credit_filter(
                SQL("own.id IN %s", tuple(items.account_id.ids) or (0,))
            )
            if some
            else SQL("TRUE"),
            wanted=SQL("aligned.item_id IN %s", tuple(items.ids) or (0,))
            if some
            else SQL("(aligned.reason IS NULL OR aligned.days_overdue >= 1)"),
            policy_filter=SQL("item.policy_id IN %s", tuple(policies.ids))
            if policies
            else SQL("TRUE"),
            again=again,
        )
