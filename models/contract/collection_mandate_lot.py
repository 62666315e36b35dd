from odoo import models


class CollectionMandate(models.Model):
    """A mandate covers whom the lot did not give to another."""

    _inherit = "collection.mandate"

    def _get_reasons_to_refuse(self, account, date):
        reasons = super()._get_reasons_to_refuse(account, date)
        drawn_for = account._get_drawn_mandate()
        if drawn_for and drawn_for != self:
            reasons.append("other_lot")
        return reasons
