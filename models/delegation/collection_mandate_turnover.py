from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ...tools.team import turnover
from ..base.days import company_today

#: months over which comings and goings are counted
TURNOVER_MONTHS = 12


class CollectionMandate(models.Model):
    """Who works under a mandate, for how long, and how well their calls are made."""

    _inherit = "collection.mandate"

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

    def _compute_team_turnover(self):
        for mandate in self:
            today = company_today(mandate)
            first = today - relativedelta(months=TURNOVER_MONTHS, days=-1)
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
        members_sudo = self.env["collection.mandate.member"].sudo()
        here_sudo = members_sudo.search(
            [("mandate_id", "in", self.ids), ("date_left", "=", False)]
        )
        noted = {(member.mandate_id, member.agent_id): member for member in here_sudo}
        gone = dict(noted)
        joined = []
        for mandate_sudo in self.sudo():
            if mandate_sudo.state == "ended":
                continue
            for agent in mandate_sudo.agent_ids.filtered("active"):
                if not gone.pop((mandate_sudo, agent), None):
                    joined.append((mandate_sudo, agent))
        for member in gone.values():
            member.date_left = max(company_today(member), member.date_joined)
        members_sudo.create(
            [
                {
                    "mandate_id": mandate.id,
                    "agent_id": agent.id,
                    "date_joined": company_today(mandate),
                }
                for mandate, agent in joined
            ]
        )
