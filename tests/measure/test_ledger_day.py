from datetime import date

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import MeasureCommon, cents, month_ends


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestLedgerDay(MeasureCommon):
    """What was open on a day, against the journal items of that day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = [cls._customer(f"Lot {number}") for number in range(4)]
        cls._make_ledger(13, cls.partners, 60)
        # a credit and a debt on the accounts of customers, of nobody
        cls._entry(
            "2025-06-10",
            (cls.receivable, 12.34, {"partner_id": False}),
            (cls.revenue, -12.34, {"partner_id": False}),
        )

    def _rows(self, day):
        source = self.env["collection.ledger.day"]
        source._flush_for_ledger_day()
        rows = self.env.execute_query_dict(
            source._open_query(day, SQL("aml.company_id = %s", self.company.id))
        )
        return {
            self.env["account.move.line"].browse(row["move_line_id"]): (
                cents(row["amount"]),
                cents(row["amount_company"]),
            )
            for row in rows
        }

    def test_two_years(self):
        """At 24 month ends: every row, its age, and the balance of the accounts."""
        lines = self._debtor_lines()
        self.assertGreater(len(lines), 150)
        self.assertTrue(lines.filtered(lambda line: line.account_id == self.doubtful))
        self.assertTrue(lines.move_id.filtered("exchange_diff_partial_ids"))
        for day in [*month_ends(date(2026, 3, 31), 24), date(2026, 3, 31)]:
            with self.subTest(day=day):
                expected = self._expected_items(lines, day)
                self.assertEqual(self._rows(day), expected)
                self.assertEqual(self._ages(day), self._expected_ages(expected, day))
                # no match enters into the ledger's balance
                ledger = sum(cents(line.balance) for line in lines if line.date <= day)
                self.assertEqual(sum(self._ages(day).values()), ledger)

    def test_today_is_the_position(self):
        """On the day itself: what the accounts say of themselves."""
        rows = self._ageing("2026-03-31")._read_group(
            [("company_id", "=", self.company.id), ("account_id", "!=", False)],
            ["account_id"],
            ["amount_open:sum", "amount_overdue:sum", "amount_credit:sum"],
        )
        for account, *amounts in rows:
            self.assertEqual(
                [cents(amount) for amount in amounts],
                [
                    cents(account[name])
                    for name in ("amount_open", "amount_overdue", "amount_credit")
                ],
            )

    def test_days_of_one_transaction(self):
        """Rows of one day are not read for those of another."""
        invoice = self._invoice(self.customer, 100.0, "2026-02-10", date="2026-01-10")
        self._pay(invoice, 30.0, "2026-02-20")
        account = self.account_of(self.customer)
        found = {}
        for day in ("2026-02-10", "2026-02-11", "2026-03-12", "2026-03-13"):
            row = self._ageing(day).search([("account_id", "=", account.id)])
            found[day] = (row.days_overdue, row.age_bucket, row.amount, row.amount_1_30)
        self.assertEqual(
            found,
            {
                # due on the day itself is not overdue
                "2026-02-10": (0, "not_due", 100.0, 0.0),
                "2026-02-11": (1, "d1_30", 100.0, 100.0),
                "2026-03-12": (30, "d1_30", 70.0, 70.0),
                "2026-03-13": (31, "d31_60", 70.0, 0.0),
            },
        )

    def test_moved_debt_keeps_its_item(self):
        """Before and after it was moved: the same invoice, item and due date."""
        invoice = self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        item = invoice.collection_item_ids
        self._change_account(invoice, "2026-02-15")
        self.env["collection.account"]._flush_all()
        for day in ("2026-02-14", "2026-02-15", "2026-03-31"):
            row = self._ageing(day).search([("item_id", "=", item.id)])
            self.assertEqual(
                (row.move_name, row.date_due, row.amount_balance, row.age_bucket),
                (
                    invoice.name,
                    date(2026, 1, 10),
                    100.0,
                    "d61_90" if day == "2026-03-31" else "d31_60",
                ),
            )

    def test_credits_hide_nothing(self):
        self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._credit_note(self.customer, 130.0, "2026-01-20")
        account = self.account_of(self.customer)
        [(overdue, credits, balance)] = self._ageing("2026-03-31")._read_group(
            [("account_id", "=", account.id)],
            [],
            ["amount_overdue:sum", "amount_credit:sum", "amount_balance:sum"],
        )
        self.assertEqual((overdue, credits, balance), (100.0, 130.0, -30.0))

    def test_queries(self):
        """As many queries for all customers as for none."""

        def read():
            self._ageing("2025-12-31")._read_group(
                [("company_id", "=", self.company.id)],
                ["account_id", "age_bucket"],
                ["amount_balance:sum"],
            )

        read()
        with self._count_queries() as counter:
            read()
        self.assertLessEqual(counter.total, 6)
