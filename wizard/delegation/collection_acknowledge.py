from odoo import fields, models
from odoo.exceptions import UserError

from ...models.base.roles import check_manager


class CollectionAcknowledge(models.TransientModel):
    """Acknowledge receipt of a hand-over in the provider's place, and say why."""

    _name = "collection.acknowledge"
    _description = "Accept for the Provider"
    _inherit = ["collection.relation.mixin"]

    placement_id = fields.Many2one(
        comodel_name="collection.placement",
        string="Hand-over",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    reason = fields.Char(required=True)

    def action_accept(self):
        """Receipt counts as acknowledged from now on."""
        self.ensure_one()
        check_manager(
            self.env, self.env._("A credit manager accepts for the provider.")
        )
        self.placement_id.check_access("write")
        if not self.reason.strip():
            raise UserError(self.env._("Say why you accept in the provider's place."))
        self.placement_id._accept(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
