from odoo.tests import freeze_time, tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestOtherCurrency(ReceiptCommon):
    """Money in another currency is not deducted, and is shown."""

    def _letter(self):
        with freeze_time("2026-03-31"):
            run = self._run("2026-03-31")
        return run, run.letter_ids.filtered(
            lambda letter: letter.partner_id == self.customer
        )

    def test_shown_on_run_and_letter(self):
        self._invoice(self.customer, 1000.0, "2026-02-01")
        self._invoice(self.other_customer, 500.0, "2026-02-01")
        self._payment(self.customer, 700.0, "2026-03-20", currency=self.dollar)
        self._payment(self.customer, 50.5, "2026-03-21", currency=self.dollar)
        run, letter = self._letter()
        self.assertEqual(letter.amount_credit, 0.0)
        self.assertIn("750.50", letter.other_credits)
        self.assertIn("$", letter.other_credits)
        self.assertEqual(run.other_credit_count, 1)
        self.assertFalse((run.letter_ids - letter).other_credits)
        self._send(run)
        self.assertFalse(letter.other_credits, "it has left as it was")
        self.assertEqual(run.other_credit_count, 0)

    def test_own_currency_is_deducted(self):
        self._invoice(self.customer, 1000.0, "2026-02-01")
        self._payment(self.customer, 700.0, "2026-03-20")
        run, letter = self._letter()
        self.assertEqual(letter.amount_credit, 700.0)
        self.assertFalse(letter.other_credits)
        self.assertEqual(run.other_credit_count, 0)

    def test_credit_in_euros_and_a_letter_in_dollars(self):
        self._invoice(self.customer, 1000.0, "2026-02-01", currency=self.dollar)
        self._credit_note(self.customer, 80.0, "2026-03-20")
        run, letter = self._letter()
        self.assertEqual(letter.currency_id, self.dollar)
        self.assertIn("80.00", letter.other_credits)
        self.assertEqual(run.other_credit_count, 1)
