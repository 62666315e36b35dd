from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..delegation.collection_mandate import WORKING_STATES
from .collection_mandate_measure import CUMULATIVE
from .collection_mandate_terms import Term

#: what is worked out and noted, and nobody types
SEALED = frozenset(
    {
        "actual",
        "actual_from",
        "actual_known",
        "actual_to",
        "baseline",
        "baseline_by_id",
        "baseline_from",
        "baseline_known",
        "baseline_on",
        "baseline_to",
        "status",
    }
)


class CollectionMandateObjective(models.Model):
    """What is to be reached under a mandate, by when, and where it started from.

    The baseline is worked out once, over a period before the provider began, and stays.
    The actual is worked out by the same definition, over as long a period up to today
    or the deadline; after its deadline an objective stays as it was found then.
    """

    _name = "collection.mandate.objective"
    _description = "Objective of a Mandate"
    _inherit = ["collection.mandate.term.mixin"]
    _order = "mandate_id, deadline, sequence, id"
    _rec_name = "indicator_id"

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
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    user_id = fields.Many2one(related="mandate_id.user_id")
    sequence = fields.Integer(default=10)
    indicator_id = fields.Many2one(
        comodel_name="collection.mandate.indicator",
        required=True,
        ondelete="restrict",
        index=True,
    )
    definition = fields.Text(related="indicator_id.definition")
    unit = fields.Selection(related="indicator_id.unit")
    phase_id = fields.Many2one(
        comodel_name="collection.mandate.phase",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        domain="[('mandate_id', '=', mandate_id)]",
        help="Where it is to be reached in one phase. Empty: under the whole mandate.",
    )
    target = fields.Float(digits=(12, 2), required=True, aggregator=None)
    deadline = fields.Date(required=True)

    baseline = fields.Float(digits=(12, 2), readonly=True, copy=False, aggregator=None)
    baseline_known = fields.Boolean(readonly=True, copy=False)
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
    baseline_reason = fields.Char(
        string="Why There Is No Baseline",
        copy=False,
        help="Where the figure could not be worked out before: nothing had been handed "
        "over, nobody was asked.",
    )
    actual = fields.Float(digits=(12, 2), readonly=True, copy=False, aggregator=None)
    actual_known = fields.Boolean(readonly=True, copy=False)
    actual_from = fields.Date(readonly=True, copy=False)
    actual_to = fields.Date(string="Measured until", readonly=True, copy=False)
    status = fields.Selection(
        selection=[
            ("pending", "Pending"),
            ("on_track", "On track"),
            ("reached", "Reached"),
            ("missed", "Missed"),
            ("no_base", "No base"),
        ],
        required=True,
        default="pending",
        readonly=True,
        copy=False,
        index=True,
        help="On track: as far as a straight line from the baseline to the target "
        "leads by today. Pending: not there yet, with time left. Missed: the deadline "
        "has passed. No base: there is nothing to work the figure out from.",
    )
    baseline_text = fields.Char(string="Starting Point", compute="_compute_texts")
    target_text = fields.Char(string="To Be Reached", compute="_compute_texts")
    actual_text = fields.Char(string="Where It Is", compute="_compute_texts")

    @api.depends(
        "indicator_id",
        "currency_id",
        "target",
        "baseline",
        "baseline_known",
        "baseline_on",
        "actual",
        "actual_known",
        "actual_to",
    )
    @api.depends_context("lang")
    def _compute_texts(self):
        for objective in self:
            if not objective.indicator_id:
                objective.baseline_text = objective.actual_text = "–"
                objective.target_text = "–"
                continue
            objective.target_text = objective._write_target()
            objective.baseline_text = (
                objective._write_out(objective._get_baseline())
                if objective.baseline_on or objective.baseline_reason
                else "–"
            )
            objective.actual_text = (
                objective._write_out(objective._get_actual())
                if objective.actual_to
                else "–"
            )

    @api.depends("indicator_id", "mandate_id")
    def _compute_display_name(self):
        for objective in self:
            objective.display_name = " – ".join(
                filter(
                    None,
                    [
                        objective.indicator_id.name,
                        objective.mandate_id.display_name,
                    ],
                )
            )

    @api.constrains("phase_id", "mandate_id")
    def _check_phase(self):
        for objective in self:
            if objective.phase_id and (
                objective.phase_id.mandate_id != objective.mandate_id
            ):
                raise ValidationError(
                    self.env._("The phase is one of another mandate.")
                )

    @api.constrains("target", "indicator_id")
    def _check_target(self):
        for objective in self:
            unit = objective.indicator_id.unit
            if objective.target < 0 or (unit == "percent" and objective.target > 100):
                raise ValidationError(
                    self.env._(
                        "%(indicator)s: a target is not negative, and a share of "
                        "100 %% at most.",
                        indicator=objective.indicator_id.name,
                    )
                )

    @api.constrains("deadline", "phase_id", "mandate_id")
    def _check_deadline(self):
        for objective in self:
            if objective.deadline < objective._get_start():
                raise ValidationError(
                    self.env._(
                        "%(indicator)s: the deadline comes before the provider begins.",
                        indicator=objective.indicator_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # Nobody types what is measured
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_sealed(vals)
        clean = {
            key: value
            for key, value in self.env.context.items()
            if key.removeprefix("default_") not in SEALED
        }
        objectives = super(
            CollectionMandateObjective, self.with_env(self.env(context=clean))
        ).create(vals_list)
        # what is added to the roadmap later starts from where the rest of it does
        for mandate, added in objectives.grouped("mandate_id").items():
            if mandate.baseline_on:
                added._take_baseline(mandate.baseline_from, mandate.baseline_to)
        objectives._follow_status()
        return objectives.with_env(self.env)

    def write(self, vals):
        self._check_sealed(vals)
        if {"indicator_id", "mandate_id"}.intersection(vals) and any(
            objective[name].id != vals[name]
            for objective in self
            for name in ("indicator_id", "mandate_id")
            if name in vals
        ):
            raise UserError(
                self.env._("Take this objective out, and set another one beside it.")
            )
        res = super().write(vals)
        if {"deadline", "phase_id", "target"}.intersection(vals):
            self._follow_status()
        return res

    def _check_sealed(self, vals):
        if SEALED.intersection(vals):
            raise UserError(
                self.env._(
                    "Where an objective starts from and how far it is are worked out: "
                    "nobody types them."
                )
            )

    def _seal(self, vals):
        """Write what was worked out; the caller has checked who acts."""
        # sudo: nobody may write it by hand; past the guard in `write`, on purpose
        self_sudo = super(CollectionMandateObjective, self.sudo())
        return self_sudo.write(vals)  # pylint: disable=super-method-mismatch

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _write_out(self, value):
        return self.indicator_id._format(value, self.currency_id)

    def _write_target(self):
        target = self._write_out(self.target)
        if self.indicator_id.better == "more":
            return self.env._("at least %(target)s", target=target)
        return self.env._("at most %(target)s", target=target)

    def _get_baseline(self):
        """The baseline; None where there is none."""
        return self.baseline if self.baseline_known else None

    def _get_actual(self):
        """What was measured last; None where there was nothing to measure."""
        return self.actual if self.actual_known else None

    def _get_term(self):
        """This objective as the contract says it."""
        self.ensure_one()
        parts = {
            "target": self._write_target(),
            "deadline": format_date(self.env, self.deadline),
        }
        if self.baseline_known:
            text = self.env._(
                "%(target)s by %(deadline)s, from %(baseline)s between %(first)s and "
                "%(last)s",
                baseline=self._write_out(self.baseline),
                first=format_date(self.env, self.baseline_from),
                last=format_date(self.env, self.baseline_to),
                **parts,
            )
        elif self.baseline_reason:
            text = self.env._(
                "%(target)s by %(deadline)s, without a baseline: %(reason)s",
                reason=self.baseline_reason,
                **parts,
            )
        else:
            text = self.env._("%(target)s by %(deadline)s", **parts)
        label = self.indicator_id.name
        if self.phase_id:
            label = f"{label} ({self.phase_id._get_kind_label()})"
        return Term(f"objective-{self.id}", label, text)

    # ------------------------------------------------------------------
    # Where it starts from
    # ------------------------------------------------------------------

    def _take_baseline(self, date_from, date_to):
        """Work out the baseline of these objectives, which have none yet."""
        for objective in self.filtered(lambda objective: not objective.baseline_on):
            value = objective.mandate_id._measure(
                objective.indicator_id.code, date_from, date_to
            )
            objective._seal(
                {
                    "baseline": value or 0.0,
                    "baseline_known": value is not None,
                    "baseline_from": date_from,
                    "baseline_to": date_to,
                    "baseline_on": fields.Datetime.now(),
                    "baseline_by_id": self.env.uid,
                }
            )

    def _get_missing(self):
        """What this objective lacks before the mandate goes live: sentences."""
        self.ensure_one()
        name = self.indicator_id.name
        missing = []
        if not self.baseline_on and not self.baseline_reason:
            missing.append(
                self.env._("%(indicator)s: take the baseline.", indicator=name)
            )
        elif not self.baseline_known and not self.baseline_reason:
            missing.append(
                self.env._(
                    "%(indicator)s: say why there is no baseline.", indicator=name
                )
            )
        if not self.target and self.indicator_id.better == "more":
            missing.append(self.env._("%(indicator)s: set a target.", indicator=name))
        return missing

    # ------------------------------------------------------------------
    # How far it is
    # ------------------------------------------------------------------

    def _is_of(self, day):
        """Whether it is to be reached in the phase of `day`, or in any."""
        return not self.phase_id or self.phase_id._covers(day)

    def _get_start(self):
        """The first day that counts."""
        return max(filter(None, (self.mandate_id.date_start, self.phase_id.date_from)))

    def _get_period(self, today):
        """The days over which the objective is measured on `today`; None before it
        begins.

        As many as the baseline has, the last ones; but never from before the provider
        began, and of what adds up from the first hand-over on, all of them.
        """
        self.ensure_one()
        start = self._get_start()
        end = min(
            filter(
                None,
                (
                    today,
                    self.deadline,
                    self.phase_id.date_to,
                    self.mandate_id.date_end,
                ),
            )
        )
        if end < start:
            return None
        if self.baseline_from and self.indicator_id.code not in CUMULATIVE:
            start = max(start, end - (self.baseline_to - self.baseline_from))
        return start, end

    def _follow_actual(self, today):
        """Measure these objectives as of `today`; one whose last day was measured on
        it or later stays as it was found."""
        for objective in self:
            period = objective._get_period(today)
            if not period or objective._is_final():
                continue
            value = objective.mandate_id._measure(objective.indicator_id.code, *period)
            objective._seal(
                {
                    "actual": value or 0.0,
                    "actual_known": value is not None,
                    "actual_from": period[0],
                    "actual_to": period[1],
                }
            )
        self._follow_status()

    def _is_final(self):
        """Whether the last day that counts has been measured, and is over."""
        return bool(self.actual_to) and self.actual_to >= self.deadline

    def _follow_status(self):
        for objective in self:
            # of the company's own day, whoever looks
            today = objective.company_id._get_collection_today()
            status = objective._get_status(today)
            if status != objective.status:
                objective._seal({"status": status})

    def _get_status(self, today):
        """Where this objective stands on `today`, by what was measured last."""
        self.ensure_one()
        if (
            self.mandate_id.state not in (*WORKING_STATES, "ended")
            or today < self._get_start()
            or not self.actual_to
        ):
            return "pending"
        if not self.actual_known:
            return "no_base"
        if self.indicator_id._meets(self.actual, self.target):
            return "reached"
        if today > self.deadline or self.mandate_id.state == "ended":
            return "missed"
        due = self._get_due(today)
        if due is not None and self.indicator_id._meets(self.actual, due):
            return "on_track"
        return "pending"

    def _get_due(self, today):
        """Where a straight line from the baseline to the target leads by `today`; None
        without a baseline."""
        if not self.baseline_known:
            return None
        start = self._get_start()
        whole = (self.deadline - start + timedelta(days=1)).days
        gone = (today - start + timedelta(days=1)).days
        return self.baseline + (self.target - self.baseline) * gone / whole
