from odoo import models


class CollectionBill(models.Model):
    """What a provider's agent does with a bill on the portal."""

    _inherit = "collection.bill"

    def _portal_chase(self, alternative=False):
        """Note that the current agent asked the customer for the bill.

        :param alternative: code of the other means of payment proposed, if any
        :raises AccessError: when the bill is no longer delegated to the agent
        :raises UserError: when the bill is not out, or on an unknown alternative
        """
        self._check_record_delegated_to_me()
        self._chase(alternative)
