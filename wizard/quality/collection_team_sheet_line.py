from odoo import api, fields, models


class CollectionTeamSheetLine(models.TransientModel):
    _name = "collection.team.sheet.line"
    _description = "Mark on a Sheet of the Team Survey"
    _order = "id"

    sheet_id = fields.Many2one(
        comodel_name="collection.team.sheet",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # a number and no relation: nobody who is asked reads the questions of a survey
    question_number = fields.Integer(required=True)
    question = fields.Char(string="Sentence", compute="_compute_question")
    mark = fields.Selection(
        selection=[
            ("0", "No mark"),
            ("1", "Not at all"),
            ("2", "Rather not"),
            ("3", "Partly"),
            ("4", "Mostly"),
            ("5", "Entirely"),
        ],
        required=True,
        default="0",
    )

    @api.depends("question_number")
    @api.depends_context("uid", "lang")
    def _compute_question(self):
        asked = {
            question["id"]: question["name"]
            for sheet in self.env["collection.team.survey"]._get_sheets()
            for question in sheet["questions"]
        }
        for line in self:
            line.question = asked.get(line.question_number)
