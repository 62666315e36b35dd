from odoo import models


class DiscussChannel(models.Model):
    """Channels of all employees are not for a provider's people."""

    _inherit = "discuss.channel"

    def _subscribe_users_automatically_get_members(self):
        # EXTENDS mail: a channel of all employees is not for a provider's people
        members = super()._subscribe_users_automatically_get_members()
        users = self.env.ref("account_collection.group_collection_on_site").all_user_ids
        on_site = set(users.filtered(lambda user: user._is_on_site()).partner_id.ids)
        return {
            channel_id: [
                partner_id for partner_id in partner_ids if partner_id not in on_site
            ]
            for channel_id, partner_ids in members.items()
        }
