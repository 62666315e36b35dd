from odoo import api, models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.model
    def _render_template_qweb(
        self, template_src, model, res_ids, add_context=None, options=None
    ):
        # EXTENDS mail: letters are sent by the hundred
        if model == "collection.letter":
            self = self.with_context(collection_compiled_templates={})
        return super()._render_template_qweb(
            template_src, model, res_ids, add_context=add_context, options=options
        )
