from odoo import api, fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """What was agreed with a customer, and what they contest."""

    _inherit = "collection.account"

    dispute_ids = fields.One2many(
        comodel_name="collection.dispute",
        inverse_name="account_id",
        string="Disputes",
    )
    promise_ids = fields.One2many(
        comodel_name="collection.promise",
        inverse_name="account_id",
        string="Promises",
    )
    plan_ids = fields.One2many(
        comodel_name="collection.payment.plan",
        inverse_name="account_id",
        string="Payment Plans",
    )
    amount_promised = fields.Monetary(
        string="Promised",
        compute="_compute_amount_promised",
        help="What is still to come of the open promises.",
    )

    @api.depends("promise_ids.state", "promise_ids.amount_received")
    def _compute_amount_promised(self):
        expected = self.env["collection.promise"]._read_group(
            [("account_id", "in", self.ids), ("state", "=", "open")],
            ["account_id", "currency_id", "date_promised:day"],
            ["amount:sum", "amount_received:sum"],
        )
        amounts = {}
        for account, currency, day, amount, received in expected:
            amounts[account] = amounts.get(account, 0.0) + currency._convert(
                amount - received, account.currency_id, account.company_id, day
            )
        for account in self:
            account.amount_promised = amounts.get(account._origin, 0.0)

    def action_new_promise(self):
        """Open the form of a new promise of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record a Promise"),
            "res_model": "collection.promise",
            "view_mode": "form",
            "context": {"default_account_id": self.id},
        }

    def action_new_plan(self):
        """Open the form of a new payment plan over what this customer owes."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Agree a Payment Plan"),
            "res_model": "collection.payment.plan",
            "view_mode": "form",
            "context": {"default_account_id": self.id},
        }

    def action_new_dispute(self):
        """Open the form of a new dispute of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": "collection.dispute",
            "view_mode": "form",
            "context": {"default_account_id": self.id},
        }

    # ------------------------------------------------------------------
    # Following the ledger
    # ------------------------------------------------------------------

    @api.model
    def _get_followers(self):
        self.env["collection.dispute"].flush_model(["account_id", "state"])
        self.env["collection.promise"].flush_model(["account_id"])
        self.env["collection.payment.plan"].flush_model(["account_id"])
        return super()._get_followers() | {
            "disputed": SQL(
                """EXISTS (
                            SELECT 1 FROM collection_dispute dispute
                             WHERE dispute.account_id IN (own.id, ci.account_id)
                               AND dispute.state IN ('open', 'in_progress', 'accepted',
                                                     'partial', 'lapsed'))
                       OR EXISTS (
                            SELECT 1 FROM collection_dispute_collection_item_rel rel
                             WHERE rel.collection_item_id = ci.id)
                       OR EXISTS (
                            SELECT 1 FROM collection_item disputed
                             WHERE disputed.account_id IN (own.id, ci.account_id)
                               AND disputed.amount_disputed <> 0)"""
            ),
            "agreed": SQL(
                """EXISTS (
                            SELECT 1 FROM collection_promise promise
                             WHERE promise.account_id IN (own.id, ci.account_id))
                       OR EXISTS (
                            SELECT 1 FROM collection_item_collection_promise_rel rel
                             WHERE rel.collection_item_id = ci.id)
                       OR EXISTS (
                            SELECT 1 FROM collection_payment_plan plan
                             WHERE plan.account_id IN (own.id, ci.account_id))
                       OR EXISTS (
                            SELECT 1
                              FROM collection_item_collection_payment_plan_rel rel
                             WHERE rel.collection_item_id = ci.id)"""
            ),
        }

    @api.model
    def _adjust_items(self, account_ids=None, followers=None):
        changed = super()._adjust_items(account_ids, followers)
        if followers is None or "disputed" in followers:
            changed += self.env["collection.dispute"]._follow_ledger(account_ids)
        return changed

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        changed = super()._follow_position(account_ids, followers)
        if followers is None or "agreed" in followers:
            changed += self.env["collection.promise"]._follow_ledger(account_ids)
            changed += self.env["collection.payment.plan"]._follow_ledger(account_ids)
        return changed
