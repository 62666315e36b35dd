from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, formataddr

#: calls older than this are not asked about any more
ASK_WITHIN_DAYS = 3
#: marks that somebody of the company looks into
UNHAPPY = 2
SATISFACTION_ACTIVITY = "account_collection.mail_activity_type_satisfaction"


class CollectionSatisfaction(models.Model):
    """A customer was asked how a call went, and perhaps gave a mark.

    A record of its own between the call, which is never rewritten and of which few
    are asked about, and Odoo's ratings: it keeps whom we asked and when, so that
    nobody is asked too often, and its discussion is not the customer's timeline.
    """

    _name = "collection.satisfaction"
    _description = "Customer Satisfaction"
    _inherit = ["collection.provider.mixin", "rating.mixin", "mail.activity.mixin"]
    _order = "date desc, id desc"

    _provider_fields = frozenset(
        {
            "account_id",
            "call_id",
            "company_id",
            "date",
            "date_answered",
            "feedback",
            "mark",
            "side",
            "state",
        }
    )
    _on_site_fields = frozenset({"agent_id", "user_id"})

    call_id = fields.Many2one(
        comodel_name="collection.call",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Asked",
        required=True,
        readonly=True,
        index=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Caller", required=True, readonly=True
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        required=True,
        readonly=True,
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    date = fields.Date(
        string="Day of the Call", required=True, readonly=True, index=True
    )
    date_asked = fields.Date(string="Asked on", required=True, readonly=True)
    date_answered = fields.Date(string="Answered on", readonly=True)
    state = fields.Selection(
        selection=[("asked", "Asked"), ("answered", "Answered")],
        required=True,
        default="asked",
        readonly=True,
        index=True,
    )
    mark = fields.Integer(
        readonly=True, aggregator="avg", help="From 1 (unhappy) to 5 (happy)."
    )
    feedback = fields.Text(
        string="What the Customer Says",
        compute="_compute_feedback",
        help="For your own people; a provider's agent reads what was said of his own "
        "calls.",
    )
    complaint_ids = fields.One2many(
        comodel_name="collection.complaint",
        inverse_name="satisfaction_id",
        string="Complaints",
    )

    _call_uniq = models.Constraint(
        "UNIQUE (call_id)", "The customer was asked about this call already."
    )

    @api.depends("account_id", "date")
    def _compute_display_name(self):
        for request in self:
            # sudo: the name of a customer whose call the reader sees
            name = request.sudo().account_id.display_name
            request.display_name = " – ".join(
                filter(None, [name, fields.Date.to_string(request.date)])
            )

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_feedback(self):
        outsider = self._is_outsider()
        # sudo: ratings are closed to everybody; what they say is told here, to whom
        # the rules of this model let see it
        for request, request_sudo in zip(self, self.sudo(), strict=True):
            given = request_sudo.rating_ids.filtered("consumed")[:1]
            told = not outsider or request_sudo.user_id == self.env.user
            request.feedback = told and given.feedback

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "mark:avg":
            # who did not answer has given no mark, rather than the mark 0
            return SQL(
                "AVG(%s) FILTER (WHERE %s = 'answered')",
                self._field_to_sql(self._table, "mark", query),
                SQL.identifier(self._table, "state", to_flush=self._fields["state"]),
            )
        return super()._read_group_select(aggregate_spec, query)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _cron_ask(self):
        """Every morning: ask about calls of the days before, by queued e-mail."""
        companies = self.env["res.company"].search(
            [("collection_satisfaction_every", ">", 0)]
        )
        for company in companies:
            self._ask(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _ask(self, company):
        """Ask the customers of every n-th call that reached the right person.

        Where a customer may not be asked, the next call takes the turn.

        :return: the requests, whose e-mails are queued
        """
        today = company._get_collection_today()
        end = company._get_collection_midnight(today)
        since = company._get_collection_midnight(
            today - timedelta(days=ASK_WITHIN_DAYS)
        )
        if company.collection_satisfaction_until:
            since = max(since, company.collection_satisfaction_until)
        calls = self.env["collection.call"].search(
            self._get_call_domain(company, since, end), order="date, id"
        )
        every = company.collection_satisfaction_every
        left = company.collection_satisfaction_left
        closed = self._get_accounts_not_to_ask(calls.account_id, today)
        chosen = calls.browse()
        for call in calls:
            left += 1
            if left >= every and call.account_id not in closed:
                chosen |= call
                closed |= call.account_id
                left = 0
        # sudo: companies are the administrators'; how far the job came is no setting
        company.sudo().write(
            {
                "collection_satisfaction_until": end,
                "collection_satisfaction_left": min(left, every),
            }
        )
        requests = self._create_for(chosen, today)
        requests._queue_mails()
        return requests

    @api.model
    def _get_call_domain(self, company, since, until):
        """Calls to choose from: of the right person, with an outcome to ask about."""
        return [
            ("company_id", "=", company.id),
            ("right_party", "=", True),
            ("date", ">=", since),
            ("date", "<", until),
            ("outcome_id.satisfaction", "=", True),
            ("correction_of_id", "=", False),
        ]

    @api.model
    def _get_accounts_not_to_ask(self, accounts, today):
        """Of these accounts, those whose customers are left in peace.

        They want no calls, are insolvent, complain, have no e-mail address, or were
        asked a short while ago.
        """
        days = accounts.company_id.collection_satisfaction_days
        recent = self.search(
            [
                ("account_id", "in", accounts.ids),
                ("date_asked", ">", today - timedelta(days=days)),
            ]
        )
        complaining = self.env["collection.complaint"].search(
            [
                ("account_id", "in", accounts.ids),
                ("state", "in", ("open", "in_progress")),
            ]
        )
        silent = accounts.filtered(
            lambda account: (
                account.do_not_call
                or account.insolvency_date
                or not email_normalize(account._get_satisfaction_contact().email)
            )
        )
        return silent | recent.account_id | complaining.account_id

    @api.model
    def _create_for(self, calls, today):
        mandates = calls._get_working_mandates()
        quiet = self.with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        requests = quiet.create(
            [
                {
                    "call_id": call.id,
                    "account_id": call.account_id.id,
                    "company_id": call.company_id.id,
                    "partner_id": call.account_id._get_satisfaction_contact().id,
                    "user_id": call.user_id.id,
                    "agent_id": call.agent_id.id,
                    "side": call.side,
                    "mandate_id": mandates[call].id,
                    "date": fields.Datetime.context_timestamp(
                        call.with_context(tz=call.company_id._get_collection_zone()),
                        call.date,
                    ).date(),
                    "date_asked": today,
                }
                for call in calls
            ]
        )
        return requests.with_env(self.env)

    def _queue_mails(self):
        """One e-mail per request, in the customer's language, into the mail queue."""
        if not self:
            return
        template = self.env.ref(
            "account_collection.mail_template_satisfaction", raise_if_not_found=False
        )
        if not template:
            raise UserError(
                self.env._(
                    "The e-mail template that asks customers for a mark was deleted: "
                    "restore it, or set the number of calls to 0."
                )
            )
        # sudo: the nightly job, whoever runs it by hand
        template.sudo().send_mail_batch(self.ids)

    def _get_sender(self):
        """Address of the company, never that of who called."""
        company_sudo = self.company_id.sudo()
        email = email_normalize(company_sudo.collection_email or company_sudo.email)
        return formataddr((company_sudo.name, email)) if email else False

    # ------------------------------------------------------------------
    # The mark
    # ------------------------------------------------------------------

    def _rating_get_parent_field_name(self):
        return "mandate_id"

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # what customers say is read in `feedback`, by whom it is meant for
        return dict.fromkeys(self, "unlink")

    def rating_apply(
        self,
        rate,
        token=None,
        rating=None,
        feedback=None,
        subtype_xmlid=None,
        notify_delay_send=False,
    ):
        # EXTENDS rating
        rating = super().rating_apply(
            rate,
            token=token,
            rating=rating,
            feedback=feedback,
            subtype_xmlid=subtype_xmlid,
            notify_delay_send=notify_delay_send,
        )
        self._take_mark(rating)
        return rating

    def _take_mark(self, rating):
        """Keep the mark, and ask somebody to look into one that is bad."""
        self.ensure_one()
        unhappy = self.state == "answered" and self.mark <= UNHAPPY
        self.write(
            {
                "mark": round(rating.rating),
                "date_answered": self.company_id._get_collection_today(),
                "state": "answered",
            }
        )
        if self.mark > UNHAPPY or unhappy:
            return
        managers = self.company_id._get_collection_managers()
        responsible = self.mandate_id.user_id
        user = (responsible if responsible in managers else managers)[:1]
        self._activity_schedule_for(
            user,
            SATISFACTION_ACTIVITY,
            lambda request: request.env._("An unhappy customer"),
        )

    def action_new_complaint(self):
        """Record what the customer says as a complaint."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complaint"),
            "res_model": "collection.complaint",
            "view_mode": "form",
            "context": {
                "default_account_id": self.account_id.id,
                "default_call_id": self.call_id.id,
                "default_channel": "mark",
                "default_description": self.feedback,
                "default_satisfaction_id": self.id,
            },
        }
