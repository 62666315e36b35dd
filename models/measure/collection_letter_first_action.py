from odoo import api, models
from odoo.tools import SQL


class CollectionLetter(models.Model):
    """Letters may be first actions."""

    _name = "collection.letter"
    _inherit = ["collection.letter", "collection.first.action.mixin"]

    _first_action_fields = frozenset(
        {
            "by_post",
            "date",
            "date_posted",
            "delivery_reason",
            "delivery_state",
            "kind_id",
            "state",
        }
    )

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            """
            SELECT item.account_id
              FROM collection_letter_line line
              JOIN collection_item item ON item.id = line.item_id
             WHERE line.letter_id = ANY(%s)
            """,
            list(ids),
        )
