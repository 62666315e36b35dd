from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..base.days import company_today, each_company_day
from ..base.roles import is_manager

#: not decided yet
OPEN_STATES = ("open", "in_progress")
#: every further call would do again what is complained about: calls stop at once
STOPPING = ("frequency", "disclosure", "wrong_person")
#: written by the buttons, never by hand
DECISION_FIELDS = frozenset(
    {
        "calls_stopped",
        "date_answered",
        "date_closed",
        "date_reminded",
        "decided_by_id",
        "state",
        "user_id",
    }
)
COMPLAINT_ACTIVITY = "account_collection.mail_activity_type_complaint"


class CollectionComplaint(models.Model):
    """What a customer complains about in the way they are collected from.

    Anybody who works the customer records it, the company alone decides, and never
    the person it is about. Complaints that each further call would make worse stop
    the calls at once; they go on when the complaint turns out unfounded.
    """

    _name = "collection.complaint"
    _description = "Complaint"
    _inherit = [
        "collection.deadline.mixin",
        "collection.number.mixin",
        "collection.provider.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _rec_name = "number"

    _pending_states = OPEN_STATES
    _rec_names_search = ["number", "account_id"]

    _provider_fields = frozenset(
        {
            "account_id",
            "answer",
            "calls_stopped",
            "category",
            "channel",
            "company_id",
            "date",
            "description",
            "founded",
            "number",
            "severity",
            "side",
            "state",
        }
    )
    _on_site_fields = frozenset({"partner_id", "user_id"})
    _provider_writable_fields = frozenset(
        {"account_id", "call_id", "category", "channel", "description", "severity"}
    )

    date = fields.Date(
        string="Received on",
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(related="account_id.partner_id", string="Customer")
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Recorded by",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        default=lambda self: self.env.user,
    )
    call_id = fields.Many2one(
        comodel_name="collection.call",
        string="About the Call",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('account_id', '=', account_id)]",
    )
    satisfaction_id = fields.Many2one(
        comodel_name="collection.satisfaction",
        string="From the Mark",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="About the Agent",
        compute="_compute_about",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        tracking=True,
    )
    caller_id = fields.Many2one(
        comodel_name="res.users",
        string="Person Concerned",
        compute="_compute_caller_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="Whose figures the complaint is counted in.",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        string="About the Side",
        required=True,
        compute="_compute_about",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        compute="_compute_about",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        domain="[('company_id', '=', company_id)]",
    )
    channel = fields.Selection(
        selection=[
            ("phone", "Phone"),
            ("email", "Email"),
            ("post", "Post"),
            ("mark", "Satisfaction survey"),
            ("other", "Other"),
        ],
        required=True,
        default="phone",
    )
    category = fields.Selection(
        selection=[
            ("tone", "Tone"),
            ("error", "Error"),
            ("frequency", "Too many contacts"),
            ("disclosure", "Debt told to others"),
            ("wrong_person", "Wrong person"),
            ("already_paid", "Already paid"),
            ("other", "Other"),
        ],
        required=True,
        index=True,
        tracking=True,
    )
    severity = fields.Selection(
        selection=[("1", "Minor"), ("2", "Serious"), ("3", "Grave")],
        required=True,
        default="1",
        tracking=True,
    )
    description = fields.Text(
        required=True, help="What the customer says, as a fact and without judgement."
    )
    owner_id = fields.Many2one(
        comodel_name="res.users",
        string="Answered by",
        compute="_compute_owner_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        domain=[("share", "=", False)],
        tracking=True,
    )
    may_decide = fields.Boolean(
        compute="_compute_may_decide", export_string_translation=False
    )
    deadline = fields.Date(
        compute="_compute_deadline",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    date_reminded = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("in_progress", "In progress"),
            ("answered", "Answered"),
            ("closed", "Complaint closed"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    founded = fields.Selection(
        selection=[("yes", "Founded"), ("no", "Unfounded")], copy=False, tracking=True
    )
    answer = fields.Text(
        copy=False, help="What the customer was told, and on what grounds."
    )
    decided_by_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, copy=False
    )
    date_answered = fields.Date(string="Answered on", readonly=True, copy=False)
    date_closed = fields.Date(string="Closed on", readonly=True, copy=False)
    corrective_action_id = fields.Many2one(
        comodel_name="collection.corrective.action",
        index="btree_not_null",
        ondelete="set null",
        domain="[('company_id', '=', company_id)]",
        tracking=True,
    )
    calls_stopped = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="Calls to the customer were stopped because of this complaint.",
    )

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("company_id")
    def _compute_date(self):
        for complaint in self:
            complaint.date = complaint.date or company_today(complaint)

    @api.depends("call_id", "account_id")
    def _compute_about(self):
        # sudo: who called and for whom is looked up for whoever records it
        mandates = self.sudo().call_id._get_working_mandates()
        for complaint in self:
            complaint_sudo = complaint.sudo()
            call_sudo = complaint_sudo.call_id
            if call_sudo:
                complaint_sudo.agent_id = call_sudo.agent_id
                complaint_sudo.side = call_sudo.side
                complaint_sudo.mandate_id = mandates[call_sudo]
            else:
                account_sudo = complaint_sudo.account_id
                delegated = account_sudo.delegation_state == "delegated"
                complaint_sudo.agent_id = False
                complaint_sudo.side = "provider" if delegated else "company"
                complaint_sudo.mandate_id = delegated and account_sudo.mandate_id

    @api.depends("call_id.user_id", "agent_id.user_id")
    def _compute_caller_id(self):
        # sudo: as above
        for complaint_sudo in self.sudo():
            complaint_sudo.caller_id = (
                complaint_sudo.agent_id.user_id or complaint_sudo.call_id.user_id
            )

    @api.depends("account_id", "mandate_id")
    def _compute_owner_id(self):
        for complaint in self:
            # sudo: who answers for the mandate, else the first credit manager
            complaint_sudo = complaint.sudo()
            managers = (
                complaint_sudo.company_id._get_collection_managers()
                if complaint_sudo.company_id
                else self.env["res.users"]
            )
            responsible = complaint_sudo.mandate_id.user_id
            about = complaint_sudo.caller_id
            complaint_sudo.owner_id = (
                responsible if responsible in managers else managers - about
            )[:1]

    @api.depends("date", "company_id")
    def _compute_deadline(self):
        for complaint in self:
            # sudo: a setting of the company
            days = complaint.company_id.sudo().collection_complaint_days
            complaint.deadline = complaint.date and complaint.date + timedelta(
                days=days
            )

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("call_id", "account_id", "date")
    def _check_call(self):
        # sudo: the call and the account of whoever records it
        for complaint_sudo in self.sudo():
            if complaint_sudo.call_id.account_id not in (
                complaint_sudo.account_id,
                complaint_sudo.account_id.browse(),
            ):
                raise ValidationError(
                    self.env._("Choose a call to the customer who complains.")
                )
            if complaint_sudo.date > company_today(complaint_sudo):
                raise ValidationError(
                    self.env._("A complaint cannot be received in the future.")
                )

    @api.constrains("side", "agent_id", "mandate_id")
    def _check_side(self):
        # sudo: as above
        for complaint_sudo in self.sudo():
            if (
                complaint_sudo.agent_id
                and complaint_sudo.agent_id.side != complaint_sudo.side
            ):
                raise ValidationError(
                    self.env._(
                        "%(agent)s does not work for that side.",
                        agent=complaint_sudo.agent_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # Recording
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_outsider():
            return self._create_checked(vals_list)
        if not self.env.su and any(DECISION_FIELDS & set(vals) for vals in vals_list):
            raise UserError(self.env._("A complaint is recorded first, then decided."))
        # whoever records it, a provider's agent included, does not follow what the
        # company says of it
        quiet = self.with_context(mail_create_nosubscribe=True)
        complaints = super(CollectionComplaint, quiet).create(vals_list)
        complaints = complaints.with_env(self.env)
        for complaint in complaints:
            complaint._notify_recording()
            if complaint.category in STOPPING:
                complaint._stop_calls()
        return complaints

    def _notify_recording(self):
        """Write it in the customer's timeline and ask who is to answer, by when."""
        self.ensure_one()
        labels = dict(self._fields["category"]._description_selection(self.env))
        # sudo: the right to record it was checked; the timeline is the company's
        complaint_sudo = self.sudo()
        author_sudo = self.env.user.sudo().partner_id
        complaint_sudo.account_id._message_log(
            body=self.env._(
                "Complaint %(number)s (%(category)s) recorded by %(user)s.",
                number=complaint_sudo.number,
                category=labels[complaint_sudo.category],
                user=author_sudo.name,
            ),
            author_id=author_sudo.id,
        )
        complaint_sudo._activity_schedule_for(
            complaint_sudo.company_id._get_collection_user(complaint_sudo.owner_id),
            COMPLAINT_ACTIVITY,
            lambda asked_sudo: asked_sudo.env._("Answer the complaint"),
            date_deadline=complaint_sudo.deadline,
        )

    def write(self, vals):
        if not self.env.su:
            if DECISION_FIELDS.intersection(vals):
                raise UserError(
                    self.env._("Use the buttons: a decision is kept with its author.")
                )
            if {"answer", "founded"}.intersection(vals):
                self._check_decider()
                if any(complaint.state not in OPEN_STATES for complaint in self):
                    raise UserError(
                        self.env._("It was answered: reopen it to decide anew.")
                    )
        if "deadline" in vals:
            # another deadline is reminded of anew
            vals = {"date_reminded": False, **vals}
        res = super().write(vals)
        if vals.get("category") in STOPPING:
            self.filtered(
                lambda complaint: complaint.state in OPEN_STATES
            )._stop_calls()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_recorded(self):
        raise UserError(
            self.env._("A complaint stays in the register: close it as unfounded.")
        )

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # what the company says among itself is not for who recorded it
        if self._is_outsider():
            return dict.fromkeys(self, "unlink")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def _stop_calls(self):
        """Nobody calls these customers any more, on either side."""
        for complaint_sudo in self.sudo():
            # sudo: a complaint of whoever may record one stops the calls
            account_sudo = complaint_sudo.account_id
            others = account_sudo.complaint_ids - complaint_sudo
            if account_sudo.do_not_call and not any(others.mapped("calls_stopped")):
                # the customer wanted none before: that is not for us to end
                continue
            complaint_sudo.calls_stopped = True
            if not account_sudo.do_not_call:
                account_sudo.do_not_call = True
                account_sudo._message_log(
                    body=self.env._(
                        "Calls are stopped because of the complaint %(number)s.",
                        number=complaint_sudo.number,
                    )
                )

    def _release_calls(self):
        """Let calls go on, unless another complaint keeps them stopped."""
        for complaint_sudo in self.filtered("calls_stopped").sudo():
            # sudo: called by who decides the complaint
            complaint_sudo.calls_stopped = False
            account_sudo = complaint_sudo.account_id
            if not any(account_sudo.complaint_ids.mapped("calls_stopped")):
                account_sudo.do_not_call = False
                account_sudo._message_log(
                    body=self.env._(
                        "Calls may go on: the complaint %(number)s no longer stops "
                        "them.",
                        number=complaint_sudo.number,
                    )
                )

    def action_release_calls(self):
        """The cause was mended: the customer may be called again."""
        self._check_decider()
        if any(complaint.state in OPEN_STATES for complaint in self):
            raise UserError(
                self.env._("Answer the complaint before the customer is called again.")
            )
        self._release_calls()

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _check_decider(self):
        """The company decides: a manager or who was named, never who it is about.

        :raises AccessError: for everybody else
        """
        user = self.env.user
        if self._is_outsider():
            raise AccessError(self.env._("The company decides about a complaint."))
        self.check_access("write")
        manager = is_manager(self.env)
        for complaint in self:
            if complaint.sudo().caller_id == user:
                raise AccessError(
                    self.env._(
                        "The complaint %(number)s is about you: a colleague decides.",
                        number=complaint.number,
                    )
                )
            if not manager and complaint.owner_id != user:
                raise AccessError(
                    self.env._(
                        "%(owner)s or a credit manager decides about %(number)s.",
                        owner=complaint.owner_id.name or self.env._("Its owner"),
                        number=complaint.number,
                    )
                )

    @api.depends("caller_id", "owner_id")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        decider = not self._is_outsider() and self.has_access("write")
        manager = is_manager(self.env)
        for complaint in self:
            # sudo: whether it is about the reader
            complaint.may_decide = (
                decider
                and complaint.sudo().caller_id != self.env.user
                and (manager or complaint.owner_id == self.env.user)
            )

    def action_in_progress(self):
        self._check_decider()
        if any(complaint.state != "open" for complaint in self):
            raise UserError(self.env._("Only an open complaint is taken up."))
        # sudo: checked above
        self.sudo().state = "in_progress"

    def action_answer(self):
        """The customer was answered: founded or not, and what they were told.

        :raises UserError: without a verdict or an answer, or answered already
        """
        self._check_decider()
        for complaint in self:
            if complaint.state not in OPEN_STATES:
                raise UserError(self.env._("This complaint was answered already."))
            if not complaint.founded or not (complaint.answer or "").strip():
                raise UserError(
                    self.env._(
                        "Say whether %(number)s is founded and what the customer was "
                        "told.",
                        number=complaint.number,
                    )
                )
        # sudo: checked above; who decided is nobody's to write
        for today, complaints_sudo in each_company_day(self.sudo()):
            complaints_sudo.write(
                {
                    "state": "answered",
                    "decided_by_id": self.env.uid,
                    "date_answered": today,
                }
            )
        self.filtered(lambda complaint: complaint.founded == "no")._release_calls()
        self.sudo().activity_feedback([COMPLAINT_ACTIVITY])

    def action_close(self):
        """Nothing more is to be done about it.

        :raises UserError: not answered yet, or grave, founded and without a
            corrective action
        """
        self._check_decider()
        for complaint in self:
            if complaint.state != "answered":
                raise UserError(self.env._("Answer the complaint first."))
            if (
                complaint.founded == "yes"
                and complaint.severity == "3"
                and not complaint.corrective_action_id
            ):
                raise UserError(
                    self.env._(
                        "%(number)s is grave and founded: say which corrective action "
                        "follows from it.",
                        number=complaint.number,
                    )
                )
        # sudo: checked above
        for today, complaints_sudo in each_company_day(self.sudo()):
            complaints_sudo.write({"state": "closed", "date_closed": today})

    def action_reopen(self):
        self._check_decider()
        if any(complaint.state in OPEN_STATES for complaint in self):
            raise UserError(self.env._("This complaint is open."))
        # sudo: checked above
        self.sudo().write(
            {
                "state": "in_progress",
                "decided_by_id": False,
                "date_answered": False,
                "date_closed": False,
            }
        )

    @api.model
    def _cron_late(self):
        """Every day: remind of complaints that were not answered in time, once."""
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._remind_late(companies)

    @api.model
    def _remind_late(self, companies):
        """As of the current day, those of `companies`."""
        late = self.search(
            [
                ("late", "=", True),
                ("date_reminded", "=", False),
                ("company_id", "in", companies.ids),
            ]
        )
        for complaint in late:
            complaint._activity_schedule_for(
                complaint.company_id._get_collection_user(complaint.owner_id),
                COMPLAINT_ACTIVITY,
                lambda asked: asked.env._("This complaint should have been answered"),
            )
        # sudo: what the nightly job did, which nobody sets by hand
        late.sudo().date_reminded = company_today(companies)
