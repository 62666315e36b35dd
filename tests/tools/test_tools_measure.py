from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import measure
from odoo.addons.account_collection.tools.ageing import age_balance, days_overdue

#: amount, due date: ageing on 22 November 2026
ITEMS = (
    ("1000.00", date(2026, 12, 5)),
    ("2345.67", date(2026, 11, 22)),
    ("1500.00", date(2026, 11, 21)),
    ("3000.00", date(2026, 10, 23)),
    ("3200.00", date(2026, 10, 22)),
    ("800.00", date(2026, 9, 23)),
    ("900.00", date(2026, 9, 22)),
    ("4000.00", date(2026, 8, 24)),
    ("4100.00", date(2026, 8, 23)),
)


class TestToolsMeasure(BaseCase):
    """Published and hand-made examples, to the last digit they give."""

    def test_dso_simple(self):
        self.assertAlmostEqual(measure.dso(472, 2400 + 470.4, 365), 60.0, 1)
        self.assertEqual(measure.dso(30_000, 60_000, 90), 45)
        self.assertEqual(measure.dso(0, 60_000, 90), 0)
        self.assertIsNone(measure.dso(472, 0, 365))
        # more credit notes than invoices: a sign, not a division by nought
        self.assertEqual(measure.dso(Decimal(30), Decimal(-10), 30), -90)

    def test_dso_count_back(self):
        months = [(1200, 30), (800, 31), (700, 30), (900, 31)]
        self.assertAlmostEqual(measure.dso_count_back(2500, months), 82.4, 1)
        # exactly used up, a part of the first month, and nothing owed
        self.assertEqual(measure.dso_count_back(2000, months), 61)
        self.assertEqual(measure.dso_count_back(600, months), 15)
        self.assertEqual(measure.dso_count_back(0, months), 0)
        # a month without sales lies between, or one that was credited
        self.assertEqual(
            measure.dso_count_back(150, [(100, 30), (0, 31), (100, 30)]), 76
        )
        self.assertEqual(
            measure.dso_count_back(150, [(100, 30), (-9, 31), (100, 30)]), 76
        )
        # owed for longer than is known
        self.assertIsNone(measure.dso_count_back(3601, months))
        self.assertIsNone(measure.dso_count_back(1, []))

    def test_best_possible_dso_and_days_delinquent(self):
        self.assertEqual(measure.best_possible_dso(4000, 10_000, 30), 12)
        self.assertEqual(measure.dso(15_000, 10_000, 30), 45)
        self.assertEqual(measure.average_days_delinquent(15_000, 4000, 10_000, 30), 33)
        self.assertIsNone(measure.average_days_delinquent(15_000, 4000, 0, 30))

    def test_collection_effectiveness(self):
        index = measure.collection_effectiveness
        self.assertAlmostEqual(index(100, 1000, 120, 100), 98.0, 1)
        self.assertAlmostEqual(index(6200, 10_890, 6340, 3590), 79.6, 1)
        self.assertIsNone(index(0, 0, 0, 0))
        self.assertAlmostEqual(
            measure.collection_effectiveness_monthly(6200, 10_890, 3, 6340, 3590),
            55.9,
            1,
        )

    def test_ageing(self):
        day = date(2026, 11, 22)
        rows = [(Decimal(amount), days_overdue(due, day)) for amount, due in ITEMS]
        balance = age_balance((days, amount) for amount, days in rows)
        self.assertEqual(
            list(balance.values()),
            [Decimal(text) for text in ("3345.67", "4500", "4000", "4900", "4100")],
        )
        owed = sum(balance.values())
        overdue = owed - balance["not_due"]
        self.assertEqual((owed, overdue), (Decimal("20845.67"), Decimal("17500.00")))
        self.assertAlmostEqual(
            measure.overdue_ratio(overdue, owed), Decimal("83.95"), 2
        )
        self.assertAlmostEqual(measure.weighted_days_overdue(rows), Decimal("58.67"), 2)
        self.assertIsNone(measure.overdue_ratio(0, 0))
        self.assertIsNone(measure.weighted_days_overdue([(100, 0), (100, -5)]))

    def test_rates(self):
        self.assertEqual(measure.percentage(190, 500), 38.0)
        self.assertAlmostEqual(measure.percentage(190, 310), 61.3, 1)
        self.assertEqual(measure.percentage(95, 190), 50.0)
        self.assertEqual(measure.percentage(26, 40), 65.0)
        self.assertEqual(measure.percentage(84_000, 120_000), 70.0)
        self.assertEqual(measure.percentage(184, 200), 92.0)
        self.assertEqual(measure.percentage(47, 50), 94.0)
        self.assertEqual(measure.percentage(12, 60), 20.0)
        self.assertAlmostEqual(measure.percentage(3, 190), 1.6, 1)
        self.assertEqual(measure.percentage(22_000, 200_000), 11.0)
        self.assertEqual(measure.percentage(46_000, 200_000), 23.0)
        self.assertIsNone(measure.percentage(0, 0))

    def test_roll_rate(self):
        self.assertEqual(measure.roll_rate(18_000, 100_000), 18.0)
        self.assertEqual(measure.roll_rate(0, 100_000), 0.0)
        self.assertIsNone(measure.roll_rate(0, 0))

    def test_provider(self):
        self.assertEqual(measure.liquidation_rate(60_000, 200_000), 30.0)
        self.assertEqual(measure.net_back(60_000, 15_000), 45_000)
        # the cheaper one brings less
        self.assertEqual(measure.net_back(20_000, 3000), 17_000)
        self.assertEqual(measure.cost_per_unit(9000, 450_000), 0.020)
        self.assertAlmostEqual(
            measure.cost_per_unit(2000 + 0.03 * 300_000, 300_000), 0.037, 3
        )
        self.assertIsNone(measure.cost_per_unit(9000, 0))

    def test_change(self):
        self.assertEqual(measure.change(32, 24), -8)
        self.assertIsNone(measure.change(None, 24))
        self.assertEqual(measure.difference_in_differences(40, 25, 30, 26), -11)
        self.assertIsNone(measure.difference_in_differences(40, 25, None, 26))

    def test_cash_freed(self):
        self.assertAlmostEqual(
            measure.cash_freed(Decimal(67), Decimal(60), Decimal(12_000_000)),
            Decimal("230136.99"),
            2,
        )
        # money that is tied up
        self.assertLess(measure.cash_freed(60, 67, 12_000_000), 0)

    def test_average_terms(self):
        # three due dates of one invoice, each by its amount
        self.assertEqual(measure.average_terms([(300, 30), (300, 60), (400, 90)]), 63)
        self.assertIsNone(measure.average_terms([]))
