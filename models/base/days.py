"""Today, which is the company's: whoever acts, and wherever they sit.

A provider's agent in another time zone, a colleague who travels or a job of the server
change nothing of what is late, what is over and on which day something was done. The
time zone of the user, which a caller may even choose, says when they work, no more.

All of it costs no query; where the days of all companies are the same, which they are
most of the time in most databases, nothing is asked of the records either.
"""

from odoo.fields import Domain
from odoo.tools import SQL, groupby


def company_today(records):
    """Today of the company of `records`; without any, of the current one.

    Fit as the default of a field. Of several companies whose days differ it is the
    earlier day, on which less is late: who writes, or decides, for several of them asks
    `each_company_day` or `company_today_sql`.

    :return: date
    """
    days = _companies_by_day(records.env)
    if len(days) == 1:
        return next(iter(days))
    # sudo: of the companies the day alone is told
    records_sudo = records.sudo()
    if records._name == "res.company":
        companies_sudo = records_sudo
    elif "company_id" in records._fields:
        companies_sudo = records_sudo.company_id
    else:
        companies_sudo = records_sudo.env["res.company"]
    companies_sudo = companies_sudo or records_sudo.env.company
    return min(company._get_collection_today() for company in companies_sudo)


def each_company_day(records):
    """Pairs of a date and those of `records` whose company's today it is."""
    days = _companies_by_day(records.env)
    if len(days) == 1:
        return [(next(iter(days)), records)]
    return list(records.grouped(company_today).items())


def company_today_sql(env, company):
    """SQL of today of the company whose id is the SQL `company`.

    A plain value, unless the days of the companies differ at this moment.
    """
    return _of_company_sql(_companies_by_day(env), company)


def company_day_sql(env, moment, company):
    """SQL of the day of a moment in UTC, where the company sits whose id is the SQL
    `company`."""
    zones = _group(env["res.company"]._get_collection_zones())
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
        moment,
        _of_company_sql(zones, company),
    )


def on_company_days(env, make, company="company_id"):
    """Domain made by `make` from today, for each company from its own.

    :param make: function of a date that returns a domain
    :param company: path to the company of the records that the domain is about; those
        of none go by the current one
    """
    days = _companies_by_day(env)
    if len(days) == 1:
        return Domain(make(*days))
    current = env.company.id
    return Domain.OR(
        Domain(company, "in", [*ids, False] if current in ids else ids)
        & Domain(make(day))
        for day, ids in days.items()
    )


def _companies_by_day(env):
    """{date: ids of the companies whose today it is}"""
    return _group(env["res.company"]._get_collection_days())


def _group(said):
    """{what is said: ids of the companies of which it is}"""
    return {
        value: [company_id for company_id, _value in pairs]
        for value, pairs in groupby(said.items(), key=lambda pair: pair[1])
    }


def _of_company_sql(groups, company):
    """SQL of what is said of the company whose id is the SQL `company`."""
    *others, (last, _ids) = groups.items()
    if not others:
        return SQL("%s", last)
    return SQL(
        "(CASE %s ELSE %s END)",
        SQL(" ").join(
            # a tuple: what stands in a domain is hashed
            SQL("WHEN %s IN %s THEN %s", company, tuple(ids), value)
            for value, ids in others
        ),
        last,
    )


def is_one_day(env):
    """Whether today is the same day for all companies."""
    return len(_companies_by_day(env)) == 1


def last_company_today(env):
    """The day of the company where it is latest: nothing is over anywhere that is not
    over by then."""
    return max(_companies_by_day(env))
