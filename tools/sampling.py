"""Drawing calls at random, so that anybody can draw the same ones again."""

from collections.abc import Hashable, Iterable
from fractions import Fraction
from hashlib import sha256

#: number of values a rank can take
SPAN = 2**64


def rank(seed: str, key: Hashable) -> int:
    """Place of `key` in the lottery of `seed`: even, and the same each time."""
    digest = sha256(f"{seed}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def quota(count: int, share: float, seed: str, group: Hashable) -> int:
    """How many of `count` calls a share of `share` percent is.

    What is left over the whole number is drawn for, so that small numbers of calls
    give the share in the long run: of 3 calls at 10 %, one on three days of ten.

    >>> quota(200, 5, "seed", "agent")
    10
    >>> quota(7, 100, "seed", "agent")
    7
    >>> quota(7, 0, "seed", "agent")
    0
    """
    exact = Fraction(str(share)) * count / 100
    whole = int(exact)
    left = exact - whole
    if left and Fraction(rank(seed, f"quota {group}"), SPAN) < left:
        whole += 1
    return min(max(whole, 0), count)


def draw(keys: Iterable[int], number: int, seed: str) -> set[int]:
    """`number` of `keys`, each with the same chance whatever their order.

    >>> draw([3, 1, 2], 2, "seed") == draw([1, 2, 3], 2, "seed")
    True
    >>> len(draw([1, 2, 3], 5, "seed"))
    3
    """
    ranked = sorted(keys, key=lambda key: (rank(seed, key), key))
    return set(ranked[:number])
