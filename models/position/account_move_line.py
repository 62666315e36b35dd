from odoo import api, models
from odoo.tools import SQL

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
        self._leave_moved_debts()
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

    def _leave_moved_debts(self):
        """What is moved debt of these journal items, which are about to be deleted.

        A debt whose new place goes stands where it came from; a debt whose invoice
        goes is named after the entry that bears it from now on.
        """
        # sudo: whoever may delete the line need not know of collections
        moved_sudo = (
            self.env["collection.moved.debt"]
            .sudo()
            .search(
                ["|", ("line_id", "in", self.ids), ("origin_line_id", "in", self.ids)]
            )
        )
        for debt_sudo in moved_sudo:
            origin_sudo = debt_sudo.origin_line_id
            items_sudo = (
                self.env["collection.item"]
                .sudo()
                .search([("move_line_id", "in", (debt_sudo.line_id | origin_sudo).ids)])
            )
            item_sudo = items_sudo.filtered(
                lambda item, debt=debt_sudo: item.move_line_id == debt.line_id
            )
            if origin_sudo <= self:
                item_sudo.move_id = debt_sudo.line_id.move_id
            elif item_sudo == items_sudo:
                item_sudo.move_line_id = origin_sudo

    def _collection_receivables(self):
        """Those of the journal items that stand on a customer's account."""
        return self.filtered(
            lambda line: line.partner_id and line.account_id._bears_debts()
        )

    @api.model
    def _is_debtor_line(self, aml, aa):
        """SQL: whether the journal item `aml` stands on a customer's account.

        :param aml: alias of the journal item
        :param aa: alias of its account
        """
        return SQL(
            """(%(aa)s.account_type = 'asset_receivable'
                OR COALESCE(%(aa)s.collection_scope, '') = 'all'
                OR (COALESCE(%(aa)s.collection_scope, '') = 'moved'
                    AND (%(aml)s.balance < 0 OR EXISTS (
                        SELECT 1 FROM collection_moved_debt moved
                         WHERE moved.line_id = %(aml)s.id))))""",
            aml=aml,
            aa=aa,
        )
