from odoo import api, models
from odoo.tools import html2plaintext

#: the rest of an answer that came back is of no use to a collector
REASON_LENGTH = 500


class MailThread(models.AbstractModel):
    """Letters that come back."""

    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        message = message_dict.get("bounced_message")
        if not message or message.model != "collection.letter":
            return super()._routing_handle_bounce(email_message, message_dict)
        if not message_dict.get("bounced_email"):
            # old mail servers do not say which address they mean: the addressee's
            letter_sudo = self.env["collection.letter"].sudo().browse(message.res_id)
            partner = letter_sudo.exists().partner_id
            message_dict["bounced_email"] = partner.email_normalized
            message_dict["bounced_partner"] = partner
        text = html2plaintext(message_dict.get("body") or "").strip()
        handler = self.with_context(collection_bounce_text=text[:REASON_LENGTH])
        return super(MailThread, handler)._routing_handle_bounce(
            email_message, message_dict
        )
