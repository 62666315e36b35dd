from odoo import api, models


class AccountPartialReconcile(models.Model):
    """The day of a receipt follows the bank."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS account: a payment is matched with the statement of the bank
        partials = super().create(vals_list)
        partials._note_at_the_bank()
        return partials

    def unlink(self):
        # EXTENDS account: or no longer
        self._note_at_the_bank()
        return super().unlink()

    def _note_at_the_bank(self):
        """Note those that match something else than the debt of a customer."""
        lines = self.debit_move_id | self.credit_move_id
        elsewhere = lines - lines._collection_receivables()
        if elsewhere:
            self.env["collection.receipt.stale"]._note_at_the_bank(elsewhere)
