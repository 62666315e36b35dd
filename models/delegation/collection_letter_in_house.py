from odoo import models


class CollectionLetter(models.Model):
    """Letters outside the ladder that were written before their items were handed over.

    Reminders are computed again by the rule of the runs, which knows.
    """

    _inherit = "collection.letter"

    def _filter_silent(self):
        """Those of these letters with items that are the provider's to write about."""
        silent = self.browse()
        # sudo: kind and items of letters that the caller handles
        of_kind_sudo = self.sudo().filtered("kind_id")
        for kind_sudo, letters_sudo in of_kind_sudo.grouped("kind_id").items():
            items_sudo = letters_sudo.line_ids.item_id._get_silent(kind_sudo)
            silent |= letters_sudo.filtered(
                lambda letter, items_sudo=items_sudo: (
                    letter.line_ids.item_id & items_sudo
                )
            ).with_env(self.env)
        return silent

    def action_confirm(self):
        drafts = self.filtered(lambda letter: letter.state == "draft")
        # sudo: as above; with whom the items are is said by the refusal
        drafts._filter_silent().sudo().line_ids.item_id.with_env(
            self.env
        )._check_in_house()
        return super().action_confirm()

    def _get_outdated_reason(self):
        # EXTENDS letter
        reason = super()._get_outdated_reason()
        if not reason and self._filter_silent():
            reason = self.env._("Handed over to a provider meanwhile")
        return reason
