from odoo import Command

from .names import name_records, named

#: where all of them work
TIMEZONE = "Europe/Paris"

#: key, name, login, kind of group
USERS = [
    ("manager", "Claire Bellardoux", "demo.manager", "manager"),
    ("collector", "Sophie Lambert", "demo.collector", "user"),
    ("collector_2", "Karim Benali", "demo.collector2", "user"),
    ("sales_1", "Antoine Mercier", "demo.sales1", None),
    ("sales_2", "Léa Fournel", "demo.sales2", None),
    ("supervisor", "Nathalie Roche", "demo.supervisor", "provider"),
    ("agent", "Julien Castan", "demo.agent", "provider"),
    ("on_site", "Amina Chérif", "demo.onsite", "on_site"),
    ("agent_2", "Thomas Weidmann", "demo.agent2", "provider"),
]

#: user key: provider key, supervisor, skill, languages
AGENTS = {
    "manager": (None, False, "3", ("fr_FR", "en_US")),
    "collector": (None, False, "3", ("fr_FR", "en_US")),
    "collector_2": (None, False, "2", ("fr_FR",)),
    "supervisor": ("orvalis", True, "3", ("fr_FR", "en_US")),
    "agent": ("orvalis", False, "2", ("fr_FR",)),
    "on_site": ("orvalis", False, "2", ("fr_FR",)),
    "agent_2": ("meridiane", False, "3", ("de_DE", "en_US", "fr_FR")),
}


def logins(env):
    """How to log in: `login`, `password`, `role` and `hint` per demo user."""
    hints = [
        (
            "manager",
            env._("Credit manager"),
            env._(
                "Open today's dunning run, confirm its letters, then recall an "
                "account from the provider."
            ),
        ),
        (
            "collector",
            env._("Collector"),
            env._("Work the list of accounts to call today and log a call."),
        ),
        (
            "on_site",
            env._("On-site agent"),
            env._("See the delegated accounts, and only these."),
        ),
        (
            "supervisor",
            env._("Provider supervisor"),
            env._("On the portal: follow the team and assign accounts to agents."),
        ),
        (
            "agent",
            env._("Provider agent"),
            env._("On the portal: work a delegated account and log the call."),
        ),
    ]
    return [
        {
            "login": named(env, key).login,
            # the demo users' passwords are their logins
            "password": named(env, key).login,
            "role": role,
            "hint": hint,
        }
        for key, role, hint in hints
    ]


def activate_lang(env, lang):
    """Activate `lang` with its translations, unless it is active already."""
    if lang not in dict(env["res.lang"].get_installed()):
        env["res.lang"]._activate_lang(lang)
        modules = env["ir.module.module"].search([("state", "=", "installed")])
        modules._update_translations([lang])


def create_users(env, company, lang):
    """The people of the company and of its providers, by their keys."""
    groups = {
        "manager": "account_collection.group_collection_manager",
        "user": "account_collection.group_collection_user",
        "on_site": "account_collection.group_collection_on_site",
        "provider": "account_collection.group_collection_provider",
        None: "base.group_user",
    }
    users = env["res.users"].create(
        [
            {
                "name": name,
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "lang": lang,
                "tz": TIMEZONE,
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set(env.ref(groups[group]).ids)],
                "notification_type": "email" if group == "provider" else "inbox",
            }
            for _key, name, login, group in USERS
        ]
    )
    by_key = {key: user for (key, *_rest), user in zip(USERS, users, strict=True)}
    if "odoobot_state" in users._fields:
        users.odoobot_state = "disabled"
    # where each begins the day
    for keys, action in (
        (("manager", "on_site"), "collection_account_action"),
        (("collector", "collector_2"), "collection_account_worklist_action"),
    ):
        for key in keys:
            home = env.ref(f"account_collection.{action}", raise_if_not_found=False)
            by_key[key].action_id = home and home.id
    # a credit manager reads the invoices and payments behind the accounts
    by_key["manager"].group_ids |= env.ref("account.group_account_invoice")
    name_records(env, by_key)
    return by_key


def create_agents(env, users):
    """The providers, and what each of their people and of ours can do."""
    providers = env["res.partner"].create(
        [
            {
                "name": name,
                "is_company": True,
                "street": street,
                "zip": zip_code,
                "city": city,
                "country_id": env.ref("base.fr").id,
                "phone": phone,
                "email": email,
                # its people take it over from their firm
                "lang": users["supervisor"].lang,
            }
            for name, street, zip_code, city, phone, email in (
                (
                    "Cabinet Orvalis Relance",
                    "15 rue des Négociants",
                    "69003",
                    "Lyon",
                    "+33 4 65 71 00 40",
                    "contact@orvalis.example.com",
                ),
                (
                    "Méridiane Gestion Clients",
                    "8 quai des Bateliers",
                    "67000",
                    "Strasbourg",
                    "+33 3 53 01 00 41",
                    "contact@meridiane.example.com",
                ),
            )
        ]
    )
    by_key = dict(zip(("orvalis", "meridiane"), providers, strict=True))
    name_records(env, by_key)
    langs = env["res.lang"].search([("active", "in", (True, False))])
    agents = env["collection.agent"].create(
        [
            {
                "user_id": users[key].id,
                "provider_id": provider and by_key[provider].id,
                "supervisor": supervisor,
                "skill": skill,
                "language_ids": [
                    Command.set(
                        langs.filtered(lambda la, codes=codes: la.code in codes).ids
                    )
                ],
            }
            for key, (provider, supervisor, skill, codes) in AGENTS.items()
        ]
    )
    for key, agent in zip(AGENTS, agents, strict=True):
        if agent.provider_id:
            users[key].partner_id.parent_id = agent.provider_id
    name_records(
        env,
        {f"agent_of_{key}": agent for key, agent in zip(AGENTS, agents, strict=True)},
    )
