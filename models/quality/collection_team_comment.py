import secrets

from odoo import api, fields, models
from odoo.tools import SQL

from .collection_team_question import SIDES

#: numbers that a row may have
LARGEST_ID = 2**31 - 1


class CollectionTeamComment(models.Model):
    """What somebody of a side wrote, in no order.

    The numbers are drawn by lot: read by them, comments are shuffled, and none tells
    before or after which other it was written. Nobody has a right on it;
    `collection.team.survey` shows what may be shown.
    """

    _name = "collection.team.comment"
    _description = "Comment of the Team Survey"
    _order = "id"
    _log_access = False

    survey_id = fields.Many2one(
        comodel_name="collection.team.survey",
        required=True,
        index=True,
        ondelete="cascade",
    )
    side = fields.Selection(selection=SIDES, required=True)
    text = fields.Text(required=True)

    @api.model
    def _add(self, survey, side, text):
        """Keep a comment, unlinked to anything but the side of the survey."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_team_comment (id, survey_id, side, text)
                     VALUES (%s, %s, %s, %s)
                  RETURNING id
                """,
                secrets.randbelow(LARGEST_ID) + 1,
                survey.id,
                side,
                text,
            )
        )
