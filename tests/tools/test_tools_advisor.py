import doctest
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import advisor
from odoo.addons.account_collection.tools.advisor import (
    months_between,
    pareto_curve,
    score,
    weighted_score,
)


class TestToolsAdvisor(BaseCase):
    def test_doctests(self):
        self.assertFalse(doctest.testmod(advisor).failed)

    def test_months(self):
        day = date(2026, 2, 28)
        self.assertAlmostEqual(months_between(day, day), 1 / 28)
        self.assertEqual(months_between(date(2025, 12, 1), day), 3.0)
        self.assertEqual(months_between(date(2024, 2, 1), date(2024, 2, 29)), 1.0)
        self.assertEqual(months_between(day, date(2026, 2, 1)), 0.0)

    def test_marks(self):
        rising = (0.2, 0.4, 0.6, 0.8)
        self.assertEqual([score(x, rising) for x in (0.19, 0.2, 0.79, 2)], [0, 1, 3, 4])
        falling = (1.25, 1.0, 0.75, 0.5)
        self.assertEqual(
            [score(x, falling) for x in (1.26, 1.25, 0.51, 0.5)], [0, 1, 3, 4]
        )
        self.assertIsNone(score(None, rising))

    def test_weights(self):
        self.assertIsNone(weighted_score([]))
        self.assertIsNone(weighted_score([(4, 0.0), (None, 1.0)]))
        self.assertEqual(weighted_score([(4, 1.0), (0, 3.0)]), 25.0)

    def test_curve(self):
        self.assertEqual(pareto_curve([]), [(0.0, 0.0)])
        self.assertEqual(pareto_curve([0.0, -5.0]), [(0.0, 0.0)])
        # credit notes above the sales weigh nothing
        self.assertEqual(pareto_curve([10.0, -5.0]), [(0, 0), (50, 100), (100, 100)])
        curve = pareto_curve(range(1000, 0, -1))
        self.assertEqual(len(curve), 21)
        self.assertEqual(curve[4][0], 20.0)
        self.assertAlmostEqual(curve[4][1], 100 * sum(range(801, 1001)) / 500500)
