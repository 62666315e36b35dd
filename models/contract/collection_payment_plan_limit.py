from odoo import models


class CollectionPaymentPlan(models.Model):
    """Plans that wait for the company are counted."""

    _inherit = "collection.payment.plan"

    def _ask_approval(self):
        res = super()._ask_approval()
        self.env["collection.limit.case"]._record(self.account_id, "plan", "approval")
        return res
