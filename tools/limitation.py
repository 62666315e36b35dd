"""Limitation of claims (prescription): the last day on which one can be enforced.

Between merchants five years (article L110-4 of the French commercial code), against
consumers two (L218-2 of the consumer code), against public bodies four years from
1 January of the year after (law 68-1250). The term begins anew when the debtor
acknowledges the debt, a partial payment included, *before* it has run out (article
2240 of the civil code); a payment afterwards does not revive it (Cass. 1re civ.,
19 May 2021, 19-26.253), and a formal notice does not interrupt it (Cass. com.,
18 May 2022, 20-23.204); but against public bodies any written demand for payment does
(law 68-1250, article 2).
"""

from datetime import date

from dateutil.relativedelta import relativedelta


def term_end(start, years, from_year_end=False):
    """Last day of a term of `years` that begins on `start`.

    :param from_year_end: the term begins on 1 January of the year after
    """
    if from_year_end:
        return date(start.year + years, 12, 31)
    return start + relativedelta(years=years)


def limitation_date(start, years, from_year_end=False, interruptions=()):
    """Last day on which a claim can be enforced; it is time-barred from the day after.

    :param start: day of the invoice or of the delivery
    :param years: length of the term
    :param from_year_end: the term is counted from the year's end (public bodies)
    :param interruptions: days of acknowledgements and partial payments, of public
        bodies also of written demands, in any order; those after the term has run out
        count for nothing
    """
    end = term_end(start, years, from_year_end)
    for day in sorted(interruptions):
        if day > end:
            break
        if day > start:
            end = term_end(day, years, from_year_end)
    return end
