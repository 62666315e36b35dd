from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    collection_agent_ids = fields.One2many(
        comodel_name="collection.agent", inverse_name="user_id", string="Agent"
    )

    def _is_on_site(self):
        """Whether this is one of a provider's people on our premises: an internal
        user who, unlike a collector, is not of the house."""
        return self.has_group(
            "account_collection.group_collection_on_site"
        ) and not self.has_group("account_collection.group_collection_user")

    def _may_decide_in(self, company):
        """Those of these users whom something of `company` can be given to."""
        return self.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
