from odoo import fields, models


class CollectionQualityCriterion(models.Model):
    """What is listened for in a call, and how much it counts."""

    _name = "collection.quality.criterion"
    _description = "Criterion of Call Quality"
    _inherit = ["collection.provider.mixin"]
    _order = "sequence, id"

    _provider_fields = frozenset(
        {"critical", "description", "name", "sequence", "weight"}
    )

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(
        translate=True, help="What is to be heard for the criterion to be met."
    )
    weight = fields.Integer(
        required=True, default=1, help="How much it counts in the mark of a call."
    )
    critical = fields.Boolean(
        help="A call that does not meet it has the mark 0, whatever else was done."
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "A criterion with this code exists already."
    )
    _weight_positive = models.Constraint(
        "CHECK (weight > 0)", "A criterion counts for something: set its weight to 1."
    )
