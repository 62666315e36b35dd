"""Figures of a team: how much it can call, and how long its people stay."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple


def calls_per_day(dials: int, agent_days: int) -> float:
    """Calls of one agent in one day they worked.

    >>> calls_per_day(500, 5 * 2)
    50.0
    """
    return dials / agent_days if agent_days else 0.0


class Capacity(NamedTuple):
    """What a team can call in a period, against what waits."""

    calls: float
    load: float | None
    missing_agents: float


def capacity(accounts: int, agents: int, per_day: float, days: int) -> Capacity:
    """Whether a team can call every overdue customer once in a period.

    :param accounts: open overdue customers
    :param per_day: calls of one agent in one day
    :param days: working days of the period
    :return: calls the team can make, load in percent (None: it can make none) and how
        many agents are missing for a load of 100 %

    >>> capacity(400, 5, 50.0, 2)
    Capacity(calls=500.0, load=80.0, missing_agents=0.0)
    >>> capacity(750, 5, 50.0, 2)
    Capacity(calls=500.0, load=150.0, missing_agents=2.5)
    """
    calls = agents * per_day * days
    each = per_day * days
    return Capacity(
        calls,
        100.0 * accounts / calls if calls else None,
        max(accounts / each - agents, 0.0) if each else 0.0,
    )


class Turnover(NamedTuple):
    """Comings and goings of a team in a period."""

    joined: int
    left: int
    rate: float | None
    mean_days: float | None


def turnover(
    periods: Iterable[tuple[date, date | None]], date_from: date, date_to: date
) -> Turnover:
    """How much a team changed between two days, both included.

    :param periods: first and last day in the team, None: still there
    :return: who joined and left, the rate (half of joined and left, percent of those
        there on the first day; None: nobody was) and the mean number of days in the
        team of those there on the last day (None: nobody is)

    >>> day = date(2026, 1, 1)
    >>> turnover([(date(2025, 1, 1), None), (date(2025, 1, 1), date(2026, 3, 31)),
    ...           (date(2026, 4, 1), None)], day, date(2026, 12, 31))
    Turnover(joined=1, left=1, rate=50.0, mean_days=501.5)
    """
    periods = list(periods)
    joined = sum(date_from <= begin <= date_to for begin, _end in periods)
    left = sum(end is not None and date_from <= end <= date_to for _b, end in periods)
    at_start = sum(
        begin < date_from and (end is None or end >= date_from)
        for begin, end in periods
    )
    stays = [
        (date_to - begin) / timedelta(days=1)
        for begin, end in periods
        if begin <= date_to and (end is None or end > date_to)
    ]
    return Turnover(
        joined,
        left,
        100.0 * (joined + left) / 2 / at_start if at_start else None,
        sum(stays) / len(stays) if stays else None,
    )
