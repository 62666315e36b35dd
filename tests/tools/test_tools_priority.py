import doctest
from datetime import date, datetime

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import call_window, priority
from odoo.addons.account_collection.tools.priority import Rule, score

#: the scale of the reference: amount 0-30, days 0-20, then fact by fact
SCALE = [
    Rule("amount", 100, 3),
    Rule("amount", 1000, 12),
    Rule("amount", 10000, 30),
    Rule("days", 1, 3),
    Rule("days", 30, 10),
    Rule("days", 90, 20),
    Rule("broken", 30, 25),
    Rule("due_today", 0, 20),
    Rule("callback", 0, 30),
    Rule("bill", 0, 20),
    Rule("strategic", 0, -15),
    Rule("disputed", 50, -20),
    Rule("handed_over", 7, 15),
]


class TestToolsPriority(BaseCase):
    def test_doctests(self):
        for module in (priority, call_window):
            with self.subTest(module=module.__name__):
                self.assertFalse(doctest.testmod(module).failed)

    def test_worked_numbers(self):
        cases = [
            ({}, 0),
            ({"amount": 99.99, "days": 0}, 0),
            ({"amount": 1200.0, "days": 47}, 22),
            ({"amount": 1200.0, "days": 47, "broken": 1}, 47),
            ({"amount": 1200.0, "days": 47, "broken": 1, "callback": 1}, 77),
            ({"amount": 25000.0, "days": 120, "strategic": 1}, 35),
            ({"amount": 25000.0, "days": 120, "disputed": 50.0}, 50),
            ({"amount": 25000.0, "days": 120, "disputed": 50.01}, 30),
            ({"amount": 100.0, "days": 1, "handed_over": 6}, 21),
            ({"amount": 100.0, "days": 1, "handed_over": 7}, 6),
            ({"broken": 31, "bill": 1, "due_today": 1}, 40),
        ]
        for measures, total in cases:
            with self.subTest(measures=measures):
                self.assertEqual(sum(score(SCALE, measures).values()), total)


class TestToolsCallWindow(BaseCase):
    def test_daylight_saving(self):
        """9 o'clock in Paris is 8 UTC in winter and 7 UTC in summer."""
        for at, inside in (
            (datetime(2026, 3, 27, 7, 59), False),
            (datetime(2026, 3, 27, 8, 0), True),
            (datetime(2026, 3, 30, 6, 59), False),
            (datetime(2026, 3, 30, 7, 0), True),
            (datetime(2026, 3, 30, 15, 59), True),
            (datetime(2026, 3, 30, 16, 0), False),
        ):
            with self.subTest(at=at):
                moment = call_window.local(at, "Europe/Paris")
                self.assertEqual(call_window.in_window(moment, 9, 18), inside)

    def test_start_of_day_when_the_clock_changes(self):
        start = call_window.start_of_day
        self.assertEqual(
            start(date(2026, 3, 29), "Europe/Paris"), datetime(2026, 3, 28, 23)
        )
        self.assertEqual(
            start(date(2026, 3, 30), "Europe/Paris"), datetime(2026, 3, 29, 22)
        )
