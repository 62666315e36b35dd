from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    collection_agent_ids = fields.One2many(
        comodel_name="collection.agent", inverse_name="user_id", string="Agent"
    )

    def _may_decide_in(self, company):
        """Those of these users whom something of `company` can be given to."""
        return self.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
