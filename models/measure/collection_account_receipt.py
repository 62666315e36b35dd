import logging

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: what receipts keep as it was
KEPT = frozenset({"agent_id", "segment_id", "user_id"})
#: who follows the position where a customer has nothing but invoices and payments
ALONE = {"receipts"}


class CollectionAccount(models.Model):
    """Receipts follow the position: whom a change concerns is marked, no more."""

    _inherit = "collection.account"

    @api.model
    def _get_followers(self):
        self.env["account.move"].flush_model(["move_type", "reversed_entry_id"])
        self.env["account.partial.reconcile"].flush_model()
        # of receipts the table as it is: what is not in it yet is marked
        return super()._get_followers() | {
            "receipts": SQL(
                """(EXISTS (
                            SELECT 1 FROM account_partial_reconcile part
                             WHERE aml.id IN (part.debit_move_id, part.credit_move_id))
                    OR EXISTS (
                            SELECT 1 FROM collection_receipt receipt
                             WHERE receipt.move_line_id = aml.id)
                    OR EXISTS (
                            SELECT 1 FROM collection_receipt receipt
                             WHERE receipt.item_id = ci.id)
                    OR (aml.balance > 0 AND EXISTS (
                            SELECT 1 FROM account_move move
                             WHERE move.id = aml.move_id
                               AND (move.move_type = 'entry'
                                    OR move.reversed_entry_id IS NOT NULL)))
                    -- the first action on the item depends on its due date
                    OR EXISTS (
                            SELECT 1 FROM collection_first_action_fact fact
                             WHERE fact.item_id = ci.id)
                    OR EXISTS (
                            SELECT 1 FROM collection_call call
                             WHERE call.account_id IN (own.id, ci.account_id)
                               AND call.date > COALESCE(aml.date_maturity, aml.date)
                           ))"""
            ),
        }

    @api.model
    def _get_alongside(self, account_ids, followers):
        alongside = super()._get_alongside(account_ids, followers)
        if followers == ALONE:
            # a statement of its own for each payment would be felt
            mark = self.env["collection.receipt.stale"]._get_mark(account_ids)
            return alongside | {"receipts": mark}
        return alongside

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        changed = super()._follow_position(account_ids, followers)
        # last: what others do may read receipts, and take the mark away
        if followers is None or ("receipts" in followers and followers != ALONE):
            self.env["collection.receipt.stale"]._mark(account_ids)
        return changed

    def write(self, vals):
        # the line of a hand-over that ends knows its agent
        if not KEPT.isdisjoint(vals) and "placement_line_id" not in vals:
            # what came in so far is put down to who and what the customer is so far
            receipts = self.env["collection.receipt"]
            self._follow_noted_lines()
            receipts._bring_up_to_date(self.ids)
        unclassified = (
            self.filtered(lambda account: not account.segment_id)
            if vals.get("segment_id")
            else self.browse()
        )
        res = super().write(vals)
        # whose first segment it is: their receipts have waited for one
        self.env["collection.receipt.stale"]._mark(unclassified.ids)
        return res

    @api.model
    def _cron_refresh(self):
        # EXTENDS collection.account: before everybody is marked, nothing may differ
        receipts = self.env["collection.receipt"]
        receipts._follow_ledger_first()
        differences = receipts._get_differences()
        if differences:
            _logger.warning(
                "Receipts were not those of the ledger (item, customer): %s",
                differences[:20],
            )
        return super()._cron_refresh()

    def action_open_receipts(self):
        """What came in from this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_receipt_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})
