from odoo import api, fields, models


class ResCompany(models.Model):
    """Which ladder a company reminds by, where nothing else is said."""

    _inherit = "res.company"

    collection_policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Default Dunning Policy",
        domain="[('company_id', 'in', (False, id))]",
        groups="base.group_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for company in companies.filtered(lambda c: not c.collection_policy_id):
            company.collection_policy_id = company._default_collection_policy()
        return companies

    def _default_collection_policy(self):
        """The standard ladder: the French one for French companies."""
        self.ensure_one()
        name = "fr" if self.country_id.code == "FR" else "international"
        return self.env.ref(
            f"account_collection.policy_{name}", raise_if_not_found=False
        )
