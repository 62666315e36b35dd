from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ...tools.instalments import allocate, monthly_dates, split_amount


@tagged("post_install", "-at_install")
class TestToolsInstalments(BaseCase):
    def test_last_takes_the_rounding(self):
        self.assertEqual(
            split_amount(2345.67, 4), [Decimal("586.41")] * 3 + [Decimal("586.44")]
        )
        self.assertEqual(split_amount(100, 3)[-1], Decimal("33.34"))
        self.assertEqual(split_amount(100, 1), [Decimal("100")])
        self.assertEqual(split_amount(1000, 3, rounding=1)[-1], Decimal("334"))
        for amount in ("0.07", "2345.67", "99999.99"):
            for count in range(1, 8):
                self.assertEqual(sum(split_amount(amount, count)), Decimal(amount))

    def test_nothing_to_split(self):
        for amount, count in ((100, 0), (0, 2), (0.01, 2), (-5, 1)):
            with self.subTest(amount=amount), self.assertRaises(ValueError):
                split_amount(amount, count)

    def test_monthly_dates(self):
        self.assertEqual(
            monthly_dates(date(2026, 10, 31), 5),
            [
                date(2026, 10, 31),
                date(2026, 11, 30),
                date(2026, 12, 31),
                date(2027, 1, 31),
                date(2027, 2, 28),
            ],
        )

    def test_allocate(self):
        self.assertEqual(allocate([100, 100], 0), [0, 0])
        self.assertEqual(allocate([100, 50.5], 120.25), [100, Decimal("20.25")])
        self.assertEqual(allocate([100, 50], 500), [100, 50])
