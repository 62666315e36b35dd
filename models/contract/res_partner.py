from odoo import api, fields, models


class ResPartner(models.Model):
    """Sales sees which of a provider's people looked at their customer."""

    _inherit = "res.partner"

    collection_reads_shown = fields.Boolean(
        compute="_compute_collection_reads_shown",
        groups="base.group_user",
        export_string_translation=False,
    )

    @api.depends("commercial_partner_id.user_id")
    @api.depends_context("uid")
    def _compute_collection_reads_shown(self):
        """Whether the current user sells to the customer, who was with a provider."""
        mine = self.filtered(
            lambda partner: partner.commercial_partner_id.user_id == self.env.user
        )
        # the record rules leave the reads of whose salesperson asks
        read = mine and self.env["collection.access.log"].search_fetch(
            [("account_id", "in", mine._get_collection_accounts_sudo().ids)],
            ["account_id"],
        )
        customers = read.sudo().account_id.partner_id if read else self.browse()
        for partner in self:
            partner.collection_reads_shown = (
                partner in mine and partner.commercial_partner_id in customers
            )

    def _get_collection_accounts_sudo(self):
        # sudo: a salesperson has no access to accounts; whose reads they see is
        # decided by the rules of the log
        return (
            self.env["collection.account"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", self.commercial_partner_id.ids)])
        )

    def action_open_collection_reads(self):
        """Which of a provider's people looked at this customer, and when."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_access_log_action"
        )
        return dict(
            action,
            domain=[("account_id", "in", self._get_collection_accounts_sudo().ids)],
            context={},
        )
