from odoo import fields, models

from .collection_placement_acknowledge import REFUSAL_REASONS
from .collection_provider_note import RETURN_REASONS


class CollectionPlacementLine(models.Model):
    """Why a provider gave a customer back: on receipt, or after it had tried."""

    _inherit = "collection.placement.line"

    return_reason = fields.Selection(
        selection=list(dict([*RETURN_REASONS, *REFUSAL_REASONS]).items()),
        string="Returned because",
        readonly=True,
        copy=False,
    )
