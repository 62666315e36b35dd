from odoo.tests import tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestBillMoney(ReceiptCommon):
    """A bill is paid by money, not by what was given up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-05-31")
        cls.account = cls.account_of(cls.customer)
        cls.bill = cls.env["collection.bill"].create(
            {
                "account_id": cls.account.id,
                "item_ids": cls.invoice.collection_item_ids.ids,
            }
        )
        cls.bill.action_send()

    def test_written_off(self):
        self._pay_and_write_off(self.invoice, 100.0, "2026-03-31")
        self.assertEqual(self.invoice.collection_item_ids.state, "closed")
        self.assertNotEqual(self.bill.state, "paid")

    def test_a_euro_and_a_credit_note(self):
        self._pay(self.invoice, 1.0, "2026-03-31")
        refund = self._credit_note(self.customer, 999.0, "2026-03-31")
        self._reconcile(self.invoice, refund)
        self.assertNotEqual(self.bill.state, "paid")

    def test_all_but_a_small_difference(self):
        self._pay_and_write_off(self.invoice, 998.0, "2026-03-31")
        self.assertEqual(self.bill.state, "paid")
