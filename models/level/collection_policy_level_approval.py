from odoo import models

from ..customer.collection_segment import CAREFUL_HANDLINGS


class CollectionPolicyLevel(models.Model):
    """Levels that a manager approves first."""

    _inherit = "collection.policy.level"

    def _needs_approval(self, segment):
        """Whether this level of customers of `segment` is approved first; the same as
        in the level rule."""
        self.ensure_one()
        return self.needs_approval or (
            self.formal_notice and segment.handling in CAREFUL_HANDLINGS
        )
