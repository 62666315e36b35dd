from odoo import api, models
from odoo.tools import SQL


class CollectionDunningDecision(models.AbstractModel):
    """What the level rule says of items that were promised or are on a plan."""

    _inherit = "collection.dunning.decision"

    @api.model
    def _explanations(self):
        explanations = super()._explanations()
        explanations["reason_date"].update(
            promised=SQL(
                "(SELECT date_promised FROM collection_promise WHERE id = promise_id)"
            ),
            on_plan=SQL(
                "(SELECT next_date FROM collection_payment_plan WHERE id = plan_id)"
            ),
        )
        explanations["reason_note"].update(
            promised=SQL(
                "(SELECT number FROM collection_promise WHERE id = promise_id)"
            ),
            on_plan=SQL(
                "(SELECT number FROM collection_payment_plan WHERE id = plan_id)"
            ),
        )
        return explanations
