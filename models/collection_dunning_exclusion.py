from odoo import fields, models

#: why an overdue item is on no letter, in the order in which reasons apply
REASONS = [
    ("no_policy", "No dunning policy"),
    ("do_nothing", "Policy “do nothing”"),
    ("no_followup", "Excluded from follow-up or blocked for payment"),
    ("insolvent", "Customer insolvent"),
    ("disputed", "Disputed"),
    ("on_hold", "Customer on hold"),
    ("delegated", "Handed over to a provider"),
    ("covered_by_credit", "Covered by open credits"),
    ("below_minimum", "Below the minimum amount"),
    ("not_yet", "No level due yet"),
    ("awaiting_approval", "Awaiting approval"),
]


class CollectionDunningExclusion(models.Model):
    _name = "collection.dunning.exclusion"
    _description = "Item Left Out of a Dunning Run"
    _order = "run_id desc, reason, id"
    _rec_name = "item_id"

    run_id = fields.Many2one(
        comodel_name="collection.dunning.run",
        required=True,
        index=True,
        ondelete="cascade",
    )
    item_id = fields.Many2one(
        comodel_name="collection.item", required=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(related="item_id.account_id")
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="item_id.currency_id")
    amount_residual = fields.Monetary(related="item_id.amount_residual")
    date_due = fields.Date(related="item_id.date_due")
    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="Next Level",
        ondelete="set null",
        help="Level the item would have reached.",
    )
    reason = fields.Selection(selection=REASONS, required=True)

    _run_item_uniq = models.Constraint(
        "UNIQUE (run_id, item_id)", "An item is left out of a run for one reason only."
    )

    def action_approve(self):
        """Approve the waiting levels, so that the next computation takes them."""
        for exclusion in self.filtered(lambda e: e.reason == "awaiting_approval"):
            exclusion.item_id.approved_level_id = exclusion.level_id
        return True
