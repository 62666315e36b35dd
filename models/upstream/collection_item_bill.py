from odoo import fields, models


class CollectionItem(models.Model):
    """Bills of exchange drawn on an item."""

    _inherit = "collection.item"

    bill_ids = fields.Many2many(
        comodel_name="collection.bill",
        relation="collection_bill_collection_item_rel",
        column1="collection_item_id",
        column2="collection_bill_id",
        string="Bills of Exchange",
        readonly=True,
    )

    def action_draw_bill(self):
        """Draw a bill of exchange for each of these items that has none."""
        bills = self.env["collection.bill"]._draw(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_bill_action"
        )
        if len(bills) == 1:
            return dict(action, view_mode="form", views=[], res_id=bills.id)
        return dict(action, domain=[("id", "in", bills.ids)], context={})
