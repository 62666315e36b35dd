from odoo import fields

from .company import create_company, create_currencies, load_chart
from .customers import assign_accounts, create_customers
from .delegation import consider_more
from .history import DemoHistory
from .ledger import MONTHS, DemoLedger
from .names import named
from .people import TIMEZONE, activate_lang, create_agents, create_users, logins


def load_demo(env, lang="fr_FR", today=None, months=None):
    """What `res.company._load_collection_demo` does, with its parameters.

    A French supplier of cafés and hotels with a good year of receivables.
    Loaded as demo data, or from a shell on any database. Everything belongs to a
    company of its own; existing companies are left alone. Customers, numbers and
    addresses are invented; telephone numbers are in the ranges reserved for fiction.
    """
    # sudo: only the installation or a shell of the server gets here
    env = env["res.company"].sudo().with_context(lang=lang).env
    if not named(env, "company"):
        # the day of those who work there, which is an hour or two ahead of UTC
        there = env.user.with_context(tz=TIMEZONE)
        today = fields.Date.to_date(today) or fields.Date.context_today(there)
        activate_lang(env, lang)
        _create_all(env, lang, today, months or MONTHS)
    return logins(env)


def _create_all(env, lang, today, months):
    company = create_company(env)
    company = company.with_company(company).with_context(
        allowed_company_ids=company.ids,
        tracking_disable=True,
        mail_create_nosubscribe=True,
        no_reset_password=True,
    )
    env = company.env
    load_chart(env, company)
    create_currencies(env, company, today)
    users = create_users(env, company, lang)
    # from here on the manager works, with all rights
    company = company.with_user(users["manager"]).sudo()
    env = company.env
    customers = create_customers(env, company, users)
    assign_accounts(env, company, customers, users)
    create_agents(env, users)
    ledger = DemoLedger(env, company, customers, today, months)
    history = DemoHistory(env, company, customers, users, ledger, today)
    delegation = history.play()
    # what the first night makes of the ledger
    for month in company._get_months_to_profile(today):
        env["collection.payer.profile"]._build(company, month, today)
    accounts = env["collection.account"].search([("company_id", "=", company.id)])
    accounts._rank(accounts)
    snapshot = env["collection.snapshot"]
    for of_company, day in snapshot._get_missing():
        if of_company == company and day < today:
            snapshot._freeze(of_company, day)
    delegation.measure()
    delegation.go_on()
    # what a server prints, once it runs
    env.ref("account_collection.ir_cron_collection_mandate_report").sudo()._trigger()
    delegation.rehearse()
    consider_more(env, users)
