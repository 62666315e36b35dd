from odoo import api, models
from odoo.tools import format_date


class CollectionCall(models.Model):
    """What a page tells of a call that was logged just now."""

    _inherit = "collection.call"

    @api.model
    def _get_portal_saved(self, call_id):
        """What stands on record of a call: `customer`, `account_id` and `state`.

        :return: None when the agent does not see it any more
        """
        call = self.search([("id", "=", call_id)])
        if not call:
            return None
        return {
            "account_id": call.account_id.id,
            "customer": call.account_id.display_name,
            "state": call._describe_portal_state(),
        }

    def _describe_portal_state(self):
        """Outcome, what came of it and the next action, in one line."""
        self.ensure_one()
        call = self._get_latest()
        parts = [call.outcome_id.name]
        # sudo: numbers of what came of a call that the agent reads
        parts += self.sudo()._get_follow_up_names()
        if call.next_action_date:
            parts.append(
                self.env._(
                    "next: %(day)s %(action)s",
                    day=format_date(self.env, call.next_action_date),
                    action=call.next_action or "",
                ).strip()
            )
        return " · ".join(parts)
