from odoo import api, fields, models


class CollectionAccount(models.Model):
    """How much of what a customer owes is with a provider."""

    _inherit = "collection.account"

    delegated_item_count = fields.Integer(
        string="Items with the Provider", compute="_compute_delegated_items"
    )
    open_item_count = fields.Integer(
        string="Number of Open Items", compute="_compute_delegated_items"
    )
    delegated_note = fields.Char(
        string="With the Provider", compute="_compute_delegated_items"
    )

    def action_choose_items(self):
        """The customer's items that are not with a provider, to choose some of them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_item_action"
        )
        return dict(
            action,
            domain=[
                ("account_id", "=", self.id),
                ("state", "=", "open"),
                ("delegated", "=", False),
            ],
            context={},
        )

    @api.depends("item_ids.delegated", "item_ids.state", "mandate_id")
    @api.depends_context("lang", "uid")
    def _compute_delegated_items(self):
        items = self.env["collection.item"]
        counts = {}
        for account, delegated, count in items._read_group(
            [("account_id", "in", self.ids), ("state", "=", "open")],
            ["account_id", "delegated"],
            ["__count"],
        ):
            counts.setdefault(account, {})[delegated] = count
        for account in self:
            by_side = counts.get(account._origin, {})
            account.delegated_item_count = by_side.get(True, 0)
            account.open_item_count = sum(by_side.values())
            account.delegated_note = items._describe_delegated_count(
                account.delegated_item_count,
                account.open_item_count,
                account.mandate_id,
            )
