from odoo import models


class CollectionItem(models.Model):
    _inherit = "collection.item"

    def _set_level(self, level, date, reason):
        super()._set_level(level, date, reason)
        # sudo: what waits about these items, of customers that the user may write
        self.sudo()._leave_waiting_reminders(self.env._("Level set by hand"))

    def _leave_waiting_reminders(self, reason):
        """Take these items off the reminders that have not left; what they were written
        for no longer holds. A reminder without item is cancelled, for `reason`."""
        lines = self.env["collection.letter.line"].search(
            [
                ("item_id", "in", self.ids),
                ("letter_id.level_id", "!=", False),
                ("letter_id.state", "in", ("draft", "to_send", "error")),
            ]
        )
        letters = lines.letter_id
        lines.unlink()
        empty = letters.filtered(lambda letter: not letter.line_ids)
        empty._cancel(reason)
        (letters - empty)._sum_lines()
