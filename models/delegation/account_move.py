from odoo import api, fields, models
from odoo.exceptions import UserError

from ..position.account_move import INTERNAL_GROUPS


class AccountMove(models.Model):
    """Invoices are handed over from where they are looked at, and say that they are."""

    _inherit = "account.move"

    collection_delegated_note = fields.Char(
        string="With a Provider",
        compute="_compute_collection_delegated_note",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
    )

    @api.depends("collection_item_ids.delegated", "collection_item_ids.state")
    @api.depends_context("lang")
    def _compute_collection_delegated_note(self):
        for move in self:
            move.collection_delegated_note = (
                move.collection_item_ids._describe_delegated()
            )

    def action_collection_hand_over(self):
        """Choose the mandate under which what is owed on these invoices goes to a
        provider."""
        items = self.collection_item_ids
        if not items:
            raise UserError(
                self.env._("Nothing is followed up on these invoices: post them first.")
            )
        return items.action_hand_over()

    def action_collection_recall(self):
        """Ask why, then take the items of these invoices back from their provider."""
        items = self.collection_item_ids
        if not items:
            raise UserError(
                self.env._("Nothing of these invoices is followed in collections.")
            )
        return items.action_recall()
