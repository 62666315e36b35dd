from odoo import api, fields, models
from odoo.tools import SQL


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
        companies._set_default_collection_policy()
        return companies

    def _set_default_collection_policy(self):
        """Give companies a ladder to begin with; a branch has its head office's."""
        for company in self.filtered(
            lambda company: not company.collection_policy_id and not company.parent_id
        ):
            company.collection_policy_id = company._default_collection_policy()

    def _get_collection_policy(self):
        """The company's ladder, else that of the nearest head office that has one."""
        self.ensure_one()
        return self._get_from_head_office("collection_policy_id")

    @api.model
    def _collection_policy_sql(self, company):
        """SQL of the same over the row `company`."""
        return SQL(
            """COALESCE(%(company)s.collection_policy_id, (
                    SELECT head.collection_policy_id
                      FROM res_company head
                     WHERE head.collection_policy_id IS NOT NULL
                       AND %(company)s.parent_path LIKE head.parent_path || %(all)s
                  ORDER BY length(head.parent_path) DESC
                     LIMIT 1))""",
            company=company,
            all="%",
        )

    def _default_collection_policy(self):
        """The standard ladder: the French one for French companies."""
        self.ensure_one()
        name = "fr" if self.country_id.code == "FR" else "international"
        return self.env.ref(
            f"account_collection.policy_{name}", raise_if_not_found=False
        )
