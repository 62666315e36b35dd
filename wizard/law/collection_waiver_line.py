from odoo import fields, models


class CollectionWaiverLine(models.TransientModel):
    _name = "collection.waiver.line"
    _description = "Line of a Commercial Gesture"
    _inherit = ["collection.relation.mixin"]

    wizard_id = fields.Many2one(
        comodel_name="collection.waiver", required=True, ondelete="cascade"
    )
    item_id = fields.Many2one(
        comodel_name="collection.item",
        string="Late Invoice",
        required=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="item_id.partner_id")
    currency_id = fields.Many2one(related="item_id.currency_id")
    amount_interest = fields.Monetary(string="Interest Owed")
    amount_indemnity = fields.Monetary(string="Indemnity Owed")
    waived_interest = fields.Monetary(string="Interest Waived")
    waived_indemnity = fields.Monetary(string="Indemnity Waived")
