from odoo import models
from odoo.exceptions import AccessError


class CollectionPlacement(models.Model):
    """Hand-overs as a provider's supervisor sees and acknowledges them."""

    _inherit = "collection.placement"

    def _get_portal_values(self):
        """What the provider's supervisor sees of these hand-overs, as plain values.

        A few queries whatever the number of hand-overs and accounts.
        """
        self.check_access("read")
        # sudo: frozen totals of hand-overs the supervisor reads; the lines of
        # accounts taken back since are counted, but not readable to the user
        placements_sudo = self.sudo()
        totals = {}
        for placement, currency, count, amount in (
            self.env["collection.placement.item"]
            .sudo()
            ._read_group(
                [("placement_id", "in", self.ids)],
                ["placement_id", "currency_id"],
                ["__count", "amount:sum"],
                order="currency_id",
            )
        ):
            totals.setdefault(placement.id, []).append(
                {"currency": currency, "count": count, "amount": amount}
            )
        return [
            {
                "id": placement.id,
                "number": placement.number,
                "date": placement.date,
                "company": placement.company_id.name,
                "mandate": placement.mandate_id.display_name,
                "accounts": placement.account_count,
                "active": placement.active_count,
                "totals": totals.get(placement.id, []),
                "waiting": placement.state == "handed_over",
            }
            for placement in placements_sudo
        ]

    def _portal_export(self):
        """The customers of this hand-over that are with the provider still, with their
        invoices: (file name, content).

        :raises AccessError: not a hand-over that the current user reads
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: whose lines these are; the accounts are found by the user's own rules
        account_ids = self.sudo().line_ids.account_id.ids
        accounts = self.env["collection.account"].search(
            [("id", "in", account_ids)], order="partner_name, id"
        )
        return accounts._portal_export(self._get_list_name())

    def _portal_accept(self):
        """Acknowledge receipt as a supervisor of the provider."""
        self.ensure_one()
        self.check_access("read")
        agent_sudo = self.env["collection.account"]._get_provider_agent()
        # sudo: whether the current user supervises this very mandate
        placement_sudo = self.sudo()
        if (
            not agent_sudo.supervisor
            or agent_sudo not in placement_sudo.mandate_id.agent_ids
        ):
            raise AccessError(
                self.env._("Only a supervisor acknowledges receipt of a hand-over.")
            )
        placement_sudo.action_accept()
