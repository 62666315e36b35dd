from odoo import api, fields, models
from odoo.tools import SQL

from ..base.figures import ratio_sql
from .collection_team_question import SIDES


class CollectionTeamResult(models.Model):
    """What a side thinks of a sentence: of closed surveys, from enough answers on.

    While a survey runs, the difference between two looks would be one person's sheet.
    The threshold is the one the survey was sent with, and stands in the query: there
    is no row below it to search, group or export.
    """

    _name = "collection.team.result"
    _description = "Result of the Team Survey"
    _auto = False
    _order = "day desc, survey_id, side, sequence, id"
    _rec_name = "line_id"

    day = fields.Date(string="Sent on", readonly=True)
    survey_id = fields.Many2one(comodel_name="collection.team.survey", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    mandate_id = fields.Many2one(comodel_name="collection.mandate", readonly=True)
    provider_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    side = fields.Selection(selection=SIDES, readonly=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    line_id = fields.Many2one(
        comodel_name="collection.team.survey.line",
        string="Sentence as Sent",
        readonly=True,
    )
    question_id = fields.Many2one(
        comodel_name="collection.team.question", string="Sentence", readonly=True
    )
    marks = fields.Integer(readonly=True)
    points = fields.Integer(string="Sum of Marks", readonly=True)
    mark = fields.Float(
        string="Mean Mark",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="From 1 (not at all) to 5 (entirely).",
    )

    _depends = {
        "collection.mandate": ["provider_id"],
        "collection.team.answer": ["line_id", "mark", "number", "side", "survey_id"],
        "collection.team.survey": [
            "company_id",
            "date_opened",
            "mandate_id",
            "min_answers",
            "state",
        ],
        "collection.team.survey.line": ["question_id", "sequence"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT MIN(answer.id) AS id, survey.date_opened AS day,
                   survey.id AS survey_id, survey.company_id, survey.mandate_id,
                   mandate.provider_id,
                   answer.side, line.sequence, line.id AS line_id, line.question_id,
                   SUM(answer.number)::integer AS marks,
                   SUM(answer.number * answer.mark)::integer AS points,
                   SUM(answer.number * answer.mark)::numeric
                       / SUM(answer.number) AS mark
              FROM collection_team_answer answer
              JOIN collection_team_survey_line line ON line.id = answer.line_id
              JOIN collection_team_survey survey ON survey.id = answer.survey_id
              JOIN collection_mandate mandate ON mandate.id = survey.mandate_id
             WHERE survey.state = 'closed'
          GROUP BY survey.id, mandate.id, line.id, answer.side
            HAVING SUM(answer.number) >= survey.min_answers
            """
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "mark:avg":
            # the ratio of the sums, not the mean of the means
            self._check_field_access(self._fields["mark"], "read")
            return ratio_sql(
                SQL("SUM(%s)", self._field_to_sql(self._table, "points", query)),
                SQL("SUM(%s)", self._field_to_sql(self._table, "marks", query)),
            )
        return super()._read_group_select(aggregate_spec, query)
