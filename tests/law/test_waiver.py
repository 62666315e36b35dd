from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import InterestCommon


@tagged("post_install", "-at_install")
class TestWaiver(InterestCommon):
    """Interest and indemnities given up as a commercial gesture."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item(cls.customer, 8000.0, "2026-05-31")
        cls.account = cls.item.account_id

    def test_whole(self):
        settlement = self._waive(self.item, "2026-11-22")
        self.assertRecordValues(
            settlement,
            [
                {
                    "kind": "waiver",
                    "item_id": self.item.id,
                    "amount_interest": 473.97,
                    "amount_indemnity": 40.0,
                    "days_settled": True,
                    "indemnity_settled": True,
                    "reason": "Late delivery",
                    "user_id": self.manager_user.id,
                    "state": "in_force",
                }
            ],
        )
        letter = self._letter("2026-11-22")
        self.assertEqual(letter.amount_total, 8000.0)
        (said,) = letter.line_ids.settled_detail
        self.assertEqual((said["kind"], said["amount"]), ("waiver", 513.97))
        # interest begins anew on the day after
        self.assertEqual(self._amounts(self.item, "2026-11-23"), ([2.72], 0.0))

    def test_an_amount_is_deducted(self):
        self._waive(
            self.item, "2026-11-22", waived_interest=73.97, waived_indemnity=10.0
        )
        letter = self._letter("2026-11-22")
        self.assertRecordValues(
            letter,
            [
                {
                    "amount_interest": 473.97,
                    "amount_indemnity": 40.0,
                    "amount_waived": 83.97,
                    "amount_total": 8430.0,
                }
            ],
        )
        values = self.env["report.account_collection.report_collection_letter"]
        rows = dict(values._get_totals(letter, "private"))
        self.assertIn("83.97", rows["Commercial gesture"])

    def test_an_amount_is_deducted_once(self):
        self._waive(self.item, "2026-06-30", waived_interest=9.89, waived_indemnity=0.0)
        first = self._claim(self.item, "2026-06-30")
        self.assertEqual(first.amount_total, 110.0)
        self.assertIn("Commercial gesture", first.invoice_line_ids.mapped("name"))
        self.assertEqual(self._letter("2026-11-22").amount_waived, 0.0)
        # the gesture comes back with what it was deducted from
        first.button_cancel()
        self.assertEqual(self._letter("2026-11-22").amount_waived, 9.89)

    def test_indemnity_only(self):
        self._waive(self.item, "2026-11-22", waive_interest=False)
        self.assertEqual(self._amounts(self.item, "2026-11-22"), ([79.89, 394.08], 0.0))

    def test_no_more_than_is_owed(self):
        with freeze_time("2026-11-22"), self.assertRaisesRegex(UserError, "473.97"):
            self._waive(self.item, "2026-11-22", waived_interest=473.98)
        with freeze_time("2026-11-22"), self.assertRaises(UserError):
            self._waive(self.item, "2026-11-22", waived_interest=-1.0)

    def test_taken_back(self):
        settlement = self._waive(self.item, "2026-11-22")
        with self.assertRaises(AccessError):
            settlement.with_user(self.collector_user).action_withdraw()
        settlement.with_user(self.manager_user).action_withdraw()
        self.assertEqual(settlement.state, "released")
        self.assertEqual(
            self._amounts(self.item, "2026-11-22"), ([79.89, 394.08], 40.0)
        )

    def test_a_claim_is_not_taken_back_here(self):
        settlement = self._claim(self.item, "2026-11-22").collection_settlement_ids
        with self.assertRaisesRegex(UserError, "cancelling or reversing"):
            settlement.with_user(self.manager_user).action_withdraw()

    def test_collectors_up_to_the_limit(self):
        with self.assertRaisesRegex(AccessError, "credit manager"):
            self._waive(self.item, "2026-11-22", user=self.collector_user)
        self.company.collection_waiver_limit = 50.0
        self._waive(
            self.item, "2026-11-22", user=self.collector_user, waive_interest=False
        )
        with self.assertRaisesRegex(AccessError, "twelve months"):
            self._waive(
                self.item,
                "2026-11-22",
                user=self.collector_user,
                waived_interest=10.01,
            )
        self._waive(
            self.item, "2026-11-22", user=self.collector_user, waived_interest=10.0
        )
        # another customer has a limit of its own, and a year later there is a new one
        other = self._item(self.other_customer, 1000.0, "2026-08-31")
        self._waive(other, "2026-11-22", user=self.collector_user, waive_interest=False)

    def test_limit_in_the_currency_of_the_company(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.25)])
        item = self._item(self.other_customer, 1000.0, "2026-08-31", currency=dollar)
        self.company.collection_waiver_limit = 40.0
        settlement = self._waive(
            item, "2026-11-22", user=self.collector_user, waive_interest=False
        )
        self.assertEqual(settlement.amount_indemnity, 50.0)
        self.assertEqual(settlement.amount_company, 40.0)

    def test_outsiders(self):
        self._hand_over(self.account)
        self.company.collection_waiver_limit = 10000.0
        for user in (self.agent_user, self.on_site_user, self.accountant_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._waive(self.item, "2026-11-22", user=user)

    def test_on_the_customers_history(self):
        self._waive(self.account, "2026-11-22")
        body = self.account.message_ids[0].body
        self.assertIn("Late delivery", body)
        self.assertIn("513.97", body)

    def test_the_form(self):
        with freeze_time("2026-11-22"):
            form = Form(
                self.env["collection.waiver"]
                .with_user(self.manager_user)
                .with_context(**self.item.action_waive()["context"])
            )
            form.reason = "Long-standing customer"
            with form.line_ids.edit(0) as line:
                self.assertEqual(line.amount_interest, 473.97)
                line.waived_interest = 100.0
            form.save().action_waive()
        settlement = self.item.settlement_ids
        self.assertEqual(settlement.amount_interest, 100.0)
        self.assertFalse(settlement.days_settled)
        self.assertTrue(settlement.indemnity_settled)

    def test_an_invoice_with_two_due_dates(self):
        """Waived on one due date, the indemnity is not claimed on the other."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50.0, "nb_days": days}
                    )
                    for days in (30, 60)
                ],
            }
        )
        items = self._invoice(
            self.other_customer,
            1000.0,
            "2025-09-30",
            date="2025-08-01",
            invoice_payment_term_id=terms.id,
        ).collection_item_ids
        self._waive(items[0], "2025-10-31")
        self.assertEqual(self._amounts(items[1], "2025-10-31")[1], 0.0)
