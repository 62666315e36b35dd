# pylint: disable=translation-required  # what a test posts, nobody reads
import re

from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..quality.common import NOW
from ..quality.test_team_survey import TeamSurveyCommon
from .common import AxeCase

URL = "/my/collection/survey"


class PortalSurveyCommon(TeamSurveyCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        users = cls.env["collection.agent"].search([]).user_id | cls.plain_portal_user
        users.partner_id.lang = "en_US"

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _page(self):
        self.env.flush_all()
        with mute_logger("odoo.http"):
            return self.url_open(URL)

    def _post(self, **data):
        with mute_logger("odoo.http"):
            return self.url_open(
                URL, data={"csrf_token": Request.csrf_token(self), **data}
            )

    def _form(self, survey, user, *marks):
        return {
            "survey_id": str(survey.id),
            **{
                f"mark_{number}": str(mark)
                for number, mark in self._marks(user, *marks).items()
            },
        }


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestPortalSurvey(PortalSurveyCommon):
    def test_an_agent_answers(self):
        survey = self._open()
        self._log_in(self.agent_user)
        page = self._page()
        self.assertEqual(page.status_code, 200)
        for text in ("We get on", "They decide", "November 2026"):
            self.assertIn(text, page.text)
        self.assertNotIn("They are polite", page.text)
        self.assertIn("waiting for your answer", self.url_open("/my/collection").text)
        form = self._form(survey, self.agent_user, 5, 2)
        answer = self._post(**form, comment=" All is well ")
        self.assertTrue(answer.url.endswith("done=now"))
        self.assertIn("no survey for you", answer.text)
        self.env.invalidate_all()
        self.assertEqual(survey.answered_provider, 1)
        # sent once more
        answer = self._post(**form)
        self.assertTrue(answer.url.endswith("done=before"))
        self.env.invalidate_all()
        self.assertEqual(survey.answered_provider, 1)
        tally = self.env["collection.team.answer"].sudo()
        self.assertEqual(
            sorted(
                (row.line_id.name, row.mark, row.number)
                for row in tally.search(
                    [("survey_id", "=", survey.id), ("number", ">", 0)]
                )
            ),
            [("They decide", 2, 1), ("We get on", 5, 1)],
        )
        comment = self.env["collection.team.comment"].sudo().search([])
        self.assertEqual(comment.text, "All is well")
        self.assertNotIn(
            "waiting for your answer", self.url_open("/my/collection").text
        )

    def test_hostile_forms(self):
        survey = self._open()
        form = self._form(survey, self.agent_user, 5, 2)
        first, second = [name for name in form if name.startswith("mark_")]
        ours = self._form(survey, self.collector_user, 4, 4)
        self._log_in(self.agent_user)
        for values in (
            {first: "0"},
            {first: "6"},
            {first: "-1"},
            {first: "5.0"},
            {first: "\u0663"},
            {first: " "},
            {first: "nothing of the kind"},
            {first: "9" * 5000},
            {f"mark_{'9' * 30}": "5"},
            {"mark_": "5"},
            {"mark_-1": "5"},
            {"mark_\u0663": "5"},
            {**ours},
            {"comment": "a" * 1001},
            {"comment": "a\0b"},
        ):
            with self.subTest(values=str(values)[:80]):
                answer = self._post(**{**form, **values})
                self.assertEqual(answer.status_code, 422)
                # what was chosen is chosen still
                if first not in values:
                    self.assertRegex(
                        answer.text,
                        rf'(?s)<input[^>]*id="{first}_5"[^>]*checked="checked"',
                    )
        missing = dict(form)
        missing.pop(second)
        self.assertEqual(self._post(**missing).status_code, 422)
        for number in ("", "0", "-1", "9" * 30, str(survey.id + 1000), "abc"):
            with self.subTest(number=number):
                answer = self._post(**{**form, "survey_id": number})
                self.assertTrue(answer.url.endswith("done=before"))
        with mute_logger("odoo.http"):
            answer = self.url_open(URL, data=form)
        self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(survey.answered_provider)

    def test_strangers(self):
        survey = self._open()
        form = self._form(survey, self.agent_user, 5, 2)
        self._log_in(self.other_agent_user)
        page = self._page()
        self.assertNotIn("We get on", page.text)
        self.assertFalse(re.search("waiting for your answer", page.text))
        self.assertTrue(self._post(**form).url.endswith("done=before"))
        for user in (self.plain_portal_user, self.plain_internal_user):
            self._log_in(user)
            with self.subTest(user=user.login):
                self.assertEqual(self._page().status_code, 404)
                self.assertEqual(self._post(**form).status_code, 404)
        # the form was open when the mandate ended
        self._log_in(self.agent_user)
        self.assertIn("We get on", self._page().text)
        self.mandate.action_end()
        self.env.flush_all()
        self.assertTrue(self._post(**form).url.endswith("done=before"))
        self.env.invalidate_all()
        self.assertFalse(survey.answered_provider)

    def test_by_remote_call(self):
        survey = self._open()
        self.env.flush_all()
        self._log_in(self.agent_user)
        for model, method, arguments in (
            ("collection.team.survey", "search_read", [[]]),
            ("collection.team.survey", "read", [[survey.id], ["month"]]),
            ("collection.team.survey", "action_close", [[survey.id]]),
            ("collection.team.survey", "action_answer", [[survey.id]]),
            ("collection.team.survey", "_answer", [survey.id, {}, ""]),
            ("collection.team.result", "search_read", [[]]),
            ("collection.team.answer", "search_read", [[]]),
            ("collection.team.comment", "search_read", [[]]),
            ("collection.team.respondent", "search_read", [[]]),
            ("collection.team.sheet", "create", [{"survey_id": survey.id}]),
            ("collection.mandate", "action_ask_teams", [[self.mandate.id]]),
        ):
            with self.subTest(model=model, method=method), mute_logger("odoo.http"):
                with self.assertRaises(Exception) as raised:
                    self.make_jsonrpc_request(
                        "/web/dataset/call_kw",
                        {
                            "model": model,
                            "method": method,
                            "args": arguments,
                            "kwargs": {},
                        },
                    )
                self.assertRegex(str(raised.exception), "AccessError")


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestPortalSurveyAxe(PortalSurveyCommon, AxeCase):
    """The page meets WCAG 2.1 AA as far as axe sees."""

    def test_page(self):
        self._open()
        self.env.flush_all()
        self._check((URL,), self.agent_user.login)
