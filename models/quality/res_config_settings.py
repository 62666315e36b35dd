from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of call quality."""

    _inherit = "res.config.settings"

    collection_satisfaction_every = fields.Integer(
        related="company_id.collection_satisfaction_every", readonly=False
    )
    collection_satisfaction_days = fields.Integer(
        related="company_id.collection_satisfaction_days", readonly=False
    )
    collection_quality_share = fields.Float(
        related="company_id.collection_quality_share", readonly=False
    )
    collection_complaint_days = fields.Integer(
        related="company_id.collection_complaint_days", readonly=False
    )
