import csv

from odoo import Command
from odoo.tools import file_open

from .names import name_records

COUNTRIES = {
    "CH": "base.ch",
    "DE": "base.de",
    "FR": "base.fr",
    "GB": "base.uk",
    "US": "base.us",
}

#: code of the payment term: name, [(percentage, days, at the end of the month)]
TERMS = {
    "15": ("15 jours", [(100, 15, False)]),
    "30": ("30 jours", [(100, 30, False)]),
    "45": ("45 jours", [(100, 45, False)]),
    "45eom": ("45 jours fin de mois", [(100, 45, True)]),
    "50": ("50 jours", [(100, 50, False)]),
    "60": ("60 jours", [(100, 60, False)]),
    "306090": (
        "En trois fois, 30/60/90 jours",
        [(34, 30, False), (33, 60, False), (33, 90, False)],
    ),
}

#: segments that the company gives by hand, not by rules
NAMED_SEGMENTS = ("strategic", "sensitive", "key_account")

#: who works a segment in-house; the first collector has the others
WORKED_BY = {
    "strategic": "manager",
    "sensitive": "manager",
    "vse": "collector_2",
    "craft": "collector_2",
    "liberal": "collector_2",
    "consumer": "collector_2",
}


def create_customers(env, company, users):
    """The customers of the file, each row with its `partner`."""
    customers = _read_customers()
    terms = _create_terms(env, company)
    langs = dict(env["res.lang"].get_installed())
    vals_list = []
    for position, (key, row) in enumerate(customers.items(), start=1):
        business = row["segment"] != "consumer"
        vals_list.append(
            {
                "name": row["name"],
                "ref": f"C{position:04d}",
                "is_company": business,
                "street": row["street"],
                "zip": row["zip"],
                "city": row["city"],
                "country_id": _country(env, row).id,
                "lang": row["lang"] if row["lang"] in langs else "en_US",
                "phone": row["phone"],
                "email": _email(key, row, "contact" if business else key),
                "vat": row["vat"] or False,
                "company_registry": row["registry"] or False,
                "user_id": users["sales_1" if position % 2 else "sales_2"].id,
                "company_id": company.id,
                "customer_rank": 1,
                "category_id": [Command.set(_tags(env, row["segment"]))],
                "property_payment_term_id": terms[row["term"]].id,
                "child_ids": _prepare_contacts(env, key, row),
            }
        )
    partners = env["res.partner"].create(vals_list)
    for row, partner in zip(customers.values(), partners, strict=True):
        row["partner"] = partner
        row["currency_id"] = env.ref(f"base.{row['currency']}").id
    name_records(
        env, {f"customer_{key}": row["partner"] for key, row in customers.items()}
    )
    return customers


def assign_accounts(env, company, customers, users):
    """Segment, policy and collector of each customer, whose row gets its `account`."""
    segments = {
        segment.code: segment for segment in env["collection.segment"].search([])
    }
    partners = env["res.partner"].union(*[row["partner"] for row in customers.values()])
    accounts = env["collection.account"]._get_or_create(partners, company)
    by_partner = accounts.grouped("partner_id")
    policy = _create_careful_policy(company)
    for row in customers.values():
        row["account"] = by_partner[row["partner"]]
        worked_by = WORKED_BY.get(row["segment"], "collector")
        row["account"].write(
            {
                "segment_id": segments[row["segment"]].id,
                # the company says itself who matters most to it
                "segment_locked": row["segment"] in NAMED_SEGMENTS,
                "policy_id": policy.id
                if row["segment"] in ("strategic", "sensitive")
                else False,
                "user_id": users[worked_by].id,
            }
        )


def _read_customers():
    with file_open("account_collection/demo/customers.tsv", "r") as stream:
        return {row["key"]: row for row in csv.DictReader(stream, delimiter="\t")}


def _create_terms(env, company):
    terms = env["account.payment.term"].create(
        [
            {
                "name": name,
                "company_id": company.id,
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": percentage,
                            "nb_days": days,
                            "delay_type": "days_end_of_month_on_the"
                            if end_of_month
                            else "days_after",
                            "days_next_month": "0",
                        }
                    )
                    for percentage, days, end_of_month in lines
                ],
            }
            for name, lines in TERMS.values()
        ]
    )
    return dict(zip(TERMS, terms, strict=True))


def _tags(env, code):
    """Tag by which the classification knows what the customer is."""
    tag = env.ref(
        f"account_collection.partner_category_{code}", raise_if_not_found=False
    )
    return tag.ids if tag else []


def _email(key, row, box):
    return False if row["mail"] == "none" else f"{box}@{key}.example.com"


def _prepare_contacts(env, key, row):
    if not row["contact"]:
        return []
    contact = {
        "name": row["contact"],
        "function": row["function"],
        "type": "invoice" if row["mail"] == "invoice" else "contact",
        "email": _email(key, row, "compta"),
        "phone": row["phone"],
    }
    if contact["type"] == "invoice":
        # an invoice address does not follow the customer's own
        contact.update({name: row[name] for name in ("street", "zip", "city")})
        contact["country_id"] = _country(env, row).id
    return [Command.create(contact)]


def _country(env, row):
    return env.ref(COUNTRIES[row["country"]])


def _create_careful_policy(company):
    """The company's ladder, but a manager approves each formal notice."""
    policy = company.collection_policy_id.copy(
        {"name": "Clients stratégiques et sensibles", "company_id": company.id}
    )
    policy.level_ids.filtered("formal_notice").write(
        {"needs_approval": True, "worked_by": "company"}
    )
    return policy
