"""Today, which is the company's: whoever acts, and wherever they sit.

A provider's agent in another time zone, a colleague who travels or a job of the server
change nothing of what is late, what is over and on which day something was done. The
time zone of the user, which a caller may even choose, says when they work, no more.
"""

from odoo.fields import Domain
from odoo.tools import SQL, groupby


def company_today(records):
    """Today of the company of `records`; without any, of the current one.

    Fit as the default of a field. Of several companies whose days differ it is the
    earlier day, on which less is late: who writes, or decides, for several of them asks
    `company_today_sql`, or record by record.

    :return: date
    """
    # sudo: of the companies the day alone is told
    records_sudo = records.sudo()
    if records._name == "res.company":
        companies_sudo = records_sudo
    elif "company_id" in records._fields:
        companies_sudo = records_sudo.company_id._origin
    else:
        companies_sudo = records_sudo.env["res.company"]
    companies_sudo = companies_sudo or records_sudo.env.company
    return min(company._get_collection_today() for company in companies_sudo)


def company_today_sql(env, company):
    """SQL of today of the company whose id is the SQL `company`.

    A plain value, unless the days of the companies differ at this moment.
    """
    days = _companies_by_day(env)
    if len(days) == 1:
        return SQL("%s", *days)
    return SQL(
        "(CASE %s END)",
        SQL(" ").join(
            SQL("WHEN %s = ANY(%s) THEN %s", company, ids, day)
            for day, ids in days.items()
        ),
    )


def on_company_days(env, make, company="company_id"):
    """Domain made by `make` from today, for each company from its own.

    :param make: function of a date that returns a domain
    :param company: path to the company of the records that the domain is about
    """
    days = _companies_by_day(env)
    if len(days) == 1:
        return Domain(make(*days))
    return Domain.OR(
        Domain(company, "in", ids) & Domain(make(day)) for day, ids in days.items()
    )


def _companies_by_day(env):
    """{date: ids of the companies whose today it is}"""
    days = env["res.company"]._get_collection_days()
    return {
        day: [company_id for company_id, _day in of_day]
        for day, of_day in groupby(days.items(), key=lambda pair: pair[1])
    }
