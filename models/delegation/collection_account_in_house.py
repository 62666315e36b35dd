from odoo import models
from odoo.fields import Domain


class CollectionAccount(models.Model):
    """What the company's people may still do while a customer is with a provider.

    About what was not handed over, everything; about the rest nothing that asks the
    customer for something, until it is taken back. `delegated` of the item is the one
    truth about it.
    """

    _inherit = "collection.account"

    def _is_left_to_provider(self):
        """Whether the company has nothing of its own to ask this customer for."""
        self.ensure_one()
        # sudo: whether there is anything, nothing of it is told
        account_sudo = self.sudo()
        return account_sudo.delegation_state == "delegated" and not (
            account_sudo.env["collection.item"].search_count(
                [
                    ("account_id", "=", account_sudo.id),
                    ("state", "=", "open"),
                    ("delegated", "=", False),
                ],
                limit=1,
            )
        )

    def _get_left_text(self):
        """Who works a customer that is left to a provider, in a sentence."""
        # sudo: the name of the provider is told with the refusal
        account_sudo = self.sudo()
        return self.env._(
            "%(customer)s is with %(provider)s, which calls and writes.",
            customer=account_sudo.display_name,
            provider=account_sudo.mandate_id.provider_id.display_name,
        )

    # ------------------------------------------------------------------
    # Agreements
    # ------------------------------------------------------------------

    def _get_agreeable_domain(self):
        # EXTENDS agreement: in-house, what is left to the company, if anything is;
        # else what it has to take back first
        domain = super()._get_agreeable_domain()
        items = self.env["collection.item"]
        account = self._origin
        if account.delegation_state != "delegated" or not items._is_company_acting():
            return domain
        own = domain & Domain("delegated", "=", False)
        return own if items.search_count(own, limit=1) else domain

    # ------------------------------------------------------------------
    # Letters
    # ------------------------------------------------------------------

    def _check_letter_items(self, kind, items):
        # EXTENDS letter
        res = super()._check_letter_items(kind, items)
        if not items and kind.with_items != "none":
            # nothing is left to write about: what there would have been
            items = self.open_item_ids
            items = items if items == items._get_silent(kind) else None
        if items:
            items._get_silent(kind)._check_in_house()
        return res

    def _get_reminder_refusal(self, run_sudo):
        # EXTENDS dunning: it would have reminded of what is with a provider
        held_sudo = run_sudo.exclusion_ids.filtered(
            lambda exclusion: exclusion.reason == "delegated"
        )
        if not held_sudo:
            return super()._get_reminder_refusal(run_sudo)
        return self.env["collection.item"]._get_held_refusal(
            run_sudo._explain_no_letter(),
            {"default_item_ids": held_sudo.item_id.ids},
        )

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def _get_call_obstacles(self, agent, direction="outgoing", at=None):
        # EXTENDS contact
        obstacles = super()._get_call_obstacles(agent, direction, at)
        # sudo: for whom the caller works
        if (
            direction == "outgoing"
            and not agent.sudo().provider_id
            and self._is_left_to_provider()
        ):
            obstacles.append(("delegated", self._get_left_text()))
        return obstacles

    def _refuse_call(self, codes, message):
        # EXTENDS contact
        if "delegated" not in codes:
            return super()._refuse_call(codes, message)
        raise self.env["collection.item"]._get_held_refusal(
            message, {"default_account_ids": self.ids}
        )
