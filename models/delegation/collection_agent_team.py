from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..base.days import company_today

COLLECTOR_GROUP = "account_collection.group_collection_user"
#: months over which marks are averaged
MARK_MONTHS = 12


class CollectionAgent(models.Model):
    """An agent's time in each team, and what is known of their calls."""

    _inherit = "collection.agent"

    _access_fields = frozenset({"mandate_ids", "provider_id", "user_id"})

    member_ids = fields.One2many(
        comodel_name="collection.mandate.member",
        inverse_name="agent_id",
        string="Time in the Teams",
        groups=COLLECTOR_GROUP,
    )
    training_hours = fields.Float(
        string="Hours of Training, 12 Months",
        compute="_compute_training_hours",
        groups=COLLECTOR_GROUP,
    )

    mandate_ids = fields.Many2many(
        comodel_name="collection.mandate",
        relation="collection_mandate_agent_rel",
        column1="agent_id",
        column2="mandate_id",
        string="Mandates",
    )

    def _compute_training_hours(self):
        first = company_today(self) - relativedelta(months=MARK_MONTHS, days=-1)
        hours = dict(
            self.env["collection.agent.training"]._read_group(
                [("agent_id", "in", self.ids), ("date", ">=", first)],
                ["agent_id"],
                ["hours:sum"],
            )
        )
        for agent in self:
            agent.training_hours = hours.get(agent._origin, 0.0)

    @api.model_create_multi
    def create(self, vals_list):
        agents = super().create(vals_list)
        agents.mandate_ids._update_members()
        return agents

    def write(self, vals):
        if {"mandate_ids", "active"}.isdisjoint(vals):
            return super().write(vals)
        mandates = self.mandate_ids
        res = super().write(vals)
        (mandates | self.mandate_ids)._update_members()
        return res

    def action_open_figures(self):
        """Day by day figures of this agent: what a bonus is worked out from."""
        return self._open_of_agent("account_collection.collection_daily_figure_action")

    def _open_of_agent(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return dict(action, domain=[("agent_id", "=", self.id)])

    @api.constrains("mandate_ids", "provider_id")
    def _check_mandates(self):
        self.mandate_ids._check_agents()

    def _grant_access(self):
        res = super()._grant_access()
        self.mandate_ids._grant_company()
        return res
