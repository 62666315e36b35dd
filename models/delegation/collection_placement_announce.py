from odoo import models
from odoo.tools import format_date, groupby


class CollectionPlacement(models.Model):
    """Telling salespeople that customers of theirs are with a provider."""

    _inherit = "collection.placement"

    #: customers named in a message; of more their number is told
    _told_names = 20

    def action_hand_over(self):
        res = super().action_hand_over()
        for placement in self:
            placement._tell_salespeople()
        return res

    def _tell_salespeople(self):
        """Tell the salespeople whose customers went, each once about all of theirs."""
        self.ensure_one()
        # sudo: whose customers they are, told to themselves
        accounts_sudo = self.sudo().line_ids.account_id
        theirs = groupby(
            accounts_sudo.filtered("salesperson_id"),
            lambda account: account.salesperson_id,
        )
        for salesperson, accounts in theirs:
            if salesperson.share or salesperson == self.env.user:
                continue
            told = self.with_context(lang=salesperson.lang)
            names = [account.display_name for account in accounts[: self._told_names]]
            if len(accounts) > len(names):
                names.append("…")
            # of no record: a salesperson has no right on hand-overs
            self.env["mail.thread"].message_notify(
                partner_ids=salesperson.partner_id.ids,
                subject=told.env._(
                    "With %(provider)s from %(date)s: %(count)s of your customers",
                    provider=self.sudo().provider_id.name,
                    date=format_date(told.env, self.date),
                    count=len(accounts),
                ),
                body=told.env._(
                    "%(provider)s asks for what they owe from now on: "
                    "%(customers)s. Before you speak to them about it, look at their "
                    "account.",
                    provider=self.sudo().provider_id.name,
                    customers=", ".join(names),
                ),
            )
