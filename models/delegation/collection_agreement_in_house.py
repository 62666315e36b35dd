from odoo import models


class CollectionAgreementMixin(models.AbstractModel):
    """Nobody in-house agrees anything about what a provider works."""

    _inherit = "collection.agreement.mixin"

    def _check_may_agree(self):
        for record in self:
            # sudo: whether the provider's people agreed it, which the company approves
            if not record.sudo().user_id.collection_agent_ids.provider_id:
                record.item_ids._check_in_house()
        return super()._check_may_agree()
