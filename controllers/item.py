from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

from .export import PDF_TYPE


class CollectionItemController(http.Controller):
    @http.route(
        "/account_collection/item/<int:item_id>/invoice",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def item_invoice(self, item_id):
        """The invoice of an item as PDF, for those who may read the item."""
        try:
            item = request.env["collection.item"].browse(item_id)
            filename, content = item._get_invoice_pdf()
            item.account_id._record_access("invoice")
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        return request.make_response(
            content,
            headers=[
                ("Content-Type", PDF_TYPE),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(filename, "inline")),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
