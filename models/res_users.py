from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    collection_agent_ids = fields.One2many(
        comodel_name="collection.agent", inverse_name="user_id", string="Agent"
    )
