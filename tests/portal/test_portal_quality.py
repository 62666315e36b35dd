from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AxeCase, PortalQualityCommon


@tagged("post_install", "-at_install")
class TestPortalQuality(PortalQualityCommon):
    def test_own_marks_and_those_of_the_team(self):
        agents, colleagues = (
            self.advice[self.agent_user],
            self.advice[self.on_site_user],
        )
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection/quality").text
        self.assertIn(agents, page)
        self.assertNotIn(colleagues, page)
        self.assertIn("Identification", page)
        self._log_in(self.supervisor_user)
        page = self.url_open("/my/collection/quality").text
        self.assertIn(agents, page)
        self.assertIn(colleagues, page)
        self._log_in(self.other_agent_user)
        page = self.url_open("/my/collection/quality").text
        self.assertNotIn(agents, page)
        self._log_in(self.plain_portal_user)
        self.assertEqual(self._status("/my/collection/quality"), 404)

    def test_reading_is_recorded(self):
        self._log_in(self.supervisor_user)
        self.url_open("/my/collection/quality")
        log = self.env["collection.access.log"].search(
            [("user_id", "=", self.supervisor_user.id)]
        )
        self.assertEqual(log.account_id, self.delegated)
        self.assertEqual(set(log.mapped("door")), {"page"})

    def test_records_a_complaint(self):
        self._log_in(self.agent_user)
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        for name in ("category", "severity", "description"):
            self.assertIn(f'name="{name}"', page.text)
        answer = self._post(category="disclosure", description=" Told my neighbour ")
        self.assertTrue(answer.url.endswith("/my/collection/quality?recorded=1"))
        self.assertIn("Told my neighbour", answer.text)
        self.env.invalidate_all()
        complaint = self.env["collection.complaint"].search(
            [("account_id", "=", self.delegated.id)]
        )
        self.assertRecordValues(
            complaint,
            [
                {
                    "user_id": self.agent_user.id,
                    "category": "disclosure",
                    "severity": "2",
                    "description": "Told my neighbour",
                    "side": "provider",
                    "mandate_id": self.mandate.id,
                    "calls_stopped": True,
                }
            ],
        )

    def test_what_is_missing_is_said(self):
        self._log_in(self.agent_user)
        for values, message in (
            ({"category": ""}, "what the customer complains about"),
            ({"category": "nonsense"}, "what the customer complains about"),
            ({"severity": "9"}, "how serious"),
            ({"description": "  "}, "what the customer says"),
        ):
            with self.subTest(values=values), mute_logger("odoo.http"):
                answer = self._post(**values)
                self.assertEqual(answer.status_code, 422)
                self.assertIn(message, answer.text)
                if values.get("description") is None:
                    # nothing that was typed is lost
                    self.assertIn("The amount is wrong", answer.text)
        self.assertFalse(self.env["collection.complaint"].search([]))
        with self.assertRaises(AccessError):
            self.delegated.with_user(self.agent_user)._portal_new_complaint(
                {"category": "error", "founded": "no"}
            )

    def test_strangers(self):
        for user in (self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                self.assertEqual(self._status(self.url), 404)
                self.assertEqual(self._post().status_code, 404)
        # the page was open when the customer was taken back
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.placement.line_ids._take_back("recalled", "Ours again")
        self.env.flush_all()
        with mute_logger("odoo.http"):
            self.assertEqual(self._post().status_code, 404)
        self.assertNotIn(
            self.advice[self.agent_user], self.url_open("/my/collection/quality").text
        )
        self.assertFalse(self.env["collection.complaint"].search([]))


@tagged("post_install", "-at_install")
class TestPortalQualityAxe(PortalQualityCommon, AxeCase):
    """These pages meet WCAG 2.1 AA as far as axe sees."""

    def test_pages(self):
        self.delegated.with_user(self.agent_user)._portal_new_complaint(
            {"category": "error", "description": "The amount is wrong"}
        )
        self.env.flush_all()
        for user in (self.agent_user, self.supervisor_user):
            with self.subTest(user=user.login):
                self._check(("/my/collection/quality", self.url), user.login)
