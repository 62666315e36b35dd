"""Which accounts to keep in-house and which to hand over, by turnover."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import fsum


@dataclass(frozen=True)
class ParetoSplit:
    """Accounts on both sides, with what they weigh.

    keep, go: keys by rank (turnover descending)
    top: keys kept for their turnover
    reserved: keys kept in any case (some may be in `top` too)
    turnover_keep, turnover_go: turnover of each side
    share_keep, share_go: the same as parts of the total (0.85 = 85 %), or None when
        there is no positive turnover to share out
    """

    keep: list
    go: list
    top: set
    reserved: set
    turnover_keep: float
    turnover_go: float
    share_keep: float | None
    share_go: float | None


def turnover_ranking(turnovers: Mapping[Hashable, float]) -> list:
    """Keys by turnover descending; equal turnovers by ascending key (id of records),
    so that the same figures always give the same ranking."""
    return sorted(turnovers, key=lambda key: (-turnovers[key], getattr(key, "id", key)))


def top_count(total: int, share: float) -> int:
    """How many of `total` ranked keys are the top `share` (0 to 1), rounded up."""
    # Decimal: with floats, 0.07 × 100 would be a little above 7
    return int((Decimal(str(share)) * total).to_integral_value(ROUND_CEILING))


def pareto_split(
    turnovers: Mapping[Hashable, float],
    reserved: Iterable[Hashable] = (),
    keep_share: float = 0.20,
) -> ParetoSplit:
    """Split the accounts: the top ones and the reserved ones stay, the others go.

    The top is ceil(keep_share × number of accounts) accounts by turnover; the share
    is one of the *number of accounts* (80 % of the file is handed over), not one of
    the turnover. Reserved accounts take their place in the ranking: one that is in
    the top anyway keeps nobody else, the others are kept on top of it.

    Equal turnovers are ranked by ascending key (by id for records), so that the
    same figures always give the same split.

    :param turnovers: turnover by key (account), in one currency
    :param reserved: keys kept whatever their turnover; those without turnover row
        are not active accounts and are ignored
    :param keep_share: part of the accounts to keep, from 0 to 1
    :raise ValueError: `keep_share` is not between 0 and 1
    """
    share = Decimal(str(keep_share))
    if not 0 <= share <= 1:
        raise ValueError(f"keep_share must be between 0 and 1: {keep_share}")
    ranking = turnover_ranking(turnovers)
    top = set(ranking[: top_count(len(ranking), keep_share)])
    reserved = set(reserved) & set(ranking)
    kept = top | reserved
    keep = [key for key in ranking if key in kept]
    go = [key for key in ranking if key not in kept]
    turnover_keep = fsum(turnovers[key] for key in keep)
    turnover_go = fsum(turnovers[key] for key in go)
    total = turnover_keep + turnover_go
    return ParetoSplit(
        keep=keep,
        go=go,
        top=top,
        reserved=reserved,
        turnover_keep=turnover_keep,
        turnover_go=turnover_go,
        share_keep=turnover_keep / total if total > 0 else None,
        share_go=turnover_go / total if total > 0 else None,
    )


def recommended_extent(n_active: int, lower: int = 200, upper: int = 500) -> str:
    """How much to delegate for a number of active accounts.

    :return: "none" below `lower` (work them by hand), "total" from `lower` to
        `upper` (both included), "partial" above
    """
    if n_active < lower:
        return "none"
    return "total" if n_active <= upper else "partial"


def is_silent(n_active: int, limit: int = 20000) -> bool:
    """Whether the rules say nothing of a file of this size: more than `limit` accounts.

    >>> is_silent(20000), is_silent(20001)
    (False, True)
    """
    return n_active > limit
