from odoo import fields, models

from ..base.days import company_today


class CollectionAgentTraining(models.Model):
    """What an agent was trained in, and when."""

    _name = "collection.agent.training"
    _description = "Training of an Agent"
    _order = "date desc, id desc"
    _rec_name = "topic"

    agent_id = fields.Many2one(
        comodel_name="collection.agent", required=True, index=True, ondelete="cascade"
    )
    date = fields.Date(required=True, default=company_today)
    topic = fields.Char(required=True)
    hours = fields.Float()
    note = fields.Text()

    _hours_positive = models.Constraint(
        "CHECK (hours >= 0)", "A training cannot last less than nothing."
    )
