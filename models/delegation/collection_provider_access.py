from odoo import models


class CollectionProviderMixin(models.AbstractModel):
    """What an outsider has looked at is on record."""

    _inherit = "collection.provider.mixin"

    def _record_access(self, door):
        super()._record_access(door)
        if not self or not self._is_outsider():
            return
        if self._name == "collection.account":
            accounts = self
        elif "account_id" in self._fields:
            # sudo: whose records they are, that they are reading anyway
            accounts = self.sudo().account_id.with_env(self.env)
        else:
            return
        self.env["collection.access.log"]._record(accounts, door)
