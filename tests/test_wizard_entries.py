from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import CollectionCommon

#: models whose form makes records by hand, and those of the wizards
PREFIX = "collection."


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestWizardEntries(CollectionCommon):
    """Each wizard opens from each of its entries, with one of everything, with several
    and with none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company_data = cls.setup_other_company(name="Sister")
        cls.sister = cls.other_company_data["company"]
        cls.users = cls.manager_user | cls.collector_user
        cls.users.sudo().company_ids |= cls.sister
        for partner in (cls.customer, cls.other_customer):
            cls._invoice(partner, 1000, "2026-02-01")
        cls.accounts = cls.account_of(cls.customer) | cls.account_of(cls.other_customer)

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
        """As if so many mandates were running."""
        with self.env.cr.savepoint() as savepoint:
            (self.mandate | self.other_mandate)[count:].action_end()
            if count == 3:
                self._mandate(
                    self.provider, self.agent.browse(), company_id=self.sister.id
                )
            yield
            savepoint.rollback()
            self.env.invalidate_all()

    def _menu_actions(self, user):
        """Window actions in the menus that `user` sees, and the menus' names."""
        root = self.env.ref("account_collection.menu_collection_root")
        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        menus = self.env["ir.ui.menu"].search(
            [("id", "child_of", root.id), ("id", "in", list(visible))]
        )
        return {
            menu.complete_name: menu.action.with_user(user)._get_action_dict()
            for menu in menus
            if menu.action and menu.action._name == "ir.actions.act_window"
        }

    def test_every_menu(self):
        """A new form opens from whatever stands in the menus, for whoever sees it."""
        opened = set()
        for count in (0, 1, 2, 3):
            for companies in (self.company, self.company | self.sister, self.sister):
                for user in self.users:
                    with self._mandates(count):
                        for name, action in self._menu_actions(user).items():
                            model = self.env[action["res_model"]].with_user(user)
                            if (
                                not action["res_model"].startswith(PREFIX)
                                or not model.has_access("create")
                                or "form" not in action["view_mode"]
                            ):
                                continue
                            with self.subTest(
                                name,
                                mandates=count,
                                user=user.login,
                                companies=companies.mapped("name"),
                            ):
                                self._open(action, user, companies)
                                opened.add(action["res_model"])
        self.assertLessEqual(
            {"collection.handover", "collection.classify", "collection.capacity"},
            opened,
        )
        self.assertGreater(len(opened), 20)

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
        companies = self.company | self.sister
        for count in (0, 1, 2, 3):
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
                                self._mandates(count),
                            ):
                                action = getattr(
                                    selected.with_user(user).with_context(
                                        allowed_company_ids=companies.ids
                                    ),
                                    method,
                                )()
                                self._open(action, user, companies)
            for model, methods in single.items():
                for method, users in methods.items():
                    for user in users:
                        with (
                            self.subTest(method, mandates=count, user=user.login),
                            self._mandates(count),
                        ):
                            selected = records[model]["one"].with_user(user)
                            self._open(getattr(selected, method)(), user)
