from odoo import fields, models

SIDES = [("company", "In-house"), ("provider", "Provider")]


class CollectionTeamQuestion(models.Model):
    """A sentence about working together that people of both sides agree with or not."""

    _name = "collection.team.question"
    _description = "Question of the Team Survey"
    _order = "sequence, id"

    name = fields.Char(
        string="Sentence",
        required=True,
        translate=True,
        help="Marked from 1 (not at all) to 5 (entirely). Surveys that are out keep "
        "the wording they were sent with.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    audience = fields.Selection(
        selection=[
            ("both", "Both Sides"),
            ("company", "In-house"),
            ("provider", "Provider"),
        ],
        string="Asked of",
        required=True,
        default="both",
    )
