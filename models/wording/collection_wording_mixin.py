from odoo import fields, models

WORDING_FIELDS = ("subject", "body_before", "body_after")


class CollectionWordingMixin(models.AbstractModel):
    """What a letter says, checked in every language, and how that looks."""

    _name = "collection.wording.mixin"
    _description = "Wording of Letters"
    _inherit = ["collection.wording.check.mixin"]

    _wording_fields = WORDING_FIELDS

    tone = fields.Selection(
        selection=[
            ("service", "Service, before the due date"),
            ("courteous", "Courteous"),
            ("firm", "Firm"),
            ("formal", "Formal"),
        ],
        required=True,
        default="courteous",
    )
    subject = fields.Char(
        required=True,
        translate=True,
        help="Subject line of the letter and the e-mail. It may hold the same "
        "placeholders as the text.",
    )
    body_before = fields.Html(
        string="Text before the Table",
        translate=True,
        sanitize=True,
        help="Placeholders: {customer}, {company}, {level}, {number}, {date}, {count} "
        "(items), {due} (principal), {penalties} (interest and indemnity), {total}, "
        "{deadline} (last day to pay), {deadline_days}, {within} (“within 8 days”), "
        "{previous_number} and {previous_date} (last letter sent). A paragraph whose "
        "placeholder has no value is left out.",
    )
    body_after = fields.Html(
        string="Text after the Table", translate=True, sanitize=True
    )
    deadline_days = fields.Integer(
        string="Time to Pay",
        default=8,
        help="Days the letter gives to pay, counted from its date.",
    )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------
