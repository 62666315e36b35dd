from odoo import models


class CollectionPromise(models.Model):
    """What a provider's agent does with a promise on the portal."""

    _inherit = "collection.promise"

    def _portal_withdraw(self, reason):
        """Withdraw a promise that the current agent recorded.

        :raises AccessError: when it is somebody else's, or no longer delegated
        :raises UserError: without a reason, or when it is no longer open
        """
        self._check_record_delegated_to_me()
        self._withdraw_own(reason)
