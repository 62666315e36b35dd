import doctest

from odoo.tests import BaseCase, tagged

from ...tools import call_log


@tagged("post_install", "-at_install")
class TestToolsCallLog(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(call_log)
        self.assertFalse(result.failed)
        self.assertGreater(result.attempted, 3)

    def test_no_duration_and_no_hour(self):
        for nothing in (None, False, 0, 0.0):
            self.assertTrue(call_log.is_duration(nothing))
            self.assertTrue(call_log.is_hour(nothing))

    def test_borders(self):
        self.assertTrue(call_log.is_duration(call_log.MAX_MINUTES))
        self.assertFalse(call_log.is_duration(call_log.MAX_MINUTES + 0.01))
        self.assertFalse(call_log.is_duration(float("inf")))
        self.assertTrue(call_log.is_hour(23.99))
        self.assertFalse(call_log.is_hour(float("nan")))

    def test_clock_rounds_to_minutes(self):
        self.assertEqual(call_log.clock(9 + 59.7 / 60), "10:00")
