from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestRefusalsCounted(PortalCommon):
    """What people on site may not grant is counted, though all they did is undone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.on_site_user.lang = "en_US"
        cls.mandate.write({"promise_last_days": 10, "promise_share": 50.0})

    def _cases(self):
        cases = self.env["collection.limit.case"].search([], order="id")
        return [
            (case.limit, case.outcome, case.user_id, case.mandate_id) for case in cases
        ]

    def _refused(self, words, model, method, *args, **kwargs):
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(JsonRpcException, words),
        ):
            self._call_kw(model, method, *args, **kwargs)

    def _promise(self, days=5, amount=1250.0, account=None):
        return {
            "account_id": (account or self.account).id,
            "amount": amount,
            "date_promised": str(self.in_days(days)),
        }

    def test_promise_by_hand(self):
        self._log_in(self.on_site_user)
        promises = "collection.promise"
        self._refused("UserError", promises, "create", [self._promise(days=11)])
        self._refused("UserError", promises, "create", [self._promise(amount=624.0)])
        # wrong, but within the limits
        with mute_logger("odoo.sql_db"):
            self._refused(
                "ValidationError", promises, "create", [self._promise(days=-1)]
            )
        self.assertFalse(self.account.promise_ids)
        self.assertEqual(
            self._cases(),
            [
                ("promise_day", "refused", self.on_site_user, self.mandate),
                ("promise_share", "refused", self.on_site_user, self.mandate),
            ],
        )
        self.assertIn(
            "accepted up to", self.env["collection.limit.case"].search([])[-1].note
        )
        self._call_kw(promises, "create", [self._promise()])
        self.assertTrue(self.account.promise_ids)
        self.assertEqual(self.mandate.limit_case_count, 2)

    def test_call_screen(self):
        """Nothing of the call is kept, but that it went too far."""
        self._log_in(self.on_site_user)
        self._call_kw("collection.call.screen", "default_get", ["account_id"])
        outcome = self._result("promise")
        screen = self._call_kw(
            "collection.call.screen",
            "create",
            {
                "account_id": self.account.id,
                "contact": "right_party",
                "outcome_id": outcome.id,
                "with_follow_up": True,
                "item_ids": [[6, 0, self.items.ids]],
                "amount": 1250.0,
                "promise_date": str(self.in_days(11)),
                "payment_means": "transfer",
                "person": "Claire Dubois",
                "obstacle_reason": "A test",
            },
        )
        self._refused("UserError", "collection.call.screen", "action_save", [screen])
        self.assertFalse(self.account.call_ids)
        self.assertEqual(
            self._cases(),
            [("promise_day", "refused", self.on_site_user, self.mandate)],
        )

    def test_call_out_of_hours(self):
        """Nobody may call somebody who asked not to be: on site and by the portal."""
        self.account.do_not_call = True
        values = {
            "account_id": self.account.id,
            "outcome_id": self.no_answer.id,
        }
        self._log_in(self.on_site_user)
        self._refused("UserError", "collection.call", "create", [values])
        self._log_in(self.agent_user)
        response = self._post(f"{self.url}/call", outcome_id=self.no_answer.id)
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self.account.call_ids)
        self.assertEqual(
            self._cases(),
            [
                ("call", "refused", self.on_site_user, self.mandate),
                ("call", "refused", self.agent_user, self.mandate),
            ],
        )

    def test_by_remote_call(self):
        """An agent off site who goes past the pages is counted like on them."""
        self._log_in(self.agent_user)
        self._refused(
            "UserError", "collection.promise", "create", [self._promise(days=11)]
        )
        self.assertEqual(
            self._cases(), [("promise_day", "refused", self.agent_user, self.mandate)]
        )

    def test_portal_page_counts_once(self):
        self._log_in(self.agent_user)
        response = self.url_open(
            f"{self.url}/promise",
            data={
                "csrf_token": Request.csrf_token(self),
                "amount": "1250",
                "date_promised": self.in_days(11),
                "payment_means": "transfer",
                "person": "Mme Petit",
            },
        )
        self.assertEqual(response.status_code, 422)
        self.assertEqual(
            self._cases(), [("promise_day", "refused", self.agent_user, self.mandate)]
        )
        # what is undone afterwards, to be tried again, is not counted twice
        with self.assertRaises(UserError):
            self._try_and_count()
        self.env.cr.postrollback.run()
        self.assertEqual(len(self._cases()), 1)

    def _try_and_count(self):
        account = self.account.with_user(self.agent_user)
        try:
            with self.env.cr.savepoint():
                account._portal_new_promise(
                    {"amount": 1250.0, "date_promised": self.in_days(11)}
                )
        except UserError as error:
            with self.env.cr.savepoint():
                account._note_refused(error)
                self.assertEqual(len(self._cases()), 2)
                raise

    def test_in_house_limits_are_no_mandate_s(self):
        self.company.write(
            {"collection_promise_last_days": 5, "collection_promise_share": 0.0}
        )
        self._log_in(self.collector_user)
        self._refused(
            "UserError",
            "collection.promise",
            "create",
            [self._promise(days=6, account=self.other_account)],
        )
        self._refused(
            "UserError", "collection.promise", "create", [self._promise(days=6)]
        )
        self.assertFalse(self._cases())
