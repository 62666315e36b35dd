from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ...tools.team import turnover

#: months over which comings and goings are counted
TURNOVER_MONTHS = 12


class CollectionMandate(models.Model):
    """Who works under a mandate, for how long, and how well their calls are made."""

    _inherit = "collection.mandate"

    quality_share = fields.Float(
        string="Calls Reviewed",
        digits=(5, 2),
        default=5.0,
        tracking=True,
        help="Percent of the provider's calls in which somebody was reached that are "
        "drawn at random for a review. 0: none.",
    )
    member_ids = fields.One2many(
        comodel_name="collection.mandate.member",
        inverse_name="mandate_id",
        string="Time in the Team",
    )
    team_joined = fields.Integer(
        string="Joined, 12 Months", compute="_compute_team_turnover"
    )
    team_left = fields.Integer(
        string="Left, 12 Months", compute="_compute_team_turnover"
    )
    team_turnover = fields.Float(
        string="Turnover (%)",
        digits=(5, 1),
        compute="_compute_team_turnover",
        help="Half of those who joined and left in twelve months, percent of those "
        "who were there before.",
    )
    team_mean_days = fields.Integer(
        string="Mean Days in the Team",
        compute="_compute_team_turnover",
        help="Of those who are there today.",
    )
    complaint_ids = fields.One2many(
        comodel_name="collection.complaint", inverse_name="mandate_id"
    )
    complaint_count = fields.Integer(compute="_compute_complaint_count")
    review_mark = fields.Float(
        string="Call Quality",
        digits=(5, 1),
        compute="_compute_review_mark",
        help="Mean mark of the calls reviewed in the last twelve months.",
    )
    reviewed_count = fields.Integer(
        string="Calls Marked", compute="_compute_review_mark"
    )

    def _compute_team_turnover(self):
        today = fields.Date.context_today(self)
        first = today - relativedelta(months=TURNOVER_MONTHS, days=-1)
        for mandate in self:
            figures = turnover(
                (
                    (member.date_joined, member.date_left or None)
                    for member in mandate.member_ids
                ),
                first,
                today,
            )
            mandate.team_joined = figures.joined
            mandate.team_left = figures.left
            mandate.team_turnover = figures.rate or 0.0
            mandate.team_mean_days = round(figures.mean_days or 0)

    def _compute_complaint_count(self):
        counts = dict(
            self.env["collection.complaint"]._read_group(
                [("mandate_id", "in", self.ids)], ["mandate_id"], ["__count"]
            )
        )
        for mandate in self:
            mandate.complaint_count = counts.get(mandate._origin, 0)

    def _compute_review_mark(self):
        first = fields.Date.context_today(self) - relativedelta(
            months=TURNOVER_MONTHS, days=-1
        )
        marks = {
            mandate: (mark, count)
            for mandate, mark, count in self.env["collection.call.review"]._read_group(
                [
                    ("mandate_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("date", ">=", first),
                ],
                ["mandate_id"],
                ["mark:avg", "__count"],
            )
        }
        for mandate in self:
            mark, count = marks.get(mandate._origin, (0.0, 0))
            mandate.review_mark = mark or 0.0
            mandate.reviewed_count = count

    @api.model_create_multi
    def create(self, vals_list):
        mandates = super().create(vals_list)
        mandates._update_members()
        return mandates

    def write(self, vals):
        res = super().write(vals)
        if not {"agent_ids", "state"}.isdisjoint(vals):
            self._update_members()
        return res

    def _update_members(self):
        """Note who joined or left these teams since it was last noted."""
        # sudo: kept by whoever names agents, who may not write it by hand
        Member = self.env["collection.mandate.member"].sudo()
        today = fields.Date.context_today(self)
        here = Member.search(
            [("mandate_id", "in", self.ids), ("date_left", "=", False)]
        )
        noted = {(member.mandate_id, member.agent_id): member for member in here}
        gone = dict(noted)
        joined = []
        for mandate in self.sudo():
            if mandate.state == "ended":
                continue
            for agent in mandate.agent_ids.filtered("active"):
                if not gone.pop((mandate, agent), None):
                    joined.append((mandate, agent))
        for member in gone.values():
            member.date_left = max(today, member.date_joined)
        Member.create(
            [
                {"mandate_id": mandate.id, "agent_id": agent.id, "date_joined": today}
                for mandate, agent in joined
            ]
        )

    def action_open_complaints(self):
        """Complaints about this provider's people."""
        return self._open_of_mandate("account_collection.collection_complaint_action")

    def action_open_call_reviews(self):
        """Calls under this mandate that were drawn for a review."""
        return self._open_of_mandate("account_collection.collection_call_review_action")

    def action_open_satisfaction(self):
        """What customers say of calls under this mandate."""
        return self._open_of_mandate(
            "account_collection.collection_satisfaction_action"
        )

    def _open_of_mandate(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return dict(action, domain=[("mandate_id", "=", self.id)], context={})
