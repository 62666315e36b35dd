from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import LetterCommon

ADDRESSES = [
    ("Zebre", "69002", "Lyon", "2 quai Perrache"),
    ("Alpha", "69002", "Lyon", "1 rue Mercière"),
    ("Beta", "29200", "Brest", "5 rue de Siam"),
    ("Gamma", "69002", "Lyon", "1 rue Mercière"),
]


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterPost(LetterCommon):
    def _post_letters(self):
        self.pre_reminder.channel = self.reminder.channel = "post"
        for name, postcode, city, street in ADDRESSES:
            debtor = self._debtor(name, zip=postcode, city=city, street=street)
            self._invoice(debtor, 500, "2026-10-01")
        run = self._run(self.today)
        run.action_confirm()
        run.letter_ids._send()
        self.assertEqual(set(run.letter_ids.mapped("state")), {"sent"})
        return run.letter_ids

    def test_print_in_address_order(self):
        letters = self._post_letters()
        action = letters.with_user(self.collector_user).action_print_post()
        names = (
            self.env["collection.letter"]
            .browse(action["context"]["active_ids"])
            .mapped("account_id.partner_name")
        )
        self.assertEqual(names, ["Beta", "Alpha", "Gamma", "Zebre"])
        self.assertTrue(all(letters.mapped("date_printed")))
        ordered = letters.sorted("print_sequence")
        self.assertEqual(ordered.mapped("print_sequence"), [1, 2, 3, 4])
        self.assertEqual(ordered.mapped("account_id.partner_name"), names)
        # the list shows the same order
        view = self.env.ref("account_collection.collection_letter_post_view_list")
        order = view._get_combined_arch().get("default_order")
        found = self.env["collection.letter"].search(
            [("id", "in", letters.ids)], order=order
        )
        self.assertEqual(found.mapped("account_id.partner_name"), names)

    def test_the_list_empties(self):
        letters = self._post_letters()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_post_action"
        )
        self.assertIn("search_default_to_post", action["context"])
        to_post = [
            ("id", "in", letters.ids),
            ("state", "=", "sent"),
            ("by_post", "=", True),
            ("date_printed", "=", False),
        ]
        Letter = self.env["collection.letter"]
        self.assertEqual(Letter.search_count(to_post), 4)
        letters[:1].action_print_post()
        self.assertEqual(Letter.search_count(to_post), 3)
        # without a selection: all that wait
        Letter.with_user(self.collector_user).action_print_post()
        self.assertEqual(Letter.search_count(to_post), 0)
        # printed again, as often as needed
        self.assertTrue(letters[:1].action_print_post())

    def test_nothing_to_post(self):
        self._invoice(self.debtor, 500, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertTrue(letter.by_email)
        with self.assertRaises(UserError):
            letter.action_print_post()

    def test_enclosures_follow_their_letter(self):
        self.reminder.write({"channel": "post", "attach_invoices": True})
        invoice = self._invoice(self.debtor, 500, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        # tests print invoices as text, but for this
        letter.with_context(force_report_rendering=True)._send()
        self.assertEqual(letter.enclosure_ids, invoice.invoice_pdf_report_id)
        self.assertTrue(letter.enclosure_ids.raw.startswith(b"%PDF"))
        [(_letter, content)] = letter._get_pdf_parts()
        self.assertGreater(
            len(self._pages(content)), len(self._pages(letter.attachment_id.raw))
        )

    def test_registered(self):
        self._invoice(self.debtor, 500, "2026-09-01")
        letter = self._letter(self.debtor, self.formal_notice)
        letter._send()
        letter._mark_posted(letter.date)
        self.assertEqual(letter.channel, "registered")
        self.assertTrue(letter.by_post)
        days = self.formal_notice.deadline_days
        self.assertEqual((letter.date_deadline - letter.date).days, days)
        letter.with_user(self.collector_user).write(
            {"tracking_number": "1A 123 456 7890 1", "date_presented": "2026-11-25"}
        )
        self.assertEqual((letter.date_deadline - letter.date_presented).days, days)
        with self.assertRaises(UserError):
            letter.date_presented = "2026-11-01"

    def test_deadline_is_the_one_the_customer_reads(self):
        """A public body has 15 days after a formal notice, a business 8."""
        self._invoice(self.debtor, 500, "2026-09-01")
        account = self.account_of(self.debtor)
        self.formal_notice.variant_ids.filtered(
            lambda variant: variant.debtor_type == "public"
        ).deadline_days = 20
        for debtor_type, day, text in (
            ("private", "2026-11-30", "8 jours"),
            ("public", "2026-12-12", "20 jours"),
            ("consumer", "2026-12-07", "15 jours"),
        ):
            with self.subTest(debtor_type):
                account.segment_id = self._segment(debtor_type)
                letter = self._letter(self.debtor, self.formal_notice, confirm=False)
                self.assertEqual(str(letter.date_deadline), day)
                self.assertIn(text, self._text(letter._render_pdf()))
        # other days are read at once
        letter._get_wording().deadline_days = 30
        self.assertEqual(str(letter.date_deadline), "2026-12-22")
        # a letter outside the ladder asks for nothing by a day
        self.assertFalse(account._write_letter("statement").date_deadline)

    def test_collectors_change_nothing_else(self):
        self._invoice(self.debtor, 500, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder, confirm=False)
        collector = letter.with_user(self.collector_user)
        for values in (
            {"state": "sent"},
            {"amount_total": 1.0},
            {"by_post": True},
            {"delivery_state": "handed_over"},
            {"partner_id": self.other_customer.id},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                collector.write(values)
        with self.assertRaises(AccessError):
            letter.with_user(self.plain_internal_user).tracking_number = "X"
        with self.assertRaises(AccessError):
            letter.with_user(self.agent_user).tracking_number = "X"
