from contextlib import contextmanager

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import CollectionCommon
from .web_client import WebClient


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestWizardEntries(CollectionCommon):
    """Each wizard opens from each of its entries, with one of everything, with several
    and with none."""

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 10

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company_data = cls.setup_other_company(name="Sister")
        cls.sister = cls.other_company_data["company"]
        cls.users = cls.manager_user | cls.collector_user
        # as a database is after the installation: without a chart of accounts
        cls.bare = cls.env["res.company"].sudo().create({"name": "Bare"})
        for user in cls.users.sudo():
            user.company_ids |= cls.sister | cls.bare
        for partner in (cls.customer, cls.other_customer):
            cls._invoice(partner, 1000, "2026-02-01")
        cls.accounts = cls.account_of(cls.customer) | cls.account_of(cls.other_customer)
        cls.accounts.segment_id = cls.env.ref("account_collection.segment_sme")

    def _open(self, action, user, companies=None):
        """The form that `action` opens for `user`, as the client opens it."""
        context = action.get("context") or {}
        if isinstance(context, str):
            context = safe_eval(context, {"uid": user.id})
        model = self.env[action["res_model"]].with_user(user).with_context(**context)
        if companies:
            model = model.with_context(allowed_company_ids=companies.ids)
        view = next(
            (view for view, kind in action.get("views") or () if kind == "form"), None
        )
        return Form(model, view=view or None)

    @contextmanager
    def _mandates(self, count):
        """As if so many mandates were running, the third of them for the sister."""
        with self._undone():
            (self.mandate | self.other_mandate)[count:].action_end()
            if count == 3:
                self._mandate(self.provider, self.agent, company_id=self.sister.id)
            self.env.flush_all()
            self.env.invalidate_all()
            yield

    def test_every_menu(self):
        """Whatever stands in the menus opens, for whoever sees it."""
        both = self.company | self.sister
        opened = set()
        views = {user: {} for user in self.users}
        for count, companies in (
            (0, self.bare),
            (0, self.company),
            (1, self.company),
            (2, self.company),
            (1, self.sister),
            (3, both),
        ):
            with self._mandates(count):
                for user in self.users:
                    with (
                        self.subTest(
                            mandates=count,
                            user=user.login,
                            companies=companies.mapped("name"),
                        ),
                        self._undone(),
                    ):
                        client = WebClient(self.env, user, companies, views[user])
                        for action in client.get_menu_actions():
                            with client.trying(f"action {action.name}"):
                                client.open(client.load(action), depth=0)
                        self.assertFalse(client.crashes, "\n".join(client.crashes))
                        opened |= client.opened
        self.assertLessEqual(
            {
                "collection.capacity",
                "collection.classify",
                "collection.company.settings",
                "collection.handover",
                "collection.interest.regime",
                "collection.mandate",
                "collection.policy",
            },
            opened,
        )

    def _records(self):
        """What the wizards are opened from: nothing, one and several of each."""
        items = self.accounts.item_ids
        foreign = self._invoice(
            self._customer("Abroad"),
            500,
            "2026-02-01",
            currency=self.setup_other_currency("USD"),
        ).collection_item_ids
        sister = self._invoice(
            self.customer, 700, "2026-02-01", company_data=self.other_company_data
        )
        of_sister = self.account_of(self.customer, company=self.sister)
        self.assertEqual(of_sister.item_ids.move_id, sister)
        run = self._run("2026-03-31")
        return {
            "collection.account": {
                "none": self.accounts.browse(),
                "one": self.accounts[0],
                "several": self.accounts,
                "currencies": self.accounts | foreign.account_id,
                "companies": self.accounts | of_sister,
            },
            "collection.item": {
                "none": items.browse(),
                "one": items[0],
                "several": items,
                "currencies": items | foreign,
                "companies": items | of_sister.item_ids,
            },
            "collection.letter": {
                "one": run.letter_ids[0],
                "several": run.letter_ids,
            },
        }

    def test_every_entry(self):
        """Each selection that a list or a form can send opens its wizard."""
        records = self._records()
        several = {
            "collection.account": {
                "action_hand_over": self.manager_user,
                "action_recall": self.manager_user,
                "action_hold": self.users,
                "action_set_level": self.users,
                "action_waive": self.users,
                "action_claim_interest": self.manager_user,
            },
            "collection.item": {
                "action_hand_over": self.manager_user,
                "action_recall": self.manager_user,
                "action_hold": self.users,
                "action_set_level": self.users,
                "action_waive": self.users,
                "action_claim_interest": self.manager_user,
            },
            "collection.letter": {
                "action_waive": self.users,
                "action_claim_interest": self.manager_user,
            },
        }
        single = {
            "collection.account": {
                "action_compose_letter": self.users,
                "action_log_call": self.users,
                "action_record_means": self.users,
            }
        }
        for count in (0, 1, 3):
            with self._mandates(count):
                self._open_entries(count, records, several, single)

    def _open_entries(self, count, records, several, single):
        companies = self.company | self.sister
        for model, methods in several.items():
            for selection, selected in records[model].items():
                for method, users in methods.items():
                    for user in users:
                        with (
                            self.subTest(
                                method,
                                model=model,
                                selection=selection,
                                mandates=count,
                                user=user.login,
                            ),
                            self._undone(),
                        ):
                            opening = getattr(
                                selected.with_user(user).with_context(
                                    allowed_company_ids=companies.ids
                                ),
                                method,
                            )
                            if method == "action_recall" and selected:
                                # none of them is with a provider, and that is said
                                with self.assertRaises(UserError):
                                    opening()
                                continue
                            self._open(opening(), user, companies)
        for model, methods in single.items():
            for method, users in methods.items():
                for user in users:
                    with (
                        self.subTest(method, mandates=count, user=user.login),
                        self._undone(),
                    ):
                        selected = records[model]["one"].with_user(user)
                        self._open(getattr(selected, method)(), user)

    def _open_handover(self, accounts=None, companies=None):
        action = (
            (accounts if accounts is not None else self.accounts.browse())
            .with_user(self.manager_user)
            .action_hand_over()
        )
        return self._open(action, self.manager_user, companies or self.company)

    def test_hand_over_takes_the_only_mandate(self):
        with self._mandates(1):
            form = self._open_handover(self.accounts)
            self.assertEqual(form.mandate_id, self.mandate)
            wizard = form.save()
            wizard.action_preview()
            self.assertEqual(wizard.go_count, 2)

    def test_hand_over_asks_for_the_mandate(self):
        for accounts in (None, self.accounts):
            form = self._open_handover(accounts)
            self.assertFalse(form.mandate_id)
            self.assertEqual(
                set(form.mandate_ids.ids), set((self.mandate | self.other_mandate).ids)
            )
            with self.assertRaisesRegex(AssertionError, "mandate_id is a required"):
                form.save()
            form.mandate_id = self.other_mandate
            form.method = "total" if accounts is None else "manual"
            wizard = form.save()
            wizard.action_preview()
            self.assertEqual(wizard.go_count, 2)
            self.assertIn("2", wizard.summary)

    def test_hand_over_without_a_mandate(self):
        """The form says so in words, and leads to the mandates."""
        with self._mandates(0):
            form = self._open_handover(self.accounts)
            self.assertFalse(form.mandate_id)
            self.assertFalse(form.mandate_ids)
            self.assertFalse(form.summary)
        view = self.env["collection.handover"].with_user(self.manager_user).get_view()
        [alert] = etree.fromstring(view["arch"]).xpath(
            "//div[@role='alert'][contains(@invisible, 'mandate_ids')]"
        )
        links = alert.xpath(".//a/@href")
        path = self.env.ref("account_collection.collection_mandate_action").path
        self.assertIn(f"/odoo/{path}/new", links)
        self.assertTrue(
            self.env["collection.mandate"]
            .with_user(self.manager_user)
            .has_access("create")
        )

    def test_hand_over_under_what_runs_today(self):
        """Neither a mandate to come nor one that is over is offered."""
        for values in (
            {"date_start": "2026-04-01"},
            {"date_start": "2020-01-01", "date_end": "2026-03-30"},
        ):
            self.other_mandate.write(values)
            form = self._open_handover(self.accounts)
            self.assertEqual(form.mandate_id, self.mandate)
            self.assertEqual(form.mandate_ids.ids, self.mandate.ids)

    def test_hand_over_in_several_companies(self):
        """The customers' company says which mandates there are to choose from."""
        both = self.company | self.sister
        with self._mandates(3):
            theirs = self.env["collection.mandate"].search(
                [("company_id", "=", self.sister.id)]
            )
            self._invoice(
                self.customer, 700, "2026-02-01", company_data=self.other_company_data
            )
            of_sister = self.account_of(self.customer, company=self.sister)
            self.assertEqual(self._open_handover(of_sister, both).mandate_id, theirs)
            form = self._open_handover(self.accounts | of_sister, both)
            self.assertFalse(form.mandate_id)
            form.mandate_id = theirs
            wizard = form.save()
            with self.assertRaisesRegex(UserError, "another company's"):
                wizard.action_preview()

    def test_level_of_another_company(self):
        self._invoice(
            self.customer, 700, "2026-02-01", company_data=self.other_company_data
        )
        of_sister = self.account_of(self.customer, company=self.sister).item_ids
        items = self.accounts.item_ids | of_sister
        both = self.company | self.sister
        action = items.with_user(self.collector_user).action_set_level()
        form = self._open(action, self.collector_user, both)
        form.level_id = self.level_1
        form.reason = "Told on the phone"
        wizard = form.save()
        with self.assertRaisesRegex(UserError, "Set their level by themselves"):
            wizard.action_set()
        self.assertFalse(items.level_id)
        self._open(
            self.accounts.item_ids.with_user(self.collector_user).action_set_level(),
            self.collector_user,
            both,
        )
