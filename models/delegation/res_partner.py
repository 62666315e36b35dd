from odoo import api, fields, models

from ..position.res_partner import CREDIT_GROUPS


class ResPartner(models.Model):
    """A customer says what of what they owe is with a provider; whoever sells to them
    knows that somebody else asks them for money."""

    _inherit = "res.partner"

    collection_delegated_note = fields.Char(
        string="With a Provider",
        compute="_compute_collection_delegated_note",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
    )

    collection_with = fields.Char(
        string="Collected by",
        compute="_compute_collection_with",
        compute_sudo=True,
        groups="base.group_user",
        help="The provider that asks this customer for what is owed.",
    )

    @api.depends("collection_account_id")
    @api.depends_context("company", "lang")
    def _compute_collection_delegated_note(self):
        for partner in self:
            partner.collection_delegated_note = (
                partner.collection_account_id.delegated_note
            )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_collection_with(self):
        self.collection_with = False
        # of other providers their people know nothing
        if self.env["collection.agent"]._current().provider_id:
            return
        accounts = self.env["collection.account"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
                ("delegation_state", "=", "delegated"),
            ]
        )
        providers = {
            account.partner_id: account.mandate_id.provider_id for account in accounts
        }
        for partner in self:
            provider = providers.get(partner.commercial_partner_id._origin)
            partner.collection_with = provider and provider.display_name
