from odoo import api, models

from ..quality.collection_team_survey import SCALE

#: how a mark is written in a form
MARKS = {str(mark): mark for mark in SCALE}


class CollectionTeamSurvey(models.Model):
    """What a provider's agent is asked on the portal, and what comes back."""

    _inherit = "collection.team.survey"

    @api.model
    def _portal_answer(self, survey_id, texts, comment):
        """Count what a form says, as the current user.

        :param survey_id: number of the survey, or None
        :param texts: {number of a question: what stands for its mark}, as they came
        :param comment: a text, as it came
        :raises AccessError: where they are not asked, or not any more
        :raises UserError: on what is no answer
        """
        self._answer(
            survey_id,
            {number: MARKS.get(text) for number, text in texts.items()},
            comment,
        )
