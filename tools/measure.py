"""Key figures of collections, each by the definition that its docstring names.

Amounts are tax-included on both sides, all of one currency: what is owed is gross of
open credits, which are shown apart. Figures come back in the type of the amounts
(`Decimal` or float). None means "n/a": there is nothing to divide by, which is not 0.
"""

from collections.abc import Iterable
from decimal import Decimal

Number = Decimal | float | int

#: days that a year of sales has
YEAR = 365


def ratio(part: Number, whole: Number) -> Number | None:
    """`part` of `whole`; None where there is nothing to compare with.

    >>> ratio(3, 4)
    0.75
    """
    return part / whole if whole else None


def percentage(part: Number, whole: Number) -> Number | None:
    """`part` in per cent of `whole`: every rate is one, taken of sums, never of rates.

    >>> percentage(310, 500)
    62.0
    """
    return 100 * part / whole if whole else None


def weighted_mean(rows: Iterable[tuple[Number, Number]]) -> Number | None:
    """Mean of the values of (weight, value), by weight."""
    rows = list(rows)
    return ratio(
        sum(weight * value for weight, value in rows), sum(weight for weight, _ in rows)
    )


# ----------------------------------------------------------------------
# How long the money takes
# ----------------------------------------------------------------------


def dso(receivables: Number, sales: Number, days: int) -> Number | None:
    """Days sales outstanding, simple ("méthode comptable"): what is owed at the end,
    in days of the sales of the period, which has `days` days."""
    return receivables / sales * days if sales else None


def dso_count_back(
    receivables: Number, months: Iterable[tuple[Number, int]]
) -> Number | None:
    """Days sales outstanding by count-back ("épuisement").

    The sales of the months are taken from what is owed, the last month first. A month
    that is used up counts all its days, the one in which the rest is found its part.

    :param months: (sales, calendar days) of the months backwards. One without sales, or
        with more credit notes than invoices, leaves the rest as it is and counts its
        days as one that is used up
    :return: None where more is owed than was sold in all of the months
    """
    left, days = receivables, 0
    if left <= 0:
        return 0
    for sales, length in months:
        if sales >= left:
            return days + left / sales * length
        left -= max(sales, 0)
        days += length
    return None


def best_possible_dso(not_due: Number, sales: Number, days: int) -> Number | None:
    """Days sales outstanding if nobody paid late: of what is not yet due only."""
    return dso(not_due, sales, days)


def average_days_delinquent(
    receivables: Number, not_due: Number, sales: Number, days: int
) -> Number | None:
    """Days by which late payment lengthens the simple DSO: DSO less best possible DSO,
    of the same sales and days."""
    return dso(receivables - not_due, sales, days)


def cash_freed(before: Number, after: Number, sales: Number) -> Number:
    """What a DSO that fell from `before` to `after` is worth, at `sales` a year."""
    return (before - after) * sales / YEAR


def average_terms(rows: Iterable[tuple[Number, int]]) -> Number | None:
    """Average granted terms: days from invoice to due date, by amount of the due lines.

    :param rows: (amount, days)
    """
    return weighted_mean(rows)


# ----------------------------------------------------------------------
# How well it is collected
# ----------------------------------------------------------------------


def collection_effectiveness(
    begin: Number, sales: Number, end: Number, end_not_due: Number
) -> Number | None:
    """Collection effectiveness index in per cent, with the sales of the whole period:
    what was collected of what could be. 100: nothing overdue is left.

    :param begin: owed at the beginning
    :param end: owed at the end
    :param end_not_due: of that, not due yet
    """
    return percentage(begin + sales - end, begin + sales - end_not_due)


def collection_effectiveness_monthly(
    begin: Number, sales: Number, months: int, end: Number, end_not_due: Number
) -> Number | None:
    """The other published index, with the mean sales of a month instead of the
    period's. Not to be held against the first one."""
    return collection_effectiveness(begin, ratio(sales, months), end, end_not_due)


def overdue_ratio(overdue: Number, owed: Number) -> Number | None:
    """Overdue in per cent of what is owed, open credits apart."""
    return percentage(overdue, owed)


def weighted_days_overdue(rows: Iterable[tuple[Number, int]]) -> Number | None:
    """Days that open amounts are overdue, by amount; what is not overdue is left out.

    :param rows: (open amount, days overdue), each due date by itself
    """
    return weighted_mean((amount, days) for amount, days in rows if days > 0)


def roll_rate(rolled: Number, bucket: Number) -> Number | None:
    """Per cent of an age bucket that is found in the next one a month later."""
    return percentage(rolled, bucket)


def liquidation_rate(collected: Number, placed: Number) -> Number | None:
    """Per cent collected of what was handed over, by cohort of hand-over."""
    return percentage(collected, placed)


def net_back(collected: Number, fees: Number) -> Number:
    """What is left of the money collected when the provider is paid."""
    return collected - fees


def cost_per_unit(costs: Number, collected: Number) -> Number | None:
    """What one unit of currency costs to collect, all costs of the side counted."""
    return ratio(costs, collected)


# ----------------------------------------------------------------------
# What changed, and why
# ----------------------------------------------------------------------


def change(before: Number | None, after: Number | None) -> Number | None:
    """By how much a figure changed since the frozen baseline; same definition and
    length of period on both sides."""
    return None if before is None or after is None else after - before


def difference_in_differences(
    treated_before: Number | None,
    treated_after: Number | None,
    kept_before: Number | None,
    kept_after: Number | None,
) -> Number | None:
    """Change of what was delegated beyond the change of what was kept in the same time:
    what would have happened anyway is no effect of delegation."""
    return change(
        change(kept_before, kept_after), change(treated_before, treated_after)
    )
