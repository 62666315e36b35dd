from odoo import fields, models


class CollectionInterestClaimLine(models.TransientModel):
    _name = "collection.interest.claim.line"
    _description = "Line of an Interest Claim"
    _inherit = ["collection.relation.mixin"]

    wizard_id = fields.Many2one(
        comodel_name="collection.interest.claim", required=True, ondelete="cascade"
    )
    item_id = fields.Many2one(
        comodel_name="collection.item",
        string="Late Invoice",
        required=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="item_id.partner_id")
    currency_id = fields.Many2one(related="item_id.currency_id")
    kind = fields.Selection(
        selection=[
            ("interest", "Interest"),
            ("indemnity", "Indemnity"),
            ("waived", "Commercial gesture"),
        ],
        string="What",
        required=True,
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    days = fields.Integer()
    base = fields.Monetary()
    rate = fields.Float(string="Rate (%)", digits=(16, 4))
    amount = fields.Monetary()
