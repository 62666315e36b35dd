from odoo import models


class MailMail(models.Model):
    """Whether the e-mail of a letter has left."""

    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # a mail that is deleted once it has left tells its letter before
        for mail in self.filtered(lambda mail: mail.model == "collection.letter"):
            letter_sudo = (
                self.env["collection.letter"].sudo().browse(mail.res_id).exists()
            )
            if failure_type:
                letter_sudo._mark_failed(
                    "failed", failure_reason or mail.failure_reason
                )
            else:
                letter_sudo._mark_handed_over()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )
