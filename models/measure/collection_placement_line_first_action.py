from odoo import api, models
from odoo.tools import SQL


class CollectionPlacementLine(models.Model):
    """Hand-overs say who worked an item."""

    _name = "collection.placement.line"
    _inherit = ["collection.placement.line", "collection.first.action.mixin"]

    _first_action_fields = frozenset(
        {"date_end", "mandate_id", "placement_id", "state"}
    )

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_placement_item held
              JOIN collection_item item ON item.id = held.item_id
             WHERE held.line_id = ANY(%s)
            """,
            list(ids),
        )
