"""Age of open items. Due today is not overdue; late from the day after."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

#: code, first and last number of days overdue (included); None: no limit
BUCKETS = [
    ("not_due", None, 0),
    ("d1_30", 1, 30),
    ("d31_60", 31, 60),
    ("d61_90", 61, 90),
    ("d91_plus", 91, None),
]


def days_overdue(date_due: date, date_ref: date) -> int:
    """Days from the due date to the reference date; overdue when at least 1.

    Due on the reference date is 0, due later is negative (L441-10 II code de
    commerce: penalties run from the day after the due date).
    """
    return (date_ref - date_due).days


def bucket(days: int) -> str:
    """Code of the ageing bucket that holds this number of days overdue."""
    return next(
        code for code, _lower, upper in BUCKETS if upper is None or days <= upper
    )


def age_balance(
    rows: Iterable[tuple[int, Decimal | float | int]],
) -> dict[str, Decimal]:
    """Ageing balance: the sum of the open amounts by bucket.

    An invoice with several due dates has one row per due date. Keep open credits
    out of the rows and show them apart, so that they do not hide overdue amounts.

    :param rows: (days overdue, open amount), all in one currency
    :return: a sum for every code of `BUCKETS`, in their order
    """
    balance = {code: Decimal(0) for code, _lower, _upper in BUCKETS}
    for days, amount in rows:
        balance[bucket(days)] += Decimal(str(amount))
    return balance
