"""What comes from outside, as plain values: text, numbers, days and ids, each bounded.

Pages send text, remote calls send whatever JSON can say. Whoever uses a value of
theirs takes it through one of these functions first: what comes back has the type
asked for and a size that a database, a calendar and a reader can bear.
"""

import math
from datetime import date, datetime, timedelta

#: the largest number of a record
MAX_ID = 2**31 - 1
#: no amount and no other number of ours is larger
MAX_NUMBER = 10**12
#: no record refers to more records than these at once
MAX_IDS = 10_000
#: days before and after today within which something may be planned or have happened
DAYS_BACK = 10 * 366
DAYS_AHEAD = 2 * 366

#: codes of the commands of relational fields that choose records
LINK = 4
SET = 6


class OutsideValueError(ValueError):
    """A value that cannot be what it stands for.

    :param code: `no_text`, `unreadable`, `too_long`, `no_flag`, `no_number`,
        `too_large`, `no_day`, `too_far`, `no_id`, `too_many` or `command`
    :param facts: what a message about it needs to say
    """

    def __init__(self, code, **facts):
        super().__init__(code)
        self.code = code
        self.facts = facts


def as_text(value, limit):
    """`value` as text of at most `limit` characters; what is empty is False.

    >>> as_text("Paid by cheque", 20), as_text(None, 20)
    ('Paid by cheque', False)
    """
    if value is None or value is False or value == "":
        return False
    if not isinstance(value, str):
        raise OutsideValueError("no_text")
    if len(value) > limit:
        raise OutsideValueError("too_long", length=len(value), limit=limit)
    # half of a pair of surrogates is no text either
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise OutsideValueError("unreadable")
    return value


def as_flag(value):
    """`value` as yes or no; nothing is no.

    >>> as_flag(True), as_flag(None)
    (True, False)
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise OutsideValueError("no_flag")


def as_number(value, limit=MAX_NUMBER):
    """`value` as a finite float no further from 0 than `limit`; nothing is 0.

    >>> as_number(12), as_number(False)
    (12.0, 0.0)
    """
    if value is None or value is False or value == "":
        return 0.0
    # a boolean counts as a number in Python, and nowhere else
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OutsideValueError("no_number")
    if isinstance(value, float) and math.isnan(value):
        raise OutsideValueError("no_number")
    # compared before it is converted: an integer may be too large for a float
    if not -limit <= value <= limit:
        raise OutsideValueError("too_large", limit=limit)
    return float(value)


def as_count(value, limit=MAX_ID):
    """`value` as a whole number between `-limit` and `limit`; nothing is 0.

    >>> as_count(3), as_count(None)
    (3, 0)
    """
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise OutsideValueError("no_number")
    if not -limit <= value <= limit:
        raise OutsideValueError("too_large", limit=limit)
    return value


def as_day(value, today):
    """`value` as a day that lies within reach of `today`; nothing is False.

    >>> as_day("2026-03-31", date(2026, 3, 1))
    datetime.date(2026, 3, 31)
    """
    if value is None or value is False or value == "":
        return False
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            raise OutsideValueError("no_day") from None
    if not isinstance(value, date):
        raise OutsideValueError("no_day")
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    if not first <= value <= last:
        raise OutsideValueError("too_far", first=first, last=last)
    return value


def as_moment(value, today):
    """`value` as a moment, in UTC, whose day `as_day` accepts; nothing is False.

    >>> as_moment("2026-03-31 09:30:00", date(2026, 3, 1))
    datetime.datetime(2026, 3, 31, 9, 30)
    """
    if value is None or value is False or value == "":
        return False
    if isinstance(value, str):
        try:
            value = datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
        except ValueError:
            raise OutsideValueError("no_day") from None
    if not isinstance(value, datetime) or value.tzinfo:
        raise OutsideValueError("no_day")
    as_day(value, today)
    return value


def as_id(value):
    """`value` as the number of a record; none is False.

    >>> as_id(7), as_id(False)
    (7, False)
    """
    if value is None or value is False or value == 0:
        return False
    if isinstance(value, bool) or not isinstance(value, int):
        raise OutsideValueError("no_id")
    if not 0 < value <= MAX_ID:
        raise OutsideValueError("no_id")
    return value


def as_ids(value):
    """`value` as numbers of records, each once, in their order.

    Takes numbers, and the commands that choose records (LINK and SET). What creates,
    changes, deletes or takes away is refused, whatever it is wrapped in.

    >>> as_ids([3, 1, 3]), as_ids([[6, 0, [5, 8]]]), as_ids([[4, 5, 0], [4, 8]])
    ([3, 1], [5, 8], [5, 8])
    """
    if value is None or value is False:
        return []
    if not isinstance(value, list | tuple):
        raise OutsideValueError("no_id")
    ids = []
    for entry in value:
        if isinstance(entry, list | tuple):
            ids = _chosen(ids, entry)
        else:
            ids.append(as_id(entry))
    if len(ids) > MAX_IDS:
        raise OutsideValueError("too_many", limit=MAX_IDS)
    return list(dict.fromkeys(id_ for id_ in ids if id_))


def _chosen(ids, command):
    code, rest = command[0] if command else None, command[1:]
    # True is 1 in Python
    if not isinstance(code, int) or isinstance(code, bool):
        raise OutsideValueError("command")
    if code == LINK and 1 <= len(rest) <= 2 and not any(rest[1:]):
        return [*ids, as_id(rest[0])]
    if (
        code == SET
        and len(rest) == 2
        and not rest[0]
        and isinstance(rest[1], list | tuple)
    ):
        return [as_id(id_) for id_ in rest[1]]
    raise OutsideValueError("command")
