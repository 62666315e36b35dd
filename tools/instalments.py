"""Instalments of a payment plan: equal amounts, monthly dates."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from dateutil.relativedelta import relativedelta


def split_amount(
    amount: Decimal | float, count: int, rounding: Decimal | float = Decimal("0.01")
) -> list[Decimal]:
    """`amount` in `count` equal instalments, the last of which takes the rounding.

    :param rounding: smallest unit of the currency
    :raises ValueError: when `count` is not at least 1

    >>> [str(part) for part in split_amount(2345.67, 4)]
    ['586.41', '586.41', '586.41', '586.44']
    """
    if count < 1:
        raise ValueError("at least one instalment")
    unit = Decimal(str(rounding))
    total = (Decimal(str(amount)) / unit).quantize(Decimal(1)) * unit
    part = (total / count / unit).quantize(Decimal(1), ROUND_DOWN) * unit
    return [part] * (count - 1) + [total - part * (count - 1)]


def monthly_dates(first: date, count: int) -> list[date]:
    """`count` days a month apart; the 31st becomes the last of a shorter month.

    >>> [str(day) for day in monthly_dates(date(2027, 1, 31), 3)]
    ['2027-01-31', '2027-02-28', '2027-03-31']
    """
    return [first + relativedelta(months=month) for month in range(count)]
