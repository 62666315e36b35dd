from odoo import api, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model
    def _get_heirs(self, records, leavers=None):
        # EXTENDS: nobody answers a survey in the place of somebody who left
        if records._name == "collection.team.survey":
            return {}
        return super()._get_heirs(records, leavers)
