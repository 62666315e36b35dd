import doctest
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import quality, sampling, team
from odoo.addons.account_collection.tools.quality import Answer, call_mark
from odoo.addons.account_collection.tools.sampling import draw, quota
from odoo.addons.account_collection.tools.team import (
    calls_per_day,
    capacity,
    turnover,
)


class TestToolsQuality(BaseCase):
    def test_doctests(self):
        for module in (quality, sampling, team):
            with self.subTest(module=module.__name__):
                self.assertFalse(doctest.testmod(module).failed)

    def test_mark(self):
        self.assertEqual(call_mark([Answer("yes", 1)]), 100.0)
        self.assertEqual(call_mark([Answer("no", 1)]), 0.0)
        self.assertIsNone(call_mark([Answer("na", 5), Answer("na", 1)]))
        self.assertIsNone(call_mark([]))
        # 1 of 3: 33.333, 2 of 3: 66.667, half of 1 of 8: 6.25
        self.assertEqual(call_mark([Answer("yes", 1), Answer("no", 2)]), 33.3)
        self.assertEqual(call_mark([Answer("yes", 2), Answer("no", 1)]), 66.7)
        self.assertEqual(call_mark([Answer("partly", 1), Answer("no", 7)]), 6.3)

    def test_critical(self):
        answers = [Answer("yes", 10), Answer("no", 1, critical=True)]
        self.assertEqual(call_mark(answers), 0.0)
        # partly met is not failed, and what does not apply cannot be
        self.assertEqual(call_mark([Answer("partly", 1, critical=True)]), 50.0)
        answers = [Answer("yes", 10), Answer("na", 1, critical=True)]
        self.assertEqual(call_mark(answers), 100.0)

    def test_quota_gives_the_share_in_the_long_run(self):
        """Of three calls a day, ten percent are 300 in a thousand days."""
        total = sum(quota(3, 10, f"seed {day}", "agent") for day in range(1000))
        self.assertAlmostEqual(total, 300, delta=50)
        for count in range(5):
            self.assertLessEqual(quota(count, 100, "seed", "agent"), count)

    def test_everybody_has_the_same_chance(self):
        drawn = dict.fromkeys(range(10), 0)
        for day in range(2000):
            for key in draw(drawn, 2, f"seed {day}"):
                drawn[key] += 1
        for count in drawn.values():
            self.assertAlmostEqual(count, 400, delta=70)

    def test_the_same_seed_draws_the_same(self):
        first = draw(range(100), 10, "seed")
        self.assertEqual(first, draw(reversed(range(100)), 10, "seed"))
        self.assertNotEqual(first, draw(range(100), 10, "other seed"))

    def test_worked_numbers(self):
        self.assertEqual(calls_per_day(500, 5 * 2), 50.0)
        self.assertEqual(calls_per_day(0, 0), 0.0)
        self.assertEqual(capacity(500, 5, 50.0, 2).load, 100.0)
        self.assertEqual(capacity(500, 5, 50.0, 2).missing_agents, 0.0)
        self.assertIsNone(capacity(10, 0, 50.0, 2).load)
        # nobody there: 10 customers at 100 calls each are a tenth of a person
        self.assertEqual(capacity(10, 0, 50.0, 2).missing_agents, 0.1)

    def test_turnover(self):
        year = (date(2026, 1, 1), date(2026, 12, 31))
        self.assertIsNone(turnover([], *year).rate)
        stayed = [(date(2025, 1, 1), None)] * 10
        self.assertEqual(turnover(stayed, *year).rate, 0.0)
        changed = [
            *stayed[:8],
            (date(2025, 1, 1), date(2026, 1, 1)),
            (date(2025, 1, 1), date(2026, 12, 31)),
            (date(2026, 1, 1), None),
            (date(2026, 12, 31), None),
            # before and after the year
            (date(2024, 1, 1), date(2025, 12, 31)),
            (date(2027, 1, 1), None),
        ]
        figures = turnover(changed, *year)
        self.assertEqual((figures.joined, figures.left), (2, 2))
        self.assertEqual(figures.rate, 20.0)
