from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools.ageing import (
    BUCKETS,
    age_balance,
    bucket,
    days_overdue,
)

REFERENCE = date(2026, 11, 22)
ITEMS = [
    # amount, due date, days overdue, bucket
    (1000.00, date(2026, 12, 5), -13, "not_due"),
    (2345.67, date(2026, 11, 22), 0, "not_due"),
    (1500.00, date(2026, 11, 21), 1, "d1_30"),
    (3000.00, date(2026, 10, 23), 30, "d1_30"),
    (3200.00, date(2026, 10, 22), 31, "d31_60"),
    (800.00, date(2026, 9, 23), 60, "d31_60"),
    (900.00, date(2026, 9, 22), 61, "d61_90"),
    (4000.00, date(2026, 8, 24), 90, "d61_90"),
    (4100.00, date(2026, 8, 23), 91, "d91_plus"),
]


class TestToolsAgeing(BaseCase):
    def test_days_and_buckets(self):
        for _amount, due, days, code in ITEMS:
            with self.subTest(due=due):
                self.assertEqual(days_overdue(due, REFERENCE), days)
                self.assertEqual(bucket(days), code)

    def test_leap_day_counts(self):
        self.assertEqual(days_overdue(date(2024, 2, 28), date(2024, 3, 1)), 2)
        self.assertEqual(days_overdue(date(2026, 2, 28), date(2026, 3, 1)), 1)

    def test_buckets_cover_every_day_once(self):
        for days in range(-400, 400):
            codes = [
                code
                for code, lower, upper in BUCKETS
                if (lower is None or lower <= days) and (upper is None or days <= upper)
            ]
            self.assertEqual(codes, [bucket(days)])

    def test_age_balance(self):
        balance = age_balance(
            (days_overdue(due, REFERENCE), amount) for amount, due, _d, _c in ITEMS
        )
        self.assertEqual(
            balance,
            {
                "not_due": Decimal("3345.67"),
                "d1_30": Decimal("4500"),
                "d31_60": Decimal("4000"),
                "d61_90": Decimal("4900"),
                "d91_plus": Decimal("4100"),
            },
        )
        self.assertEqual(list(balance), [code for code, _lower, _upper in BUCKETS])
        self.assertEqual(sum(balance.values()), Decimal("20845.67"))
        self.assertEqual(
            sum(balance.values()) - balance["not_due"], Decimal("17500.00")
        )

    def test_age_balance_has_no_float_noise(self):
        self.assertEqual(
            age_balance([(5, 0.1), (6, 0.2), (0, 7)]),
            {
                "not_due": 7,
                "d1_30": Decimal("0.3"),
                "d31_60": 0,
                "d61_90": 0,
                "d91_plus": 0,
            },
        )

    def test_age_balance_of_nothing(self):
        self.assertEqual(set(age_balance([]).values()), {Decimal(0)})
