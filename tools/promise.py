"""What a promise to pay has become, from what arrived and when."""

from datetime import date, timedelta
from decimal import Decimal


def last_day(date_promised: date, tolerance_days: int) -> date:
    """Last value date on which a receipt still keeps the promise.

    >>> last_day(date(2026, 11, 20), 3)
    datetime.date(2026, 11, 23)
    """
    return date_promised + timedelta(days=tolerance_days)


def promise_state(
    amount: Decimal | float,
    received: Decimal | float,
    date_promised: date,
    tolerance_days: int,
    today: date,
    tolerance_amount: Decimal | float = 0,
    payable: Decimal | float | None = None,
) -> str:
    """State of a promise: "open", "kept", "partial", "broken" or "lapsed".

    :param amount: what was promised, in the currency of the invoices
    :param received: receipts matched with the promised invoices whose value date
        lies between the promise and its last day; credit notes are none
    :param tolerance_days: days the bank may take after the promised date
    :param tolerance_amount: what may be missing without breaking the promise
    :param payable: what of the promised invoices was to be paid at all, when some was
        credited or cancelled by the last day; None: as much as was promised

    >>> day = date(2026, 11, 20)
    >>> promise_state(100, 99.5, day, 3, date(2026, 11, 1), tolerance_amount=1)
    'kept'
    >>> promise_state(100, 40, day, 3, date(2026, 11, 23))
    'open'
    >>> promise_state(100, 40, day, 3, date(2026, 11, 24))
    'partial'
    >>> promise_state(100, 0, day, 3, date(2026, 11, 24))
    'broken'
    >>> promise_state(100, 40, day, 3, date(2026, 11, 1), payable=40)
    'kept'
    >>> promise_state(100, 0, day, 3, date(2026, 11, 24), payable=0)
    'lapsed'
    """
    promised, arrived, tolerance = (
        Decimal(str(value)) for value in (amount, received, tolerance_amount)
    )
    if payable is not None:
        promised = min(promised, Decimal(str(payable)))
        if promised <= 0:
            return "lapsed"
    if arrived > 0 and arrived + tolerance >= promised:
        return "kept"
    if today <= last_day(date_promised, tolerance_days):
        return "open"
    return "partial" if arrived > 0 else "broken"
