"""Customers shared out among agents: as many for each, and as much money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass
class Load:
    """What an agent has already."""

    customers: int = 0
    amount: float = 0.0


def share_out(
    customers: Iterable[tuple[int, float, frozenset[int]]],
    loads: Mapping[int, Load],
) -> dict[int, int]:
    """Who gets which customer: the largest first, each to the least laden agent.

    The agent with the fewest customers is served first, of several the one with the
    smallest amount. Customers whom nobody can serve are left out.

    :param customers: (customer, amount, agents who can serve them)
    :param loads: what each agent has before; it is not changed
    :return: {customer: agent}

    >>> both = frozenset({1, 2})
    >>> idle = {1: Load(), 2: Load()}
    >>> share_out([(10, 50.0, both), (11, 90.0, both), (12, 20.0, both)], idle)
    {11: 1, 10: 2, 12: 2}
    >>> share_out([(10, 50.0, both), (11, 90.0, frozenset())], {2: Load(1, 9.0)})
    {10: 2}
    """
    now = {agent: Load(load.customers, load.amount) for agent, load in loads.items()}
    shares = {}
    for customer, amount, able in sorted(customers, key=lambda row: (-row[1], row[0])):
        agents = [agent for agent in now if agent in able]
        if not agents:
            continue
        agent = min(
            agents, key=lambda agent: (now[agent].customers, now[agent].amount, agent)
        )
        shares[customer] = agent
        now[agent].customers += 1
        now[agent].amount += amount
    return shares
