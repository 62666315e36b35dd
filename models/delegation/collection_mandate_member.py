from odoo import fields, models

from ..base.days import company_today


class CollectionMandateMember(models.Model):
    """From when to when an agent was in the team of a mandate.

    Kept by the mandate itself as agents are named and taken off, so that comings
    and goings are known; the dates can be corrected.
    """

    _name = "collection.mandate.member"
    _description = "Time in the Team of a Mandate"
    _order = "mandate_id, date_left desc, date_joined desc, id desc"
    _rec_name = "agent_id"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id", store=True)
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        required=True,
        index=True,
        ondelete="cascade",
    )
    date_joined = fields.Date(string="Joined on", required=True, default=company_today)
    date_left = fields.Date(string="Left on", help="Last day in the team.")
    days = fields.Integer(string="Days in the Team", compute="_compute_days")

    _dates_in_order = models.Constraint(
        "CHECK (date_left >= date_joined)", "Nobody leaves a team before joining it."
    )
    _one_open = models.UniqueIndex(
        "(mandate_id, agent_id) WHERE date_left IS NULL",
        "This agent is in the team already.",
    )

    def _compute_days(self):
        for member in self:
            end = member.date_left or company_today(member)
            member.days = (
                max((end - member.date_joined).days, 0) if member.date_joined else 0
            )
