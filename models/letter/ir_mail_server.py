from odoo import models


class RefusalRecorder:
    """An SMTP session that remembers whom the server refused.

    An e-mail to several people is taken for all as soon as it is taken for one, and
    core does not look at the answer that names the others.
    """

    def __init__(self, session, refused):
        self._session = session
        self._refused = refused

    def __getattr__(self, name):
        return getattr(self._session, name)

    def send_message(self, *args, **kwargs):
        answer = self._session.send_message(*args, **kwargs)
        self._refused.update(answer or {})
        return answer


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def send_email(self, message, *args, smtp_session=None, **kwargs):
        # EXTENDS base: in the context `collection_refused`, a dictionary of those whom
        # the server refused is filled
        refused = self.env.context.get("collection_refused")
        if refused is not None and smtp_session:
            smtp_session = RefusalRecorder(smtp_session, refused)
        return super().send_email(message, *args, smtp_session=smtp_session, **kwargs)
