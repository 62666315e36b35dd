from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.ageing import days_overdue
from ..base.days import company_today, on_company_days

#: states in which a provider may work
WORKING_STATES = ("pilot", "live", "review")
#: states from which each one is reached; an ended mandate stays ended
STEPS = {
    "agreed": ("study",),
    "pilot": ("agreed",),
    "live": ("agreed", "pilot", "review"),
    "review": ("pilot", "live"),
}
#: mandates under which a provider may work today
WORKING = Domain("working", "=", True)


class CollectionMandate(models.Model):
    """The contract under which a provider works all or part of the customer file."""

    _name = "collection.mandate"
    _description = "Collection Mandate"
    _inherit = [
        "collection.provider.mixin",
        "rating.parent.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _rec_names_search = ["number", "name", "provider_id"]
    _check_company_auto = True

    _provider_fields = frozenset(
        {
            "company_id",
            "currency_id",
            "date_end",
            "date_start",
            "mode",
            "name",
            "number",
            "phase",
            "plan_amount",
            "plan_first_days",
            "plan_instalments",
            "plan_last_days",
            "promise_last_days",
            "promise_share",
            "provider_id",
            "state",
        }
    )

    name = fields.Char(required=True, tracking=True)
    number = fields.Char(readonly=True, copy=False)
    provider_id = fields.Many2one(
        comodel_name="res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_company", "=", True)],
        tracking=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
    )
    extent = fields.Selection(
        selection=[("total", "Total Delegation"), ("partial", "Partial Delegation")],
        required=True,
        default="partial",
        tracking=True,
        help="Total: the whole collection is handed over. Partial: the strategic "
        "customers stay in-house.",
    )
    mode = fields.Selection(
        selection=[
            ("in_name", "In the company's name"),
            ("on_behalf", "For the account of the company"),
        ],
        required=True,
        default="in_name",
        tracking=True,
        help="In the company's name: the customer sees only the company. For the "
        "account of: the provider presents itself and its mandate.",
    )
    reference = fields.Char(
        string="Provider's Reference",
        tracking=True,
        copy=False,
        help="How the provider calls this file: its first letter to each customer "
        "tells it, and every later one (article R124-4 CPCE).",
    )
    payment_bank_id = fields.Many2one(
        comodel_name="res.partner.bank",
        string="Paying Account",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="Account that customers pay into under this mandate: the company's own, "
        "or the one the provider keeps for what it collects (article R124-2 CPCE).",
    )
    phase = fields.Selection(
        selection=[("on_site", "On site"), ("off_site", "Off site")],
        required=True,
        default="off_site",
        tracking=True,
    )
    date_start = fields.Date(
        string="Begins on",
        required=True,
        default=company_today,
        tracking=True,
    )
    date_end = fields.Date(string="Ends on", tracking=True)
    working = fields.Boolean(
        string="Running Today", compute="_compute_working", search="_search_working"
    )
    state = fields.Selection(
        selection=[
            ("study", "Study"),
            ("agreed", "Agreed"),
            ("pilot", "Pilot"),
            ("live", "Live"),
            ("review", "Review"),
            ("ended", "Ended"),
        ],
        required=True,
        default="study",
        tracking=True,
        copy=False,
    )
    segment_ids = fields.Many2many(
        comodel_name="collection.segment",
        string="Segments",
        help="Segments that may be handed over. Empty: all that are not kept in-house.",
    )
    min_days_overdue = fields.Integer(
        string="From Days Overdue",
        help="Only customers at least this late are handed over. 0: the whole file.",
    )
    min_amount = fields.Monetary(
        string="From Amount Owed",
        help="Only customers who owe at least this are handed over. 0: whatever they "
        "owe.",
    )
    new_item_rule = fields.Selection(
        selection=[
            ("all", "Follow at once"),
            ("overdue", "Follow once overdue"),
            ("none", "Stay in-house"),
        ],
        string="New Invoices",
        required=True,
        compute="_compute_new_item_rule",
        store=True,
        readonly=False,
        precompute=True,
        help="What becomes of new invoices of customers who are handed over.",
    )
    plan_instalments = fields.Integer(
        string="Instalments the Provider May Grant",
        tracking=True,
        help="Payment plans with more instalments wait for your approval. 0: every "
        "plan does.",
    )
    plan_amount = fields.Monetary(
        string="Amount the Provider May Spread",
        tracking=True,
        help="Payment plans over a larger amount wait for your approval.",
    )
    plan_first_days = fields.Integer(
        string="First Instalment within",
        default=45,
        tracking=True,
        help="Days from the agreement; a plan that begins later waits for your "
        "approval.",
    )
    plan_last_days = fields.Integer(
        string="Last Instalment within",
        default=365,
        tracking=True,
        help="Days from the agreement; a plan that ends later waits for your approval.",
    )
    promise_last_days = fields.Integer(
        string="Promises Accepted up to",
        default=60,
        tracking=True,
        help="Days ahead within which the provider accepts a promise.",
    )
    promise_share = fields.Float(
        string="Least Share Promised",
        default=25.0,
        tracking=True,
        help="Percent of what is due of the invoices chosen that the provider asks for "
        "in a promise: all of them rest meanwhile.",
    )
    pre_reminder_by = fields.Selection(
        selection=[
            ("company", "The company"),
            ("provider", "The provider"),
        ],
        string="Reminders before the Due Date by",
        required=True,
        default="provider",
        tracking=True,
        help="Who writes to customers who are handed over about invoices that are not "
        "due yet. The other side is silent about them.",
    )
    announce = fields.Boolean(
        string="Announce the Provider",
        tracking=True,
        help="At the hand-over the company tells each customer by letter who looks "
        "after its account from now on. The letters wait as drafts.",
    )
    mail_allowed = fields.Boolean(
        string="Agents Send E-mails in Our Name",
        compute="_compute_mail_allowed",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Statement, copies of invoices, links to pay, and words of their own "
        "within the templates below; to contacts that you have confirmed, from your "
        "address.",
    )
    mail_template_ids = fields.Many2many(
        comodel_name="mail.template",
        relation="collection_mandate_mail_template_rel",
        column1="mandate_id",
        column2="template_id",
        string="Templates for Their Words",
        domain=[("model", "=", "collection.account")],
        help="Where {{ ctx.get('collection_words') }} stands, their words are put. "
        "None chosen: the template of the module.",
    )
    agent_ids = fields.Many2many(
        comodel_name="collection.agent",
        relation="collection_mandate_agent_rel",
        column1="mandate_id",
        column2="agent_id",
        string="Agents",
        domain="[('provider_id', '=', provider_id)]",
    )
    note = fields.Html()
    placement_ids = fields.One2many(
        comodel_name="collection.placement",
        inverse_name="mandate_id",
        string="Hand-overs",
    )
    review_ids = fields.One2many(
        comodel_name="collection.mandate.review",
        inverse_name="mandate_id",
        string="Reviews",
    )
    review_months = fields.Integer(
        string="Review Every",
        default=1,
        tracking=True,
        help="Months between two reviews: when one was held, the next is planned. 0: "
        "they are planned by hand.",
    )
    account_ids = fields.One2many(
        comodel_name="collection.account", inverse_name="mandate_id"
    )
    account_count = fields.Integer(
        string="Delegated Accounts", compute="_compute_account_totals"
    )
    amount_open = fields.Monetary(
        string="Delegated Amount", compute="_compute_account_totals"
    )

    _dates = models.Constraint(
        "CHECK (date_end IS NULL OR date_end >= date_start)",
        "The mandate cannot end before it begins.",
    )

    _grant_limits = models.Constraint(
        "CHECK (promise_last_days >= 0 AND plan_first_days >= 0"
        " AND plan_last_days >= plan_first_days AND promise_share BETWEEN 0 AND 100)",
        "Days granted cannot be negative, the last instalment cannot be due before the "
        "first, and the share promised lies between 0 and 100 %.",
    )

    _review_months = models.Constraint(
        "CHECK (review_months >= 0)", "Reviews follow each other after some months."
    )

    @api.depends("extent")
    def _compute_new_item_rule(self):
        for mandate in self:
            mandate.new_item_rule = "all" if mandate.extent == "total" else "overdue"

    @api.constrains("mail_template_ids")
    def _check_mail_templates(self):
        # sudo: what the templates hold; whoever chose them may read them
        for template in self.sudo().mail_template_ids:
            if "collection_words" not in (template.body_html or ""):
                raise ValidationError(
                    self.env._(
                        "“%(template)s” has no place for the words of the agents: put "
                        "{{ ctx.get('collection_words') }} into it.",
                        template=template.name,
                    )
                )

    @api.depends("mode")
    def _compute_mail_allowed(self):
        for mandate in self:
            mandate.mail_allowed = mandate.mode == "in_name"

    def _compute_account_totals(self):
        counts = dict(
            self.env["collection.account"]._read_group(
                [("mandate_id", "in", self.ids)], ["mandate_id"], ["__count"]
            )
        )
        amounts = self._get_delegated_amounts()
        for mandate in self:
            mandate.account_count = counts.get(mandate._origin, 0)
            mandate.amount_open = amounts.get(mandate._origin.id, 0.0)

    def _get_delegated_amounts(self):
        """What is open of the items that are with the providers of these mandates: of a
        customer some of whose items stayed, of the others alone.

        :return: {mandate id: amount}
        """
        self.env["collection.account"]._flush_all()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT acc.mandate_id, SUM(item.amount_residual_company)
                      FROM collection_item item
                      JOIN collection_account acc ON acc.id = item.account_id
                     WHERE item.state = 'open' AND item.delegated
                       AND acc.mandate_id = ANY(%s)
                  GROUP BY acc.mandate_id
                    """,
                    list(self._origin.ids),
                )
            )
        )

    @api.constrains("agent_ids", "provider_id")
    def _check_agents(self):
        for mandate in self:
            strangers = mandate.agent_ids.filtered(
                lambda agent, mandate=mandate: agent.provider_id != mandate.provider_id
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(agents)s do not work for %(provider)s: set the provider "
                        "on the agents first.",
                        agents=", ".join(strangers.mapped("name")),
                        provider=mandate.provider_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # a number drawn is gone, also where nothing is created
        self.check_access("create")
        for vals in vals_list:
            if vals.get("state", "study") != "study" and not self.env.su:
                raise UserError(
                    self.env._("A mandate begins as a study, and is agreed on then.")
                )
            vals.setdefault("state", "study")
            company = vals.get("company_id") or self.env.company.id
            vals["number"] = (
                self.env["ir.sequence"]
                .with_company(company)
                .next_by_code("collection.mandate")
            )
        mandates = super().create(vals_list)
        mandates._grant_company()
        return mandates

    def write(self, vals):
        self._check_parties(vals)
        self._check_step(vals.get("state"))
        res = super().write(vals)
        if "agent_ids" in vals:
            self._grant_company()
        if not {"agent_ids", "date_end", "date_start", "state"}.isdisjoint(vals):
            self.env["mail.followers"]._dismiss_provider_people()
        return res

    def _check_parties(self, vals):
        """Refuse to exchange the parties of a mandate under which somebody was handed
        over: the lists that both signed name them.

        :raises UserError: naming the mandate
        """
        for mandate in self:
            if mandate.placement_ids._is_frozen() and any(
                name in vals and vals[name] != mandate[name].id
                for name in ("company_id", "provider_id")
            ):
                raise UserError(
                    self.env._(
                        "Customers were handed over under %(mandate)s: its company and "
                        "its provider stay. Set up another mandate.",
                        mandate=mandate.display_name,
                    )
                )

    def _check_step(self, state):
        """Refuse a state that does not follow from the present one, or for which
        something is missing.

        :raises UserError: naming the mandate and what is missing
        """
        for mandate in self:
            if state in (False, None, "ended", mandate.state):
                continue
            if mandate.state == "ended":
                raise UserError(
                    self.env._(
                        "The mandate %(mandate)s has ended and cannot start again. "
                        "Duplicate it, and agree on the new one.",
                        mandate=mandate.display_name,
                    )
                )
            if mandate.state not in STEPS.get(state, ()):
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "The mandate %(mandate)s cannot go from “%(before)s” to "
                        "“%(after)s”.",
                        mandate=mandate.display_name,
                        before=labels[mandate.state],
                        after=labels.get(state, state),
                    )
                )
            missing = mandate._get_missing(state)
            if missing:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "Before the mandate %(mandate)s goes to “%(after)s”:\n"
                        "%(missing)s",
                        mandate=mandate.display_name,
                        after=labels[state],
                        missing="\n".join(f"• {sentence}" for sentence in missing),
                    )
                )

    def _get_missing(self, state):
        """What is to be done before this mandate goes to `state`: sentences.

        Areas that know more of the contract add theirs.
        """
        self.ensure_one()
        if state in WORKING_STATES and not self.agent_ids:
            return [
                self.env._(
                    "Name at least one agent of %(provider)s who will work under the "
                    "mandate.",
                    provider=self.provider_id.display_name,
                )
            ]
        return []

    def _grant_company(self):
        """Let the agents' users into the company, without which its multi-company
        rules would hide everything from them."""
        for mandate in self:
            # sudo: the manager who names an agent is no administrator of users; only
            # the mandating company is added, to agents of this mandate
            for user_sudo in mandate.agent_ids.user_id.sudo():
                if mandate.company_id not in user_sudo.company_ids:
                    user_sudo.company_ids |= mandate.company_id

    @api.depends("number", "name", "provider_id")
    def _compute_display_name(self):
        for mandate in self:
            mandate.display_name = " ".join(
                filter(None, [mandate.number, mandate.name])
            )

    def _get_responsible(self):
        """Who answers for the mandate on our side: by name, else a credit manager,
        else whoever acts."""
        self.ensure_one()
        return self.company_id._get_collection_addressee(self.user_id)

    def _is_working(self):
        """Whether the provider may work under this mandate today, where the company
        sits: what the rules of access ask, too."""
        self.ensure_one()
        today = company_today(self)
        return bool(
            self.state in WORKING_STATES
            and self.date_start
            and self.date_start <= today
            and not (self.date_end and self.date_end < today)
        )

    @api.depends("date_end", "date_start", "state")
    def _compute_working(self):
        for mandate in self:
            mandate.working = mandate._is_working()

    def _search_working(self, operator, value):
        if operator != "in":
            return NotImplemented
        return on_company_days(
            self.env,
            lambda today: (
                Domain("state", "in", WORKING_STATES)
                & Domain("date_start", "<=", today)
                & (Domain("date_end", "=", False) | Domain("date_end", ">=", today))
            ),
        )

    def _get_reasons_to_refuse(self, account, date):
        """Why this mandate does not cover an account: codes, none when it does.

        :param date: day as of which customers are late
        """
        self.ensure_one()
        reasons = []
        # also those chosen of a mandate that is not saved yet
        segments = self.segment_ids._origin
        if segments and account.segment_id not in segments:
            reasons.append("segment")
        if self.min_days_overdue:
            due = account.oldest_due_date
            late = max(days_overdue(due, date), 0) if due else 0
            if late < self.min_days_overdue:
                reasons.append("not_late")
        if (
            self.min_amount
            and self.currency_id.compare_amounts(account.amount_open, self.min_amount)
            < 0
        ):
            reasons.append("too_small")
        return reasons

    def _check_working(self):
        for mandate in self:
            if not mandate._is_working():
                raise UserError(
                    self.env._(
                        "The mandate %(mandate)s is not running today: check its dates "
                        "and start it before you hand accounts over.",
                        mandate=mandate.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Life cycle
    # ------------------------------------------------------------------

    def action_agree(self):
        self.state = "agreed"

    def action_pilot(self):
        self.state = "pilot"

    def action_start(self):
        self.state = "live"

    def action_review(self):
        self.state = "review"

    def action_end(self):
        """End the mandate: every account comes back in the same transaction."""
        for mandate in self:
            lines = mandate.placement_ids.line_ids.filtered(
                lambda line: line.state == "active"
            )
            lines._take_back("expired", self.env._("End of the mandate"))
            last_day = max(company_today(mandate), mandate.date_start)
            if mandate.date_end:
                last_day = min(last_day, mandate.date_end)
            mandate.write({"state": "ended", "date_end": last_day})

    def _plan_review(self, after):
        """Plan the review that follows the one of the day `after`, unless one is."""
        self.ensure_one()
        planned = self.review_ids.filtered(lambda review: review.state == "planned")
        if planned or not self.review_months or self.state == "ended":
            return self.review_ids.browse()
        return self.review_ids.create(
            {
                "mandate_id": self.id,
                "date": after + relativedelta(months=self.review_months),
                "participant_ids": [
                    fields.Command.set(
                        self.review_ids.sorted("date")[-1:].participant_ids.ids
                    )
                ],
            }
        )

    def _draft_missing_notices(self, accounts=None):
        """Draw up the provider's first letter (R124-4 CPCE) to whom it has none yet.

        For mandates under which the provider works for the account of the company,
        and customers of whose invoices handed over one is overdue.

        :param accounts: only these; None: all that are with the provider
        :return: the letters, drafts
        """
        letters = self.env["collection.letter"]
        kinds_sudo = self.env["collection.letter.kind"].sudo()
        for mandate in self.filtered(lambda mandate: mandate.mode == "on_behalf"):
            # a company that archived the kind writes these letters elsewhere
            if not kinds_sudo.search_count(
                [
                    ("code", "=", "mandate_notice"),
                    ("company_id", "in", [mandate.company_id.id, False]),
                ],
                limit=1,
            ):
                continue
            domain = [
                ("mandate_id", "=", mandate.id),
                ("delegation_state", "=", "delegated"),
                ("insolvency_date", "=", False),
                (
                    "item_ids",
                    "any",
                    [
                        ("delegated", "=", True),
                        ("state", "=", "open"),
                        ("date_due", "<", company_today(mandate)),
                    ],
                ),
                (
                    "letter_ids",
                    "not any",
                    [
                        ("kind_id.code", "=", "mandate_notice"),
                        ("mandate_id", "=", mandate.id),
                        ("state", "!=", "cancelled"),
                    ],
                ),
            ]
            if accounts is not None:
                domain.append(("id", "in", accounts.ids))
            letters |= (
                self.env["collection.account"]
                .search(domain)
                ._write_letters("mandate_notice")
            )
        return letters

    @api.model
    def _cron_draft_notices(self):
        """First letters to customers whose invoices became overdue since, and those
        that go with a large hand-over."""
        self.env["collection.placement"]._draft_pending_letters()
        self.search([("state", "in", WORKING_STATES)])._draft_missing_notices()

    def action_open_accounts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_account_action"
        )
        return dict(action, domain=[("mandate_id", "=", self.id)], context={})

    def action_open_access_log(self):
        """Who of the provider looked at which customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_access_log_action"
        )
        return dict(action, domain=[("mandate_id", "=", self.id)])

    def action_hand_over(self):
        self.ensure_one()
        self._check_working()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_action"
        )
        return dict(action, context={"default_mandate_id": self.id})

    def action_recall(self):
        """Ask why, then take back every account that is under these mandates."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_mandate_ids": self.ids})

    @api.model
    def _cron_end_expired(self):
        """End the mandates whose last day has passed.

        And what the provider's people still get in ways that no act of ours passed
        by: contacts that were merged, a database from before this was prevented.
        """
        for company, mandates in (
            self.search([("state", "!=", "ended"), ("date_end", "!=", False)])
            .grouped("company_id")
            .items()
        ):
            today = company._get_collection_today()
            mandates.filtered(lambda m: m.date_end < today).action_end()  # noqa: B023
        self.env["mail.followers"]._dismiss_provider_people()
