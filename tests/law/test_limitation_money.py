from datetime import date

from odoo.tests import tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestLimitationMoney(ReceiptCommon):
    """Only money interrupts the limitation: giving up a part acknowledges nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(
            cls.customer, 1000.0, "2022-06-30", date="2022-05-31"
        )
        cls.item = cls.invoice.collection_item_ids

    def _settle_part(self, account, **values):
        self._entry(
            "2024-02-10",
            (account, 50.0),
            (self.receivable, -50.0),
            match=[self.invoice],
            **values,
        )
        self.item.invalidate_recordset(["date_limitation"])
        return self.item.date_limitation

    def test_written_off_in_the_bank_journal(self):
        self.assertEqual(
            self._settle_part(self.expense, journal=self.bank_journal),
            date(2027, 5, 31),
        )

    def test_set_off_in_the_cash_journal(self):
        self.assertEqual(
            self._settle_part(self.payable, journal=self.cash_journal),
            date(2027, 5, 31),
        )

    def test_money(self):
        self.assertEqual(
            self._settle_part(self.bank, journal=self.bank_journal), date(2029, 2, 10)
        )

    def test_money_by_an_entry_of_its_own(self):
        self.assertEqual(self._settle_part(self.bank), date(2029, 2, 10))

    def test_searched(self):
        self._settle_part(self.expense, journal=self.bank_journal)
        late = self.env["collection.item"].search(
            [("date_limitation", "<", "2028-01-01")]
        )
        self.assertIn(self.item, late)
