from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..quality.common import QualityCommon


@tagged("post_install", "-at_install")
class TestLetterWriters(QualityCommon):
    """Letters are drawn up by who works the customer in-house, and by nobody else,
    whatever they are about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.to_come = cls._invoice(cls.other_customer, 90.0, "2026-12-20")
        late, to_come = cls.delegated.item_ids.sorted("date_due")
        # the company writes before the due date, also about what is handed over
        cls.mandate.pre_reminder_by = "company"
        promise = cls._as_who_works("collection.promise", late).create(
            {
                "account_id": cls.delegated.id,
                "amount": 10.0,
                "date_promised": "2026-11-30",
                "item_ids": [Command.set(late.ids)],
            }
        )
        cls.promise = promise.with_env(cls.env)
        works = cls.delegated.with_user(cls.agent_user)
        plan = works._propose_plan(
            {
                "instalment_count": 2,
                "date_first": "2026-12-05",
                "item_ids": late.ids,
            }
        )
        cls.plan = plan.with_env(cls.env)
        cls.bill = cls.env["collection.bill"].create(
            {
                "account_id": cls.delegated.id,
                "item_ids": [Command.set(to_come.ids)],
                "kind": "lcr",
            }
        )
        cls.precheck = cls.env["collection.precheck"].create({"item_id": to_come.id})

    def test_outsiders_and_accountants_write_no_letter(self):
        letters = self.env["collection.letter"]
        before = letters.search_count([])
        for user in (
            self.agent_user,
            self.supervisor_user,
            self.other_agent_user,
            self.on_site_user,
            self.plain_portal_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            for record in (self.promise, self.plan, self.bill, self.precheck):
                with (
                    self.subTest(user=user.login, model=record._name),
                    self.assertRaises(AccessError),
                ):
                    record.with_user(user).action_write_letter()
        self.assertEqual(letters.search_count([]), before)

    def test_collectors_do(self):
        for record in (self.promise, self.plan, self.bill, self.precheck):
            with self.subTest(model=record._name):
                action = record.with_user(self.collector_user).action_write_letter()
                letter = self.env["collection.letter"].browse(action["res_id"])
                self.assertEqual(letter.account_id, self.delegated)
