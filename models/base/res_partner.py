from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        res = super().write(vals)
        if not {"country_id", "tz"}.isdisjoint(vals):
            # sudo: whether they are companies, or who created one
            companies_sudo = self.env["res.company"].sudo()
            mine = Domain("partner_id", "in", self.ids) | Domain(
                "partner_id.create_uid.partner_id", "in", self.ids
            )
            if companies_sudo.with_context(active_test=False).search_count(
                mine, limit=1
            ):
                # `res.company._get_collection_zones`
                self.env.registry.clear_cache()
        return res
