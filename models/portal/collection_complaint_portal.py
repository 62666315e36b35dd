from odoo import models


class CollectionComplaint(models.Model):
    """Complaints as the portal shows them."""

    _inherit = "collection.complaint"

    def _get_portal_labels(self):
        """Category, state and verdict in words, for a page."""
        self.ensure_one()
        return {
            name: dict(self._fields[name]._description_selection(self.env)).get(
                self[name]
            )
            for name in ("category", "state", "founded")
        }
