from odoo import models


class AccountMove(models.Model):
    """Bills of exchange drawn on an invoice."""

    _inherit = "account.move"

    def action_collection_draw_bill(self):
        """Draw a bill of exchange for each due date of these invoices."""
        return self.collection_item_ids.action_draw_bill()
