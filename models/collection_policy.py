from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionPolicy(models.Model):
    _name = "collection.policy"
    _description = "Dunning Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        help="Leave empty to share the policy between companies.",
    )
    level_ids = fields.One2many(
        comodel_name="collection.policy.level",
        inverse_name="policy_id",
        string="Levels",
        copy=True,
    )
    tolerance = fields.Float(
        default=1.0,
        digits=(16, 2),
        help="Smallest residual amount that is dunned, in the company's currency. "
        "It is converted into the currency of each item.",
    )
    catch_up = fields.Selection(
        selection=[
            ("one_by_one", "One level after the other"),
            ("by_age", "Start at the level of the item's age"),
        ],
        required=True,
        default="one_by_one",
        help="How an item starts that is already very late and was never dunned. "
        "By age: at the highest level already due, but never at a formal notice.",
    )
    align_customer = fields.Boolean(
        string="Align the Customer's Items",
        help="All items of a letter take the highest level among them.",
    )
    do_nothing = fields.Boolean(
        help="Customers and invoices under this policy are never dunned."
    )
    account_count = fields.Integer(compute="_compute_account_count")

    @api.constrains("level_ids")
    def _check_levels(self):
        for policy in self:
            first = policy._ordered_levels()[:1]
            if first.delay_basis == "previous":
                raise ValidationError(
                    self.env._(
                        "The first level of the policy “%(policy)s” has no previous "
                        "level to count from. Let it count from the due date.",
                        policy=policy.name,
                    )
                )

    def _compute_account_count(self):
        counts = dict(
            self.env["collection.account"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.account_count = counts.get(policy, 0)

    def _ordered_levels(self):
        """Levels in the order in which they are climbed."""
        return self.level_ids.sorted(lambda level: (level.sequence, level.id))
