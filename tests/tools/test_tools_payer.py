import csv
import doctest
from collections import defaultdict
from datetime import date, datetime
from statistics import mean

from odoo.tests import BaseCase, tagged

from odoo.addons.account_collection.tools import payer
from odoo.addons.account_collection.tools.payer import (
    Paid,
    Scale,
    deviation,
    expected_date,
    expected_days_late,
    is_irregular,
    mean_days_late,
    payer_class,
    share_on_time,
    trend,
)

from .. import sample_file

#: domain.md 3: (amount, days late)
WORKED = [(1000, 0), (2000, 12), (500, 45), (1500, -3)]


@tagged("post_install", "-at_install")
class TestToolsPayer(BaseCase):
    def test_doctest(self):
        result = doctest.testmod(payer)
        self.assertFalse(result.failed)
        self.assertGreater(result.attempted, 15)

    def test_worked_numbers(self):
        paid = Paid.of(WORKED)
        self.assertEqual((paid.days, paid.amount), (42_000, 5_000))
        self.assertEqual(mean_days_late(paid), 8.4)
        self.assertAlmostEqual(deviation(paid), 13.9, 1)
        # variants that are not used: early counted as nought, and each invoice alike
        floored = Paid.of([(amount, max(days, 0)) for amount, days in WORKED])
        self.assertEqual(mean_days_late(floored), 9.3)
        self.assertEqual(mean(days for _amount, days in WORKED), 13.5)

    def test_parts_and_months_add_up(self):
        whole = Paid.of([(1000, 10), (250, 40), (750, -2)])
        parts = Paid.of([(400, 10), (600, 10)]) + Paid.of([(250, 40)])
        self.assertEqual(whole, parts + Paid.of([(750, -2)]))
        self.assertEqual(share_on_time(whole), 37.5)

    def test_classes(self):
        """domain.md 3.2"""
        for days, code in (
            (-30, "a"), (0, "a"), (1, "b"), (10, "b"), (11, "c"),
            (30, "c"), (31, "d"), (60, "d"), (61, "e"),
        ):  # fmt: skip
            with self.subTest(days=days):
                self.assertEqual(payer_class(days, 3, 0), code)
        self.assertEqual(payer_class(-5, 8, 2), "e", "two broken promises")
        self.assertEqual(payer_class(-5, 8, 1), "a")
        self.assertEqual(payer_class(90, 2, 0), "n", "two paid invoices")
        strict = Scale(a=-5, b=0, c=5, d=10, broken=0, invoices=1, deviation=3)
        self.assertEqual(payer_class(0, 1, 9, strict), "b", "promises do not count")
        self.assertEqual(payer_class(10.6, 1, 0, strict), "e")
        self.assertTrue(is_irregular(3.5, 1, strict))
        self.assertFalse(is_irregular(None, 9))

    def test_nothing_is_not_nought(self):
        self.assertIsNone(mean_days_late(Paid()))
        self.assertIsNone(deviation(Paid()))
        self.assertIsNone(share_on_time(Paid()))
        self.assertIsNone(trend(Paid(), Paid.of(WORKED)))
        self.assertIsNone(trend(Paid.of(WORKED), Paid()))

    def test_expected_date(self):
        due, common = date(2026, 11, 20), [12, 12, 12]
        # one of two only: the company's
        self.assertEqual(
            expected_date(due, date(2026, 11, 1), [3, 3], common), date(2026, 12, 2)
        )
        # early payers are expected early, and not in the past
        self.assertEqual(
            expected_date(due, date(2026, 11, 1), [-9, -9, -9]), date(2026, 11, 11)
        )
        self.assertEqual(
            expected_date(due, date(2026, 11, 15), [-9, -9, -9]), date(2026, 11, 15)
        )
        # the last ten count
        self.assertEqual(expected_days_late([1] * 6 + [40] * 30), 1)


@tagged("post_install", "-at_install")
class TestExpectedDateOnSample(BaseCase):
    """How far off the expected date is, walking forward through the public sample.

    On the day of each invoice, from what its customer had paid by then; the due date,
    and due date plus the payer's mean, are worked out here.
    """

    def test_mean_absolute_error(self):
        path = sample_file.find_file()
        if not path:
            self.skipTest(f"{sample_file.NAME} is missing")
        invoices = defaultdict(list)
        with path.open(newline="") as source:
            for row in csv.DictReader(source):
                invoiced, due, settled = (
                    datetime.strptime(row[name], "%m/%d/%Y").date()
                    for name in ("InvoiceDate", "DueDate", "SettledDate")
                )
                invoices[row["customerID"]].append(
                    (settled, invoiced, due, float(row["InvoiceAmount"]))
                )
        errors = defaultdict(list)
        for of_customer in invoices.values():
            of_customer.sort(reverse=True)
            for settled, invoiced, due, _amount in of_customer:
                record = [
                    ((other[0] - other[2]).days, other[3])
                    for other in of_customer
                    if other[0] <= invoiced
                ]
                if len(record) < 3:
                    continue
                late = (settled - due).days
                average = sum(days * amount for days, amount in record) / sum(
                    amount for _days, amount in record
                )
                expected = expected_date(due, invoiced, [days for days, _ in record])
                errors["ours"].append(abs((settled - expected).days))
                errors["on the due date"].append(abs(late))
                errors["due date and mean"].append(abs(late - average))
        found = {name: round(mean(of_one), 2) for name, of_one in errors.items()}
        self.assertEqual(len(errors["ours"]), 2069)
        self.assertEqual(
            found, {"ours": 6.26, "on the due date": 10.62, "due date and mean": 6.47}
        )
