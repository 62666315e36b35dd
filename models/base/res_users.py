from odoo import models


class ResUsers(models.Model):
    """Whose people a user is one of."""

    _inherit = "res.users"

    def _is_on_site(self):
        """Whether this is one of a provider's people on our premises: an internal
        user who, unlike a collector, is not of the house."""
        return self.has_group(
            "account_collection.group_collection_on_site"
        ) and not self.has_group("account_collection.group_collection_user")
