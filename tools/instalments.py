"""Instalments of a payment plan: equal amounts, monthly dates, cumulated receipts."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from dateutil.relativedelta import relativedelta


def split_amount(
    amount: Decimal | float, count: int, rounding: Decimal | float = Decimal("0.01")
) -> list[Decimal]:
    """`amount` in `count` equal instalments, the last of which takes the rounding.

    :param rounding: smallest unit of the currency
    :raises ValueError: when there is no instalment, or less than a unit for each

    >>> [str(part) for part in split_amount(2345.67, 4)]
    ['586.41', '586.41', '586.41', '586.44']
    """
    unit = Decimal(str(rounding))
    total = (Decimal(str(amount)) / unit).quantize(Decimal(1)) * unit
    if count < 1 or total < count * unit:
        raise ValueError("nothing to split")
    part = (total / count / unit).quantize(Decimal(1), ROUND_DOWN) * unit
    return [part] * (count - 1) + [total - part * (count - 1)]


def monthly_dates(first: date, count: int) -> list[date]:
    """`count` days a month apart; the 31st becomes the last of a shorter month.

    >>> [str(day) for day in monthly_dates(date(2027, 1, 31), 3)]
    ['2027-01-31', '2027-02-28', '2027-03-31']
    """
    return [first + relativedelta(months=month) for month in range(count)]


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
