from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon

FIELDS = (
    "collection_segment_id",
    "collection_level_id",
    "collection_delegated",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestGroupedByPosition(CollectionCommon):
    """Invoices and contacts are grouped by what their accounts and items say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late = cls._invoice(cls.customer, 700.0, "2026-01-10")
        cls.recent = cls._invoice(cls.customer, 50.0, "2026-03-20")
        cls.other = cls._invoice(cls.other_customer, 300.0, "2026-03-10")
        cls.moves = cls.late | cls.recent | cls.other
        cls.segment = cls.env.ref("account_collection.segment_sme")
        cls.account_of(cls.customer).segment_id = cls.segment
        cls.late.collection_item_ids.level_id = cls.level_2
        cls.recent.collection_item_ids.level_id = cls.level_1
        cls.env["collection.account"]._refresh()
        cls._hand_over(cls.account_of(cls.customer))

    def _groups(self, model, domain, name, user):
        groups = call_kw(
            self.env(user=user)[model],
            "formatted_read_group",
            [domain, [name], ["__count"]],
            {},
        )
        return {
            group[name][0] if isinstance(group[name], (list, tuple)) else group[name]: (
                group["__count"]
            )
            for group in groups
        }

    def test_invoices(self):
        domain = [("id", "in", self.moves.ids)]
        for name, expected in (
            ("collection_segment_id", {self.segment.id: 2, False: 1}),
            (
                "collection_level_id",
                {self.level_1.id: 1, self.level_2.id: 1, False: 1},
            ),
            ("collection_delegated", {True: 2, False: 1}),
        ):
            with self.subTest(name):
                self.assertEqual(
                    self._groups("account.move", domain, name, self.accountant_user),
                    expected,
                )
                # each group opens on what it counted
                for value, count in expected.items():
                    self.assertEqual(
                        self.env["account.move"].search_count(
                            [*domain, (name, "=", value)]
                        ),
                        count,
                    )
                field = self.moves.fields_get([name], ["groupable"])[name]
                self.assertTrue(field["groupable"])

    def test_contacts(self):
        partners = self.customer | self.other_customer
        domain = [("id", "in", partners.ids)]
        for name, expected in (
            ("collection_segment_id", {self.segment.id: 1, False: 1}),
            ("collection_level_id", {self.level_2.id: 1, False: 1}),
            ("collection_delegated", {True: 1, False: 1}),
        ):
            with self.subTest(name):
                self.assertEqual(
                    self._groups("res.partner", domain, name, self.collector_user),
                    expected,
                )

    def test_not_for_everybody(self):
        for name in FIELDS:
            with self.subTest(name), self.assertRaises(AccessError):
                self._groups("res.partner", [], name, self.plain_internal_user)
            with self.subTest(name), self.assertRaises(AccessError):
                self._groups("account.move", [], name, self.agent_user)

    def test_how_many_due_dates(self):
        self.assertEqual(
            self.moves.mapped("collection_delegated_note"),
            [
                "1 of 1 items with Provider One",
                "1 of 1 items with Provider One",
                False,
            ],
        )
