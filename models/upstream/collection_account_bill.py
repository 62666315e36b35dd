from odoo import api, fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Bills of exchange drawn on a customer."""

    _inherit = "collection.account"

    bill_ids = fields.One2many(
        comodel_name="collection.bill",
        inverse_name="account_id",
        string="Bills of Exchange",
    )

    @api.model
    def _get_followers(self):
        self.env["collection.bill"].flush_model(["account_id"])
        return super()._get_followers() | {
            "billed": SQL(
                """EXISTS (
                            SELECT 1 FROM collection_bill bill
                             WHERE bill.account_id IN (own.id, ci.account_id))
                       OR EXISTS (
                            SELECT 1 FROM collection_bill_collection_item_rel rel
                             WHERE rel.collection_item_id = ci.id)"""
            ),
        }

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        changed = super()._follow_position(account_ids, followers)
        if followers is None or "billed" in followers:
            changed += self.env["collection.bill"]._follow_ledger(account_ids)
        return changed
