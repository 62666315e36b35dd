import csv
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from odoo.tests import freeze_time, tagged

from .. import sample_file
from ..common import CollectionCommon

DAY = "2013-09-30"


def raw_rows(path):
    """The sample as it is, read without anything of ours."""
    with path.open(newline="") as source:
        for row in csv.DictReader(source):
            yield {
                "customer": row["customerID"],
                "number": row["invoiceNumber"],
                **{
                    name: datetime.strptime(row[column], "%m/%d/%Y").date()
                    for name, column in (
                        ("invoiced", "InvoiceDate"),
                        ("due", "DueDate"),
                        ("settled", "SettledDate"),
                    )
                },
                "amount": Decimal(row["InvoiceAmount"]),
                "days_late": int(row["DaysLate"]),
            }


@freeze_time(DAY)
class SampleCommon(CollectionCommon):
    """The public sample as of 30 September 2013, and the raw file beside it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = sample_file.find_file()
        cls.loaded = bool(path)
        if not path:
            return
        cls.day = datetime.strptime(DAY, "%Y-%m-%d").date()
        cls.rows = list(raw_rows(path))
        with freeze_time(DAY):
            sample_file.load(cls.env, cls.company_data, path, DAY)
            cls.env.flush_all()
        cls.accounts = cls.env["collection.account"].search(
            [("company_id", "=", cls.company.id)]
        )
        cls.account_by_ref = {
            account.partner_id.ref: account for account in cls.accounts
        }

    def setUp(self):
        super().setUp()
        if not self.loaded:
            self.skipTest(
                f"{sample_file.NAME} is missing: set COLLECTION_TEST_DATA to its folder"
            )


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestReceiptSample(SampleCommon):
    def test_by_customer_and_month(self):
        expected = defaultdict(Decimal)
        weighted = defaultdict(Decimal)
        for row in self.rows:
            if row["settled"] > self.day or row["invoiced"] > self.day:
                continue
            key = row["customer"], row["settled"].replace(day=1)
            expected[key] += row["amount"]
            weighted[key] += row["amount"] * (row["settled"] - row["due"]).days
        found = {
            (account.partner_id.ref, month): (amount, mean)
            for account, month, amount, mean in self.env[
                "collection.receipt"
            ]._read_group(
                [("company_id", "=", self.company.id), ("kind", "=", "money")],
                ["account_id", "date:month"],
                ["amount_company:sum", "days_late:avg"],
            )
        }
        self.assertGreater(len(expected), 800)
        self.assertEqual(
            {key: Decimal(f"{amount:.2f}") for key, (amount, _mean) in found.items()},
            expected,
        )
        for key, (_amount, mean) in found.items():
            self.assertAlmostEqual(float(mean), float(weighted[key] / expected[key]), 6)

    def test_foots_with_the_receivable_account(self):
        """Month by month what the account was credited with: all of it is matched."""
        credits = {
            month: Decimal(f"{-balance:.2f}")
            for month, balance in self.env["account.move.line"]._read_group(
                [
                    ("company_id", "=", self.company.id),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("balance", "<", 0),
                ],
                ["date:month"],
                ["balance:sum"],
            )
        }
        raw = defaultdict(Decimal)
        for row in self.rows:
            if row["settled"] <= self.day and row["invoiced"] <= self.day:
                raw[row["settled"].replace(day=1)] += row["amount"]
        receipts = {
            month: Decimal(f"{amount:.2f}")
            for month, amount in self.env["collection.receipt"]._read_group(
                [("company_id", "=", self.company.id)],
                ["date:month"],
                ["amount_company:sum"],
            )
        }
        self.assertEqual(receipts, credits)
        self.assertEqual(receipts, raw)
        self.assertEqual(self.env["collection.receipt"]._refresh(), 0)

    def test_days_late(self):
        """Of what was paid late, the days that the file itself says."""
        late = {
            row["number"]: row["days_late"]
            for row in self.rows
            if row["settled"] <= self.day
            and row["invoiced"] <= self.day
            and row["days_late"]
        }
        receipts = self.env["collection.receipt"].search(
            [("company_id", "=", self.company.id), ("days_late", ">", 0)]
        )
        self.assertEqual(
            {receipt.item_id.move_ref: receipt.days_late for receipt in receipts},
            late,
        )
