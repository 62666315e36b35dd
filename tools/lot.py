"""Sharing a file out among several parties by a lot that anybody can draw again."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from hashlib import sha256


def shuffled(keys: Iterable[Hashable], seed: str) -> list:
    """`keys` in the order of the lot: the same for the same seed, whoever draws, on
    whatever machine."""
    return sorted(keys, key=lambda key: sha256(f"{seed}:{key}".encode()).digest())


def deal(
    keys: Sequence[Hashable],
    shares: Sequence[float],
    dealt: Sequence[int] = (),
) -> dict:
    """Deal `keys`, one by one in their order, to whom most is missing of their share.

    At every moment each party has its share, to within one key: of what comes first in
    `keys` as of what comes last.

    :param shares: what the parties are to have, in any unit
    :param dealt: how many keys the parties have already; none without
    :return: {key: position of the party in `shares`}
    """
    counts = list(dealt) or [0] * len(shares)
    whole = sum(shares)
    parties = {}
    for key in keys:
        total = sum(counts) + 1
        position = max(
            range(len(shares)),
            key=lambda index: (shares[index] * total / whole - counts[index], -index),
        )
        counts[position] += 1
        parties[key] = position
    return parties


def cut(keys: Sequence[Hashable], shares: Sequence[float]) -> dict:
    """Cut ranked `keys` into slices: the first share to the first party, and so on.

    :return: {key: position of the party in `shares`}
    """
    whole = sum(shares)
    parties = {}
    start = 0.0
    begin = 0
    for position, share in enumerate(shares):
        start += share
        end = round(len(keys) * start / whole)
        parties.update(dict.fromkeys(keys[begin:end], position))
        begin = end
    return parties


def draw(
    groups: Mapping[Hashable, Iterable[Hashable]],
    shares: Sequence[float],
    seed: str,
    dealt: Sequence[int] = (),
) -> dict:
    """Draw a lot within each group, so that the parties get the same mixture.

    :param groups: {group: keys}, groups in their order
    :param dealt: how many keys the parties have already; none without
    :return: {key: position of the party in `shares`}
    """
    keys = [key for group in groups.values() for key in shuffled(group, seed)]
    return deal(keys, shares, dealt)


def is_drawn(key: Hashable, seed: str, share: float) -> bool:
    """Whether `key` is among the `share` percent that the lot draws: each for itself,
    so that it stays drawn, or not, whoever else comes and goes."""
    number = int.from_bytes(sha256(f"{seed}:{key}".encode()).digest()[:8])
    return number * 100 < share * 2**64
