from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

ZIP_TYPE = "application/zip"
PDF_TYPE = "application/pdf"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CollectionExportController(http.Controller):
    @http.route(
        "/account_collection/interest_claim/<int:claim_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def interest_claim_xlsx(self, claim_id):
        """The calculation of a claim, for those who may read all of its items."""
        try:
            filename, content = (
                request.env["collection.interest.claim"].browse(claim_id)._get_xlsx()
            )
        except (AccessError, MissingError):
            raise request.not_found() from None
        return self._make_response(filename, content)

    @http.route(
        "/account_collection/placement/<int:placement_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def placement_xlsx(self, placement_id):
        """The hand-over list as a spreadsheet, for those who may read all of it."""
        try:
            filename, content = (
                request.env["collection.placement"].browse(placement_id)._get_xlsx()
            )
        except (AccessError, MissingError):
            raise request.not_found() from None
        return self._make_response(filename, content)

    @http.route(
        "/account_collection/account/<int:account_id>/legal_file",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def legal_file(self, account_id):
        """What a lawyer needs of a customer, for the company's own people."""
        try:
            filename, content = (
                request.env["collection.account"].browse(account_id)._get_legal_file()
            )
        except (AccessError, MissingError):
            raise request.not_found() from None
        return self._make_response(filename, content, ZIP_TYPE)

    @http.route(
        "/account_collection/ageing_balance/<int:balance_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def ageing_balance_xlsx(self, balance_id):
        """The ageing balance as a spreadsheet, for whoever asked for it."""
        try:
            filename, content = (
                request.env["collection.ageing.balance"].browse(balance_id)._get_xlsx()
            )
        except (AccessError, MissingError):
            raise request.not_found() from None
        return self._make_response(filename, content)

    @http.route(
        "/account_collection/delegation_advisor/<int:advisor_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def delegation_advisor_xlsx(self, advisor_id):
        """The figures behind a decision to delegate, for whoever asked for them."""
        try:
            advisor = request.env["collection.delegation.advisor"].browse(advisor_id)
            filename, content = advisor._get_xlsx()
        except (AccessError, MissingError):
            raise request.not_found() from None
        return self._make_response(filename, content)

    @http.route(
        "/account_collection/reversibility/<int:package_id>/zip",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def reversibility_zip(self, package_id):
        """A reversibility package as one file, for those who read it.

        Written to disk and sent from there: it may be larger than the memory.
        """
        try:
            filename, stream, size = (
                request.env["collection.reversibility"].browse(package_id)._get_zip()
            )
        except (AccessError, MissingError):
            raise request.not_found() from None
        response = self._make_response(
            filename, wrap_file(request.httprequest.environ, stream), ZIP_TYPE, size
        )
        response.direct_passthrough = True
        response.call_on_close(stream.close)
        return response

    @staticmethod
    def _make_response(filename, content, content_type=XLSX_TYPE, size=None):
        return request.make_response(
            content,
            headers=[
                ("Content-Type", content_type),
                ("Content-Length", len(content) if size is None else size),
                ("Content-Disposition", content_disposition(filename)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
