from odoo import fields, models


class CollectionPolicy(models.Model):
    """How many customers have a policy of their own."""

    _inherit = "collection.policy"

    account_count = fields.Integer(compute="_compute_account_count")

    def _compute_account_count(self):
        counts = dict(
            self.env["collection.account"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.account_count = counts.get(policy, 0)
