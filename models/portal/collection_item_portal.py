from odoo import models


class CollectionItem(models.Model):
    """What the portal hands out of an invoice."""

    _inherit = "collection.item"

    def _get_portal_invoice_pdf(self):
        """Invoice of this item as the customer has it, for the provider's agent.

        :return: (file name, content), or None when there is no invoice behind it
        """
        self._check_record_delegated_to_me()
        # sudo: only whether there is an invoice behind the item
        invoice_sudo = self.sudo().move_id
        if invoice_sudo.state != "posted" or not invoice_sudo.is_sale_document(
            include_receipts=True
        ):
            return None
        return self._get_invoice_pdf()
