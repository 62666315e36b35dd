from odoo import api, models


class CollectionLetterCompose(models.TransientModel):
    _inherit = "collection.letter.compose"

    @api.onchange("account_id")
    def _onchange_account_means(self):
        self.payment_means = self.account_id.payment_means or self.payment_means
