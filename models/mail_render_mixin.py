import uuid

from lxml import etree, html

from odoo import api, models


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    @api.model
    def _render_template_qweb(
        self, template_src, model, res_ids, add_context=None, options=None
    ):
        # Core compiles the template once for each record, which takes longer than
        # all the rest of an e-mail. Letters leave by the hundred: one loop for all.
        # Not where values set for one record might reach the next one, and not where
        # what the template may say is restricted.
        if (
            model != "collection.letter"
            or not template_src
            or len(res_ids) < 2
            or not self.env.su
            or "t-set" in template_src
        ):
            return super()._render_template_qweb(
                template_src, model, res_ids, add_context=add_context, options=options
            )
        mark = uuid.uuid4().hex
        body = html.fragment_fromstring(template_src, create_parent="div")
        body.tail = mark
        loop = etree.Element("t", {"t-foreach": "objects", "t-as": "object"})
        loop.append(body)
        document = etree.Element("div")
        document.append(loop)
        variables = {
            **self._render_eval_context(),
            **(add_context or {}),
            "objects": self.env[model].browse(res_ids),
        }
        rendered = self.env["ir.qweb"]._render(document, variables, **(options or {}))
        start, end = len("<div>"), -len("</div>")
        parts = rendered[start:end].split(mark)[:-1]
        return {
            res_id: part.strip()[start:end]
            for res_id, part in zip(res_ids, parts, strict=True)
        }
