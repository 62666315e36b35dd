from odoo import models


class CollectionHandover(models.TransientModel):
    """From the hand-over to what speaks for it."""

    _inherit = "collection.handover"

    def action_advise(self):
        """Open the advisor, on the figures of the company."""
        return self.env["collection.delegation.advisor"].action_advise()
