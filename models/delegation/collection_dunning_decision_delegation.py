from odoo import api, models
from odoo.tools import SQL


class CollectionDunningDecision(models.AbstractModel):
    """Who reminds of what is not due yet, the mandate says."""

    _inherit = "collection.dunning.decision"

    @api.model
    def _flush(self):
        self.env["collection.mandate"].flush_model(["pre_reminder_by"])
        self.env["collection.account"].flush_model(["mandate_id"])
        self.env["collection.item"].flush_model(["delegated"])
        return super()._flush()

    @api.model
    def _worked_by_other(self):
        return SQL(
            """CASE WHEN level.delay_basis = 'due' AND level.delay_days < 0
                    THEN (SELECT mandate.pre_reminder_by
                            FROM collection_item own
                            JOIN collection_account acc ON acc.id = own.account_id
                            JOIN collection_mandate mandate
                              ON mandate.id = acc.mandate_id
                           WHERE own.id = climbed.item_id AND own.delegated)
                         IS DISTINCT FROM 'company'
                    ELSE %s END""",
            super()._worked_by_other(),
        )
