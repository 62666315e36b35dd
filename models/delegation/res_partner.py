from odoo import api, fields, models

from ..position.res_partner import CREDIT_GROUPS


class ResPartner(models.Model):
    """A customer says how much of what they owe is with a provider."""

    _inherit = "res.partner"

    collection_delegated_note = fields.Char(
        string="With a Provider",
        compute="_compute_collection_delegated_note",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
    )

    @api.depends("collection_account_id")
    @api.depends_context("company", "lang")
    def _compute_collection_delegated_note(self):
        for partner in self:
            partner.collection_delegated_note = (
                partner.collection_account_id.delegated_note
            )
