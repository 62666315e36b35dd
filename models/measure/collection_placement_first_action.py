from odoo import api, models
from odoo.tools import SQL


class CollectionPlacement(models.Model):
    """Hand-overs say who worked an item."""

    _name = "collection.placement"
    _inherit = ["collection.placement", "collection.first.action.mixin"]

    _first_action_fields = frozenset({"date", "state"})

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_placement_item held
              JOIN collection_placement_line line ON line.id = held.line_id
              JOIN collection_item item ON item.id = held.item_id
             WHERE line.placement_id = ANY(%s)
            """,
            list(ids),
        )
