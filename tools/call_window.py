"""When a customer may be called: their time, their holidays, earlier calls."""

from datetime import date, datetime, time, timedelta

import pytz
from dateutil.easter import easter
from dateutil.relativedelta import MO, relativedelta

#: the zone most people of a country with several live in
MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/New_York",
}


def customer_zone(
    zone: str | None,
    guessed: bool,
    country: str | None,
    company_country: str | None = None,
) -> str:
    """Time zone in which a customer is called.

    :param zone: what is entered on the customer
    :param guessed: the zone is that of the user who created the customer, from whom
        it is filled in: it counts only where it is one of the customer's country
    :param country: code of the customer's country

    >>> customer_zone("Europe/Paris", True, "GB")
    'Europe/London'
    >>> customer_zone("Europe/Paris", False, "GB")
    'Europe/Paris'
    >>> customer_zone(None, False, None, "FR")
    'Europe/Paris'
    """
    zones = pytz.country_timezones.get((country or "").upper(), [])
    if zone and (not guessed or not zones or zone in zones):
        return zone
    for code in (country, company_country):
        code = (code or "").upper()
        if code in MAIN_ZONES:
            return MAIN_ZONES[code]
        if code in pytz.country_timezones:
            return pytz.country_timezones[code][0]
    return zone or "UTC"


def local(at: datetime, zone: str) -> datetime:
    """Wall clock of `zone` at the naive UTC moment `at`.

    >>> local(datetime(2026, 3, 29, 0, 59), "Europe/Paris").hour
    1
    >>> local(datetime(2026, 3, 29, 1, 0), "Europe/Paris").hour
    3
    """
    return pytz.utc.localize(at).astimezone(pytz.timezone(zone))


def start_of_day(day: date, zone: str) -> datetime:
    """Naive UTC moment at which `day` begins in `zone`.

    >>> start_of_day(date(2026, 7, 1), "Europe/Paris")
    datetime.datetime(2026, 6, 30, 22, 0)
    """
    begin = pytz.timezone(zone).localize(datetime.combine(day, time.min))
    return begin.astimezone(pytz.utc).replace(tzinfo=None)


def start_of_week(day: date) -> date:
    """Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def in_window(
    moment: datetime, hour_from: float, hour_to: float, saturday: bool = False
) -> bool:
    """Whether a local moment lies within the hours and days of calls.

    The last hour itself is outside. Never on Sundays.

    >>> in_window(datetime(2026, 11, 20, 9, 0), 9, 18)
    True
    >>> in_window(datetime(2026, 11, 20, 18, 0), 9, 18)
    False
    >>> in_window(datetime(2026, 11, 21, 10, 0), 9, 18)
    False
    """
    last_day = 5 if saturday else 4
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    return moment.weekday() <= last_day and hour_from <= hour < hour_to


def fixed_holiday(
    year: int, month: int, day: int, substitute: bool = False, taken=()
) -> date | None:
    """Holiday on the same day each year; None where the year has no such day.

    :param substitute: one that falls on a weekend is kept on the next working day
    :param taken: days that are holidays already, which cannot be the substitute

    >>> fixed_holiday(2026, 12, 26, substitute=True)
    datetime.date(2026, 12, 28)
    >>> fixed_holiday(2027, 12, 26, substitute=True, taken={date(2027, 12, 27)})
    datetime.date(2027, 12, 28)
    """
    try:
        holiday = date(year, month, day)
    except ValueError:
        return None
    if substitute and holiday.weekday() >= 5:
        while holiday.weekday() >= 5 or holiday in taken:
            holiday += timedelta(days=1)
    return holiday


def easter_holiday(year: int, offset: int) -> date:
    """Holiday `offset` days after Easter Sunday.

    >>> easter_holiday(2026, 39)
    datetime.date(2026, 5, 14)
    """
    return easter(year) + timedelta(days=offset)


def monday_holiday(year: int, month: int, rank: int) -> date:
    """The `rank`-th Monday of a month, or its last one for -1.

    >>> monday_holiday(2026, 8, -1)
    datetime.date(2026, 8, 31)
    >>> monday_holiday(2026, 5, 1)
    datetime.date(2026, 5, 4)
    """
    day = relativedelta(day=31 if rank < 0 else 1, weekday=MO(rank))
    return date(year, month, 1) + day
