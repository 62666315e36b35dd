from odoo import models


class CollectionSegment(models.Model):
    """Days that say who goes by itself, where a contract says so."""

    _inherit = "collection.segment"

    def write(self, vals):
        res = super().write(vals)
        if "delegate_after_days" in vals:
            # sudo: contracts of every company that shares the segments
            rules_sudo = self.env["collection.delegation.rule"].sudo()
            rules_sudo.search(
                [("effect", "=", "automatic"), ("age_basis", "=", "segment")]
            ).mandate_id._record_terms()
        return res
