from odoo import models
from odoo.exceptions import UserError


class CollectionDunningExclusion(models.Model):
    """Who has come to the end of the ladder may go to a provider, or to court."""

    _inherit = "collection.dunning.exclusion"

    def action_hand_over(self):
        """Hand over the customers of these items whose ladder is exhausted."""
        exhausted = self.filtered(lambda exclusion: exclusion.reason == "exhausted")
        if not exhausted:
            raise UserError(
                self.env._(
                    "The reminders about these items go on: none of them has come to "
                    "the end of its ladder."
                )
            )
        return exhausted.account_id.action_hand_over()

    def action_legal_file(self):
        """Download what a lawyer needs of this customer."""
        self.ensure_one()
        return self.account_id.action_legal_file()
