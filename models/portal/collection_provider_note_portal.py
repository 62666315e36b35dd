from odoo import models
from odoo.tools import format_date

from .badges import badge


class CollectionProviderNote(models.Model):
    """Messages between the company and a provider, as the portal shows them."""

    _inherit = "collection.provider.note"

    def _get_portal_values(self):
        """What the provider's people see of these messages, as plain values.

        The callers have checked that they are the provider's of the current user.
        """
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        states = dict(self._fields["state"]._description_selection(self.env))
        return [
            {
                "id": note.id,
                "kind": note.kind,
                "kind_label": kinds[note.kind],
                "account_id": note.account_id.id,
                # sudo: how the customer, the review and a colleague are called
                "customer": note.sudo().account_id.display_name,
                "review_id": note.sudo().review_id.id,
                "author": note.sudo().agent_id.name,
                "date": note.date,
                "reason": reasons.get(note.reason, ""),
                "body": note.body,
                **badge(note.state, states[note.state]),
                "answer": note.answer or "",
                "day_answered": format_date(self.env, note.date_answered)
                if note.date_answered
                else "",
            }
            for note in self
        ]
