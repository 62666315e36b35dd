from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..common import CollectionCommon

MODELS = (
    "collection.promise",
    "collection.payment.plan",
    "collection.payment.instalment",
    "collection.bill",
    "collection.precheck",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestProviderActs(CollectionCommon):
    """What a provider's agent agrees with the customers delegated to him."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-31"):
            cls._invoice(cls.customer, 1000.0, "2026-03-01")
            cls._invoice(cls.customer, 3000.0, "2026-05-20")
            cls._invoice(cls.other_customer, 500.0, "2026-03-01")
            cls.account = cls.account_of(cls.customer)
            cls.other_account = cls.account_of(cls.other_customer)
            cls._hand_over(cls.account)
        cls.items = cls.account.item_ids.sorted("date_due")
        cls.late, cls.coming = cls.items
        cls.mine = cls.account.with_user(cls.agent_user)

    def _promise(self, **values):
        return self.mine._portal_new_promise(
            {"date_promised": "2026-04-10", "amount": 1000.0, **values}
        )

    def _bill(self, item, account=None):
        bill = self.env["collection.bill"].create(
            {
                "account_id": (account or self.account).id,
                "item_ids": [Command.set(item.ids)],
                "kind": "lcr",
            }
        )
        bill.action_send()
        return bill

    def _precheck(self, item):
        return self.env["collection.precheck"].create({"item_id": item.id})

    # ------------------------------------------------------------------
    # Promises
    # ------------------------------------------------------------------

    def test_agent_records_a_promise(self):
        promise = self._promise(person="Ms Claire", payment_means="transfer")
        self.assertRecordValues(
            promise.with_env(self.env),
            [
                {
                    "account_id": self.account.id,
                    "item_ids": self.late.ids,
                    "amount": 1000.0,
                    "state": "open",
                    "user_id": self.agent_user.id,
                }
            ],
        )
        self.assertEqual(self.late.promise_id, promise.with_env(self.env))
        # and he reads it with all he may read of it
        self.assertTrue(promise.read())

    def test_promise_takes_a_closed_list(self):
        for values in (
            {"state": "kept"},
            {"user_id": self.manager_user.id},
            {"account_id": self.other_account.id},
            {"date_made": "2026-01-01"},
            {"item_ids": self.other_account.item_ids.ids},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._promise(**values)
        for values in (
            {"amount": 0},
            {"amount": -5.0},
            {"date_promised": False},
            {"date_promised": "2026-03-30"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._promise(**values)

    def test_promise_only_about_items_handed_over(self):
        with freeze_time("2026-03-31"):
            self.late.placement_line_id._take_back("recalled", "x")
        self.assertEqual(self.account.delegation_state, "in_house")
        with self.assertRaises(AccessError):
            self._promise()

    def test_promise_by_rpc_is_checked_as_well(self):
        promises = self.env["collection.promise"]
        values = {"date_promised": "2026-04-10", "amount": 10.0}
        for user in (self.agent_user, self.on_site_user):
            model = promises.with_user(user)
            with self.subTest(user=user.login):
                promise = model.create({**values, "account_id": self.account.id})
                self.assertEqual(promise.sudo().user_id, user)
                for closed in (
                    {"account_id": self.other_account.id},
                    {
                        "account_id": self.account.id,
                        "item_ids": [Command.set(self.other_account.item_ids.ids)],
                    },
                    {"account_id": self.account.id, "user_id": self.env.uid},
                    {"account_id": self.account.id, "state": "kept"},
                ):
                    with self.assertRaises(UserError):
                        model.create({**values, **closed})
                with self.assertRaises(UserError):
                    promise.write({"amount": 5.0})
                with self.assertRaises(AccessError):
                    promise.write({"state": "kept"})
                with self.assertRaises(UserError):
                    promise.unlink()

    def test_own_promise_withdrawn_with_a_reason(self):
        promise = self._promise()
        with self.assertRaises(UserError):
            promise._portal_withdraw("  ")
        with self.assertRaises(AccessError):
            promise.with_user(self.supervisor_user)._portal_withdraw("Not mine")
        promise._portal_withdraw("Cheque sent back")
        self.assertEqual(promise.state, "withdrawn")
        # for the company: the next provider reads no words of the first
        self.assertEqual(
            promise.with_env(self.env).withdrawal_reason, "Cheque sent back"
        )
        self.assertFalse(self.late.promise_id)
        with self.assertRaises(UserError):
            promise._portal_withdraw("Again")

    def test_on_site_agent_works_with_forms(self):
        user = self.on_site_user
        for model in MODELS[:2] + MODELS[3:]:
            views = (
                self.env[model]
                .with_user(user)
                .get_views([(False, "list"), (False, "form"), (False, "search")])
            )
            for name in views["models"][model]["fields"]:
                field = self.env[model]._fields[name]
                with self.subTest(model=model, field=name):
                    self.assertTrue(
                        self.env[model].with_user(user)._has_field_access(field, "read")
                    )
        action = self.account.with_user(user).action_new_promise()
        with Form(
            self.env["collection.promise"]
            .with_user(user)
            .with_context(**action["context"])
        ) as form:
            form.date_promised = "2026-04-15"
        promise = form.record
        self.assertEqual(promise.sudo().item_ids, self.late)
        promise.withdrawal_reason = "Recorded twice"
        promise.action_confirm_withdrawal()
        self.assertEqual(promise.state, "withdrawn")
        others = self._promise().with_user(user)
        with self.assertRaises(AccessError):
            others.write({"withdrawal_reason": "Not mine"})
        with self.assertRaises(UserError):
            others.action_confirm_withdrawal()

    # ------------------------------------------------------------------
    # Plans
    # ------------------------------------------------------------------

    def _plan(self, count=3, **values):
        return self.mine._portal_propose_plan(
            {"instalment_count": count, "date_first": "2026-04-15", **values}
        )

    def test_plan_within_the_mandate_runs(self):
        self.mandate.write({"plan_instalments": 3, "plan_amount": 1000.0})
        plan = self._plan()
        self.assertEqual(plan.state, "active")
        self.assertEqual(plan.sudo().user_id, self.agent_user)
        self.assertEqual(plan.instalment_ids.mapped("amount"), [333.33, 333.33, 333.34])
        self.assertEqual(self.late.plan_id, plan.with_env(self.env))
        with self.assertRaises(UserError):
            plan._portal_cancel()

    def test_plan_beyond_the_mandate_waits(self):
        for limits in (
            {},
            {"plan_instalments": 2, "plan_amount": 1000.0},
            {"plan_instalments": 3, "plan_amount": 999.99},
        ):
            self.mandate.write(limits)
            with self.subTest(limits=limits):
                plan = self._plan()
                self.assertEqual(plan.state, "to_approve")
                self.assertFalse(self.late.plan_id)
                activity = plan.sudo().activity_ids
                self.assertFalse(activity.user_id.share)
                plan._portal_cancel()
                self.assertEqual(plan.state, "cancelled")
        plan = self._plan()
        with self.assertRaises(UserError):
            plan.action_approve()
        with self.assertRaises(UserError):
            plan.action_agree()
        plan.with_user(self.manager_user).action_approve()
        self.assertEqual(plan.state, "active")

    def test_plan_takes_a_closed_list(self):
        for values in ({"state": "active"}, {"acceleration": False}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._plan(**values)
        for values in ({"count": 1}, {"count": 500}, {"date_first": False}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._plan(**values)
        for user in (self.agent_user, self.on_site_user):
            model = self.env["collection.payment.plan"].with_user(user)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(model.has_access(operation))

    def test_plan_in_house_keeps_its_limits(self):
        plan = self.other_account.with_user(self.collector_user)._propose_plan(
            {"instalment_count": 3, "date_first": "2026-04-15"}
        )
        self.assertEqual(plan.state, "active")
        plan.action_cancel()
        plan = self.other_account.with_user(self.collector_user)._propose_plan(
            {"instalment_count": 4, "date_first": "2026-04-15"}
        )
        self.assertEqual(plan.state, "to_approve")

    # ------------------------------------------------------------------
    # Bills and quality control
    # ------------------------------------------------------------------

    def test_agent_chases_a_bill(self):
        bill = self._bill(self.coming)
        for user in (self.agent_user, self.on_site_user):
            theirs = bill.with_user(user)
            count = bill.chase_count
            theirs._portal_chase(alternative="direct_debit")
            theirs.action_chase()
            self.assertEqual(bill.chase_count, count + 2)
            for method in ("action_accept", "action_send", "action_remit"):
                with self.subTest(method=method), self.assertRaises(UserError):
                    getattr(theirs, method)()
        self.assertEqual(bill.state, "chased")
        self.assertEqual(bill.alternative, "direct_debit")
        foreign = self._bill(self.other_account.item_ids, self.other_account)
        with self.assertRaises(AccessError):
            foreign.with_user(self.agent_user)._portal_chase()

    def test_agent_answers_a_check(self):
        precheck = self._precheck(self.coming)
        theirs = precheck.with_user(self.agent_user)
        theirs._portal_answer({"received": True, "person": "Ms Claire"})
        self.assertEqual(precheck.state, "to_check")
        with self.assertRaises(AccessError):
            theirs._portal_answer({"state": "ok"})
        theirs._portal_answer(
            {
                "conforms": True,
                "delivered": True,
                "approved": True,
                "bank_details_known": True,
                "date_planned": "2026-05-20",
            }
        )
        self.assertEqual(precheck.state, "ok")
        self.assertEqual(precheck.user_id, self.agent_user)
        self.assertEqual(precheck.promise_id.item_ids, self.coming)
        self.assertEqual(precheck.promise_id.user_id, self.agent_user)
        with self.assertRaises(UserError):
            theirs._portal_answer({"received": False})

    def test_anomaly_ends_the_check(self):
        precheck = self._precheck(self.coming)
        values = {
            "account_id": self.account.id,
            "reason_id": self._dispute_reason("price").id,
        }
        other, dispute = self.env["collection.dispute"].create(
            [
                {**values, "item_ids": [Command.set(self.late.ids)]},
                {**values, "item_ids": [Command.set(self.coming.ids)]},
            ]
        )
        theirs = precheck.with_user(self.agent_user)
        with self.assertRaises(UserError):
            theirs._portal_answer({}, dispute=other)
        theirs._portal_answer({"note": "Wrong price"}, dispute=dispute)
        self.assertEqual(precheck.state, "anomaly")
        self.assertEqual(precheck.dispute_id, dispute)

    def test_on_site_agent_answers_a_check(self):
        precheck = self._precheck(self.coming)
        theirs = precheck.with_user(self.on_site_user)
        with self.assertRaises(AccessError):
            theirs.write({"state": "ok"})
        theirs.write(
            dict.fromkeys(
                (
                    "received",
                    "conforms",
                    "delivered",
                    "approved",
                    "bank_details_known",
                ),
                True,
            )
        )
        theirs.date_planned = "2026-05-20"
        theirs.action_confirm()
        self.assertEqual(precheck.state, "ok")
        self.assertTrue(precheck.promise_id)
        with self.assertRaises(AccessError):
            theirs.write({"received": False})

    # ------------------------------------------------------------------
    # Who sees what, and until when
    # ------------------------------------------------------------------

    def _records(self):
        self.mandate.write({"plan_instalments": 9, "plan_amount": 9000.0})
        promise = self._promise(item_ids=self.late.ids)
        plan = self._plan(item_ids=self.late.ids)
        return {
            "collection.promise": promise.with_env(self.env),
            "collection.payment.plan": plan.with_env(self.env),
            "collection.payment.instalment": plan.with_env(self.env).instalment_ids,
            "collection.bill": self._bill(self.coming),
            "collection.precheck": self._precheck(self.coming),
        }

    def test_visible_until_the_recall(self):
        records = self._records()
        ours = (self.agent_user, self.supervisor_user, self.on_site_user)
        others = (
            self.other_agent_user,
            self.plain_portal_user,
            self.plain_internal_user,
        )
        self.assertEqual(set(records), set(MODELS))
        for model, record in records.items():
            for user in ours:
                with self.subTest(model=model, user=user.login):
                    self.assertTrue(record.with_user(user).has_access("read"))
                    self.assertEqual(
                        self.env[model].with_user(user).search([]).with_env(self.env),
                        record,
                    )
            for user in others:
                with self.subTest(model=model, user=user.login):
                    self.assertFalse(record.with_user(user).has_access("read"))
        self.account.placement_line_id._take_back("recalled", "Ours again")
        for model, record in records.items():
            for user in ours:
                with self.subTest(model=model, user=user.login, recalled=True):
                    self.assertFalse(record.with_user(user).has_access("read"))
                    self.assertFalse(self.env[model].with_user(user).search([]))
        for act in (
            lambda: self._promise(),
            lambda: self._plan(),
            lambda: (
                records["collection.promise"]
                .with_user(self.agent_user)
                ._portal_withdraw("x")
            ),
            lambda: (
                records["collection.bill"].with_user(self.agent_user)._portal_chase()
            ),
            lambda: (
                records["collection.precheck"]
                .with_user(self.agent_user)
                ._portal_answer({})
            ),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_items_kept_in_house_stay_unseen(self):
        """An account is delegated, one of its invoices is not."""
        precheck = self._precheck(self.coming)
        bill = self._bill(self.coming)
        self.coming.delegated = False
        self.env.flush_all()
        for record in (precheck, bill):
            self.assertFalse(record.with_user(self.agent_user).has_access("read"))
        with self.assertRaises(AccessError):
            self._promise(item_ids=self.coming.ids)
        promise = self._promise(item_ids=self.late.ids)
        self.assertEqual(promise.item_ids, self.late.with_user(self.agent_user))
