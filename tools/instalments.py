"""Instalments of a payment plan: equal amounts, monthly dates, cumulated receipts."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from dateutil.relativedelta import relativedelta


def split_amount(
    amount: Decimal | float, count: int, decimal_places: int = 2
) -> list[Decimal]:
    """`amount` in `count` equal instalments; the last one takes the rounding.

    :raises ValueError: when there is no instalment, or less than a unit for each

    >>> [str(part) for part in split_amount(2345.67, 4)]
    ['586.41', '586.41', '586.41', '586.44']
    """
    total = Decimal(str(amount))
    unit = Decimal(1).scaleb(-decimal_places)
    if count < 1 or total < count * unit:
        raise ValueError("nothing to split")
    part = (total / count).quantize(unit, rounding=ROUND_DOWN)
    return [part] * (count - 1) + [total - part * (count - 1)]


def monthly_dates(first: date, count: int) -> list[date]:
    """`count` dates a month apart, on the day of the first or the month's last one.

    >>> [str(day) for day in monthly_dates(date(2026, 1, 31), 3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    return [first + relativedelta(months=number) for number in range(count)]


def allocate(
    amounts: Sequence[Decimal | float], received: Decimal | float
) -> list[Decimal]:
    """What arrived, laid on the instalments in their order.

    >>> [str(part) for part in allocate([100, 100, 100], 150)]
    ['100', '50', '0']
    """
    left = Decimal(str(received))
    laid = []
    for amount in amounts:
        part = max(min(Decimal(str(amount)), left), Decimal(0))
        laid.append(part)
        left -= part
    return laid
