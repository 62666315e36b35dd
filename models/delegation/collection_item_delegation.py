from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.days import company_today_sql, each_company_day, last_company_today


class CollectionItem(models.Model):
    """Handing single items over to a provider, and taking them back."""

    _inherit = "collection.item"

    holder_id = fields.Many2one(
        related="placement_line_id.mandate_id.provider_id",
        string="With the Provider",
        groups="account_collection.group_collection_user",
    )

    @api.model
    def _may_go_sql(self):
        """SQL: whether an open item may go to a provider, whoever's it is.

        Over the aliases `ci` (the item) and `move` (its invoice): items excluded from
        follow-up, blocked for payment, being paid or time-barred stay with the company.
        """
        return SQL(
            # not a join: of all journal items only the few that are excluded are wanted
            """(NOT EXISTS (
                    SELECT FROM account_move_line aml
                     WHERE aml.id = ci.move_line_id AND aml.no_followup)
                AND move.payment_state IS DISTINCT FROM 'blocked'
                AND NOT %(in_payment)s
                AND ci.id NOT IN (
                    SELECT term.item_id
                      FROM (%(limitation)s) term
                      JOIN collection_item barred ON barred.id = term.item_id
                     WHERE term.date_limitation < %(today)s))""",
            in_payment=self._in_payment(SQL("ci"), SQL("move")),
            limitation=self._limitation_query(
                SQL("TRUE"), before=last_company_today(self.env)
            ),
            today=company_today_sql(self.env, SQL("barred.company_id")),
        )

    def _describe_delegated(self):
        """Which of these items are with a provider, as everybody who shows it says it:
        "3 of 7 items with Provider". False: none is."""
        owed = self.filtered(lambda item: item.state == "open")
        delegated = owed.filtered("delegated")
        return self._describe_delegated_count(
            len(delegated), len(owed), delegated.placement_line_id.mandate_id
        )

    @api.model
    def _describe_delegated_count(self, count, total, mandates):
        """The sentence of `_describe_delegated`, of items that were counted."""
        if not count:
            return False
        # sudo: with whom, for whoever reads what the items belong to
        providers = mandates.sudo().provider_id
        return self.env._(
            "%(count)s of %(total)s items with %(provider)s",
            count=count,
            total=total,
            provider=", ".join(providers.mapped("display_name")),
        )

    def action_hand_over(self):
        """Choose the mandate under which these items go to a provider."""
        owed = self.filtered(lambda item: item.state == "open")
        at_home = owed.filtered(lambda item: not item.delegated)
        if self and not at_home:
            raise UserError(
                self.env._(
                    "Nothing to hand over: these items are settled, or with a provider "
                    "already."
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_action"
        )
        return dict(action, context={"default_item_ids": at_home.ids})

    def _recall(self, reason, recall_reason=False):
        """Take single items back; their customers stay with the provider.

        A customer of whom the provider holds no open item any more comes back with
        the last one.
        """
        items = self.filtered("delegated")
        if not items:
            return
        lines = items.placement_line_id
        # sudo: what was handed over is frozen, but for this mark; the right to
        # take back is the right to write the items
        items.check_access("write")
        held_sudo = (
            self.env["collection.placement.item"]
            .sudo()
            .search(
                [
                    ("line_id", "in", lines.ids),
                    ("item_id", "in", items.ids),
                    # one that was taken back before, and went again, keeps its day
                    ("recalled", "=", False),
                ]
            )
        )
        for today, held_of_day_sudo in each_company_day(held_sudo):
            held_of_day_sudo._transit(
                {"recalled": True, "date_recalled": today}, reason
            )
        by_account = items.grouped("account_id")
        items.write({"delegated": False})
        self.env["collection.account"].union(*by_account)._log_notes(
            {
                account.id: self.env._(
                    "Taken back from the provider: %(items)s. %(reason)s",
                    items=", ".join(of_account.mapped("display_name")),
                    reason=reason or "",
                )
                for account, of_account in by_account.items()
            }
        )
        # what is said to be urgent is of the items that are with the provider
        self.env["collection.account"].union(*by_account)._mark_stale()
        [working] = self.env["collection.item"]._read_group(
            [("placement_line_id", "in", lines.ids), ("state", "=", "open")],
            aggregates=["account_id:recordset"],
        )[0]
        (lines - working.placement_line_id)._take_back(
            "recalled", reason, recall_reason=recall_reason
        )
        self.env["mail.followers"]._dismiss_provider_people()

    def _leave_account(self):
        # first: it is told where they were
        self._recall(self.env._("The contact now belongs to another customer"))
        res = super()._leave_account()
        for account, items in self.grouped("account_id").items():
            account._bring_decisions(items)
        return res

    def _leave_debtor(self, reason):
        self.filtered(lambda item: item.state == "open")._recall(reason)
        return super()._leave_debtor(reason)

    def action_recall(self):
        """Ask why, then take those of these items back that are with a provider."""
        held = self.filtered("delegated")
        if self and not held:
            raise UserError(
                self.env._(
                    "These items are not with a provider: %(items)s.",
                    items=", ".join(self[:10].mapped("display_name")),
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_item_ids": held.ids})
