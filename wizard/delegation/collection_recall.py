from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.delegation.collection_placement_line import RECALL_REASONS


class CollectionRecall(models.TransientModel):
    """Take accounts, or single items, back from their provider, and say why."""

    _name = "collection.recall"
    _description = "Recall from the Provider"
    _inherit = ["collection.relation.mixin"]

    account_ids = fields.Many2many(
        comodel_name="collection.account",
        string="Accounts",
        domain=[("delegation_state", "in", ("delegated", "proposed"))],
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Items",
        domain=[("delegated", "=", True)],
        help="Only these items come back; their customers stay with the provider as "
        "long as it holds other items of theirs.",
    )
    reason = fields.Selection(selection=RECALL_REASONS, required=True)
    note = fields.Char(string="Explanation")
    account_count = fields.Integer(
        string="Number of Accounts", compute="_compute_counts"
    )
    item_count = fields.Integer(string="Number of Items", compute="_compute_counts")

    @api.depends("account_ids", "item_ids")
    def _compute_counts(self):
        for wizard in self:
            wizard.account_count = len(wizard.account_ids)
            wizard.item_count = len(wizard.item_ids)

    def action_recall(self):
        """Take back; the provider's access ends in this transaction."""
        self.ensure_one()
        if not self.account_ids and not self.item_ids:
            raise UserError(self.env._("Choose what to take back."))
        self._check_delegated()
        if self.reason == "other" and not self.note:
            raise UserError(self.env._("Explain why you take these accounts back."))
        label = dict(self._fields["reason"]._description_selection(self.env))[
            self.reason
        ]
        reason = label
        if self.note:
            reason = self.env._("%(reason)s: %(note)s", reason=label, note=self.note)
        lines = self.account_ids.placement_line_id
        lines._take_back("recalled", reason, recall_reason=self.reason)
        # items of accounts that come back whole have come with them
        items = self.item_ids - self.account_ids.item_ids
        items._recall(reason, recall_reason=self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _check_delegated(self):
        at_home = self.account_ids.filtered(
            lambda account: account.placement_line_id.state != "active"
        )
        if at_home:
            raise UserError(
                self.env._(
                    "These customers are not with a provider: %(customers)s. Only "
                    "accounts that are delegated can be recalled.",
                    customers=", ".join(at_home[:10].mapped("display_name")),
                )
            )
        in_house = self.item_ids.filtered(lambda item: not item.delegated)
        if in_house:
            raise UserError(
                self.env._(
                    "These items are not with a provider: %(items)s. Only items that "
                    "are delegated can be recalled.",
                    items=", ".join(in_house[:10].mapped("display_name")),
                )
            )
