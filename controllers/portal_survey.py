from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .portal import CollectionPortal

#: how the fields of the marks are named, before the number of the question
MARK = "mark_"


class CollectionPortalSurvey(CollectionPortal):
    """The team survey, for a provider's people who work on the portal."""

    def _render_collection_survey(self, done=None, error=None, post=None):
        agent_sudo = self._get_collection_agent()
        return self._render_collection(
            "portal_collection_survey",
            {
                **self._prepare_collection_values("collection_survey", agent_sudo),
                "sheets": request.env["collection.team.survey"]._get_sheets(),
                "done": done,
                "error": error,
                # what was typed belongs to the form that was refused
                "kept": lambda sheet: (
                    post
                    if post and post.get("survey_id") == str(sheet["survey_id"])
                    else {}
                ),
            },
            status=422 if error else 200,
        )

    def _read_collection_marks(self, post):
        """What was chosen in the form, by the numbers of the questions."""
        marks = {}
        for name in post:
            if name.startswith(MARK):
                number = self._read_collection_number(name.removeprefix(MARK))
                marks[number] = self._get_collection_text(post, name)
        return marks

    @http.route(
        "/my/collection/survey",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
    )
    def portal_collection_survey(self, done=None, **post):
        self._get_collection_agent()
        if request.httprequest.method == "GET":
            return self._render_collection_survey(done=done)
        number = self._read_collection_number(
            self._get_collection_text(post, "survey_id")
        )
        try:
            with request.env.cr.savepoint():
                request.env["collection.team.survey"]._portal_answer(
                    number,
                    self._read_collection_marks(post),
                    self._get_collection_text(post, "comment"),
                )
        except AccessError:
            # sent twice, or the survey has closed meanwhile
            return request.redirect("/my/collection/survey?done=before")
        except UserError as error:
            return self._render_collection_survey(error=str(error), post=post)
        return request.redirect("/my/collection/survey?done=now")
