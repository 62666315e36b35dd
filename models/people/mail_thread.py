from odoo import api, models
from odoo.tools import SQL


class MailThread(models.AbstractModel):
    """What a provider's people are told of a record: nothing that is closed to them."""

    _inherit = "mail.thread"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        # sudo: what the message is about; a notification may be sent from no record.
        # Read only where the caller has not said it: every document that is posted
        # comes here
        about = {
            name: msg_vals[name] if name in (msg_vals or ()) else message.sudo()[name]
            for name in ("model", "res_id")
        }
        return self._without_provider_people(
            about["model"],
            about["res_id"],
            recipients,
            "id",
            "email_normalized",
        )

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        suggested = super()._message_get_suggested_recipients_batch(*args, **kwargs)
        return {
            res_id: self._without_provider_people(
                self._name, res_id, recipients, "partner_id", "email"
            )
            for res_id, recipients in suggested.items()
        }

    @api.model
    def _without_provider_people(self, model, res_id, recipients, key, email_key):
        """Leave out of `recipients` those to whom the record is closed.

        :param recipients: dictionaries with a partner's id in `key`, or without one
            an address in `email_key`
        """
        followers = self.env["mail.followers"]
        if not recipients or not followers._is_closed_model(model):
            return recipients
        emails = [
            recipient[email_key] for recipient in recipients if not recipient[key]
        ]
        owners = dict(
            emails
            and self.env.execute_query(
                SQL(
                    "SELECT email, id FROM (%s) person WHERE email = ANY(%s)",
                    self.env["res.users"]._get_provider_people_query(),
                    emails,
                )
            )
        )
        shut_out = followers._get_shut_out(
            model,
            [res_id],
            [recipient[key] for recipient in recipients if recipient[key]]
            + list(owners.values()),
        )
        return [
            recipient
            for recipient in recipients
            if (recipient[key] or owners.get(recipient[email_key]))
            not in shut_out.get(res_id, ())
        ]
