from odoo import models
from odoo.exceptions import UserError


class CollectionDunningExclusion(models.Model):
    """Who has got the last letter of the ladder may go to a provider."""

    _inherit = "collection.dunning.exclusion"

    def action_hand_over(self):
        """Hand over the customers of these items who have got their last letter."""
        exhausted = self.filtered(lambda exclusion: exclusion.reason == "exhausted")
        if not exhausted:
            raise UserError(
                self.env._(
                    "None of these items has got its last letter: their reminders go on."
                )
            )
        return exhausted.account_id.action_hand_over()
