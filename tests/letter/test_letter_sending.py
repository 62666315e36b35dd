from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import LetterCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterSending(LetterCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(self.debtor, 1000, "2026-10-01")

    def _mails(self, letter):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letter._name), ("res_id", "=", letter.id)])
        )

    def test_email(self):
        letter = self._letter(self.debtor, self.reminder)
        letter.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertTrue(letter.date_sent)
        self.assertEqual(self.invoice.collection_item_ids.level_id, self.reminder)
        mail = self._mails(letter)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing", "queued, not sent in the transaction")
        self.assertEqual(mail.recipient_ids, self.debtor)
        self.assertFalse(mail.email_to)
        self.assertIn("contact@vauban.example.com", mail.email_from)
        self.assertEqual(mail.reply_to, "relance@vauban.example.com")
        self.assertEqual(mail.attachment_ids, letter.attachment_id)
        self.assertIn("Rappel", mail.subject)
        self.assertIn("Sauf erreur ou omission", mail.body_html)
        self.assertIn("Reste dû", mail.body_html)
        self.assertIn("1\N{NO-BREAK SPACE}000,00", mail.body_html)

    def test_stored_pdf(self):
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        attachment = letter.attachment_id
        self.assertEqual(
            attachment.name, f"Relance_{letter.number.replace('/', '-')}.pdf"
        )
        self.assertEqual(
            (attachment.res_model, attachment.res_id), (letter._name, letter.id)
        )
        stored = attachment.raw
        self.assertIn("1 000,00 €", self._text(stored))
        # what is opened later is what was sent, whatever has changed since
        self._pay(self.invoice)
        self.company.name = "Another Name"
        content, _kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf("account_collection.report_collection_letter", letter.ids)
        )
        self.assertEqual(content, stored)

    def test_several_letters_are_stored_apart(self):
        others = [self._debtor(f"Client {position}") for position in range(3)]
        for other in others:
            self._invoice(other, 700, "2026-10-01")
        run = self._run(self.today)
        run.with_user(self.manager_user).action_send()
        self.assertEqual(set(run.letter_ids.mapped("state")), {"sent"})
        for letter in run.letter_ids:
            text = self._text(letter.attachment_id.raw)
            self.assertIn(letter.account_id.partner_id.name, text)
            for other in run.letter_ids.account_id - letter.account_id:
                self.assertNotIn(other.partner_id.name, text)
            self.assertEqual(self._mails(letter).attachment_ids, letter.attachment_id)

    def test_batch_of_sent_letters_prints_as_sent(self):
        other = self._debtor("Second")
        self._invoice(other, 700, "2026-10-01")
        run = self._run(self.today)
        run.action_send()
        content, _kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(
                "account_collection.report_collection_letter", run.letter_ids.ids
            )
        )
        if not content.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        self.assertEqual(len(self._pages(content)), 2)

    def test_post(self):
        self.debtor.email = False
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.channel, "post")
        letter._send()
        self.assertEqual(letter.state, "sent")
        self.assertTrue(letter.attachment_id)
        self.assertFalse(self._mails(letter))
        self.assertFalse(letter.state_reason)

    def test_what_is_no_email_address(self):
        """“n/a” is as good as none: the letter goes by post, and says so."""
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.channel, "email")
        self.debtor.email = "n/a"
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter.channel, "post")
        self.assertTrue(letter.by_post)
        self.assertFalse(letter.by_email)
        self.assertFalse(self._mails(letter))
        self.assertIn("“n/a”", letter.state_reason)
        self.assertIn("Menuiseries Kerouac", letter.state_reason)
        # it is asked for like any other on paper
        self.assertTrue(letter.action_print_post())

    def test_contact_whose_address_was_corrected(self):
        """The e-mail goes to the corrected contact, whatever the addressee's is."""
        letter = self._letter(self.debtor, self.reminder)
        self.debtor.email = "n/a"
        contact = self.env["res.partner"].create(
            {"name": "Yann", "parent_id": self.debtor.id, "email": "yann@k.example.com"}
        )
        letter.account_id.dunning_contact_id = contact
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter.channel, "email")
        self.assertEqual(self._mails(letter).recipient_ids, contact)
        self.assertFalse(letter.state_reason)

    def test_incomplete_address(self):
        """A registered letter cannot leave; a plain one leaves with a remark."""
        self.debtor.write({"email": False, "street": False})
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(letter.state, "sent")
        self.assertTrue(letter.state_reason)
        registered = self._letter(self.debtor, self.formal_notice)
        registered._send()
        self.assertEqual(registered.state, "error")
        self.assertIn("Menuiseries Kerouac", registered.state_reason)

    def test_call_waits_for_the_call(self):
        self.reminder.channel = "call"
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(letter.state, "to_send")
        self.assertFalse(letter.attachment_id)

    def test_frozen_once_sent(self):
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        manager = letter.with_user(self.manager_user)
        for values in (
            {"state": "draft"},
            {"amount_total": 1.0},
            {"date": "2026-01-01"},
            {"number": "L/0"},
            {"partner_id": self.other_customer.id},
            {"attachment_id": False},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                manager.write(values)
        line = manager.line_ids
        with self.assertRaises(UserError):
            line.amount_due = 1.0
        with self.assertRaises(UserError):
            line.unlink()
        with self.assertRaises(UserError):
            line.copy()
        with self.assertRaises(UserError):
            manager.unlink()
        with self.assertRaises(UserError):
            manager.action_cancel()
        with self.assertRaises(UserError):
            manager.attachment_id.raw = b"something else"

    def test_paid_meanwhile(self):
        letter = self._letter(self.debtor, self.reminder)
        self._pay(self.invoice)
        letter.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(letter.attachment_id)
        self.assertFalse(self._mails(letter))
        self.assertNotEqual(self.invoice.collection_item_ids.level_id, self.reminder)

    @mute_logger(
        "odoo.addons.account_collection.models.letter.collection_letter_delivery"
    )
    def test_one_failure_does_not_stop_the_others(self):
        others = [self._debtor(f"Client {position}") for position in range(3)]
        for other in others:
            self._invoice(other, 700, "2026-10-01")
        run = self._run(self.today)
        run.action_confirm()
        broken = run.letter_ids.filtered(
            lambda letter: letter.account_id.partner_id == others[1]
        )
        broken.channel = "registered"
        others[1].street = False
        run.action_send()
        self.assertEqual(broken.state, "error")
        self.assertIn("Client 1", broken.state_reason)
        self.assertFalse(broken.attachment_id)
        self.assertFalse(self._mails(broken))
        rest = run.letter_ids - broken
        self.assertEqual(set(rest.mapped("state")), {"sent"})
        self.assertEqual(len(rest.attachment_id), 3)
        # put right, it is tried again under the same number
        number = broken.number
        others[1].street = "2 rue Neuve"
        broken.action_send()
        self.assertTrue(broken.to_post)
        self.assertEqual(broken.number, number)
        self.assertFalse(broken.state_reason)

    @mute_logger(
        "odoo.addons.account_collection.models.letter.collection_letter_delivery"
    )
    def test_rendering_failure(self):
        letter = self._letter(self.debtor, self.reminder)
        with patch.object(
            type(self.env["ir.actions.report"]),
            "_render_qweb_html",
            side_effect=ValueError("broken template"),
        ):
            letter._send()
        self.assertEqual(letter.state, "error")
        self.assertIn("the log of the server says what", letter.state_reason)
        self.assertTrue(letter.retry_at)
        self.assertNotEqual(self.invoice.collection_item_ids.level_id, self.reminder)

    def test_nothing_is_sent_twice(self):
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter._send(), letter)
        self.assertFalse(letter._send())
        self.assertEqual(len(self._mails(letter)), 1)
        with self.assertRaises(UserError):
            letter.action_send()

    def test_only_managers_send(self):
        letter = self._letter(self.debtor, self.reminder)
        with self.assertRaises(AccessError):
            letter.with_user(self.collector_user).action_send()
        self.assertEqual(letter.with_user(self.collector_user).state, "to_send")

    def test_mandatory_mentions(self):
        letter = self._letter(self.debtor, self.formal_notice, confirm=False)
        self.company.write({"company_registry": False, "collection_signatory": False})
        self.company.partner_id.bank_ids.unlink()
        with self.assertRaises(UserError) as caught:
            letter.action_confirm()
        message = str(caught.exception)
        for mention in ("SIREN", "bank account", "signs formal notices"):
            self.assertIn(mention, message)
        self.assertEqual(letter.state, "draft")
        self.assertFalse(letter.number)
        self.company.country_id = self.env.ref("base.be")
        letter.action_confirm()
        self.assertEqual(letter.state, "to_send")

    def test_mention_lost_before_sending(self):
        letter = self._letter(self.debtor, self.reminder)
        self.company.company_registry = False
        letter._send()
        self.assertEqual(letter.state, "error")
        self.assertIn("SIREN", letter.state_reason)

    def test_signatory_only_for_formal_notices(self):
        letter = self._letter(self.debtor, self.reminder, confirm=False)
        self.company.collection_signatory = False
        letter.action_confirm()
        self.assertEqual(letter.state, "to_send")

    def test_own_template_of_the_level(self):
        self.reminder.mail_template_id = self.env["mail.template"].create(
            {
                "name": "Own",
                "model_id": self.env["ir.model"]._get_id("collection.letter"),
                "subject": "Own subject {{ object.number }}",
                "use_default_to": False,
                "partner_to": "{{ object.partner_id.id }}",
                "body_html": "<p>Own</p>",
            }
        )
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        mail = self._mails(letter)
        self.assertEqual(mail.subject, f"Own subject {letter.number}")
        self.assertEqual(mail.attachment_ids, letter.attachment_id)

    def test_one_that_cannot_leave_keeps_nobody_back(self):
        """What cannot leave says why, keeps nobody back, and leaves once corrected."""
        self.reminder.channel = "registered"
        letter = self._letter(self.debtor, self.reminder)
        other = self._debtor("Other")
        self._invoice(other, 500, "2026-10-01")
        second = self._letter(other, self.reminder)
        street, self.debtor.street = self.debtor.street, False
        (letter | second)._send()
        self.assertEqual(letter.state, "error")
        self.assertTrue(second.to_post)
        self.assertIn("postal address", letter.state_reason)
        number = letter.number
        self.debtor.street = street
        letter.with_user(self.manager_user).action_send()
        self.assertEqual((letter.to_post, letter.number), (True, number))
        self.assertFalse(letter.state_reason)

    def test_address_that_is_none_goes_by_post(self):
        letter = self._letter(self.debtor, self.reminder)
        self.debtor.email = "not an address"
        letter._send()
        self.assertRecordValues(letter, [{"state": "sent", "channel": "post"}])
        self.assertIn("not an address", letter.state_reason)
        self.assertFalse(self._mails(letter))
