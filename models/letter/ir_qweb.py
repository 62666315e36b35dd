from lxml import etree

from odoo import models


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _compile(self, template):
        # EXTENDS base: the text of an e-mail template is compiled again for every
        # e-mail, which takes longer than filling it in. Within one batch
        # (`mail.template._render_template_qweb`) it is compiled once. The method is
        # private to Odoo and has no public counterpart: this is the one place that
        # relies on it, and without it e-mails are the same, but slower.
        compiled = self.env.context.get("collection_compiled_templates")
        if compiled is None or not isinstance(template, etree._Element):
            return super()._compile(template)
        key = (
            etree.tostring(template),
            *(self.env.context.get(name) for name in self._get_template_cache_keys()),
        )
        if key not in compiled:
            compiled[key] = super()._compile(template)
        return compiled[key]
