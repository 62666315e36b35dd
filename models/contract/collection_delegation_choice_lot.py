from odoo import api, models


class CollectionDelegationChoice(models.AbstractModel):
    """Whom the lot gave to another mandate is asked of thousands at once."""

    _inherit = "collection.delegation.choice"

    @api.model
    def _get_reasons(self, accounts, date, mandate=None):
        # sudo: which lots there are, read by whoever hands these customers over
        accounts.sudo().fetch(["lot_ids"])
        return super()._get_reasons(accounts, date, mandate)
