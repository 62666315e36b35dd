from odoo import fields, models


class CollectionProposalRefusal(models.TransientModel):
    """Keep customers whom somebody proposed to hand over, and say why."""

    _name = "collection.proposal.refusal"
    _description = "Refusal of a Proposal"
    _inherit = ["collection.relation.mixin"]

    line_ids = fields.Many2many(
        comodel_name="collection.placement.line",
        string="Customers",
        domain=[("state", "=", "active"), ("placement_id.state", "=", "proposed")],
        required=True,
    )
    reason = fields.Char(required=True)

    def action_refuse(self):
        """Refuse: they stay in-house, and are not proposed for the mandate's days."""
        self.ensure_one()
        self.line_ids._refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
