from odoo import models


class CollectionItem(models.Model):
    _inherit = "collection.item"

    def _get_portal_invoice_pdf(self):
        """Invoice of this item as the customer has it, for the provider's agent.

        :return: (file name, content), or None when there is no invoice behind it
        """
        self.ensure_one()
        self.account_id._check_delegated_to_me()
        self.check_access("read")
        # sudo: only whether there is an invoice behind the item
        invoice_sudo = self.sudo().move_id
        if invoice_sudo.state != "posted" or not invoice_sudo.is_sale_document(
            include_receipts=True
        ):
            return None
        return self._get_invoice_pdf()
