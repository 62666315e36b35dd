from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestInsolvency(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item("N1", cls.customer, 1000.0, "2026-03-01")
        cls.account = cls.item.account_id
        cls.account.user_id = cls.collector_user
        cls.administrator = cls.env["res.partner"].create({"name": "Maître Legrand"})

    def _activity(self):
        return self.account.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("account_collection.mail_activity_type_claim")
            )
        )

    def test_everything_stops_and_the_claim_is_to_be_declared(self):
        run = self._run("2026-03-31")
        run.action_confirm()
        self.assertEqual(run.letter_ids.state, "to_send")
        account = self.account.with_user(self.manager_user)
        account.write(
            {
                "insolvency_date": "2026-03-30",
                "insolvency_administrator_id": self.administrator.id,
            }
        )
        self.assertEqual(run.letter_ids.state, "cancelled")
        self.assertEqual(run.letter_ids.state_reason, "Insolvency of the customer")
        # estimated from the judgment until the publication is known
        activity = self._activity()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.collector_user)
        self.assertEqual(str(activity.date_deadline), "2026-05-30")
        self.assertEqual(
            activity.summary,
            "Declare the claim to Maître Legrand before 05/30/2026",
        )
        self.assertIn("Estimated", activity.note)
        account.insolvency_publication_date = "2026-04-10"
        activity = self._activity()
        self.assertEqual(len(activity), 1)
        self.assertEqual(str(account.claim_deadline), "2026-06-10")
        self.assertEqual(str(activity.date_deadline), "2026-06-10")
        self.assertFalse(activity.note)
        account.claim_declared_date = "2026-04-20"
        self.assertFalse(self._activity())
        self.assertIn("Claim declared", self.account.message_ids[0].body)
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "insolvent"})
        self.assertIn("03/30/2026", run.exclusion_ids.explanation)

    def test_nothing_is_agreed_any_more(self):
        """A payment agreed after the judgment would favour one creditor."""
        plans = (
            self.env["collection.payment.plan"]
            .with_user(self.collector_user)
            .create(
                [
                    {
                        "account_id": self.account.id,
                        "item_ids": [Command.set(self.item.ids)],
                        "instalment_count": 2,
                        "date_first": "2026-04-15",
                    }
                ]
                * 2
            )
        )
        plans.action_split()
        self.company.collection_plan_amount = 0
        plans[0].action_agree()
        self.assertEqual(plans[0].state, "to_approve")
        self.account.insolvency_date = "2026-03-30"
        declare = "N.* insolvent: declare the claim"
        with self.assertRaisesRegex(UserError, declare):
            plans[0].with_user(self.manager_user).action_approve()
        with self.assertRaisesRegex(UserError, declare):
            plans[1].action_agree()
        self.assertEqual(plans.mapped("state"), ["to_approve", "draft"])
        promise = {"amount": 10, "date_promised": "2026-04-05"}
        account = self.account.with_user(self.collector_user)
        for agree in (
            lambda: account._new_promise(promise),
            lambda: account._propose_plan(
                {"instalment_count": 2, "date_first": "2026-04-15"}
            ),
        ):
            with self.assertRaises(UserError) as caught:
                agree()
            self.assertRegex(str(caught.exception), declare)
        self.assertFalse(self.account.promise_ids)
        self.account.insolvency_date = False
        self.assertTrue(account._new_promise(promise))
        plans[1].action_agree()

    def test_entered_by_mistake(self):
        self.account.insolvency_date = "2026-03-30"
        self.assertTrue(self._activity())
        self.account.insolvency_date = False
        self.assertFalse(self._activity())
        self.assertFalse(self.account.claim_deadline)
        self.assertFalse(self._reasons(self._run("2026-03-31")))

    def test_a_manager_when_nobody_works_it(self):
        self.account.user_id = False
        self.account.insolvency_date = "2026-03-30"
        self.assertTrue(
            self._activity().user_id.has_group(
                "account_collection.group_collection_manager"
            )
        )

    def test_only_managers(self):
        for field, value in (
            ("insolvency_date", "2026-03-30"),
            ("insolvency_administrator_id", self.administrator.id),
            ("insolvency_publication_date", "2026-03-30"),
            ("claim_declared_date", "2026-03-30"),
        ):
            with self.assertRaises(AccessError):
                self.account.with_user(self.collector_user)[field] = value
