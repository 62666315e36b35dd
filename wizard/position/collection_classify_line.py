from odoo import fields, models


class CollectionClassifyLine(models.TransientModel):
    """What the classification proposes for one customer."""

    _name = "collection.classify.line"
    _description = "Proposed Segment"
    _inherit = ["collection.relation.mixin"]
    _order = "id"
    _transient_max_hours = 24.0

    wizard_id = fields.Many2one(
        comodel_name="collection.classify",
        required=True,
        index=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        ondelete="cascade",
    )
    partner_ref = fields.Char(related="account_id.partner_ref", string="Reference")
    current_segment_id = fields.Many2one(
        comodel_name="collection.segment", ondelete="cascade"
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        string="Proposed Segment",
        ondelete="cascade",
    )
    rule_id = fields.Many2one(
        comodel_name="collection.segment.rule", ondelete="set null"
    )
    outcome = fields.Selection(
        selection=[
            ("change", "Changes"),
            ("same", "Stays the same"),
            ("locked", "Set by hand, left alone"),
            ("unmatched", "No rule matches, left alone"),
        ],
        required=True,
    )
