from odoo import fields, models


class CollectionTeamSurveyLine(models.Model):
    """A question as one survey asked it, whatever becomes of the question later."""

    _name = "collection.team.survey.line"
    _description = "Question as Asked"
    _order = "sequence, id"

    survey_id = fields.Many2one(
        comodel_name="collection.team.survey",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="survey_id.company_id", store=True)
    question_id = fields.Many2one(
        comodel_name="collection.team.question",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Sentence", required=True, readonly=True, translate=True)
    audience = fields.Selection(
        selection=lambda self: (
            self.env["collection.team.question"]
            ._fields["audience"]
            ._description_selection(self.env)
        ),
        string="Asked of",
        required=True,
        readonly=True,
    )

    def _is_asked_of(self, side):
        self.ensure_one()
        return self.audience in ("both", side)
