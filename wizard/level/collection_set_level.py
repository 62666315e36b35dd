from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.base.days import company_today
from ...models.base.roles import check_manager


class CollectionSetLevel(models.TransientModel):
    """Put items on a level by hand, up or down, with a reason that stays on record."""

    _name = "collection.set.level"
    _description = "Set the Level by Hand"
    _inherit = ["collection.relation.mixin"]

    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Items",
        domain=[("state", "=", "open")],
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id"
    )
    policy_ids = fields.Many2many(
        comodel_name="collection.policy", compute="_compute_company_id"
    )
    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="Level Reached",
        domain="[('policy_id', 'in', policy_ids)]",
        help="As if its letter had been sent. Empty: back to the beginning.",
    )
    date = fields.Date(
        string="Reached on",
        required=True,
        default=company_today,
        help="Delays that count from the previous level count from this day.",
    )
    reason = fields.Char(required=True)

    @api.depends("item_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.item_ids.company_id[:1]
            wizard.policy_ids = wizard.item_ids._get_policies()

    def action_set(self):
        """Write the level, its history and a note on the customers."""
        self.ensure_one()
        if not self.item_ids:
            raise UserError(self.env._("Choose the items concerned."))
        if self.date > company_today(self):
            raise UserError(
                self.env._("A level cannot have been reached in the future.")
            )
        self._check_ladder_company()
        self._check_formal_notice()
        self.item_ids._set_level(self.level_id, self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _check_ladder_company(self):
        """The ladder of one company is none for the customers of another."""
        company = self.level_id.policy_id.company_id
        strangers = self.item_ids.filtered(
            lambda item: company and item.company_id != company
        )
        if strangers:
            raise UserError(
                self.env._(
                    "“%(level)s” is a level of %(company)s; these items are another "
                    "company's: %(items)s. Set their level by themselves.",
                    level=self.level_id.name,
                    company=company.display_name,
                    items=", ".join(strangers[:5].mapped("display_name")),
                )
            )

    def _check_formal_notice(self):
        # what comes after a formal notice says that one was sent
        ladder = self.level_id.policy_id._ordered_levels()
        reached = ladder[: ladder.ids.index(self.level_id.id) + 1] if ladder else ladder
        if any(reached.mapped("formal_notice")):
            check_manager(
                self.env,
                self.env._(
                    "Ask a credit manager: “%(level)s” stands for a formal notice.",
                    level=self.level_id.name,
                ),
            )
