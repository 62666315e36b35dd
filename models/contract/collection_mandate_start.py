from odoo import api, fields, models


class CollectionMandate(models.Model):
    """When a mandate went live first: what that takes is asked once."""

    _inherit = "collection.mandate"

    live_since = fields.Date(
        readonly=True,
        copy=False,
        help="When it went live first. After a review it goes on, and what going live "
        "takes is not asked anew.",
    )

    @api.model
    def _get_sealed_fields(self):
        return super()._get_sealed_fields() | {"live_since"}

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "live":
            for mandate in self.filtered(lambda mandate: not mandate.live_since):
                mandate._seal(
                    {"live_since": mandate.company_id._get_collection_today()}
                )
        return res
