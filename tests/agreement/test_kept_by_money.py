from odoo import Command
from odoo.tests import tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestKeptByMoney(ReceiptCommon):
    """Promises and plans are kept by money; disputes are settled by what is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.item = cls.invoice.collection_item_ids

    def _promise(self, amount):
        return self.env["collection.promise"].create(
            {
                "account_id": self.account.id,
                "amount": amount,
                "date_promised": "2026-04-10",
                "item_ids": [Command.set(self.item.ids)],
            }
        )

    def _write_off(self, amount, account=None, **values):
        return self._entry(
            "2026-03-31",
            (account or self.expense, amount),
            (self.receivable, -amount),
            match=[self.invoice],
            **values,
        )

    def test_promise_and_a_payment_marked_as_full(self):
        promise = self._promise(1000.0)
        self._pay_and_write_off(self.invoice, 100.0, "2026-03-31")
        self.assertEqual(promise.amount_received, 100.0)
        self.assertNotEqual(promise.state, "kept")

    def test_promise_of_what_was_received(self):
        promise = self._promise(100.0)
        self._pay_and_write_off(self.invoice, 100.0, "2026-03-31")
        self.assertRecordValues(promise, [{"amount_received": 100.0, "state": "kept"}])

    def test_promise_and_a_bad_debt_in_the_bank_journal(self):
        promise = self._promise(1000.0)
        self._write_off(1000.0, journal=self.bank_journal)
        self.assertEqual(self.item.state, "closed")
        self.assertEqual(promise.amount_received, 0.0)
        self.assertNotEqual(promise.state, "kept")

    def test_promise_kept_on_a_bank_account_by_another_journal(self):
        promise = self._promise(400.0)
        self._entry(
            "2026-03-31",
            (self.bank, 400.0),
            (self.receivable, -400.0),
            match=[self.invoice],
        )
        self.assertEqual(promise.state, "kept")

    def test_promise_and_a_set_off_in_the_cash_journal(self):
        promise = self._promise(300.0)
        self._entry(
            "2026-03-31",
            (self.payable, 300.0),
            (self.receivable, -300.0),
            journal=self.cash_journal,
            match=[self.invoice],
        )
        self.assertEqual(promise.amount_received, 0.0)

    def test_promise_in_a_foreign_currency(self):
        """100.01 of 1,000.03 USD: the promise counts dollars."""
        self.invoice = self._invoice(
            self.other_customer, 1000.03, "2026-02-01", currency=self.dollar
        )
        self.account = self.account_of(self.other_customer)
        self.item = self.invoice.collection_item_ids
        promise = self._promise(1000.03)
        self._pay_and_write_off(
            self.invoice, 100.01, "2026-03-31", currency_id=self.dollar.id
        )
        self.assertEqual(promise.amount_received, 100.01)

    def test_plan(self):
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.item.ids)],
                "instalment_count": 4,
                "date_first": "2026-04-05",
            }
        )
        plan.action_split()
        plan.action_agree()
        self.assertEqual(plan.state, "active")
        self._pay_and_write_off(self.invoice, 250.0, "2026-03-31")
        self.assertEqual(plan.amount_received, 250.0)
        self.assertEqual(plan.state, "active", "three instalments never came")

    def _accept(self, amount):
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.item.ids)],
                "amount": amount,
                "reason_id": self._dispute_reason("price").id,
            }
        )
        dispute._decide("accepted")
        return dispute

    def test_dispute(self):
        """The 150 that a payment leaves as a write-off are the 150 accepted."""
        dispute = self._accept(150.0)
        self._pay_and_write_off(self.invoice, 850.0, "2026-03-31")
        self.assertRecordValues(dispute, [{"amount_credited": 150.0, "settled": True}])

    def test_dispute_is_not_settled_by_a_set_off(self):
        dispute = self._accept(150.0)
        self._write_off(150.0, self.payable)
        self.assertRecordValues(dispute, [{"amount_credited": 0.0, "settled": False}])

    def test_dispute_settled_by_a_credit_entry(self):
        dispute = self._accept(150.0)
        self._write_off(150.0, self.revenue)
        self.assertTrue(dispute.settled)
