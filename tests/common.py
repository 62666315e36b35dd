import base64
import gc
import json
import re
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import Command, fields, models
from odoo.sql_db import Cursor
from odoo.tests import new_test_user
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.base.tests.common import BaseCommon

from .posted_copies import PostedCopies

#: what is said to the database about a table of this module, or about itself
OWN_STATEMENT = re.compile(
    r'(?:(?:FROM|JOIN|INTO|UPDATE)\s+"?collection_\w+|^\s*SET\b.*)'
)
#: the parameter that names what classes start from, where `bin/test` has made it
PREPARED = "account_collection.prepared_for_tests"
#: who does the work of the tests
ACCOUNTANT = "bookkeeper"
#: (attribute, login, groups) of these people
PEOPLE = (
    ("manager_user", "collection_manager", "group_collection_manager"),
    ("collector_user", "collection_user", "group_collection_user"),
    ("accountant_user", "collection_accountant", "account.group_account_invoice"),
    ("plain_internal_user", "collection_plain", "base.group_user"),
    ("plain_portal_user", "collection_portal", "base.group_portal"),
    ("agent_user", "collection_agent", "group_collection_provider"),
    ("supervisor_user", "collection_supervisor", "group_collection_provider"),
    ("other_agent_user", "collection_other_agent", "group_collection_provider"),
    ("on_site_user", "collection_on_site", "group_collection_on_site"),
)


class CollectionCommon(PostedCopies, AccountTestInvoicingCommon):
    """A French company that keeps its books in euros, its people and its provider.

    `cls.env` is the accountant who is also a credit manager; what depends on rights
    is tested with the users below, none of whom may do more than his role needs.
    """

    chart_template = "generic_coa"
    #: False: a company that no other connection knows, whatever is done to it
    shares_company = True
    #: False: each invoice is made and posted by core, see `posted_copies.py`
    copies_invoices = True
    #: a second one, which `setup_other_company` brings to light, if it was prepared
    other_company_data = None

    @classmethod
    def setUpClass(cls):
        # past the classes of core, whose products, taxes and partners nobody needs here
        super(BaseCommon, cls).setUpClass()
        if not cls._take_prepared():
            cls._make()

    @classmethod
    def _make(cls):
        """Make what the tests start from."""
        cls.env = cls.env(context=cls.default_env_context())
        user = cls.env["res.users"].search([("login", "=", ACCOUNTANT)])
        cls.env = cls.env(
            user=user
            or new_test_user(
                cls.env,
                name="Accountant",
                login=ACCOUNTANT,
                email="accountant@test.com",
                group_ids=(
                    cls.get_default_groups()
                    | cls.env.ref("account_collection.group_collection_manager")
                ).ids,
            )
        )
        cls.env.user.write(cls._belongs_to(cls.setup_independent_company()))
        cls.company = cls.env.company
        cls.company_data = cls.collect_company_accounting_data(cls.company)
        # without which payments have no entries
        chart = cls.env["account.chart.template"]
        bank = cls.company_data["default_journal_bank"]
        for side, lines in (
            ("debit", bank.inbound_payment_method_line_ids),
            ("credit", bank.outbound_payment_method_line_ids),
        ):
            lines[0].payment_account_id = chart.ref(
                f"account_journal_payment_{side}_account_id"
            )
        # what French letters must carry
        cls.company.write(
            {
                # how far people may go alone is the matter of TestGrantLimits
                "collection_promise_last_days": 800,
                "collection_promise_share": 0.0,
                "company_registry": "55203253400646",
                "report_footer": "SAS au capital de 50 000 € – RCS Paris 552 032 534",
                "street": "1 rue de la Paix",
                "zip": "75002",
                "city": "Paris",
                "collection_signatory": "Camille Martin, credit manager",
            }
        )
        cls.env["res.partner.bank"].create(
            {
                "acc_number": "FR7630006000011234567890189",
                "partner_id": cls.company.partner_id.id,
            }
        )

        # Ladder of the scenarios of the peers' comparison ("A")
        cls.policy = cls._policy(
            "Ladder A",
            [("due", 7), ("eom", 15), ("previous", 14)],
            tolerance=5.0,
        )
        cls.level_1, cls.level_2, cls.level_3 = cls.policy.level_ids
        cls.company.collection_policy_id = cls.policy

        cls.customer = cls._customer("Nord")
        cls.other_customer = cls._customer("Vela")

        for attribute, login, groups in PEOPLE:
            # nobody works for two companies
            login += "" if cls.shares_company else "_apart"
            setattr(cls, attribute, cls._user(login, groups))

        cls.provider = cls.env["res.partner"].create(
            {"name": "Provider One", "is_company": True}
        )
        cls.other_provider = cls.env["res.partner"].create(
            {"name": "Provider Two", "is_company": True}
        )
        cls.agent = cls._agent(cls.agent_user, cls.provider)
        cls.supervisor = cls._agent(cls.supervisor_user, cls.provider, supervisor=True)
        cls.on_site_agent = cls._agent(cls.on_site_user, cls.provider)
        cls.other_agent = cls._agent(cls.other_agent_user, cls.other_provider)
        cls.mandate = cls._mandate(
            cls.provider, cls.agent | cls.supervisor | cls.on_site_agent
        )
        cls.other_mandate = cls._mandate(cls.other_provider, cls.other_agent)

    @classmethod
    def setup_independent_company(cls, **kwargs):
        return cls._create_company(
            **{
                "name": "Tested" if cls.shares_company else "Tested Apart",
                "country_id": cls.env.ref("base.fr").id,
                "currency_id": cls._enable_currency("EUR").id,
                **kwargs,
            }
        )

    @classmethod
    def setup_other_company(cls, **kwargs):
        company = cls.other_company_data and cls.other_company_data["company"]
        if (
            company
            and company not in cls.env.user.company_ids
            and kwargs.keys() <= {"name"}
        ):
            company.write({"active": True, "name": "company_2", **kwargs})
            cls.env.user.company_ids |= company
            return dict(cls.other_company_data)
        company = cls._create_company(**{"name": "company_2", **kwargs})
        # its day begins when that of the first one does; its country is far away
        company.partner_id.tz = "Europe/Paris"
        return cls.collect_company_accounting_data(company)

    # ------------------------------------------------------------------
    # What is made once for all classes
    # ------------------------------------------------------------------

    @classmethod
    def _prepare(cls):
        """Make and save what every class would make anew."""
        cls.setUpClass()
        try:
            cls.other_company_data = cls.setup_other_company(name="Other Tested")
            cls._make_models(cls.company_data)
            cls._make_models(cls.other_company_data)
            # nobody knows of it until a test asks for it
            cls.env.user.write(cls._belongs_to(cls.company))
            cls.other_company_data["company"].active = False
            cls.env["ir.config_parameter"].sudo().set_param(
                PREPARED,
                json.dumps([cls.env.uid, cls._get_made(), cls.copied_models]),
            )
            cls.env.flush_all()
            # what waits for the company to be saved would load the chart of its
            # country beside the one of the tests
            cls.env.cr.precommit.clear()
            Cursor.commit(cls.env.cr)
        finally:
            cls.tearDownClass()
            cls.doClassCleanups()

    @classmethod
    def _get_made(cls):
        """Records by the attributes in which they are found, and by the keys of those
        that are dictionaries."""
        made = {}
        for name, value in vars(cls).items():
            values = value if isinstance(value, dict) else {"": value}
            for key, records in values.items():
                if isinstance(records, models.BaseModel):
                    made.setdefault(name, {})[key] = [records._name, records.ids]
        return made

    @classmethod
    def _take_prepared(cls):
        """Find what `bin/test` has prepared; return whether there is any."""
        prepared = cls.env["ir.config_parameter"].get_param(PREPARED)
        if not prepared or not cls.shares_company:
            return False
        uid, made, cls.copied_models = json.loads(prepared)
        cls.env = cls.env(user=uid, context=cls.default_env_context())
        for name, values in made.items():
            found = {
                key: cls.env[model].browse(ids) for key, (model, ids) in values.items()
            }
            setattr(cls, name, found.get("", found))
        # they joined on the day on which they are made, whatever day it is
        today = fields.Date.context_today(cls.env.user)
        (cls.mandate | cls.other_mandate).member_ids.date_joined = today
        return True

    # ------------------------------------------------------------------
    # Master data
    # ------------------------------------------------------------------

    @classmethod
    def _user(cls, login, groups, **values):
        """A user of the test company who belongs to `groups` and nothing else."""
        full_names = ",".join(
            name if "." in name else f"account_collection.{name}"
            for name in groups.split(",")
        )
        return new_test_user(
            cls.env(su=True),
            login=login,
            groups=full_names,
            tz="Europe/Paris",
            **cls._belongs_to(cls.company),
            **values,
        ).with_env(cls.env)

    @classmethod
    def _belongs_to(cls, company):
        return {
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
        }

    @classmethod
    def _agent(cls, user, provider, **values):
        return cls.env["collection.agent"].create(
            {"user_id": user.id, "provider_id": provider.id, **values}
        )

    @classmethod
    def _mandate(cls, provider, agents, **values):
        """A live mandate of `provider` on which `agents` work."""
        mandate = cls.env["collection.mandate"].create(
            {
                "name": f"Mandate of {provider.name}",
                "provider_id": provider.id,
                "agent_ids": [Command.set(agents.ids)],
                "date_start": "2020-01-01",
                # as for the company
                "promise_last_days": 800,
                "promise_share": 0.0,
                **cls._get_ground(),
                **values,
            }
        )
        cls._start(mandate)
        return mandate

    @classmethod
    def _get_ground(cls):
        """What a mandate needs to turn into one for the account of the company."""
        return {
            "reference": "REF-1",
            "guarantee_terms": "Up to 500,000",
            "price_terms": "8 % of what is received",
            "document_ids": [
                Command.create(
                    {
                        "kind": kind,
                        "name": kind,
                        "date_end": "2099-12-31",
                        "document": base64.b64encode(b"%PDF-1.4"),
                    }
                )
                for kind in ("insurance", "declaration", "account")
            ],
        }

    @classmethod
    def _start(cls, mandate):
        """Go live, whatever the contract lacks: that is tested elsewhere."""
        nothing = patch.object(
            cls.env.registry["collection.mandate"], "_get_missing", lambda *args: []
        )
        with nothing:
            mandate.action_agree()
            mandate.action_start()
        # tests plan the reviews they need
        mandate.review_ids.unlink()

    @classmethod
    def _policy(cls, name, levels, **values):
        """A policy with `levels`: (basis, days) or (basis, days, values) each."""
        commands = []
        for position, (basis, days, *more) in enumerate(levels, start=1):
            commands.append(
                Command.create(
                    {
                        "sequence": position * 10,
                        "name": f"{name} L{position}",
                        "subject": f"Reminder {position}",
                        "delay_basis": basis,
                        "delay_days": days,
                        "channel": "post",
                        **(more[0] if more else {}),
                    }
                )
            )
        return cls.env["collection.policy"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "level_ids": commands,
                "tolerance": 0.0,
                **values,
            }
        )

    @classmethod
    def _customer(cls, name, **values):
        return cls._customers_named([name], **values)

    @classmethod
    def _customers_named(cls, names, **values):
        return cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "email": f"{name.lower().replace(' ', '.')}@customer.example.com",
                    "country_id": cls.env.ref("base.fr").id,
                    "property_account_receivable_id": cls.company_data[
                        "default_account_receivable"
                    ].id,
                    **values,
                }
                for name in names
            ]
        )

    @classmethod
    def _today(cls):
        """The day of the users above: in Paris it begins before midnight UTC."""
        return fields.Date.context_today(cls.env.user.with_context(tz="Europe/Paris"))

    # ------------------------------------------------------------------
    # Ledger
    # ------------------------------------------------------------------

    @classmethod
    def _invoice(cls, partner, amount, date_due, post=True, **values):
        """An invoice without tax over `amount`, by default dated 30 days before."""
        rows = [(partner, amount)]
        if not post:
            return cls._draft_invoices(rows, date_due, **values)
        return cls._invoices(rows, date_due, **values)

    @classmethod
    def _invoices(cls, rows, date_due, **values):
        """A posted invoice as above for each of `rows`, (customer, amount)."""
        copies = cls._copy_invoices(rows, date_due, **values)
        if copies:
            return copies
        invoices = cls._draft_invoices(rows, date_due, **values)
        invoices.action_post()
        return invoices

    @classmethod
    def _copy_invoices(
        cls,
        rows,
        date_due,
        date=None,
        currency=None,
        company_data=None,
        move_type="out_invoice",
        **values,
    ):
        """The same as copies of another; None where core has to make them."""
        company = (company_data or cls.company_data)["company"]
        foreign = currency and currency != company.currency_id
        if foreign or values or not cls.copies_invoices:
            return None
        date_due = fields.Date.to_date(date_due)
        days = {
            "date": fields.Date.to_date(date) or date_due - relativedelta(days=30),
            "date_due": date_due,
        }
        return cls._post_copies(
            [
                {"partner": partner, "amount": amount, **days}
                for partner, amount in rows
            ],
            company_data,
            move_type,
        )

    @classmethod
    def _draft_invoices(
        cls,
        rows,
        date_due,
        date=None,
        currency=None,
        move_type="out_invoice",
        company_data=None,
        **values,
    ):
        """A draft of an invoice for each of `rows`, (customer, amount).

        Made at once, each takes a fifth of the time.
        """
        data = company_data or cls.company_data
        date_due = fields.Date.to_date(date_due)
        return (
            cls.env["account.move"]
            .with_company(data["company"])
            .create(
                [
                    {
                        "move_type": move_type,
                        "partner_id": partner.id,
                        "journal_id": data["default_journal_sale"].id,
                        "invoice_date": date or date_due - relativedelta(days=30),
                        "invoice_payment_term_id": False,
                        "invoice_date_due": date_due,
                        "currency_id": (currency or data["company"].currency_id).id,
                        "invoice_line_ids": [
                            Command.create(
                                {
                                    "name": "Services",
                                    "price_unit": amount,
                                    "tax_ids": [Command.clear()],
                                    "account_id": data["default_account_revenue"].id,
                                }
                            )
                        ],
                        **values,
                    }
                    for partner, amount in rows
                ]
            )
        )

    @classmethod
    def _credit_note(cls, partner, amount, date, **values):
        """A posted credit note that is not matched with anything."""
        return cls._invoice(
            partner, amount, date, date=date, move_type="out_refund", **values
        )

    @classmethod
    def _receivable_lines(cls, moves):
        return moves.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    @classmethod
    def _payment(cls, partner, amount, date, currency=None, company_data=None):
        """A posted customer payment that is not matched with anything."""
        data = company_data or cls.company_data
        payment = (
            cls.env["account.payment"]
            .with_company(data["company"])
            .create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": partner.id,
                    "amount": amount,
                    "date": date,
                    "currency_id": (currency or data["company"].currency_id).id,
                    "journal_id": data["default_journal_bank"].id,
                    "payment_method_line_id": data["default_journal_bank"]
                    .inbound_payment_method_line_ids[:1]
                    .id,
                }
            )
        )
        payment.action_post()
        return payment

    @classmethod
    def _pay(cls, invoice, amount=None, date=None, currency=None):
        """Pay `invoice`, in whole by default, and reconcile it; return the payment."""
        payment = cls._payment(
            invoice.commercial_partner_id,
            invoice.amount_residual if amount is None else amount,
            date or fields.Date.today(),
            currency=currency or invoice.currency_id,
        )
        cls._reconcile(invoice, payment.move_id)
        return payment

    @classmethod
    def _reconcile(cls, *moves):
        """Match the open receivable journal items of `moves` with each other."""
        lines = cls._receivable_lines(moves[0].browse([m.id for m in moves]))
        lines.filtered(lambda line: not line.reconciled).reconcile()

    # ------------------------------------------------------------------
    # Collections
    # ------------------------------------------------------------------

    @classmethod
    def _result(cls, code):
        """An outcome of calls by its code."""
        return cls.env.ref(f"account_collection.outcome_{code}")

    @classmethod
    def _call_values(cls, account, code="no_answer", **values):
        """Values of a call that is logged whatever the hour; a next action where
        somebody was reached."""
        outcome = cls._result(code)
        if outcome.contact != "none":
            values.setdefault("next_action_date", fields.Date.add(cls._today(), days=7))
        return {
            "account_id": account.id,
            "outcome_id": outcome.id,
            "obstacle_reason": "A test, at any hour",
            **values,
        }

    @classmethod
    def account_of(cls, partner, company=None):
        return cls.env["collection.account"].search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", (company or cls.company).id),
            ]
        )

    @contextmanager
    def _undone(self):
        """What is done here is as if it had not been, afterwards."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()
            self.env.invalidate_all()

    @contextmanager
    def _count_queries(self, cold=True):
        """Count the queries of what is done inside, until all is written.

        An environment knows the time zone and companies of its user as long as it
        lives, and nobody knows when the garbage collector ends it: it does so before,
        and not meanwhile.

        :param cold: with an empty cache; those of the registry stay
        :return: object whose `total` is, in the end, the number of queries
        """
        counter = SimpleNamespace(total=None)
        self.env.flush_all()
        if cold:
            self.env.invalidate_all()
        gc.collect()
        gc.disable()
        try:
            before = self.env.cr.sql_log_count
            yield counter
            self.env.flush_all()
            counter.total = self.env.cr.sql_log_count - before
        finally:
            gc.enable()

    @contextmanager
    def _record_statements(self):
        """List the statements of what is done inside."""
        statements = []
        execute = Cursor.execute

        def recording(cursor, query, *args, **kwargs):
            if isinstance(query, SQL):
                statements.append(query.code)
            else:
                statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", recording):
            yield statements

    def _own_statements(self, function, cold=True):
        """Statements on tables of this module while a document is saved, by the table.

        What changes how they are run counts as one of them.
        """
        self.env.cr.flush()
        if cold:
            self.env.invalidate_all()
        with self._record_statements() as statements:
            function()
            self.env.cr.flush()
        return [
            found[0]
            for statement in statements
            if (found := OWN_STATEMENT.search(statement))
        ]

    def _position_queries(self, function):
        """How many queries the position needs for what the ledger does in `function`.

        `function` reads no position: nothing of it is worked out meanwhile.
        """
        Account = self.env.registry["collection.account"]
        original = Account._follow_lines
        spent = []

        def counting(records, *args):
            with self._count_queries(cold=False) as counter:
                original(records, *args)
            spent.append(counter.total)

        self.env.cr.flush()
        self.patch(Account, "_follow_lines", counting)
        function()
        self.env.flush_all()
        self.assertFalse(spent, "worked out before anybody asked")
        self.env.cr.flush()
        self.patch(Account, "_follow_lines", original)
        [queries] = spent
        return queries

    @classmethod
    def _dispute_reason(cls, code):
        """A reason of the catalogue."""
        return cls.env.ref(f"account_collection.dispute_reason_{code}")

    @classmethod
    def _hand_over(cls, accounts, mandate=None):
        """Hand `accounts` over and let the provider accept them."""
        placement = cls.env["collection.placement"].create(
            {
                "mandate_id": (mandate or cls.mandate).id,
                "extent": "manual",
                "line_ids": [
                    Command.create({"account_id": account.id}) for account in accounts
                ],
            }
        )
        placement.action_hand_over()
        placement._accept()
        return placement

    @classmethod
    def _as_who_works(cls, model, items):
        """`model` as whoever agrees something about `items`: the provider's agent once
        they are handed over."""
        user = cls.agent_user if any(items.mapped("delegated")) else cls.env.user
        return cls.env[model].with_user(user).sudo()

    @classmethod
    def _run(cls, date, user=None, company=None, **values):
        """A computed dunning run, as the credit manager makes it."""
        run = (
            cls.env["collection.dunning.run"]
            .with_user(user or cls.manager_user)
            .create({"date": date, "company_id": (company or cls.company).id, **values})
        )
        run.action_compute()
        return run.with_env(cls.env)

    @classmethod
    def _send(cls, run):
        """Confirm the run and mark its letters as sent, without mail or paper."""
        run.action_confirm()
        run.letter_ids.filtered(lambda letter: letter.state == "to_send")._mark_sent()
        return run


class ViewsCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.env.ref("account_collection.segment_sme")
        cls.reserved_segment = cls.env.ref("account_collection.segment_strategic")
        cls.invoice = cls._invoice(cls.customer, 1000, "2026-03-01")
        cls.other_invoice = cls._invoice(cls.other_customer, 300, "2026-04-15")
        cls.bill = cls._invoice(
            cls.customer,
            50,
            "2026-03-15",
            move_type="in_invoice",
            journal_id=cls.company_data["default_journal_purchase"].id,
        )
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.account.segment_id = cls.segment
        cls.item = cls.invoice.collection_item_ids

    def _menus(self, user):
        """Menus of the application that `user` can reach."""
        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        root = self.env.ref("account_collection.menu_collection_root")
        return (
            self.env["ir.ui.menu"]
            .search([("id", "child_of", root.id)])
            .filtered(
                lambda menu: visible.issuperset(
                    map(int, menu.parent_path.split("/")[:-1])
                )
            )
        )

    def _read_through_view(self, model, arch_fields):
        """Read what a view shows, as the web client does."""
        spec = {}
        for name, description in arch_fields.items():
            if description["type"] in ("many2one", "reference"):
                spec[name] = {"fields": {"display_name": {}}}
            else:
                spec[name] = {}
        return model.web_search_read([], spec, limit=5)
