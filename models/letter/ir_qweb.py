from lxml import etree

from odoo import models


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _compile(self, template):
        # EXTENDS base: the text of an e-mail template is compiled again for every
        # e-mail, which takes longer than filling it in. Within one batch it is
        # compiled once.
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
