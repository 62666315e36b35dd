from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, formatLang

from ..base.roles import check_manager
from .collection_mandate_terms import Term, insert_sections

#: figures of the team in a phase, as `collection.daily.figure` has them
TEAM_FIGURES = ("attempts", "right_party", "promises", "promises_kept")


class CollectionMandatePhase(models.Model):
    """From when to when the provider's people work on the company's premises, or at
    their own.

    What was done and came in stands beside each other, phase by phase.
    """

    _name = "collection.mandate.phase"
    _description = "Phase of a Mandate"
    _inherit = ["collection.mandate.term.mixin"]
    _order = "mandate_id, date_from, id"

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
    kind = fields.Selection(
        selection=[("on_site", "On site"), ("off_site", "Off site")], required=True
    )
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To", help="Empty: until the mandate ends.")
    attempts = fields.Integer(
        string="Calls Made",
        compute="_compute_figures",
        help="Outgoing calls to the mandate's customers in the phase.",
    )
    right_party = fields.Integer(
        string="Right Person",
        compute="_compute_figures",
        help="Calls in which somebody able to answer for the payment was reached.",
    )
    promises = fields.Integer(compute="_compute_figures")
    promises_kept = fields.Integer(
        compute="_compute_figures", help="Of the promises made in the phase."
    )
    amount_received = fields.Monetary(
        string="Money Received",
        compute="_compute_figures",
        help="Money received in the phase on what was handed over.",
    )
    satisfaction_text = fields.Char(
        string="Satisfaction",
        compute="_compute_figures",
        help="Mean of the marks, from 1 to 5, that customers gave for calls.",
    )

    _dates = models.Constraint(
        "CHECK (date_to >= date_from)", "The phase ends before it begins."
    )

    @api.depends("kind", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for phase in self:
            phase.display_name = phase._get_text()

    @api.depends("mandate_id", "date_from", "date_to")
    def _compute_figures(self):
        for phase in self:
            period = phase._get_days()
            figures = phase._get_team_figures(*period) if period else {}
            for name in TEAM_FIGURES:
                phase[name] = figures.get(name, 0)
            mark = figures.get("satisfaction")
            phase.satisfaction_text = (
                formatLang(self.env, mark, digits=2) if mark else self.env._("n/a")
            )
            # sudo: a sum of the mandate that the reader sees
            mandate_sudo = phase.mandate_id._origin.sudo()
            phase.amount_received = (
                mandate_sudo._get_received(*period) if period else 0.0
            )

    def _get_days(self):
        """First and last day of the phase up to today; None before it begins."""
        if not self.date_from or not self.mandate_id._origin:
            return None
        today = self.mandate_id.company_id._get_collection_today()
        end = min(filter(None, (today, self.date_to)))
        return (self.date_from, end) if self.date_from <= end else None

    def _get_team_figures(self, date_from, date_to):
        # sudo: sums of a mandate that the reader sees
        mandate_sudo = self.mandate_id._origin.sudo()
        names = [*TEAM_FIGURES, "satisfaction"]
        values = mandate_sudo._get_call_figures(date_from, date_to, *names)
        return {name: value for name, value in zip(names, values, strict=True) if value}

    @api.constrains("mandate_id", "date_from", "date_to")
    def _check_apart(self):
        for mandate in self.mandate_id:
            for phase in mandate.phase_ids:
                for other in mandate.phase_ids - phase:
                    if phase.date_from <= other._get_last() and (
                        other.date_from <= phase._get_last()
                    ):
                        raise ValidationError(
                            self.env._(
                                "Two phases of a mandate do not overlap: %(first)s, "
                                "%(second)s.",
                                first=phase.display_name,
                                second=other.display_name,
                            )
                        )

    @api.model_create_multi
    def create(self, vals_list):
        phases = super().create(vals_list)
        phases.mandate_id._follow_phase()
        return phases

    def write(self, vals):
        res = super().write(vals)
        self.mandate_id._follow_phase()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aimed_at(self):
        # one that is to be reached in a phase would hold for the whole mandate
        objectives = self.env["collection.mandate.objective"].search(
            [("phase_id", "in", self.ids)]
        )
        if objectives:
            raise UserError(
                self.env._(
                    "%(phase)s: take out what is to be reached in it first.",
                    phase=objectives.phase_id[0].display_name,
                )
            )

    def _get_last(self):
        return self.date_to or date.max

    def _covers(self, day):
        return self.date_from <= day <= self._get_last()

    def _get_kind_label(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _get_text(self):
        """The phase in words."""
        if not self.kind or not self.date_from:
            return ""
        if not self.date_to:
            return self.env._(
                "%(kind)s from %(first)s on",
                kind=self._get_kind_label(),
                first=format_date(self.env, self.date_from),
            )
        return self.env._(
            "%(kind)s from %(first)s to %(last)s",
            kind=self._get_kind_label(),
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )

    def action_switch(self):
        """See what follows for the logins of the team, and let them follow."""
        self.ensure_one()
        check_manager(self.env, self.env._("A credit manager moves the people."))
        return self.mandate_id._switch_people(self.kind)


class CollectionMandate(models.Model):
    """The phase of a mandate is that of today, where phases were agreed on."""

    _inherit = "collection.mandate"

    phase_ids = fields.One2many(
        comodel_name="collection.mandate.phase",
        inverse_name="mandate_id",
        string="Phases",
    )

    def write(self, vals):
        res = super().write(vals)
        if "phase" in vals:
            # where phases were agreed on, today's holds whatever was chosen
            self._follow_phase()
        return res

    def _follow_phase(self):
        """Bring the phase up to today; between two phases the last one goes on."""
        for mandate in self:
            # by the day of the company, whoever looks
            today = mandate.company_id._get_collection_today()
            [current] = mandate.phase_ids.filtered(
                lambda phase, today=today: phase._covers(today)
            ) or [mandate.phase_ids.browse()]
            if current and mandate.phase != current.kind:
                # sudo: it follows from what a manager agreed on
                mandate.sudo().phase = current.kind

    def _switch_people(self, kind):
        """Open what becomes of the logins of those who are not where the phase is."""
        self.ensure_one()
        # sudo: which kind of user each agent has
        strangers = self.agent_ids.filtered(
            lambda agent: (
                agent.active and agent.sudo().user_id.share != (kind == "off_site")
            )
        )
        if not strangers:
            raise UserError(
                self.env._("Everybody in the team has the login of this phase already.")
            )
        wizard = self.env["collection.phase.switch"].create(
            {
                "mandate_id": self.id,
                "kind": kind,
                "line_ids": [
                    fields.Command.create({"agent_id": agent.id}) for agent in strangers
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Let the People Follow the Phase"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _get_term_sections(self):
        return insert_sections(
            super()._get_term_sections(),
            "duration",
            {"phases": self.env._("Phases")},
        )

    def _collect_terms(self):
        terms = super()._collect_terms()
        phases = self.phase_ids.sorted("date_from")
        for number, phase in enumerate(phases, start=1):
            terms["phases"].append(
                Term(
                    f"phase-{phase.id}",
                    self.env._("Phase %(number)s", number=number),
                    phase._get_text(),
                )
            )
        return terms

    def _get_missing(self, state):
        missing = super()._get_missing(state)
        if (
            state == "live"
            and self.phase_ids
            and not any(phase._covers(self.date_start) for phase in self.phase_ids)
        ):
            missing.append(
                self.env._(
                    "No phase covers the first day, %(day)s.",
                    day=format_date(self.env, self.date_start),
                )
            )
        return missing
