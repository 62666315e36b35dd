from odoo import models
from odoo.exceptions import UserError

from ..delegation.collection_provider_note import RETURN_REASONS

#: messages shown on a customer's page, newest first
NOTE_LIMIT = 20


class CollectionAccount(models.Model):
    """What a provider's agent says to the company about a customer.

    As in `collection_account_portal.py`: the account is checked to be theirs, then the
    message is kept as superuser.
    """

    _inherit = "collection.account"

    def _portal_write_note(self, body):
        """Tell the company something about this customer.

        :return: the message, as the current user
        :raises AccessError: not delegated to them any more
        :raises UserError: when it says nothing, or too much
        """
        agent_sudo = self._check_delegated_to_me()
        return self._portal_post_note(agent_sudo, {"kind": "note", "body": body})

    def _portal_request_return(self, reason, body):
        """Ask the company to take this customer back; it decides.

        :param reason: code of `RETURN_REASONS`
        :param body: what was tried
        :return: the message, as the current user
        :raises AccessError: not delegated to them any more
        :raises UserError: without a reason or an explanation, or when asked already
        """
        agent_sudo = self._check_delegated_to_me()
        if reason not in dict(RETURN_REASONS):
            raise UserError(self.env._("Choose why the customer is given back."))
        if not (body or "").strip():
            raise UserError(self.env._("Say what you have tried."))
        if self._get_open_return():
            raise UserError(
                self.env._(
                    "The company has been asked to take this customer back already."
                )
            )
        return self._portal_post_note(
            agent_sudo, {"kind": "return", "reason": reason, "body": body}
        )

    def _portal_post_note(self, agent_sudo, vals):
        note_sudo = self.env["collection.provider.note"]._post(
            agent_sudo,
            {
                **vals,
                "account_id": self.id,
                # sudo: the mandate that was checked
                "mandate_id": self.sudo().mandate_id.id,
            },
        )
        return note_sudo.with_env(self.env)

    def _get_open_return(self):
        """The request to take this customer back that nobody has decided yet."""
        return self.env["collection.provider.note"].search(
            [
                ("account_id", "=", self.id),
                ("kind", "=", "return"),
                ("state", "=", "open"),
            ],
            limit=1,
        )

    def _get_portal_notes(self):
        """Messages of the agent's own provider about this customer, for the page."""
        notes = self.env["collection.provider.note"].search(
            [("account_id", "=", self.id)], limit=NOTE_LIMIT
        )
        return notes._get_portal_values()
