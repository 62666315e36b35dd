from odoo import api, fields, models

from ...tools.team import capacity


class CollectionCapacityLine(models.TransientModel):
    """One team: its customers, its people and what they can call."""

    _name = "collection.capacity.line"
    _description = "Capacity of a Team"
    _inherit = ["collection.relation.mixin"]

    capacity_id = fields.Many2one(
        comodel_name="collection.capacity",
        required=True,
        index=True,
        ondelete="cascade",
    )
    mandate_id = fields.Many2one(comodel_name="collection.mandate", readonly=True)
    name = fields.Char(string="Team", compute="_compute_name")
    accounts = fields.Integer(
        string="Overdue Customers",
        readonly=True,
        help="Customers of this team with something overdue, insolvent ones apart.",
    )
    agents = fields.Integer(
        help="Active and present on the first day; supervisors of a provider do not "
        "count. Change it to see what more or fewer people would do."
    )
    dials = fields.Integer(string="Calls, Last 30 Days", readonly=True)
    agent_days = fields.Integer(
        string="Days Worked", readonly=True, help="Days on which each person called."
    )
    calls_per_day = fields.Float(
        string="Calls per Agent and Day",
        digits=(8, 1),
        help="Measured over the last thirty days; where nobody called, what is set on "
        "the agents.",
    )
    calls = fields.Float(
        string="Calls Possible", digits=(8, 0), compute="_compute_capacity"
    )
    load = fields.Float(
        string="Load (%)",
        digits=(8, 1),
        compute="_compute_capacity",
        help="Overdue customers, each called once, of the calls the team can make.",
    )
    missing_agents = fields.Float(digits=(8, 1), compute="_compute_capacity")

    @api.depends("mandate_id")
    def _compute_name(self):
        for line in self:
            line.name = line.mandate_id.display_name or self.env._("In-house")

    @api.depends("accounts", "agents", "calls_per_day", "capacity_id.working_days")
    def _compute_capacity(self):
        for line in self:
            figures = capacity(
                line.accounts,
                line.agents,
                line.calls_per_day,
                line.capacity_id.working_days,
            )
            line.calls = figures.calls
            line.load = figures.load or 0.0
            line.missing_agents = figures.missing_agents
