from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .portal import HISTORY_LIMIT, CollectionPortal


class CollectionPortalTeam(CollectionPortal):
    """Pages of the provider's supervisor; nobody else finds them."""

    def _get_collection_supervisor(self):
        agent_sudo = self._get_collection_agent()
        if not agent_sudo.supervisor:
            raise request.not_found()
        return agent_sudo

    def _get_collection_mandate(self, mandate_id):
        mandates = request.env["collection.mandate"]._get_supervised()
        mandate = mandates.filtered(lambda mandate: mandate.id == mandate_id)
        if not mandate:
            raise request.not_found()
        return mandate

    def _render_collection_team(self, error=None, post=None):
        agent_sudo = self._get_collection_supervisor()
        if not request.env["collection.mandate"]._get_supervised():
            raise request.not_found()
        return self._render_collection(
            "portal_collection_team",
            {
                **self._prepare_collection_values("collection_team", agent_sudo),
                **request.env["collection.mandate"]._get_portal_team(),
                "flash": request.session.pop("collection_flash", None),
                "error": error,
                "posted": post or {},
            },
            status=422 if error else 200,
        )

    # --- Team ---

    @http.route("/my/collection/team", type="http", auth="user", website=True)
    def portal_collection_team(self, **kw):
        return self._render_collection_team()

    @http.route(
        "/my/collection/team/<int:mandate_id>/share",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_share(self, mandate_id, **post):
        self._get_collection_supervisor()
        mandate = self._get_collection_mandate(mandate_id)
        try:
            with request.env.cr.savepoint():
                given, left = mandate._portal_share_out()
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_team(error=str(error))
        request.session["collection_flash"] = {"given": given, "left": left}
        return request.redirect("/my/collection/team")

    @http.route(
        "/my/collection/team/review/<int:review_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_review(self, review_id, **post):
        self._get_collection_supervisor()
        mandates = request.env["collection.mandate"]._get_supervised()
        try:
            with request.env.cr.savepoint():
                mandates._portal_answer_review(
                    review_id, self._get_collection_text(post, "body")
                )
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_team(
                error=str(error), post={**post, "review_id": review_id}
            )
        request.session["collection_flash"] = {"answered": True}
        return request.redirect("/my/collection/team#collection_reviews")

    # --- Assigning ---

    @http.route(
        "/my/collection/assign",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_assign_selection(self, **post):
        """Give the customers ticked on the list to an agent."""
        self._get_collection_supervisor()
        try:
            with request.env.cr.savepoint():
                count = request.env["collection.mandate"]._portal_assign_selection(
                    self._get_collection_ids("account_ids"),
                    self._get_collection_id(post, "agent_id"),
                )
            request.session["collection_flash"] = {"assigned": count}
        except UserError as error:
            # also when one of them was recalled meanwhile: the list shows which
            request.session["collection_flash"] = {"error": str(error)}
        return request.redirect(
            request.session.get("collection_list_url", "/my/collection")
        )

    @http.route(
        "/my/collection/<int:account_id>/assign",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_assign(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "assign",
            post,
            lambda: account._portal_assign_agent(
                self._get_collection_id(post, "agent_id")
            ),
        )

    # --- Hand-overs ---

    @http.route("/my/collection/hand-overs", type="http", auth="user", website=True)
    def portal_collection_handovers(self, **kw):
        agent_sudo = self._get_collection_supervisor()
        placements = request.env["collection.placement"].search(
            [], order="state desc, date desc, id desc", limit=HISTORY_LIMIT
        )
        return self._render_collection(
            "portal_collection_handovers",
            {
                **self._prepare_collection_values("collection_handovers", agent_sudo),
                "placements": placements._get_portal_values(),
                "flash": request.session.pop("collection_flash", None),
            },
        )
