from odoo import api, models


class Refusals:
    """Whom the mail server refused, in a context: each pass has its own, whatever
    others hold."""

    def __init__(self):
        self.answers = {}

    def take(self):
        """What came in since the last time: {address: (code, text)}"""
        answers, self.answers = self.answers, {}
        return answers


class RefusalRecorder:
    """An SMTP session that remembers whom the server refused.

    An e-mail to several people is taken for all as soon as it is taken for one, and
    core does not look at the answer that names the others.
    """

    def __init__(self, session, refusals):
        self._session = session
        self._refusals = refusals

    def __getattr__(self, name):
        return getattr(self._session, name)

    def send_message(self, *args, **kwargs):
        answer = self._session.send_message(*args, **kwargs)
        self._refusals.answers.update(answer or {})
        return answer


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    @api.model
    def send_email(self, message, *args, smtp_session=None, **kwargs):
        # EXTENDS base: `collection_refusals` in the context collects whom the server
        # refuses
        refusals = self.env.context.get("collection_refusals")
        if refusals and smtp_session:
            smtp_session = RefusalRecorder(smtp_session, refusals)
        return super().send_email(message, *args, smtp_session=smtp_session, **kwargs)
