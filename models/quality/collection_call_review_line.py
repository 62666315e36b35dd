from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.quality import POINTS


class CollectionCallReviewLine(models.Model):
    """How one criterion was met in one call."""

    _name = "collection.call.review.line"
    _description = "Criterion of a Call Review"
    _inherit = ["collection.provider.mixin"]
    _order = "sequence, id"
    _rec_name = "criterion_id"

    _provider_fields = frozenset(
        {
            "criterion_id",
            "date",
            "points",
            "result",
            "review_id",
            "sequence",
            "side",
            "weight",
        }
    )
    _on_site_fields = frozenset({"agent_id", "user_id"})

    review_id = fields.Many2one(
        comodel_name="collection.call.review",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    criterion_id = fields.Many2one(
        comodel_name="collection.quality.criterion",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(readonly=True)
    description = fields.Text(related="criterion_id.description")
    weight = fields.Integer(readonly=True)
    critical = fields.Boolean(readonly=True)
    result = fields.Selection(
        selection=[
            ("yes", "Met"),
            ("partly", "Partly met"),
            ("no", "Not met"),
            ("na", "Does not apply"),
        ],
    )
    points = fields.Float(
        string="Met (%)",
        digits=(5, 1),
        compute="_compute_points",
        store=True,
        aggregator="avg",
        help="100: met, 50: partly met, 0: not met; what does not apply is left out "
        "of the mean.",
    )
    comment = fields.Char()
    company_id = fields.Many2one(related="review_id.company_id", store=True)
    date = fields.Date(related="review_id.date", store=True)
    state = fields.Selection(related="review_id.state", store=True)
    side = fields.Selection(related="review_id.side", store=True)
    user_id = fields.Many2one(related="review_id.user_id", store=True, index=True)
    agent_id = fields.Many2one(related="review_id.agent_id", store=True)

    _criterion_uniq = models.Constraint(
        "UNIQUE (review_id, criterion_id)", "Each criterion is marked once."
    )

    @api.depends("result")
    def _compute_points(self):
        for line in self:
            line.points = 100.0 * float(POINTS.get(line.result) or 0)

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "points:avg":
            # what does not apply, or was not heard yet, is no nought
            return SQL(
                "AVG(%s) FILTER (WHERE %s IN ('yes', 'partly', 'no') AND %s = 'done')",
                self._field_to_sql(self._table, "points", query),
                SQL.identifier(self._table, "result", to_flush=self._fields["result"]),
                SQL.identifier(self._table, "state", to_flush=self._fields["state"]),
            )
        return super()._read_group_select(aggregate_spec, query)

    def write(self, vals):
        if not self.env.su:
            if not {"result", "comment"}.issuperset(vals):
                raise UserError(
                    self.env._("Only how a criterion was met, and why, is marked.")
                )
            self.review_id._check_reviewer()
        return super().write(vals)
