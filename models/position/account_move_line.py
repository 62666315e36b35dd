from odoo import api, models

#: what, changed on a journal item, changes a receivable position
POSITION_FIELDS = {
    "account_id",
    "amount_currency",
    "balance",
    "credit",
    "currency_id",
    "date_maturity",
    "debit",
    "partner_id",
}


class AccountMoveLine(models.Model):
    """The position follows what happens to a journal item."""

    _inherit = "account.move.line"

    _no_followup_idx = models.Index("(id) WHERE no_followup")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS account
        lines = super().create(vals_list)
        posted = lines.filtered(lambda line: line.parent_state == "posted")
        self.env["collection.account"]._note_lines(posted._collection_receivables())
        return lines

    def write(self, vals):
        # EXTENDS account
        if POSITION_FIELDS.isdisjoint(vals):
            return super().write(vals)
        # a line may stop being a receivable: look before and after
        posted = self.filtered(lambda line: line.parent_state == "posted")
        before = posted._collection_receivables()
        res = super().write(vals)
        self.env["collection.account"]._note_lines(
            before | posted.exists()._collection_receivables()
        )
        return res

    def unlink(self):
        # EXTENDS account: the items go with their lines, the totals must follow
        if not self:  # core deletes nothing at each reconciliation
            return super().unlink()
        # sudo: whoever may delete the line need not know of collections
        items_sudo = (
            self.env["collection.item"]
            .sudo()
            .search([("move_line_id", "in", self.ids)])
        )
        accounts_sudo = items_sudo.account_id
        for move, of_move in items_sudo.grouped("move_id").items():
            of_move._leave_debtor(
                self.env._("%(invoice)s deleted", invoice=move.display_name)
            )
        res = super().unlink()
        if accounts_sudo:
            accounts_sudo.item_ids.invalidate_recordset(flush=False)
            accounts_sudo._refresh(accounts_sudo)
        return res

    def _collection_receivables(self):
        """Those of the journal items that stand on a customer's account."""
        return self.filtered(
            lambda line: line.account_type == "asset_receivable" and line.partner_id
        )
