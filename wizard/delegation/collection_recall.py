from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

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
    placement_ids = fields.Many2many(
        comodel_name="collection.placement",
        string="Hand-overs",
        help="All that is with the provider still of these hand-overs.",
    )
    mandate_ids = fields.Many2many(
        comodel_name="collection.mandate",
        string="Mandates",
        help="All that is with a provider under these mandates.",
    )
    reason = fields.Selection(selection=RECALL_REASONS, required=True)
    note = fields.Char(string="Explanation")
    account_count = fields.Integer(
        string="Number of Accounts", compute="_compute_counts"
    )
    item_count = fields.Integer(string="Number of Items", compute="_compute_counts")

    summary = fields.Char(string="What Comes Back", compute="_compute_summary")
    whole = fields.Boolean(compute="_compute_whole")
    whole_note = fields.Char(compute="_compute_whole")

    @api.depends("account_ids", "item_ids")
    def _compute_counts(self):
        for wizard in self:
            wizard.account_count = len(wizard.account_ids)
            wizard.item_count = len(wizard.item_ids)

    @api.depends("account_ids", "item_ids", "placement_ids", "mandate_ids")
    @api.depends_context("lang")
    def _compute_summary(self):
        """How much comes back: of thousands that were chosen, a page shows some."""
        items = self.env["collection.item"]
        for wizard in self:
            customers = count = 0
            amounts = []
            for currency, accounts, of_currency, amount in items._read_group(
                wizard._get_taken_domain(),
                ["company_currency_id"],
                [
                    "account_id:count_distinct",
                    "__count",
                    "amount_residual_company:sum",
                ],
            ):
                customers += accounts
                count += of_currency
                amounts.append(currency.format(amount))
            wizard.summary = self.env._(
                "Customers: %(customers)s. Items with the provider: %(count)s, "
                "%(amounts)s",
                customers=customers,
                count=count,
                amounts=" + ".join(amounts) or "–",
            )

    def _get_taken_domain(self):
        """Items that are with a provider and come back."""
        whole = self._get_whole_domain()
        return Domain("delegated", "=", True) & (
            Domain("account_id", "in", self.account_ids._origin.ids)
            | Domain("id", "in", self.item_ids._origin.ids)
            | (
                Domain("placement_line_id", "any", whole)
                if self.placement_ids or self.mandate_ids
                else Domain.FALSE
            )
        )

    @api.depends("placement_ids", "mandate_ids")
    @api.depends_context("lang")
    def _compute_whole(self):
        """What comes back of whole hand-overs and mandates: they are not listed."""
        for wizard in self:
            sources = [*wizard.placement_ids, *wizard.mandate_ids]
            wizard.whole = bool(sources)
            wizard.whole_note = wizard.whole and self.env._(
                "All that is with the provider of %(sources)s. Customers: %(count)s.",
                sources=", ".join(source.display_name for source in sources),
                count=self.env["collection.placement.line"].search_count(
                    wizard._get_whole_domain()
                ),
            )

    def _get_whole_domain(self):
        return Domain("state", "=", "active") & (
            # of records that are not saved yet, those that are chosen
            Domain("placement_id", "in", self.placement_ids._origin.ids)
            | Domain("mandate_id", "in", self.mandate_ids._origin.ids)
        )

    def action_recall(self):
        """Take back; the provider's access ends in this transaction."""
        self.ensure_one()
        if not self.account_ids and not self.item_ids and not self.whole:
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
        if self.whole:
            lines |= lines.search(self._get_whole_domain())
        if not lines and not self.item_ids:
            raise UserError(self.env._("Nothing of this is with a provider any more."))
        lines._take_back("recalled", reason, recall_reason=self.reason)
        # items of accounts that come back whole have come with them
        items = self.item_ids.filtered("delegated")
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
