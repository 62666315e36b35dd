from odoo import api, models


class CollectionPromise(models.Model):
    _inherit = "collection.promise"

    @api.onchange("account_id")
    def _onchange_account_means(self):
        self.payment_means = self.account_id.payment_means


class CollectionPaymentPlan(models.Model):
    _inherit = "collection.payment.plan"

    @api.onchange("account_id")
    def _onchange_account_means(self):
        self.payment_means = self.account_id.payment_means
