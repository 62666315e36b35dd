from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .quality.common import QualityCommon

#: a condition that each type of field may be asked
CONDITIONS = {
    "boolean": ("=", True),
    "char": ("ilike", "a"),
    "date": (">", "2020-01-01"),
    "datetime": (">", "2020-01-01 00:00:00"),
    "float": (">", 1.0),
    "html": ("ilike", "a"),
    "integer": (">", 1),
    "many2many": ("in", [1]),
    "many2one": ("in", [1]),
    "monetary": (">", 1.0),
    "one2many": ("in", [1]),
    "text": ("ilike", "a"),
}


@tagged("post_install", "-at_install")
class TestClosedFields(QualityCommon):
    """What a user may not read, he cannot find out by asking either.

    The fields are those of the registry: one added later is asked for as well.
    """

    def _condition(self, field):
        if field.type == "selection":
            return ("=", next(iter(field.get_values(self.env))))
        return CONDITIONS.get(field.type)

    def _closed_fields(self, user):
        """(model of the user, closed field) of what the user reads in part."""
        for name, model_class in self.env.registry.items():
            model = self.env[name].with_user(user)
            if (
                not name.startswith("collection.")
                or model_class._abstract
                or not model.has_access("read")
            ):
                continue
            for field in model._fields.values():
                if not model._has_field_access(field, "read"):
                    yield model, field

    def _assert_refused(self, ask):
        with (
            mute_logger("odoo.models", "odoo.orm.models"),
            self.assertRaises(AccessError),
        ):
            ask()

    def test_closed_fields_are_not_searched(self):
        for user in (self.agent_user, self.on_site_user):
            asked = 0
            for model, field in self._closed_fields(user):
                condition = self._condition(field)
                if not condition or not field._description_searchable:
                    continue
                asked += not field.store
                term = (field.name, *condition)
                with self.subTest(user=user.login, field=str(field)):
                    self._assert_refused(lambda m=model, t=term: m.search([t]))
                    self._assert_refused(lambda m=model, t=term: m.search_count([t]))
                    self._assert_refused(
                        lambda m=model, t=term: m.search(["!", t], limit=1)
                    )
            # the closed ones without a column: what core lets pass
            self.assertGreater(asked, 10)

    def test_closed_fields_neither_sort_nor_group(self):
        for user in (self.agent_user, self.on_site_user):
            for model, field in self._closed_fields(user):
                if not field._description_sortable or field.type == "properties":
                    continue
                name = field.name
                grouped = f"{name}:month" if "date" in field.type else name
                with self.subTest(user=user.login, field=str(field)):
                    self._assert_refused(
                        lambda m=model, n=name: m.search([("id", ">", 0)], order=n)
                    )
                    if not field._description_groupable:
                        continue
                    self._assert_refused(
                        lambda m=model, g=grouped: m.formatted_read_group(
                            [], [g], ["__count"]
                        )
                    )

    def test_closed_fields_by_a_path(self):
        """Nor by way of another record."""
        account_fields = {
            field.name: self._condition(field)
            for model, field in self._closed_fields(self.agent_user)
            if model._name == "collection.account" and field._description_searchable
        }
        self.assertIn("partner_email", account_fields)
        calls = self.env["collection.call"].with_user(self.agent_user)
        for name, condition in account_fields.items():
            if not condition:
                continue
            with self.subTest(name=name):
                self._assert_refused(
                    lambda n=name, c=condition: calls.search([(f"account_id.{n}", *c)])
                )
                self._assert_refused(
                    lambda n=name, c=condition: calls.search(
                        [("account_id", "any", [(n, *c)])]
                    )
                )
        items = self.env["collection.item"].with_user(self.agent_user)
        # contacts have rules of their own
        self.assertFalse(items.search([("account_id.partner_id.email", "ilike", "a")]))
        self._assert_refused(
            lambda: items.formatted_read_group(
                [], ["account_id.partner_email"], ["__count"]
            )
        )

    def test_own_fields_answer(self):
        """The refusals above are of the fields, not of asking."""
        self._log(self.delegated, self.agent_user, note="Told to ring on Monday")
        accounts = self.env["collection.account"].with_user(self.agent_user)
        self.assertEqual(
            accounts.search([("days_overdue", ">", 0)], order="amount_overdue"),
            self.delegated,
        )
        calls = self.env["collection.call"].with_user(self.agent_user)
        self.assertEqual(len(calls.search([("note", "ilike", "monday")])), 1)
        self.assertTrue(calls.search([("account_id.amount_open", ">", 0)]))

    def test_judgments_on_contacts(self):
        """Core asks for the groups of a field where it is read, not where it is
        searched: nobody else lists the customers who are at a formal notice."""
        terms = [
            ("collection_account_id", "in", self.in_house.ids),
            ("collection_account_id", "!=", False),
            ("collection_delegated", "=", True),
            ("collection_level_id", "!=", False),
            ("collection_level_id.formal_notice", "=", True),
            ("collection_segment_id", "!=", False),
            ("collection_segment_id.handling", "=", "sensitive"),
        ]
        for user in (self.plain_internal_user, self.on_site_user):
            partners = self.env["res.partner"].with_user(user)
            for term in terms:
                with self.subTest(user=user.login, term=term):
                    self._assert_refused(lambda p=partners, t=term: p.search([t]))
                    self._assert_refused(lambda p=partners, t=term: p.search(["!", t]))
        found = (
            self.env["res.partner"]
            .with_user(self.accountant_user)
            .search([("collection_delegated", "=", True)])
        )
        self.assertIn(self.other_customer, found)
        self.assertNotIn(self.customer, found)

    def test_judgments_on_invoices(self):
        """A customer finds nothing about himself among his invoices."""
        self.plain_portal_user.partner_id.parent_id = self.other_customer
        moves = self.env["account.move"].with_user(self.plain_portal_user)
        for term in (
            ("collection_account_id", "!=", False),
            ("collection_delegated", "=", True),
            ("collection_level_id", "!=", False),
            ("collection_segment_id", "!=", False),
        ):
            with self.subTest(term=term):
                self._assert_refused(lambda t=term: moves.search([t]))
                self._assert_refused(lambda t=term: moves.search(["!", t]))

    def test_what_is_said_of_a_segment_is_asked_under_own_rights(self):
        """An accountant reads segments, not whatever hangs on them."""
        self.in_house.segment_id = self.env["collection.segment"].create(
            {"name": "Whales", "code": "whales"}
        )
        partners = self.env["res.partner"].with_user(self.accountant_user)
        self.assertIn(
            self.customer,
            partners.search([("collection_segment_id.name", "=", "Whales")]),
        )
        moves = self.env["account.move"].with_user(self.accountant_user)
        self.assertTrue(moves.search([("collection_segment_id.name", "=", "Whales")]))
        # wordings of a level are closed to accountants, as a model
        path = "collection_segment_id.policy_id.level_ids.variant_ids.debtor_type"
        for model in (partners, moves):
            self._assert_refused(lambda m=model: m.search([(path, "=", "private")]))
