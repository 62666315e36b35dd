import smtplib
import sys
from datetime import timedelta

from odoo import fields, models
from odoo.tools.mail import email_normalize, email_normalize_all

from ...tools.smtp import LATER, REFUSED, describe, judge
from .ir_mail_server import Refusals

#: what core says of an e-mail whose recipient is at fault, or nobody's
RECIPIENT_TYPES = ("mail_email_invalid", "mail_email_missing")
#: what core says when it reached no server, or had no sender the server would take
SERVER_TYPES = ("mail_smtp", "mail_spam", "mail_from_invalid", "mail_from_missing")
#: how long after the queue began the sending job looks at what has become of letters
FOLLOW_AFTER = timedelta(minutes=2)
#: days after which "later", said of one e-mail, is no answer any more
PATIENCE_DAYS = 5


class MailMail(models.Model):
    """Whether the e-mail of a letter has left; if not, whether it waits or has failed.

    What is the recipient's fault fails, and the collector sees to it. For everything
    else the e-mail stays in the queue, which takes it again at its next pass.
    """

    _inherit = "mail.mail"

    def _of_letters(self):
        return self.filtered(lambda mail: mail.model == "collection.letter")

    def _get_letters(self):
        # sudo: the mail queue has no role in collections
        letters_sudo = self.env["collection.letter"].sudo()
        return letters_sudo.browse(self._of_letters().mapped("res_id")).exists()

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        # EXTENDS mail: what was paid while the server was away is not asked for
        settled = self._get_letters()._withdraw_settled()
        mails = self - self._of_letters().filtered(
            lambda mail: mail.res_id in settled.ids
        )
        if self._of_letters():
            # whatever becomes of them, the sending job looks after it
            job = self.env.ref(
                "account_collection.ir_cron_collection_send", raise_if_not_found=False
            )
            if job:
                # sudo: the mail queue, or whoever sends an e-mail
                job.sudo()._trigger(fields.Datetime.now() + FOLLOW_AFTER)
        return super(MailMail, mails).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _send(self, *args, **kwargs):
        # EXTENDS mail
        mails = self
        if self._of_letters():
            mails = self.with_context(collection_refusals=Refusals())
        try:
            return super(MailMail, mails)._send(*args, **kwargs)
        except smtplib.SMTPServerDisconnected as error:
            # core gives up here: it leaves the e-mail that the server did not answer
            # about as failed for ever, and tells nobody
            pending = self._get_letters().filtered(
                lambda letter: letter.delivery_state == "pending"
            )
            self._of_letters().filtered(
                lambda mail: mail.state == "exception" and mail.res_id in pending.ids
            )._wait_for_server(describe(error))
            raise

    def _wait_for_server(self, reason):
        """Leave these e-mails of letters in the queue: the server did not take them."""
        self.mark_outgoing()
        self._get_letters()._mark_waiting(reason)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS mail: a mail that is deleted once it has left tells its letter before
        mails = self._of_letters()
        if mails:
            error = self._get_smtp_error()
            reason = (
                describe(error)
                if error
                else failure_reason or mails[:1].failure_reason or ""
            )
            refusals = self.env.context.get("collection_refusals")
            refused = refusals.take() if refusals else {}
            if not failure_type:
                mails._get_letters()._mark_handed_over()
                mails._tell_refused(refused)
            elif (
                success_pids or success_emails or mails._is_refused(failure_type, error)
            ):
                mails._get_letters()._mark_failed("failed", reason)
            else:
                mails._wait_for_server(reason)
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )

    def _tell_refused(self, refused):
        """The server took the e-mail of a letter for some and refused it to others: the
        customer has not got it when they are among these.

        :param refused: {address: (code, text)}, as `smtplib` returns it
        """
        if not refused:
            return
        self.ensure_one()
        reason = describe(smtplib.SMTPRecipientsRefused(refused))
        addressees = {
            *email_normalize_all(self.email_to),
            *self.recipient_ids.mapped("email_normalized"),
        }
        letters = self._get_letters()
        if addressees.intersection(map(email_normalize, refused)):
            letters._mark_failed("failed", reason)
            return
        for letter in letters:
            letter._message_log(
                body=self.env._("A copy was refused. %(reason)s", reason=reason)
            )

    def _get_smtp_error(self):
        """The error for which core tells just now that e-mails have not left."""
        error = sys.exc_info()[1]
        # core wraps what the connection raised, and says no more than its text
        while error and not isinstance(error, OSError) and error.__context__:
            error = error.__context__
        return error

    def _is_refused(self, failure_type, error):
        """Whether these e-mails will never be taken, for what is wrong with them.

        :param failure_type: what core makes of it
        :param error: what was raised, if anything
        """
        if failure_type in RECIPIENT_TYPES:
            return True
        if failure_type in SERVER_TYPES:
            return False
        verdict = judge(error) if error else REFUSED
        if verdict == LATER:
            patience = fields.Datetime.now() - timedelta(days=PATIENCE_DAYS)
            return all(mail.create_date < patience for mail in self)
        return verdict == REFUSED
