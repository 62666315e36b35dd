from odoo import api, models
from odoo.exceptions import AccessError


class CollectionAccount(models.Model):
    """Who may work an account: the doors through which every act comes in.

    The portal's pages, remote calls and wizards ask here once; what stands behind
    them relies on it.
    """

    _inherit = "collection.account"

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
