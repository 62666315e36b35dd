from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from .common import LetterCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterChannels(LetterCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        self.account = self.account_of(self.debtor)

    def _mails(self, letter):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letter._name), ("res_id", "=", letter.id)])
        )

    def _contact(self, name, **values):
        return self.env["res.partner"].create(
            {
                "name": name,
                "parent_id": self.debtor.id,
                "type": "contact",
                "email": f"{name.lower()}@customer.example.com",
                **values,
            }
        )

    # ------------------------------------------------------------------
    # Several ways
    # ------------------------------------------------------------------

    def test_also_by_post_and_a_call(self):
        """One letter, one number, three ways."""
        self.reminder.write({"also_post": True, "also_call": True})
        self.account.user_id = self.collector_user
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(letter.state, "sent")
        self.assertTrue(letter.by_email and letter.by_post and letter.by_call)
        self.assertEqual(len(self._mails(letter)), 1)
        self.assertEqual(len(self.account.letter_ids), 1)
        activity = self.account.activity_ids
        self.assertEqual(
            activity.activity_type_id, self.env.ref("mail.mail_activity_data_call")
        )
        self.assertEqual(activity.user_id, self.collector_user)
        self.assertEqual(str(activity.date_deadline), self.today)
        self.assertEqual(str(self.account.next_action_date), self.today)
        self.assertIn(self.reminder.name, self.account.next_action)

    def test_registered_and_by_email(self):
        self.formal_notice.also_email = True
        letter = self._letter(self.debtor, self.formal_notice)
        self.assertEqual(letter.channel, "registered")
        letter._send()
        self.assertTrue(letter.by_email and letter.by_post)
        self.assertEqual(len(self._mails(letter)), 1)
        self.assertEqual(letter.state, "to_send", "until it is posted")

    def test_registered_without_address_for_the_email(self):
        self.formal_notice.also_email = True
        self.debtor.email = False
        letter = self._letter(self.debtor, self.formal_notice)
        letter._send()
        self.assertTrue(letter.to_post, letter.state_reason)
        self.assertFalse(letter.by_email)
        self.assertTrue(letter.by_post)

    def test_preferred_channel(self):
        self.account.preferred_channel = "post"
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.channel, "post")
        letter._send()
        self.assertFalse(letter.by_email)
        self.assertTrue(letter.by_post)
        registered = self._letter(self.debtor, self.formal_notice)
        self.assertEqual(registered.channel, "registered", "never replaced")

    def test_preferred_email(self):
        self.reminder.channel = "post"
        self.account.preferred_channel = "email"
        self.assertEqual(self._letter(self.debtor, self.reminder).channel, "email")
        self.debtor.email = False
        self.assertEqual(self._letter(self.debtor, self.reminder).channel, "post")

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def test_call_level(self):
        """The call is asked for once, and the level counts once it was logged."""
        self.reminder.channel = "call"
        self.account.user_id = self.collector_user
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(letter.state, "to_send")
        self.assertEqual(len(self.account.activity_ids), 1)
        self.assertEqual(str(self.account.next_action_date), self.today)
        letter._send()
        self.assertEqual(len(self.account.activity_ids), 1, "asked for once")
        item = self.invoice.collection_item_ids
        self.assertNotEqual(item.level_id, self.reminder)
        call = (
            self.env["collection.call"]
            .with_user(self.collector_user)
            .create(self._call_values(self.account, "information_only"))
        )
        self.assertTrue(call.connected)
        self.assertEqual(letter.state, "sent")
        self.assertEqual(item.level_id, self.reminder)
        self.assertFalse(self.account.activity_ids, "the call was made")
        self.assertFalse(self._mails(letter))
        self.assertFalse(letter.attachment_id)

    def test_an_earlier_appointment_stays(self):
        self.reminder.also_call = True
        self.account.write(
            {"next_action_date": "2026-11-20", "next_action": "Ask for the promise"}
        )
        self._letter(self.debtor, self.reminder)._send()
        self.assertEqual(self.account.next_action, "Ask for the promise")

    # ------------------------------------------------------------------
    # Who gets it
    # ------------------------------------------------------------------

    def test_dunning_contact(self):
        self._contact("Invoices", type="invoice")
        contact = self._contact("Lise")
        self.account.dunning_contact_id = contact
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.partner_id, contact)
        letter._send()
        self.assertEqual(self._mails(letter).recipient_ids, contact)

    def test_invoice_contact_of_the_letter(self):
        """A contact whom all invoices of the letter name comes before the others."""
        general = self._contact("Invoices", type="invoice")
        branch = self._contact("Branch")
        self.env["account.move"].browse(self.invoice.id).button_draft()
        self.invoice.partner_id = branch
        self.invoice.action_post()
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.partner_id, branch)
        branch.email = False
        self.assertEqual(
            self._letter(self.debtor, self.reminder).partner_id,
            general,
            "an e-mail needs an address",
        )
        branch.email = "branch@customer.example.com"
        self._invoice(self.debtor, 300, "2026-10-02")
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.partner_id, general, "the invoices name two contacts")
        self.assertEqual(len(letter.line_ids), 2)

    def test_what_is_no_email_address_goes_by_post(self):
        self.reminder.channel = "email"
        self.debtor.email = "n/a"
        self.assertEqual(self._letter(self.debtor, self.reminder).channel, "post")
        self.debtor.email = "accounts@example.com"
        self.assertEqual(self._letter(self.debtor, self.reminder).channel, "email")

    def test_one_letter_when_the_email_falls_back_to_post(self):
        """Items that meet on paper by different ways are still one letter each."""
        self.debtor.email = False
        branch = self._contact("Branch", email=False)
        self.invoice.button_draft()
        self.invoice.partner_id = branch
        self.invoice.action_post()
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.channel, "post")
        self.assertEqual(letter.partner_id, branch)
        self.assertEqual(len(letter.line_ids), 1)

    def test_language_of_the_addressee(self):
        self.account.dunning_contact_id = self._contact("Hans", lang="de_DE")
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.lang, "de_DE")

    def test_copies_and_answers(self):
        copy = self._contact("Boss")
        seller = self._user("seller", "base.group_user", email="sel@vauban.example.com")
        self.debtor.user_id = seller
        self.reminder.copy_salesperson = True
        self.account.write(
            {
                "dunning_copy_ids": [Command.set(copy.ids)],
                "user_id": self.collector_user.id,
            }
        )
        self.collector_user.email = "collector@vauban.example.com"
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        mail = self._mails(letter)
        self.assertEqual(len(mail), 1)
        self.assertIn("boss@customer.example.com", mail.email_cc)
        self.assertIn("sel@vauban.example.com", mail.email_cc)
        self.assertIn(self.debtor.email_normalized, mail.email_to)
        self.assertIn("collector@vauban.example.com", mail.reply_to)
        self.assertIn("contact@vauban.example.com", mail.email_from)

    def test_answers_without_collector(self):
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(self._mails(letter).reply_to, "relance@vauban.example.com")
        self.company.collection_email = False
        self._invoice(self._debtor("Other"), 100, "2026-10-01")
        other = self._letter(
            self.env["res.partner"].search([("name", "=", "Other")]), self.reminder
        )
        other._send()
        self.assertEqual(self._mails(other).reply_to, "contact@vauban.example.com")

    # ------------------------------------------------------------------
    # A language that is no longer active
    # ------------------------------------------------------------------

    def test_inactive_language(self):
        self.debtor.lang = "de_DE"
        self.env.user.lang = self.company.partner_id.lang = "en_US"
        # the screens refuse it while contacts use it, an import does not
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_lang SET active = FALSE WHERE code = 'de_DE'")
        self.addCleanup(self.env.registry.clear_cache, "stable")
        self.env.registry.clear_cache("stable")
        self.env.invalidate_all()
        account = self.account.with_user(self.collector_user)
        values = account.web_read({"partner_lang": {}, "display_name": {}})
        self.assertIn("German", values[0]["partner_lang"])
        with Form(account) as form:
            form.next_action = "Call"
        self.assertEqual(self._letter(self.debtor, self.reminder).lang, "en_US")

    def test_contact_for_reminders_copies_and_answers(self):
        """A contact for reminders, copies, and answers to whoever works the account."""
        contact, copied = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": self.debtor.id,
                    "type": "contact",
                    "email": f"{name.lower()}@customer.example.com",
                }
                for name in ("Lise", "Marc")
            ]
        )
        self.collector_user.email = "collector@vauban.example.com"
        self.account.write(
            {
                "dunning_contact_id": contact.id,
                "dunning_copy_ids": [Command.set(copied.ids)],
                "user_id": self.collector_user.id,
            }
        )
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        mail = self._mails(letter)
        self.assertEqual(letter.partner_id, contact)
        self.assertIn("lise@customer.example.com", mail.email_to)
        self.assertIn("marc@customer.example.com", mail.email_cc)
        self.assertIn("collector@vauban.example.com", mail.reply_to)

    def test_by_email_post_and_phone(self):
        """One letter and number by e-mail and post, and a call on the worklist."""
        self.reminder.write({"also_post": True, "also_call": True})
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertTrue(letter.by_email and letter.by_post and letter.by_call)
        self.assertEqual(len(self.account.letter_ids), 1)
        self.assertEqual(
            self.account.activity_ids.activity_type_id,
            self.env.ref("mail.mail_activity_data_call"),
        )
