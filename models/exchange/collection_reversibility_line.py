from odoo import api, fields, models


class CollectionReversibilityLine(models.Model):
    """Rows and amounts of one sheet: what the database holds, what was read back."""

    _name = "collection.reversibility.line"
    _description = "What a Reversibility Package Was Compared with"
    _order = "reversibility_id, id"
    _rec_name = "code"

    reversibility_id = fields.Many2one(
        comodel_name="collection.reversibility",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="reversibility_id.company_id", store=True, index=True, precompute=True
    )
    code = fields.Char(required=True, readonly=True, export_string_translation=False)
    name = fields.Char(string="Sheet", compute="_compute_name")
    row_count = fields.Integer(string="Rows in the Database", readonly=True)
    rows_read = fields.Integer(string="Rows Read Back", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    amount = fields.Monetary(string="Amount in the Database", readonly=True)
    amount_read = fields.Monetary(string="Amount Read Back", readonly=True)
    difference_count = fields.Integer(string="Differences", readonly=True)

    @api.depends("code")
    @api.depends_context("lang")
    def _compute_name(self):
        titles = self.env["collection.reversibility.part"]._get_titles()
        for line in self:
            line.name = titles.get(line.code, line.code)
