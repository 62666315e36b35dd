from odoo import api, models


class CollectionAccount(models.Model):
    """Nobody who has left is to work a customer."""

    _inherit = "collection.account"

    @api.model
    def _cron_refresh(self):
        res = super()._cron_refresh()
        self.env["res.users"]._hand_on_of_archived()
        return res
