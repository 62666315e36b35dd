from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools.bill import chase_date, return_deadline
from .common import CollectionCommon


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
        self.assertEqual(
            bill._get_return_rate(self.company, date(2026, 12, 1), date(2026, 12, 31)),
            100.0,
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
