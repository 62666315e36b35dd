# pylint: disable=translation-required  # what a test posts, nobody reads
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .common import ActCommon


@tagged("post_install", "-at_install")
class TestPortalMail(ActCommon, MockEmail):
    """E-mails that agents have the company send: what, to whom, and what not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "compta@company.example.com"
        cls.contact.email = "claire@customer.example.com"
        cls.mandate.mail_allowed = True

    def setUp(self):
        super().setUp()
        self._log_in(self.agent_user)

    def _mail(self, **data):
        return self._act(
            "mail", **{"kind": "words", "contact_id": self.contact.id, **data}
        )

    def _mails(self):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "collection.account"),
                (
                    "subtype_id",
                    "=",
                    self.env.ref("account_collection.mt_provider_mail").id,
                ),
            ]
        )

    def test_words_leave_from_the_company_to_a_confirmed_contact(self):
        page = self._mail(words="Thank you for the call.\n<b>Friday</b> suits us.")
        self.assertEqual(page.status_code, 200)
        self.assertIn("The e-mail is on its way", page.text)
        self.assertIn("claire@customer.example.com", page.text)
        mail = self._mails()
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertIn("compta@company.example.com", mail.email_from)
        self.assertIn("&lt;b&gt;Friday&lt;/b&gt; suits us.", mail.body_html)
        self.assertNotIn(self.agent_user.email or self.agent.name, mail.body_html)
        self.assertNotIn(self.provider.name, mail.body_html)
        self.assertNotEqual(mail.author_id, self.agent_user.partner_id)
        log = self.account.message_ids.filtered(
            lambda message: "E-mail sent for the company" in (message.body or "")
        )
        self.assertIn("claire@customer.example.com", log.body)
        self.assertEqual(log.author_id, self.agent_user.partner_id)

    def test_copies(self):
        page = self._mail(kind="copy", **{"mail-item_ids": [self.late.id]})
        self.assertIn(self.late.move_name, page.text)
        mail = self._mails()
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertIn(
            "Say which invoices", self._mail(kind="copy", **{"mail-item_ids": []}).text
        )

    def test_statement_is_a_letter(self):
        self.customer.email = "compta@customer.example.com"
        page = self._mail(kind="statement")
        self.assertIn("Statement of account, to", page.text)
        letter = self.account.letter_ids.filtered("kind_id")
        self.assertEqual(letter.kind_id.code, "statement")
        self.assertEqual(letter.channel, "email")
        self.assertNotEqual(letter.state, "draft")

    def test_links_are_offered_where_invoices_are_paid_online(self):
        moves = self.env.registry["account.move"]
        page = self._mail(kind="link")
        self.assertEqual(page.status_code, 422)
        self.assertIn("Choose what to send", page.text)
        accounts = self.env.registry["collection.account"]
        self.patch(accounts, "_takes_online_payments", lambda account: True)
        if not hasattr(moves, "_has_to_be_paid"):
            moves._has_to_be_paid = lambda move: True
            self.addCleanup(delattr, moves, "_has_to_be_paid")
        else:
            self.patch(moves, "_has_to_be_paid", lambda move: True)
        self.patch(
            moves,
            "_get_portal_payment_link",
            lambda move: f"https://pay.test/{move.id}",
        )
        page = self._mail(kind="link", **{"mail-item_ids": [self.late.id]})
        self.assertIn("Links to pay online", page.text)
        self.assertIn(
            f"https://pay.test/{self.late.move_id.id}", self._mails().body_html
        )
        self.assertNotIn(
            f"https://pay.test/{self.other.move_id.id}", self._mails().body_html
        )

    def test_hostile_values_are_refused_in_words(self):
        away = self.env["res.partner"].create(
            {"name": "Else", "email": "else@away.example.com"}
        )
        unconfirmed = self.env["res.partner"].create(
            {
                "name": "New",
                "parent_id": self.customer.id,
                "email": "n@away.example.com",
            }
        )
        self.account.new_contact_ids = unconfirmed
        for data, status in (
            ({"words": ""}, 422),
            ({"words": "   "}, 422),
            ({"words": "x" * 2001}, 422),
            ({"words": "a\0b"}, 422),
            ({"words": "Pay on https://evil.example/x"}, 422),
            ({"words": "see www.evil.example"}, 422),
            ({"words": "To FR76 3000 6000 0112 3456 7890 189 from now on"}, 422),
            ({"words": "Hello", "kind": "all"}, 422),
            ({"words": "Hello", "kind": "_send_mail"}, 422),
            ({"words": "Hello", "template_id": "999999"}, 422),
            ({"words": "Hello", "contact_id": ""}, 422),
            ({"words": "Hello", "mail-item_ids": [self.foreign_invoice.id + 99]}, 404),
            ({"words": "Hello", "contact_id": away.id}, 404),
            ({"words": "Hello", "contact_id": unconfirmed.id}, 404),
            ({"words": "Hello", "contact_id": self.agent_user.partner_id.id}, 404),
            ({"kind": "copy", "mail-item_ids": [self.foreign_invoice.id + 9999]}, 404),
        ):
            with self.subTest(data=str(data)[:60]), mute_logger("odoo.http"):
                page = self._mail(**data)
                self.assertEqual(page.status_code, status)
        self.assertFalse(self._mails())

    def test_forbidden_words(self):
        word = self.env["collection.forbidden.word"].create(
            {"name": "gendarme", "language": "fr", "reason": "Looks like a court"}
        )
        page = self._mail(words="The Gendarmes will come")
        self.assertEqual(page.status_code, 422)
        self.assertIn(word.reason, page.text)
        self.assertIn("The Gendarmes will come", page.text)

    def test_so_many_a_day(self):
        for number in range(3):
            self.assertEqual(self._mail(words=f"Mail {number}").status_code, 200)
        page = self._mail(words="One more")
        self.assertEqual(page.status_code, 422)
        self.assertIn("no more are sent before tomorrow", page.text)
        self.assertEqual(len(self._mails()), 3)

    def test_the_mandate_says_whether(self):
        self.mandate.mail_allowed = False
        page = self.url_open(self.url).text
        self.assertNotIn("collection_mail_form", page)
        self.assertNotIn("mailto:", page)
        page = self._mail(words="Hello")
        self.assertEqual(page.status_code, 422)
        self.assertFalse(self._mails())
        copy = self.mandate.copy()
        copy.mode = "on_behalf"
        self.assertFalse(copy.mail_allowed)
        copy.mode = "in_name"
        self.assertTrue(copy.mail_allowed)

    def test_templates_of_the_mandate(self):
        template = self.env["mail.template"].create(
            {
                "name": "After a call",
                "model_id": self.env.ref(
                    "account_collection.model_collection_account"
                ).id,
                "subject": "After our call",
                "body_html": "<p>Hello</p>",
            }
        )
        with self.assertRaises(ValidationError):
            self.mandate.mail_template_ids = [Command.set(template.ids)]
        template.body_html = "<p>Hello <t t-out=\"ctx.get('collection_words')\"/>!</p>"
        self.mandate.mail_template_ids = [Command.set(template.ids)]
        self._mail(words="Friday")
        self.assertEqual(self._mails().subject, "After our call")
        self.assertIn("Hello Friday!", self._mails().body_html)

    def test_not_of_an_insolvent_customer_nor_after_a_recall(self):
        self.account.write({"insolvency_date": self.in_days(-1)})
        page = self._mail(words="Pay")
        self.assertEqual(page.status_code, 422)
        self.account.placement_line_id._take_back("recalled", "Ours again")
        page = self._mail(words="Late words")
        self.assertEqual(page.status_code, 404)
        self.assertFalse(self._mails())

    def test_the_day_is_the_company_s(self):
        """After midnight in Paris it is still yesterday in UTC."""
        self.company.partner_id.tz = "Europe/Paris"
        account = self.account.with_user(self.agent_user)
        self._mail(words="First")
        mail = self._mails()
        self.assertEqual(len(mail), 1)
        # sent at 23:30 in Paris
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_mail SET create_date = '2026-06-10 21:30' WHERE id IN %s",
            [tuple(mail.ids)],
        )
        self.env.invalidate_all()
        for now, count in (("2026-06-10 21:59:00", 1), ("2026-06-10 22:30:00", 0)):
            with self.subTest(now), freeze_time(now):
                mails = account._find_portal_mails()
                self.assertEqual(account._count_portal_mails(mails), count)
