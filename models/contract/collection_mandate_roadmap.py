from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..base.days import company_today
from ..base.roles import check_manager
from ..delegation.collection_mandate import WORKING_STATES
from .collection_mandate_terms import insert_sections

#: what is said of the baseline as a whole
BASELINE = ("baseline_by_id", "baseline_from", "baseline_on", "baseline_to")
#: what the notices are about
ROADMAP_ACTIVITY = "account_collection.mail_activity_type_roadmap"


class CollectionMandate(models.Model):
    """The roadmap of a mandate: objectives from a baseline, measured every night."""

    _inherit = "collection.mandate"

    objective_ids = fields.One2many(
        comodel_name="collection.mandate.objective",
        inverse_name="mandate_id",
        string="Objectives",
        copy=True,
    )
    baseline_from = fields.Date(readonly=True, copy=False)
    baseline_to = fields.Date(readonly=True, copy=False)
    baseline_on = fields.Datetime(string="Baseline Taken on", readonly=True, copy=False)
    baseline_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Baseline Taken by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    baseline_count = fields.Integer(
        string="Customers Counted", compute="_compute_baseline_count"
    )
    measured_on = fields.Date(readonly=True, copy=False)
    seats = fields.Integer(
        string="People of the Provider",
        copy=True,
        help="How many the provider commits itself to have at work.",
    )
    equipment = fields.Text(
        help="What of rooms, machines and software goes to the provider, or is brought "
        "by it."
    )

    _seats_positive = models.Constraint(
        "CHECK (seats >= 0)", "The number of people cannot be negative."
    )

    def _compute_baseline_count(self):
        # sudo: a number, for whoever reads the mandate
        counts = dict(
            self.env["collection.mandate.customer"]
            .sudo()
            ._read_group(
                [("mandate_id", "in", self.ids)],
                ["mandate_id"],
                # customers who became one count once
                ["account_id:count_distinct"],
            )
        )
        for mandate in self:
            mandate.baseline_count = counts.get(mandate._origin.sudo(), 0)

    @api.model
    def _get_sealed_fields(self):
        return super()._get_sealed_fields() | {*BASELINE, "measured_on"}

    # ------------------------------------------------------------------
    # The contract
    # ------------------------------------------------------------------

    @api.model
    def _get_term_fields(self):
        fields_by_section = super()._get_term_fields()
        fields_by_section["guarantee"] = ("seats", "equipment")
        return fields_by_section

    @api.model
    def _get_term_sections(self):
        return insert_sections(
            super()._get_term_sections(),
            "scope",
            {
                "objectives": self.env._("Objectives"),
                "guarantee": self.env._("Guarantee of Quality"),
            },
        )

    def _collect_terms(self):
        terms = super()._collect_terms()
        terms["objectives"] += [
            objective._get_term() for objective in self.objective_ids
        ]
        if not self.seats and not self.equipment:
            terms["guarantee"] = []
        return terms

    def _get_missing(self, state):
        missing = super()._get_missing(state)
        if state != "live" or self.live_since:
            return missing
        if not self.objective_ids:
            missing.append(
                self.env._("Set at least one objective, with its target and deadline.")
            )
        for objective in self.objective_ids:
            missing += objective._get_missing()
        if not self.review_ids.filtered(lambda review: review.state != "cancelled"):
            missing.append(self.env._("Plan the first review with the provider."))
        return missing

    # ------------------------------------------------------------------
    # Where it starts from
    # ------------------------------------------------------------------

    def action_take_baseline(self):
        """Take the baseline of the three whole months before the provider begins."""
        for mandate in self:
            today = mandate.company_id._get_collection_today()
            last = min(mandate.date_start, today).replace(day=1) - timedelta(days=1)
            first = last.replace(day=1)
            for _month in range(2):
                first = (first - timedelta(days=1)).replace(day=1)
            mandate._take_baseline(first, last)

    def _take_baseline(self, date_from, date_to, accounts=None):
        """Work out where the objectives start from, and whose figures these are.

        Once: while the mandate is in study it is taken anew, later only of objectives
        that have none.

        :param accounts: customers who are to go; None: all that may be handed over
            under the mandate as it stands
        :raises UserError: when the period is not over, or not before the provider began
        """
        check_manager(self.env, self.env._("Only credit managers take a baseline."))
        for mandate in self:
            mandate.check_access("write")
            mandate._check_baseline_period(date_from, date_to)
            objectives = mandate.objective_ids
            if not mandate.baseline_on or mandate.state == "study":
                mandate._count_customers(accounts)
                mandate._seal(
                    {
                        "baseline_by_id": self.env.uid,
                        "baseline_from": date_from,
                        "baseline_on": fields.Datetime.now(),
                        "baseline_to": date_to,
                    }
                )
                objectives._seal({"baseline_on": False})
            mandate._read_month_ends(date_from, date_to)
            objectives._take_baseline(date_from, date_to)

    def _check_baseline_period(self, date_from, date_to):
        if date_from > date_to:
            raise UserError(self.env._("The period ends before it begins."))
        today = self.company_id._get_collection_today()
        if date_to >= self.date_start or date_to >= today:
            raise UserError(
                self.env._(
                    "A baseline is of days before the provider begins on %(day)s, that "
                    "are over.",
                    day=format_date(self.env, self.date_start),
                )
            )

    def _count_customers(self, accounts=None):
        """Note whose figures the baseline is, in one statement."""
        # sudo: rows that nobody types, of a mandate that the caller may write
        customers_sudo = self.env["collection.mandate.customer"].sudo()
        customers_sudo.search([("mandate_id", "=", self.id)]).unlink()
        accounts_sudo = self.env["collection.account"].sudo()
        domain = self._get_scope_domain()
        if accounts is not None:
            domain = [
                ("id", "in", accounts.ids),
                ("company_id", "=", self.company_id.id),
            ]
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_mandate_customer (mandate_id, account_id)
                SELECT %s, id FROM (%s) account RETURNING id
                """,
                self.id,
                accounts_sudo._search(domain).select(),
            )
        )
        customers_sudo.invalidate_model()

    def _read_month_ends(self, date_from, date_to):
        """Read the month ends of a period that the nightly job has not come to yet."""
        # sudo: written by nobody by hand; the job would do the same tonight
        snapshots_sudo = self.env["collection.snapshot"].sudo()
        for company, day in snapshots_sudo._get_missing():
            if company == self.company_id and date_from <= day <= date_to:
                snapshots_sudo._freeze(company, day)

    # ------------------------------------------------------------------
    # How far it is
    # ------------------------------------------------------------------

    def action_measure(self):
        """Measure objectives and service levels as of now."""
        check_manager(self.env, self.env._("Only credit managers measure a mandate."))
        self.check_access("write")
        for mandate in self:
            mandate._measure_roadmap()

    def action_open_objectives(self):
        """The objectives of this mandate as a list of their own."""
        return self._open_of_mandate(
            "account_collection.collection_mandate_objective_action"
        )

    def _measure_roadmap(self):
        """Measure what is to be reached, and tell the responsible of new misses."""
        self.ensure_one()
        today = self.company_id._get_collection_today()
        before = {
            objective: objective.status == "missed" for objective in self.objective_ids
        }
        self.objective_ids._follow_actual(today)
        levels = self.level_ids.browse()
        if self._is_working():
            levels = self._measure_levels()
        missed = self.objective_ids.filtered(
            lambda objective: objective.status == "missed" and not before[objective]
        )
        self._seal({"measured_on": today})
        if missed or levels:
            self._tell_missed(missed, levels)

    def _tell_missed(self, objectives, levels):
        """One notice about what was found to be missed for the first time."""
        # sudo: an activity of somebody else's, about a mandate that was measured
        self.sudo()._activity_schedule_for(
            self._get_responsible(),
            ROADMAP_ACTIVITY,
            lambda asked_sudo: {
                "summary": asked_sudo.env._(
                    "%(provider)s does not reach what was agreed",
                    provider=asked_sudo.provider_id.display_name,
                ),
                "note": asked_sudo._list_missed(
                    objectives.with_env(asked_sudo.env), levels.with_env(asked_sudo.env)
                ),
            },
        )

    def _list_missed(self, objectives, levels):
        """What was not reached, as a list in the language of the context."""
        sentences = [
            self.env._(
                "%(indicator)s: %(actual)s instead of %(target)s by %(day)s",
                indicator=objective.indicator_id.name,
                actual=objective.actual_text,
                target=objective.target_text,
                day=format_date(self.env, objective.deadline),
            )
            for objective in objectives
        ]
        labels = self._get_level_labels()
        sentences += [
            self.env._(
                "%(level)s: %(value)s, guaranteed is %(target)s",
                level=labels[level.code],
                value=level.value_text,
                target=level.target_text,
            )
            for level in levels
        ]
        return Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s</li>") % text for text in sentences
        )

    def action_end(self):
        # measured for the last time while the customers are still with the provider
        for mandate in self.filtered(lambda mandate: mandate.state in WORKING_STATES):
            mandate.objective_ids._follow_actual(
                mandate.company_id._get_collection_today()
            )
        res = super().action_end()
        self.objective_ids._follow_status()
        return res

    @api.model
    def _cron_follow(self):
        """Every night: today's phase, and how far the roadmap is.

        Mandate by mandate, each saved: what was interrupted goes on from there.
        """
        Cron = self.env["ir.cron"]
        waiting = []
        for place, companies in self.env["res.company"]._by_collection_place():
            here = self.with_context(**place)
            here.search(
                [("state", "!=", "ended"), ("company_id", "in", companies.ids)]
            )._follow_phase()
            today = company_today(companies)
            waiting += here.search(
                [
                    ("state", "in", WORKING_STATES),
                    ("company_id", "in", companies.ids),
                    "|",
                    ("measured_on", "=", False),
                    ("measured_on", "<", today),
                ]
            )
        Cron._commit_progress(remaining=len(waiting))
        for mandate in waiting:
            mandate._measure_roadmap()
            if not Cron._commit_progress(1):
                break
