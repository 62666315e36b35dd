from odoo import models


class AccountMove(models.Model):
    """Reminders about an invoice: held back, or put on a level by hand."""

    _inherit = "account.move"

    def action_collection_hold(self):
        """Ask until when and why no reminder about these invoices may leave."""
        return self.collection_item_ids.action_hold()

    def action_collection_set_level(self):
        """Ask for the dunning level that these invoices have reached, and why."""
        return self.collection_item_ids.action_set_level()
