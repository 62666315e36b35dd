from odoo import models


class CollectionAccount(models.Model):
    """Refusals on the portal are counted."""

    _inherit = "collection.account"

    def _note_refused(self, error):
        """Keep what was refused, after the act itself was undone.

        :param error: what was raised; of other errors nothing is kept
        """
        limit = getattr(error, "limit", None)
        if limit:
            self.env["collection.limit.case"]._record(
                self, limit, "refused", str(error)
            )
