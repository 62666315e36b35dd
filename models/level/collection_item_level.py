from odoo import fields, models
from odoo.tools import SQL

from ..base.days import company_today


class CollectionItem(models.Model):
    """The levels of items: the next one, and one set or approved by hand."""

    _inherit = "collection.item"

    next_level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        compute="_compute_next_level_id",
        help="Level the item gets next on its effective policy.",
    )

    history_ids = fields.One2many(
        comodel_name="collection.level.history",
        inverse_name="item_id",
        string="History of Levels",
        readonly=True,
    )

    def _compute_next_level_id(self):
        levels = self._get_next_levels()
        for item in self:
            item.next_level_id = levels.get(item)

    def _get_policies(self):
        """Effective policies of these items."""
        return (
            self.policy_id
            | self.filtered(
                lambda item: not item.policy_id
            ).account_id.effective_policy_id
        )

    def _set_level(self, level, date, reason):
        """Put these items on `level` by hand, as from `date`.

        An approval given before does not hold for a level reached otherwise.
        """
        self.account_id.check_access("write")
        bodies = {
            account.id: self.env._(
                "Level set by hand to “%(level)s”: %(items)s. %(reason)s",
                level=level.name or self.env._("none"),
                items=", ".join(items.mapped("display_name")),
                reason=reason,
            )
            for account, items in self.grouped("account_id").items()
        }
        # sudo: the level and its history only, of customers that the user may write
        self.sudo()._write_level(level, date, "manual", reason)
        self.account_id._message_log_batch(bodies=bodies)

    def _write_level(self, level, date, cause, reason=False):
        """Write that these items are on `level` from `date` on, with its history.

        The callers say who may.
        """
        vals_list = [
            {
                "item_id": item.id,
                "account_id": item.account_id.id,
                "company_id": item.company_id.id,
                "date": date,
                "user_id": self.env.uid,
                "level_from_id": item.level_id.id,
                "level_to_id": level.id,
                "cause": cause,
                "reason": reason,
            }
            for item in self
        ]
        self.write(
            {
                "level_id": level.id,
                "level_date": level and date,
                "approved_level_id": False,
            }
        )
        self.env["collection.level.history"].create(vals_list)
        self.env["collection.account"]._write_totals(self.account_id.ids)

    def action_approve_level(self):
        """Approve, as a manager, the next level of these items."""
        for item, level in self._get_next_levels().items():
            item.approved_level_id = level
        return True

    def _get_next_levels(self):
        """Next level of each open item on its effective policy: {item: level}.

        Asks the decision of the run itself, as of today.
        """
        Level = self.env["collection.policy.level"]
        levels = dict.fromkeys(self, Level)
        Decision = self.env["collection.dunning.decision"]
        Decision._flush()
        for company, items in self._origin.grouped("company_id").items():
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT item_id, next_level_id FROM decision",
                    Decision._tables(
                        company, company_today(company), items=items, again=False
                    ),
                )
            )
            for item_id, level_id in rows:
                levels[self.browse(item_id)] = Level.browse(level_id)
        return levels

    def _get_provider_claims(self):
        """Which of these items the provider they are with may ask for today.

        By the rule of the runs: whatever stops the company's letters stops theirs.

        :return: {item: part of it that open credits cover}
        """
        Decision = self.env["collection.dunning.decision"]
        claims = {}
        Decision._flush()
        delegated = self._origin.filtered("delegated")
        for company, items in delegated.grouped("company_id").items():
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT item_id, amount_credit FROM decision "
                    "WHERE reason IS NULL",
                    Decision._tables(
                        company, company_today(company), items=items, by_provider=True
                    ),
                )
            )
            claims.update((self.browse(item_id), credit) for item_id, credit in rows)
        return claims

    def action_hold(self):
        """Ask until when and why no reminder about these items may leave."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_hold_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_set_level(self):
        """Ask for the level that these items have reached, and why."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_set_level_action"
        )
        return dict(action, context={"default_item_ids": self.ids})
