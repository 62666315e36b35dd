from odoo import api, models
from odoo.tools import SQL


class CollectionPromise(models.Model):
    """Promises may be first actions."""

    _name = "collection.promise"
    _inherit = ["collection.promise", "collection.first.action.mixin"]

    _first_action_fields = frozenset({"date_made", "item_ids"})

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_item_collection_promise_rel rel
              JOIN collection_item item ON item.id = rel.collection_item_id
             WHERE rel.collection_promise_id = ANY(%s)
            """,
            list(ids),
        )
