from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import clean_context


class CollectionCall(models.Model):
    """One call attempt, in-house or at the provider's; never rewritten."""

    _name = "collection.call"
    _description = "Collection Call"
    _inherit = ["collection.provider.mixin", "collection.call.quality.mixin"]
    _order = "date desc, id desc"

    _provider_fields = frozenset(
        {
            "account_id",
            "company_id",
            "connected",
            "contact",
            "date",
            "direction",
            "duration",
            "next_action",
            "next_action_date",
            "note",
            "outcome_id",
            "phone",
            "quality_mark",
            "reviewed",
            "right_party",
            "side",
        }
    )
    _on_site_fields = frozenset({"agent_id", "user_id"})
    _provider_writable_fields = frozenset(
        {
            "account_id",
            "direction",
            "duration",
            "next_action",
            "next_action_date",
            "note",
            "outcome_id",
            "phone",
        }
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
    next_action = fields.Char()

    _duration_positive = models.Constraint(
        "CHECK (duration >= 0)", "A call cannot last less than nothing."
    )

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

    @api.depends("account_id", "date")
    def _compute_display_name(self):
        for call in self:
            date = fields.Datetime.context_timestamp(
                call, call.date or fields.Datetime.now()
            )
            call.display_name = (
                f"{call.account_id.display_name} – {date:%Y-%m-%d %H:%M}"
            )

    @api.constrains("next_action_date")
    def _check_next_action_date(self):
        for call in self:
            day = fields.Datetime.context_timestamp(call, call.date).date()
            if call.next_action_date and call.next_action_date < day:
                raise ValidationError(
                    self.env._("The next action cannot lie before the call itself.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.user.share and not self.env.su:
            return self._create_as_outsider(vals_list)
        calls = super().create(vals_list)
        for call in calls:
            call._follow_up()
        return calls

    def _create_as_outsider(self, vals_list):
        """Create calls for a portal user, under all of his rights.

        Creating a record reads who calls, which is closed to him: the rights that
        creation would check are checked here, before and after it.
        """
        self.check_access("create")
        for name in {name for vals in vals_list for name in vals}:
            if name in self._fields:
                self._check_field_access(self._fields[name], "write")
        # sudo: only fields he may set are given, and his record rules are checked
        # on the outcome; no default comes from the context
        calls = (
            self.with_context(clean_context(self.env.context))
            .sudo()
            .create(vals_list)
            .with_env(self.env)
        )
        calls.check_access("create")
        return calls

    def _follow_up(self):
        """What a call leads to: the account's diary, its timeline, its call level."""
        self.ensure_one()
        # sudo: the record rules have let this caller call this account; what
        # follows is bookkeeping on the account he cannot write himself
        account = self.account_id.sudo()
        caller_sudo = self.sudo().user_id
        if self.next_action_date:
            account.write(
                {
                    "next_action_date": self.next_action_date,
                    "next_action": self.next_action or self.outcome_id.name,
                }
            )
        elif account.next_action_date and (
            account.next_action_date <= self.date.date()
        ):
            account.write({"next_action_date": False, "next_action": False})
        account._mark_stale()
        account.with_user(caller_sudo)._release_claim()
        account._message_log(
            body=Markup("{outcome}{note}").format(
                outcome=self.env._(
                    "Call by %(caller)s: %(outcome)s",
                    caller=caller_sudo.name,
                    outcome=self.outcome_id.name,
                ),
                note=Markup("<br/>{}").format(self.note) if self.note else "",
            ),
            author_id=caller_sudo.partner_id.id,
        )
        if self.connected:
            # what was asked for has been done
            account.activity_feedback(["mail.mail_activity_data_call"])
            account.letter_ids.filtered(
                lambda letter: letter.channel == "call" and letter.state == "to_send"
            )._mark_sent()
