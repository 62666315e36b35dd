"""Late-payment interest (pénalités de retard, intérêts moratoires).

All figures returned are Decimal: amounts are rounded half up to the currency, rates are
percent a year. Amounts and rates are accepted as Decimal, int, float or text; floats
are read from their decimal writing, so that 12.15 is 12.15.

Conventions:

- Interest runs from the day after the due date to `date_to`, both included: as many
  days as `date_to` − due date. The day a payment is received still bears interest on
  what was owed that morning; the day after bears it on the rest.
- An insolvency judgment takes effect at the first hour of its date, so the day before
  is the last one that bears interest (L622-28, R621-4 code de commerce).
- Each segment is rounded, and the total is the sum of the rounded segments, so that
  the table printed on a letter adds up.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

Number = Decimal | float | int | str

ONE_DAY = timedelta(days=1)
LEGAL_RATE = "fr_legal_pro"


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


@lru_cache(maxsize=1024)
def _ratio(value: Decimal) -> tuple[int, int]:
    """`value` as numerator and denominator."""
    return value.as_integer_ratio()


def _round_units(numerator: int, denominator: int) -> int:
    """The whole number nearest to the ratio, half up; exact, whatever the size."""
    return (2 * numerator + denominator) // (2 * denominator)


def _to_units(value: Decimal, rounding: Decimal) -> int:
    """`value` as a number of the smallest units of its currency, half up."""
    numerator, denominator = value.as_integer_ratio()
    unit, parts = _ratio(rounding)
    return _round_units(numerator * parts, denominator * unit)


# ----------------------------------------------------------------------
# Half-years and rates
# ----------------------------------------------------------------------


def half_year_start(day: date) -> date:
    """First day of the half-year of `day`: 1 January or 1 July."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def half_year_label(day: date) -> str:
    """Name of the half-year of `day`: "2026-H2"."""
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


def _next_half_year(first_day: date) -> date:
    if first_day.month == 1:
        return date(first_day.year, 7, 1)
    return date(first_day.year + 1, 1, 1)


def _previous_half_year(first_day: date) -> date:
    return half_year_start(first_day - ONE_DAY)


class MissingRateError(Exception):
    """No rate of `index` is known for the half-year that starts on `half_year`."""

    def __init__(self, index: str, half_year: date):
        super().__init__(
            f"no rate of {index} for the half-year {half_year_label(half_year)}"
        )
        self.index = index
        self.half_year = half_year


class RateTable:
    """Reference rates by date of effect.

    :param rows: (index, date_from, rate in percent), in any order. Of two rows of
        one index and date the last one counts.
    """

    def __init__(self, rows: Iterable[tuple[str, date, Number]] = ()):
        by_index: dict[str, dict[date, Decimal]] = {}
        for index, date_from, rate in rows:
            by_index.setdefault(index, {})[date_from] = _decimal(rate)
        self._rates = {
            index: sorted(rates.items()) for index, rates in by_index.items()
        }

    def rate_for_half_year(self, index: str, first_day: date) -> Decimal:
        """Rate in force on the first day of a half-year, in percent.

        It is the rate of the latest row dated at most `first_day`. The row must be
        dated after the first day of the half-year before: an older one has not been
        confirmed for this half-year, and the rate may have changed since. Enter a
        row for each half-year, even when the rate stays the same.

        :param first_day: 1 January or 1 July; any other day stands for the first
            day of its half-year
        :raise MissingRateError: no such row
        """
        first_day = half_year_start(first_day)
        rates = self._rates.get(index, [])
        position = bisect_right(rates, first_day, key=lambda row: row[0])
        if position:
            date_from, rate = rates[position - 1]
            if date_from > _previous_half_year(first_day):
                return rate
        raise MissingRateError(index, first_day)

    def half_years_missing(
        self, index: str, date_from: date, date_to: date
    ) -> list[date]:
        """First days of the half-years from `date_from` to `date_to` without rate."""
        missing = []
        first_day = half_year_start(date_from)
        while first_day <= date_to:
            try:
                self.rate_for_half_year(index, first_day)
            except MissingRateError:
                missing.append(first_day)
            first_day = _next_half_year(first_day)
        return missing


# ----------------------------------------------------------------------
# Regimes
# ----------------------------------------------------------------------


@dataclass(frozen=True)
class Regime:
    """How interest is computed for a kind of debtor.

    index: reference index of the running rate
    margin: points added to the reference rate
    fixed_at_start: the rate of the half-year in which interest began holds for the
        whole delay (public buyers, R2192-31 code de la commande publique); else each
        half-year has its own (L441-10 II code de commerce)
    from_notice: interest runs from the day after the formal notice only (consumers,
        1231-6 and 1344 code civil)
    indemnity: fixed recovery indemnity per invoice (D441-5 code de commerce,
        D2192-35 code de la commande publique), 0 for consumers
    day_count: "365", or "actual": days over 365 or 366 according to their year
    agreed_rate: percent, replaces index and margin for the whole delay
    floor_multiple, floor_index: an agreed rate may not be below this multiple of
        this index (L441-10 II); see `check_agreed_rate`
    apply_floor_to_default: the floor binds the rate of index and margin too. The law
        only says so of agreed rates.
    """

    index: str = "ecb_mro"
    margin: Number = 10
    fixed_at_start: bool = False
    from_notice: bool = False
    indemnity: Number = 40
    day_count: str = "365"
    agreed_rate: Number | None = None
    floor_multiple: Number = 3
    floor_index: str = LEGAL_RATE
    apply_floor_to_default: bool = False

    def __post_init__(self):
        if self.day_count not in ("365", "actual"):
            raise ValueError(f"unknown day count: {self.day_count}")

    def rate_on(self, day: date, rates: RateTable) -> Decimal:
        """Rate, in percent, of interest that began or runs on `day`.

        :raise MissingRateError: the rate of this half-year is not known
        """
        if self.agreed_rate is not None:
            return _decimal(self.agreed_rate)
        rate = rates.rate_for_half_year(self.index, day) + _decimal(self.margin)
        if self.apply_floor_to_default:
            rate = max(
                rate,
                agreed_rate_floor(rates, day, self.floor_multiple, self.floor_index),
            )
        return rate


def agreed_rate_floor(
    rates: RateTable, on_date: date, multiple: Number = 3, index: str = LEGAL_RATE
) -> Decimal:
    """Lowest rate, in percent, that may be agreed: 3 × the legal rate of the
    half-year of `on_date` (L441-10 II code de commerce).

    :raise MissingRateError: the legal rate of this half-year is not known
    """
    return _decimal(multiple) * rates.rate_for_half_year(index, on_date)


def check_agreed_rate(
    rate: Number,
    rates: RateTable,
    on_date: date,
    multiple: Number = 3,
    index: str = LEGAL_RATE,
) -> Decimal | None:
    """The floor, in percent, when the agreed `rate` is below it; None when it is not.

    :raise MissingRateError: the legal rate of this half-year is not known
    """
    lowest = agreed_rate_floor(rates, on_date, multiple, index)
    return lowest if _decimal(rate) < lowest else None


# ----------------------------------------------------------------------
# Interest
# ----------------------------------------------------------------------


class Segment(NamedTuple):
    """Interest over days that share one rate and one base.

    date_from, date_to: first and last day, both bearing interest
    rate: percent a year; base: principal; amount: interest, rounded
    """

    date_from: date
    date_to: date
    days: int
    rate: Decimal
    base: Decimal
    amount: Decimal


def _year_fraction(date_from: date, date_to: date, day_count: str) -> tuple[int, int]:
    """Part of a year from `date_from` to `date_to`, both included, as a ratio."""
    if day_count == "365":
        return (date_to - date_from).days + 1, 365
    numerator = 0
    for year in range(date_from.year, date_to.year + 1):
        first, last = date(year, 1, 1), date(year, 12, 31)
        days = (min(date_to, last) - max(date_from, first)).days + 1
        numerator += days * (365 if (last - first).days == 365 else 366)
    # a common year counts 366 parts a day, a leap year 365
    return numerator, 365 * 366


def _interest_period(date_due, date_to, regime, date_notice, date_insolvency):
    """First and last day bearing interest, None when there is none."""
    first = date_due + ONE_DAY
    if regime.from_notice:
        if not date_notice:
            return None
        first = max(first, date_notice + ONE_DAY)
    last = date_to
    if date_insolvency:
        last = min(last, date_insolvency - ONE_DAY)
    return (first, last) if first <= last else None


def _cut_days(first, last, days, running):
    """Last days of the segments from `first` to `last`, cut after `days`."""
    cuts = {last, *(day for day in days if first <= day < last)}
    if running:
        next_half_year = _next_half_year(half_year_start(first))
        while next_half_year <= last:
            cuts.add(next_half_year - ONE_DAY)
            next_half_year = _next_half_year(next_half_year)
    return sorted(cuts)


def _received_by_day(payments) -> dict[date, Decimal]:
    received: dict[date, Decimal] = {}
    for day, amount in payments:
        received[day] = received.get(day, Decimal(0)) + _decimal(amount)
    return received


def interest_segments(
    amount: Number,
    date_due: date,
    date_to: date,
    regime: Regime,
    rates: RateTable,
    payments: Iterable[tuple[date, Number]] = (),
    date_notice: date | None = None,
    date_insolvency: date | None = None,
    rounding: Number = 0.01,
    allocation: str = "principal",
    settled: Iterable[tuple[date, date]] = (),
) -> list[Segment]:
    """Interest on an amount paid late, cut where its rate or its base changes.

    A running rate is cut at each half-year; a rate fixed at the start and an agreed
    rate are not, as rounding twice what is one computation would change the total.
    Every payment cuts. A fully paid amount bears no interest any more.

    :param amount: what was due, taxes included, before the payments
    :param date_to: last day that bears interest: today, or the day of payment
    :param payments: (date, amount) received. One before interest begins reduces the
        base, one after `date_to` is left out, a negative one (a direct debit sent
        back) raises the base again from the day after.
    :param date_notice: date of the formal notice, for a regime `from_notice`; without
        it no interest is due there
    :param date_insolvency: date of the judgment that opens insolvency proceedings
    :param rounding: of the currency (0.01, 1 …), for each segment
    :param allocation: "principal": payments reduce the principal, as an invoice is
        reconciled. "interest": they first pay the interest accrued (1343-1 code
        civil), and only their rest reduces the principal; unpaid interest bears none.
    :param settled: (first day, last day) of the periods whose interest was claimed or
        waived already. They are left out; what is fixed by the day on which interest
        began stays fixed by that day.
    :return: segments in order of time; empty when nothing is due
    :raise MissingRateError: the rate of a half-year is not known
    :raise ValueError: unknown allocation
    """
    if allocation not in ("principal", "interest"):
        raise ValueError(f"unknown allocation: {allocation}")
    rounding = _decimal(rounding)
    period = _interest_period(date_due, date_to, regime, date_notice, date_insolvency)
    if not period:
        return []
    first, last = period
    outstanding, received, start = _decimal(amount), {}, first
    if payments:
        received = _received_by_day(payments)
        outstanding -= sum(paid for day, paid in received.items() if day < first)
    cuts = received
    if settled:
        settled = tuple(settled)
        edges = (day for since, until in settled for day in (since - ONE_DAY, until))
        cuts = (*received, *edges)
    running = regime.agreed_rate is None and not regime.fixed_at_start
    accrued, segments = Decimal(0), []
    for end in _cut_days(start, last, cuts, running):
        base_units = _to_units(outstanding, rounding)
        done = any(since <= start and end <= until for since, until in settled)
        # interest that payments are laid on first accrues in settled days as well
        if base_units > 0 and (not done or allocation == "interest"):
            rate = regime.rate_on(start if running else first, rates)
            rate_part, rate_whole = _ratio(rate)
            days, year = _year_fraction(start, end, regime.day_count)
            interest = rounding * _round_units(
                base_units * rate_part * days, 100 * rate_whole * year
            )
            accrued += interest
            if not done:
                segments.append(
                    Segment(
                        start,
                        end,
                        (end - start).days + 1,
                        rate,
                        base_units * rounding,
                        interest,
                    )
                )
        paid = received.get(end)
        if paid:
            if allocation == "interest" and paid > 0:
                on_interest = min(paid, accrued)
                accrued -= on_interest
                paid -= on_interest
            outstanding -= paid
        start = end + ONE_DAY
    return segments


def is_late(
    amount: Number,
    date_due: date,
    date_to: date,
    payments: Iterable[tuple[date, Number]] = (),
) -> bool:
    """Whether anything was still owed after the due date, up to `date_to`.

    This is what the fixed indemnity hangs on: one day late is late, whatever has
    been paid since (D441-5 code de commerce).
    """
    in_time = sum(_decimal(paid) for day, paid in payments if day <= date_due)
    return date_to > date_due and _decimal(amount) > in_time


def share_credits(
    owed: Iterable[tuple[int, Decimal]],
    credits: Iterable[tuple[date | None, Decimal]],
) -> list[tuple[int, date | None, Decimal]]:
    """Credits that are matched with nothing, shared among what they may pay.

    Both in the order in which they are used up: the first credit pays the first
    claim, up to what that one is.

    :param owed: (claim, amount)
    :param credits: (date, amount)
    :return: (claim, date, amount) of each part paid
    """
    shares = []
    remaining = ((day, amount) for day, amount in credits if amount > 0)
    day, left = next(remaining, (None, Decimal(0)))
    for claim, amount in owed:
        while amount > 0 and left > 0:
            part = min(amount, left)
            shares.append((claim, day, part))
            amount -= part
            left -= part
            if not left:
                day, left = next(remaining, (None, Decimal(0)))
    return shares
