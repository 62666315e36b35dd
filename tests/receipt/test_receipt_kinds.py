from odoo import Command
from odoo.tests import tagged

from .common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestReceiptKinds(ReceiptCommon):
    """What settled an invoice, by what, and when: worked cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")

    def tearDown(self):
        self.assertProven()
        super().tearDown()

    def test_nothing(self):
        self.assertEqual(self._settled(self.invoice), [])

    def test_payments_have_their_own_days(self):
        self._pay(self.invoice, 300.0, "2026-03-05")
        self._pay(self.invoice, 250.5, "2026-03-02")
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-02", "money", 250.5), ("2026-03-05", "money", 300.0)],
        )

    def test_credit_note(self):
        refund = self._credit_note(self.customer, 120.0, "2026-03-06")
        self._reconcile(self.invoice, refund)
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-06", "credit_note", 120.0)]
        )

    # ------------------------------------------------------------------
    # Written off
    # ------------------------------------------------------------------

    def test_marked_as_fully_paid(self):
        self._pay_and_write_off(self.invoice, 100.0, "2026-03-07")
        self.assertEqual(self.invoice.amount_residual, 0.0)
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-07", "write_off", 900.0), ("2026-03-07", "money", 100.0)],
        )

    def test_written_off_on_a_revenue_account(self):
        """What a payment leaves open is written off, whatever the account."""
        self._pay_and_write_off(self.invoice, 990.0, "2026-03-07", self.revenue)
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-07", "money", 990.0), ("2026-03-07", "write_off", 10.0)],
        )

    def test_bad_debt(self):
        self._entry(
            "2026-03-08",
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-08", "write_off", 1000.0)]
        )

    def test_bad_debt_with_its_tax(self):
        self._entry(
            "2026-03-08",
            (self.expense, 833.33),
            (self.vat, 166.67),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-08", "write_off", 1000.0)]
        )

    def test_bad_debt_written_in_a_bank_journal(self):
        self._entry(
            "2026-03-08",
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            journal=self.bank_journal,
            match=[self.invoice],
        )
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-08", "write_off", 1000.0)]
        )

    def test_a_euro_in_cash_and_the_rest_credited(self):
        self._entry(
            "2026-03-09",
            (self.cash, 1.0),
            (self.revenue, 999.0),
            (self.receivable, -1000.0),
            journal=self.cash_journal,
            match=[self.invoice],
        )
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-09", "credit_note", 999.0), ("2026-03-09", "money", 1.0)],
        )

    def test_money_in_a_journal_of_other_entries(self):
        self._entry(
            "2026-03-09",
            (self.bank, 400.0),
            (self.receivable, -400.0),
            match=[self.invoice],
        )
        self.assertEqual(self._settled(self.invoice), [("2026-03-09", "money", 400.0)])

    def test_overpaid_for_good(self):
        """What was paid beyond the debt is money, and lowers what is written off."""
        self._pay_and_write_off(self.invoice, 1005.0, "2026-03-07")
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-07", "money", 1005.0), ("2026-03-07", "write_off", -5.0)],
        )

    # ------------------------------------------------------------------
    # One entry for several items
    # ------------------------------------------------------------------

    def test_each_invoice_gets_its_part(self):
        """100 received and 900 written off over three invoices, in proportion."""
        partner = self._customer("Sud")
        invoices = self.env["account.move"]
        for amount in (333.33, 333.33, 333.34):
            invoices |= self._invoice(partner, amount, "2026-02-01")
        self._pay_and_write_off(invoices, 100.0, "2026-03-07")
        self.assertEqual(set(invoices.mapped("amount_residual")), {0.0})
        parts = [self._settled(invoice) for invoice in invoices]
        self.assertEqual(
            [part[1][2] for part in parts], [33.33, 33.34, 33.33], "100 in all"
        )
        self.assertEqual(
            [part[0][2] for part in parts], [300.0, 299.99, 300.01], "900 in all"
        )
        self.assertEqual(
            {part[0][1] for part in parts} | {part[1][1] for part in parts},
            {"money", "write_off"},
        )

    def test_part_of_an_entry(self):
        """Matched in part, an entry gives of each kind in proportion; then the rest."""
        small = self._invoice(self.customer, 0.99, "2026-02-01")
        entry = self._entry(
            "2026-03-07",
            (self.bank, 50.0),
            (self.expense, 50.0),
            (self.receivable, -100.0),
            journal=self.bank_journal,
            match=[small],
        )
        self.assertEqual(
            sorted(row[1:] for row in self._settled(small)),
            [("money", 0.5), ("write_off", 0.49)],
        )
        self._reconcile(self.invoice, entry)
        self.assertEqual(
            sorted(row[1:] for row in self._settled(self.invoice)),
            [("money", 49.5), ("write_off", 49.51)],
        )

    def test_two_customers_on_one_bank_line(self):
        other = self._invoice(self.other_customer, 500.0, "2026-02-01")
        entry = self._entry(
            "2026-03-07",
            (self.bank, 1350.0),
            (self.expense, 150.0),
            (self.receivable, -1000.0),
            (self.receivable, -500.0, {"partner_id": self.other_customer.id}),
            journal=self.bank_journal,
        )
        for invoice in (self.invoice, other):
            line = self._receivable_lines(entry).filtered(
                lambda line, invoice=invoice: (
                    line.partner_id == invoice.commercial_partner_id
                )
            )
            (self._receivable_lines(invoice) | line).reconcile()
        self.assertEqual(
            self._settled(self.invoice),
            [("2026-03-07", "money", 900.0), ("2026-03-07", "write_off", 100.0)],
        )
        self.assertEqual(
            self._settled(other),
            [("2026-03-07", "money", 450.0), ("2026-03-07", "write_off", 50.0)],
        )

    # ------------------------------------------------------------------
    # Early-payment discount
    # ------------------------------------------------------------------

    def _discounted(self, computation="excluded", tax=None):
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % within 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": computation,
                "line_ids": [
                    Command.clear(),
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    ),
                ],
            }
        )
        invoice = self._invoice(
            self.customer, 500.0, "2026-03-31", date="2026-03-01", post=False
        )
        invoice.invoice_payment_term_id = term
        if tax:
            invoice.invoice_line_ids.tax_ids = tax
        invoice.action_post()
        return invoice

    def test_discount_taken_in_time(self):
        invoice = self._discounted()
        self._register(invoice, "2026-03-11")
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(
            self._settled(invoice),
            [("2026-03-11", "money", 490.0), ("2026-03-11", "discount", 10.0)],
        )

    def test_discount_with_its_tax(self):
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "20 %", "amount": 20.0}
        )
        invoice = self._discounted("included", tax)
        self.assertEqual(invoice.amount_total, 600.0)
        self._register(invoice, "2026-03-11")
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(
            self._settled(invoice),
            [("2026-03-11", "money", 588.0), ("2026-03-11", "discount", 12.0)],
        )

    def test_discount_of_one_invoice_among_others(self):
        """10 beside 1,790 paid for three invoices: one of them granted a discount."""
        invoice = self._discounted()
        other = self._invoice(self.customer, 300.0, "2026-03-31", date="2026-03-01")
        payment = self._register(
            invoice | other | self.invoice, "2026-03-11", group_payment=True
        )
        self.assertEqual(payment.amount, 1790.0)
        self.assertEqual(
            self._settled(invoice),
            [("2026-03-11", "money", 490.0), ("2026-03-11", "discount", 10.0)],
        )
        self.assertEqual(
            self._settled(other) + self._settled(self.invoice),
            [("2026-03-11", "money", 300.0), ("2026-03-11", "money", 1000.0)],
        )

    def test_discount_taken_too_late(self):
        invoice = self._discounted()
        self._pay_and_write_off(invoice, 490.0, "2026-03-12", self.discount_account)
        self.assertEqual(
            self._settled(invoice),
            [("2026-03-12", "money", 490.0), ("2026-03-12", "write_off", 10.0)],
        )

    # ------------------------------------------------------------------
    # Set off, exchanged
    # ------------------------------------------------------------------

    def test_set_off_against_what_is_owed(self):
        self._entry(
            "2026-03-09",
            (self.payable, 300.0),
            (self.receivable, -300.0),
            match=[self.invoice],
        )
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-09", "compensation", 300.0)]
        )

    def test_moved_to_another_receivable(self):
        doubtful = self.receivable.copy({"code": "416000"})
        entry = self._entry(
            "2026-03-09",
            (doubtful, 1000.0),
            (self.receivable, -1000.0),
        )
        lines = entry.line_ids | self.invoice.line_ids
        lines.filtered(lambda line: line.account_id == self.receivable).reconcile()
        self.assertEqual(
            self._settled(self.invoice), [("2026-03-09", "compensation", 1000.0)]
        )

    def test_exchange_loss(self):
        """1,000 USD invoiced at 2.0 (500 EUR), paid at 2.5 (400 EUR)."""
        invoice = self._invoice(
            self.customer, 1000.0, "2026-03-01", currency=self.dollar
        )
        self._pay(invoice, date="2026-03-10")
        self.assertEqual(self._settled(invoice)[0], ("2026-03-10", "money", 1000.0))
        self.assertEqual(
            [row[1:] for row in self._settled_in_company(invoice)],
            [("money", 400.0), ("exchange", 100.0)],
        )

    def test_exchange_gain(self):
        """1,000 USD invoiced at 2.0 (500 EUR), paid at 1.6 (625 EUR)."""
        invoice = self._invoice(
            self.customer, 1000.0, "2026-03-01", currency=self.dollar
        )
        self._pay(invoice, date="2026-03-20")
        items = (
            self.account_of(self.customer).item_ids - self.invoice.collection_item_ids
        )
        rows = self._query("_settled_query", *items.move_id)
        rows += self._query("_returned_query", *items.move_id)
        sums = {}
        for row in rows:
            total = sums.setdefault(row["kind"], [0.0, 0.0])
            total[0] += float(row["amount"])
            total[1] += float(row["amount_company"])
        self.assertEqual(sums, {"money": [1000.0, 625.0], "exchange": [0.0, -125.0]})

    def test_written_off_in_a_foreign_currency(self):
        """100.01 of 1,000.03 USD at 1.6: cents of both currencies add up."""
        invoice = self._invoice(
            self.customer,
            1000.03,
            "2026-03-31",
            date="2026-03-20",
            currency=self.dollar,
        )
        self._pay_and_write_off(
            invoice, 100.01, "2026-03-25", currency_id=self.dollar.id
        )
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(
            self._settled(invoice),
            [("2026-03-25", "write_off", 900.02), ("2026-03-25", "money", 100.01)],
        )
        self.assertEqual(
            self._settled_in_company(invoice),
            [("2026-03-25", "write_off", 562.51), ("2026-03-25", "money", 62.51)],
        )

    # ------------------------------------------------------------------
    # Undone
    # ------------------------------------------------------------------

    def test_unmatched_payment_settles_nothing(self):
        payment = self._pay(self.invoice, 400.0, "2026-03-05")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(self._settled(self.invoice), [])
        self._reconcile(self.invoice, payment.move_id)
        self.assertEqual(self._settled(self.invoice), [("2026-03-05", "money", 400.0)])

    def test_cancelled_payment_never_was(self):
        payment = self._pay(self.invoice, 400.0, "2026-03-05")
        payment.action_draft()
        payment.action_cancel()
        self.assertEqual(self._settled(self.invoice), [])
        self.assertEqual(self._returned(self.invoice), [])

    def test_reversed_payment(self):
        """Received on the 5th, back on the 25th: both days stand."""
        payment = self._pay(self.invoice, 1000.0, "2026-03-05")
        reversal = payment.move_id._reverse_moves([{"date": "2026-03-25"}], cancel=True)
        self.assertEqual(self._settled(self.invoice), [])
        self.assertEqual(self._returned(reversal), [("2026-03-25", "money", -1000.0)])
        self.assertEqual(self._settled(reversal), [("2026-03-05", "money", 1000.0)])

    def test_bounced_on_the_bank_statement(self):
        """The bank takes 1,015 back, 15 of it its charge, which the customer owes."""
        self._pay(self.invoice, 1000.0, "2026-03-05")
        bounce = self._entry(
            "2026-03-20",
            (self.receivable, 1015.0),
            (self.bank, -1000.0),
            (self.revenue, -15.0),
            journal=self.bank_journal,
        )
        self.assertEqual(self._settled(self.invoice), [("2026-03-05", "money", 1000.0)])
        self.assertEqual(self._returned(bounce), [("2026-03-20", "money", -1000.0)])
        payment = self._payment(self.customer, 1015.0, "2026-03-28")
        self._reconcile(bounce, payment.move_id)
        self.assertEqual(self._settled(bounce), [("2026-03-28", "money", 1015.0)])

    def test_write_off_taken_back(self):
        entry = self._entry(
            "2026-03-08",
            (self.expense, 1000.0),
            (self.receivable, -1000.0),
            match=[self.invoice],
        )
        reversal = entry._reverse_moves([{"date": "2026-03-22"}], cancel=True)
        self.assertEqual(self._settled(self.invoice), [])
        self.assertEqual(
            self._returned(reversal), [("2026-03-22", "write_off", -1000.0)]
        )
        self.assertEqual(self._settled(reversal), [("2026-03-08", "write_off", 1000.0)])

    def test_a_claim_by_entry_is_not_given_back(self):
        claim = self._entry(
            "2026-03-08", (self.receivable, 80.0), (self.revenue, -80.0)
        )
        self.assertEqual(self._returned(claim, self.invoice), [])
        reversal = claim._reverse_moves([{"date": "2026-03-22"}], cancel=True)
        self.assertEqual(self._settled(claim), [("2026-03-22", "credit_note", 80.0)])
        self.assertTrue(reversal)

    def test_credit_note_reversed(self):
        refund = self._credit_note(self.customer, 120.0, "2026-03-06")
        reversal = refund._reverse_moves(
            [{"date": "2026-03-09", "invoice_date": "2026-03-09"}], cancel=True
        )
        self.assertEqual(
            self._returned(reversal), [("2026-03-09", "credit_note", -120.0)]
        )
        self.assertEqual(
            self._settled(reversal), [("2026-03-06", "credit_note", 120.0)]
        )

    # ------------------------------------------------------------------
    # The day of the bank, and payments without an entry
    # ------------------------------------------------------------------

    def test_day_of_the_bank(self):
        outstanding = self.env["account.account"].create(
            {
                "name": "Outstanding receipts",
                "code": "511500",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        method = self.bank_journal.inbound_payment_method_line_ids[:1]
        method.payment_account_id = outstanding
        payment = self._pay(self.invoice, 700.0, "2026-03-05")
        self.assertEqual(self._settled(self.invoice), [("2026-03-05", "money", 700.0)])
        statement = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": "2026-03-09",
                "payment_ref": "Nord",
                "amount": 700.0,
                "partner_id": self.customer.id,
            }
        )
        suspense = statement.move_id.line_ids.filtered(
            lambda line: line.account_id == self.bank_journal.suspense_account_id
        )
        suspense.account_id = outstanding
        waiting = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == outstanding
        )
        (waiting | suspense).reconcile()
        self.assertEqual(self._settled(self.invoice), [("2026-03-09", "money", 700.0)])

    def test_matched_with_the_statement_itself(self):
        statement = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": "2026-03-09",
                "payment_ref": "Nord",
                "amount": 700.0,
                "partner_id": self.customer.id,
            }
        )
        suspense = statement.move_id.line_ids.filtered(
            lambda line: line.account_id == self.bank_journal.suspense_account_id
        )
        suspense.account_id = self.receivable
        self._reconcile(self.invoice, statement.move_id)
        self.assertEqual(self._settled(self.invoice), [("2026-03-09", "money", 700.0)])

    def test_payment_without_an_entry(self):
        """It settles nothing, is known, and stops at what is open."""
        self.patch(
            self.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        )
        methods = self.bank_journal.inbound_payment_method_line_ids
        methods.payment_account_id = False
        second = self._invoice(self.customer, 200.0, "2026-03-01")
        payment = self._register(
            self.invoice | second, "2026-03-12", 1100.0, group_payment=True
        )
        self.assertFalse(payment.move_id)
        self.assertEqual(self.invoice.payment_state, "in_payment")
        self.assertEqual(self._settled(self.invoice, second), [])
        rows = self._query("_announced_query", self.invoice, second)
        self.assertEqual(
            {row["item_id"]: (str(row["date"]), row["amount"]) for row in rows},
            {
                self.invoice.collection_item_ids.id: ("2026-03-12", 1000.0),
                second.collection_item_ids.id: ("2026-03-12", 100.0),
            },
        )
        self.assertEqual({row["payment_id"] for row in rows}, set(payment.ids))
        payment.action_cancel()
        self.assertEqual(self._query("_announced_query", self.invoice, second), [])

    # ------------------------------------------------------------------
    # The proof
    # ------------------------------------------------------------------

    def test_the_night_says_what_is_not_proven(self):
        item = self.invoice.collection_item_ids
        source = self.env["collection.receipt.source"]
        self.env.flush_all()
        with self.cr.savepoint(flush=False) as savepoint:
            self.cr.execute(
                "UPDATE account_move_line SET amount_residual = 999.99 WHERE id = %s",
                [item.move_line_id.id],
            )
            self.assertEqual(
                [
                    (item_id, float(difference), float(in_company))
                    for item_id, difference, in_company in source._get_differences(
                        item.account_id.ids
                    )
                ],
                [(item.id, 0.0, 0.01)],
            )
            with self.assertLogs(level="WARNING") as logs:
                self.env["collection.account"]._cron_refresh()
            self.assertIn(str(item.id), "".join(logs.output))
            savepoint.rollback()
        self.env.invalidate_all()
