from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPaymentPlan(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls.invoice = cls._invoice(cls.customer, 2345.67, "2026-10-01")
        cls.account = cls.account_of(cls.customer)
        cls.item = cls.account.item_ids

    def _plan(self, count=4, first="2026-11-30", user=None, agree=True, **values):
        plan = (
            self.env["collection.payment.plan"]
            .with_user(user or self.manager_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(self.item.ids)],
                    "instalment_count": count,
                    "date_first": first,
                    **values,
                }
            )
        )
        plan.action_split()
        if agree:
            plan.action_agree()
        return plan.with_env(self.env)

    def _on(self, day):
        self.env.invalidate_all()
        freezer = freeze_time(day)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env["collection.account"]._cron_refresh()

    def test_last_instalment_takes_the_rounding(self):
        plan = self._plan()
        self.assertEqual(
            plan.instalment_ids.mapped("amount"), [586.41, 586.41, 586.41, 586.44]
        )
        self.assertEqual(
            plan.instalment_ids.mapped("date"),
            [
                date(2026, 11, 30),
                date(2026, 12, 30),
                date(2027, 1, 30),
                date(2027, 2, 28),
            ],
        )
        self.assertEqual((plan.amount, plan.state), (2345.67, "active"))
        self.assertEqual(plan.next_date, date(2026, 11, 30))
        self.assertEqual(self.item.plan_id, plan)

    def test_followed_by_payments(self):
        plan = self._plan()
        self._pay(self.invoice, amount=800.0, date="2026-11-28")
        self.assertEqual(
            plan.instalment_ids.mapped("amount_received"), [586.41, 213.59, 0, 0]
        )
        self.assertEqual(plan.next_date, date(2026, 12, 30))
        self._on("2026-12-10")
        self.assertEqual(plan.state, "active")
        self._pay(self.invoice, date="2026-12-10")
        self.assertEqual(plan.state, "completed")
        self.assertFalse(plan.next_date)
        self.assertFalse(self.item.plan_id)

    def test_default_makes_all_due(self):
        plan = self._plan()
        self._on("2026-12-03")
        self.assertEqual(plan.state, "active", "the bank may take three days")
        self._on("2026-12-04")
        self.assertEqual(plan.state, "defaulted")
        self.assertFalse(self.item.plan_id, "the clause: everything is due at once")
        self.assertEqual(self.account.next_action_date, date(2026, 12, 4))
        self.assertIn("586.41", self.account.next_action)

    def test_default_without_the_clause(self):
        plan = self._plan(acceleration=False)
        self._on("2026-12-04")
        self.assertEqual(plan.state, "defaulted")
        self.assertEqual(self.item.plan_id, plan)
        plan.action_cancel()
        self.assertFalse(self.item.plan_id)

    def test_bounced_payment(self):
        plan = self._plan(count=1)
        self._pay(self.invoice, date="2026-11-28")
        self.assertEqual(plan.state, "completed")
        self._receivable_lines(self.invoice).remove_move_reconcile()
        self.assertEqual(plan.state, "active")
        self.assertEqual(self.item.plan_id, plan)
        self._on("2026-12-15")
        self.assertEqual(plan.state, "defaulted")

    def test_earlier_payment_pays_no_instalment(self):
        plan = self._plan()
        self._pay(self.invoice, amount=600.0, date="2026-11-09")
        self.assertEqual(plan.amount_received, 0.0)

    def test_replaces_the_promise(self):
        promise = self.env["collection.promise"].create(
            {
                "account_id": self.account.id,
                "amount": 100.0,
                "date_promised": "2026-11-20",
            }
        )
        self._plan()
        self.assertEqual(promise.state, "replaced")
        self.assertFalse(self.item.promise_id)

    def test_collector_within_limits(self):
        self.assertEqual(self._plan(count=3, user=self.collector_user).state, "active")

    def test_beyond_the_limits(self):
        for values in (
            {"collection_plan_instalments": 3, "collection_plan_amount": 1000.0},
            {"collection_plan_instalments": 2, "collection_plan_amount": 5000.0},
        ):
            with self.subTest(**values):
                self.company.write(values)
                plan = self._plan(count=3, user=self.collector_user)
                self.assertEqual(plan.state, "to_approve")
                self.assertFalse(self.item.plan_id, "not agreed yet")
                self.assertEqual(len(plan.activity_ids), 1)
                with self.assertRaisesRegex(AccessError, "credit manager"):
                    plan.with_user(self.collector_user).action_approve()
                plan.with_user(self.manager_user).action_approve()
                self.assertEqual(plan.state, "active")
                self.assertEqual(plan.approver_id, self.manager_user)
                plan.action_cancel()

    def test_adds_up(self):
        plan = self._plan(agree=False)
        plan.instalment_ids[0].amount = 500.0
        with self.assertRaisesRegex(UserError, "add up"):
            plan.action_agree()

    def test_not_before_the_agreement(self):
        plan = self._plan(agree=False, first="2026-11-09")
        with self.assertRaisesRegex(UserError, "before the plan was agreed"):
            plan.action_agree()

    def test_one_plan_per_item(self):
        self._plan()
        with self.assertRaisesRegex(UserError, "already"):
            self._plan()

    def test_stays_as_agreed(self):
        plan = self._plan().with_user(self.manager_user)
        with self.assertRaisesRegex(UserError, "as it was agreed"):
            plan.instalment_ids[0].amount = 1.0
        with self.assertRaisesRegex(UserError, "as it was agreed"):
            plan.action_split()
        with self.assertRaisesRegex(UserError, "Only a draft"):
            plan.unlink()

    def test_bad_input(self):
        self._invoice(self.other_customer, 10.0, "2026-10-01")
        with self.assertRaisesRegex(ValidationError, "items of the customer"):
            self._plan(
                item_ids=[
                    Command.set(self.account_of(self.other_customer).item_ids.ids)
                ]
            )
        with self.assertRaisesRegex(UserError, "cannot be split"):
            self._plan(count=0)

    def test_access(self):
        plan = self._plan()
        for user in (
            self.plain_internal_user,
            self.plain_portal_user,
            self.agent_user,
            self.on_site_user,
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    plan.with_user(user).read(["amount"])
                with self.assertRaises(AccessError):
                    plan.instalment_ids.with_user(user).read(["amount"])

    def test_not_dunned_while_respected(self):
        plan = self._plan()
        exclusion = self._run("2026-11-10").exclusion_ids
        self.assertEqual(exclusion.reason, "on_plan")
        self.assertEqual(exclusion.reason_date, date(2026, 11, 30))
        self.assertIn(plan.number, exclusion.explanation)
        self._on("2026-12-04")
        run = self._run("2026-12-04")
        self.assertEqual(run.letter_ids.line_ids.item_id, self.item)

    def test_letter_to_sign(self):
        plan = self._plan(payment_means="transfer")
        action = plan.with_user(self.manager_user).action_write_letter()
        letter = self.env["collection.letter"].browse(action["res_id"])
        self.assertEqual(letter.kind_id.code, "payment_plan")
        self.assertEqual(
            letter.detail_ids.mapped("amount"), plan.instalment_ids.mapped("amount")
        )
        letter.action_confirm()
        self.assertEqual(letter.state, "to_send")
