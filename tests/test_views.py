import re
from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, Form, HttpCase, freeze_time, tagged
from odoo.tools import file_path
from odoo.tools.safe_eval import safe_eval

from .common import ViewsCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestViews(ViewsCommon):
    def _load_action(self, action, user):
        model = self.env[action.res_model].with_user(user)
        context = safe_eval(action.context or "{}", {"uid": user.id, "active_id": 0})
        model = model.with_context(**context)
        views = [
            (view_id, view_type)
            for view_id, view_type in action.views
            if view_type != "search"
        ]
        loaded = model.get_views([*views, (action.search_view_id.id, "search")])
        descriptions = model.fields_get()
        shown = {}
        for view_type, view in loaded["views"].items():
            for node in etree.fromstring(view["arch"]).xpath(
                "//field[not(ancestor::field)]"
            ):
                name = node.get("name")
                self.assertIn(
                    name, descriptions, f"{view_type} shows {name} to {user.login}"
                )
                shown[name] = descriptions[name]
        if model._transient:
            return
        self._read_through_view(model, shown)
        for name, description in shown.items():
            if description.get("groupable"):
                dated = description["type"] in ("date", "datetime")
                group = f"{name}:month" if dated else name
                model.formatted_read_group([], [group], ["__count"])

    def _load_menus(self, user):
        actions = [
            menu.action
            for menu in self._menus(user)
            if menu.action and menu.action._name == "ir.actions.act_window"
        ]
        self.assertTrue(actions, f"{user.login} has no menu")
        for action in actions:
            with self.subTest(user=user.login, action=action.name):
                self._load_action(action, user)

    def test_manager_opens_every_menu(self):
        self._load_menus(self.manager_user)

    def test_collector_opens_every_menu_of_his(self):
        self._load_menus(self.collector_user)

    def test_on_site_agent_opens_every_menu_of_his(self):
        self._hand_over(self.account)
        self._load_menus(self.on_site_user)

    def test_accountant_opens_the_account_of_an_invoice(self):
        action = self.env.ref("account_collection.collection_account_action")
        self._load_action(action, self.accountant_user)

    def test_who_sees_which_menu(self):
        root = self.env.ref("account_collection.menu_collection_root")
        configuration = self.env.ref("account_collection.menu_collection_configuration")
        delegation = self.env.ref("account_collection.menu_collection_delegation")
        reminders = self.env.ref("account_collection.menu_collection_reminders")
        self.assertIn(configuration, self._menus(self.manager_user))
        collector = self._menus(self.collector_user)
        self.assertIn(reminders, collector)
        self.assertNotIn(configuration, collector)
        on_site = self._menus(self.on_site_user)
        self.assertIn(root, on_site)
        self.assertFalse(on_site & (configuration | delegation | reminders))
        for user in (self.plain_internal_user, self.accountant_user):
            self.assertFalse(self._menus(user), user.login)

    def test_age_groups_follow_the_calendar(self):
        for due in (
            "2026-03-31",  # due today is not overdue
            "2026-03-30",
            "2026-02-28",
            "2026-01-30",
            "2026-01-29",
            "2025-12-30",
        ):
            self._invoice(self.customer, 10, due)
        groups = (
            self.env["collection.item"]
            .with_user(self.collector_user)
            .formatted_read_group(
                [("account_id", "=", self.account.id)],
                ["age_bucket"],
                ["amount_residual_company:sum", "days_overdue:max", "__count"],
            )
        )
        self.assertEqual(
            [
                (
                    group["age_bucket"],
                    group["__count"],
                    group["amount_residual_company:sum"],
                    group["days_overdue:max"],
                )
                for group in groups
            ],
            # from the youngest to the oldest
            [
                ("not_due", 1, 10.0, 0),
                ("d1_30", 2, 1010.0, 30),
                ("d31_60", 2, 20.0, 60),
                ("d61_90", 1, 10.0, 61),
                ("d91_plus", 1, 10.0, 91),
            ],
        )

    def test_items_are_sorted_by_age_from_young_to_old(self):
        self._invoice(self.customer, 10, "2025-12-30")
        items = self.env["collection.item"].search([], order="age_bucket desc, id")
        self.assertEqual(items[0].age_bucket, "d91_plus")
        self.assertEqual(items[-1].age_bucket, "not_due")
        by_lateness = self.env["collection.item"].search([], order="days_overdue, id")
        self.assertEqual(
            by_lateness.mapped("days_overdue"), sorted(items.mapped("days_overdue"))
        )

    def test_age_groups_open_what_they_count(self):
        """The domain of a group finds the items the group counts."""
        Item = self.env["collection.item"].with_user(self.collector_user)
        for group in Item.formatted_read_group([], ["age_bucket"], ["__count"]):
            self.assertEqual(
                Item.search_count(group["__extra_domain"]), group["__count"]
            )

    def test_ageing_pivot_by_segment(self):
        groups = (
            self.env["collection.item"]
            .with_user(self.collector_user)
            .formatted_read_grouping_sets(
                [("account_id", "=", self.account.id)],
                [[], ["segment_id"], ["segment_id", "age_bucket"]],
                ["amount_residual_company:sum"],
            )
        )
        totals = [group[0]["amount_residual_company:sum"] for group in groups]
        self.assertEqual(totals, [1000.0, 1000.0, 1000.0])
        self.assertEqual(groups[2][0]["age_bucket"], "d1_30")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestLedgerFields(ViewsCommon):
    """Segment, level and delegation on customers and invoices."""

    def setUp(self):
        super().setUp()
        self._send(self._run("2026-03-31"))
        self.level = self.account.level_id
        self.partners = self.customer | self.other_customer
        self.moves = self.invoice | self.other_invoice | self.bill

    def _found(self, records, domain, user):
        model = records.with_user(user).browse()
        return model.search([("id", "in", records.ids), *domain])

    def test_customer_fields_are_read(self):
        partner = self.customer.with_user(self.collector_user)
        self.assertEqual(partner.collection_account_id, self.account)
        self.assertEqual(partner.collection_segment_id, self.segment)
        self.assertEqual(partner.collection_level_id, self.level_1)
        self.assertFalse(partner.collection_delegated)
        self._hand_over(self.account)
        partner.invalidate_recordset()
        self.assertTrue(partner.collection_delegated)

    def test_contact_shows_what_its_company_is(self):
        contact = self.env["res.partner"].create(
            {"name": "Payables", "parent_id": self.customer.id}
        )
        self.assertEqual(contact.collection_segment_id, self.segment)
        self.assertEqual(
            self._found(
                contact,
                [("collection_segment_id", "=", self.segment.id)],
                self.collector_user,
            ),
            contact.with_user(self.collector_user),
        )

    def test_customer_fields_are_searched(self):
        account, segment, level = self.account, self.segment, self.level_1
        one, other = self.customer, self.other_customer
        both = one | other
        none = both.browse()
        for domain, expected in (
            ([("collection_account_id", "=", account.id)], one),
            ([("collection_account_id", "in", account.ids)], one),
            ([("collection_account_id", "!=", account.id)], other),
            ([("collection_account_id", "not in", account.ids)], other),
            ([("collection_account_id", "!=", False)], both),
            ([("collection_account_id", "=", False)], none),
            ([("collection_segment_id", "=", segment.id)], one),
            ([("collection_segment_id", "in", segment.ids)], one),
            ([("collection_segment_id", "!=", segment.id)], other),
            ([("collection_segment_id", "not in", segment.ids)], other),
            ([("collection_segment_id", "!=", False)], one),
            ([("collection_segment_id", "=", False)], other),
            ([("collection_segment_id", "in", [segment.id, False])], both),
            ([("collection_segment_id.code", "=", "sme")], one),
            ([("collection_segment_id", "ilike", "medium")], one),
            ([("collection_level_id", "=", level.id)], one),
            ([("collection_level_id", "in", level.ids)], one),
            ([("collection_level_id", "!=", level.id)], other),
            ([("collection_level_id", "not in", level.ids)], other),
            ([("collection_level_id", "!=", False)], one),
            ([("collection_level_id", "=", False)], other),
            ([("collection_delegated", "=", True)], none),
            ([("collection_delegated", "=", False)], both),
            ([("collection_delegated", "!=", True)], both),
            ([("collection_delegated", "!=", False)], none),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(
                    set(self._found(both, domain, self.collector_user).ids),
                    set(expected.ids),
                )

    def test_delegated_customers_are_found(self):
        self._hand_over(self.account)
        for domain, expected in (
            ([("collection_delegated", "=", True)], self.customer),
            ([("collection_delegated", "!=", False)], self.customer),
            ([("collection_delegated", "in", [True])], self.customer),
            ([("collection_delegated", "=", False)], self.other_customer),
            ([("collection_delegated", "!=", True)], self.other_customer),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(
                    self._found(self.partners, domain, self.collector_user).ids,
                    expected.ids,
                )

    def test_invoice_fields_are_searched(self):
        self._hand_over(self.account)
        account, segment, level = self.account, self.segment, self.level_1
        one, other, bill = self.invoice, self.other_invoice, self.bill
        for domain, expected in (
            ([("collection_account_id", "=", account.id)], one),
            ([("collection_account_id", "!=", account.id)], other | bill),
            ([("collection_account_id", "in", account.ids)], one),
            ([("collection_account_id", "not in", account.ids)], other | bill),
            ([("collection_account_id", "!=", False)], one | other),
            ([("collection_account_id", "=", False)], bill),
            ([("collection_segment_id", "=", segment.id)], one),
            ([("collection_segment_id", "!=", segment.id)], other | bill),
            ([("collection_segment_id", "in", segment.ids)], one),
            ([("collection_segment_id", "not in", segment.ids)], other | bill),
            ([("collection_segment_id", "!=", False)], one),
            ([("collection_segment_id", "=", False)], other | bill),
            ([("collection_segment_id.code", "=", "sme")], one),
            ([("collection_level_id", "=", level.id)], one),
            ([("collection_level_id", "!=", level.id)], other | bill),
            ([("collection_level_id", "in", level.ids)], one),
            ([("collection_level_id", "not in", level.ids)], other | bill),
            ([("collection_level_id", "!=", False)], one),
            ([("collection_level_id", "=", False)], other | bill),
            ([("collection_delegated", "=", True)], one),
            ([("collection_delegated", "!=", True)], other | bill),
            ([("collection_delegated", "in", [True])], one),
            ([("collection_delegated", "not in", [True])], other | bill),
            ([("collection_delegated", "=", False)], other | bill),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(
                    set(self._found(self.moves, domain, self.accountant_user).ids),
                    set(expected.ids),
                )

    def test_invoice_fields_are_read_by_the_accountant(self):
        self._hand_over(self.account)
        move = self.invoice.with_user(self.accountant_user)
        self.assertEqual(move.collection_account_id, self.account)
        self.assertEqual(move.collection_segment_id, self.segment)
        self.assertEqual(move.collection_level_id, self.level_1)
        self.assertTrue(move.collection_delegated)
        self.assertFalse(self.bill.collection_account_id)

    def test_forms_open_for_whoever_opened_them_before(self):
        """Our fields on the partner and invoice forms make nobody's form crash."""
        for user, model, record in (
            (self.plain_internal_user, "res.partner", self.customer),
            (self.collector_user, "res.partner", self.customer),
            (self.on_site_user, "res.partner", self.customer),
            (self.accountant_user, "res.partner", self.customer),
            (self.accountant_user, "account.move", self.invoice),
            (self.accountant_user, "account.move", self.bill),
        ):
            with self.subTest(user=user.login, model=model):
                env_model = self.env[model].with_user(user)
                loaded = env_model.get_views([(False, "form"), (False, "list")])
                ours = {
                    name: {"fields": {"display_name": {}}}
                    if name != "collection_delegated"
                    else {}
                    for name in loaded["models"][model]["fields"]
                    if name.startswith("collection_") and name.endswith(("_id", "ed"))
                }
                values = record.with_user(user).web_read(ours)
                self.assertEqual(len(values), 1)
                if user == self.plain_internal_user:
                    self.assertFalse(ours)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAccountForm(ViewsCommon, HttpCase):
    def test_collector_holds_and_releases(self):
        account = self.account.with_user(self.collector_user)
        action = account.action_hold()
        with Form(
            self.env[action["res_model"]]
            .with_user(self.collector_user)
            .with_context(**action["context"])
        ) as form:
            form.date_until = "2026-04-10"
            form.reason = "Credit note"
        form.record.action_hold()
        self.assertEqual(account.hold_reason, "Credit note")
        account.action_release_hold()
        self.assertFalse(account.hold_until)
        self.assertFalse(account.hold_reason)

    def test_on_site_agent_does_not_hold(self):
        self._hand_over(self.account)
        with self.assertRaises(AccessError):
            self.account.with_user(self.on_site_user).action_release_hold()

    def test_run_shows_its_letters_and_reasons(self):
        self._hand_over(self.other_account)
        self._invoice(self.other_customer, 40, "2026-03-10")
        run = self._run("2026-03-31")
        run = run.with_user(self.collector_user)
        self.assertRecordValues(
            run.level_line_ids,
            [
                {
                    "level_id": self.level_1.id,
                    "letter_count": 1,
                    "amount_open": 1000.0,
                    "amount_total": 1000.0,
                }
            ],
        )
        self.assertEqual(run.letter_count, 1)
        self.assertRecordValues(
            run.reason_line_ids,
            [{"reason": "delegated", "item_count": 1, "amount_residual": 40.0}],
        )

    def test_collector_gets_the_invoice_as_pdf_and_no_bill(self):
        """A collector has no access to the ledger, but to the invoices he collects."""
        item = self.item.with_user(self.collector_user)
        self.assertFalse(item.move_id.has_access("read"))
        action = item.action_open_invoice()
        self.authenticate(self.collector_user.login, self.collector_user.login)
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        for model in ("account.move", "account.move.line", "account.journal"):
            self.assertFalse(
                self.env[model].with_user(self.collector_user).has_access("read")
            )
            self.assertFalse(
                self.env[model].with_user(self.on_site_user).has_access("read")
            )

    def test_provider_gets_the_invoice_while_it_is_handed_over(self):
        placement = self._hand_over(self.account)
        url = f"/account_collection/item/{self.item.id}/invoice"
        action = self.item.with_user(self.on_site_user).action_open_invoice()
        self.assertEqual(action["url"], url)
        self.authenticate(self.on_site_user.login, self.on_site_user.login)
        self.assertEqual(self.url_open(url).status_code, 200)
        placement.line_ids._take_back("recalled", "Customer request")
        self.assertEqual(self.url_open(url).status_code, 404)

    def test_accountant_opens_the_invoice_itself(self):
        action = self.item.with_user(self.accountant_user).action_open_invoice()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("account.move", self.invoice.id)
        )


@tagged("post_install", "-at_install")
class TestPunctuation(BaseCase):
    def test_colons_stand_in_what_is_translated(self):
        """French wants a space before a colon: alone after a value, it is no term."""
        found = []
        root = Path(file_path("account_collection"))
        for path in [*root.glob("*/*.xml"), *root.glob("*/*/*.xml")]:
            for node in etree.parse(path).iter(etree.Element):
                value = node.tag in ("t", "field") or any(
                    name.startswith("t-") for name in node.attrib
                )
                if value and re.match(r"\s*[:!?]", node.tail or ""):
                    found.append(f"{path.name}:{node.sourceline}")
        self.assertFalse(found)
