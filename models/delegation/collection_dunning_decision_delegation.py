from odoo import api, models
from odoo.tools import SQL


class CollectionDunningDecision(models.AbstractModel):
    """Who reminds of what is not due yet, the mandate says."""

    _inherit = "collection.dunning.decision"

    @api.model
    def _flush(self):
        self.env["collection.mandate"].flush_model(["pre_reminder_by"])
        self.env["collection.placement.line"].flush_model(["mandate_id"])
        return super()._flush()

    @api.model
    def _worked_by_other(self):
        return SQL(
            """CASE WHEN level.delay_basis = 'due' AND level.delay_days < 0
                    THEN (SELECT mandate.pre_reminder_by
                            FROM collection_item own
                            JOIN collection_placement_line line
                              ON line.id = own.placement_line_id
                            JOIN collection_mandate mandate
                              ON mandate.id = line.mandate_id
                           WHERE own.id = climbed.item_id)
                         IS DISTINCT FROM 'company'
                    ELSE %s END""",
            super()._worked_by_other(),
        )
