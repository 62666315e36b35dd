from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ActCommon


@tagged("post_install", "-at_install")
class TestPortalTakenBack(ActCommon):
    """The company takes a customer back while the agent types."""

    def setUp(self):
        super().setUp()
        self.authenticate(self.agent_user.login, self.agent_user.login)

    def _late_post(self, act, **values):
        with mute_logger("odoo.http"):
            return self._act(act, **values)

    def _notes(self):
        return self.env["collection.provider.note"].search(
            [("account_id", "=", self.account.id)]
        )

    def _take_back(self, **values):
        self.account.placement_line_id._take_back("recalled", "Strategic")
        self.env.cr.flush()

    def test_what_was_typed_reaches_the_company(self):
        self.account.user_id = self.collector_user
        self._take_back()
        for act, values, words in (
            (
                "message",
                {"body": "They closed <b>down</b>"},
                ["They closed <b>down</b>"],
            ),
            (
                "promise",
                {"amount": "120", "date_promised": "2030-01-05", "note": "By cheque"},
                ["120", "2030-01-05", "By cheque"],
            ),
            (
                "call",
                {
                    "outcome_id": str(self.in_process.id),
                    "note": "Asked for a copy",
                    "promise-amount": "77",
                    "contact-name": "Ms Late",
                },
                [self.in_process.name, "Asked for a copy", "77", "Ms Late"],
            ),
            (
                "complaint",
                {"category": "error", "description": "Wrong address"},
                ["Wrong address"],
            ),
        ):
            with self.subTest(act=act):
                before = self._notes()
                response = self._late_post(act, **values)
                self.assertEqual(response.status_code, 404)
                self.assertIn("taken back", response.text)
                self.assertNotIn(self.customer.name, response.text)
                self.assertNotIn("<b>down</b>", response.text)
                note = self._notes() - before
                self.assertEqual(len(note), 1)
                self.assertEqual(note.agent_id, self.agent)
                self.assertEqual(note.mandate_id, self.mandate)
                for word in words:
                    self.assertIn(word, note.body)

    def test_nothing_written(self):
        self._take_back()
        response = self._late_post("message")
        self.assertEqual(response.status_code, 404)
        self.assertIn("taken back", response.text)
        self.assertFalse(self._notes())

    def test_the_end_of_the_mandate(self):
        self.mandate.action_end()
        response = self._late_post("message", body="Just one thing")
        self.assertIn("taken back", response.text)
        self.assertIn("Just one thing", self._notes().body)

    def test_mandate_that_ran_out_last_night(self):
        """Whether the nightly job has ended it by now or not."""
        self.mandate.date_end = self.in_days(-1)
        self.env.flush_all()
        response = self._late_post("message", body="They pay on Friday")
        self.assertEqual(response.status_code, 404)
        self.assertIn("taken back", response.text)
        self.assertIn("They pay on Friday", self._notes().body)
        self.authenticate(self.other_agent_user.login, self.other_agent_user.login)
        response = self._late_post("message", body="Hello")
        self.assertNotIn("taken back", response.text)
        self.assertNotIn("Hello", "".join(self._notes().mapped("body")))

    def test_monsters(self):
        self._take_back()
        for value in ("x" * 200_000, "a\0b"):
            with self.subTest(value=value[:5]):
                response = self._late_post("message", body=value)
                self.assertEqual(response.status_code, 404)

    def test_only_of_a_moment_ago_and_theirs(self):
        self._take_back()
        line = self.env["collection.placement.line"].search(
            [("account_id", "=", self.account.id)], limit=1
        )
        for user in (self.other_agent_user, self.plain_portal_user):
            self.authenticate(user.login, user.login)
            with self.subTest(user=user.login):
                response = self._late_post("message", body="Hello")
                self.assertEqual(response.status_code, 404)
                self.assertNotIn("taken back", response.text)
        self.authenticate(self.agent_user.login, self.agent_user.login)
        with mute_logger("odoo.http"):
            self.assertNotIn("taken back", self.url_open(self.url).text, "only acts")
        line._transit({"date_end": self.in_days(-2)})
        self.env.flush_all()
        self.assertNotIn("taken back", self._late_post("message", body="Late").text)
        self.assertFalse(self._notes())

    def test_what_was_only_proposed_was_never_theirs(self):
        self._take_back()
        self.env["collection.placement.line"].search(
            [("account_id", "=", self.account.id)]
        )._transit({"date_end": self.in_days(-9)})
        proposal = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [(0, 0, {"account_id": self.account.id})],
            }
        )
        proposal.action_propose()
        proposal.line_ids._take_back("recalled", "Not yet")
        self.env.flush_all()
        self.assertNotIn("taken back", self._late_post("message", body="Hi").text)

    def test_one_invoice_taken_back(self):
        item = self.items[0]
        item.with_user(self.manager_user)._recall("Sales asked")
        self.env.flush_all()
        response = self._late_post(
            "promise",
            amount="5",
            date_promised=self.in_days(3),
            item_ids=str(item.id),
            person="Mr Transfer",
        )
        self.assertEqual(response.status_code, 422)
        self.assertIn("taken back by the company", response.text)
        self.assertIn("Mr Transfer", response.text)

    def test_foreign_items_stay_unknown(self):
        foreign = self.account_of(self.other_customer).item_ids[:1]
        foreign._recall("Back")
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.account.with_user(self.agent_user)._portal_new_promise(
                {
                    "amount": 5.0,
                    "date_promised": self.in_days(3),
                    "item_ids": foreign.ids,
                }
            )
        response = self._late_post(
            "promise",
            amount="5",
            date_promised=self.in_days(3),
            item_ids=str(foreign.id),
        )
        self.assertEqual(response.status_code, 404)
