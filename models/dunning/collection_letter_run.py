from odoo import api, models


class CollectionLetter(models.Model):
    """What becomes of a letter decides whether its run is done."""

    _inherit = "collection.letter"

    def _mark_sent(self):
        res = super()._mark_sent()
        self.run_id._follow_letters()
        return res

    def _mark_printed(self):
        res = super()._mark_printed()
        self.run_id._follow_letters()
        return res

    def _cancel(self, reason):
        res = super()._cancel(reason)
        self.run_id._follow_letters()
        return res

    def action_send_again(self):
        """As for any letter; its run is done again once it has left."""
        res = super().action_send_again()
        self.run_id._follow_letters()
        return res

    def action_send_by_post(self):
        """As for any letter; its run is done again once it is printed."""
        res = super().action_send_by_post()
        self.run_id._follow_letters()
        return res

    @api.model
    def _follow_departures(self):
        # EXTENDS: of e-mails, which leave by the mail queue
        res = super()._follow_departures()
        self.env["collection.dunning.run"].search(
            [("state", "=", "to_send")]
        )._follow_letters()
        return res
