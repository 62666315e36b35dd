"""Dates of a bill of exchange that is to come back accepted before it falls due."""

from datetime import date, timedelta

#: calendar days before its due date by which a bill must be back: banks ask for it
RETURN_DAYS = 15
#: calendar days before its due date from which its return is chased
CHASE_DAYS = 25


def return_deadline(date_due: date) -> date:
    """Last day on which the bill may come back accepted.

    >>> return_deadline(date(2026, 12, 31))
    datetime.date(2026, 12, 16)
    """
    return date_due - timedelta(days=RETURN_DAYS)


def chase_date(date_due: date, chase_days: int = CHASE_DAYS) -> date:
    """First day on which its return is chased, never after the deadline.

    >>> chase_date(date(2026, 12, 31))
    datetime.date(2026, 12, 6)
    """
    return min(date_due - timedelta(days=chase_days), return_deadline(date_due))
