from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..models.letter import (
    collection_letter_delivery as collection_letter_delivery_mixin,
)
from .dunning.common import DunningCommon
from .law.common import InterestCommon
from .letter.common import LetterCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestPeerComplaints(DunningCommon):
    """What users of other dunning modules have complained about for years.

    One test per complaint; the number is that of our comparison of the peers.
    """

    def test_c01_credits(self):
        """Credit notes and unallocated payments are deducted, oldest item first."""
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._credit_note(self.customer, 200.0, "2026-03-10")
        self._payment(self.customer, 50.0, "2026-03-20")
        letter = self._run("2026-03-31").letter_ids
        self.assertRecordValues(
            letter,
            [{"amount_due": 1000.0, "amount_credit": 250.0, "amount_total": 750.0}],
        )
        self._payment(self.customer, 750.0, "2026-03-20")
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "covered_by_credit"})
        self.assertFalse(run.letter_ids)

    def test_c02_partial_payments_and_amounts_of_today(self):
        """A payment between the run and the sending is on the letter."""
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        other = self._item("V1", self.other_customer, 400.0, "2026-03-01")
        run = self._run("2026-03-31")
        run.action_confirm()
        self._pay(item.move_id, 300.0, "2026-03-31")
        self._pay(other.move_id, date="2026-03-31")
        letters = run.letter_ids
        remaining = letters._recompute_before_sending()
        self.assertEqual(remaining.amount_due, 700.0)
        self.assertEqual((letters - remaining).state, "cancelled")

    def test_c05_schedule(self):
        """A daily run per company, and what may leave by itself."""
        self.env["res.company"].search([]).collection_auto_run = "off"
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        cron = self.env.ref("account_collection.ir_cron_collection_daily_run")
        for _time in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.env.invalidate_all()
        letters = item.letter_line_ids.letter_id
        self.assertRecordValues(letters, [{"state": "to_send"}])

    def test_c06_companies_do_not_leak_or_block(self):
        """Neither amounts nor dates of another company count."""
        other = self.setup_other_company()
        company = other["company"]
        company.collection_policy_id = self.env["collection.policy"].create(
            {
                "name": "Theirs",
                "company_id": company.id,
                "level_ids": [
                    Command.create({"name": "One", "subject": "One", "delay_days": 1})
                ],
            }
        )
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._invoice(self.customer, 77.0, "2026-03-01", company_data=other)
        later = self._run("2026-04-30", company=company, user=self.env.user)
        self.assertEqual(later.letter_ids.mapped("amount_due"), [77.0])
        # an earlier run of ours is not stopped by their later one
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.mapped("amount_due"), [1000.0])
        self.assertEqual(later.state, "computed")
        letters = self.env["collection.letter"].with_user(self.manager_user).search([])
        self.assertEqual(letters.company_id, self.company)

    def test_c07_people_outside_collections_work_on(self):
        """An accountant posts, pays and resets invoices that were dunned."""
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._send(self._run("2026-03-31"))
        invoice = item.move_id.with_user(self.accountant_user)
        invoice.read(["name", "collection_level_id", "collection_delegated"])
        invoice.button_draft()
        self.assertEqual(item.state, "closed")
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.customer.with_user(self.plain_internal_user).read(["name"])
        with self.assertRaises(AccessError):
            self.env["collection.letter"].with_user(self.plain_internal_user).search([])

    def test_c09_language(self):
        """Letter and table are in the customer's language, not in the user's."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.level_1.with_context(lang="fr_FR").subject = "Relance"
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._run("2026-03-31", user=self.manager_user).letter_ids
        self.assertEqual(letter.lang, "fr_FR")
        self.assertEqual(letter.subject, "Relance")
        self.assertEqual(letter._format_amount(1000.0), "1\xa0000,00\xa0€")

    def test_c10_levels(self):
        """Catching up where wanted, a level by hand, and no policy hides another."""
        item = self._item("N1", self.customer, 1000.0, "2025-06-30")
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 1})
        self.policy.catch_up = "by_age"
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 2})
        item._set_level(self.level_2, item.date_due, "Reminded by hand")
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 3})
        other = self._policy("Other", [("due", 1), ("due", 2), ("previous", 7)])
        item.account_id.policy_id = other
        run = self._run("2026-03-31")
        self.assertEqual(self._levels(run), {"N1": 3})
        self.assertEqual(run.letter_ids.level_id.policy_id, other)

    def test_c12_single_invoices(self):
        """One invoice is excluded, disputed or on hold, the others go on."""
        items = [
            self._item(f"N{number}", self.customer, 100.0, "2026-03-01")
            for number in range(1, 5)
        ]
        items[0].move_line_id.no_followup = True
        self.env["collection.dispute"].create(
            {
                "account_id": items[1].account_id.id,
                "item_ids": [Command.set(items[1].ids)],
                "reason_id": self._dispute_reason("quality").id,
            }
        )
        self.env["collection.hold"].with_user(self.collector_user).create(
            {
                "item_ids": [Command.set(items[2].ids)],
                "date_until": "2026-04-30",
                "reason": "Copy asked for",
            }
        ).action_hold()
        run = self._run("2026-03-31")
        self.assertEqual(
            self._reasons(run),
            {"N1": "no_followup", "N2": "disputed", "N3": "on_hold"},
        )
        self.assertEqual(self._levels(run), {"N4": 1})

    def test_c13_instalments(self):
        """Each due date of an invoice has its own lateness and level."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half at once, half a month later",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50.0, "nb_days": days}
                    )
                    for days in (0, 31)
                ],
            }
        )
        invoice = self._invoice(
            self.customer,
            1000.0,
            "2026-04-01",
            date="2026-03-01",
            invoice_payment_term_id=terms.id,
        )
        run = self._run("2026-03-31")
        self.assertRecordValues(
            run.letter_ids.line_ids,
            [
                {
                    "item_id": invoice.collection_item_ids.sorted("date_due")[0].id,
                    "amount_due": 500.0,
                    "days_overdue": 30,
                }
            ],
        )

    def test_c15_before_due(self):
        """A service letter before the due date, apart from what is overdue."""
        ladder = self._policy(
            "Early", [("due", -7, {"tone": "service"}), ("due", 5), ("due", 20)]
        )
        self.company.collection_policy_id = ladder
        self._item("soon", self.customer, 100.0, "2026-04-07")
        self._item("later", self.customer, 200.0, "2026-04-08")
        self._item("late", self.customer, 300.0, "2026-03-20")
        run = self._run("2026-03-31")
        # a level before the due date is over once the item is overdue
        self.assertEqual(self._levels(run), {"soon": 1, "late": 2})
        self.assertEqual(len(run.letter_ids), 2)
        self.assertEqual(
            sorted(run.letter_ids.line_ids.mapped("days_overdue")), [-7, 11]
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestPeerComplaintsOfSending(LetterCommon):
    """The complaints about what leaves, and to whom."""

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        self.account = self.account_of(self.debtor)

    def _mails(self, letters):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letters._name), ("res_id", "in", letters.ids)])
        )

    def test_c03_no_letter_is_stuck(self):
        """What cannot leave says why, keeps nobody back, and leaves once corrected."""
        self.reminder.channel = "registered"
        letter = self._letter(self.debtor, self.reminder)
        other = self._debtor("Other")
        self._invoice(other, 500, "2026-10-01")
        second = self._letter(other, self.reminder)
        street, self.debtor.street = self.debtor.street, False
        (letter | second)._send()
        self.assertEqual((letter.state, second.state), ("error", "sent"))
        self.assertIn("postal address", letter.state_reason)
        number = letter.number
        self.debtor.street = street
        letter.with_user(self.manager_user).action_send()
        self.assertEqual((letter.state, letter.number), ("sent", number))
        self.assertFalse(letter.state_reason)

    def test_c03_address_that_is_none_goes_by_post(self):
        letter = self._letter(self.debtor, self.reminder)
        self.debtor.email = "not an address"
        letter._send()
        self.assertRecordValues(letter, [{"state": "sent", "channel": "post"}])
        self.assertIn("not an address", letter.state_reason)
        self.assertFalse(self._mails(letter))

    def test_c04_many_letters_in_the_background(self):
        """They leave by a job, each with its own document and nobody else's."""
        for number in range(3):
            self._invoice(self._debtor(f"Client {number}"), 500, "2026-10-01")
        run = self._run(self.today)
        run.action_confirm()
        letters = run.letter_ids
        with patch.object(collection_letter_delivery_mixin, "INLINE_LIMIT", 2):
            run.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"to_send"})
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_send"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        for letter in letters:
            mail = self._mails(letter)
            self.assertEqual(len(mail), 1)
            self.assertEqual(mail.recipient_ids, letter.partner_id)
            self.assertIn(letter.attachment_id, mail.attachment_ids)
            self.assertFalse(mail.attachment_ids & (letters - letter).attachment_id)

    def test_c08_right_recipient(self):
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

    def test_c11_several_channels_and_the_phone(self):
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


@tagged("post_install", "-at_install")
class TestPeerComplaintsOfMoney(InterestCommon):
    def test_c14_interest_is_claimed_and_booked_once(self):
        """By half-year on the letter, as an invoice without VAT, never twice."""
        item = self._item(self.customer, 8000.0, "2026-05-31")
        letter = self._letter("2026-11-22")
        self.assertRecordValues(
            letter, [{"amount_interest": 473.97, "amount_indemnity": 40.0}]
        )
        self.assertEqual(len(letter.line_ids.interest_detail), 2)
        move = self._claim(item, "2026-11-22")
        self.assertRecordValues(
            move, [{"state": "draft", "amount_total": 513.97, "amount_tax": 0.0}]
        )
        with self.assertRaises(UserError):
            self._claim(item, "2026-11-22")
        self.assertEqual(self._letter("2026-11-22").amount_interest, 0.0)
