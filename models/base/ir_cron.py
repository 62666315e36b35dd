from functools import partial

from odoo import models
from odoo.service.model import retrying


class IrCron(models.Model):
    """How the jobs of collections run."""

    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        # EXTENDS base: where somebody works on the same records at that moment, a job
        # tries again, as their own requests do, and not on the next day. It writes in
        # the language of the company; those that run company by company choose each.
        action = self.env["ir.actions.server"].browse(server_action_id)
        if not (action.model_name or "").startswith("collection."):
            return super()._callback(cron_name, server_action_id)
        job = self.with_context(lang=self.env.company._get_collection_lang())
        run = partial(super(IrCron, job)._callback, cron_name, server_action_id)
        return retrying(run, job.env)
