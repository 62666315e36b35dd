from odoo import fields, models

from ...models.base.days import company_today


class CollectionLetterPosting(models.TransientModel):
    """Say when registered letters were brought to the post, and under which numbers."""

    _name = "collection.letter.posting"
    _description = "Post Registered Letters"
    _inherit = ["collection.relation.mixin"]

    letter_ids = fields.Many2many(comodel_name="collection.letter", string="Letters")
    date = fields.Date(
        string="Posted on",
        required=True,
        default=company_today,
        help="From this day on the letters count, and the time that they give runs.",
    )

    def action_confirm(self):
        """The letters were posted on that day: from now on their levels count."""
        self.ensure_one()
        self.letter_ids._mark_posted(self.date)
        return {"type": "ir.actions.act_window_close"}
