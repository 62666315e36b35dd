from odoo import models


class CollectionAccount(models.Model):
    """Refusals are counted, wherever a provider's people met them."""

    _inherit = "collection.account"

    def _refuse_beyond(self, limit, message):
        # EXTENDS agreement
        self.env["collection.limit.case"]._record_undone(self, limit, message)
        return super()._refuse_beyond(limit, message)

    def _note_refused(self, error):
        """Keep what was refused, where the act was undone and nothing else.

        :param error: what was raised; of other errors nothing is kept
        """
        limit = getattr(error, "limit", None)
        if limit:
            cases = self.env["collection.limit.case"]
            cases._record(self, limit, "refused", str(error))
            # with this transaction, or not: it may be tried again
            cases._forget_undone()
