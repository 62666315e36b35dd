"""Points that say which customer is called first, and for which facts."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

#: the measure must stay below the threshold (days since something happened)
BELOW = frozenset({"broken", "handed_over"})
#: the measure must be above the threshold (a share)
ABOVE = frozenset({"disputed"})
#: facts that matter as such, whatever the threshold
PRESENT = frozenset(
    {"due_today", "callback", "bill", "payer_e", "precheck", "strategic"}
)


class Rule(NamedTuple):
    """One line of the scale: what is looked at, from where on, what it is worth."""

    criterion: str
    threshold: float
    points: int


def matches(rule: Rule, measure: float) -> bool:
    """Whether a measured fact reaches the rule.

    >>> matches(Rule("amount", 1000, 12), 1000)
    True
    >>> matches(Rule("broken", 30, 25), 30), matches(Rule("broken", 30, 25), 31)
    (True, False)
    >>> matches(Rule("handed_over", 7, 15), 7)
    False
    >>> matches(Rule("disputed", 50, -20), 50)
    False
    """
    if rule.criterion in PRESENT:
        return True
    if rule.criterion == "handed_over":
        return measure < rule.threshold
    if rule.criterion in BELOW:
        return measure <= rule.threshold
    if rule.criterion in ABOVE:
        return measure > rule.threshold
    return measure >= rule.threshold


def score(rules: Iterable[Rule], measures: Mapping[str, float]) -> dict[str, int]:
    """Points by criterion; of several rules of one criterion the narrowest counts.

    :param rules: the scale of the company
    :param measures: {criterion: number}: amount late and not promised (company
        currency), days of the oldest of it, days since the promise was broken, days
        since the hand-over, disputed percent of what is open; 1 for what is there
    :return: {criterion: points}, without the criteria that nothing matches

    >>> rules = [Rule("amount", 500, 6), Rule("amount", 5000, 24),
    ...          Rule("callback", 0, 30)]
    >>> score(rules, {"amount": 7200, "callback": 1})
    {'amount': 24, 'callback': 30}
    >>> score(rules, {"amount": 499})
    {}
    """
    best: dict[str, Rule] = {}
    for rule in rules:
        measure = measures.get(rule.criterion)
        if measure is None or not matches(rule, measure):
            continue
        other = best.get(rule.criterion)
        if other is None or _narrower(rule, other):
            best[rule.criterion] = rule
    return {criterion: rule.points for criterion, rule in best.items()}


def _narrower(rule: Rule, other: Rule) -> bool:
    if rule.criterion in BELOW:
        return rule.threshold < other.threshold
    return rule.threshold > other.threshold


def own_scale(rules: Iterable[tuple[int | None, Rule]], company: int) -> list[Rule]:
    """Rules of a company: its own where it has some for a criterion, else the shared.

    :param rules: (company or None for all, rule)

    >>> shared, own = Rule("amount", 500, 6), Rule("amount", 900, 9)
    >>> own_scale([(None, shared), (1, own)], 1) == [own]
    True
    >>> own_scale([(None, shared), (1, own)], 2) == [shared]
    True
    """
    rules = list(rules)
    replaced = {rule.criterion for owner, rule in rules if owner == company}
    return [
        rule
        for owner, rule in rules
        if owner == company or (owner is None and rule.criterion not in replaced)
    ]
