from odoo import api, fields, models


class CollectionDisputeDecision(models.TransientModel):
    """What the company decides about a dispute, and why."""

    _name = "collection.dispute.decision"
    _description = "Decide about a Dispute"
    _inherit = ["collection.relation.mixin"]

    dispute_id = fields.Many2one(
        comodel_name="collection.dispute", required=True, readonly=True
    )
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    item_names = fields.Char(related="dispute_id.item_names")
    amount_contested = fields.Monetary(compute="_compute_amount_contested")
    decision = fields.Selection(
        selection=[
            ("accepted", "Accept: the customer gets a credit note"),
            ("partial", "Accept a part of it"),
            ("rejected", "Reject: it is dunned again from tomorrow"),
            ("cancelled", "Cancel: it was not a dispute"),
        ],
        required=True,
        default="accepted",
    )
    amount_accepted = fields.Monetary(string="Amount to Credit")
    note = fields.Text(
        string="Why",
        help="Told to whoever works the customer, provider's agents included.",
    )
    may_draft = fields.Boolean(compute="_compute_may_draft")
    draft_credit_note = fields.Boolean(default=lambda self: self._may_draft())

    @api.depends("dispute_id")
    def _compute_amount_contested(self):
        for wizard in self:
            dispute = wizard.dispute_id
            wizard.amount_contested = (
                dispute._get_contested_amount() if dispute else 0.0
            )

    @api.model
    def _may_draft(self):
        """Whether the user may draft the credit note."""
        return self.env["account.move.reversal"].has_access("create")

    @api.depends_context("uid")
    def _compute_may_draft(self):
        self.may_draft = self._may_draft()

    def action_confirm(self):
        """Decide, and open the credit note where there is one to check.

        :raises AccessError: when the dispute is not the user's to decide
        :raises UserError: see `collection.dispute._decide`
        """
        self.ensure_one()
        dispute = self.dispute_id
        dispute._decide(self.decision, self.note, self.amount_accepted)
        if self.draft_credit_note and dispute.credit_expected:
            return dispute.action_credit_note()
        return {"type": "ir.actions.act_window_close"}
