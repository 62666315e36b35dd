"""Arithmetic of the decision whether, and how much, to delegate."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate

#: highest mark of a criterion
TOP_SCORE = 4


def months_between(date_from: date, date_to: date) -> float:
    """Months from one day to another, both included; part of a month by its days.

    >>> months_between(date(2026, 1, 1), date(2026, 3, 31))
    3.0
    >>> months_between(date(2026, 4, 16), date(2026, 5, 31))
    1.5
    """
    months, first = 0.0, date_from
    while first <= date_to:
        length = monthrange(first.year, first.month)[1]
        last = min(first.replace(day=length), date_to)
        months += ((last - first).days + 1) / length
        first = last + timedelta(days=1)
    return months


def score(value: float | None, steps: Sequence[float]) -> int | None:
    """How many of `steps` a value reaches, from 0 to 4; None of what is not known.

    Steps that fall are reached from above: the less, the higher the mark.

    >>> score(0.65, (0.2, 0.4, 0.6, 0.8)), score(0.6, (1.25, 1.0, 0.75, 0.5))
    (3, 3)
    """
    if value is None:
        return None
    falling = steps[0] > steps[-1]
    return sum(value <= step if falling else value >= step for step in steps)


def weighted_score(marks: Iterable[tuple[int | None, float]]) -> float | None:
    """Mean of the marks by weight, percent of the highest; None without any.

    >>> weighted_score([(4, 2.0), (1, 1.0), (None, 5.0)])
    75.0
    """
    known = [(mark, weight) for mark, weight in marks if mark is not None]
    weights = sum(weight for _mark, weight in known)
    if not weights:
        return None
    return 100.0 * sum(mark * weight for mark, weight in known) / weights / TOP_SCORE


def pareto_curve(amounts: Iterable[float], points: int = 20) -> list:
    """Share of the whole that the first accounts of a ranking make.

    :param amounts: of the accounts in their ranking; negative ones weigh nothing
    :param points: how many points the curve has at most
    :return: list of (percent of the accounts, percent of the whole), from the origin
        on; only the origin where there is nothing to share out

    >>> pareto_curve([6.0, 2.0, 1.0, 1.0], points=4)
    [(0.0, 0.0), (25.0, 60.0), (50.0, 80.0), (75.0, 90.0), (100.0, 100.0)]
    """
    sums = list(accumulate(max(amount, 0.0) for amount in amounts))
    curve = [(0.0, 0.0)]
    if not sums or not sums[-1]:
        return curve
    count = min(points, len(sums))
    for number in range(1, count + 1):
        rank = round(number * len(sums) / count)
        curve.append((100.0 * rank / len(sums), 100.0 * sums[rank - 1] / sums[-1]))
    return curve
