import smtplib
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo.fields import Datetime
from odoo.tests import freeze_time, tagged
from odoo.tests.common import BaseCase
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCommon

from ...tools.smtp import AWAY, LATER, REFUSED, describe, judge
from .common import DeliveryCommon

MUTED = mute_logger(
    "odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server"
)


def refused(code, text=b"no"):
    """A mail server that answers so to each recipient."""

    def send_message(message, smtp_from, smtp_to_list):
        raise smtplib.SMTPRecipientsRefused({to: (code, text) for to in smtp_to_list})

    return send_message


def raising(error):
    def send_message(message, smtp_from, smtp_to_list):
        raise error

    return send_message


@tagged("post_install", "-at_install")
class TestSmtp(BaseCase):
    """Whose fault it is, by what `smtplib` raises."""

    def test_judge(self):
        cases = [
            (smtplib.SMTPRecipientsRefused({"a@b": (550, b"unknown")}), REFUSED),
            (smtplib.SMTPRecipientsRefused({"a@b": (450, b"greylisted")}), LATER),
            (
                smtplib.SMTPRecipientsRefused(
                    {"a@b": (550, b"unknown"), "c@b": (451, b"later")}
                ),
                REFUSED,
            ),
            (smtplib.SMTPDataError(451, b"local error"), LATER),
            (smtplib.SMTPDataError(554, b"spam"), REFUSED),
            (smtplib.SMTPSenderRefused(530, b"log in", "us@b"), AWAY),
            (smtplib.SMTPSenderRefused(552, b"too large", "us@b"), REFUSED),
            (smtplib.SMTPAuthenticationError(535, b"wrong password"), AWAY),
            (smtplib.SMTPConnectError(554, b"no service"), AWAY),
            (smtplib.SMTPServerDisconnected("closed"), AWAY),
            (smtplib.SMTPNotSupportedError("SMTPUTF8"), REFUSED),
            (ConnectionRefusedError(111, "Connection refused"), AWAY),
            (TimeoutError("timed out"), AWAY),
            (UnicodeEncodeError("ascii", "é", 0, 1, "no"), REFUSED),
        ]
        for error, verdict in cases:
            with self.subTest(error=error):
                self.assertEqual(judge(error), verdict)

    def test_describe(self):
        self.assertEqual(
            describe(ConnectionRefusedError(111, "Connection refused")),
            "Connection refused",
        )
        self.assertEqual(
            describe(smtplib.SMTPDataError(451, b"4.3.0 try\r\nagain")),
            "451 4.3.0 try again",
        )
        self.assertEqual(
            describe(smtplib.SMTPRecipientsRefused({"a@b": (550, b"5.1.1 unknown")})),
            "a@b: 550 5.1.1 unknown",
        )


@tagged("post_install", "-at_install")
class TestMailOutage(DeliveryCommon, MailCommon):
    """The mail server is away, or does not want one letter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._init_mail_gateway()

    def setUp(self):
        super().setUp()
        with freeze_time("2026-11-22 09:00:00"):
            run = self._run_of(3)
            for number, letter in enumerate(run.letter_ids.sorted("id")):
                letter.partner_id.email = f"client{number}@customer.example.com"
                letter.account_id.user_id = self.collector_user
            run.letter_ids._send()
        self.dunning_run = run
        self.letters = run.letter_ids.sorted("id")
        self.assertEqual(set(self.letters.mapped("delivery_state")), {"pending"})

    @contextmanager
    def _server(self, *, connect=None, send=None):
        """A mail server whose connection, or whose answer to an e-mail, is given."""
        with ExitStack() as stack:
            stack.enter_context(self.mock_mail_gateway())
            if connect:
                stack.enter_context(patch("smtplib.SMTP", side_effect=connect))
                stack.enter_context(patch("smtplib.SMTP_SSL", side_effect=connect))
            if send:
                self.testing_smtp_session.send_message = send
            yield

    @MUTED
    def _pass(self, **server):
        """One pass of core's mail queue; what it gets to is sent by `_server`."""
        queue = self.env["mail.mail"].sudo()
        with self._server(**server):
            queue.with_context(
                filters=[("model", "=", "collection.letter")]
            ).process_email_queue()
            sent = [] if server else list(self.emails)
        # the sending job that follows it
        self.env["collection.letter"]._follow_mails()
        self.env["collection.letter"]._follow_departures()
        self.env.invalidate_all()
        return sent

    def _mails_of(self, letters):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letters._name), ("res_id", "in", letters.ids)])
        )

    def _notices(self):
        notice = self.env.ref("account_collection.mail_activity_type_mail_outage")
        return (
            self.env["mail.activity"]
            .sudo()
            .search([("activity_type_id", "=", notice.id)])
        )

    def assertWaiting(self, letters):
        self.assertEqual(set(letters.mapped("delivery_state")), {"pending"})
        self.assertEqual(set(self._mails_of(letters).mapped("state")), {"outgoing"})
        self.assertFalse(letters.account_id.activity_ids, "nobody's address is wrong")

    def assertToldOnce(self):
        self.assertEqual(
            self._notices().user_id, self.company._get_collection_managers()
        )
        self.assertEqual(
            len(self._notices()), len(self.company._get_collection_managers())
        )

    def test_server_that_is_away(self):
        """They wait, the managers are told once, and they leave by themselves."""
        cases = {
            "refused": ConnectionRefusedError(111, "Connection refused"),
            "unknown host": OSError(-2, "Name or service not known"),
            "hanging": TimeoutError("timed out"),
            "busy": smtplib.SMTPConnectError(421, b"too many connections"),
            "wrong password": smtplib.SMTPAuthenticationError(535, b"no"),
        }
        for name, error in cases.items():
            with self.subTest(name):
                self._pass(connect=error)
                self.assertWaiting(self.letters)
                self.assertNotIn("Errno", self.letters[0].delivery_reason)
                self.assertToldOnce()
        self.assertEqual(len(self._pass()), 3)
        self.assertEqual(set(self.letters.mapped("delivery_state")), {"handed_over"})
        self.assertFalse(any(self.letters.mapped("delivery_reason")))
        self.assertFalse(self._notices(), "done")
        self.assertEqual(self._pass(), [], "once")

    def test_the_call_sheet_says_sent_when_it_has_left(self):
        account = self.letters[0].account_id
        said = [entry["kind"] for entry in account._get_call_history()]
        self.assertNotIn("letter", said)
        self._pass()
        said = [entry["kind"] for entry in account._get_call_history()]
        self.assertIn("letter", said)

    def test_a_notice_that_was_closed_does_not_come_back(self):
        self._pass(connect=ConnectionRefusedError(111, "Connection refused"))
        self._notices().action_feedback(feedback="Looking at it")
        self._pass(connect=TimeoutError("timed out"))
        self.assertFalse(self._notices())
        self.assertWaiting(self.letters)

    def test_server_that_takes_nothing_now(self):
        for send in (
            refused(450, b"4.7.1 greylisted"),
            raising(smtplib.SMTPDataError(451, b"4.3.0 disk full")),
            raising(smtplib.SMTPSenderRefused(530, b"log in first", "us@example.com")),
        ):
            self._pass(send=send)
            self.assertWaiting(self.letters)
            self.assertToldOnce()
        self.assertEqual(len(self._pass()), 3)

    def test_server_that_hangs_in_the_middle(self):
        """Core leaves what it was sending as failed, and sends nothing more."""
        asked = []

        def hang(message, smtp_from, smtp_to_list):
            asked.append(smtp_to_list)
            msg = "Connection unexpectedly closed: timed out"
            raise smtplib.SMTPServerDisconnected(msg)

        self._pass(send=hang)
        self.assertEqual(len(asked), 1)
        self.assertWaiting(self.letters)
        self.assertToldOnce()
        self.assertEqual(len(self._pass()), 3)
        self.assertEqual(set(self.letters.mapped("delivery_state")), {"handed_over"})

    def test_recipient_that_is_refused(self):
        """It stays theirs alone: the others leave, and the managers hear nothing."""
        sent = []

        def send(message, smtp_from, smtp_to_list):
            if "client1@customer.example.com" in smtp_to_list:
                refused(550, b"5.1.1 user unknown")(message, smtp_from, smtp_to_list)
            sent.extend(smtp_to_list)

        self._pass(send=send)
        self.assertLessEqual(
            {"client0@customer.example.com", "client2@customer.example.com"}, set(sent)
        )
        self.assertEqual(
            self.letters.mapped("delivery_state"),
            ["handed_over", "failed", "handed_over"],
        )
        failed = self.letters[1]
        self.assertIn("550 5.1.1 user unknown", failed.delivery_reason)
        activity = failed.account_id.activity_ids
        self.assertEqual(activity.user_id, self.collector_user)
        self.assertIn("could not be sent", activity.summary)
        self.assertFalse(self._notices())
        self._pass()
        self.assertEqual(failed.delivery_state, "failed", "nobody tries again")

    def test_later_for_too_long(self):
        """A full mailbox is the collector's after five days, an absent server never."""
        self._mails_of(self.letters).flush_recordset()
        self.env.cr.execute(
            "UPDATE mail_mail SET create_date = now() AT TIME ZONE 'UTC'"
            " - interval '6 days' WHERE id = ANY(%s)",
            [self._mails_of(self.letters).ids],
        )
        self.env.invalidate_all()
        self._pass(connect=ConnectionRefusedError(111, "Connection refused"))
        self.assertWaiting(self.letters)
        self._pass(send=refused(452, b"4.2.2 mailbox full"))
        self.assertEqual(set(self.letters.mapped("delivery_state")), {"failed"})
        self.assertEqual(len(self.letters.account_id.activity_ids), 3)

    def test_told_again_after_it_was_sent_again(self):
        letter = self.letters[0]
        self._pass(send=refused(550, b"5.1.1 user unknown"))
        first = letter.account_id.activity_ids
        self.assertEqual(len(first), 1)
        letter.partner_id.email = "other@customer.example.com"
        letter.with_user(self.collector_user).action_send_again()
        self.assertFalse(letter.account_id.activity_ids, "done")
        self.assertEqual(letter.delivery_state, "pending")
        self._pass(send=refused(554, b"5.7.1 no"))
        self.assertEqual(letter.delivery_state, "failed")
        second = letter.account_id.activity_ids
        self.assertEqual(len(second), 1)
        self.assertNotEqual(second, first)
        self.assertIn("554", letter.delivery_reason)

    def test_sent_again_once(self):
        """What failed is cancelled: core's own retry does not send it as well."""
        letter = self.letters[0]
        self._pass(send=refused(550, b"5.1.1 user unknown"))
        failed = self._mails_of(letter)
        self.assertEqual(failed.state, "exception")
        letter.with_user(self.collector_user).action_send_again()
        self.assertEqual(failed.state, "cancel")
        failed.action_retry()
        self.assertEqual(len(self._pass()), 1)

    def test_by_post_instead(self):
        """Not by e-mail as well, when the mail server is back."""
        letter = self.letters[0]
        self._pass(connect=TimeoutError("timed out"))
        letter.with_user(self.collector_user).action_send_by_post()
        self.assertTrue(letter.by_post)
        self.assertFalse(letter.by_email)
        self.assertFalse(letter.delivery_state)
        self.assertEqual(len(self._pass()), 2)

    def test_retried_by_an_administrator(self):
        """Core's retry of what had failed, after the address was put right."""
        self._pass(send=refused(550, b"5.1.1 user unknown"))
        self._mails_of(self.letters[0]).action_retry()
        self._pass(connect=TimeoutError("timed out"))
        self.assertEqual(self.letters[0].delivery_state, "pending")
        self._pass()
        self.assertEqual(self.letters[0].delivery_state, "handed_over")
        self.assertFalse(self.letters[0].account_id.activity_ids)
        self.assertEqual(self.letters[1].delivery_state, "failed")

    def test_paid_while_the_server_was_away(self):
        """Nothing is asked for that was paid; what is owed still goes as written."""
        letter, other = self.letters[0], self.letters[1:]
        self._pass(connect=TimeoutError("timed out"))
        with freeze_time("2026-11-23 09:00:00"):
            self._pay(letter.line_ids.item_id.move_id)
        self.assertEqual(len(self._pass()), 2)
        self.assertEqual(letter.state, "cancelled")
        self.assertIn("Paid", letter.state_reason)
        self.assertEqual(set(other.mapped("delivery_state")), {"handed_over"})
        self.assertFalse(self._notices())

    def test_no_next_level_while_it_waits(self):
        """Who has not got one letter does not get the next."""
        self._pass(connect=TimeoutError("timed out"))
        item = self.letters[0].line_ids.item_id
        with freeze_time("2026-12-28 09:00:00"):
            run = self._run("2026-12-28")
            self.assertNotIn(item, run.letter_ids.line_ids.item_id)
            exclusion = run.exclusion_ids.filtered(lambda e: e.item_id == item)
            self.assertEqual(exclusion.reason, "on_letter")
            self.assertIn(self.letters[0].number, exclusion.explanation)
            self._pass()
        with freeze_time("2027-01-28 09:00:00"):
            # counted from the day on which it left
            run = self._run("2027-01-28")
            self.assertIn(item, run.letter_ids.line_ids.item_id)

    def test_level_counts_from_the_day_it_left(self):
        """The mail server was away for five days: so much later comes the next one."""
        letter, punctual = self.letters[0], self.letters[1]
        item = letter.line_ids.item_id
        with freeze_time("2026-11-22 10:00:00"):
            self._mails_of(self.letters - punctual).scheduled_date = "2026-11-27"
            self._pass()
        self.assertEqual(punctual.delivery_state, "handed_over")
        with freeze_time("2026-11-27 10:00:00"):
            self._pass()
            self._pass()
        self.assertEqual(str(item.level_date), "2026-11-27")
        self.assertEqual(str(item.history_ids.date), "2026-11-27")
        self.assertEqual(str(letter.date), self.today)
        self.assertEqual(str(punctual.line_ids.item_id.level_date), self.today)

    def test_refused_for_one_and_taken_for_another(self):
        """Core believes that it has left: the server took it for the copy."""
        letter = self.letters[0]
        letter.account_id.dunning_copy_ids = self.env["res.partner"].create(
            {
                "name": "Boss",
                "parent_id": letter.partner_id.id,
                "email": "boss@customer.example.com",
            }
        )
        for refused_one, state in (
            ("client0@customer.example.com", "failed"),
            ("boss@customer.example.com", "handed_over"),
        ):
            with self.subTest(refused_one):
                self._mails_of(letter).cancel()
                letter._queue_mails()
                letter.delivery_state = "pending"
                self._pass(
                    send=lambda *_args, one=refused_one: {one: (550, b"5.1.1 unknown")}
                )
                self.assertEqual(letter.delivery_state, state)
        self.assertIn("boss@customer.example.com", letter.message_ids[0].body)

    def test_what_was_refused_is_no_letter_that_was_received(self):
        """Neither recalled by the next one, nor a notice from which interest runs."""
        self.formal_notice.channel = "email"
        debtor = self._debtor("Refused", email="refused@customer.example.com")
        item = self._invoice(debtor, 900, "2026-09-01").collection_item_ids
        with freeze_time("2026-11-22 09:00:00"):
            letter = self._letter(debtor, self.formal_notice)
            letter._send()
            draft = letter.copy({"level_id": self.formal_notice.id, "number": False})
            letter.line_ids.copy({"letter_id": draft.id})

        def received():
            self.env.invalidate_all()
            return (
                item in item._get_notice_dates(),
                draft._get_previous_letters().get(draft) == letter,
                letter
                in self.env["collection.letter"].search(letter._reached_domain()),
            )

        self.assertEqual(received(), (True, True, True))
        self._pass(connect=TimeoutError("timed out"))
        self.assertEqual(received(), (False, False, False), "it waits")
        self._pass(send=refused(550, b"5.1.1 user unknown"))
        self.assertEqual(received(), (False, False, False), "it was refused")
        letter.with_user(self.collector_user).action_send_by_post()
        self.assertEqual(received(), (True, True, True))

    def test_e_mail_that_is_gone(self):
        """Deleted or cancelled by hand in the mail queue: somebody hears of it."""
        self._mails_of(self.letters[0]).unlink()
        self._mails_of(self.letters[1]).cancel()
        self._mails_of(self.letters[2]).write({"state": "exception"})
        self.env["collection.letter"]._follow_mails()
        self.assertEqual(
            self.letters.mapped("delivery_state"), ["failed", "failed", "pending"]
        )
        self.assertEqual(self._mails_of(self.letters[2]).state, "outgoing")
        self.assertEqual(len(self.letters.account_id.activity_ids), 2)
        self.assertTrue(self.letters[2].delivery_reason)
        self.assertFalse(
            self.letters.filtered(lambda letter: letter.date_sent > Datetime.now())
        )
