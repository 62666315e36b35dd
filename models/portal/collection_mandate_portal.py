from odoo import models
from odoo.exceptions import AccessError


class CollectionMandate(models.Model):
    """What a supervisor does with the customers of a mandate on the portal."""

    _inherit = "collection.mandate"

    def _portal_assign_many(self, account_ids, agent_id):
        """Give accounts of this mandate to one agent, as a supervisor.

        One statement for all: for those who are absent, ill, or have too many.

        :param account_ids: ids of accounts that are delegated under this mandate
        :param agent_id: id of an agent of the mandate; 0 or False: nobody
        :return: number of accounts that changed hands
        :raises AccessError: for anybody else, another mandate's agent, or an account
            that is not delegated under this mandate now
        """
        self._check_service_access()
        # sudo: the mandate is the supervisor's own, checked above
        mandate_sudo = self.sudo()
        agent_sudo = mandate_sudo.agent_ids.filtered(
            lambda agent: agent.id == agent_id and agent.active
        )
        if agent_id and not agent_sudo:
            raise AccessError(
                self.env._("Choose one of the agents named in the mandate.")
            )
        accounts = self.env["collection.account"].search(
            [
                ("id", "in", list(account_ids)),
                ("mandate_id", "=", self.id),
                ("delegation_state", "=", "delegated"),
            ]
        )
        if len(accounts) != len(set(account_ids)) or not mandate_sudo._is_working():
            raise AccessError(
                self.env._("These customers are no longer all delegated to you.")
            )
        # sudo: only the agent changes, of accounts found under their own rules
        moving_sudo = accounts.sudo().filtered(
            lambda account: account.agent_id != agent_sudo
        )
        moving_sudo.agent_id = agent_sudo
        return len(moving_sudo)
