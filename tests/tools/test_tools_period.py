from datetime import date, timedelta

from odoo.tests import BaseCase, tagged

from ...tools.period import last_period

START = date(2026, 1, 1)


@tagged("post_install", "-at_install")
class TestPeriod(BaseCase):
    def test_ends(self):
        for frequency, today, expected in (
            ("weekly", "2026-11-30", ("2026-11-23", "2026-11-29")),
            ("weekly", "2026-12-06", ("2026-11-23", "2026-11-29")),
            ("weekly", "2026-12-07", ("2026-11-30", "2026-12-06")),
            # the 1st of January 2026 was a Thursday: fortnights from the 29th on
            ("fortnightly", "2026-01-11", ("2025-12-15", "2025-12-28")),
            ("fortnightly", "2026-01-12", ("2025-12-29", "2026-01-11")),
            ("fortnightly", "2026-01-25", ("2025-12-29", "2026-01-11")),
            ("fortnightly", "2026-01-26", ("2026-01-12", "2026-01-25")),
            ("monthly", "2026-01-01", ("2025-12-01", "2025-12-31")),
            ("monthly", "2028-03-31", ("2028-02-01", "2028-02-29")),
            ("quarterly", "2026-06-30", ("2026-01-01", "2026-03-31")),
            ("quarterly", "2026-07-01", ("2026-04-01", "2026-06-30")),
            ("quarterly", "2026-01-31", ("2025-10-01", "2025-12-31")),
        ):
            with self.subTest(frequency=frequency, today=today):
                self.assertEqual(
                    last_period(frequency, date.fromisoformat(today), START),
                    tuple(map(date.fromisoformat, expected)),
                )
        with self.assertRaises(ValueError):
            last_period("daily", START, START)

    def test_no_gap_and_no_day_twice(self):
        for frequency in ("weekly", "fortnightly", "monthly", "quarterly"):
            periods = []
            for number in range(800):
                period = last_period(frequency, START + timedelta(days=number), START)
                if not periods or periods[-1] != period:
                    periods.append(period)
            with self.subTest(frequency=frequency):
                for before, after in zip(periods, periods[1:], strict=False):
                    self.assertEqual(after[0], before[1] + timedelta(days=1))
