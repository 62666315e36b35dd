from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # EXTENDS base: what cannot become one is refused before anything moves
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) > 1:
            if not dst_partner or dst_partner not in partners:
                dst_partner_found = self._get_ordered_partner(partners.ids)[-1]
            else:
                dst_partner_found = dst_partner
            # sudo: whoever merges contacts need not know of collections
            self.env["collection.account"].sudo()._check_merge(
                partners - dst_partner_found, dst_partner_found
            )
        return super()._merge(partner_ids, dst_partner, extra_checks)

    def _get_fk_on(self, table):
        # EXTENDS base: accounts become one by `_follow_merge`; a key moved without
        # what hangs on it would meet the account that is there already
        return [
            key
            for key in super()._get_fk_on(table)
            if key != ("collection_account", "partner_id")
        ]

    @api.model
    def _update_values(self, src_partners, dst_partner):
        # EXTENDS base: only after it is known which customer the contacts belong to
        partners = src_partners | dst_partner
        customers = partners | partners.commercial_partner_id
        self.env["collection.account"]._follow_noted_lines()
        res = super()._update_values(src_partners, dst_partner)
        # sudo: whoever merges contacts need not know of collections
        self.env["collection.account"].sudo()._follow_merge(
            src_partners, dst_partner, customers
        )
        return res
