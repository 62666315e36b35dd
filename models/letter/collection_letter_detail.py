from odoo import api, fields, models


class CollectionLetterDetail(models.Model):
    """An instalment set out on a letter."""

    _name = "collection.letter.detail"
    _description = "Instalment on a Letter"
    _order = "letter_id, date, id"

    letter_id = fields.Many2one(
        comodel_name="collection.letter",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="letter_id.company_id")
    currency_id = fields.Many2one(related="letter_id.currency_id")
    date = fields.Date(required=True)
    label = fields.Char()
    amount = fields.Monetary(required=True)

    @api.model_create_multi
    def create(self, vals_list):
        details = super().create(vals_list)
        details.letter_id._check_not_sent()
        return details

    def write(self, vals):
        self.letter_id._check_not_sent()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.letter_id._check_not_sent()
