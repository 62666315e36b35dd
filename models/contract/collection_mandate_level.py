from odoo import api, fields, models

from ..base.figures import write_figure

#: levels of the service, in the order in which they are told
LEVELS = [
    ("not_contacted_in_time", "Customers not reached in time"),
    ("first_contact_days", "Days to the first contact"),
    ("share_worked", "Customers called"),
    ("share_contacted", "Customers reached"),
    ("share_kept", "Promises kept"),
    ("callbacks_overdue", "Next actions overdue"),
]
#: of which there is to be more rather than less
MORE = ("share_worked", "share_contacted", "share_kept")


class CollectionMandateLevel(models.Model):
    """A service level of a mandate as it was measured last: what is guaranteed of the
    quality of the work.

    Written by the nightly job alone, which tells the responsible when one is missed.
    """

    _name = "collection.mandate.level"
    _description = "Service Level of a Mandate"
    _order = "mandate_id, sequence, id"
    _rec_name = "code"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(readonly=True)
    code = fields.Selection(
        selection=LEVELS, string="Level", required=True, readonly=True
    )
    value = fields.Float(digits=(12, 1), readonly=True, aggregator=None)
    known = fields.Boolean(readonly=True)
    target = fields.Float(
        string="Threshold", digits=(12, 1), readonly=True, aggregator=None
    )
    has_target = fields.Boolean(readonly=True)
    unit = fields.Char(readonly=True)
    status = fields.Selection(
        selection=[
            ("met", "Met"),
            ("missed", "Missed"),
            ("none", "Nothing to judge"),
        ],
        required=True,
        readonly=True,
    )
    missed_since = fields.Date(
        readonly=True, help="Night in which it was first found missed, without a break."
    )
    value_text = fields.Char(string="Measured Value", compute="_compute_texts")
    target_text = fields.Char(string="Guaranteed", compute="_compute_texts")

    _code_uniq = models.Constraint(
        "UNIQUE (mandate_id, code)", "This level of the mandate is measured already."
    )

    @api.depends("value", "known", "target", "has_target", "unit", "code")
    @api.depends_context("lang")
    def _compute_texts(self):
        for level in self:
            level.value_text = level._write_out(level.value, level.known)
            target = level._write_out(level.target, level.has_target)
            if not level.has_target:
                level.target_text = "–"
            elif level.code in MORE:
                level.target_text = self.env._("at least %(target)s", target=target)
            else:
                level.target_text = self.env._("at most %(target)s", target=target)

    def _write_out(self, value, known):
        return write_figure(self.env, value if known else None, self.unit)


class CollectionMandate(models.Model):
    """How the service of a mandate is judged, and what the night found of it."""

    _inherit = "collection.mandate"

    level_ids = fields.One2many(
        comodel_name="collection.mandate.level",
        inverse_name="mandate_id",
        string="Service Levels",
        readonly=True,
    )

    def _get_service_statuses(self, levels):
        """The service levels one by one, each with its target and whether it is met.

        :param levels: what `_get_service_levels` gave
        :return: list of dicts: `code`, `label`, `value`, `unit` ("", "%" or "days"),
            `target` (None without one), `more` (better the more) and `status`:
            "met", "missed" or "none" (no target, or nothing to judge)
        """
        self.ensure_one()
        targets = self._get_targets()
        labels = self._get_level_labels()
        days = levels["contact_days"]
        table = [
            (
                "not_contacted_in_time",
                levels["not_contacted_in_time"],
                "",
                0,
                False,
            ),
            (
                "first_contact_days",
                levels["first_contact_days"],
                "days",
                days,
                False,
            ),
            (
                "share_worked",
                levels["share_worked"],
                "%",
                None,
                True,
            ),
            (
                "share_contacted",
                levels["share_contacted"],
                "%",
                targets.get("share_contacted"),
                True,
            ),
            (
                "share_kept",
                levels["share_kept"],
                "%",
                targets.get("share_kept"),
                True,
            ),
            (
                "callbacks_overdue",
                levels["callbacks_overdue"],
                "",
                0,
                False,
            ),
        ]
        return [
            {
                "code": code,
                "label": labels[code],
                "value": value,
                "unit": unit,
                "target": target,
                "more": more,
                "status": _judge(value, target, more),
            }
            for code, value, unit, target, more in table
        ]

    def _get_level_labels(self):
        """What each service level counts: {code: sentence}."""
        self.ensure_one()
        # sudo: a term of the mandate that the caller reads
        days = self.sudo().contact_days
        return {
            "not_contacted_in_time": self.env._(
                "Customers not reached within %(days)s days", days=days
            ),
            "first_contact_days": self.env._(
                "Days from the hand-over to the first contact, on average"
            ),
            "share_worked": self.env._("Customers called at least once"),
            "share_contacted": self.env._("Customers reached"),
            "share_kept": self.env._("Promises kept, of those fallen due"),
            "callbacks_overdue": self.env._("Next actions overdue"),
        }

    def _get_targets(self):
        """What is to be reached today of each indicator: {code: target}.

        By the objectives that hold on this day: of this phase or of all, the one whose
        deadline comes first; none when all of them have passed.
        """
        self.ensure_one()
        # sudo: objectives of a mandate that the caller was let near
        mandate_sudo = self.sudo()
        today = mandate_sudo.company_id._get_collection_today()
        targets = {}
        for objective in mandate_sudo.objective_ids.sorted("deadline"):
            if objective.deadline >= today and objective._is_of(today):
                targets.setdefault(objective.indicator_id.code, objective.target)
        return targets

    def _measure_levels(self):
        """Write down the service levels of today.

        :return: those that are missed and were not the last time
        """
        self.ensure_one()
        # sudo: rows that nobody types
        levels_sudo = self.env["collection.mandate.level"].sudo()
        known = {level.code: level for level in self.sudo().level_ids}
        today = self.company_id._get_collection_today()
        missed = levels_sudo.browse()
        rows = self._get_service_statuses(self._get_service_levels())
        for sequence, row in enumerate(rows):
            level = known.get(row["code"])
            before = level.status if level else None
            vals = {
                "sequence": sequence,
                "value": row["value"] or 0.0,
                "known": row["value"] is not None,
                "target": row["target"] or 0.0,
                "has_target": row["target"] is not None,
                "unit": row["unit"],
                "status": row["status"],
            }
            if row["status"] != "missed":
                vals["missed_since"] = False
            elif before != "missed":
                vals["missed_since"] = today
            if level:
                level.write(vals)
            else:
                vals.update(mandate_id=self.id, code=row["code"])
                level = levels_sudo.create(vals)
            if row["status"] == "missed" and before != "missed":
                missed |= level
        return missed


def _judge(value, target, more):
    if value is None or target is None:
        return "none"
    return "met" if (value >= target if more else value <= target) else "missed"
