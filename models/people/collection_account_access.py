from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..base.days import company_today_sql

#: figures of an account that a provider's people read of the items that are with them:
#: how they are worked out of these items
FIGURES_WITH_PROVIDER = {
    "amount_open": "COALESCE(SUM(item.amount_residual_company), 0)",
    "amount_overdue": "COALESCE(SUM(item.amount_residual_company)"
    " FILTER (WHERE item.date_due < %(today)s), 0)",
    "amount_disputed": "COALESCE(SUM(ROUND(item.amount_disputed"
    " * item.amount_residual_company / NULLIF(item.amount_residual, 0), 2)), 0)",
    "oldest_due_date": "MIN(item.date_due)",
    "level_id": "(array_agg(item.level_id ORDER BY ("
    "SELECT (level.sequence, level.id) FROM collection_policy_level level"
    " WHERE level.id = item.level_id) DESC)"
    " FILTER (WHERE item.level_id IS NOT NULL))[1]",
}


class CollectionAccount(models.Model):
    """Who may work an account: the doors through which every act comes in.

    The portal's pages, remote calls and wizards ask here once; what stands behind
    them relies on it.
    """

    _inherit = "collection.account"

    # the company and the provider's people read different figures in one transaction
    amount_open = fields.Monetary(depends_context=("uid",))
    amount_overdue = fields.Monetary(depends_context=("uid",))
    amount_disputed = fields.Monetary(depends_context=("uid",))
    oldest_due_date = fields.Date(depends_context=("uid",))
    level_id = fields.Many2one(depends_context=("uid",))

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: whatever is read, searched, sorted or summed up passes here
        column = super()._field_to_sql(alias, field_expr, query)
        formula = FIGURES_WITH_PROVIDER.get(field_expr)
        if not formula or not self._is_outsider():
            return column
        items = self.env["collection.item"]
        return SQL(
            "(SELECT %(formula)s FROM collection_item item"
            " WHERE item.account_id = %(account)s AND item.state = 'open'"
            " AND item.delegated)",
            formula=SQL(
                formula, today=company_today_sql(self.env, SQL("item.company_id"))
            )
            if "%(today)s" in formula
            else SQL(formula),
            account=SQL.identifier(alias, "id"),
            to_flush=[
                items._fields[name]
                for name in (
                    "account_id",
                    "amount_disputed",
                    "amount_residual",
                    "amount_residual_company",
                    "date_due",
                    "delegated",
                    "level_id",
                    "state",
                )
            ],
        )

    @api.model
    def _get_provider_agent(self):
        """Agent record of the current user when they work for a provider."""
        agent_sudo = self.env["collection.agent"]._current()
        if not agent_sudo.provider_id or not self.has_access("read"):
            return agent_sudo.browse()
        return agent_sudo

    def _is_delegated_to(self, agent_sudo):
        """Whether this account is delegated, now, to a mandate that names this agent.

        Extended by whatever delegates accounts.
        """
        return False

    def _check_delegated_to_me(self):
        """Refuse unless this account is delegated, now, to a mandate of mine.

        :return: the agent who acts, as superuser
        """
        self.ensure_one()
        self.check_access("read")
        agent_sudo = self._get_provider_agent()
        if not agent_sudo or not self._is_delegated_to(agent_sudo):
            raise AccessError(
                self.env._("This customer is no longer delegated to you.")
            )
        return agent_sudo

    def _check_may_work(self):
        """Refuse whoever may not work this customer, in-house or a provider's.

        :return: the agent who acts, as superuser; in-house there may be none
        """
        self.ensure_one()
        if self._is_outsider():
            return self._check_delegated_to_me()
        self.check_access("read")
        return self.env["collection.agent"]._current()
