from odoo import fields, models

from .collection_team_question import SIDES


class CollectionTeamAnswer(models.Model):
    """How often a question was given a mark by the people of a side.

    A tally, and nobody's sheet: what one person answered is nowhere, and neither who
    wrote last nor when. Nobody has a right on it; `collection.team.result` shows what
    may be shown.
    """

    _name = "collection.team.answer"
    _description = "Marks of the Team Survey"
    _log_access = False

    survey_id = fields.Many2one(
        comodel_name="collection.team.survey",
        required=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        comodel_name="collection.team.survey.line",
        required=True,
        index=True,
        ondelete="cascade",
    )
    side = fields.Selection(selection=SIDES, required=True)
    mark = fields.Integer(required=True)
    number = fields.Integer(required=True, default=0)

    _mark_uniq = models.Constraint(
        "UNIQUE (line_id, side, mark)", "There is one tally of each mark."
    )
    _mark_in_scale = models.Constraint(
        "CHECK (mark BETWEEN 1 AND 5 AND number >= 0)", "Marks go from 1 to 5."
    )
