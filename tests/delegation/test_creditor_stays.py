from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestCreditorStays(HandoverCommon):
    """A customer whom the company owes more than they owe is not handed over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls._invoice(cls.other_customer, 300.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        (cls.account | cls.other_account).segment_id = cls.ordinary

    @classmethod
    def _bill(cls, partner, amount):
        return cls._invoice(
            partner,
            amount,
            "2026-03-15",
            move_type="in_invoice",
            journal_id=cls.company_data["default_journal_purchase"].id,
        )

    def assertStays(self, stays):
        wizard = self._preview(method="total")
        line = self._line(wizard, self.account)
        self.assertEqual(line.reason, "creditor" if stays else "file")
        self.assertEqual(self._line(wizard, self.other_account).decision, "goes")
        if stays:
            with self.assertRaisesRegex(UserError, "owed more than they owe"):
                self._hand_over(self.account | self.other_account)
            self.assertEqual(self.account.delegation_state, "in_house")
        else:
            self._hand_over(self.account)

    def test_supplier_bill(self):
        self._bill(self.customer, 1000.01)
        self.assertStays(True)

    def test_as_much_as_they_owe(self):
        self._bill(self.customer, 1000.0)
        self.assertStays(False)

    def test_bill_and_open_credit_together(self):
        self._bill(self.customer, 600.0)
        self._payment(self.customer, 401.0, "2026-03-20")
        self.assertStays(True)

    def test_bill_of_a_contact(self):
        contact = self.env["res.partner"].create(
            {"name": "Workshop", "parent_id": self.customer.id, "type": "invoice"}
        )
        self._bill(contact, 1500.0)
        self.assertStays(True)

    def test_paid_bill(self):
        bill = self._bill(self.customer, 1500.0)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({"payment_date": "2026-03-20"}).action_create_payments()
        self.assertStays(False)

    def test_more_paid_to_the_supplier_than_billed(self):
        """What they owe as a supplier is no reason to keep them."""
        self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.customer.id,
                "amount": 5000.0,
                "date": "2026-03-20",
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        ).action_post()
        self.assertStays(False)
