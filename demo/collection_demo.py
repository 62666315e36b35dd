import base64
import csv
import random
from calendar import FRIDAY
from contextlib import contextmanager
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, file_open

from .call_stories import DemoCallStories
from .calls import DemoCalls
from .ledger import MONTHS, SEED, DemoLedger, moment
from .letters import DemoLetters
from .portal import DemoPortal
from .quality import DemoQuality
from .upstream import DemoUpstream

#: own module name for the external ids: the records stay when the add-on goes
MODULE = "__collection_demo__"

#: key, name, login, groups, and for agents: provider, supervisor, skill, languages
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

#: units of the currency for one euro
RATES = {"USD": 1.09, "GBP": 0.86, "CHF": 0.95}

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


class CollectionDemo(models.AbstractModel):
    """A French supplier of cafés and hotels with eighteen months of receivables.

    Loaded as demo data, or from a shell on any database. Everything belongs to a
    company of its own; existing companies are left alone. Customers, numbers and
    addresses are invented; telephone numbers are in the ranges reserved for fiction.
    """

    _name = "collection.demo"
    _description = "Collections Demo Data"

    @api.model
    def _load(self, lang="fr_FR", today=None, months=MONTHS):
        """Create the demo company, once, and return how to log in.

        :param str lang: language of the demo users, activated if needed
        :param today: day on which the history ends, by default the current one
        :param int months: length of the history
        :return: one dict of `login`, `password`, `role` and `hint` per demo user
        """
        self = self.sudo().with_context(lang=lang)  # noqa: PLW0642
        if not self._ref("company"):
            today = fields.Date.to_date(today) or fields.Date.context_today(self)
            self._activate_lang(lang)
            self._create_all(lang, today, months)
        return self._logins()

    def _logins(self):
        hints = [
            (
                "manager",
                self.env._("Credit manager"),
                self.env._(
                    "Open today's dunning run, confirm its letters, then recall an "
                    "account from the provider."
                ),
            ),
            (
                "collector",
                self.env._("Collector"),
                self.env._("Work the list of accounts to call today and log a call."),
            ),
            (
                "on_site",
                self.env._("On-site agent"),
                self.env._("See the delegated accounts, and only these."),
            ),
            (
                "supervisor",
                self.env._("Provider supervisor"),
                self.env._(
                    "On the portal: follow the team and assign accounts to agents."
                ),
            ),
            (
                "agent",
                self.env._("Provider agent"),
                self.env._("On the portal: work a delegated account and log the call."),
            ),
        ]
        return [
            {
                "login": self._ref(key).login,
                # the demo users' passwords are their logins
                "password": self._ref(key).login,
                "role": role,
                "hint": hint,
            }
            for key, role, hint in hints
        ]

    def _ref(self, name):
        return self.env.ref(f"{MODULE}.{name}", raise_if_not_found=False)

    def _name_records(self, records_by_name):
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"{MODULE}.{name}", "record": record, "noupdate": True}
                for name, record in records_by_name.items()
            ]
        )

    def _activate_lang(self, lang):
        """Activate `lang` with its translations, unless it is active already."""
        if lang not in dict(self.env["res.lang"].get_installed()):
            self.env["res.lang"]._activate_lang(lang)
            modules = self.env["ir.module.module"].search([("state", "=", "installed")])
            modules._update_translations([lang])

    def _create_all(self, lang, today, months):
        company = self._create_company()
        self = self.with_company(company).with_context(  # noqa: PLW0642
            allowed_company_ids=company.ids,
            tracking_disable=True,
            mail_create_nosubscribe=True,
            no_reset_password=True,
        )
        company = company.with_env(self.env)
        self._load_chart(company)
        self._create_currencies(company, today)
        users = self._create_users(company, lang)
        self = self.with_user(users["manager"]).sudo()  # noqa: PLW0642
        company = company.with_env(self.env)
        customers = self._create_customers(company, users)
        self._assign_accounts(company, customers, users)
        self._create_agents(users)
        ledger = DemoLedger(self.env, company, customers, today, months)
        self._play(company, customers, users, ledger, today)

    # ------------------------------------------------------------------
    # Master data
    # ------------------------------------------------------------------

    def _create_company(self):
        country = self.env.ref("base.fr")
        euro = self.env.ref("base.EUR")
        euro.active = True
        with file_open("account_collection/demo/logo.png", "rb") as logo:
            image = base64.b64encode(logo.read())
        # the localisation is loaded below: nothing is installed while data is created
        Company = self.env["res.company"].with_context(chart_template_load=True)
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
                "collection_signatory": "Claire Bellardoux, responsable crédit",
                "collection_phone": "+33 4 65 71 00 12",
                "collection_email": "recouvrement@bellardoux.example.com",
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
        self._name_records({"company": company})
        # the users who look after the database see it; nobody's own company changes
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        if admin:
            admin.company_ids |= company
        return company.with_env(self.env)

    def _load_chart(self, company):
        french = self.env["ir.module.module"]._get("l10n_fr_account")
        template = "fr" if french.state == "installed" else "generic_coa"
        # not try_loading, which warns when demo data is loaded with the add-on
        self.env["account.chart.template"]._load(template, company, install_demo=False)
        bank = self.env["res.bank"].create({"name": "Banque du Confluent (démo)"})
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
        )
        journal.set_bank_account("FR7699998000210041783925059", bank.id)

    def _create_currencies(self, company, today):
        rng = random.Random(SEED)
        vals_list = []
        for code, rate in RATES.items():
            currency = self.env.ref(f"base.{code}")
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
        self.env["res.currency.rate"].create(vals_list)

    def _create_users(self, company, lang):
        groups = {
            "manager": "account_collection.group_collection_manager",
            "user": "account_collection.group_collection_user",
            "on_site": "account_collection.group_collection_on_site",
            "provider": "account_collection.group_collection_provider",
            None: "base.group_user",
        }
        users = self.env["res.users"].create(
            [
                {
                    "name": name,
                    "login": login,
                    "password": login,
                    "email": f"{login}@example.com",
                    "lang": lang,
                    "tz": "Europe/Paris",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set(self.env.ref(groups[group]).ids)],
                    "notification_type": "email" if group == "provider" else "inbox",
                }
                for _key, name, login, group in USERS
            ]
        )
        by_key = {key: user for (key, *_rest), user in zip(USERS, users, strict=True)}
        if "odoobot_state" in users._fields:
            users.odoobot_state = "disabled"
        # where each begins his day
        for keys, action in (
            (("manager", "on_site"), "collection_account_action"),
            (("collector", "collector_2"), "collection_account_worklist_action"),
        ):
            for key in keys:
                home = self.env.ref(
                    f"account_collection.{action}", raise_if_not_found=False
                )
                by_key[key].action_id = home and home.id
        # a credit manager reads the invoices and payments behind the accounts
        by_key["manager"].group_ids |= self.env.ref("account.group_account_invoice")
        self._name_records(by_key)
        return by_key

    def _read_customers(self):
        with file_open("account_collection/demo/customers.tsv", "r") as stream:
            return {row["key"]: row for row in csv.DictReader(stream, delimiter="\t")}

    def _create_terms(self, company):
        terms = self.env["account.payment.term"].create(
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

    def _create_customers(self, company, users):
        customers = self._read_customers()
        terms = self._create_terms(company)
        langs = dict(self.env["res.lang"].get_installed())
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
                    "country_id": self._country(row).id,
                    "lang": row["lang"] if row["lang"] in langs else "en_US",
                    "phone": row["phone"],
                    "email": self._email(key, row, "contact" if business else key),
                    "vat": row["vat"] or False,
                    "company_registry": row["registry"] or False,
                    "user_id": users["sales_1" if position % 2 else "sales_2"].id,
                    "company_id": company.id,
                    "customer_rank": 1,
                    "category_id": [Command.set(self._tags(row["segment"]))],
                    "property_payment_term_id": terms[row["term"]].id,
                    "child_ids": self._prepare_contacts(key, row),
                }
            )
        partners = self.env["res.partner"].create(vals_list)
        for row, partner in zip(customers.values(), partners, strict=True):
            row["partner"] = partner
            row["currency_id"] = self.env.ref(f"base.{row['currency']}").id
        self._name_records(
            {f"customer_{key}": row["partner"] for key, row in customers.items()}
        )
        return customers

    def _tags(self, code):
        """Tag by which the classification knows what the customer is."""
        tag = self.env.ref(
            f"account_collection.partner_category_{code}", raise_if_not_found=False
        )
        return tag.ids if tag else []

    def _email(self, key, row, box):
        return False if row["mail"] == "none" else f"{box}@{key}.example.com"

    def _prepare_contacts(self, key, row):
        if not row["contact"]:
            return []
        contact = {
            "name": row["contact"],
            "function": row["function"],
            "type": "invoice" if row["mail"] == "invoice" else "contact",
            "email": self._email(key, row, "compta"),
            "phone": row["phone"],
        }
        if contact["type"] == "invoice":
            # an invoice address does not follow the customer's own
            contact.update({name: row[name] for name in ("street", "zip", "city")})
            contact["country_id"] = self._country(row).id
        return [Command.create(contact)]

    def _country(self, row):
        return self.env.ref(COUNTRIES[row["country"]])

    def _assign_accounts(self, company, customers, users):
        segments = {
            segment.code: segment
            for segment in self.env["collection.segment"].search([])
        }
        partners = self.env["res.partner"].union(
            *[row["partner"] for row in customers.values()]
        )
        accounts = self.env["collection.account"]._get_or_create(partners, company)
        by_partner = accounts.grouped("partner_id")
        policy = self._create_careful_policy(company)
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

    def _create_careful_policy(self, company):
        """The company's ladder, but a manager approves each formal notice."""
        policy = company.collection_policy_id.copy(
            {"name": "Clients stratégiques et sensibles", "company_id": company.id}
        )
        policy.level_ids.filtered("formal_notice").write(
            {"needs_approval": True, "worked_by": "company"}
        )
        return policy

    def _create_agents(self, users):
        providers = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "street": street,
                    "zip": zip_code,
                    "city": city,
                    "country_id": self.env.ref("base.fr").id,
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
        self._name_records(by_key)
        langs = self.env["res.lang"].search([("active", "in", (True, False))])
        agents = self.env["collection.agent"].create(
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
        self._name_records(
            {
                f"agent_of_{key}": agent
                for key, agent in zip(AGENTS, agents, strict=True)
            }
        )

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    @contextmanager
    def _as_of(self, date):
        """What is done inside happened on `date`, also for those who read it later."""
        Message = self.env["mail.message"]
        Held = self.env["collection.placement.item"]
        last_message = Message.search([], order="id desc", limit=1).id or 0
        last_held = Held.search([], order="id desc", limit=1).id or 0
        today = fields.Date.context_today(self)
        yield
        self.env.flush_all()
        stamp = moment(date, 10)
        Message.search(
            [("id", ">", last_message), ("model", "=like", "collection.%")]
        ).write({"date": stamp})
        for held in Held.search([("id", ">", last_held)]):
            held.write(
                {"date_added": date, "days_overdue": (date - held.date_due).days}
            )
        lines = self.env["collection.placement.line"]
        lines.search(
            [("date_end", "=", today), ("company_id", "=", self.env.company.id)]
        ).write({"date_end": date})

    def _play(self, company, customers, users, ledger, today):
        """Let the last months go by, with what the people did on each day."""
        calls = DemoCalls(self.env, users, customers)

        def day(days_ago):
            """A working day: nobody calls at week-ends."""
            date = today - timedelta(days=days_ago)
            return date - timedelta(days=max(date.weekday() - FRIDAY, 0))

        for days_ago in (60, 45, 30):
            with self._as_of(day(days_ago)):
                ledger.advance(day(days_ago))
                self._run(company, day(days_ago))
            with self._as_of(day(days_ago - 4)):
                ledger.advance(day(days_ago - 4))
                calls.in_house(day(days_ago - 4), 5)
        with self._as_of(day(24)):
            ledger.advance(day(24))
            self._tell_stories(customers, users, ledger, day(24))
        with self._as_of(day(15)):
            ledger.advance(day(15))
            self._run(company, day(15), last=True)
        with self._as_of(day(14)):
            ledger.advance(day(14))
            mandate = self._create_mandate(company, users, today)
            accounts = self._choose(company, day(14), 16)
            placement = self._hand_over(mandate, accounts, day(14))
            team = mandate.agent_ids.filtered(lambda agent: not agent.supervisor)
            self._share_out(placement, team)
        for days_ago in (13, 12, 10, 9, 8, 7, 6, 5, 3, 2, 1):
            with self._as_of(day(days_ago)):
                ledger.advance(day(days_ago))
                if days_ago == 10:
                    self._hand_over_abroad(company, customers, users, today, day(10))
                calls.by_provider(day(days_ago), 4)
                self._look_at(placement, users, day(days_ago))
                calls.in_house(day(days_ago), 3)
                if days_ago == 6:
                    self._recall_one(placement)
                if days_ago == 5:
                    self._pay_one(placement, customers, ledger, day(days_ago))
        ledger.advance(today)
        self._classify(company)
        self._tell_today(customers, users, ledger, today)
        self._write_other_letters(company, today)
        self._tell_promises(company, users, today)
        self._tell_bills(company, users, today)
        DemoLetters(self.env, company, today).tell()
        DemoUpstream(self.env, company, users, today).tell()
        self._tell_provider(mandate, users, today)
        with self._as_of(day(1)):
            DemoCallStories(self.env, users, day(1), today).play(mandate)
        DemoQuality(
            self.env, users, lambda key: self._ref(f"agent_of_{key}"), today
        ).tell(company, mandate)
        run = self._run(company, today, send=False)
        self._tell_interest(run, users, today)
        run.action_compute()
        self._archive_letters(company)
        self.env["collection.account"]._refresh()
        self._tell_agents(today)
        DemoPortal(self.env, users, self._ref("agent_of_agent")).tell(mandate, today)
        self.env["collection.account"]._rank()

    def _run(self, company, date, send=True, last=False):
        """A dunning run of the credit manager, whose letters left the same day."""
        Run = self.env["collection.dunning.run"].with_context(ir_sequence_date=date)
        run = Run.create({"company_id": company.id, "date": date})
        run.action_compute()
        if not send:
            return run
        run.action_confirm()
        letters = run.letter_ids.filtered(
            lambda letter: letter.state == "to_send" and letter.channel != "call"
        )
        letters -= self._hold_back(letters, last)
        # not _send: these letters are history, no mail may go out for them
        letters._set_channels()
        letters._mark_sent()
        letters.date_sent = moment(date, 10)
        letters.filtered("by_email").delivery_state = "handed_over"
        by_post = letters.filtered("by_post")
        if not last:
            # the letters of the last run wait on the list of those to post
            for number, letter in enumerate(by_post._in_address_order(), start=1):
                letter.write(
                    {"date_printed": moment(date, 11), "print_sequence": number}
                )
        for number, letter in enumerate(
            by_post.filtered(lambda letter: letter.channel == "registered"), start=1
        ):
            letter.tracking_number = f"1A 214 507 {date:%d%m} {number}"
            if not last:
                letter.date_presented = date + timedelta(days=3)
        return run

    def _hold_back(self, letters, last):
        """Letters that did not leave with the others: one of each kind."""
        by_channel = letters.grouped("channel")
        emails = by_channel.get("email", letters.browse())
        if not last:
            emails[-1:]._cancel("Réglé le jour même")
            return emails[-1:]
        emails[-1:].write(
            {
                "state": "error",
                "state_reason": "Adresse refusée par le serveur du destinataire",
            }
        )
        # waiting at the counter of the post office
        return emails[-1:] | by_channel.get("registered", letters.browse())[-2:]

    def _classify(self, company):
        """Give the other customers the segments of the rules, as a manager does."""
        wizard = self.env["collection.classify"].create({"company_id": company.id})
        wizard.action_preview()
        wizard.action_apply()
        wizard.unlink()

    def _archive_letters(self, company):
        """File the sent letters as PDF, where there is a renderer."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() != "ok":
            return
        letters = self.env["collection.letter"].search(
            [("company_id", "=", company.id), ("state", "=", "sent")]
        )
        documents = letters._render_pdf_each()
        # in tests a report is rendered as HTML only
        documents = {
            letter: content
            for letter, content in documents.items()
            if content.startswith(b"%PDF")
        }
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": letter._get_file_name(),
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": letter._name,
                    "res_id": letter.id,
                }
                for letter, content in documents.items()
            ]
        )
        for letter, attachment in zip(documents, attachments, strict=True):
            letter.attachment_id = attachment

    def _tell_agents(self, today):
        """Who is away and replaced, how many calls each makes, what they learnt."""
        absent = self._ref("agent_of_collector_2")
        absent.write(
            {
                "absent_from": today - timedelta(days=1),
                "absent_to": today + timedelta(days=6),
                "substitute_id": self._ref("agent_of_collector").id,
            }
        )
        for key, capacity in (("collector", 40), ("agent", 60), ("on_site", 50)):
            self._ref(f"agent_of_{key}").capacity = capacity
        self.env["collection.agent.training"].create(
            [
                {
                    "agent_id": self._ref(f"agent_of_{key}").id,
                    "date": today - timedelta(days=days),
                    "topic": topic,
                    "hours": hours,
                }
                for key, days, topic, hours in (
                    ("collector", 120, "Écoute active et objections", 7.0),
                    ("collector", 30, "Pénalités de retard : ce que dit la loi", 3.5),
                    ("agent", 45, "Le ton de la maison Bellardoux", 3.5),
                    ("agent", 20, "Proposer le prélèvement SEPA", 2.0),
                    ("agent_2", 60, "Mahnwesen : appeler en allemand", 7.0),
                    ("on_site", 15, "Le ton de la maison Bellardoux", 3.5),
                )
            ]
        )
        # one customer has asked to be written to
        self._account_without_calls()

    def _account_without_calls(self):
        account = self.env["collection.account"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("delegation_state", "=", "in_house"),
                ("amount_overdue", ">", 0),
                ("insolvency_date", "=", False),
            ],
            order="amount_overdue, id",
            limit=1,
        )
        account.do_not_call = True

    def _tell_stories(self, customers, users, ledger, date):
        """Disputes, credits and customers in trouble, some weeks ago."""
        disputes = [
            ("valdoree", "price", 0.4, "in_progress", "Tarif 2e palier non appliqué."),
            ("tilleuls", "quality", 1, "open", "Lot de café périmé à la livraison."),
            ("finch", "not_received", 1, "open", "Invoice never reached the office."),
            ("orphise", "quantity", 0.3, "open", "Deux cartons manquants."),
            ("genevriers", "late_delivery", 1, "rejected", "Livré après l'ouverture."),
            ("brevaux", "missing_order", 1, "in_progress", "Bon de commande absent."),
        ]
        for position, (key, reason, share, state, text) in enumerate(disputes):
            item = ledger.open_items(key)[:1]
            if not item:
                continue
            ledger.withheld.add(item.move_line_id.id)
            dispute = self.env["collection.dispute"].create(
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "amount": item.currency_id.round(item.amount_residual * share),
                    "reason_id": self.env.ref(
                        f"account_collection.dispute_reason_{reason}"
                    ).id,
                    "description": text,
                    "date_opened": date,
                    "owner_id": customers[key]["partner"].user_id.id,
                    "deadline": date + timedelta(days=19 + 3 * position),
                }
            )
            if state == "in_progress":
                dispute.action_in_progress()
            elif state == "rejected":
                dispute._decide(
                    "rejected", "Livré dans le créneau convenu, bon signé à 7 h 40."
                )
        ledger.insolvent.add("moulin")
        customers["moulin"]["account"].write(
            {
                "insolvency_date": date,
                "insolvency_publication_date": date + timedelta(days=9),
                "insolvency_administrator_id": self.env["res.partner"]
                .create(
                    {
                        "name": "SELARL Aubertin-Vallier, mandataire judiciaire",
                        "is_company": True,
                        "city": "Lyon",
                        "country_id": self.env.ref("base.fr").id,
                    }
                )
                .id,
            }
        )
        for key, amount, reason in (
            ("pontneuf", 180.0, "Avoir pour casse au transport"),
            ("sandro", 90.0, "Avoir pour retour de capsules"),
            ("rhodanes", 260.0, "Avoir pour remise de fin d'année"),
        ):
            items = ledger.open_items(key)[:1]
            if items:
                ledger.credit(key, date, amount, reason, items=items)

    def _tell_today(self, customers, users, ledger, today):
        """Holds, blocked invoices and open credits that today's run meets."""

        def day(days_ago):
            return today - timedelta(days=days_ago)

        for key, days, reason in (
            ("traverses", 10, "Geste commercial en cours, voir avec la direction"),
            ("montferrel", 6, "Audit de leurs comptes fournisseurs"),
        ):
            customers[key]["account"].write(
                {"hold_until": today + timedelta(days=days), "hold_reason": reason}
            )
        # single invoices: one on hold, one whose level a collector has set
        ledger.open_items("barjavel")[:1].write(
            {
                "hold_until": today + timedelta(days=8),
                "hold_reason": "Copie de la facture demandée par leur comptable",
            }
        )
        item = ledger.open_items("pluvinet")[:1]
        ladder = item._get_policies()._ordered_levels()
        collector = item.with_user(users["collector"]).sudo()
        collector._set_level(
            ladder[2:3], day(6), "Relance ferme envoyée depuis l'ancien logiciel"
        )
        blocked = ledger.open_items("altiforge")[:1].move_id
        if blocked:
            blocked.action_toggle_block_payment()
        ledger.open_items("crous")[:1].move_id.no_followup = True
        ledger.receive("rhodanes", day(3), 1500.0)
        ledger.receive("escale", day(2), 120.0)
        ledger.receive("semaphore", day(4), 400.0)
        ledger.credit("chollier", day(5), 60.0, "Avoir pour emballages consignés")
        ledger.credit("orfeuille", day(7), 450.0, "Avoir pour vaisselle cassée")
        item = ledger.open_items("frimaldi")[:1]
        if item:
            share = item.move_id.amount_untaxed / item.move_id.amount_total
            amount = item.amount_residual * share
            ledger.credit("frimaldi", day(1), amount, "Avoir pour marchandise rendue")
        ledger.pay_short("vauquelin", day(3), 0.6)
        self._bounce_one(customers)
        self._tidy_diaries(customers, today)
        for key, days, action in (
            ("confluent", 0, "Appeler Bruno Tissandier sur le relevé"),
            ("valdoree", 0, "Relancer la décision sur le litige de prix"),
            ("orfeuille", 0, "Convenir d'un échéancier avec Laure Estival"),
            ("tressandine", 0, "Vérifier l'arrivée du virement"),
            ("tilleul", 1, "Préparer le rendez-vous avec M. Pontin"),
            ("genevriers", 1, "Envoyer la preuve de livraison"),
        ):
            customers[key]["account"].write(
                {
                    "next_action_date": today + timedelta(days=days),
                    "next_action": action,
                }
            )

    def _tell_interest(self, run, users, today):
        """What being late costs: one gesture, and one claim that waits for posting."""
        manager = users["manager"]
        lines = run.letter_ids.line_ids.filtered("amount_indemnity")
        accounts = lines.letter_id.account_id
        if len(accounts) < 2:
            return
        # shown on the customer's letter of today
        spared = lines.filtered(lambda line: line.letter_id.account_id == accounts[0])
        waiver = (
            self.env["collection.waiver"]
            .with_user(manager)
            .create(
                {
                    "item_ids": [Command.set(spared[:1].item_id.ids)],
                    "date_to": today,
                    "reason": "Livraison incomplète reconnue, client de longue date",
                }
            )
        )
        waiver.line_ids.write({"waived_interest": 0.0, "waived_indemnity": 25.0})
        waiver.action_waive()
        self.env["collection.interest.claim"].with_user(manager).create(
            {"account_ids": [Command.set(accounts[1].ids)], "date_to": today}
        ).action_claim()

    def _tell_promises(self, company, users, today):
        """Promises open, kept and broken, and a plan whose first instalment is due."""
        collector = users["collector"]
        Promise = self.env["collection.promise"].with_user(collector)
        in_house = [
            ("company_id", "=", company.id),
            ("currency_id", "=", company.currency_id.id),
            ("account_id.delegation_state", "=", "in_house"),
            ("account_id.insolvency_date", "=", False),
            ("account_id.segment_id.debtor_type", "=", "private"),
        ]
        late = self.env["collection.item"].search(
            [
                *in_house,
                ("state", "=", "open"),
                ("amount_disputed", "=", 0),
                ("date_due", "<", today - timedelta(days=8)),
                ("hold_until", "=", False),
                ("account_id.hold_until", "=", False),
            ],
            order="date_due desc, id",
        )
        accounts = late.account_id
        stories = [
            # made, promised, means, who
            (2, 4, "transfer", "Service comptabilité"),
            (5, 0, "cheque", "Mme Garance"),
            (12, -6, "transfer", "M. Delorme"),
        ]
        for account, (made, promised, means, person) in zip(
            accounts, stories, strict=False
        ):
            items = late.filtered(lambda item: item.account_id == account)  # noqa: B023
            Promise.create(
                {
                    "account_id": account.id,
                    "item_ids": [Command.set(items.ids)],
                    "amount": sum(items.mapped("amount_residual")),
                    "date_made": today - timedelta(days=made),
                    "date_promised": today + timedelta(days=promised),
                    "payment_means": means,
                    "person": person,
                }
            )
        for item in self.env["collection.item"].search(
            [*in_house, ("state", "=", "closed")], order="id desc", limit=60
        ):
            paid = max(
                item.move_line_id.matched_credit_ids.credit_move_id.mapped("date"),
                default=None,
            )
            if not paid or not today - timedelta(days=20) <= paid <= today:
                continue
            Promise.create(
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "amount": item.amount_total,
                    "date_made": paid - timedelta(days=4),
                    "date_promised": paid,
                    "payment_means": "transfer",
                }
            )
            break
        if len(accounts) > len(stories):
            account = accounts[len(stories)]
            items = late.filtered(lambda item: item.account_id == account)
            plan = (
                self.env["collection.payment.plan"]
                .with_user(users["manager"])
                .create(
                    {
                        "account_id": account.id,
                        "item_ids": [Command.set(items.ids)],
                        "date_start": today - timedelta(days=10),
                        "date_first": today + timedelta(days=5),
                        "payment_means": "transfer",
                        "person": "La gérante",
                    }
                )
            )
            plan.action_split()
            plan.action_agree()

    def _look_at(self, placement, users, date):
        """The provider's people go through their list and open some customers."""
        for key, rank in (("agent", 0), ("supervisor", 2), ("on_site", 1)):
            accounts = self._still_active(placement).account_id.with_user(users[key])
            accounts._record_access("list")
            accounts[rank::3]._record_access("form" if key == "on_site" else "page")
            accounts[rank : rank + 1]._record_access("invoice")
        # the log cannot be written to: these reads are told as of their day
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_access_log
                   SET date = %s + id %% 400 * interval '1 minute'
                 WHERE date::date = %s
                """,
                moment(date, 8),
                fields.Datetime.now().date(),
            )
        )
        self.env["collection.access.log"].invalidate_model()

    def _tell_provider(self, mandate, users, today):
        """What the provider's agent agreed, and the meetings with his company."""
        agent = self._ref("agent_of_agent")
        accounts = self.env["collection.account"].search(
            [
                ("mandate_id", "=", mandate.id),
                ("delegation_state", "=", "delegated"),
                ("amount_overdue", ">", 0),
                ("amount_disputed", "=", 0),
            ],
            order="amount_overdue desc, id",
        )
        mine = [
            account.with_user(users["agent"])
            for account in accounts
            if account.agent_id == agent
            and account.with_user(users["agent"])._get_items_to_agree()
        ]
        # the largest asks for more time than the agent may grant
        for account, count in zip(mine[:1], (6,), strict=False):
            # nobody is written to about what the demo data ask for
            account.with_context(mail_activity_quick_update=True)._portal_propose_plan(
                {
                    "instalment_count": count,
                    "date_first": today + timedelta(days=12),
                    "payment_means": "transfer",
                    "person": "Mme Roussel, comptabilité",
                }
            )
        for account, days, person in zip(
            mine[1:3], (3, 8), ("M. Vasseur", "Mme Kessler"), strict=False
        ):
            items = account._get_items_to_agree()
            account._portal_new_promise(
                {
                    "amount": sum(items.mapped("amount_residual")),
                    "date_promised": today + timedelta(days=days),
                    "payment_means": "transfer",
                    "person": person,
                    "item_ids": items.ids,
                }
            )
        participants = (users["manager"] | users["supervisor"]).partner_id
        self.env["collection.mandate.review"].create(
            [
                {
                    "mandate_id": mandate.id,
                    "date": today - timedelta(days=7),
                    "participant_ids": [Command.set(participants.ids)],
                    "agenda": "<p>Premiers appels, clients non joints, litiges.</p>",
                    "minutes": "<p>Les numéros manquants sont fournis avant vendredi. "
                    "Les litiges prix remontent le jour même.</p>",
                },
            ]
        ).action_hold()
        mandate.review_ids.filtered(
            lambda review: review.state == "planned"
        ).agenda = "<p>Promesses tenues, échéanciers, qualité des appels.</p>"

    def _tell_bills(self, company, users, today):
        """Bills to send, out and late, and invoices to check before they fall due."""
        items = self.env["collection.item"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("account_id.delegation_state", "=", "in_house"),
                ("account_id.segment_id.debtor_type", "=", "private"),
                ("date_due", ">", today),
            ],
            order="date_due, id",
        )
        Bill = self.env["collection.bill"].with_user(users["collector"])
        soon = items.filtered(lambda item: item.date_due < today + timedelta(days=15))
        later = items - soon
        bills = Bill.create(
            [
                {"account_id": item.account_id.id, "item_ids": [Command.set(item.ids)]}
                for item in [*soon[:1], *later[-3:]]
            ]
        )
        out = bills[:-1]
        out.action_send()
        out.date_sent = today - timedelta(days=20)
        out[1:2].action_accept()
        self.env["collection.bill"]._cron_follow()
        prechecks = self.env["collection.precheck"]._cron_generate()
        prechecks[:1].with_user(users["collector"]).write(
            {"person": "Mme Lescure", "received": True, "conforms": True}
        )

    def _bounce_one(self, customers):
        """The e-mail of one customer's last reminder came back."""
        accounts = self.env["collection.account"].union(
            *[row["account"] for row in customers.values()]
        )
        letters = accounts.letter_ids.filtered(
            lambda letter: (
                letter.state == "sent"
                and letter.by_email
                and letter.account_id.delegation_state == "in_house"
                and letter.line_ids.item_id.filtered(lambda item: item.state == "open")
            )
        ).sorted("date_sent")
        letters[-1:]._mark_failed(
            "bounced",
            "550 5.1.1 Adresse inconnue : la boîte du destinataire n'existe pas",
        )

    def _tidy_diaries(self, customers, today):
        """Nobody leaves an action undone for weeks, nor one for a customer who paid."""
        accounts = self.env["collection.account"].union(
            *[row["account"] for row in customers.values()]
        )
        planned = accounts.filtered("next_action_date")
        done = planned.filtered(lambda account: not account.amount_overdue)
        done.write({"next_action_date": False, "next_action": False})
        late = (planned - done).filtered(
            lambda account: account.next_action_date < today - timedelta(days=2)
        )
        for position, account in enumerate(late):
            account.next_action_date = today + timedelta(days=position % 4 - 1)

    # ------------------------------------------------------------------
    # Delegation
    # ------------------------------------------------------------------

    def _create_mandate(self, company, users, today):
        segments = self.env["collection.segment"].search(
            [("delegation", "!=", "never"), ("code", "!=", "key_account")]
        )
        mandate = self.env["collection.mandate"].create(
            {
                "name": "Relance TPE, PME et collectivités",
                "provider_id": self._ref("orvalis").id,
                "company_id": company.id,
                "user_id": users["manager"].id,
                "extent": "partial",
                "mode": "in_name",
                "phase": "off_site",
                "date_start": today - timedelta(days=120),
                "date_end": today + timedelta(days=245),
                "segment_ids": [Command.set(segments.ids)],
                "min_days_overdue": 30,
                "plan_instalments": 3,
                "plan_amount": 2000.0,
                "agent_ids": [
                    Command.set(
                        [
                            self._ref(f"agent_of_{key}").id
                            for key in ("supervisor", "agent", "on_site")
                        ]
                    )
                ],
            }
        )
        mandate.action_agree()
        mandate.action_start()
        self._name_records({"mandate": mandate})
        return mandate

    def _choose(self, company, date, limit):
        """Late customers in-house, the largest amounts of each segment in turn."""
        accounts = self.env["collection.account"].search(
            Domain("company_id", "=", company.id)
            & Domain("delegation_state", "=", "in_house")
            & Domain("insolvency_date", "=", False)
            & Domain("oldest_due_date", "<=", date - timedelta(days=30))
            & Domain("partner_id.country_id.code", "=", "FR")
            & Domain("segment_id.code", "!=", "key_account"),
            order="amount_overdue desc, id",
        )
        accounts = accounts.filtered(lambda account: not account.amount_disputed)
        queues = [list(group) for group in accounts.grouped("segment_id").values()]
        chosen = []
        while any(queues) and len(chosen) < limit:
            chosen += [queue.pop(0) for queue in queues if queue]
        return accounts.browse([account.id for account in chosen[:limit]])

    def _hand_over(self, mandate, accounts, date):
        Placement = self.env["collection.placement"].with_context(ir_sequence_date=date)
        placement = Placement.create(
            {
                "mandate_id": mandate.id,
                "date": date,
                "extent": "manual",
                "line_ids": [
                    Command.create({"account_id": account.id}) for account in accounts
                ],
            }
        )
        placement.action_hand_over()
        placement.action_accept()
        for line in placement.line_ids:
            late = line.item_ids.filtered(lambda held: held.date_due < date)
            line.amount_overdue = sum(late.mapped("amount_company"))
        return placement

    def _share_out(self, placement, agents):
        """Give the accounts to the agents in turn."""
        for position, line in enumerate(placement.line_ids):
            line.account_id.agent_id = agents[position % len(agents)]

    def _hand_over_abroad(self, company, customers, users, today, date):
        """A second provider tries its hand at the customers abroad."""
        segment = self.env["collection.segment"].search([("code", "=", "sme")])
        bank = self.env["res.partner.bank"].create(
            {
                "acc_number": "FR7610278010120001234567874",
                "partner_id": self._ref("meridiane").id,
            }
        )
        mandate = self.env["collection.mandate"].create(
            {
                "name": "Clients étrangers",
                "provider_id": self._ref("meridiane").id,
                "company_id": company.id,
                "user_id": users["manager"].id,
                "extent": "partial",
                "mode": "on_behalf",
                "reference": "MGC-2118",
                "payment_bank_id": bank.id,
                "phase": "off_site",
                "date_start": today - timedelta(days=30),
                "date_end": today + timedelta(days=60),
                "segment_ids": [Command.set(segment.ids)],
                "agent_ids": [Command.set(self._ref("agent_of_agent_2").ids)],
            }
        )
        mandate.action_agree()
        mandate.action_pilot()
        self._name_records({"mandate_abroad": mandate})
        accounts = self.env["collection.account"].union(
            *[
                customers[key]["account"]
                for key in ("rheinblick", "silberdistel", "marlowe")
            ]
        )
        placement = self._hand_over(mandate, accounts.filtered("amount_open"), date)
        self._share_out(placement, mandate.agent_ids)
        # the provider presents itself first; one letter still waits for the manager
        notices = placement.line_ids.account_id.letter_ids.filtered("mandate_id")
        self._file_as_sent(notices[1:], date)

    def _write_other_letters(self, company, date):
        """One letter of each kind outside the ladder: a plan and a bill to check,
        the others sent today."""
        Account = self.env["collection.account"]
        domain = Domain("company_id", "=", company.id)
        late = Account.search(
            domain
            & Domain("amount_overdue", ">", 0)
            & Domain("delegation_state", "=", "in_house")
            & Domain("insolvency_date", "=", False)
            & Domain("amount_disputed", "=", 0)
            & Domain("partner_id.country_id.code", "=", "FR"),
            limit=4,
        )
        plan, promise, statement, bill = late
        kind = self.env["collection.letter.kind"]._get_kind("payment_plan", company)
        items = plan._get_usual_items(kind)[plan]
        owed = sum(item.amount_residual for item in items)
        plan._write_letter(
            "payment_plan",
            fact_amount=owed,
            payment_means="transfer",
            details=plan._get_instalments(
                owed, 4, date + timedelta(days=15), items.currency_id
            ),
        )
        bill._write_letter(
            "bill_return",
            fact_reference="LCR 2026-118",
            fact_amount=bill.amount_open,
            fact_date=date + timedelta(days=40),
        )
        sent = statement._write_letter("statement")
        item = promise.item_ids.filtered(
            lambda item: item.state == "open" and item.days_overdue > 0
        )[:1]
        sent |= promise._write_letter(
            "promise_confirmation",
            items=item,
            fact_amount=item.amount_residual,
            fact_date=date + timedelta(days=7),
            payment_means="transfer",
        )
        settled = Account.search(
            domain
            & Domain("amount_open", "=", 0)
            & Domain("item_ids.state", "=", "closed"),
            limit=1,
        )
        paid = settled.item_ids[-1:]
        sent |= settled._write_letter(
            "receipt",
            items=paid,
            fact_amount=paid.amount_total,
            fact_date=date - timedelta(days=1),
            payment_means="transfer",
        )
        sent |= settled._write_letter("thanks")
        self._file_as_sent(sent, date)

    def _file_as_sent(self, letters, date):
        """Number the letters and file them: no mail may go out for them."""
        letters = letters._confirm()
        letters._mark_sent()
        letters.date_sent = moment(date, 10)

    def _recall_one(self, placement):
        """The manager takes one customer back: the management deals with him."""
        account = self._still_active(placement)[1:2].account_id
        if account:
            wizard = self.env["collection.recall"].create(
                {
                    "account_ids": [Command.set(account.ids)],
                    "reason": "customer_request",
                    "note": "le client souhaite un rendez-vous avec la direction",
                }
            )
            wizard.action_recall()
            wizard.unlink()

    def _pay_one(self, placement, customers, ledger, date):
        """One customer settles everything a week after the provider's first call."""
        account = self._still_active(placement)[2:3].account_id
        for key, row in customers.items():
            if row["account"] == account:
                ledger.pay_all(key, date)

    def _still_active(self, placement):
        return placement.line_ids.filtered(lambda line: line.state == "active")
