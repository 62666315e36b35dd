from odoo import models


class CollectionAccount(models.Model):
    """To whom an account is delegated, and who of them looked at it."""

    _inherit = "collection.account"

    def action_open_access_log(self):
        """Who of the providers looked at this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_access_log_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})

    def _is_delegated_to(self, agent_sudo):
        # EXTENDS people
        # sudo: the mandate and its agents are what is being checked
        mandate_sudo = self.sudo().mandate_id
        return super()._is_delegated_to(agent_sudo) or bool(
            self.delegation_state == "delegated"
            and agent_sudo in mandate_sudo.agent_ids
            and mandate_sudo._is_working()
        )
