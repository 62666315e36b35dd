import csv
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from math import floor
from statistics import median

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


class ReceiptsOfSample:
    """The public sample as of 30 September 2013, and the raw file beside it: receipts,
    and the profiles of every customer. A part of TestSampleFile, which has loaded it.
    """

    def _read_receipts_of_sample(self, path):
        self.day = datetime.strptime(DAY, "%Y-%m-%d").date()
        self.rows = list(raw_rows(path))

    # ------------------------------------------------------------------
    # Receipts
    # ------------------------------------------------------------------

    def _check_by_customer_and_month(self):
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

    def _check_foots_with_the_receivable_account(self):
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

    def _check_days_late(self):
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

    # ------------------------------------------------------------------
    # Profiles
    # ------------------------------------------------------------------

    def _expected(self, first, until, recent):
        rows = defaultdict(list)
        for row in self.rows:
            if first <= row["settled"] <= until and row["invoiced"] <= self.day:
                rows[row["customer"]].append(
                    (
                        float(row["amount"]),
                        (row["settled"] - row["due"]).days,
                        row["settled"] >= recent,
                    )
                )
        return rows

    def _mean(self, rows):
        total = sum(amount for amount, *_rest in rows)
        return sum(amount * days for amount, days, *_ in rows) / total if rows else None

    def _check_three_month_ends(self):
        Profile = self.env["collection.payer.profile"]
        for month, first, recent in (
            (date(2013, 9, 30), date(2013, 4, 1), date(2013, 7, 1)),
            (date(2013, 6, 30), date(2013, 1, 1), date(2013, 4, 1)),
            (date(2012, 12, 31), date(2012, 7, 1), date(2012, 10, 1)),
        ):
            Profile._build(self.company, month, self.day)
            profiles = {
                profile.account_id.partner_id.ref: profile
                for profile in Profile.search(
                    [("company_id", "=", self.company.id), ("date", "=", month)]
                )
            }
            expected = self._expected(first, month, recent)
            self.assertEqual(set(profiles), set(expected))
            self.assertGreater(len(profiles), 90)
            for customer, rows in expected.items():
                profile = profiles[customer]
                mean = self._mean(rows)
                total = sum(row[0] for row in rows)
                spread = (
                    sum(row[0] * (row[1] - mean) ** 2 for row in rows) / total
                ) ** 0.5
                self.assertAlmostEqual(profile.amount_paid, total, 2)
                self.assertAlmostEqual(profile.average_days_late, mean, 4)
                self.assertAlmostEqual(profile.deviation, spread, 4)
                self.assertEqual(profile.invoices_paid, len(rows))
                self.assertEqual(profile.irregular, len(rows) >= 3 and spread > 15)
                now = [row for row in rows if row[2]]
                before = [row for row in rows if not row[2]]
                self.assertEqual(profile.has_trend, bool(now and before))
                if now and before:
                    self.assertAlmostEqual(
                        profile.trend, self._mean(now) - self._mean(before), 4
                    )
                days = floor(mean + 0.5)
                code = "n" if len(rows) < 3 else "a" if days <= 0 else "b"
                if len(rows) >= 3 and days > 10:
                    code = "c" if days <= 30 else "d"
                self.assertEqual(profile.payer_class, code, customer)
        accounts = self.accounts.filtered(lambda account: account.payer_class != "n")
        self.assertGreater(len(accounts), 90)
        self.assertEqual(len(set(accounts.mapped("payer_class"))), 3)

    def _check_expected_dates(self):
        """Open items, from the last ten that their customer had paid by then."""
        self.env["collection.payer.profile"]._build(
            self.company, date(2013, 9, 30), self.day
        )
        items = self.env["collection.item"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        self.assertGreater(len(items), 50)
        checked = 0
        for item in items:
            record = [
                (row["settled"] - row["due"]).days
                for row in sorted(
                    (
                        row
                        for row in self.rows
                        if row["customer"] == item.partner_id.ref
                        and row["settled"] <= self.day
                        and row["invoiced"] <= self.day
                    ),
                    key=lambda row: row["settled"],
                    reverse=True,
                )
            ]
            late = (self.day - item.date_due).days
            # of two on the border of the last ten, which comes first is not known
            if late > 0 or len(record) < 3:
                continue
            days = {median(record[:10])}
            if len(record) > 10:
                days |= {median(record[:9]), median(record[:11])}
            low, high = min(days), max(days)
            expected = (item.date_expected - item.date_due).days
            floor_day = late
            self.assertGreaterEqual(expected, max(low - 1, floor_day))
            self.assertLessEqual(expected, max(high + 1, floor_day))
            checked += 1
        self.assertGreater(checked, 40)
