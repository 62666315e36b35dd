"""How a customer pays: from what they paid, when, and what they promised."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import sqrt
from statistics import median
from typing import NamedTuple

#: paid invoices that tell what the next one may be like
RECORD = 10
#: paid invoices without which there is no record
LEAST_RECORD = 3
#: days after today when somebody is expected who was never as late as that
SOON = 7


class Paid(NamedTuple):
    """Sums over receipts, each with an amount and its days late.

    A part payment is a receipt of its own: it counts with its amount and its day.
    Sums of months add up to sums of half-years.
    """

    amount: float = 0.0
    days: float = 0.0  #: amount x days late
    squares: float = 0.0  #: amount x days late squared
    on_time: float = 0.0  #: amount paid by the due date

    @classmethod
    def of(cls, receipts: Iterable[tuple[float, float]]) -> "Paid":
        """Sums of (amount, days late); paid early is negative."""
        total = cls()
        for amount, days in receipts:
            total += cls(
                amount, amount * days, amount * days**2, amount if days <= 0 else 0.0
            )
        return total

    def __add__(self, other: "Paid") -> "Paid":
        return Paid(*(map(sum, zip(self, other, strict=True))))


class Scale(NamedTuple):
    """Thresholds of the classes; whole days, the last one of each class."""

    a: int = 0
    b: int = 10
    c: int = 30
    d: int = 60
    broken: int = 2  #: broken promises from which on the class is E
    invoices: int = 3  #: paid invoices without which nobody is rated
    deviation: float = 15.0  #: days of dispersion above which a payer is irregular
    accustomed: int = 3  #: reminders and broken promises without any money since


def mean_days_late(paid: Paid) -> float | None:
    """Days late, weighted by the amounts paid; early is negative. None: nothing paid.

    >>> rows = [(1000, 0), (2000, 12), (500, 45), (1500, -3)]
    >>> mean_days_late(Paid.of(rows))
    8.4
    >>> mean_days_late(Paid()) is None
    True
    """
    return paid.days / paid.amount if paid.amount > 0 else None


def deviation(paid: Paid) -> float | None:
    """Standard deviation of the days late, weighted by the amounts (of all that was
    paid, not an estimate from a sample). None: nothing paid.

    >>> round(deviation(Paid.of([(1000, 0), (2000, 12), (500, 45), (1500, -3)])), 1)
    13.9
    """
    mean = mean_days_late(paid)
    if mean is None:
        return None
    return sqrt(max(paid.squares / paid.amount - mean**2, 0.0))


def share_on_time(paid: Paid) -> float | None:
    """Percent of the money that came by the due date. None: nothing paid.

    >>> share_on_time(Paid.of([(1000, 0), (2000, 12), (500, 45), (1500, -3)]))
    50.0
    """
    return 100 * paid.on_time / paid.amount if paid.amount > 0 else None


def trend(recent: Paid, before: Paid) -> float | None:
    """Mean of the last three months less that of the three before: above nought the
    customer pays later and later. None when there is nothing on one side.

    >>> trend(Paid.of([(100, 20)]), Paid.of([(300, 5)]))
    15.0
    """
    now, then = mean_days_late(recent), mean_days_late(before)
    return None if now is None or then is None else now - then


def payer_class(
    mean: float | None, invoices: int, broken: int, scale: Scale | None = None
) -> str:
    """Class of a payer: "a" to "e", or "n", not rated.

    The mean counts in whole days, halves upwards. Who was paid for too few invoices is
    not rated, whatever they promised.

    :param invoices: invoices on which something was paid
    :param broken: promises broken or kept in part only

    >>> [payer_class(mean, 3, 0) for mean in (-4, 0, 0.4, 0.5, 10.4, 11, 30, 60.5)]
    ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'e']
    >>> payer_class(2, 3, 2), payer_class(2, 2, 5), payer_class(None, 0, 0)
    ('e', 'n', 'n')
    """
    scale = scale or Scale()
    if mean is None or invoices < scale.invoices:
        return "n"
    days = int(mean + 0.5) if mean >= -0.5 else int(mean)
    if broken >= scale.broken > 0 or days > scale.d:
        return "e"
    limits = (("a", scale.a), ("b", scale.b), ("c", scale.c), ("d", scale.d))
    return next(code for code, limit in limits if days <= limit)


def is_irregular(spread: float | None, invoices: int, scale: Scale | None = None):
    """Whether nobody can tell from the mean when the customer pays.

    >>> is_irregular(15.0, 3), is_irregular(15.1, 3), is_irregular(40.0, 2)
    (False, True, False)
    """
    scale = scale or Scale()
    if spread is None or invoices < scale.invoices:
        return False
    return spread > scale.deviation


def expected_days_late(record: Sequence[float], age: int | None = None) -> float | None:
    """Days late at which an invoice is expected to be paid.

    The median of the payer's last paid invoices (`RECORD` at most): a single one that
    was forgotten for a quarter moves the mean and not the median, and what a customer
    did two years ago no longer counts. Of an invoice that is late already, those of
    the record that were paid later than that.

    :param record: days late of the invoices paid so far, the last one first
    :param age: days since the due date; None: not due yet
    :return: None without a record, or when nothing in it is as late

    >>> expected_days_late([5, 4, 60, 6, 5])
    5
    >>> expected_days_late([5, 4, 60, 6, 5], age=10)
    60
    >>> expected_days_late([5, 4]) is None
    True
    """
    known = list(record[:RECORD])
    if len(known) < LEAST_RECORD:
        return None
    if age is not None and age > 0:
        known = [days for days in known if days > age]
    return median(known) if known else None


def expected_date(
    date_due: date,
    today: date,
    record: Sequence[float],
    common: Sequence[float] = (),
) -> date:
    """Day on which an open invoice is expected to be paid, never before today.

    :param record: the payer's own, see `expected_days_late`
    :param common: that of all payers of the company, for who has none of their own

    >>> due = date(2026, 11, 20)
    >>> expected_date(due, date(2026, 11, 1), [5, 4, 60, 6, 5])
    datetime.date(2026, 11, 25)
    >>> expected_date(due, date(2026, 11, 30), [5, 4, 60, 6, 5])
    datetime.date(2027, 1, 19)
    >>> expected_date(due, date(2026, 11, 1), [])
    datetime.date(2026, 11, 20)
    >>> expected_date(due, date(2027, 3, 1), [5, 4, 60, 6, 5])
    datetime.date(2027, 3, 8)
    """
    age = (today - date_due).days
    late = age if age > 0 else None
    days = expected_days_late(record, late)
    if days is None and len(record) < LEAST_RECORD:
        days = expected_days_late(common, late)
    if days is None:
        return today + timedelta(days=SOON) if late else max(date_due, today)
    return max(date_due + timedelta(days=round(days)), today)
