from odoo.tools import SQL, formatLang


def format_figure(env, value):
    """A number as the language of `env` writes it, with as many decimals as it has, at
    most four."""
    decimals = len(f"{float(value):.4f}".rstrip("0").partition(".")[2])
    return formatLang(env, float(value), digits=decimals)


def write_figure(env, value, unit=""):
    """A figure with its unit as the language of `env` writes it; "n/a" for None, which
    is not 0.

    :param unit: "%", "days" or another, of which nothing is said
    """
    if value is None:
        return env._("n/a")
    figure = format_figure(env, value)
    match unit:
        case "%":
            return env._("%(figure)s %%", figure=figure)
        case "days":
            return env._("%(figure)s days", figure=figure)
        case _:
            return figure


def ratio_sql(over, under, factor=1):
    """SQL of `factor` times a quotient; NULL, not nought, without a base."""
    return SQL("%s * (%s)::numeric / NULLIF(%s, 0)", factor, over, under)


def rate_sql(currency, date, root):
    """SQL of the rate of a currency on a day, as Odoo chooses it
    (`res.currency._get_rates`): the last one up to then, else the first there is.

    :param root: id of the head company, or SQL of it
    """

    def choose(until, order):
        return SQL(
            """(SELECT rate.rate FROM res_currency_rate rate
                 WHERE rate.currency_id = %s %s
                   AND (rate.company_id IS NULL OR rate.company_id = %s)
              ORDER BY rate.company_id NULLS LAST, rate.name %s LIMIT 1)""",
            currency,
            until,
            root,
            order,
        )

    return SQL(
        "COALESCE(%s, %s, 1)",
        choose(SQL("AND rate.name <= %s", date), SQL("DESC")),
        choose(SQL(), SQL("ASC")),
    )


def in_current_currency(env, amount, currency, date):
    """SQL of an amount in the currency of the current company, at the rate of a day, as
    Odoo chooses it; where the companies shown have one currency alone, as it is.

    :param amount: SQL; so are `currency` (id of the amount's) and `date`
    """
    if len(env.companies.currency_id) < 2:
        return amount
    root = env.company.root_id.id
    return SQL(
        "%s * %s / %s",
        amount,
        rate_sql(SQL("%s", env.company.currency_id.id), date, root),
        rate_sql(currency, date, root),
    )
