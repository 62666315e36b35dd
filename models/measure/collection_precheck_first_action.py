from odoo import api, models
from odoo.tools import SQL


class CollectionPrecheck(models.Model):
    """Quality controls may be first actions."""

    _name = "collection.precheck"
    _inherit = ["collection.precheck", "collection.first.action.mixin"]

    _first_action_fields = frozenset({"date_checked", "item_id", "state"})

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_precheck precheck
              JOIN collection_item item ON item.id = precheck.item_id
             WHERE precheck.id = ANY(%s)
            """,
            list(ids),
        )
