from collections import defaultdict
from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from .. import sample_file
from .common import cents, month_ends

#: the morning after the last of them
NOW = "2014-01-01 06:00:00"
DAY = "2013-12-31"


class MonthEndsOfSample:
    """The public sample at month ends, against the file itself. A part of
    TestSampleFile, which has loaded it.
    """

    def _freeze_month_ends(self):
        self.env["collection.account"]._flush_all()
        for day in month_ends(date(2013, 12, 31), 12):
            self.env["collection.snapshot"]._freeze(self.company, day)

    def _check_dso(self):
        rows = sample_file.read_rows(self.path, date(2013, 12, 31))
        for day in month_ends(date(2013, 12, 31), 12):
            owed = overdue = weight = 0
            sales = defaultdict(float)
            for row in rows:
                if row["invoiced"] > day:
                    continue
                sales[row["invoiced"].replace(day=1)] += row["amount"]
                if row["settled"] and row["settled"] <= day:
                    continue
                owed += row["amount"]
                if row["due"] < day:
                    overdue += row["amount"]
                    weight += row["amount"] * (day - row["due"]).days
            year = sum(
                amount
                for month, amount in sales.items()
                if month > day.replace(day=1) - relativedelta(months=12)
            )
            left, back, month = owed, 0.0, day.replace(day=1)
            while left > 0:
                length = (month + relativedelta(months=1) - month).days
                sold = sales[month]
                back += length if sold < left else length * left / sold
                left -= sold
                month -= relativedelta(months=1)
            [found] = self.env["collection.snapshot"]._read_group(
                [("company_id", "=", self.company.id), ("date", "=", day)],
                [],
                [
                    "amount_open:sum",
                    "amount_overdue:sum",
                    "dso:avg",
                    "dso_count_back:avg",
                    "best_dso:avg",
                    "days_delinquent:avg",
                    "overdue_rate:avg",
                    "mean_days_overdue:avg",
                ],
            )
            expected = (
                owed,
                overdue,
                owed / year * 365,
                back,
                (owed - overdue) / year * 365,
                overdue / year * 365,
                100 * overdue / owed,
                weight / overdue,
            )
            with self.subTest(day=day):
                for value, wanted in zip(found, expected, strict=True):
                    self.assertAlmostEqual(float(value), wanted, 4)

    def _check_month_ends(self):
        rows = sample_file.read_rows(self.path, date(2013, 12, 31))
        self.assertEqual(len(rows), 2466)
        for day in month_ends(date(2013, 12, 31), 24):
            expected = defaultdict(Decimal)
            for row in rows:
                settled = row["settled"]
                if row["invoiced"] > day or (settled and settled <= day):
                    continue
                late = (day - row["due"]).days
                age = (
                    "not_due"
                    if late <= 0
                    else "d1_30"
                    if late <= 30
                    else "d31_60"
                    if late <= 60
                    else "d61_90"
                    if late <= 90
                    else "d91_plus"
                )
                expected[row["customer"], age] += cents(row["amount"])
            found = {
                (account.partner_id.ref, age): cents(amount)
                for account, age, amount in self.env["collection.ageing"]
                .with_context(collection_day=str(day))
                ._read_group(
                    [("company_id", "=", self.company.id)],
                    ["account_id", "age_bucket"],
                    ["amount_open:sum"],
                )
            }
            with self.subTest(day=day):
                self.assertTrue(found)
                self.assertEqual(found, dict(expected))
