from odoo import fields, models


class CollectionDelegationAdvisorPoint(models.TransientModel):
    """How much of the turnover so many of the largest customers make."""

    _name = "collection.delegation.advisor.point"
    _description = "Point of the Pareto Curve"
    _inherit = ["collection.relation.mixin"]
    _order = "file_share"
    _transient_max_hours = 24.0

    advisor_id = fields.Many2one(
        comodel_name="collection.delegation.advisor",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    file_share = fields.Integer(
        string="Largest Customers (% of the File)", readonly=True, aggregator=None
    )
    turnover_share = fields.Float(
        string="Share of the Turnover (%)",
        digits=(5, 1),
        readonly=True,
        aggregator="max",
    )
