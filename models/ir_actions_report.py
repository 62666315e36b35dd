import io

from odoo import models

LETTER_REPORT = "account_collection.report_collection_letter"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # The letters bring their own complete document: it goes to the renderer
        # as it is, all letters of a batch in one call, and those that were sent
        # are taken as they were sent.
        if not res_ids or self._get_report(report_ref).report_name != LETTER_REPORT:
            return super()._render_qweb_pdf_prepare_streams(
                report_ref, data, res_ids=res_ids
            )
        letters = self.env["collection.letter"].browse(dict.fromkeys(res_ids))
        return {
            letter.id: {"stream": io.BytesIO(content), "attachment": None}
            for letter, content in letters._get_pdf_parts()
        }

    def _build_wkhtmltopdf_args(
        self,
        paperformat_id,
        landscape,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        args = super()._build_wkhtmltopdf_args(
            paperformat_id,
            landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )
        if self.env.context.get("collection_letters"):
            # no script and nothing to load in a letter: nothing to wait for
            args[args.index("--javascript-delay") + 1] = "0"
        return args
