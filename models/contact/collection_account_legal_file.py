from odoo import models
from odoo.exceptions import AccessError

from ...reports.collection_legal_file import LegalFile
from ..base.days import company_today


class CollectionAccount(models.Model):
    """What goes to court when the ladder is exhausted."""

    _inherit = "collection.account"

    def action_legal_file(self):
        """Download what a lawyer needs of this customer."""
        self.ensure_one()
        self._check_may_file()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/account/{self.id}/legal_file",
            "target": "self",
        }

    def _check_may_file(self):
        """The company's own people only: it holds what was said to whom."""
        self.check_access("read")
        if not self.env.user.has_group("account_collection.group_collection_user"):
            raise AccessError(
                self.env._("Only the company's collectors prepare a legal file.")
            )

    def _get_legal_file(self):
        """The file to download: (file name, content of a ZIP)"""
        self.ensure_one()
        self._check_may_file()
        name = self.env._(
            "Legal file %(customer)s %(date)s.zip",
            customer=self.partner_name,
            date=company_today(self),
        )
        return name.replace("/", "-"), LegalFile(self).get_zip()
