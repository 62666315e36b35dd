from odoo import api, models
from odoo.tools import SQL


class CollectionCall(models.Model):
    """Calls may be first actions."""

    _name = "collection.call"
    _inherit = ["collection.call", "collection.first.action.mixin"]

    _first_action_fields = frozenset(
        {"account_id", "correction_of_id", "date", "direction"}
    )

    @api.model
    def _get_acted_query(self, ids):
        return SQL(
            "SELECT account_id FROM collection_call WHERE id = ANY(%s)",
            list(ids),
        )
