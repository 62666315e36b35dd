from odoo import api, fields, models
from odoo.tools import format_amount


class CollectionLetter(models.Model):
    """Money of the customer that a letter does not deduct: it is another currency's."""

    _inherit = "collection.letter"

    other_credits = fields.Char(
        string="Credits in Other Currencies",
        compute="_compute_other_credits",
        help="Open credits of the customer in other currencies than the letter's. They "
        "are not deducted: match them with what they pay before it leaves.",
    )

    @api.depends("account_id", "currency_id", "state")
    def _compute_other_credits(self):
        waiting = self.filtered(lambda letter: letter.state in ("draft", "to_send"))
        # sudo: credits of the customers of letters that the user may read
        credits = waiting.sudo().account_id._get_letter_credits()
        for letter in self:
            amounts = {}
            if letter in waiting:
                for row in credits.get(letter.account_id, ()):
                    if row["currency_id"] != letter.currency_id.id:
                        amounts.setdefault(row["currency_id"], []).append(row["amount"])
            letter.other_credits = ", ".join(
                format_amount(
                    self.env,
                    sum(parts),
                    self.env["res.currency"].browse(currency_id),
                )
                for currency_id, parts in sorted(amounts.items())
            )
