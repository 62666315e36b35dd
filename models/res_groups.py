from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Members and implications decide who works for a provider, too."""
        if {"implied_by_ids", "implied_ids", "user_ids"}.isdisjoint(vals):
            return super().write(vals)
        # sudo: who is in these groups, of whoever may change that
        known_sudo = self.sudo().all_implied_by_ids.user_ids._filter_provider_people()
        leavers_sudo = known_sudo.partner_id
        res = super().write(vals)
        self.env["mail.followers"]._dismiss_provider_people(leavers_sudo)
        return res
