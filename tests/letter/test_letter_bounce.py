from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCommon

from .common import LetterCommon

BOUNCE = """Return-Path: <>
X-Original-To: {bounce}
Delivered-To: {bounce}
Received: by mail.customer.example.com (Postfix) id EA917B8008
Date: Sun, 22 Nov 2026 11:00:00 +0100
From: MAILER-DAEMON@mail.customer.example.com
Subject: Undelivered Mail Returned to Sender
To: {bounce}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
    boundary="DFFDAB8001.1"
Message-Id: <20261122.EA917B8008@mail.customer.example.com>

--DFFDAB8001.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

<{email}>: host mail.customer.example.com said:
    550 5.1.1 User unknown in virtual mailbox table

--DFFDAB8001.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.customer.example.com
X-Postfix-Queue-ID: DFFDAB8001

{recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--DFFDAB8001.1
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <{bounce}>
From: contact@vauban.example.com
To: {email}
Message-Id: {message_id}
Subject: Rappel
Content-Type: text/plain; charset=us-ascii

Bonjour

--DFFDAB8001.1--
"""


@tagged("post_install", "-at_install")
class TestLetterBounce(LetterCommon, MailCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._init_mail_gateway()

    def setUp(self):
        super().setUp()
        with freeze_time("2026-11-22 09:00:00"):
            self.invoice = self._invoice(self.debtor, 1000, "2026-10-01")
            self.account = self.account_of(self.debtor)
            self.account.user_id = self.collector_user
            self.letter = self._letter(self.debtor, self.reminder)
            self.letter._send()
        self.number = self.letter.number
        self.mail = self._mails()

    def _mails(self):
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [("model", "=", "collection.letter"), ("res_id", "=", self.letter.id)],
                order="id",
            )
        )

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def _bounce(self, email=None, tell_recipient=True):
        email = email or self.debtor.email_normalized
        self.env["mail.thread"].message_process(
            None,
            BOUNCE.format(
                bounce=self.alias_bounce + "@" + self.alias_domain,
                email=email,
                message_id=self.mail.message_id,
                recipient=f"Final-Recipient: rfc822; {email}"
                if tell_recipient
                else "X-Other: none",
            ),
        )
        self.env.invalidate_all()

    def test_bounce(self):
        self.assertEqual(self.letter.delivery_state, "pending")
        self._bounce()
        self.assertEqual(self.letter.delivery_state, "bounced")
        self.assertIn("User unknown", self.letter.delivery_reason)
        self.assertEqual(self.letter.state, "sent", "it was sent, and stays on record")
        activity = self.account.activity_ids
        self.assertEqual(activity.user_id, self.collector_user)
        self.assertIn(self.number, activity.summary)
        self.assertIn("came back", activity.summary)

    def test_a_second_bounce_is_one_activity(self):
        self._bounce()
        self._bounce()
        self.assertEqual(len(self.account.activity_ids), 1)

    def test_bounce_that_names_nobody(self):
        self._bounce(tell_recipient=False)
        self.assertEqual(self.letter.delivery_state, "bounced")

    def test_bounce_of_a_copy(self):
        self._bounce(email="boss@elsewhere.example.com")
        self.assertEqual(self.letter.delivery_state, "pending")
        self.assertFalse(self.account.activity_ids)
        self.assertIn("boss@elsewhere.example.com", self.letter.message_ids[0].body)

    def test_send_again(self):
        """To the corrected address: same number, same PDF, the level counts once."""
        level_date = self.invoice.collection_item_ids.level_date
        attachment = self.letter.attachment_id
        self._bounce()
        self.debtor.email = "accounts@customer.example.com"
        self.letter.with_user(self.collector_user).action_send_again()
        self.assertEqual(self.letter.delivery_state, "pending")
        self.assertFalse(self.letter.delivery_reason)
        self.assertEqual(self.letter.number, self.number)
        mails = self._mails()
        self.assertEqual(len(mails), 2)
        self.assertEqual(mails[1].attachment_ids, attachment)
        self.assertEqual(mails[1].recipient_ids, self.debtor)
        item = self.invoice.collection_item_ids
        self.assertEqual(item.level_id, self.reminder)
        self.assertEqual(item.level_date, level_date)
        self.assertFalse(self.account.activity_ids, "done")
        self.assertEqual(len(self.account.letter_ids), 1)

    def test_send_again_to_another_contact(self):
        self._bounce()
        contact = self.env["res.partner"].create(
            {
                "name": "Lise",
                "parent_id": self.debtor.id,
                "email": "lise@customer.example.com",
            }
        )
        self.account.dunning_contact_id = contact
        self.letter.with_user(self.collector_user).action_send_again()
        self.assertEqual(self._mails()[1].recipient_ids, contact)
        self.assertEqual(self.letter.partner_id, self.debtor, "the letter is as it was")

    def test_send_again_without_address(self):
        self._bounce()
        self.debtor.email = False
        with self.assertRaises(UserError):
            self.letter.action_send_again()

    def test_send_by_post_instead(self):
        self._bounce()
        self.assertFalse(self.letter.by_post)
        self.letter.with_user(self.collector_user).action_send_by_post()
        self.assertTrue(self.letter.by_post)
        self.assertEqual(self.letter.number, self.number)
        self.assertEqual(len(self._mails()), 1)
        to_post = self.env["collection.letter"].search(
            [
                ("state", "=", "sent"),
                ("by_post", "=", True),
                ("date_printed", "=", False),
            ]
        )
        self.assertIn(self.letter, to_post)
        self.assertFalse(self.account.activity_ids)

    def test_who_may_send_again(self):
        self._bounce()
        for user in (self.plain_internal_user, self.agent_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.letter.with_user(user).action_send_again()
        draft = self.letter.copy({"state": "draft"})
        with self.assertRaises(UserError):
            draft.action_send_again()

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_no_mail_server(self):
        """The mail queue cannot reach the server: the letter waits, and says why."""
        with self.mock_mail_gateway():
            self.connect_mocked.side_effect = ConnectionRefusedError("no such host")
            self.mail.send()
        self.assertEqual(self.mail.state, "outgoing")
        self.assertEqual(self.letter.delivery_state, "pending")
        self.assertIn("no such host", self.letter.delivery_reason)
        self.assertFalse(self.account.activity_ids, "the address is not at fault")

    def test_handed_over(self):
        with self.mock_mail_gateway():
            self.mail.send()
        self.assertEqual(self.letter.delivery_state, "handed_over")
        self.assertFalse(self.account.activity_ids)
