from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ...models.base.days import company_today
from ...models.delegation.collection_mandate import WORKING_STATES
from ...tools.team import calls_per_day

#: days that calls of a team are measured over
MEASURED_DAYS = 30
#: calendar days looked ahead
AHEAD_DAYS = 14
SATURDAY = 5


class CollectionCapacity(models.TransientModel):
    """Whether the people there are can call every overdue customer in a period."""

    _name = "collection.capacity"
    _description = "Capacity Check"
    _inherit = ["collection.relation.mixin"]

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(string="From", required=True, default=company_today)
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: company_today(self) + timedelta(days=AHEAD_DAYS - 1),
    )
    working_days = fields.Integer(
        compute="_compute_working_days",
        help="Monday to Friday, without the public holidays of the company's country.",
    )
    line_ids = fields.One2many(
        comodel_name="collection.capacity.line",
        inverse_name="capacity_id",
        string="Teams",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(check.date_to < check.date_from for check in self):
            raise ValidationError(self.env._("The period ends before it begins."))

    @api.depends("date_from", "date_to", "company_id")
    def _compute_working_days(self):
        for check in self:
            check.working_days = len(check._get_working_days())

    def _get_working_days(self):
        """Days of the period on which people call."""
        self.ensure_one()
        if not self.date_from or not self.date_to:
            return []
        Holiday = self.env["collection.holiday"]
        country = self.company_id.country_id
        days = [
            self.date_from + timedelta(days=number)
            for number in range((self.date_to - self.date_from).days + 1)
        ]
        return [
            day
            for day in days
            if day.weekday() < SATURDAY and not Holiday._find(country, day)
        ]

    @api.depends("company_id", "date_from")
    def _compute_line_ids(self):
        for check in self:
            check.line_ids = [
                Command.clear(),
                *(Command.create(values) for values in check._get_teams()),
            ]

    def _get_teams(self):
        """Values of a line for the company's own people and for each mandate."""
        self.ensure_one()
        mandates = self.env["collection.mandate"].search(
            [("company_id", "=", self.company_id.id), ("state", "in", WORKING_STATES)]
        )
        accounts = {
            mandate: count
            for mandate, count in self.env["collection.account"]._read_group(
                [
                    ("company_id", "=", self.company_id.id),
                    ("amount_overdue", ">", 0),
                    ("insolvency_date", "=", False),
                ],
                ["mandate_id"],
                ["__count"],
            )
        }
        in_house = self.env["collection.agent"].search(
            [
                ("side", "=", "company"),
                ("user_id.company_ids", "in", self.company_id.ids),
            ]
        )
        teams = [(mandates.browse(), in_house)]
        teams += [(mandate, mandate.agent_ids) for mandate in mandates]
        return [
            self._get_team_values(mandate, agents, accounts.get(mandate, 0))
            for mandate, agents in teams
        ]

    def _get_team_values(self, mandate, agents, accounts):
        day = self.date_from or company_today(self)
        there = agents.filtered(
            lambda agent: (
                agent._is_employed(day)
                and not agent._is_absent(day)
                and not (mandate and agent.supervisor)
            )
        )
        ((dials, agent_days),) = self.env["collection.daily.figure"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("user_id", "in", agents.user_id.ids),
                ("day", ">=", day - timedelta(days=MEASURED_DAYS)),
                ("day", "<", day),
                ("attempts", ">", 0),
            ],
            [],
            ["attempts:sum", "__count"],
        )
        measured = calls_per_day(dials or 0, agent_days)
        limits = [agent.capacity for agent in there if agent.capacity]
        return {
            "mandate_id": mandate.id,
            "accounts": accounts,
            "agents": len(there),
            "dials": dials or 0,
            "agent_days": agent_days,
            "calls_per_day": measured or sum(limits) / max(len(limits), 1),
        }
