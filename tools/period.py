"""Periods that follow each other without a gap."""

from datetime import date, timedelta

FORTNIGHT = 14


def last_period(frequency: str, today: date, start: date) -> tuple[date, date]:
    """First and last day of the last period that was over before `today`.

    Weeks begin on Mondays; fortnights on the Monday of the week of `start`, and every
    second one after it.

    >>> last_period("weekly", date(2026, 12, 2), date(2026, 1, 1))
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 29))
    >>> last_period("monthly", date(2026, 3, 1), date(2026, 1, 1))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    >>> last_period("quarterly", date(2026, 1, 1), date(2025, 1, 1))
    (datetime.date(2025, 10, 1), datetime.date(2025, 12, 31))
    """
    match frequency:
        case "weekly":
            following, days = _monday(today), 7
        case "fortnightly":
            first = _monday(start)
            gone = (today - first).days // FORTNIGHT * FORTNIGHT
            following, days = first + timedelta(days=gone), FORTNIGHT
        case "monthly":
            following, days = today.replace(day=1), 0
        case "quarterly":
            month = (today.month - 1) // 3 * 3 + 1
            following, days = today.replace(month=month, day=1), 0
        case _:
            raise ValueError(frequency)
    last = following - timedelta(days=1)
    if days:
        return following - timedelta(days=days), last
    month = last.month if frequency == "monthly" else last.month - 2
    return last.replace(month=month, day=1), last


def _monday(day):
    return day - timedelta(days=day.weekday())
