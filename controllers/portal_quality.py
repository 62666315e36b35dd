from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .portal import CollectionPortal, act_route


class CollectionPortalQuality(CollectionPortal):
    """Marks and complaints, as the provider's agents see and record them."""

    def _render_collection_complaint(self, account, error=None, post=None):
        account._record_access("page")
        return self._render_collection(
            "portal_collection_complaint",
            {
                **self._prepare_collection_values(
                    "collection_complaint", self._get_collection_agent()
                ),
                "account_id": account.id,
                "customer": account.display_name,
                "choices": account._get_portal_complaint_choices(),
                "error": error,
                "post": post or {},
            },
            status=422 if error else 200,
        )

    @http.route("/my/collection/quality", type="http", auth="user", website=True)
    def portal_collection_quality(self, recorded=None, **kw):
        agent_sudo = self._get_collection_agent()
        return self._render_collection(
            "portal_collection_quality",
            {
                **self._prepare_collection_values("collection_quality", agent_sudo),
                "quality": request.env["collection.account"]._get_portal_quality(),
                "recorded": bool(recorded),
            },
        )

    @act_route("complaint", methods=("GET", "POST"))
    def portal_collection_complaint(self, account_id, **post):
        account = self._get_collection_account(account_id)
        if request.httprequest.method == "GET":
            return self._render_collection_complaint(account)
        try:
            with request.env.cr.savepoint():
                account._portal_new_complaint(
                    {
                        name: (post.get(name) or "").strip()
                        for name in ("category", "severity", "description")
                    }
                )
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_complaint(
                account, error=str(error), post=post
            )
        return request.redirect("/my/collection/quality?recorded=1")
