from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .quality.common import QualityCommon


@tagged("post_install", "-at_install")
class TestNamedRecords(QualityCommon):
    """A record that is closed to a user tells him nothing when he names it.

    "Nord" stays in-house: neither the provider nor an employee knows of it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls.in_house.item_ids
        cls.dispute = cls.env["collection.dispute"].create(
            {
                "account_id": cls.in_house.id,
                "item_ids": [Command.set(cls.item.ids)],
                "reason_id": cls._dispute_reason("price").id,
                "owner_id": cls.manager_user.id,
            }
        )

    def _type(self, user, model, values, shown, **context):
        """What the form shows after `values` were typed into a new record."""
        return (
            self.env[model]
            .with_user(user)
            .with_context(**context)
            .onchange(values, list(values), shown)["value"]
        )

    def test_typing_a_customer(self):
        shown = {"display_name": {}, "account_id": {"fields": {"display_name": {}}}}
        for user in (self.agent_user, self.on_site_user, self.other_agent_user):
            for model in (
                "collection.call",
                "collection.complaint",
                "collection.dispute",
                "collection.promise",
            ):
                with self.subTest(user=user.login, model=model):
                    for values, context in (
                        ({"account_id": self.in_house.id}, {}),
                        ({"account_id": {"id": self.in_house.id}}, {}),
                        ({}, {"default_account_id": self.in_house.id}),
                    ):
                        with self.assertRaises(AccessError) as raised:
                            self._type(user, model, values, shown, **context)
                        self.assertNotIn("Nord", str(raised.exception))
        value = self._type(
            self.agent_user, "collection.call", {"account_id": self.delegated.id}, shown
        )
        self.assertIn("Vela", value["display_name"])

    def test_typing_invoices(self):
        shown = {"item_ids": {"fields": {"display_name": {}}}}
        for commands in (
            [Command.set(self.item.ids)],
            [Command.link(self.item.id)],
            [Command.update(self.item.id, {})],
            [Command.create({"move_id": self.item.move_id.id})],
            self.item.ids,
        ):
            with self.subTest(commands=commands), self.assertRaises(AccessError):
                self._type(
                    self.agent_user, "collection.promise", {"item_ids": commands}, shown
                )

    def test_wizards(self):
        """No more by the fields that a wizard shows of a record."""
        for user, model, values, shown in (
            (
                self.plain_internal_user,
                "collection.dispute.decision",
                {"dispute_id": self.dispute.id},
                "item_names",
            ),
            (
                self.on_site_user,
                "collection.means.answer",
                {"account_id": self.in_house.id, "target": "card"},
                "payment_means",
            ),
            (
                self.on_site_user,
                "collection.call.screen",
                {"account_id": self.in_house.id},
                "people_ids",
            ),
        ):
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    self._type(user, model, values, {shown: {}})
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create(values)

    def test_the_owner_has_his_wizard(self):
        self.dispute.owner_id = self.plain_internal_user
        wizard = (
            self.env["collection.dispute.decision"]
            .with_user(self.plain_internal_user)
            .create({"dispute_id": self.dispute.id})
        )
        self.assertEqual(wizard.item_names, self.item.move_id.name)

    def test_what_is_held_already_may_be_said_again(self):
        """The owner of a dispute does not read the customer; his form still works."""
        self.dispute.owner_id = self.plain_internal_user
        mine = self.dispute.with_user(self.plain_internal_user)
        with Form(mine) as form:
            form.description = "Checked with the warehouse"
        mine.write({"account_id": self.in_house.id})
        with self.assertRaises(AccessError):
            mine.write({"account_id": self.delegated.id})

    def test_no_record_at_all(self):
        for number in ("all", 1.5, float("nan"), True, {"x": 1}):
            with self.subTest(number=number), self.assertRaises(UserError):
                self._type(
                    self.agent_user,
                    "collection.promise",
                    {"item_ids": [Command.link(number)]},
                    {"display_name": {}},
                )

    def test_no_number_and_no_day(self):
        holds = self.env["collection.hold"].with_user(self.collector_user)
        compose = self.env["collection.letter.compose"].with_user(self.collector_user)
        for model, name, value in (
            (holds, "date_until", "9999-12-31"),
            (holds, "date_until", "0001-01-01"),
            (holds, "date_until", "tomorrow or so"),
            (compose, "fact_amount", float("nan")),
            (compose, "fact_amount", float("inf")),
        ):
            with self.subTest(name=name, value=value):
                with self.assertRaisesRegex(UserError, "enter a (number|day)"):
                    model.onchange({name: value}, [name], {name: {}})
                with self.assertRaisesRegex(UserError, "enter a (number|day)"):
                    model.create({name: value})

    def test_nothing_in_nothing_done(self):
        """Core lets anybody write or delete no records: nothing follows from it."""
        self.env["collection.account"]._rank()
        ranked = [("priority_date", "!=", False)]
        before = self.env["collection.account"].search_count(ranked)
        self.assertTrue(before)
        for user in (self.agent_user, self.plain_internal_user, self.accountant_user):
            rules = self.env["collection.priority.rule"].with_user(user)
            rules.write({})
            rules.write({"points": 1})
            rules.unlink()
            rules.create([])
            rules.copy()
        self.assertEqual(self.env["collection.account"].search_count(ranked), before)
        self.env["collection.priority.rule"].search([], limit=1).points = 77
        self.assertFalse(self.env["collection.account"].search_count(ranked))

    def test_numbers_are_drawn_by_who_may_use_them(self):
        sequence = self.env["ir.sequence"].search([("code", "=", "collection.mandate")])
        before = sequence.number_next_actual
        for model in ("collection.mandate", "collection.placement", "collection.bill"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.plain_internal_user).create({})
        sequence.invalidate_recordset()
        self.assertEqual(sequence.number_next_actual, before)
