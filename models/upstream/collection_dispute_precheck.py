from odoo import fields, models


class CollectionDispute(models.Model):
    """Disputes that the quality control of an invoice has found."""

    _inherit = "collection.dispute"

    precheck_id = fields.Many2one(
        comodel_name="collection.precheck",
        string="Found by the Quality Control",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def _notify_opening(self):
        if self.precheck_id:
            self.precheck_id._report_anomaly(self)
        return super()._notify_opening()
