from odoo import api, models
from odoo.tools import SQL


class CollectionPaymentPlan(models.Model):
    """Payment plans may be first actions."""

    _name = "collection.payment.plan"
    _inherit = ["collection.payment.plan", "collection.first.action.mixin"]

    _first_action_fields = frozenset({"date_start", "item_ids", "state"})

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_item_collection_payment_plan_rel rel
              JOIN collection_item item ON item.id = rel.collection_item_id
             WHERE rel.collection_payment_plan_id = ANY(%s)
            """,
            list(ids),
        )
