import random
from collections import defaultdict
from decimal import Decimal

from odoo.tests import tagged

from .common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestReceiptGenerated(ReceiptCommon):
    """Ledgers drawn by lot: sums kept beside by the test itself."""

    def test_sums(self):
        for seed in (1, 2, 3):
            with self.subTest(seed=seed):
                self._check(random.Random(seed))

    def _check(self, lot):
        partner = self._customer(f"Lot {lot.random()}")
        expected = defaultdict(Decimal)
        invoices = []
        for _number in range(12):
            cents = lot.randint(3, 100_000)
            amount = Decimal(cents) / 100
            invoice = self._invoice(partner, float(amount), "2026-02-01")
            invoices.append(invoice)
            left = cents
            for _act in range(lot.randint(0, 4)):
                if left < 2:
                    break
                part = lot.randint(1, left)
                left -= part
                self._settle(lot, invoice, part, expected)
        rows = self._query("_settled_query", *invoices)
        by_item, by_kind = defaultdict(Decimal), defaultdict(Decimal)
        for row in rows:
            by_item[row["item_id"]] += Decimal(f"{row['amount']:.2f}")
            by_kind[row["kind"]] += Decimal(f"{row['amount_company']:.2f}")
        for invoice in invoices:
            settled = invoice.amount_total - invoice.amount_residual
            self.assertEqual(
                by_item[invoice.collection_item_ids.id], Decimal(f"{settled:.2f}")
            )
        self.assertEqual(by_kind, expected)
        self.assertProven()

    def _settle(self, lot, invoice, cents, expected):
        """Settle `cents` of the invoice by something; note it in `expected`."""
        day = f"2026-03-{lot.randint(1, 30):02}"
        amount = cents / 100
        partner = {"partner_id": invoice.partner_id.id}
        act = lot.choice(("money", "credit_note", "write_off", "compensation", "mixed"))
        if act == "money":
            self._pay(invoice, amount, day)
            expected["money"] += Decimal(cents) / 100
        elif act == "credit_note":
            refund = self._credit_note(invoice.partner_id, amount, day)
            self._reconcile(invoice, refund)
            expected["credit_note"] += Decimal(cents) / 100
        elif act == "write_off":
            self._entry(
                day,
                (self.expense, amount, partner),
                (self.receivable, -amount, partner),
                match=[invoice],
            )
            expected["write_off"] += Decimal(cents) / 100
        elif act == "compensation":
            self._entry(
                day,
                (self.payable, amount, partner),
                (self.receivable, -amount, partner),
                match=[invoice],
            )
            expected["compensation"] += Decimal(cents) / 100
        else:
            received = lot.randint(0, cents)
            self._entry(
                day,
                (self.bank, received / 100, partner),
                (self.expense, (cents - received) / 100, partner),
                (self.receivable, -amount, partner),
                journal=self.bank_journal,
                match=[invoice],
            )
            for kind, part in (("money", received), ("write_off", cents - received)):
                if part:
                    expected[kind] += Decimal(part) / 100
