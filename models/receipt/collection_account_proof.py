import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class CollectionAccount(models.Model):
    """The night proves what is said of money."""

    _inherit = "collection.account"

    @api.model
    def _cron_refresh(self):
        # EXTENDS collection.account: figures about money rest on this sum
        res = super()._cron_refresh()
        differences = self.env["collection.receipt.source"]._get_differences()
        if differences:
            _logger.warning(
                "What settled an item is not its total less its residual"
                " (item, difference, in company currency): %s",
                differences[:20],
            )
        return res
