from odoo.tests import tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestPlacementOutcome(ReceiptCommon):
    """How the line of a hand-over ends: by what settled it, and when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.placement = cls._hand_over(cls.account)
        cls.line = cls.placement.line_ids

    def assertEnded(self, state, *said):
        self.assertEqual(self.line.state, state)
        self.assertFalse(self.account.mandate_id)
        if not said:
            self.assertFalse(self.line.reason)
        for text in said:
            self.assertIn(text, self.line.reason.replace("\N{NO-BREAK SPACE}", " "))

    def test_marked_as_fully_paid(self):
        self._pay_and_write_off(self.invoice, 100.0, "2026-03-31")
        self.assertEnded("written_off", "eceived: 100.00", "ritten off: 900.00")

    def test_mostly_paid(self):
        self._pay_and_write_off(self.invoice, 999.5, "2026-03-31")
        self.assertEnded("paid", "eceived: 999.50", "ritten off: 0.50")

    def test_bad_debt(self):
        self._entry(
            "2026-03-31",
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        self.assertEnded("written_off")

    def test_a_euro_and_a_credit_note(self):
        self._pay(self.invoice, 1.0, "2026-03-31")
        refund = self._credit_note(self.customer, 999.0, "2026-03-31")
        self._reconcile(self.invoice, refund)
        self.assertEnded("credited", "eceived: 1.00", "redited: 999.00")

    def test_set_off(self):
        self._entry(
            "2026-03-31",
            (self.payable, 1000.0),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        self.assertEnded("credited")

    def test_paid_before_the_hand_over(self):
        self._pay(self.invoice, date="2026-03-30")
        self.assertEnded("recalled", "before the hand-over: 1,000.00")
        self.assertEqual(self.line.recall_reason, "paid_directly")

    def test_mostly_paid_before(self):
        self._pay(self.invoice, 800.0, date="2026-03-30")
        self._pay(self.invoice, date="2026-03-31")
        self.assertEnded("recalled", "eceived: 200.00", "before the hand-over: 800.00")

    def test_written_off_and_taken_back(self):
        entry = self._entry(
            "2026-03-31",
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        self.assertEnded("written_off")
        self._receivable_lines(entry).remove_move_reconcile()
        self.assertEqual(self.line.state, "active")

    def test_several_customers_at_once(self):
        """Each line ends by what settled it, whatever settled the others."""
        second = self._invoice(self.other_customer, 500.0, "2026-02-01")
        line = self._hand_over(self.account_of(self.other_customer)).line_ids
        self._entry(
            "2026-03-31",
            (self.bank, 500.0),
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            (self.receivable, -500.0, {"partner_id": self.other_customer.id}),
            journal=self.bank_journal,
        )
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.receivable.id),
                ("partner_id", "in", (self.customer | self.other_customer).ids),
                ("reconciled", "=", False),
            ]
        )
        for partner in (self.customer, self.other_customer):
            lines.filtered(
                lambda line, partner=partner: line.partner_id == partner
            ).reconcile()
        self.assertEqual(second.amount_residual, 0.0)
        self.assertEnded("written_off", "eceived: 333.33", "ritten off: 666.67")
        self.assertEqual(line.state, "written_off")
        self.assertIn("166.67", line.reason)
