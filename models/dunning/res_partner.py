from odoo import models


class ResPartner(models.Model):
    """Reminding a customer from the contact."""

    _inherit = "res.partner"

    def action_collection_remind_now(self):
        """Show the customer's next reminder, which one click sends."""
        self.ensure_one()
        return self.collection_account_id.action_remind_now()
