from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..base.roles import check_manager

#: why a provider gives a customer back
RETURN_REASONS = [
    ("not_found", "Cannot be found"),
    ("insolvent", "Insolvent, or about to be"),
    ("closed_down", "Closed down or deceased"),
    ("refuses", "Refuses to pay for good"),
    ("out_of_reach", "Beyond our means: language or country"),
    ("uncollectible", "Everything was tried"),
    ("other", "Other"),
]
#: of these there is something on paper: it comes with the return
PROOF_REASONS = ("insolvent", "closed_down", "uncollectible")
#: longest message taken from a page
NOTE_LENGTH = 4000


class CollectionProviderNote(models.Model):
    """What a provider's people say to the company, and what it answers.

    About a customer, about a point of a review, or to give a customer back, which
    the company decides. The company's own discussion stays closed to them: this is
    all they write in it and all they read of it.
    """

    _name = "collection.provider.note"
    _description = "Message of a Provider"
    _inherit = ["collection.provider.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    _provider_fields = frozenset(
        {
            "account_id",
            "answer",
            "body",
            "company_id",
            "date",
            "date_answered",
            "kind",
            "mandate_id",
            "reason",
            "state",
        }
    )
    _on_site_fields = frozenset({"agent_id", "provider_id"})

    kind = fields.Selection(
        selection=[
            ("note", "Note"),
            ("return", "Return of the customer"),
            ("review", "Answer to a review"),
        ],
        required=True,
        readonly=True,
        default="note",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    review_id = fields.Many2one(
        comodel_name="collection.mandate.review",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Written by",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    reason = fields.Selection(selection=RETURN_REASONS, readonly=True)
    body = fields.Text(string="Message", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("open", "Waiting"),
            ("done", "Answered"),
            ("accepted", "Taken back"),
            ("refused", "Stays with the provider"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    answer = fields.Text(
        copy=False, help="The provider's people read it on the customer's page."
    )
    answered_by_id = fields.Many2one(
        comodel_name="res.users", string="Answered by", readonly=True, copy=False
    )
    date_answered = fields.Datetime(string="Answered on", readonly=True, copy=False)

    _one_return = models.UniqueIndex(
        "(account_id) WHERE kind = 'return' AND state = 'open'",
        "The company has been asked to take this customer back already.",
    )
    _about_something = models.Constraint(
        "CHECK (CASE WHEN kind = 'review' THEN review_id IS NOT NULL"
        " ELSE account_id IS NOT NULL END"
        " AND (kind <> 'return' OR reason IS NOT NULL))",
        "Say which customer or which review the message is about.",
    )

    @api.depends("kind", "account_id", "review_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for note in self:
            about_sudo = note.account_id or note.sudo().review_id
            note.display_name = " – ".join(
                filter(None, [labels.get(note.kind), about_sudo.sudo().display_name])
            )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def _post(self, agent_sudo, vals):
        """Keep a message of a provider's agent and tell the company.

        The callers have checked that what it is about is the agent's.

        :param dict vals: `kind`, `mandate_id`, `body`, `account_id` or `review_id`,
            and for a return its `reason`
        :return: the message, as superuser
        :raises UserError: when it says nothing, or too much
        """
        body = vals.get("body") or ""
        if not body.strip():
            raise UserError(self.env._("Write your message first."))
        if len(body) > NOTE_LENGTH:
            raise UserError(
                self.env._(
                    "Your message is too long: %(length)s characters, at most "
                    "%(maximum)s.",
                    length=len(body),
                    maximum=NOTE_LENGTH,
                )
            )
        body = self._clean_outside_value(self._fields["body"], body.strip())
        # sudo: checked by the callers; the author is who acts, whatever they say
        note_sudo = self.sudo().create(
            {**vals, "body": body, "agent_id": agent_sudo.id}
        )
        if not self.env.context.get("collection_together"):
            note_sudo._notify_company()
        return note_sudo

    def _describe_for_company(self):
        """What it says, and who says so, for a timeline."""
        self.ensure_one()
        labels = dict(self._fields["kind"]._description_selection(self.env))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        return Markup("<b>{title}</b>{reason}<br/>{body}").format(
            title=self.env._(
                "%(kind)s by %(agent)s (%(provider)s)",
                kind=labels[self.kind],
                agent=self.agent_id.name,
                provider=self.provider_id.name,
            ),
            reason=f": {reasons[self.reason]}" if self.reason else "",
            body=plaintext2html(self.body),
        )

    def _notify_together(self):
        """As `_notify_company`, of returns that were asked for at once: each stands on
        its customer's timeline, and who decides is asked once."""
        author = self.agent_id.user_id.partner_id
        text = self[:1]._describe_for_company()
        self.account_id._message_log_batch(
            bodies=dict.fromkeys(self.account_id.ids, text), author_id=author.id
        )
        first = self[:1]
        first._activity_schedule_for(
            first.company_id._get_collection_addressee(
                first.mandate_id.user_id, first._get_addressees()
            ),
            "mail.mail_activity_data_todo",
            lambda note: note.env._(
                "%(provider)s gives customers back: %(count)s. Take them back, or say "
                "why not",
                provider=note.provider_id.name,
                count=len(self),
            ),
        )

    def _notify_company(self):
        """Write it on the customer's timeline and to whoever looks after them."""
        self.ensure_one()
        author = self.agent_id.user_id.partner_id
        text = self._describe_for_company()
        if self.account_id:
            self.account_id._message_log(body=text, author_id=author.id)
        users = self._get_addressees()
        if users:
            self.message_notify(
                partner_ids=users.partner_id.ids,
                subject=self.display_name,
                body=text,
                author_id=author.id,
            )
        if self.kind == "return":
            self._activity_schedule_for(
                self.company_id._get_collection_addressee(
                    self.mandate_id.user_id, users
                ),
                "mail.mail_activity_data_todo",
                lambda note: note.env._(
                    "Take %(customer)s back, or say why not",
                    customer=self.account_id.display_name,
                ),
            )

    def _get_addressees(self):
        """Users of the company who are told: the collector, the responsible one."""
        company = self.company_id
        users = self.account_id.user_id | self.mandate_id.user_id
        users = users._may_decide_in(company)
        return users or company._get_collection_managers()[:1]

    def write(self, vals):
        if not self.env.su:
            if not {"answer", "activity_ids", "message_follower_ids"}.issuperset(vals):
                raise UserError(
                    self.env._("A message stays as it was written: answer it.")
                )
            if "answer" in vals and any(note.state != "open" for note in self):
                raise UserError(self.env._("This message was answered already."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Messages of a provider stay on record."))

    # ------------------------------------------------------------------
    # What the company does with it
    # ------------------------------------------------------------------

    def _check_open(self, kinds):
        self.check_access("write")
        for note in self:
            if note.state != "open":
                raise UserError(self.env._("This message was answered already."))
            if note.kind not in kinds:
                raise UserError(
                    self.env._(
                        "This step is not for this message: %(note)s.",
                        note=note.display_name,
                    )
                )

    def _close(self, state):
        # sudo: the right to answer was checked; only how it ended is written
        self.sudo().write(
            {
                "state": state,
                "answered_by_id": self.env.uid,
                "date_answered": fields.Datetime.now(),
            }
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def action_done(self):
        """Read, and answered if there was something to answer."""
        self._check_open(("note", "review"))
        self._close("done")

    def _check_manager(self):
        check_manager(
            self.env,
            self.env._("A credit manager decides whether a customer comes back."),
        )

    def action_accept_return(self):
        """Take the customers back: the provider's access ends in this transaction."""
        self._check_manager()
        self._check_open(("return",))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for note in self:
            line = note.account_id.placement_line_id
            if line.state == "active" and line.mandate_id == note.mandate_id:
                line._transit({"return_reason": note.reason})
                line._take_back(
                    "returned",
                    self.env._(
                        "%(reason)s: %(note)s",
                        reason=reasons[note.reason],
                        note=note.body,
                    ),
                )
        self._close("accepted")

    def action_refuse_return(self):
        """The customers stay with the provider, which is told why."""
        self._check_manager()
        self._check_open(("return",))
        if any(not (note.answer or "").strip() for note in self):
            raise UserError(
                self.env._("Tell the provider in the answer why the customer stays.")
            )
        self._close("refused")

    def action_open_account(self):
        self.ensure_one()
        return self.account_id.get_formview_action()
