from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .portal_team import CollectionPortalTeam


class CollectionPortalContract(CollectionPortalTeam):
    """The contract, for the provider's supervisors; nobody else finds it."""

    def _render_collection_contracts(self, error=None):
        agent_sudo = self._get_collection_supervisor()
        return self._render_collection(
            "portal_collection_contract",
            {
                **self._prepare_collection_values("collection_contract", agent_sudo),
                "contracts": request.env["collection.mandate"]._get_portal_contracts(),
                "error": error,
            },
            status=422 if error else 200,
        )

    @http.route("/my/collection/contract", type="http", auth="user", website=True)
    def portal_collection_contracts(self, **kw):
        return self._render_collection_contracts()

    @http.route(
        "/my/collection/contract/<int:mandate_id>/pdf",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_contract_pdf(self, mandate_id, **kw):
        self._get_collection_supervisor()
        try:
            contract_sudo = request.env["collection.mandate"]._get_contract_sudo(
                mandate_id
            )
        except AccessError as error:
            raise request.not_found() from error
        return self._make_collection_pdf(contract_sudo._get_contract_pdf())

    @http.route(
        "/my/collection/contract/<int:mandate_id>/report/<int:report_id>/pdf",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_contract_report(self, mandate_id, report_id, **kw):
        self._get_collection_supervisor()
        try:
            return self._make_collection_pdf(
                request.env["collection.mandate"]._get_portal_report_pdf(
                    mandate_id, report_id
                )
            )
        except AccessError as error:
            raise request.not_found() from error

    @http.route(
        "/my/collection/contract/<int:mandate_id>/approve",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_contract_approve(self, mandate_id, **post):
        self._get_collection_supervisor()
        try:
            with request.env.cr.savepoint():
                request.env["collection.mandate"]._approve_for_provider(mandate_id)
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_contracts(error=str(error))
        return request.redirect("/my/collection/contract")

    @http.route(
        "/my/collection/contract/<int:mandate_id>/amendment/<int:amendment_id>/note",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_contract_note(self, mandate_id, amendment_id, **post):
        self._get_collection_supervisor()
        try:
            request.env["collection.mandate"]._portal_note_amendment(
                mandate_id, amendment_id
            )
        except AccessError as error:
            raise request.not_found() from error
        return request.redirect("/my/collection/contract")
