from odoo import api, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Quality controls end with the invoices that they are about."""

    _inherit = "collection.account"

    @api.model
    def _get_followers(self):
        self.env["collection.precheck"].flush_model(["item_id", "state"])
        return super()._get_followers() | {
            "checked": SQL(
                """EXISTS (
                            SELECT 1 FROM collection_precheck precheck
                             WHERE precheck.item_id = ci.id
                               AND precheck.state = 'to_check')"""
            ),
        }

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        changed = super()._follow_position(account_ids, followers)
        if followers is None or "checked" in followers:
            changed += self.env["collection.precheck"]._follow_ledger(account_ids)
        return changed
