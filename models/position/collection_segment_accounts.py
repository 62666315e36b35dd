from odoo import fields, models


class CollectionSegment(models.Model):
    """Whom a segment holds."""

    _inherit = "collection.segment"

    account_count = fields.Integer(string="Customers", compute="_compute_account_count")

    def _compute_account_count(self):
        counts = dict(
            self.env["collection.account"]._read_group(
                [
                    ("segment_id", "in", self.ids),
                    ("company_id", "in", self.env.companies.ids),
                ],
                ["segment_id"],
                ["__count"],
            )
        )
        for segment in self:
            segment.account_count = counts.get(segment, 0)

    def action_open_accounts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_account_action"
        )
        return dict(action, domain=[("segment_id", "=", self.id)], context={})
