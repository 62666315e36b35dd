from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import clean_context

from ...tools.call_log import clean_number, is_duration, is_hour
from ..base.days import company_today
from ..base.roles import is_manager

#: what came of a call, linked by the system alone
LINK_FIELDS = frozenset({"bill_id", "dispute_id", "plan_id", "promise_id"})
#: what callers may still complete until the end of their day
COMPLETION_FIELDS = frozenset(
    {"next_action", "next_action_date", "next_action_time", "note"}
)
#: what a correction may say otherwise than the call it corrects
CORRECTION_FIELDS = COMPLETION_FIELDS | {"duration", "outcome_id", "person", "phone"}
#: all that whoever logs a call may say about it
LOG_FIELDS = CORRECTION_FIELDS | {"direction", "obstacle_reason"}
#: what the company's own people may say besides
IN_HOUSE_FIELDS = LOG_FIELDS | {"account_id", "date"}
#: without a stated reason nobody calls against these
BLOCKING = frozenset(
    {
        "cap_day",
        "cap_week",
        "delegated",
        "do_not_call",
        "hold",
        "holiday",
        "insolvent",
        "window",
    }
)
#: minutes a call may have begun before it is logged, as far as hours of calls go
LOGGED_WITHIN = 60


class CollectionCall(models.Model):
    """One call attempt, in-house or at the provider's; never rewritten.

    What was wrong is put right by a second entry, a correction, which counts
    nowhere as a call. `collection.account._log_call` logs a call together with what
    came of it.
    """

    _name = "collection.call"
    _description = "Collection Call"
    _inherit = ["collection.provider.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["number", "account_id"]

    _provider_fields = frozenset(
        {
            "account_id",
            "bill_id",
            "company_id",
            "connected",
            "contact",
            "correction_ids",
            "correction_of_id",
            "correction_reason",
            "date",
            "direction",
            "dispute_id",
            "duration",
            "next_action",
            "next_action_date",
            "next_action_time",
            "note",
            "number",
            "obstacle_reason",
            "outcome_id",
            "person",
            "phone",
            "plan_id",
            "promise_id",
            "quality_mark",
            "reviewed",
            "right_party",
            "side",
        }
    )
    _on_site_fields = frozenset(
        {
            "agent_id",
            "corrected",
            "may_complete",
            "may_correct",
            "obstacles",
            "user_id",
        }
    )
    _provider_writable_fields = LOG_FIELDS | {"account_id"}

    number = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Caller",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        index="btree_not_null",
        default=lambda self: self.env["collection.agent"]._current(),
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        compute="_compute_side",
        store=True,
        precompute=True,
    )
    date = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, index=True
    )
    direction = fields.Selection(
        selection=[("outgoing", "Outgoing"), ("incoming", "Incoming")],
        required=True,
        default="outgoing",
    )
    phone = fields.Char(string="Number Dialled")
    person = fields.Char(string="Spoken to", help="Who was on the telephone.")
    duration = fields.Float(string="Duration (minutes)", digits=(8, 2))
    outcome_id = fields.Many2one(
        comodel_name="collection.call.outcome",
        required=True,
        index=True,
        ondelete="restrict",
    )
    contact = fields.Selection(related="outcome_id.contact")
    connected = fields.Boolean(
        compute="_compute_connected", store=True, precompute=True
    )
    right_party = fields.Boolean(
        string="Right Person", compute="_compute_connected", store=True, precompute=True
    )
    note = fields.Text()
    next_action_date = fields.Date()
    next_action_time = fields.Float(
        string="Next Action at",
        help="Hour agreed with the customer, in his own time. 0: none.",
    )
    next_action = fields.Char()
    obstacles = fields.Text(
        string="In the Way of the Call",
        readonly=True,
        help="What spoke against the call at that moment.",
    )
    obstacle_reason = fields.Char(
        string="Called All the Same", help="Why the call was made against that."
    )
    promise_id = fields.Many2one(
        comodel_name="collection.promise", readonly=True, index="btree_not_null"
    )
    plan_id = fields.Many2one(
        comodel_name="collection.payment.plan", readonly=True, index="btree_not_null"
    )
    dispute_id = fields.Many2one(
        comodel_name="collection.dispute", readonly=True, index="btree_not_null"
    )
    bill_id = fields.Many2one(
        comodel_name="collection.bill",
        string="Bill Asked for",
        readonly=True,
        index="btree_not_null",
    )
    correction_of_id = fields.Many2one(
        comodel_name="collection.call",
        string="Corrects",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    correction_ids = fields.One2many(
        comodel_name="collection.call",
        inverse_name="correction_of_id",
        string="Corrections",
        readonly=True,
    )
    correction_reason = fields.Char(readonly=True)
    corrected = fields.Boolean(compute="_compute_corrected", compute_sudo=True)
    may_complete = fields.Boolean(
        compute="_compute_may_amend", export_string_translation=False
    )
    may_correct = fields.Boolean(
        compute="_compute_may_amend", export_string_translation=False
    )

    _duration_positive = models.Constraint(
        "CHECK (duration >= 0)", "A call cannot last less than nothing."
    )
    _correction_has_reason = models.Constraint(
        "CHECK (correction_of_id IS NULL OR correction_reason <> '')",
        "Say why the call is corrected.",
    )

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("agent_id")
    def _compute_side(self):
        for call in self:
            # sudo: the provider's agents may not read agents
            call.side = call.sudo().agent_id.side or "company"

    @api.depends("outcome_id")
    def _compute_connected(self):
        for call in self:
            contact = call.outcome_id.contact
            call.connected = contact in ("wrong_party", "right_party")
            call.right_party = contact == "right_party"

    @api.depends("correction_ids")
    def _compute_corrected(self):
        for call in self:
            call.corrected = bool(call.correction_ids)

    @api.depends("user_id", "date", "correction_of_id")
    @api.depends_context("uid")
    def _compute_may_amend(self):
        for call in self:
            call.may_complete = call._is_completable()
            call.may_correct = call._is_correctable()

    @api.depends("account_id", "date")
    def _compute_display_name(self):
        for call in self:
            date = fields.Datetime.context_timestamp(
                call, call.date or fields.Datetime.now()
            )
            call.display_name = (
                f"{call.account_id.display_name} – {date:%Y-%m-%d %H:%M}"
            )

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("next_action_date")
    def _check_next_action_date(self):
        for call in self:
            if call.next_action_date and call.next_action_date < call._get_day():
                raise ValidationError(
                    self.env._("The next action cannot lie before the call itself.")
                )

    @api.constrains("next_action_time", "next_action_date", "outcome_id")
    def _check_hour(self):
        for call in self:
            if call.next_action_time and not (call.next_action_date and call.connected):
                raise ValidationError(
                    self.env._(
                        "An hour is agreed with somebody and for a day: enter the "
                        "day, or leave the hour out."
                    )
                )

    @api.constrains("outcome_id", "next_action_date", *LINK_FIELDS)
    def _check_what_follows(self):
        """Whoever reached somebody says what comes next."""
        for call in self:
            if call.correction_of_id:
                continue
            outcome = call.outcome_id
            kind = outcome.follow_up if outcome.follow_up_required else False
            if kind == "callback" and not call.next_action_date:
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s”: say on which day to call back.",
                        outcome=outcome.name,
                    )
                )
            if f"{kind}_id" in LINK_FIELDS and not call[f"{kind}_id"]:
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s”: record the %(kind)s with the call.",
                        outcome=outcome.name,
                        kind={
                            "bill": self.env._("bill"),
                            "dispute": self.env._("dispute"),
                            "plan": self.env._("payment plan"),
                            "promise": self.env._("promise"),
                        }[kind],
                    )
                )
            if call.connected and not (
                call.next_action_date or any(call[name] for name in LINK_FIELDS)
            ):
                raise ValidationError(
                    self.env._(
                        "You have reached somebody: say when the next action is due."
                    )
                )

    @api.constrains("account_id", *LINK_FIELDS)
    def _check_same_customer(self):
        for call in self:
            if any(
                call[name] and call[name].account_id != call.account_id
                for name in LINK_FIELDS
            ):
                raise ValidationError(
                    self.env._("What comes of a call concerns the customer called.")
                )

    # ------------------------------------------------------------------
    # Logging
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            return self._create_as_user(self._clean_calls(vals_list))
        calls = super().create([self._complete_values(vals) for vals in vals_list])
        for call in calls:
            call._apply_to_account()
        return calls

    @api.model
    def _clean_calls(self, vals_list):
        """Values of new calls as they came by a remote call, checked.

        :raises AccessError: on values or accounts that are closed to the user
        """
        self.check_access("create")
        # whose call it is goes without saying
        vals_list = [
            {
                name: value
                for name, value in vals.items()
                if name != "user_id" or value != self.env.uid
            }
            for vals in vals_list
        ]
        if not self._is_outsider():
            return [
                self._clean_outside_values(vals, IN_HOUSE_FIELDS) for vals in vals_list
            ]
        self._check_outside_count(vals_list)
        return [self._clean_new_values(vals) for vals in vals_list]

    @api.model
    def _create_as_user(self, vals_list, links=None):
        """Log calls of the current user, under all of their rights.

        The callers have cleaned the values and checked the accounts. Creating a record
        reads who calls, which is closed to a provider's people, and sets what nobody
        says by themselves: the rights that creation would check are checked here,
        before and after it.

        :param links: what came of the calls: values of `LINK_FIELDS`
        """
        self.check_access("create")
        vals_list = [
            {**vals, **self._get_in_the_way(vals), **(links or {})}
            for vals in vals_list
        ]
        # sudo: names, values and the account were checked, who calls is the user
        # themselves, and their record rules are checked on the outcome; no default
        # comes from the context
        calls = (
            self.with_context(clean_context(self.env.context))
            .sudo()
            .create(vals_list)
            .with_env(self.env)
        )
        calls.check_access("create")
        return calls

    @api.model
    def _get_in_the_way(self, vals):
        """What speaks against a call, kept with it; refused without a reason.

        :return: values of `obstacles` and `obstacle_reason`
        """
        account = self.env["collection.account"].browse(vals.get("account_id"))
        if not account or vals.get("direction") == "incoming":
            return {"obstacle_reason": False}
        now = fields.Datetime.now()
        date = fields.Datetime.to_datetime(vals.get("date")) or now
        if date > now + timedelta(minutes=1):
            raise UserError(self.env._("A call is logged when it was made."))
        duration = vals.get("duration") or 0.0
        if is_duration(duration):
            date -= timedelta(minutes=min(duration, LOGGED_WITHIN))
        agent = self.env["collection.agent"]._current()
        obstacles = {
            code: text
            for code, text in account._get_call_obstacles(agent, at=date)
            if code in BLOCKING
        }
        texts = list(obstacles.values())
        if not texts:
            return {"obstacle_reason": False}
        reason = (vals.get("obstacle_reason") or "").strip()
        if not reason:
            account._refuse_call(
                obstacles,
                self.env._(
                    "This customer should not be called now:\n%(obstacles)s\nIf there "
                    "was a reason to call all the same, state it.",
                    obstacles="\n".join(texts),
                ),
            )
        return {"obstacles": "\n".join(texts), "obstacle_reason": reason}

    @api.model
    def _complete_values(self, vals):
        """Number of the call, and the number dialled as it is written everywhere."""
        self._check_numbers(vals)
        account = self.env["collection.account"].browse(vals.get("account_id"))
        vals = dict(vals)
        if vals.get("phone"):
            vals["phone"] = self._format_number(account, vals["phone"])
        if vals.get("date"):
            day = fields.Date.to_date(vals["date"])
        else:
            day = company_today(account)
        vals["number"] = (
            self.env["ir.sequence"]
            .with_company(account.company_id)
            .next_by_code("collection.call", sequence_date=day)
        )
        return vals

    @api.model
    def _check_numbers(self, vals):
        # before they are rounded and stored: not every float is a number
        if not is_duration(vals.get("duration")):
            raise UserError(
                self.env._("A call lasts between nothing and a day, in minutes.")
            )
        if not is_hour(vals.get("next_action_time")):
            raise UserError(
                self.env._("The hour of the next action lies between 0:00 and 24:00.")
            )

    @api.model
    def _format_number(self, account, phone):
        """The number as it is dialled from anywhere; as typed when it is none."""
        country = account.partner_id.country_id or account.company_id.country_id
        typed = clean_number(phone)
        return (
            account._phone_format(
                number=typed, country=country, force_format="INTERNATIONAL"
            )
            or typed
        )

    def _apply_to_account(self):
        """What a call leads to: the account's diary, its timeline, its call level."""
        self.ensure_one()
        # sudo: the record rules have let this caller call this account; what
        # follows is bookkeeping on the account they cannot write
        account_sudo = self.account_id.sudo()
        caller_sudo = self.sudo().user_id
        self._note_in_diary()
        account_sudo._mark_stale()
        account_sudo._message_log(
            body=Markup("{outcome}{note}").format(
                outcome=self._get_headline(),
                note=Markup("<br/>{}").format(self.note) if self.note else "",
            ),
            author_id=caller_sudo.partner_id.id,
        )
        if self.correction_of_id:
            return
        account_sudo.with_user(caller_sudo)._release_claim()
        if self.outcome_id.tell_salesperson:
            self._notify_salesperson()
        letters = account_sudo.letter_ids._get_open_calls()
        if self.right_party:
            # what was asked for has been done
            account_sudo.activity_feedback(["mail.mail_activity_data_call"])
            if not any(self[name] for name in LINK_FIELDS):
                # else what was promised or contested just now would leave the letters:
                # `collection.account._log_call` has computed them before
                letters = letters._recompute_before_sending()
            letters._mark_sent()
        elif self.direction == "outgoing":
            letters.filtered(
                lambda letter: not letter.date_tried
            ).date_tried = company_today(self)

    def _note_in_diary(self):
        # sudo: as in `_apply_to_account`
        account_sudo = self.account_id.sudo()
        if self.next_action_date:
            account_sudo.write(
                {
                    "next_action_date": self.next_action_date,
                    "next_action_time": self.next_action_time,
                    "next_action": self.next_action or self.outcome_id.name,
                }
            )
        elif (
            not self.correction_of_id
            and account_sudo.next_action_date
            and account_sudo.next_action_date <= self._get_day()
        ):
            account_sudo.write({"next_action_date": False, "next_action": False})

    def _get_headline(self):
        # sudo: the timeline is the company's
        call_sudo = self.sudo()
        if call_sudo.correction_of_id:
            return self.env._(
                "Call %(number)s of %(caller)s corrected (%(reason)s): %(outcome)s",
                number=call_sudo.correction_of_id.number,
                caller=call_sudo.correction_of_id.user_id.name,
                reason=call_sudo.correction_reason,
                outcome=call_sudo.outcome_id.name,
            )
        if call_sudo.direction == "incoming":
            return self.env._(
                "Call received by %(caller)s: %(outcome)s",
                caller=call_sudo.user_id.name,
                outcome=call_sudo.outcome_id.name,
            )
        return self.env._(
            "Call by %(caller)s: %(outcome)s",
            caller=call_sudo.user_id.name,
            outcome=call_sudo.outcome_id.name,
        )

    def _get_follow_up_names(self):
        """Numbers of what came of the call: ["PR/2026/0001"]."""
        self.ensure_one()
        return [self[name].number for name in sorted(LINK_FIELDS) if self[name]]

    def _notify_salesperson(self):
        """What a salesperson must know of a customer before the next visit."""
        # sudo: who the salesperson is; the timeline is the company's
        account = self.sudo().account_id
        salesperson = account.salesperson_id.filtered(lambda user: not user.share)
        if salesperson and salesperson != self.env.user:
            account.message_notify(
                partner_ids=salesperson.partner_id.ids,
                subject=self.env._(
                    "%(customer)s: %(outcome)s",
                    customer=account.display_name,
                    outcome=self.outcome_id.name,
                ),
                body=Markup("{}{}").format(
                    self._get_headline(),
                    Markup("<br/>{}").format(self.note) if self.note else "",
                ),
                author_id=self.sudo().user_id.partner_id.id,
            )

    # ------------------------------------------------------------------
    # Never rewritten
    # ------------------------------------------------------------------

    @api.model
    def _get_system_fields(self):
        """What the system itself may write on a call that stands."""
        return LINK_FIELDS | {"quality_mark"}

    def write(self, vals):
        names = set(vals)
        by_system = self.env.su and names <= self._get_system_fields()
        if not by_system and not (
            names <= COMPLETION_FIELDS and all(call._is_completable() for call in self)
        ):
            raise UserError(
                self.env._(
                    "A call stays as it was logged. Until the end of the day the "
                    "caller may complete its note and next action; after that, "
                    "correct it by a second entry."
                )
            )
        self._check_numbers(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("A call stays on record. Correct it by a second entry.")
        )

    def _get_day(self, moment=None):
        """Day of the call, or of `moment`, where the caller sits."""
        self.ensure_one()
        # sudo: where they sit is all that is asked of the caller
        zone = self.sudo().user_id.tz or "UTC"
        return fields.Datetime.context_timestamp(
            self.with_context(tz=zone), moment or self.date
        ).date()

    def _is_completable(self):
        """Whether the current user may complete this call: their own, of today."""
        self.ensure_one()
        # sudo: who called decides, also where the rest of them is closed
        call_sudo = self.sudo()
        return bool(
            call_sudo.user_id.id == self.env.uid
            and not call_sudo.correction_of_id
            and call_sudo.date
            and self._get_day() == self._get_day(fields.Datetime.now())
        )

    def _is_correctable(self):
        """Whether the current user may correct this call: the caller, or a manager."""
        self.ensure_one()
        # sudo: as in `_is_completable`
        call_sudo = self.sudo()
        return not call_sudo.correction_of_id and (
            call_sudo.user_id.id == self.env.uid or is_manager(self.env)
        )

    def _complete_entry(self, vals):
        """Complete the note and the next action of one's own call of today.

        :param dict vals: values of `COMPLETION_FIELDS`
        :raises UserError: on other values, another one's call, or after the day
        """
        self.ensure_one()
        self._check_may_amend()
        vals = self._clean_outside_values(vals, COMPLETION_FIELDS)
        # sudo: nobody has the right to write calls; `write` lets the caller complete
        # their own and nothing else
        self.sudo().write(vals)
        if not COMPLETION_FIELDS.isdisjoint(vals):
            self._note_in_diary()
            self.sudo().account_id._mark_stale()

    def _get_latest(self):
        """The call as it was said last: its latest correction, or itself."""
        self.ensure_one()
        return self.correction_ids.sorted("id")[-1:] or self

    def _get_said(self):
        """What was said last of this call, as values of `CORRECTION_FIELDS`; without a
        next action that lies in the past."""
        latest = self._get_latest()
        said = {
            name: latest[name].id if self._fields[name].relational else latest[name]
            for name in CORRECTION_FIELDS
        }
        day = said["next_action_date"]
        if day and day < company_today(self):
            said |= {
                "next_action": False,
                "next_action_date": False,
                "next_action_time": 0.0,
            }
        return said

    def _amend(self, vals, reason=None, corrects=False):
        """Complete this call when that is all that is new, else correct it.

        :param dict vals: values of `CORRECTION_FIELDS`, those that stay included
        :param reason: why it is corrected
        :param corrects: whether it is to be corrected in any case
        :return: the call, or the correction
        :raises UserError: when nothing was changed; as `_complete_entry` and `_correct`
        """
        self._check_may_amend()
        vals = self._clean_outside_values(vals, CORRECTION_FIELDS)
        if "outcome_id" in vals and not vals["outcome_id"]:
            raise UserError(self.env._("Say how the call went: choose an outcome."))
        said = self._get_said()
        changed = {
            name: value
            for name, value in vals.items()
            if (value or False) != (said[name] or False)
        }
        if not changed:
            raise UserError(self.env._("Nothing was changed."))
        completes = not self.correction_ids and self._is_completable()
        if completes and not corrects and changed.keys() <= COMPLETION_FIELDS:
            self._complete_entry(changed)
            return self
        return self._correct(reason, {**said, **changed})

    def _correct(self, reason, vals):
        """Correct a call by a second entry, which counts nowhere as a call.

        :param str reason: why, shown with the correction
        :param dict vals: values of `CORRECTION_FIELDS`; the others stay
        :return: the correction
        """
        self.ensure_one()
        self._check_may_amend()
        if not self._is_correctable():
            raise AccessError(
                self.env._(
                    "The caller himself, or a credit manager, corrects a call; a "
                    "correction is corrected by another one of the same call."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the call is corrected."))
        reason = self._clean_outside_value(self._fields["correction_reason"], reason)
        vals = self._clean_outside_values(vals, CORRECTION_FIELDS)
        # sudo: checked above; a correction is a new entry of the current user
        call_sudo = self.sudo()
        correction = call_sudo.with_context(clean_context(self.env.context)).create(
            {
                "account_id": call_sudo.account_id.id,
                "direction": call_sudo.direction,
                "duration": call_sudo.duration,
                "outcome_id": call_sudo.outcome_id.id,
                "person": call_sudo.person,
                "phone": call_sudo.phone,
                **vals,
                "correction_of_id": call_sudo.id,
                "correction_reason": reason.strip(),
            }
        )
        return correction.with_env(self.env)

    def _check_may_amend(self):
        self.check_access("read")
        if self._is_outsider():
            self.account_id._check_delegated_to_me()

    def action_amend(self):
        """Complete the call today, correct it later."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complete the Call")
            if self._is_completable()
            else self.env._("Correct the Call"),
            "res_model": "collection.call.amend",
            "view_mode": "form",
            "target": "new",
            "context": {"default_call_id": self.id},
        }
