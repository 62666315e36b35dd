from odoo import models


class ResUsers(models.Model):
    """Readiness points of those who leave are answered by somebody else."""

    _inherit = "res.users"

    def _hand_on(self):
        # EXTENDS people
        res = super()._hand_on()
        # sudo: whoever manages logins need not know of collections
        answers_sudo = (
            self.env["collection.readiness.answer"]
            .sudo()
            .search([("user_id", "in", self.ids), ("state", "=", "open")])
        )
        heirs = self.env["mail.activity"]._get_heirs(answers_sudo, self.sudo())
        for answer_sudo in answers_sudo.with_context(
            mail_auto_subscribe_no_notify=True
        ):
            answer_sudo.user_id = heirs.get(answer_sudo.id)
        return res
