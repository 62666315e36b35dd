from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Taking back from a provider what an invoice is about."""

    _inherit = "account.move"

    def action_collection_recall(self):
        """Ask why, then take the items of these invoices back from their provider."""
        items = self.collection_item_ids
        if not items:
            raise UserError(
                self.env._("Nothing of these invoices is followed in collections.")
            )
        return items.action_recall()
