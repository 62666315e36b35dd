"""What may be written down about a call: numbers that are numbers."""

import math
import re

#: minutes of a day: no call lasts longer
MAX_MINUTES = 24 * 60

_SPACES = re.compile(r"\s+")


def is_duration(minutes: float | None) -> bool:
    """Whether `minutes` is the length of a call; none is 0.

    >>> is_duration(2.5), is_duration(-1), is_duration(float("nan"))
    (True, False, False)
    """
    minutes = minutes or 0.0
    return math.isfinite(minutes) and 0 <= minutes <= MAX_MINUTES


def is_hour(hour: float | None) -> bool:
    """Whether `hour` is an hour of a day, 14.5 for half past two.

    >>> is_hour(14.5), is_hour(24), is_hour(-0.5)
    (True, False, False)
    """
    hour = hour or 0.0
    return math.isfinite(hour) and 0 <= hour < 24


def clean_number(phone: str) -> str:
    """A telephone number as typed, without what paper and web pages add.

    >>> clean_number(" 01 44\\u00a055 66 77 ")
    '01 44 55 66 77'
    """
    return _SPACES.sub(" ", phone or "").strip()


def clock(hour: float) -> str:
    """Hour of a day as it is written everywhere.

    >>> clock(9.5), clock(16)
    ('09:30', '16:00')
    """
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
