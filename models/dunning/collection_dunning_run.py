import logging

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..base.days import company_today
from ..letter.collection_letter_delivery import STAGE_FIELDS

_logger = logging.getLogger(__name__)

#: what a manager is asked to do about a run
RUN_ACTIVITY = "mail.mail_activity_data_todo"


class CollectionDunningRun(models.Model):
    """One pass over the open items of a company: who gets which letter, and why not.

    What it does with each item is decided by `collection.dunning.decision`.
    """

    _name = "collection.dunning.run"
    _description = "Dunning Run"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", search="_search_name")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=company_today,
        help="Day for which lateness and levels are computed; date of the letters.",
    )
    policy_ids = fields.Many2many(
        comodel_name="collection.policy",
        string="Policies",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Empty: all policies.",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Of a reminder at once: the one customer who is reminded, of everything "
        "that is overdue, however soon after the last level. Empty: all customers.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("computed", "Computed"),
            ("to_send", "To send"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
        help="To send: its letters have their numbers, and some of them have not left. "
        "Done: all of them have.",
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
    sent_count = fields.Integer(
        string="Letters Sent",
        compute="_compute_totals",
        help="Letters that have left: taken by the mail server, printed to be posted, "
        "or posted.",
    )
    waiting_count = fields.Integer(
        string="Letters to Send",
        compute="_compute_totals",
        help="Letters that have not left yet.",
    )
    sendable_count = fields.Integer(
        compute="_compute_totals", export_string_translation=False
    )
    is_undoable = fields.Boolean(
        compute="_compute_totals", export_string_translation=False
    )
    print_count = fields.Integer(
        string="Letters to Print",
        compute="_compute_totals",
        help="Letters that go by post and that nobody has printed.",
    )
    progress = fields.Char(
        compute="_compute_totals", help="How many letters are where on their way."
    )
    change_note = fields.Char(
        compute="_compute_change_note",
        help="What was paid or has changed between the confirmation of the letters and "
        "their sending.",
    )
    exclusion_count = fields.Integer(
        string="Number Left Out", compute="_compute_totals"
    )
    approval_count = fields.Integer(
        string="Awaiting Approval", compute="_compute_totals"
    )
    rate_warning = fields.Char(compute="_compute_rate_warning")

    @api.depends("account_id", "date", "company_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            name = run.date and self._get_name_of(run.date)
            run.name = (
                self.env._(
                    "%(customer)s: %(run)s",
                    customer=run.account_id.display_name,
                    run=name,
                )
                if name and run.account_id
                else name
            )

    @api.model
    def _get_name_of(self, day):
        return self.env._("Run of %s", format_date(self.env, day))

    @api.model
    def _search_name(self, operator, value):
        """Runs are named after their day, as the reader writes it."""
        if operator == "in":
            names = set(value)
        elif operator == "ilike":
            names = None
        else:
            return NotImplemented
        days = [
            day
            for [day] in self._read_group([], ["date:day"])
            if (
                self._get_name_of(day) in names
                if names is not None
                else value.lower() in self._get_name_of(day).lower()
            )
        ]
        return [("date", "in", days)]

    @api.depends(
        "letter_ids.state",
        "letter_ids.delivery_state",
        "letter_ids.by_post",
        "letter_ids.date_printed",
        "exclusion_ids",
    )
    @api.depends_context("lang")
    def _compute_totals(self):
        by_run = self._count_stages()
        begun = [
            run
            for [run] in self.env["collection.letter"]._read_group(
                [("run_id", "in", self.ids), ("state", "=", "sent")], ["run_id"]
            )
        ]
        exclusions = {}
        for run, reason, count in self.env["collection.dunning.exclusion"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "reason"], ["__count"]
        ):
            exclusions.setdefault(run, {})[reason] = count
        for run in self:
            stages = by_run.get(run._origin.id, {})
            run.letter_count = sum(stages.values()) - stages.get("cancelled", 0)
            run.sent_count = stages.get("left", 0)
            run.waiting_count = run.letter_count - run.sent_count
            run.sendable_count = stages.get("to_send", 0) + stages.get("error", 0)
            run.is_undoable = run._origin not in begun
            run.print_count = stages.get("print", 0)
            run.progress = run._describe_progress(stages)
            by_reason = exclusions.get(run._origin, {})
            run.exclusion_count = sum(by_reason.values())
            run.approval_count = by_reason.get("awaiting_approval", 0)

    def _count_stages(self):
        """How many letters of each run are where: {run id: {stage: count}}."""
        if not self.ids:
            return {}
        self.env["collection.letter"].flush_model(STAGE_FIELDS)
        stages = {}
        for run_id, stage, count in self.env.execute_query(
            SQL(
                """
                SELECT letter.run_id, %s AS stage, COUNT(*)
                  FROM collection_letter letter
                 WHERE letter.run_id IN %s
              GROUP BY 1, 2
                """,
                self.env["collection.letter"]._stage(),
                tuple(self.ids),
            )
        ):
            stages.setdefault(run_id, {})[stage] = count
        return stages

    def _describe_progress(self, stages):
        """The stages of a run whose letters are confirmed, in words."""
        if self.state not in ("to_send", "done"):
            return False
        words = {
            "left": self.env._("sent"),
            "to_send": self.env._("to send"),
            "mail": self.env._("waiting in the mail queue"),
            "failed": self.env._("refused by the mail server"),
            "print": self.env._("to print"),
            "post": self.env._("registered, to be posted"),
            "call": self.env._("to call"),
            "error": self.env._("in error"),
            "cancelled": self.env._("cancelled"),
        }
        return ", ".join(
            self.env._("%(count)s %(stage)s", count=stages[stage], stage=word)
            for stage, word in words.items()
            if stages.get(stage)
        )

    @api.depends("state", "letter_ids.state", "letter_ids.amount_total")
    @api.depends_context("lang")
    def _compute_change_note(self):
        """What letters ask for now and what they asked for when they were confirmed."""
        self.env["collection.letter"].flush_model(
            ["amount_seen", "amount_total", "run_id", "state"]
        )
        rows = (
            self.env.execute_query(
                SQL(
                    """
                    SELECT run_id, currency_id, COUNT(*), SUM(asked - amount_seen)
                      FROM (SELECT run_id, currency_id, amount_seen,
                                   CASE WHEN state = 'cancelled' THEN 0
                                        ELSE amount_total END AS asked
                              FROM collection_letter
                             WHERE run_id IN %s AND amount_seen IS NOT NULL) letter
                     WHERE asked <> amount_seen
                  GROUP BY run_id, currency_id
                  ORDER BY run_id, currency_id
                    """,
                    tuple(self.ids),
                )
            )
            if self.ids
            else []
        )
        Currency = self.env["res.currency"]
        for run in self:
            changes = [row[1:] for row in rows if row[0] == run._origin.id]
            run.change_note = (
                self.env._(
                    "%(count)s letters changed since you looked, by %(amounts)s.",
                    count=sum(count for _id, count, _amount in changes),
                    amounts=", ".join(
                        Currency.browse(currency_id).format(amount)
                        for currency_id, _count, amount in changes
                    ),
                )
                if changes and run.state in ("to_send", "done")
                else False
            )

    @api.depends("state", "company_id")
    @api.depends_context("lang")
    def _compute_rate_warning(self):
        """Rates without which letters of this run would be in error, or that it may
        not claim."""
        # sudo: the rates are published, and whoever sees the run may know
        regimes_sudo = (
            self.env["collection.interest.regime"]
            .sudo()
            .search([("active", "=", True)])
        )
        waiting = self.filtered(lambda run: run.state in ("draft", "computed"))
        (self - waiting).rate_warning = False
        for company, runs in waiting.grouped("company_id").items():
            needed_sudo = regimes_sudo._filter_needed(company)
            warnings = needed_sudo._get_rate_warnings(company).values()
            runs.rate_warning = " ".join(
                dict.fromkeys(w.text for of_regime in warnings for w in of_regime)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(run.state in ("to_send", "done") or run._has_numbers() for run in self):
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
            self.env["collection.letter"]._follow_calls(run.company_id)
            if run.state == "computed" and run._is_up_to_date():
                # only what could not be worked out then, as for want of a rate
                failed = run.letter_ids.filtered(
                    lambda letter: letter.state == "error" and not letter.number
                )
                failed.write({"state": "draft", "state_reason": False})
                failed._compute_penalties()
                continue
            run._delete_drafts()
            run._write_decisions()._compute_penalties()
            run.state = "computed"

    def action_compute_today(self):
        """Compute and open today's run: that of somebody who has begun, or a new one.

        :return: the action that opens it
        """
        today = company_today(self.env.company)
        run = self.search(
            [
                ("company_id", "=", self.env.company.id),
                ("date", "=", today),
                ("account_id", "=", False),
                ("policy_ids", "=", False),
                ("state", "in", ("draft", "computed")),
            ],
            limit=1,
        ) or self.create({"date": today})
        run.action_compute()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_dunning_run_action"
        )
        return dict(action, res_id=run.id, views=[(False, "form")])

    def action_confirm(self):
        """Number the letters; from now on they are waiting to be sent.

        A letter that lacks something by itself is set to "error" and keeps back none
        of the others.
        """
        failed = self.env["collection.letter"]
        confirmed = 0
        for run in self:
            run._lock_company()
            if run.state in ("to_send", "done"):
                raise UserError(
                    self.env._("The letters of this run have been confirmed.")
                )
            if run.state != "computed":
                raise UserError(
                    self.env._("Compute the run before you confirm its letters.")
                )
            if run.date > company_today(run):
                raise UserError(
                    self.env._(
                        "This run shows what %(date)s will bring: its letters can be "
                        "confirmed from that day on. Compute a run of today.",
                        date=format_date(self.env, run.date),
                    )
                )
            drafts = run.letter_ids.filtered(lambda letter: letter.state == "draft")
            run.letter_ids.action_confirm()
            run._set_confirmed()
            failed |= drafts.filtered(lambda letter: letter.state == "error")
            confirmed += len(drafts)
        return failed._notify_not_confirmed(confirmed - len(failed))

    def action_send(self):
        """Send every letter of the run that is waiting, each computed again first.

        Those in error are tried again, whatever it was.
        """
        for run in self:
            if run.state == "computed":
                run.action_confirm()
            if run.state not in ("to_send", "done"):
                raise UserError(
                    self.env._("Compute and confirm the run before you send it.")
                )
        letters = self.letter_ids.filtered(
            lambda letter: letter.state in ("to_send", "error")
        )
        letters._check_may_send()
        letters._take_up_errors()
        letters.filtered(lambda letter: letter.state == "draft")._confirm()
        waiting = letters.filtered(lambda letter: letter._is_leaving())
        return letters._notify_sending(waiting._send_or_queue())

    def action_cancel(self):
        for run in self:
            if "sent" in run.letter_ids.mapped("state"):
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

    def action_open_to_print(self):
        """Open the letters of the run that go by post and that nobody has printed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_post_action"
        )
        return dict(
            action,
            domain=Domain("run_id", "=", self.id)
            & self.env["collection.letter"]._on_paper(),
            context={"search_default_to_print": 1},
        )

    def action_print(self):
        """One PDF with every letter of the run, as it stands or as it was sent."""
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
        on the same day does nothing. A company that somebody works on at this moment
        is left as it is: it stays among what remains, and the job comes back for it.
        """
        Cron = self.env["ir.cron"]
        companies = (
            self.env["res.company"]
            .search([("collection_auto_run", "in", ("compute", "send"))])
            .filtered(
                lambda company: (
                    not company.collection_auto_run_date
                    or company.collection_auto_run_date
                    < company._get_collection_today()
                )
            )
        )
        Cron._commit_progress(remaining=len(companies))
        for company in companies:
            today = company._get_collection_today()
            runs_sudo = (
                self.with_company(company)
                .with_context(tz=company._get_collection_zone())
                .sudo()
            )
            done = True
            try:
                with self.env.cr.savepoint():
                    done = runs_sudo._try_lock(company)
                    if done:
                        runs_sudo._run_daily(company, today)
            except OperationalError:
                # overtaken by somebody else: nothing is wrong with the company
                _logger.info("A daily dunning run collided.", exc_info=True)
                done = False
            except Exception as error:
                _logger.exception("The daily dunning run of %s failed.", company.name)
                runs_sudo._report_failure(company, today, error)
            if not done:
                _logger.info("The daily dunning run of %s comes later.", company.name)
            if not Cron._commit_progress(processed=int(done)):
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
                    ready = ready._confirm()
            except UserError as error:
                # a particular of the company is missing, for one: what was computed
                # stays, and a person sees what to do
                ready, obstacle = ready.browse(), error.args[0]
        left = run.letter_ids - ready
        failed = left.filtered(lambda letter: letter.state == "error")
        if ready:
            run.message_post(
                body=self.env._(
                    "%(count)s letters are sent automatically.", count=len(ready)
                )
            )
            ready._queue_sending()
        if left or run.approval_count:
            run._schedule_for_managers(
                lambda run: run._describe_waiting(left, failed, obstacle)
            )
        elif run.state == "computed":
            run._set_confirmed()
        return run

    def _describe_waiting(self, left, failed, obstacle):
        """What a daily run leaves to people: summary and note of an activity.

        :param left: letters that were not confirmed, of which some `failed`
        :param obstacle: what the confirmation said that did not succeed, if any
        """
        if failed:
            remark = self.env._(
                "%(count)s letters are in error: each says why.", count=len(failed)
            )
            obstacle = f"{obstacle} {remark}".strip()
        return {
            "summary": self.env._("Look at the daily run"),
            "note": self.env._(
                "%(letters)s letters wait to be confirmed, %(approvals)s items "
                "for an approval. %(obstacle)s",
                letters=len(left - failed),
                approvals=self.approval_count,
                obstacle=obstacle,
            ),
        }

    @api.model
    def _report_failure(self, company, date, error):
        """Leave a draft run with what went wrong, and ask the managers to look."""
        company.collection_auto_run_date = date
        run = self.create({"company_id": company.id, "date": date, "automatic": True})
        run._schedule_for_managers(
            lambda run: {
                "summary": run.env._("The daily run failed: compute it by hand"),
                "note": (
                    error.args[0]
                    if isinstance(error, UserError)
                    else run.env._("An unexpected error, see the log of the server.")
                ),
            }
        )

    @api.autovacuum
    def _gc_daily_runs(self):
        """What daily runs proposed and nobody confirmed is of no use after a month:
        otherwise each day would leave a row for every overdue item."""
        old = SQL(
            "run_id IN (SELECT id FROM collection_dunning_run WHERE automatic"
            " AND state IN ('to_send', 'done', 'cancelled') AND date < %s)",
            company_today(self) - relativedelta(days=30),
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

    def _schedule_for_managers(self, say):
        self.ensure_one()
        for user in self.company_id._get_collection_managers():
            self._activity_schedule_for(user, RUN_ACTIVITY, say)

    def _set_confirmed(self):
        """Nothing more is confirmed in these runs; they are done once all has left."""
        self.state = "to_send"
        self._follow_letters()

    def _follow_letters(self):
        """These runs are done when everything has left, and not before."""
        if not self.ids:
            return
        self.flush_recordset(["state"])
        self.env["collection.letter"].flush_model(STAGE_FIELDS)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT run.id, run.state, EXISTS (
                       SELECT 1 FROM collection_letter letter
                        WHERE letter.run_id = run.id
                          AND %s NOT IN ('left', 'cancelled'))
                  FROM collection_dunning_run run
                 WHERE run.id IN %s AND run.state IN ('to_send', 'done')
                """,
                self.env["collection.letter"]._stage(),
                tuple(self.ids),
            )
        )
        for run_id, state, waiting in rows:
            if (state == "to_send") != waiting:
                # sudo: whoever has the last letter leave
                run_sudo = self.browse(run_id).sudo()
                run_sudo.state = "to_send" if waiting else "done"

    # ------------------------------------------------------------------
    # What is decided, written down
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
        company = self.company_id
        if not self._try_lock(company):
            raise UserError(
                self.env._(
                    "The reminders of %(company)s are being computed or confirmed by "
                    "somebody else at this moment. Please try again in a minute.",
                    company=company.name,
                )
            )
        self.env.execute_query(
            SQL(
                "UPDATE res_company SET collection_run_time = now() AT TIME ZONE 'UTC'"
                " WHERE id = %s RETURNING id",
                company.id,
            )
        )

    @api.model
    def _try_lock(self, company):
        """Whether nobody else computes or confirms for `company` at this moment."""
        # sudo: a lock, whoever may compute a run
        return bool(company.sudo().try_lock_for_update(allow_referencing=True))

    def _is_up_to_date(self):
        """Whether computing now would write what is there: same letters, lines,
        amounts and exclusions. One query, nothing is written."""
        self.ensure_one()
        Decision = self.env["collection.dunning.decision"]
        Decision._flush()
        [[changed]] = self.env.execute_query(
            SQL(
                """
                WITH %(decision)s,
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
                           amount_total - amount_residual, decision.amount_due
                      FROM decision
                      JOIN addressed
                     USING (account_id, currency_id, wanted_channel, overdue)
                     WHERE reason IS NULL
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
                      FROM decision WHERE reason IS NOT NULL AND overdue
                )
                SELECT EXISTS (TABLE written EXCEPT TABLE wanted)
                    OR EXISTS (TABLE wanted EXCEPT TABLE written)
                    OR EXISTS (TABLE credited_written EXCEPT TABLE credited_wanted)
                    OR EXISTS (TABLE out_written EXCEPT TABLE out_wanted)
                    OR EXISTS (TABLE out_wanted EXCEPT TABLE out_written)
                """,
                decision=Decision._tables(**self._get_question()),
                run=self.id,
            )
        )
        return not changed

    def _get_question(self):
        """What this run asks the level rule: arguments of its `_tables`."""
        self.ensure_one()
        question = {
            "company": self.company_id,
            "date": self.date,
            "policies": self.policy_ids,
        }
        if self.account_id:
            items = self.account_id.open_item_ids
            question.update(items=items, again=False, at_once=True)
        return question

    def _explain_no_letter(self):
        """Why this run has no letter, in words: each reason once, with its invoices."""
        self.ensure_one()
        labels = dict(
            self.exclusion_ids._fields["reason"]._description_selection(self.env)
        )
        lines = []
        for reason, left_out in self.exclusion_ids.grouped("reason").items():
            words = left_out[0].explanation or ""
            lines.append(
                self.env._(
                    "%(invoices)s: %(reason)s",
                    invoices=", ".join(left_out.item_id.mapped("move_name")),
                    reason=" – ".join(filter(None, [labels[reason], words])),
                )
            )
        if not lines:
            return self.env._("Nothing of this customer's is overdue.")
        return "\n".join([self.env._("There is nothing to remind of:"), *lines])

    def _supersede_others(self):
        """Earlier runs of the company end here; what they had not confirmed goes.

        Not for one customer who is reminded at once: runs that were computed before
        leave out by themselves what is on a letter by the time they are confirmed.
        """
        self.ensure_one()
        if self.account_id:
            return
        others = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "computed"),
                ("id", "!=", self.id),
            ]
        )
        confirmed = others.filtered(lambda run: run._has_numbers())
        confirmed._set_confirmed()
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
        """Write letters, lines and exclusions in one statement.

        :return: letters of levels that claim interest and indemnities
        """
        self.ensure_one()
        Decision = self.env["collection.dunning.decision"]
        Decision._flush()
        rows = self.env.execute_query(
            SQL(
                """
                WITH %(decision)s,
                grouped AS MATERIALIZED (
                    SELECT nextval('collection_letter_id_seq') AS id, letters.*
                      FROM (SELECT letter_rank, account_id, currency_id, channel,
                                   contact_id, SUM(amount_due) AS amount_due,
                                   SUM(amount_credit) AS amount_credit,
                                   MAX(position) AS position
                              FROM addressed
                          GROUP BY letter_rank, account_id, currency_id, channel,
                                   contact_id
                          ORDER BY letter_rank) letters
                ), part AS MATERIALIZED (
                    SELECT grouped.id AS letter_id, addressed.account_id,
                           addressed.currency_id, addressed.wanted_channel,
                           addressed.overdue
                      FROM addressed
                      JOIN grouped ON grouped.letter_rank = addressed.letter_rank
                ), letter AS (
                    INSERT INTO collection_letter (
                        id, run_id, account_id, partner_id, company_id, currency_id,
                        level_id, channel, date, state, amount_due, amount_interest,
                        amount_indemnity, amount_credit, amount_total,
                        create_uid, create_date, write_uid, write_date)
                    SELECT grouped.id, %(run)s, account_id, contact_id, %(company)s,
                           currency_id, level.id, grouped.channel, %(date)s, 'draft',
                           amount_due, 0, 0, amount_credit, amount_due - amount_credit,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM grouped
                      JOIN ladder level ON level.position = grouped.position
                 RETURNING id, level_id
                ), line AS (
                    INSERT INTO collection_letter_line (
                        letter_id, item_id, level_id, move_name, invoice_date,
                        date_due, days_overdue, amount_total, amount_paid, amount_due,
                        amount_interest, amount_indemnity,
                        create_uid, create_date, write_uid, write_date)
                    SELECT part.letter_id, decision.item_id, decision.level_id,
                           decision.move_name, decision.invoice_date,
                           decision.date_due,
                           decision.days_overdue, decision.amount_total,
                           decision.amount_total - decision.amount_residual,
                           decision.amount_due, 0, 0,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM decision
                      JOIN part USING (
                           account_id, currency_id, wanted_channel, overdue)
                     WHERE decision.on_letter
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
                     WHERE reason IS NOT NULL AND overdue
                )
                SELECT letter.id
                  FROM letter
                  JOIN collection_policy_level level ON level.id = letter.level_id
                 WHERE level.include_penalties
              ORDER BY letter.id
                """,
                decision=Decision._tables(**self._get_question()),
                run=self.id,
                company=self.company_id.id,
                date=self.date,
                uid=self.env.uid,
            )
        )
        self.invalidate_recordset(flush=False)
        return self.env["collection.letter"].browse(row[0] for row in rows)
