from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import measure
from ..base.figures import format_figure, write_figure
from .collection_mandate_measure import MONTH
from .collection_mandate_terms import Term, insert_sections

#: services that are about invoices already late
LATE = ("late", "very_late")
#: from how many days late on, and up to how many, where nothing else is said
SCOPES = {
    "late": (1, 90),
    "very_late": (91, 0),
    "pre_reminder": (-15, 0),
    "bills": (-30, 0),
    "training": (0, 0),
}


class CollectionMandateService(models.Model):
    """One service of the provider: of what age, at what fee, and what came of it."""

    _name = "collection.mandate.service"
    _description = "Service under a Mandate"
    _inherit = ["collection.mandate.term.mixin"]
    _order = "mandate_id, sequence, id"
    _rec_name = "kind"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        selection=[
            ("late", "Late invoices"),
            ("very_late", "Very late invoices"),
            ("pre_reminder", "Reminder before the due date"),
            ("bills", "Bills of exchange"),
            ("training", "Training of your own staff"),
        ],
        string="Service",
        required=True,
    )
    days_from = fields.Integer(
        string="From (Days Late)",
        compute="_compute_scope",
        store=True,
        readonly=False,
        precompute=True,
        aggregator=None,
        help="Days late from which on an invoice is in the service; negative: days "
        "before it is due.",
    )
    days_to = fields.Integer(
        string="To (Days Late)",
        compute="_compute_scope",
        store=True,
        readonly=False,
        precompute=True,
        aggregator=None,
        help="The last day late. Of late invoices 0: however late.",
    )
    fee_kind = fields.Selection(
        selection=[
            ("included", "Included"),
            ("fixed", "Per month"),
            ("item", "Per piece"),
            ("percent", "% of the money received"),
        ],
        string="Fee",
        required=True,
        default="included",
    )
    fee = fields.Float(string="Fee in Figures", digits=(12, 2), aggregator=None)
    fee_terms = fields.Text(
        string="Fee in Words",
        help="The fee spelt out, what it covers, and when it is due.",
    )
    account_count = fields.Integer(
        string="Customers",
        compute="_compute_figures",
        help="Customers with an invoice in the scope that is with the provider.",
    )
    amount = fields.Monetary(
        compute="_compute_figures", help="Open and with the provider, in the scope."
    )
    amount_received = fields.Monetary(
        string="Money Received",
        compute="_compute_figures",
        help="Money received under the mandate that came as late as the scope says.",
    )
    act_count = fields.Integer(
        string="Acts",
        compute="_compute_figures",
        help="Calls of the provider to the customers counted, since the mandate began; "
        "invoices checked before they were due; bills sent; trainings held.",
    )

    _scope = models.Constraint(
        "CHECK (days_to = 0 OR days_to >= days_from)",
        "The service ends before it begins: look at its days.",
    )
    _fee_positive = models.Constraint("CHECK (fee >= 0)", "A fee cannot be negative.")

    @api.depends("kind")
    def _compute_scope(self):
        for service in self:
            service.days_from, service.days_to = SCOPES.get(service.kind, (0, 0))

    @api.constrains("fee_kind", "fee")
    def _check_fee(self):
        for service in self:
            if service.fee_kind == "percent" and service.fee > 100:
                raise ValidationError(
                    self.env._("A fee of the money received is 100 %% of it at most.")
                )

    @api.constrains("kind", "days_from", "days_to", "mandate_id")
    def _check_scope(self):
        for mandate in self.mandate_id:
            late = mandate.service_ids.filtered(
                lambda service: service.kind in LATE
            ).sorted("days_from")
            for service, following in zip(late, late[1:], strict=False):
                if not service.days_to or following.days_from <= service.days_to:
                    raise ValidationError(
                        self.env._(
                            "An invoice is late for one service only: “%(first)s” and "
                            "“%(second)s” share some days.",
                            first=service._get_label(),
                            second=following._get_label(),
                        )
                    )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.depends("kind", "days_from", "days_to", "mandate_id")
    def _compute_figures(self):
        for service in self:
            figures = service._origin._get_figures() if service._origin else {}
            service.account_count = figures.get("accounts", 0)
            service.amount = figures.get("amount", 0.0)
            service.amount_received = figures.get("received", 0.0)
            service.act_count = figures.get("acts", 0)

    def _get_figures(self):
        """Figures of this service as of today: dict, only of what it has any."""
        self.ensure_one()
        # sudo: sums of the mandate that the reader sees
        self_sudo = self.sudo()
        return getattr(
            self_sudo,
            "_get_late_figures" if self.kind in LATE else f"_get_{self.kind}_figures",
        )()

    def _get_day_domain(self, name):
        """Domain on the days late in the field `name`, of this scope."""
        domain = Domain(name, ">=", self.days_from)
        if self.days_to or self.kind not in LATE:
            domain &= Domain(name, "<=", self.days_to)
        return domain

    def _get_late_figures(self):
        mandate = self.mandate_id
        today = self.company_id._get_collection_today()
        first = fields.Date.subtract(today, days=self.days_from)
        domain = (
            Domain("account_id.mandate_id", "=", mandate.id)
            & Domain("delegated", "=", True)
            & Domain("state", "=", "open")
            & Domain("date_due", "<=", first)
        )
        if self.days_to:
            last = fields.Date.subtract(today, days=self.days_to)
            domain &= Domain("date_due", ">=", last)
        items = self.env["collection.item"]
        [(accounts, amount)] = items._read_group(
            domain, [], ["account_id:count_distinct", "amount_residual_company:sum"]
        )
        calls = self.env["collection.call"].search_count(
            Domain("account_id.item_ids", "any", domain)
            & Domain("side", "=", "provider")
            & Domain("correction_of_id", "=", False)
            & Domain("date", ">=", mandate.date_start)
            & Domain.custom(
                to_sql=lambda model, alias, query: self._get_held_sql(
                    SQL.identifier(alias, "account_id"),
                    SQL("%s::date", SQL.identifier(alias, "date")),
                )
            )
        )
        return {
            "accounts": accounts,
            "amount": amount or 0.0,
            "acts": calls,
            "received": mandate._get_received(
                mandate.date_start, today, self._get_day_domain("days_late")
            ),
        }

    def _get_cost(self, date_from, date_to):
        """What this service cost by its terms since `date_from`: an estimate, the
        statements of the provider say what is paid."""
        match self.fee_kind:
            case "fixed":
                return self.fee * ((date_to - date_from).days + 1) / MONTH
            case "item":
                return self.fee * self.act_count
            case "percent":
                return self.fee * self.amount_received / 100
            case _:
                return 0.0

    def _get_held_sql(self, account, day):
        """SQL condition that the provider had a customer under this very mandate on a
        day: it may have several, and is paid once."""
        mandate = self.mandate_id
        return SQL(
            "%s = %s",
            self.env["collection.placement.line"]._get_mandate_sql(
                account, day, SQL("%s", mandate.provider_id.id)
            ),
            mandate.id,
        )

    def _get_pre_reminder_figures(self):
        self.env["collection.precheck"].flush_model()
        self.env["collection.item"].flush_model(["amount_residual_company"])
        self.env["collection.agent"].flush_model(["provider_id", "user_id"])
        [(accounts, acts, amount)] = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(DISTINCT precheck.account_id), COUNT(*),
                       SUM(item.amount_residual_company)
                  FROM collection_precheck precheck
                  JOIN collection_item item ON item.id = precheck.item_id
                 WHERE precheck.company_id = %(company)s
                   AND precheck.date_checked >= %(since)s
                   AND EXISTS (SELECT FROM collection_agent agent
                                WHERE agent.user_id = precheck.user_id
                                  AND agent.provider_id = %(provider)s)
                   AND %(held)s
                """,
                company=self.company_id.id,
                since=self.mandate_id.date_start,
                provider=self.mandate_id.provider_id.id,
                held=self._get_held_sql(
                    SQL("precheck.account_id"), SQL("precheck.date_checked")
                ),
            )
        )
        return {"accounts": accounts, "acts": acts, "amount": amount or 0.0}

    def _get_bills_figures(self):
        bills = self.env["collection.bill"].search(
            [
                ("account_id.mandate_id", "=", self.mandate_id.id),
                ("account_id.delegation_state", "=", "delegated"),
                ("date_sent", ">=", self.mandate_id.date_start),
            ]
        )
        return {
            "accounts": len(bills.account_id),
            "amount": sum(bills.item_ids.mapped("amount_residual_company")),
            "acts": len(bills),
        }

    def _get_training_figures(self):
        return {
            "acts": self.env["collection.agent.training"].search_count(
                [
                    ("agent_id.side", "=", "company"),
                    ("agent_id.user_id.company_ids", "in", self.company_id.ids),
                    ("date", ">=", self.mandate_id.date_start),
                ]
            )
        }

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _get_label(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _get_scope_text(self):
        """The ages of the invoices in words; nothing of a training."""
        if self.kind == "training":
            return ""
        if self.kind in LATE:
            if not self.days_to:
                return self.env._("from %(first)s days late on", first=self.days_from)
            return self.env._(
                "from %(first)s to %(last)s days late",
                first=self.days_from,
                last=self.days_to,
            )
        return self.env._(
            "from %(days)s days before the due date", days=-self.days_from
        )

    def _get_fee_text(self):
        """The fee in figures and words."""
        amount = self.currency_id.format(self.fee)
        match self.fee_kind:
            case "fixed":
                figures = self.env._("%(amount)s per month", amount=amount)
            case "item":
                figures = self.env._("%(amount)s per piece", amount=amount)
            case "percent":
                figures = self.env._(
                    "%(rate)s %% of the money received",
                    rate=format_figure(self.env, self.fee),
                )
            case _:
                figures = self.env._("included")
        return " – ".join(filter(None, [figures, self.fee_terms]))

    def _get_term(self):
        """This service as the contract says it."""
        self.ensure_one()
        return Term(
            f"service-{self.id}",
            self._get_label(),
            "; ".join(filter(None, [self._get_scope_text(), self._get_fee_text()])),
        )


class CollectionMandate(models.Model):
    """The services of a mandate, each of its own age and at its own fee."""

    _inherit = "collection.mandate"

    service_ids = fields.One2many(
        comodel_name="collection.mandate.service",
        inverse_name="mandate_id",
        string="Services",
        copy=True,
    )
    cost_text = fields.Char(
        string="Cost of the Provider",
        compute="_compute_cost_texts",
        help="What the services cost by their terms since the mandate began, of the "
        "money received on what was handed over.",
    )
    cost_in_house_text = fields.Char(
        string="Cost In-house",
        compute="_compute_cost_texts",
        help="What the company's own people cost in the period of the baseline, of the "
        "money that they brought in: by the hours and their cost in the settings.",
    )

    @api.depends(
        "service_ids.fee", "service_ids.fee_kind", "date_start", "baseline_from"
    )
    @api.depends_context("lang")
    def _compute_cost_texts(self):
        for mandate in self:
            mandate.cost_text = write_figure(
                self.env, mandate._origin._get_cost_rate(), "%"
            )
            mandate.cost_in_house_text = write_figure(
                self.env, mandate._origin._get_cost_rate_in_house(), "%"
            )

    def _get_cost_rate_in_house(self):
        """What collecting in-house cost before, in percent of the money received; None
        where nobody entered the hours, or no baseline was taken."""
        if not self.baseline_from:
            return None
        # sudo: hours of the company's people, of which only the rate is shown
        rate = (
            self.company_id.sudo()
            ._get_in_house_cost(self.baseline_from, self.baseline_to)
            .rate
        )
        return None if rate is None else round(rate, 2)

    def _get_cost_rate(self):
        """What the provider costs, in percent of the money received; None where nothing
        came in, or where the services do not say what they cost."""
        # one that is being typed has no company yet
        today = self.company_id and self.company_id._get_collection_today()
        if not today or not self.date_start or self.date_start > today:
            return None
        costs = sum(
            service._get_cost(self.date_start, today) for service in self.service_ids
        )
        # sudo: a sum of the mandate that the reader sees
        received = self.sudo()._get_received(self.date_start, today)
        if costs <= 0 or received <= 0:
            return None
        return round(100 * measure.cost_per_unit(costs, received), 2)

    @api.model
    def _get_term_sections(self):
        return insert_sections(
            super()._get_term_sections(),
            "scope",
            {"services": self.env._("Services")},
        )

    def _collect_terms(self):
        terms = super()._collect_terms()
        terms["services"] += [service._get_term() for service in self.service_ids]
        return terms
