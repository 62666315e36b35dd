from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CollectionTeamSheet(models.TransientModel):
    """The sheet that somebody fills in, deleted as soon as it is counted.

    A wizard is saved before its button is pressed; until then a record rule keeps it to
    whoever fills it in.
    """

    _name = "collection.team.sheet"
    _description = "Sheet of the Team Survey"

    survey_id = fields.Many2one(
        comodel_name="collection.team.survey", required=True, readonly=True
    )
    min_answers = fields.Integer(compute="_compute_min_answers")
    line_ids = fields.One2many(
        comodel_name="collection.team.sheet.line", inverse_name="sheet_id"
    )
    comment = fields.Text()

    @api.depends("survey_id")
    @api.depends_context("uid")
    def _compute_min_answers(self):
        sheets = {
            sheet["survey_id"]: sheet["min_answers"]
            for sheet in self.env["collection.team.survey"]._get_sheets()
        }
        for sheet in self:
            sheet.min_answers = sheets.get(sheet.survey_id.id, 0)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        waiting = self.env["collection.team.survey"]._get_sheets()
        asked = values.get("survey_id")
        for sheet in waiting:
            if asked in (None, False, sheet["survey_id"]):
                values["survey_id"] = sheet["survey_id"]
                values["line_ids"] = [
                    Command.create({"question_number": question["id"]})
                    for question in sheet["questions"]
                ]
                return values
        raise UserError(self.env._("You have no team survey to answer."))

    def action_send(self):
        """Count the marks and forget the sheet.

        :raises UserError: where a mark is missing
        """
        self.ensure_one()
        self.env["collection.team.survey"]._answer(
            self.survey_id.id,
            {line.question_number: int(line.mark) for line in self.line_ids},
            self.comment,
        )
        # the rows would say until the nightly cleaning who gave which marks
        self.unlink()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Thank you, your answers were counted."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
