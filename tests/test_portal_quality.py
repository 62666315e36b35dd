from datetime import date

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from . import test_portal_axe
from .quality_common import QualityCommon


class PortalQualityCommon(QualityCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        users = cls.env["collection.agent"].search([]).user_id | cls.plain_portal_user
        (users.partner_id | cls.customer | cls.other_customer).lang = "en_US"
        cls.mandate.quality_share = 100.0
        cls.url = f"/my/collection/{cls.delegated.id}/complaint"
        moment = "2026-11-23 09:00:00"
        cls._log(cls.delegated, cls.agent_user, moment)
        cls._log(cls.delegated, cls.on_site_user, moment)
        draw = cls.env["collection.call.draw"].sudo()
        reviews = draw._draw_day(cls.company, date(2026, 11, 23)).review_ids
        for review, advice in zip(
            reviews.sorted("user_id"), ("For Agent One", "For Agent Two"), strict=True
        ):
            review.comment = advice
            review.line_ids.result = "yes"
            review.line_ids[0].result = "no"
            review.with_env(cls.env).action_done()
        cls.advice = {review.user_id: review.comment for review in reviews}
        cls.env.flush_all()

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, **values):
        return self.url_open(
            self.url,
            data={
                "csrf_token": Request.csrf_token(self),
                "category": "error",
                "severity": "2",
                "description": "The amount is wrong",
                **values,
            },
        )

    def _status(self, url):
        with mute_logger("odoo.http"):
            return self.url_open(url).status_code


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
class TestPortalQualityAxe(PortalQualityCommon, test_portal_axe.AxeCase):
    """These pages meet WCAG 2.1 AA as far as axe sees."""

    def test_pages(self):
        self.delegated.with_user(self.agent_user)._portal_new_complaint(
            {"category": "error", "description": "The amount is wrong"}
        )
        self.env.flush_all()
        for user in (self.agent_user, self.supervisor_user):
            for url in ("/my/collection/quality", self.url):
                with self.subTest(user=user.login, url=url):
                    self._check(url, user.login)
