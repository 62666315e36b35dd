from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools.late_interest import (
    MissingRateError,
    RateTable,
    Regime,
    agreed_rate_floor,
    check_agreed_rate,
    half_year_label,
    half_year_start,
    interest_segments,
    is_late,
    share_credits,
)

# floats, as the database gives them
RATES = RateTable(
    [
        ("ecb_mro", date(2016, 3, 16), 0.0),
        ("ecb_mro", date(2022, 12, 21), 2.5),
        ("ecb_mro", date(2023, 2, 8), 3.0),
        ("ecb_mro", date(2023, 6, 21), 4.0),
        ("ecb_mro", date(2023, 8, 2), 4.25),
        ("ecb_mro", date(2023, 9, 20), 4.5),
        ("ecb_mro", date(2024, 6, 12), 4.25),
        ("ecb_mro", date(2024, 9, 18), 3.65),
        ("ecb_mro", date(2024, 12, 18), 3.15),
        ("ecb_mro", date(2025, 2, 5), 2.9),
        ("ecb_mro", date(2025, 6, 11), 2.15),
        ("ecb_mro", date(2026, 1, 1), 2.15),
        ("ecb_mro", date(2026, 6, 17), 2.4),
        ("fr_legal_pro", date(2023, 1, 1), 2.06),
        ("fr_legal_pro", date(2023, 7, 1), 4.22),
        ("fr_legal_pro", date(2024, 1, 1), 5.07),
        ("fr_legal_pro", date(2024, 7, 1), 4.92),
        ("fr_legal_pro", date(2025, 1, 1), 3.71),
        ("fr_legal_pro", date(2025, 7, 1), 2.76),
        ("fr_legal_pro", date(2026, 1, 1), 2.62),
    ]
)
PRIVATE = Regime(index="ecb_mro", margin=10.0)
PUBLIC = Regime(index="ecb_mro", margin=8.0, fixed_at_start=True)
CONSUMER = Regime(index="fr_legal_pro", margin=0, from_notice=True, indemnity=0)


def _amounts(segments):
    return [str(segment.amount) for segment in segments]


def _total(segments):
    return str(sum(segment.amount for segment in segments))


class TestToolsLateInterest(BaseCase):
    # ------------------------------------------------------------------
    # Worked examples: L441-10 II code de commerce, R2192-31 commande publique
    # ------------------------------------------------------------------

    def test_agreed_rate(self):
        regime = Regime(agreed_rate=14.76)
        segments = interest_segments(
            3000, date(2024, 9, 30), date(2024, 10, 30), regime, RATES
        )
        self.assertEqual(_amounts(segments), ["36.39"])
        self.assertEqual(segments[0].days, 30)

    def test_agreed_rate_is_not_cut(self):
        regime = Regime(agreed_rate="12.5")
        segments = interest_segments(
            1000, date(2024, 11, 15), date(2025, 8, 20), regime, RateTable([])
        )
        self.assertEqual([s.days for s in segments], [278])
        self.assertEqual(segments[0].rate, Decimal("12.5"))

    def test_one_half_year(self):
        (segment,) = interest_segments(
            10000.0, date(2025, 9, 30), date(2025, 10, 31), PRIVATE, RATES
        )
        self.assertEqual(segment.date_from, date(2025, 10, 1))
        self.assertEqual(segment.date_to, date(2025, 10, 31))
        self.assertEqual(segment.days, 31)
        self.assertEqual(segment.rate, Decimal("12.15"))
        self.assertEqual(segment.base, 10000)
        self.assertEqual(str(segment.amount), "103.19")
        self.assertEqual(segment.amount + PRIVATE.indemnity, Decimal("143.19"))

    def test_two_half_years(self):
        segments = interest_segments(
            10000, date(2024, 11, 15), date(2025, 2, 20), PRIVATE, RATES
        )
        self.assertEqual([s.days for s in segments], [46, 51])
        self.assertEqual(
            [s.rate for s in segments], [Decimal("14.25"), Decimal("13.15")]
        )
        self.assertEqual(
            [(s.date_from, s.date_to) for s in segments],
            [
                (date(2024, 11, 16), date(2024, 12, 31)),
                (date(2025, 1, 1), date(2025, 2, 20)),
            ],
        )
        self.assertEqual(_amounts(segments), ["179.59", "183.74"])
        self.assertEqual(_total(segments), "363.33")

    def test_public_buyer_has_one_rate(self):
        (segment,) = interest_segments(
            10000, date(2024, 11, 15), date(2025, 2, 20), PUBLIC, RATES
        )
        self.assertEqual((segment.days, segment.rate), (97, Decimal("12.25")))
        self.assertEqual(str(segment.amount), "325.55")

    def test_public_buyer_rate_of_the_first_day(self):
        """Due on 30 June: interest begins on 1 July, with the rate of that day."""
        (segment,) = interest_segments(
            1000, date(2026, 6, 30), date(2026, 7, 10), PUBLIC, RATES
        )
        self.assertEqual(segment.rate, Decimal("10.4"))

    def test_part_payment_on_principal(self):
        segments = interest_segments(
            12000,
            date(2025, 3, 31),
            date(2025, 7, 15),
            PRIVATE,
            RATES,
            payments=[(date(2025, 4, 30), 5000.0)],
        )
        self.assertEqual([s.days for s in segments], [30, 61, 15])
        self.assertEqual([s.base for s in segments], [12000, 7000, 7000])
        self.assertEqual(_amounts(segments), ["129.70", "153.84", "34.95"])
        self.assertEqual(_total(segments), "318.49")

    def test_part_payment_on_interest_first(self):
        """1343-1 code civil."""
        segments = interest_segments(
            12000,
            date(2025, 3, 31),
            date(2025, 7, 15),
            PRIVATE,
            RATES,
            payments=[(date(2025, 4, 30), 5000.0)],
            allocation="interest",
        )
        self.assertEqual(
            [s.base for s in segments], [12000, Decimal("7129.70"), Decimal("7129.70")]
        )
        self.assertEqual(_amounts(segments), ["129.70", "156.69", "35.60"])
        self.assertEqual(_total(segments), "321.99")

    def test_still_unpaid(self):
        segments = interest_segments(
            8000, date(2026, 5, 31), date(2026, 11, 22), PRIVATE, RATES
        )
        self.assertEqual([s.days for s in segments], [30, 145])
        self.assertEqual(_amounts(segments), ["79.89", "394.08"])
        self.assertEqual(_total(segments), "473.97")
        (segment,) = interest_segments(
            8000, date(2026, 5, 31), date(2026, 11, 22), PUBLIC, RATES
        )
        self.assertEqual((segment.days, segment.rate), (175, Decimal("10.15")))
        self.assertEqual(str(segment.amount), "389.32")

    def test_total_due(self):
        (segment,) = interest_segments(
            2345.67, date(2026, 8, 31), date(2026, 11, 22), PRIVATE, RATES
        )
        self.assertEqual(segment.days, 83)
        self.assertEqual(str(segment.amount), "66.14")
        self.assertEqual(segment.amount + PRIVATE.indemnity, Decimal("106.14"))
        self.assertEqual(
            segment.base + segment.amount + PRIVATE.indemnity, Decimal("2451.81")
        )

    def test_one_day_late(self):
        (segment,) = interest_segments(
            1000, date(2026, 1, 31), date(2026, 2, 1), PRIVATE, RATES
        )
        self.assertEqual(segment.days, 1)
        self.assertEqual(str(segment.amount), "0.33")

    def test_on_time(self):
        due = date(2026, 1, 31)
        for day in (due, date(2026, 1, 30), date(2025, 12, 31)):
            self.assertEqual(interest_segments(1000, due, day, PRIVATE, RATES), [])

    def test_indemnity(self):
        """Per invoice, and of professionals only."""
        self.assertEqual(3 * PRIVATE.indemnity, 120)
        self.assertEqual(CONSUMER.indemnity, 0)

    def test_consumer_from_the_notice(self):
        (segment,) = interest_segments(
            1000,
            date(2025, 12, 15),
            date(2026, 3, 31),
            CONSUMER,
            RATES,
            date_notice=date(2026, 2, 1),
        )
        self.assertEqual(segment.date_from, date(2026, 2, 2))
        self.assertEqual((segment.days, segment.rate), (58, Decimal("2.62")))
        self.assertEqual(str(segment.amount), "4.16")

    def test_consumer_without_notice(self):
        due, day = date(2025, 12, 15), date(2026, 3, 31)
        self.assertEqual(interest_segments(1000, due, day, CONSUMER, RATES), [])
        self.assertEqual(
            interest_segments(1000, due, day, CONSUMER, RATES, date_notice=day), []
        )

    def test_notice_before_due_date(self):
        (segment,) = interest_segments(
            1000,
            date(2026, 2, 28),
            date(2026, 3, 31),
            CONSUMER,
            RATES,
            date_notice=date(2026, 2, 1),
        )
        self.assertEqual(segment.date_from, date(2026, 3, 1))

    def test_notice_changes_nothing_between_businesses(self):
        args = (1000, date(2026, 1, 31), date(2026, 3, 31), PRIVATE, RATES)
        self.assertEqual(
            interest_segments(*args, date_notice=date(2026, 3, 15)),
            interest_segments(*args),
        )

    def test_leap_year_day_counts(self):
        due, day = date(2023, 12, 31), date(2024, 6, 30)
        (segment,) = interest_segments(10000, due, day, PRIVATE, RATES)
        self.assertEqual((segment.days, segment.rate), (182, Decimal("14.5")))
        self.assertEqual(str(segment.amount), "723.01")
        actual = Regime(margin=10, day_count="actual")
        (segment,) = interest_segments(10000, due, day, actual, RATES)
        self.assertEqual(str(segment.amount), "721.04")

    def test_actual_count_over_two_years(self):
        """31 days of 2023 over 365 and 60 of 2024 over 366, in one segment."""
        regime = Regime(day_count="actual", agreed_rate=10)
        (segment,) = interest_segments(
            100000, date(2023, 11, 30), date(2024, 2, 29), regime, RATES
        )
        self.assertEqual(segment.days, 91)
        # 10,000 × (31 / 365 + 60 / 366) = 849.315… + 1,639.344…
        self.assertEqual(str(segment.amount), "2488.66")

    def test_actual_count_of_a_whole_year(self):
        regime = Regime(day_count="actual", agreed_rate=10)
        for year in (2023, 2024):
            segments = interest_segments(
                1000, date(year - 1, 12, 31), date(year, 12, 31), regime, RATES
            )
            self.assertEqual(_total(segments), "100.00")

    def test_29_february_is_a_day(self):
        (segment,) = interest_segments(
            36500, date(2024, 2, 28), date(2024, 3, 1), Regime(agreed_rate=10), RATES
        )
        self.assertEqual((segment.days, str(segment.amount)), (2, "20.00"))

    def test_insolvency_stops_interest(self):
        args = (8000, date(2026, 5, 31), date(2026, 11, 22), PRIVATE, RATES)
        segments = interest_segments(*args, date_insolvency=date(2026, 10, 1))
        self.assertEqual([s.days for s in segments], [30, 92])
        self.assertEqual(segments[-1].date_to, date(2026, 9, 30))
        for judgment in (date(2026, 6, 1), date(2026, 3, 1)):
            self.assertEqual(interest_segments(*args, date_insolvency=judgment), [])
        self.assertEqual(
            interest_segments(*args, date_insolvency=date(2026, 12, 1)),
            interest_segments(*args),
        )

    # ------------------------------------------------------------------
    # Payments
    # ------------------------------------------------------------------

    def _february(self, *payments, **kwargs):
        """1,000 due on 31 January, to 28 February."""
        return interest_segments(
            1000,
            date(2026, 1, 31),
            date(2026, 2, 28),
            PRIVATE,
            RATES,
            payments=payments,
            **kwargs,
        )

    def test_payment_before_due_date(self):
        for day in (date(2025, 10, 1), date(2026, 1, 31)):
            (segment,) = self._february((day, 400.0))
            self.assertEqual((segment.days, segment.base), (28, 600))
            self.assertEqual(
                self._february((day, 400.0), allocation="interest"), [segment]
            )

    def test_payment_day_bears_interest(self):
        first, second = self._february((date(2026, 2, 1), 400))
        self.assertEqual((first.days, first.base), (1, 1000))
        self.assertEqual((second.days, second.base), (27, 600))

    def test_payment_in_full(self):
        (segment,) = self._february((date(2026, 2, 10), 1000))
        self.assertEqual(segment.date_to, date(2026, 2, 10))
        (segment,) = self._february((date(2026, 2, 10), 1500))
        self.assertEqual(segment.date_to, date(2026, 2, 10))
        self.assertEqual(self._february((date(2026, 1, 31), 1000)), [])

    def test_payment_on_the_last_day_or_later(self):
        (segment,) = self._february((date(2026, 2, 28), 600), (date(2026, 3, 5), 400))
        self.assertEqual((segment.days, segment.base), (28, 1000))

    def test_payments_of_one_day_cut_once(self):
        segments = self._february(
            (date(2026, 2, 20), 100),
            (date(2026, 2, 10), 100.1),
            (date(2026, 2, 10), 100.2),
        )
        self.assertEqual(
            [s.base for s in segments], [1000, Decimal("799.70"), Decimal("699.70")]
        )
        self.assertEqual([s.days for s in segments], [10, 10, 8])

    def test_payment_sent_back(self):
        segments = self._february((date(2026, 2, 10), 1000), (date(2026, 2, 20), -1000))
        self.assertEqual(
            [(s.date_from, s.days, s.base) for s in segments],
            [(date(2026, 2, 1), 10, 1000), (date(2026, 2, 21), 8, 1000)],
        )

    def test_payment_cuts_a_fixed_rate(self):
        segments = interest_segments(
            10000,
            date(2024, 11, 15),
            date(2025, 2, 20),
            PUBLIC,
            RATES,
            payments=[(date(2025, 1, 15), 4000)],
        )
        self.assertEqual([s.days for s in segments], [61, 36])
        self.assertEqual({s.rate for s in segments}, {Decimal("12.25")})

    def test_small_payment_on_interest(self):
        """Interest left unpaid bears none, and the next payment settles it first."""
        segments = self._february(
            (date(2026, 2, 10), 2), (date(2026, 2, 20), 502), allocation="interest"
        )
        # 3.33 accrued, 2.00 paid, 1.33 carried; 3.33 more accrued: 4.66 of the 502
        self.assertEqual(_amounts(segments[:2]), ["3.33", "3.33"])
        self.assertEqual([s.base for s in segments], [1000, 1000, Decimal("502.66")])

    # ------------------------------------------------------------------
    # Settled days
    # ------------------------------------------------------------------

    def test_segments_start_after_the_settled_days(self):
        args = (8000, date(2026, 5, 31), date(2026, 11, 22), PRIVATE, RATES)
        (segment,) = interest_segments(
            *args, settled=[(date(2026, 6, 1), date(2026, 6, 30))]
        )
        self.assertEqual(segment.date_from, date(2026, 7, 1))
        self.assertEqual(str(segment.amount), "394.08")
        self.assertEqual(
            interest_segments(*args, settled=[(date(2026, 6, 1), date(2026, 11, 22))]),
            [],
        )

    def test_days_freed_between_settled_ones(self):
        """What one of two claims covered can be claimed again without the other."""
        segments = interest_segments(
            8000,
            date(2026, 5, 31),
            date(2026, 11, 22),
            PRIVATE,
            RATES,
            settled=[(date(2026, 7, 1), date(2026, 9, 30))],
        )
        self.assertEqual(
            [(s.date_from, s.date_to) for s in segments],
            [
                (date(2026, 6, 1), date(2026, 6, 30)),
                (date(2026, 10, 1), date(2026, 11, 22)),
            ],
        )

    def test_settled_days_do_not_move_the_public_rate(self):
        (segment,) = interest_segments(
            10000,
            date(2024, 11, 15),
            date(2025, 2, 20),
            PUBLIC,
            RATES,
            settled=[(date(2024, 11, 16), date(2024, 12, 31))],
        )
        self.assertEqual((segment.days, segment.rate), (51, Decimal("12.25")))

    def test_payments_on_interest_during_settled_days(self):
        """They paid the interest of these days, so the rest of it stays principal."""
        segments = interest_segments(
            12000,
            date(2025, 3, 31),
            date(2025, 7, 15),
            PRIVATE,
            RATES,
            payments=[(date(2025, 4, 30), 5000.0)],
            allocation="interest",
            settled=[(date(2025, 4, 1), date(2025, 4, 30))],
        )
        self.assertEqual(_amounts(segments), ["156.69", "35.60"])

    def test_late_or_not(self):
        """One day late is late, whatever was paid since; paid on the day is not."""
        due = date(2026, 1, 31)
        self.assertTrue(is_late(100, due, date(2026, 2, 1), [(date(2026, 2, 1), 100)]))
        self.assertTrue(is_late(100, due, date(2026, 2, 1), [(due, 99.99)]))
        self.assertFalse(is_late(100, due, date(2026, 3, 1), [(due, 100.0)]))
        self.assertFalse(is_late(100, due, due))

    def test_credits_pay_the_first_claims(self):
        early, late = date(2026, 1, 10), date(2026, 2, 10)
        owed = [(1, Decimal(500)), (2, Decimal(0)), (3, Decimal(300))]
        credits = [(None, Decimal(100)), (early, Decimal(450)), (late, Decimal(50))]
        self.assertEqual(
            share_credits(owed, credits),
            [(1, None, 100), (1, early, 400), (3, early, 50), (3, late, 50)],
        )
        self.assertEqual(
            share_credits(owed, [(early, Decimal(900))]),
            [(1, early, 500), (3, early, 300)],
        )
        self.assertEqual(
            share_credits(owed, [(None, Decimal(0)), (late, Decimal(20))]),
            [(1, late, 20)],
        )
        self.assertEqual(share_credits(owed, []), [])
        self.assertEqual(share_credits([], credits), [])

    def test_unknown_allocation(self):
        with self.assertRaises(ValueError):
            self._february(allocation="fees")

    # ------------------------------------------------------------------
    # Rounding
    # ------------------------------------------------------------------

    def test_half_up(self):
        """36.50 × 10 % × 1 / 365 = 0.01; half of it is 0.005."""
        (segment,) = interest_segments(
            18.25, date(2026, 1, 1), date(2026, 1, 2), Regime(agreed_rate=10), RATES
        )
        self.assertEqual(str(segment.amount), "0.01")

    def test_rounding_of_the_currency(self):
        for rounding, amount in ((1.0, "103"), (0.001, "103.192"), (0.05, "103.20")):
            (segment,) = interest_segments(
                10000,
                date(2025, 9, 30),
                date(2025, 10, 31),
                PRIVATE,
                RATES,
                rounding=rounding,
            )
            self.assertEqual(segment.amount, Decimal(amount))

    def test_no_float_noise(self):
        for amount in (0.1 + 0.2, "0.3", Decimal("0.30")):
            (segment,) = interest_segments(
                amount, date(2026, 1, 1), date(2026, 2, 1), PRIVATE, RATES
            )
            self.assertEqual(segment.base, Decimal("0.30"))

    def test_nothing_owed(self):
        for amount in (0, -50.0, 0.001):
            self.assertEqual(
                interest_segments(
                    amount, date(2026, 1, 1), date(2026, 2, 1), PRIVATE, RATES
                ),
                [],
            )

    # ------------------------------------------------------------------
    # Half-years and rates
    # ------------------------------------------------------------------

    def test_half_years(self):
        for day, start, label in [
            (date(2026, 1, 1), date(2026, 1, 1), "2026-H1"),
            (date(2026, 6, 30), date(2026, 1, 1), "2026-H1"),
            (date(2026, 7, 1), date(2026, 7, 1), "2026-H2"),
            (date(2026, 12, 31), date(2026, 7, 1), "2026-H2"),
        ]:
            self.assertEqual(half_year_start(day), start)
            self.assertEqual(half_year_label(day), label)

    def test_rate_of_the_first_day(self):
        """The changes of February and June 2023 do not touch the first half."""
        for first_day, rate in [
            (date(2023, 1, 1), "2.5"),
            (date(2023, 7, 1), "4"),
            (date(2024, 1, 1), "4.5"),
            (date(2024, 7, 1), "4.25"),
            (date(2025, 1, 1), "3.15"),
            (date(2025, 7, 1), "2.15"),
            (date(2026, 1, 1), "2.15"),
            (date(2026, 7, 1), "2.4"),
        ]:
            self.assertEqual(
                RATES.rate_for_half_year("ecb_mro", first_day), Decimal(rate)
            )
        self.assertEqual(
            RATES.rate_for_half_year("ecb_mro", date(2026, 11, 22)), Decimal("2.4")
        )

    def test_missing_rate(self):
        with self.assertRaises(MissingRateError) as caught:
            RATES.rate_for_half_year("fr_legal_pro", date(2026, 7, 1))
        self.assertEqual(caught.exception.index, "fr_legal_pro")
        self.assertEqual(caught.exception.half_year, date(2026, 7, 1))
        self.assertIn("2026-H2", str(caught.exception))
        with self.assertRaises(MissingRateError):
            RATES.rate_for_half_year("unknown", date(2026, 1, 1))
        with self.assertRaises(MissingRateError):
            RATES.rate_for_half_year("ecb_mro", date(2016, 1, 1))

    def test_old_rate_is_not_assumed(self):
        """A row counts for the next first day only, until it is confirmed."""
        table = RateTable([("ecb_mro", date(2025, 7, 1), 2.15)])
        self.assertEqual(
            table.rate_for_half_year("ecb_mro", date(2025, 7, 1)), Decimal("2.15")
        )
        with self.assertRaises(MissingRateError):
            table.rate_for_half_year("ecb_mro", date(2026, 1, 1))
        table = RateTable([("ecb_mro", date(2025, 7, 2), 2.15)])
        self.assertEqual(
            table.rate_for_half_year("ecb_mro", date(2026, 1, 1)), Decimal("2.15")
        )
        with self.assertRaises(MissingRateError):
            table.rate_for_half_year("ecb_mro", date(2026, 7, 1))

    def test_missing_rate_of_the_last_segment(self):
        with self.assertRaises(MissingRateError) as caught:
            interest_segments(
                1000, date(2026, 11, 30), date(2027, 1, 1), PRIVATE, RATES
            )
        self.assertEqual(caught.exception.half_year, date(2027, 1, 1))

    def test_missing_rate_that_is_not_needed(self):
        """Paid in full before the half-year, or fixed at the start."""
        args = (1000, date(2026, 11, 30), date(2027, 1, 31))
        paid = [(date(2026, 12, 10), 1000)]
        segments = interest_segments(*args, PRIVATE, RATES, payments=paid)
        self.assertEqual([s.days for s in segments], [10])
        self.assertEqual(len(interest_segments(*args, PUBLIC, RATES)), 1)

    def test_half_years_missing(self):
        self.assertEqual(
            RATES.half_years_missing("ecb_mro", date(2022, 3, 15), date(2024, 12, 31)),
            [date(2022, 1, 1), date(2022, 7, 1)],
        )
        self.assertEqual(
            RATES.half_years_missing(
                "fr_legal_pro", date(2026, 5, 1), date(2027, 1, 1)
            ),
            [date(2026, 7, 1), date(2027, 1, 1)],
        )

    def test_last_row_of_a_day_counts(self):
        table = RateTable(
            [("ecb_mro", date(2026, 1, 1), 2.0), ("ecb_mro", date(2026, 1, 1), 2.15)]
        )
        self.assertEqual(
            table.rate_for_half_year("ecb_mro", date(2026, 1, 1)), Decimal("2.15")
        )

    def test_unknown_day_count(self):
        with self.assertRaises(ValueError):
            Regime(day_count="360")

    # ------------------------------------------------------------------
    # Floor of agreed rates
    # ------------------------------------------------------------------

    def test_floor(self):
        for day, floor in [
            (date(2023, 9, 1), "12.66"),
            (date(2024, 2, 1), "15.21"),
            (date(2024, 7, 1), "14.76"),
            (date(2026, 1, 1), "7.86"),
        ]:
            self.assertEqual(agreed_rate_floor(RATES, day), Decimal(floor))

    def test_agreed_rate_against_floor(self):
        day = date(2024, 2, 1)
        self.assertEqual(check_agreed_rate(15.2, RATES, day), Decimal("15.21"))
        self.assertIsNone(check_agreed_rate(15.21, RATES, day))
        self.assertIsNone(check_agreed_rate(16, RATES, day))
        self.assertIsNone(check_agreed_rate(8, RATES, day, multiple=1.5))
        with self.assertRaises(MissingRateError):
            check_agreed_rate(12, RATES, date(2026, 7, 1))

    def test_floor_of_the_default_rate_is_a_setting(self):
        args = (10000, date(2024, 5, 31), date(2024, 7, 31))
        self.assertEqual(
            [s.rate for s in interest_segments(*args, PRIVATE, RATES)],
            [Decimal("14.5"), Decimal("14.25")],
        )
        floored = Regime(margin=10, apply_floor_to_default=True)
        self.assertEqual(
            [s.rate for s in interest_segments(*args, floored, RATES)],
            [Decimal("15.21"), Decimal("14.76")],
        )
        (segment,) = interest_segments(
            10000, date(2023, 7, 31), date(2023, 8, 31), floored, RATES
        )
        self.assertEqual(segment.rate, 14, "the default rate is above the floor")
