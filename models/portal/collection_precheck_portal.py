from odoo import models


class CollectionPrecheck(models.Model):
    """What a provider's agent does with a quality control on the portal."""

    _inherit = "collection.precheck"

    def _portal_answer(self, vals, dispute=None):
        """Note what the customer answered to the current agent, and conclude.

        :param dict vals: as of `_answer`
        :param dispute: the dispute about this invoice, opened by the agent
        :raises AccessError: not delegated to the agent any more, or on other values
        :raises UserError: when it was checked already
        """
        self._check_record_delegated_to_me()
        self._answer(vals, dispute)
