from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.agreement.collection_account_agreement import DAY_LIMITS
from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestGrantLimits(CollectionCommon):
    """How far each role may go alone, by remote call as on the screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls._invoice(cls.customer, 320.0, "2026-10-01")
        cls._invoice(cls.customer, 80.0, "2026-10-05")
        cls._invoice(cls.other_customer, 500.0, "2026-10-01")
        cls.account = cls.account_of(cls.customer)
        cls.delegated = cls.account_of(cls.other_customer)
        cls._hand_over(cls.delegated)
        cls.company.write(
            {
                "collection_promise_last_days": 30,
                "collection_promise_share": 40.0,
                "collection_plan_instalments": 4,
                "collection_plan_amount": 1000.0,
                "collection_plan_first_days": 20,
                "collection_plan_last_days": 100,
            }
        )
        cls.mandate.write(
            {
                "promise_last_days": 10,
                "promise_share": 60.0,
                "plan_instalments": 3,
                "plan_amount": 600.0,
                "plan_first_days": 12,
                "plan_last_days": 80,
            }
        )

    def _promise(self, user, account, amount, day, **values):
        return (
            self.env["collection.promise"]
            .with_user(user)
            .create(
                {
                    "account_id": account.id,
                    "amount": amount,
                    "date_promised": day,
                    **values,
                }
            )
        )

    def _plan(self, user, days, amounts=None):
        """A plan as whoever may write it by hand, instalment by instalment."""
        amounts = amounts or [400.0 / len(days)] * len(days)
        plan = (
            self.env["collection.payment.plan"]
            .with_user(user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(self.account.item_ids.ids)],
                    "instalment_ids": [
                        Command.create({"date": day, "amount": amount})
                        for day, amount in zip(days, amounts, strict=True)
                    ],
                }
            )
        )
        plan.action_agree()
        return plan

    # ------------------------------------------------------------------
    # Promises
    # ------------------------------------------------------------------

    def test_last_day_of_a_promise(self):
        for user, account, amount, last, later in (
            (self.collector_user, self.account, 400, "2026-12-10", "2026-12-11"),
            (self.agent_user, self.delegated, 500, "2026-11-20", "2026-11-21"),
            (self.on_site_user, self.delegated, 500, "2026-11-20", "2026-11-21"),
        ):
            with self.subTest(user=user.login):
                self.assertTrue(self._promise(user, account, amount, last))
                with self.assertRaisesRegex(UserError, "accepted up to"):
                    self._promise(user, account, amount, later)
        with self.assertRaises(UserError):
            self._promise(self.manager_user, self.account, 400, "2100-01-01")
        self._promise(self.manager_user, self.account, 400, "2027-11-10")

    def test_the_end_of_the_mandate_is_a_limit(self):
        self.mandate.date_end = "2026-11-16"
        for user in (self.agent_user, self.on_site_user):
            with self.subTest(user=user.login):
                self.assertTrue(self._promise(user, self.delegated, 500, "2026-11-16"))
                with self.assertRaisesRegex(UserError, "accepted up to 11/16/2026"):
                    self._promise(user, self.delegated, 500, "2026-11-17")
                limits = self.delegated.with_user(user)._get_grant_limits()
                self.assertEqual(
                    [limits[name] for name in DAY_LIMITS], [6, 6, 6], limits
                )
        proposed = self.delegated.with_user(self.agent_user)._portal_propose_plan(
            {"instalment_count": 2, "date_first": date(2026, 11, 16)}
        )
        self.assertEqual(proposed.state, "to_approve", "the second one comes too late")
        # later than the other limits it changes none
        self.mandate.date_end = "2027-06-30"
        limits = self.delegated.with_user(self.agent_user)._get_grant_limits()
        self.assertEqual([limits[name] for name in DAY_LIMITS], [10, 12, 80])
        # the company's own people are not bound by it
        self.mandate.date_end = "2026-11-16"
        limits = self.delegated.with_user(self.collector_user)._get_grant_limits()
        self.assertEqual([limits[name] for name in DAY_LIMITS], [30, 20, 100])

    def test_least_share_of_a_promise(self):
        for user, account, least in (
            (self.collector_user, self.account, 160.0),
            (self.agent_user, self.delegated, 300.0),
            (self.on_site_user, self.delegated, 300.0),
        ):
            for amount in (1.0, least - 0.01):
                with (
                    self.subTest(user=user.login, amount=amount),
                    self.assertRaisesRegex(UserError, "too little"),
                ):
                    self._promise(user, account, amount, "2026-11-15")
            promise = self._promise(user, account, least, "2026-11-15")
            self.assertEqual(promise.state, "open")
        self._promise(self.manager_user, self.account, 1.0, "2026-11-15")

    def test_fewer_invoices_need_less(self):
        small = self.account.item_ids.filtered(lambda item: item.amount_total == 80)
        promise = self._promise(
            self.collector_user,
            self.account,
            32.0,
            "2026-11-15",
            item_ids=[Command.set(small.ids)],
        )
        self.assertEqual(promise.item_ids, small)
        big = self.account.item_ids - small
        self.assertFalse(big.promise_id, "goes on being dunned")

    def test_what_is_disputed_need_not_be_promised(self):
        self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.account.item_ids.ids)],
                "amount": 300.0,
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self._promise(self.collector_user, self.account, 40.0, "2026-11-15")
        with self.assertRaisesRegex(UserError, "too little"):
            self._promise(self.collector_user, self.account, 39.99, "2026-11-15")

    def test_the_portal_says_the_limits(self):
        account = self.delegated.with_user(self.agent_user)
        with self.assertRaisesRegex(UserError, "too little"):
            account._portal_new_promise({"amount": 1.0, "date_promised": "2026-11-15"})
        values = account._get_portal_values()
        self.assertEqual(
            values["promise_limits"],
            # of 500 that are overdue
            {"last": date(2026, 11, 20), "share": "60", "least": 300.0},
        )
        self.assertEqual(values["plan_limits"]["first"], date(2026, 11, 22))
        self.assertEqual(values["plan_limits"]["last"], date(2027, 1, 29))

    # ------------------------------------------------------------------
    # Plans
    # ------------------------------------------------------------------

    def test_days_of_a_plan_in_house(self):
        for days, state in (
            (["2026-11-30", "2026-12-30", "2027-02-18"], "active"),
            (["2026-12-01", "2026-12-30", "2027-02-18"], "to_approve"),
            (["2026-11-30", "2026-12-30", "2027-02-19"], "to_approve"),
        ):
            with self.subTest(days=days):
                plan = self._plan(
                    self.collector_user, days, amounts=[100.0, 100.0, 200.0]
                )
                self.assertEqual(plan.state, state)
                plan.with_user(self.manager_user).action_cancel()

    def test_an_agreement_dated_ahead_gains_nothing(self):
        plan = (
            self.env["collection.payment.plan"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(self.account.item_ids.ids)],
                    "date_start": "2027-06-01",
                    "date_first": "2027-06-10",
                    "instalment_count": 2,
                }
            )
        )
        plan.action_split()
        plan.action_agree()
        self.assertEqual(plan.state, "to_approve")

    def test_nobody_agrees_for_the_year_3000(self):
        for user in (self.collector_user, self.manager_user):
            for day, words in (
                ("2033-11-11", "No instalment can be due after"),
                ("3000-01-01", "between 1900 and 2199"),
            ):
                with (
                    self.subTest(user=user.login, day=day),
                    self.assertRaisesRegex(UserError, words),
                ):
                    self._plan(user, ["2026-11-30", day])
        for name in ("date_start", "date_first"):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.env["collection.payment.plan"].with_user(self.manager_user).create(
                    {
                        "account_id": self.account.id,
                        "item_ids": [Command.set(self.account.item_ids.ids)],
                        name: "3000-01-01",
                    }
                )

    def test_no_approval_is_written(self):
        """The state follows from the steps, by whichever way it is sent."""
        days = ["2026-11-30", "2026-12-30", "2027-05-18"]
        plan = self._plan(self.collector_user, days, amounts=[100.0, 100.0, 200.0])
        self.assertEqual(plan.state, "to_approve")
        promise = self._promise(self.collector_user, self.account, 400, "2026-11-20")
        for user in (self.collector_user, self.manager_user):
            for record, vals in (
                (plan, {"state": "active"}),
                (plan, {"approver_id": self.manager_user.id}),
                (promise, {"state": "kept"}),
                (promise, {"amount_received": 400.0}),
            ):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.assertRaises(UserError),
                ):
                    record.with_user(user).write(vals)
                with (
                    self.subTest(user=user.login, create=vals),
                    self.assertRaises(UserError),
                ):
                    record.with_user(user).create(
                        {
                            "account_id": self.account.id,
                            "item_ids": [Command.set(self.account.item_ids.ids)],
                            **vals,
                        }
                    )
            made = (
                self.env["collection.payment.plan"]
                .with_user(user)
                .with_context(default_state="active")
                .create(
                    {
                        "account_id": self.account.id,
                        "item_ids": [Command.set(self.account.item_ids.ids)],
                    }
                )
            )
            self.assertEqual(made.state, "draft")
        plan.with_user(self.manager_user).action_approve()
        self.assertRecordValues(
            plan, [{"state": "active", "approver_id": self.manager_user.id}]
        )

    def test_nobody_splits_without_end(self):
        plan = (
            self.env["collection.payment.plan"]
            .with_user(self.manager_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(self.account.item_ids.ids)],
                    "instalment_count": 10_000,
                }
            )
        )
        with self.assertRaisesRegex(UserError, "cannot be split"):
            plan.action_split()

    def test_days_of_a_plan_of_a_provider(self):
        account = self.delegated.with_user(self.agent_user)
        for first, count, state in (
            ("2026-11-22", 3, "active"),
            ("2026-11-23", 3, "to_approve"),
            ("2026-11-15", 4, "to_approve"),
        ):
            with self.subTest(first=first, count=count):
                plan = account._portal_propose_plan(
                    {"date_first": first, "instalment_count": count}
                )
                self.assertEqual(plan.state, state)
                plan.with_user(self.manager_user).action_cancel()
        self.mandate.plan_last_days = 60
        plan = account._portal_propose_plan(
            {"date_first": "2026-11-15", "instalment_count": 3}
        )
        self.assertEqual(plan.state, "to_approve", "the last one comes too late")

    # ------------------------------------------------------------------
    # Settings
    # ------------------------------------------------------------------

    def test_limits_where_nobody_has_set_any(self):
        names = ["promise_last_days", "promise_share", "plan_first_days"]
        names.append("plan_last_days")
        defaults = self.env["collection.mandate"].default_get(names)
        self.assertEqual([defaults[name] for name in names], [60, 25.0, 45, 365])
        company = self.env["res.company"].sudo().create({"name": "Fresh"})
        self.assertEqual(
            [company[f"collection_{name}"] for name in names], [60, 25.0, 45, 365]
        )

    def test_limits_are_sensible(self):
        for record, prefix in ((self.company, "collection_"), (self.mandate, "")):
            for values in (
                {"promise_share": 100.5},
                {"promise_share": -1.0},
                {"promise_last_days": -1},
                {"plan_first_days": 90, "plan_last_days": 80},
            ):
                with (
                    self.subTest(record=record, values=values),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(IntegrityError),
                    self.cr.savepoint(),
                ):
                    record.write(
                        {prefix + name: value for name, value in values.items()}
                    )
                    record.flush_recordset()
