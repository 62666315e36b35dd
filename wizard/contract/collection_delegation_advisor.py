from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools.advisor import months_between, weighted_score
from .collection_delegation_advisor_line import DECIDED

#: what may be handed over, and from how many days late on
CHOICES = [
    ("total", "The whole file"),
    ("partial", "All but the largest"),
    ("late_30", "From 30 days late"),
    ("late_60", "From 60 days late"),
    ("late_90", "From 90 days late"),
    ("manual", "Accounts chosen by hand"),
]
MIN_DAYS = {"late_30": 30, "late_60": 60, "late_90": 90}
#: months before this one over which is measured
MONTHS = 3
#: what is read anew when it changes
SCOPE_FIELDS = frozenset({"date_from", "date_to", "segment_ids"})
#: what is read, or made, by the advisor itself
READ_FIELDS = frozenset(
    {"active_count", "date", "figures", "line_ids", "mandate_id"}
    | {"part_ids", "point_ids"}
)


class CollectionDelegationAdvisor(models.TransientModel):
    """Whether to delegate, how much and why, on the figures of the ledger.

    The rules speak of tendencies: the advisor proposes with its reasons, people decide.
    """

    _name = "collection.delegation.advisor"
    _description = "Delegation Advisor"
    _inherit = ["collection.relation.mixin"]
    # looked through in peace, not lost over lunch
    _transient_max_hours = 24.0

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As of",
        required=True,
        readonly=True,
        default=lambda self: self.env.company._get_collection_today(),
    )
    date_from = fields.Date(
        string="Measured from",
        required=True,
        default=lambda self: self._default_date_from(),
        help="Period over which calls, money received and cost are measured, and the "
        "baseline of the mandate is taken.",
    )
    date_to = fields.Date(
        string="Measured until",
        required=True,
        default=lambda self: self._default_date_to(),
    )
    segment_ids = fields.Many2many(
        comodel_name="collection.segment",
        relation="collection_delegation_advisor_segment_rel",
        column1="advisor_id",
        column2="segment_id",
        string="Segments",
        help="Only customers of these segments would go. Empty: of all that are not "
        "kept in-house.",
    )

    # What the figures say
    figures = fields.Json(readonly=True)
    active_count = fields.Integer(
        string="Active Accounts",
        readonly=True,
        help="Invoiced in the last twelve months, or owing money.",
    )
    recommendation = fields.Selection(
        selection=[
            ("total", "Total Delegation"),
            ("partial", "Partial Delegation"),
            ("manual", "By hand"),
        ],
        compute="_compute_recommendation",
    )
    advice = fields.Text(compute="_compute_recommendation")
    sector = fields.Selection(related="company_id.collection_sector")
    line_ids = fields.One2many(
        comodel_name="collection.delegation.advisor.line",
        inverse_name="advisor_id",
        string="Accounts",
    )
    part_ids = fields.One2many(
        comodel_name="collection.delegation.advisor.part",
        inverse_name="advisor_id",
        string="What Each Choice Hands Over",
    )
    point_ids = fields.One2many(
        comodel_name="collection.delegation.advisor.point",
        inverse_name="advisor_id",
        string="Pareto Curve",
    )
    go_count = fields.Integer(string="Go", compute="_compute_counts")
    stay_count = fields.Integer(string="Stay", compute="_compute_counts")

    # What people say
    choice = fields.Selection(
        selection=CHOICES,
        required=True,
        default="manual",
        help="From some days late: of what the size of the file suggests, the whole "
        "or all but the largest, only customers who are that late.",
    )
    reason = fields.Selection(
        selection=lambda self: (
            self.env["collection.mandate"]
            ._fields["decision_reason"]
            ._description_selection(self.env)
        ),
        string="Reason for Delegating",
        compute="_compute_reason",
        store=True,
        readonly=False,
    )
    reason_note = fields.Text(string="Reason in Words")
    provider_id = fields.Many2one(
        comodel_name="res.partner",
        domain=[("is_company", "=", True)],
        ondelete="cascade",
    )
    phase = fields.Selection(
        selection=lambda self: (
            self.env["collection.mandate"]
            ._fields["phase"]
            ._description_selection(self.env)
        ),
        string="The Provider Begins",
        help="On the company's premises first, where that can be had: the people get "
        "used to each other.",
    )
    quote_fixed = fields.Monetary(
        string="Quoted per Month", help="What the provider charges whatever comes in."
    )
    quote_rate = fields.Float(
        string="Quoted Success Fee (%)",
        digits=(5, 2),
        help="Percent of the money received of the customers handed over.",
    )
    cost_in_house = fields.Float(
        string="In-house Cost (%)",
        digits=(8, 2),
        compute="_compute_costs",
        help="What your own people cost in the period, percent of the money that came "
        "in meanwhile: 3 % are 3 cents for each euro. 0: not known.",
    )
    cost_quoted = fields.Float(
        string="Quoted Cost (%)",
        digits=(8, 2),
        compute="_compute_costs",
        help="What the provider would have charged in the period, percent of the money "
        "that came in of the customers who would go. 0: not known.",
    )
    criterion_ids = fields.One2many(
        comodel_name="collection.delegation.advisor.criterion",
        inverse_name="advisor_id",
        string="Criteria",
    )
    score = fields.Float(
        string="Score of the Criteria (%)",
        digits=(5, 1),
        compute="_compute_score",
        help="Mean of the marks by weight, percent of the highest; criteria without a "
        "mark are left out.",
    )
    tables = fields.Html(compute="_compute_tables", sanitize=False)
    picture = fields.Html(compute="_compute_tables", sanitize=False)
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate", readonly=True, ondelete="set null"
    )

    @api.model
    def _default_date_to(self):
        return self.env.company._get_collection_today().replace(day=1) - relativedelta(
            days=1
        )

    @api.model
    def _default_date_from(self):
        return self._default_date_to().replace(day=1) - relativedelta(months=MONTHS - 1)

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for advisor in self:
            advisor.display_name = self.env._("Delegation Advisor")

    @api.depends("active_count", "company_id", "sector")
    @api.depends_context("lang")
    def _compute_recommendation(self):
        choice = self.env["collection.delegation.choice"]
        for advisor in self:
            advisor.recommendation, sentence = choice._recommend(
                advisor.company_id, advisor.active_count
            )
            advisor.advice = " ".join(filter(None, [sentence, advisor._say_sector()]))

    @api.depends("choice", "part_ids.count")
    def _compute_counts(self):
        for advisor in self:
            for side, name in (("goes", "go_count"), ("stays", "stay_count")):
                advisor[name] = advisor._get_part(side).count

    @api.depends("figures")
    def _compute_reason(self):
        for advisor in self:
            if not advisor.reason and advisor.figures:
                few, unskilled = advisor._is_short_of_people()
                advisor.reason = {
                    (True, True): "both",
                    (True, False): "quantity",
                    (False, True): "quality",
                }.get((few, unskilled))
            else:
                advisor.reason = advisor.reason

    @api.depends("figures", "choice", "part_ids.received", "quote_fixed", "quote_rate")
    def _compute_costs(self):
        for advisor in self:
            advisor.cost_in_house = advisor._get_in_house().get("rate") or 0.0
            advisor.cost_quoted = advisor._get_quote()["rate"] or 0.0

    @api.depends("criterion_ids.counted", "criterion_ids.weight")
    def _compute_score(self):
        for advisor in self:
            advisor.score = advisor._get_score() or 0.0

    def _get_score(self):
        """Percent of the highest mark; None where there is no mark."""
        self.ensure_one()
        return weighted_score(
            (int(line.counted) if line.counted else None, line.weight)
            for line in self.criterion_ids
        )

    @api.constrains("date_from", "date_to", "date")
    def _check_period(self):
        for advisor in self:
            if not advisor.date_from <= advisor.date_to < advisor.date:
                raise ValidationError(
                    self.env._(
                        "What is measured is over: choose a period that begins before "
                        "it ends, and ended yesterday at the latest."
                    )
                )

    @api.constrains("quote_fixed", "quote_rate")
    def _check_quote(self):
        for advisor in self:
            if advisor.quote_fixed < 0 or not 0 <= advisor.quote_rate <= 100:
                raise ValidationError(
                    self.env._(
                        "A price cannot be negative, and a success fee lies between 0 "
                        "and 100 %."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # said rather than left out: the caller's context has defaults, too
        advisors = super().create([{**vals, "mandate_id": False} for vals in vals_list])
        for advisor, vals in zip(advisors, vals_list, strict=True):
            if advisor.company_id not in self.env.companies:
                raise AccessError(
                    self.env._("Choose one of the companies that you work for.")
                )
            # sudo: the five criteria, of an advisor that the user may create
            advisor.criterion_ids.sudo().create(
                [
                    {"advisor_id": advisor.id, "code": code}
                    for code, _label in advisor.criterion_ids._fields["code"].selection
                ]
            )
            advisor._read_figures()
            if "choice" not in vals:
                advisor.choice = advisor.recommendation
        return advisors

    def write(self, vals):
        if not READ_FIELDS.isdisjoint(vals) and not self.env.su:
            raise UserError(
                self.env._("Figures are read from the ledger: nobody types them.")
            )
        res = super().write(vals)
        if not SCOPE_FIELDS.isdisjoint(vals):
            for advisor in self:
                advisor._read_figures()
        return res

    # ------------------------------------------------------------------
    # The choices
    # ------------------------------------------------------------------

    def _get_terms(self, choice):
        """(method, values of the mandate) under which `choice` would be handed over."""
        self.ensure_one()
        method = choice
        if choice in MIN_DAYS:
            method = "partial" if self.recommendation == "partial" else "total"
        return method, {
            "company_id": self.company_id.id,
            "segment_ids": [Command.set(self.segment_ids.ids)],
            "min_days_overdue": MIN_DAYS.get(choice, 0),
        }

    def _get_part(self, side, choice=None):
        """What goes, or stays, by `choice`, by default the one that was made."""
        self.ensure_one()
        choice = choice or self.choice
        return self.part_ids.filtered(
            lambda part: part.choice == choice and part.side == side
        )

    def _get_quote(self):
        """What the provider would have charged in the period: {`fixed`, `fee`,
        `received`, `cost`, `rate`}, the rate in percent of the money received.

        Counted is the money that came in of the customers who would go.
        """
        self.ensure_one()
        received = self._get_part("goes").received
        fixed = self.quote_fixed * months_between(self.date_from, self.date_to)
        fee = received * self.quote_rate / 100
        cost = fixed + fee
        known = self.currency_id.compare_amounts(cost, 0) > 0
        earned = self.currency_id.compare_amounts(received, 0) > 0
        return {
            "fixed": fixed,
            "fee": fee,
            "received": received,
            "cost": cost,
            "rate": 100 * cost / received if known and earned else None,
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_advise(self):
        """Read the figures of the company, and say what follows from them."""
        return self.create({})._get_records_action(name=self.env._("Advisor"))

    def action_refresh(self):
        """Read the figures anew; what people said stays."""
        self.ensure_one()
        self.check_access("write")
        self._read_figures()

    def action_open_lines(self):
        """The accounts that go, or stay, by the choice made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_delegation_advisor_line_action"
        )
        domain = [("advisor_id", "=", self.id)]
        side = self.env.context.get("side")
        if side:
            domain += self.line_ids._get_side_domain(self.choice, side)
        return dict(action, domain=domain, context={})

    def action_open_parts(self):
        """What each choice would hand over, as a graph."""
        return self._open_rows("part")

    def action_open_curve(self):
        """How few customers make most of the turnover, as a graph."""
        return self._open_rows("point")

    def _open_rows(self, kind):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"account_collection.collection_delegation_advisor_{kind}_action"
        )
        return dict(action, domain=[("advisor_id", "=", self.id)])

    def action_hand_over(self):
        """Choose the accounts and hand them over, by the choice made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_action"
        )
        context = {"default_method": self._get_terms(self.choice)[0]}
        if self.mandate_id and self.mandate_id._is_working():
            context["default_mandate_id"] = self.mandate_id.id
        return dict(action, context=context)

    def action_make_mandate(self):
        """Begin a mandate, in study, with what was decided here.

        :raises UserError: without a provider or a reason
        """
        self.ensure_one()
        # a second click waits for the first one, and opens what it made
        self.lock_for_update()
        if not self.mandate_id:
            self._make_mandate(self._get_files())
        return self.mandate_id._get_records_action()

    def _make_mandate(self, files):
        """Create the mandate, and keep with it what was decided on.

        :param files: list of (name, content)
        :raises UserError: without a provider or a reason
        """
        if not self.provider_id or not self.reason:
            raise UserError(
                self.env._(
                    "Say which provider it is about, and why you delegate: both go "
                    "into the mandate."
                )
            )
        mandate = self.env["collection.mandate"].create(self._prepare_mandate())
        # sudo: the mandate that the user may create; nobody types it
        self.sudo().mandate_id = mandate
        mandate._take_baseline(self.date_from, self.date_to, self._get_going_accounts())
        mandate.message_post(
            body=self.env._("Decided on these figures."), attachments=files
        )

    def _prepare_mandate(self):
        """Values of the mandate that carries over what was decided."""
        method, vals = self._get_terms(self.choice)
        if method == "partial" and not self.segment_ids:
            vals["segment_ids"] = [Command.set(self._get_going_segments().ids)]
        return {
            **vals,
            "name": self.env._(
                "Collection by %(provider)s", provider=self.provider_id.name
            ),
            "provider_id": self.provider_id.id,
            "user_id": self.env.uid,
            "extent": "total" if method == "total" else "partial",
            **({"phase": self.phase} if self.phase else {}),
            "decision_date": self.date,
            "decision_reason": self.reason,
            "decision_note": self.reason_note,
            "decision_score": self.score,
            "decision_cost_in_house": self.cost_in_house,
            "decision_cost_quoted": self.cost_quoted,
        }

    def _get_going_segments(self):
        """Segments of the accounts that go by the choice made."""
        return self._get_going_accounts().segment_id

    def _get_going_accounts(self):
        """The accounts that go by the choice made; None: people have not chosen yet."""
        if self.choice not in DECIDED:
            return None
        line = self.env["collection.delegation.advisor.line"]
        goes = line._get_side_domain(self.choice, "goes")
        return line.search([("advisor_id", "=", self.id), *goes]).account_id

    def _get_files(self):
        """The report and the figures behind it: list of (name, content)."""
        self.ensure_one()
        content, kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "account_collection.action_report_delegation_advisor", self.ids
        )
        return [(f"{self._get_file_name()}.{kind}", content), self._get_xlsx()]
