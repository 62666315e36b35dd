from odoo import fields, models


class CollectionCallOutcome(models.Model):
    _name = "collection.call.outcome"
    _description = "Call Outcome"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    contact = fields.Selection(
        selection=[
            ("none", "Nobody reached"),
            ("wrong_party", "Somebody else reached"),
            ("right_party", "Right person reached"),
        ],
        required=True,
        default="none",
        help="Right person: somebody able to answer for the payment.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "An outcome with this code exists already."
    )
