from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .portal_team import CollectionPortalTeam


class CollectionPortalDeletion(CollectionPortalTeam):
    """Deletion certificates, for the provider's supervisors; nobody else finds them."""

    def _render_collection_deletions(self, confirmed=False, error=None, post=None):
        agent_sudo = self._get_collection_supervisor()
        certificates = request.env["collection.deletion.certificate"]
        shown = certificates._get_portal_certificates()
        if not shown:
            raise request.not_found()
        return self._render_collection(
            "portal_collection_deletion",
            {
                **self._prepare_collection_values("collection_deletion", agent_sudo),
                "certificates": shown,
                "confirmed": confirmed,
                "error": error,
                "posted": post or {},
            },
            status=422 if error else 200,
        )

    @http.route("/my/collection/deletion", type="http", auth="user", website=True)
    def portal_collection_deletions(self, confirmed=None, **kw):
        return self._render_collection_deletions(confirmed=bool(confirmed))

    @http.route(
        "/my/collection/deletion/<int:mandate_id>/pdf",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_deletion_pdf(self, mandate_id, **kw):
        self._get_collection_supervisor()
        certificates = request.env["collection.deletion.certificate"]
        try:
            return self._make_collection_pdf(
                certificates._get_one_sudo(mandate_id)._get_pdf()
            )
        except AccessError as error:
            raise request.not_found() from error

    @http.route(
        "/my/collection/deletion/<int:mandate_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_deletion(self, mandate_id, **post):
        self._get_collection_supervisor()
        certificates = request.env["collection.deletion.certificate"]
        try:
            with request.env.cr.savepoint():
                certificates._confirm_for_provider(
                    mandate_id,
                    {
                        "signatory": self._get_collection_text(post, "signatory"),
                        "date_deleted": self._get_collection_date(post, "date_deleted"),
                        "means": self._get_collection_text(post, "means"),
                    },
                )
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            kept = {
                name: self._get_collection_text(post, name)
                for name in ("signatory", "date_deleted", "means")
            }
            return self._render_collection_deletions(
                error=str(error), post={**kept, "mandate_id": mandate_id}
            )
        return request.redirect("/my/collection/deletion?confirmed=1")
