from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import CollectionPortal


class CollectionPortalCall(CollectionPortal):
    """The call form of a customer's page."""

    def _get_collection_call_vals(self, post):
        """Values of the call form, as the models take them."""
        vals = {
            name: self._get_collection_text(post, name)
            for name in ("phone", "note", "next_action")
            if self._get_collection_text(post, name)
        }
        vals["outcome_id"] = self._get_collection_id(post, "outcome_id")
        date = self._get_collection_date(post, "next_action_date")
        if date:
            vals["next_action_date"] = date
        if self._get_collection_text(post, "duration"):
            try:
                vals["duration"] = self._get_collection_amount(post, "duration")
            except UserError as error:
                raise UserError(
                    request.env._("Give the duration in minutes, as a number.")
                ) from error
        return vals

    @http.route(
        "/my/collection/<int:account_id>/call",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_call(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "call",
            post,
            lambda: account._portal_log_call(self._get_collection_call_vals(post)),
        )
