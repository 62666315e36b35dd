from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...tools.bill import chase_date, return_deadline
from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestBill(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls.invoice = cls._invoice(cls.customer, 8000.0, "2026-12-31")
        cls.account = cls.account_of(cls.customer)

    def _bill(self, **values):
        return (
            self.env["collection.bill"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(self.account.open_item_ids.ids)],
                    **values,
                }
            )
        )

    def _night(self, day):
        freezer = freeze_time(day)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env["collection.bill"]._cron_follow()

    def test_dates(self):
        self.assertEqual(return_deadline(date(2026, 12, 31)), date(2026, 12, 16))
        self.assertEqual(return_deadline(date(2026, 3, 10)), date(2026, 2, 23))
        self.assertEqual(chase_date(date(2026, 12, 31)), date(2026, 12, 6))
        self.assertEqual(
            chase_date(date(2026, 12, 31), chase_days=5), date(2026, 12, 16)
        )

    def test_drawn_from_the_invoice(self):
        bill = self._bill()
        self.assertEqual((bill.amount, bill.date_due), (8000.0, date(2026, 12, 31)))
        self.assertEqual(bill.date_return_deadline, date(2026, 12, 16))
        self.assertEqual(bill.date_chase, date(2026, 12, 6))
        self.assertEqual(bill.state, "to_send")
        self.assertRegex(bill.number, r"^B/2026/\d{4}$")

    def test_back_in_time_and_paid(self):
        bill = self._bill()
        bill.action_send()
        self._night("2026-12-16")
        self.assertEqual(bill.state, "sent", "the deadline is still today")
        bill.action_accept()
        self.assertEqual(
            (bill.state, bill.date_returned), ("accepted", date(2026, 12, 16))
        )
        bill.action_remit()
        bill.action_paid()
        self.assertEqual(bill.state, "paid")
        rate = bill._get_return_rate
        with freeze_time("2026-12-17"):
            self.assertEqual(
                rate(self.company, date(2026, 12, 1), date(2026, 12, 31)), 100.0
            )

    def test_late_tells_the_salesperson_once(self):
        self.customer.user_id = self.manager_user
        bill = self._bill()
        bill.action_send()
        bill.action_chase()
        self.assertEqual((bill.state, bill.chase_count), ("chased", 1))
        self._night("2026-12-17")
        self.assertEqual(bill.state, "late")
        self.assertEqual(bill.activity_ids.user_id, self.manager_user)
        self._night("2026-12-18")
        self.assertEqual(len(bill.activity_ids), 1)
        bill.action_chase()
        self.assertEqual((bill.state, bill.chase_count), ("late", 2))
        bill.action_accept()
        self.assertEqual(bill.state, "accepted", "late is better than never")
        self.assertEqual(
            bill._get_return_rate(self.company, date(2026, 12, 1), date(2026, 12, 31)),
            0.0,
        )

    def test_no_rate_without_bills(self):
        self.assertIsNone(
            self.env["collection.bill"]._get_return_rate(
                self.company, date(2026, 1, 1), date(2026, 1, 31)
            )
        )

    def test_unsent_is_never_late(self):
        bill = self._bill()
        self._night("2026-12-20")
        self.assertEqual(bill.state, "to_send")

    def test_refused(self):
        bill = self._bill()
        bill.action_send()
        with self.assertRaisesRegex(UserError, "reason"):
            bill.action_refuse()
        bill.reason = "Wrong amount"
        bill.action_refuse()
        self.assertEqual(bill.state, "refused")
        with self.assertRaisesRegex(UserError, "not possible"):
            bill.action_remit()

    def test_unpaid_comes_back_on_top(self):
        bill = self._bill()
        bill.action_send()
        bill.action_accept()
        bill.action_remit()
        bill.reason = "No funds"
        bill.action_unpaid()
        self.assertEqual(bill.state, "unpaid")
        self.assertIn(bill.number, self.account.next_action)

    def test_without_paper_needs_no_return(self):
        bill = self._bill(kind="lcr_magnetic")
        bill.action_send()
        self.assertEqual(bill.state, "accepted")

    def test_stays_as_drawn(self):
        bill = self._bill()
        bill.amount = 7900.0
        bill.action_send()
        with self.assertRaisesRegex(UserError, "stays as it was drawn"):
            bill.amount = 1.0
        with self.assertRaisesRegex(UserError, "stays on record"):
            bill.unlink()

    def test_professionals_only(self):
        consumer = self._customer("Madame Petit", is_company=False)
        self._invoice(consumer, 100.0, "2026-12-31")
        account = self.account_of(consumer)
        with self.assertRaisesRegex(ValidationError, "consumer"):
            self._bill(
                account_id=account.id, item_ids=[Command.set(account.item_ids.ids)]
            )

    def test_access(self):
        bill = self._bill()
        for user in (
            self.plain_internal_user,
            self.plain_portal_user,
            self.agent_user,
            self.on_site_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                bill.with_user(user).read(["amount"])

    def test_letter(self):
        bill = self._bill()
        action = bill.action_write_letter()
        letter = self.env["collection.letter"].browse(action["res_id"])
        self.assertEqual(letter.kind_id.code, "bill_return")
        self.assertIn(
            "December\N{NO-BREAK SPACE}16", letter.body_before + letter.body_after
        )

    # ------------------------------------------------------------------
    # Drawn by themselves
    # ------------------------------------------------------------------

    def _draw(self):
        return self.env["collection.bill"]._cron_draw()

    def test_drawn_at_night(self):
        self.account.payment_means = "bill"
        self._invoice(self.other_customer, 10.0, "2026-12-31")
        bill = self._draw()
        self.assertRecordValues(
            bill,
            [
                {
                    "account_id": self.account.id,
                    "item_ids": self.account.item_ids.ids,
                    "amount": 8000.0,
                    "date_due": date(2026, 12, 31),
                    "date_return_deadline": date(2026, 12, 16),
                    "kind": "lcr",
                    "state": "to_send",
                }
            ],
        )
        self.assertRegex(bill.number, r"^B/2026/\d{4}$")
        self.assertFalse(self._draw())
        bill.reason = "No"
        bill.action_send()
        bill.action_refuse()
        self.assertFalse(self._draw(), "a refused bill is not sent again by itself")

    def test_not_drawn(self):
        self.account.payment_means = "bill"
        today = self._invoice(self.customer, 10.0, "2026-11-10")
        tomorrow = self._invoice(self.customer, 11.0, "2026-11-11")
        self._credit_note(self.customer, 12.0, "2026-12-31")
        disputed = self._invoice(self.customer, 13.0, "2026-12-31")
        self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(disputed.collection_item_ids.ids)],
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self.invoice.no_followup = True
        bills = self._draw()
        self.assertEqual(bills.item_ids, tomorrow.collection_item_ids)
        self.assertFalse(today.collection_item_ids.bill_ids)
        self.invoice.no_followup = False
        self.account.insolvency_date = "2026-11-01"
        self.assertFalse(self._draw())
        self.account.insolvency_date = False
        self.company.collection_bill_auto = False
        self.assertFalse(self._draw())
        self.company.collection_bill_auto = True
        self.account.payment_means = "lcr_magnetic"
        self.assertEqual(self._draw().kind, "lcr_magnetic")

    def test_drawing_queries_do_not_grow(self):
        self.account.payment_means = "bill"

        def spent(count):
            for number in range(count):
                self._invoice(self.customer, 10.0 + number, "2026-12-31")
            with self._count_queries() as counter:
                bills = self._draw()
            self.assertEqual(len(set(bills.mapped("number"))), len(bills))
            return counter.total

        spent(1)
        few = spent(3)
        self.assertLessEqual(spent(23), few + 3)

    def test_drawn_by_button(self):
        item = self.invoice.collection_item_ids.with_user(self.collector_user)
        action = item.action_draw_bill()
        bill = self.env["collection.bill"].browse(action["res_id"])
        self.assertEqual(bill.item_ids, self.invoice.collection_item_ids)
        self.assertEqual(bill.create_uid, self.collector_user)
        with self.assertRaisesRegex(UserError, "a bill already"):
            self.invoice.action_collection_draw_bill()
        bill.action_send()
        bill.reason = "Wrong name"
        bill.action_refuse()
        self.assertTrue(self.invoice.collection_item_ids.action_draw_bill())

    # ------------------------------------------------------------------
    # Letters
    # ------------------------------------------------------------------

    def _letters(self, bill, day):
        with freeze_time(day):
            self.env["collection.bill"]._cron_follow()
        return len(bill.letter_ids)

    def test_letters(self):
        bill = self._bill().with_env(self.env)
        bill.action_send()
        for day, count in (
            ("2026-12-05", 0),
            ("2026-12-06", 1),
            ("2026-12-15", 1),
            ("2026-12-16", 2),
            ("2026-12-17", 2),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._letters(bill, day), count)
        self.assertEqual(bill.letter_ids.mapped("state"), ["draft", "draft"])
        self.assertEqual(bill.letter_ids.kind_id.code, "bill_return")
        self.assertEqual(bill.state, "late")

    def test_letters_sent(self):
        self.company.collection_bill_letters = "to_send"
        bill = self._bill().with_env(self.env)
        bill.action_send()
        # the first was missed: one is enough
        self.assertEqual(self._letters(bill, "2026-12-16"), 1)
        self.assertEqual(bill.letter_ids.state, "to_send")
        self.assertTrue(bill.letter_ids.number)
        self.assertEqual(self._letters(bill, "2026-12-17"), 1)

    def test_no_letters(self):
        bill = self._bill().with_env(self.env)
        self.assertEqual(self._letters(bill, "2026-12-06"), 0, "not sent")
        bill.action_send()
        self.company.collection_bill_letters = "none"
        self.assertEqual(self._letters(bill, "2026-12-06"), 0)
        self.company.collection_bill_letters = "draft"
        placement = self._hand_over(self.account)
        self.assertEqual(self._letters(bill, "2026-12-06"), 0, "the provider asks")
        placement.line_ids._take_back("recalled", "Ours again")
        bill.action_accept()
        self.assertEqual(self._letters(bill, "2026-12-06"), 0, "it is back")

    # ------------------------------------------------------------------
    # Paid, according to the ledger
    # ------------------------------------------------------------------

    def _remitted(self):
        bill = self._bill().with_env(self.env)
        bill.action_send()
        bill.action_accept()
        bill.action_remit()
        return bill

    def test_paid_by_the_ledger(self):
        bill = self._remitted()
        payment = self._pay(self.invoice, 3000.0, date="2026-11-10")
        self.assertEqual(bill.state, "remitted")
        self._pay(self.invoice, date="2026-11-10")
        self.assertEqual(bill.state, "paid")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(bill.state, "remitted", "not due yet: it is where it was")
        self._reconcile(self.invoice, payment.move_id)
        self.assertEqual(bill.state, "paid")

    def test_returned_unpaid(self):
        bill = self._remitted()
        payment = self._pay(self.invoice, date="2026-11-10")
        self.assertEqual(bill.state, "paid")
        with freeze_time("2026-12-31"):
            self._receivable_lines(payment.move_id).remove_move_reconcile()
            self.assertEqual(bill.state, "unpaid")
            self.assertIn("undone", bill.reason)
            self.assertIn(bill.number, self.account.next_action)
            self._reconcile(self.invoice, payment.move_id)
            self.assertEqual(bill.state, "unpaid", "it stays on record")

    def test_paid_otherwise(self):
        """A transfer came before the bill did: it need not come back any more."""
        bill = self._bill().with_env(self.env)
        bill.action_send()
        payment = self._pay(self.invoice, date="2026-11-10")
        self.assertEqual(bill.state, "paid")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(bill.state, "sent")

    def test_credited(self):
        bill = self._bill().with_env(self.env)
        bill.action_send()
        credit_note = self._credit_note(self.customer, 8000.0, "2026-11-10")
        self._reconcile(self.invoice, credit_note)
        self.assertEqual(bill.state, "lapsed", "nobody paid, and nothing is owed")
        self.assertIn(credit_note.name, bill.lapse_reason)
        self._night("2026-12-20")
        self.assertEqual(bill.state, "lapsed", "and nothing is to come back")

    def test_paid_by_hand_stays(self):
        bill = self._remitted()
        bill.action_paid()
        payment = self._pay(self.invoice, date="2026-11-10")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(bill.state, "paid")

    # ------------------------------------------------------------------
    # Another means, refusal, figures
    # ------------------------------------------------------------------

    def test_alternative_is_a_means_proposed(self):
        self.account.payment_means = "bill"
        bill = self._bill()
        bill.action_send()
        bill.alternative = "lcr_magnetic"
        change = self.account.means_change_ids
        self.assertRecordValues(
            change,
            [
                {
                    "means_from": "bill",
                    "target": "lcr_magnetic",
                    "state": "asked",
                    "side": "company",
                }
            ],
        )
        self.account._record_means_change("lcr_magnetic", "accepted")
        with self.assertRaisesRegex(UserError, "pays so already"):
            bill.alternative = "lcr_magnetic"

    def test_alternative_proposed_by_the_provider(self):
        self.account.payment_means = "bill"
        bill = self._bill().with_env(self.env)
        bill.action_send()
        self._hand_over(self.account)
        bill.with_user(self.agent_user)._portal_chase("direct_debit")
        change = self.account.means_change_ids
        self.assertEqual(change.side, "provider")
        self.assertEqual(change.agent_id, self.agent)
        self.assertEqual(bill.chase_count, 1)

    def test_refusal_between_merchants(self):
        bill = self._bill()
        bill.action_send()
        bill.reason = "Not ordered"
        bill.action_refuse()
        self.assertTrue(bill.between_merchants)
        self.assertIn("due at once", self.account.next_action)
        self.account.segment_id = self.env["collection.segment"].create(
            {"name": "Town halls", "code": "towns", "debtor_type": "public"}
        )
        self.assertFalse(bill.between_merchants)

    def test_rate_back_in_time(self):
        """47 of 50 bills whose deadline has passed are back in time: 94.0 %."""
        self.invoice.button_draft()
        items = self._invoices(
            [(self.customer, 100.0 + number) for number in range(53)], "2026-12-31"
        ).collection_item_ids
        bills = self.env["collection.bill"]._draw(items)
        bills[:51].action_send()
        with freeze_time("2026-12-16"):
            bills[:47].action_accept()
        with freeze_time("2026-12-17"):
            bills[47].action_accept()
            bills[48].reason = "No"
            bills[48].action_refuse()
            # bills[49] is not back at all, the one after it was paid otherwise, and
            # the last two were never sent
            self._pay(bills[50].item_ids.move_id, date="2026-12-16")
        rate = self.env["collection.bill"]._get_return_rate
        period = (self.company, date(2026, 12, 1), date(2026, 12, 31))
        with freeze_time("2026-12-16"):
            self.assertIsNone(rate(*period), "the deadline has not passed")
        with freeze_time("2026-12-18"):
            self.env["collection.bill"]._cron_follow()
            domain = self.env["collection.bill"]._get_rate_domain(self.company)
            self.assertEqual(self.env["collection.bill"].search_count(domain), 50)
            self.assertEqual(rate(*period), 94.0)
