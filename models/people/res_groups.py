from odoo import models


class ResGroups(models.Model):
    """Membership of a group can make somebody one of a provider's people, or end it."""

    _inherit = "res.groups"

    def write(self, vals):
        # members and implications decide who works for a provider, too
        if {"implied_by_ids", "implied_ids", "user_ids"}.isdisjoint(vals):
            return super().write(vals)
        known = self.env.execute_query(
            self.env["res.users"]._get_provider_people_query()
        )
        res = super().write(vals)
        self.env["mail.followers"]._dismiss_provider_people(
            self.env["res.partner"].browse({row[0] for row in known})
        )
        return res
