from odoo import fields, models

#: what the words of a script may hold between braces
SCRIPT_PLACEHOLDERS = frozenset(
    {
        "agent",
        "company",
        "count",
        "customer",
        "date",
        "days",
        "due",
        "mandate",
        "notice",
        "number",
        "person",
        "promise",
        "provider",
    }
)


class CollectionScriptLine(models.Model):
    _name = "collection.script.line"
    _description = "Line of a Call Script"
    _inherit = ["collection.wording.check.mixin"]
    _order = "sequence, id"

    _wording_fields = ("name", "answer")
    _wording_placeholders = SCRIPT_PLACEHOLDERS

    script_id = fields.Many2one(
        comodel_name="collection.script",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        selection=[("point", "Talking point"), ("objection", "Objection")],
        required=True,
        default="point",
    )
    name = fields.Char(
        string="Words",
        required=True,
        translate=True,
        help="The point to make, or what the customer objects.",
    )
    answer = fields.Text(
        translate=True, help="What to answer, or how to go into the point."
    )
