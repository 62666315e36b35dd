from odoo import models


class AccountMove(models.Model):
    """Reminding the customer of an invoice, from the invoice."""

    _inherit = "account.move"

    def action_collection_remind_now(self):
        """Show the next reminder of the invoice's customer, which one click sends."""
        self.ensure_one()
        return self.collection_account_id.action_remind_now()
