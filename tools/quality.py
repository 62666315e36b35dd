"""Mark of a call from its checklist."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

#: what each answer of the checklist is worth; None: leaves the mark alone
POINTS = {
    "yes": Decimal(1),
    "partly": Decimal("0.5"),
    "no": Decimal(0),
    "na": None,
}


class Answer(NamedTuple):
    """One line of the checklist."""

    result: str
    weight: int
    critical: bool = False


def call_mark(answers: Iterable[Answer]) -> float | None:
    """Mark from 0 to 100: what was done of what was asked for, by weight.

    A critical criterion that was not met brings the whole call to 0; one that does
    not apply leaves the mark alone. None: nothing applied.

    >>> call_mark([Answer("yes", 3), Answer("no", 1)])
    75.0
    >>> call_mark([Answer("yes", 2), Answer("partly", 1), Answer("na", 7)])
    83.3
    >>> call_mark([Answer("yes", 9), Answer("no", 1, critical=True)])
    0.0
    """
    reached, possible, failed = Decimal(0), 0, False
    for answer in answers:
        points = POINTS[answer.result]
        if points is None:
            continue
        possible += answer.weight
        reached += points * answer.weight
        failed = failed or (answer.critical and not points)
    if not possible:
        return None
    if failed:
        return 0.0
    mark = 100 * reached / possible
    return float(mark.quantize(Decimal("0.1"), ROUND_HALF_UP))
