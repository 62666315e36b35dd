from odoo import models


class CollectionPaymentPlan(models.Model):
    """What a provider's agent does with a payment plan on the portal."""

    _inherit = "collection.payment.plan"

    def _portal_cancel(self):
        """Take back a plan that the current agent proposed and nobody approved yet.

        :raises AccessError: when it is somebody else's, or no longer delegated
        :raises UserError: when it runs: only the company ends what was agreed
        """
        self._check_record_delegated_to_me()
        self._take_back_own()
