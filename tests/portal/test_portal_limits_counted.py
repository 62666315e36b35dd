from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ActCommon


@tagged("post_install", "-at_install")
class TestLimitsCounted(ActCommon):
    """What goes beyond the mandate is refused or waits, and either is counted."""

    def _cases(self):
        cases = self.env["collection.limit.case"].search(
            [("account_id", "=", self.account.id)], order="id"
        )
        return [(case.limit, case.outcome, case.user_id) for case in cases]

    def _promise(self, **data):
        return self._act(
            "promise",
            **{
                "amount": "10",
                "date_promised": self.in_days(5),
                "payment_means": "transfer",
                "person": "Mme Petit",
                **data,
            },
        )

    def test_refused(self):
        self.mandate.write({"promise_last_days": 10, "promise_share": 50.0})
        self._log_in(self.agent_user)
        self.assertEqual(self._promise(date_promised=self.in_days(11)).status_code, 422)
        self.assertEqual(self._promise(amount="0.01").status_code, 422)
        # wrong, but within the limits
        self.assertEqual(self._promise(date_promised=self.in_days(-1)).status_code, 422)
        self.assertFalse(self.account.promise_ids)
        self.assertEqual(
            self._cases(),
            [
                ("promise_day", "refused", self.agent_user),
                ("promise_share", "refused", self.agent_user),
            ],
        )
        self.assertEqual(self.mandate.limit_case_count, 2)
        cases = self.env["collection.limit.case"].search([])
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                cases.with_user(user).read(["note"])
        with self.assertRaises(AccessError):
            cases.with_user(self.manager_user).note = "Nothing"

    def test_sent_for_approval(self):
        self.mandate.write({"plan_instalments": 2, "plan_amount": 100000.0})
        self._log_in(self.agent_user)
        for count in (2, 3):
            self._act(
                "plan",
                instalment_count=str(count),
                date_first=self.in_days(10),
                payment_means="transfer",
            )
            plan = self.account.plan_ids.filtered(
                lambda plan: plan.state != "cancelled"
            )
            self.assertEqual(len(plan.instalment_ids), count)
            plan.with_user(self.manager_user).action_cancel()
        self.assertEqual(self._cases(), [("plan", "approval", self.agent_user)])
        case = self.env["collection.limit.case"].search([])
        for part in (plan.number, "3 instalments", "1,250.00"):
            self.assertIn(part, case.note)

    def test_in_house_limits_are_no_mandate_s(self):
        self.assertFalse(
            self.env["collection.limit.case"]
            .with_user(self.collector_user)
            ._record(self.account, "plan", "approval")
        )
