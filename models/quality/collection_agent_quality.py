from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..base.days import company_today
from ..delegation.collection_agent_team import COLLECTOR_GROUP, MARK_MONTHS


class CollectionAgent(models.Model):
    """What is known of the calls of an agent."""

    _inherit = "collection.agent"

    review_mark = fields.Float(
        string="Call Quality",
        digits=(5, 1),
        compute="_compute_review_mark",
        groups=COLLECTOR_GROUP,
        help="Mean mark of the calls reviewed in the last twelve months.",
    )
    reviewed_count = fields.Integer(
        string="Calls Marked", compute="_compute_review_mark", groups=COLLECTOR_GROUP
    )

    @api.depends_context("uid")
    def _compute_review_mark(self):
        first = company_today(self) - relativedelta(months=MARK_MONTHS, days=-1)
        # under the reader's rules: collectors see their own mark
        marks = {
            agent: (mark, count)
            for agent, mark, count in self.env["collection.call.review"]._read_group(
                [
                    ("agent_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("date", ">=", first),
                ],
                ["agent_id"],
                ["mark:avg", "__count"],
            )
        }
        for agent in self:
            mark, count = marks.get(agent._origin, (0.0, 0))
            agent.review_mark = mark or 0.0
            agent.reviewed_count = count

    def action_open_call_reviews(self):
        """Calls of this agent that were drawn for a review."""
        return self._open_of_agent("account_collection.collection_call_review_action")
