from odoo import api, models
from odoo.tools import SQL


class MailMail(models.Model):
    """E-mails that have not left when a right ends."""

    _inherit = "mail.mail"

    @api.model
    def _dismiss_recipients(self, people):
        """Keep back from `people` what has not left about what is closed to them.

        An e-mail that somebody wrote to them about what they may read still leaves.

        :param people: query of `_get_provider_people_query`
        """
        pending = self.env.execute_query(
            SQL(
                """
                SELECT mail.id, person.id, mail.is_notification,
                       message.model, message.res_id
                  FROM (%(people)s) person
                  JOIN mail_mail_res_partner_rel recipient
                    ON recipient.res_partner_id = person.id
                  JOIN mail_mail mail ON mail.id = recipient.mail_mail_id
                  JOIN mail_message message ON message.id = mail.mail_message_id
                 WHERE mail.state IN ('outgoing', 'exception') AND %(closed)s
                """,
                people=people,
                closed=self.env["mail.followers"]._closed(
                    SQL("message.model"), SQL("message.res_id"), SQL("person")
                ),
            )
        )
        written = {}
        for _mail, partner_id, is_notification, model, res_id in pending:
            if not is_notification:
                written.setdefault((partner_id, model), set()).add(res_id)
        readable = {
            (partner_id, model, res_id)
            for (partner_id, model), res_ids in written.items()
            for user in self.env["res.partner"].browse(partner_id).user_ids
            for res_id in user._filter_readable(self.env[model].browse(res_ids)).ids
        }
        dismissed = tuple(
            (mail_id, partner_id)
            for mail_id, partner_id, is_notification, model, res_id in pending
            if is_notification or (partner_id, model, res_id) not in readable
        )
        if not dismissed:
            return
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mail_mail_res_partner_rel
                 WHERE (mail_mail_id, res_partner_id) IN %s
                """,
                dismissed,
            )
        )
        mails = self.browse({mail_id for mail_id, _partner in dismissed})
        mails.invalidate_recordset(["recipient_ids"], flush=False)
        mails.filtered(
            lambda mail: not (mail.recipient_ids or mail.email_to or mail.email_cc)
        ).cancel()
