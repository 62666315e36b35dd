from odoo import api, models


class AccountPartialReconcile(models.Model):
    """The position follows what is matched, and what is undone."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS account: a payment shows in the position in its own transaction
        partials = super().create(vals_list)
        lines = partials.debit_move_id | partials.credit_move_id
        self.env["collection.account"]._note_lines(lines._collection_receivables())
        return partials

    def unlink(self):
        # EXTENDS account: so does a payment that is undone
        lines = self.debit_move_id | self.credit_move_id
        res = super().unlink()
        self.env["collection.account"]._note_lines(
            lines.exists()._collection_receivables()
        )
        return res
