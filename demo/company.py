import base64
import random
from datetime import timedelta

from odoo.tools import file_open

from .ledger import SEED
from .names import name_records

#: units of the currency for one euro
RATES = {"USD": 1.09, "GBP": 0.86, "CHF": 0.95}


def create_company(env):
    """The company and its logo, nothing of its accounts yet."""
    country = env.ref("base.fr")
    euro = env.ref("base.EUR")
    euro.active = True
    with file_open("account_collection/demo/logo.png", "rb") as logo:
        image = base64.b64encode(logo.read())
    # the localisation is loaded below: nothing is installed while data is created
    Company = env["res.company"].with_context(chart_template_load=True)
    company = Company.create(
        {
            "name": "Maison Bellardoux & Fils SAS",
            "country_id": country.id,
            "currency_id": euro.id,
            "street": "46 rue de la Torréfaction",
            "zip": "69007",
            "city": "Lyon",
            "phone": "+33 4 65 71 00 10",
            "vat": "FR53055936454",
            "company_registry": "05593645400010",
            "logo": image,
            # each night the run is computed; the manager looks and confirms
            "collection_auto_run": "compute",
            "collection_sector": "hospitality",
            "collection_in_house_hours": 110.0,
            "collection_hour_cost": 31.5,
            "collection_signatory": "Claire Bellardoux, responsable crédit",
            "collection_phone": "+33 4 65 71 00 12",
            "collection_email": "recouvrement@bellardoux.example.com",
            "collection_satisfaction_every": 5,
            "collection_team_survey": True,
            "collection_dependence_limit": 50.0,
            "report_footer": "SAS au capital de 180 000 € – RCS Lyon 055 936 454",
        }
    )
    # afterwards: a domain at creation makes Odoo ask its directory of companies
    company.write(
        {
            "email": "contact@bellardoux.example.com",
            "website": "https://bellardoux.example.com",
        }
    )
    company.partner_id.lang = env.lang
    name_records(env, {"company": company})
    # the users who look after the database see it; nobody's own company changes
    admin = env.ref("base.user_admin", raise_if_not_found=False)
    if admin:
        admin.company_ids |= company
    return company.with_env(env)


def load_chart(env, company):
    """The French accounts where they are at hand, and a bank account."""
    french = env["ir.module.module"]._get("l10n_fr_account")
    template = "fr" if french.state == "installed" else "generic_coa"
    # not try_loading, which warns when demo data is loaded with the add-on
    env["account.chart.template"]._load(template, company, install_demo=False)
    bank = env["res.bank"].create({"name": "Banque du Confluent (démo)"})
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    journal.set_bank_account("FR7699998000210041783925059", bank.id)


def create_currencies(env, company, today):
    """Rates of the last months, the same at each loading."""
    rng = random.Random(SEED)
    vals_list = []
    for code, rate in RATES.items():
        currency = env.ref(f"base.{code}")
        currency.active = True
        for weeks in range(80, -1, -4):
            vals_list.append(
                {
                    "currency_id": currency.id,
                    "company_id": company.id,
                    "name": today - timedelta(weeks=weeks),
                    "rate": round(rate * (1 + rng.uniform(-0.02, 0.02)), 4),
                }
            )
    env["res.currency.rate"].create(vals_list)
