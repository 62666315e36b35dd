from odoo import models


class IrCron(models.Model):
    """The jobs of collections write in the language of the company."""

    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        # EXTENDS base: jobs run without a language, that is, in English. Those that
        # run company by company choose that of each.
        action = self.env["ir.actions.server"].browse(server_action_id)
        if (action.model_name or "").startswith("collection."):
            lang = self.env.company._get_collection_lang()
            return super(IrCron, self.with_context(lang=lang))._callback(
                cron_name, server_action_id
            )
        return super()._callback(cron_name, server_action_id)
