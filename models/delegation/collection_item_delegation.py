from odoo import fields, models
from odoo.exceptions import UserError


class CollectionItem(models.Model):
    """Taking single items back from a provider."""

    _inherit = "collection.item"

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
            .search([("line_id", "in", lines.ids), ("item_id", "in", items.ids)])
        )
        held_sudo._transit(
            {"recalled": True, "date_recalled": fields.Date.context_today(self)},
            reason,
        )
        by_account = items.grouped("account_id")
        items.write({"placement_line_id": False, "delegated": False})
        self.env["collection.account"].union(*by_account)._message_log_batch(
            bodies={
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
            aggregates=["placement_line_id:recordset"],
        )[0]
        (lines - working)._take_back("recalled", reason, recall_reason=recall_reason)
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
