from odoo.tests import freeze_time, tagged

from ..receipt.common import ReceiptCommon
from .common import InterestCommon


@tagged("post_install", "-at_install")
class TestIndemnityOfInvoices(InterestCommon, ReceiptCommon):
    """The 40 euros are owed for an unpaid invoice, and for nothing else."""

    def _indemnities(self, partner):
        with freeze_time("2026-03-31"):
            run = self._run("2026-03-31")
        letter = run.letter_ids.filtered(lambda letter: letter.partner_id == partner)
        return {
            line.item_id.move_id: line.amount_indemnity for line in letter.line_ids
        }, letter.amount_indemnity

    def test_payment_made_by_mistake(self):
        invoice = self._invoice(self.customer, 500.0, "2026-02-01")
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 250.0,
                "date": "2026-02-10",
                "journal_id": self.bank_journal.id,
            }
        )
        payment.action_post()
        self.assertEqual(
            self._indemnities(self.customer),
            ({invoice: 40.0, payment.move_id: 0.0}, 40.0),
        )

    def test_bounced_payment_and_opening_entry(self):
        receipt = self._invoice(
            self.customer, 70.0, "2026-02-01", move_type="out_receipt"
        )
        bounce = self._entry(
            "2026-02-20",
            (self.receivable, 1000.0),
            (self.bank, -1000.0),
            journal=self.bank_journal,
        )
        claim = self._entry(
            "2026-02-20", (self.receivable, 80.0), (self.revenue, -80.0)
        )
        # the ledger leaves entries out by default
        claim.line_ids.no_followup = False
        self.assertEqual(
            self._indemnities(self.customer),
            ({receipt: 40.0, bounce: 0.0, claim: 0.0}, 40.0),
        )
