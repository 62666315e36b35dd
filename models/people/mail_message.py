from odoo import api, models
from odoo.tools import SQL


class MailMessage(models.Model):
    """Whoever a message is addressed to reads it for ever: not a provider's people."""

    _name = "mail.message"
    _inherit = ["mail.message", "collection.on.site.mixin"]

    _document_field = "model"
    _whose_fields = ("author_id", "create_uid")

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        if any(vals.get("partner_ids") for vals in vals_list):
            messages._strike_out_provider_people()
        return messages

    def write(self, vals):
        res = super().write(vals)
        if not {"model", "partner_ids", "res_id"}.isdisjoint(vals):
            self._strike_out_provider_people()
        return res

    def _strike_out_provider_people(self):
        followers = self.env["mail.followers"]
        # sudo: recipients of messages that the caller has just written
        for model, messages_sudo in self.sudo().grouped("model").items():
            shut_out = followers._get_shut_out(
                model, messages_sudo.mapped("res_id"), messages_sudo.partner_ids.ids
            )
            for message_sudo in messages_sudo:
                strangers = message_sudo.partner_ids.browse(
                    shut_out.get(message_sudo.res_id)
                )
                if strangers & message_sudo.partner_ids:
                    message_sudo.partner_ids -= strangers

    @api.model
    def _dismiss_recipients(self, people):
        """Take back the messages that `people` were sent about what is closed to them.

        :param people: query of `_get_provider_people_query`
        """
        closed = self.env["mail.followers"]._closed(
            SQL("message.model"), SQL("message.res_id"), SQL("person")
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notification.id
                  FROM (%(people)s) person
                  JOIN mail_notification notification
                    ON notification.res_partner_id = person.id
                  JOIN mail_message message
                    ON message.id = notification.mail_message_id
                 WHERE %(closed)s
                """,
                people=people,
                closed=closed,
            )
        )
        self.env["mail.notification"].browse({row[0] for row in rows}).unlink()
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM mail_message_res_partner_rel recipient
                 USING (%(people)s) person, mail_message message
                 WHERE recipient.res_partner_id = person.id
                   AND message.id = recipient.mail_message_id
                   AND %(closed)s
             RETURNING message.id
                """,
                people=people,
                closed=closed,
            )
        )
        self.browse({row[0] for row in rows}).invalidate_recordset(
            ["partner_ids"], flush=False
        )
