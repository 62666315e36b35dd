from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.portal.collection_placement_portal import LINES_PER_PAGE
from .portal_team import CollectionPortalTeam

#: what is done with customers after the receipt
ACTS = ("return", "extend")


class CollectionPortalHandover(CollectionPortalTeam):
    """One hand-over, for the provider's supervisors; nobody else finds it."""

    def _get_collection_placement(self, placement_id):
        """The hand-over under the user's record rules; not found when not theirs."""
        self._get_collection_supervisor()
        placement = request.env["collection.placement"].search(
            [("id", "=", placement_id)]
        )
        if not placement:
            raise request.not_found()
        return placement

    def _render_collection_handover(
        self, placement, page=1, act="return", error=None, post=None
    ):
        """The page of a hand-over.

        :param act: what is done with the customers ticked: return or extend
        """
        agent_sudo = self._get_collection_supervisor()
        url = f"/my/collection/hand-overs/{placement.id}"
        pager = portal_pager(
            url=url,
            url_args={"act": act if act in ACTS else None},
            total=request.env["collection.placement.line"].search_count(
                [("placement_id", "=", placement.id)]
            ),
            page=self._read_collection_number(str(page)) or 1,
            step=LINES_PER_PAGE,
        )
        try:
            values = placement._get_portal_placement(pager["page"]["num"])
        except AccessError as failure:
            raise request.not_found() from failure
        return self._render_collection(
            "portal_collection_handover",
            {
                **self._prepare_collection_values("collection_handover", agent_sudo),
                "placement": values,
                "pager": pager,
                "act": act if act in ACTS else "return",
                "flash": request.session.pop("collection_flash", None),
                "error": error,
                "posted": post or {},
                "ticked": self._get_collection_ticks("line_ids"),
            },
            status=422 if error else 200,
        )

    def _do_collection_handover(self, placement, post, do, act="return"):
        """Act on a hand-over for one of the forms of its page, all or nothing.

        :param do: does it; what it returns is told on the page that follows
        """
        try:
            with request.env.cr.savepoint():
                flash = do()
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_handover(
                placement,
                page=self._read_collection_number(
                    self._get_collection_text(post, "page")
                )
                or 1,
                act=act,
                error=str(error),
                post={
                    name: value
                    for name, value in post.items()
                    if isinstance(value, str)
                },
            )
        request.session["collection_flash"] = flash
        # the last of its customers may be gone, and with them the page
        there = request.env["collection.placement"].search([("id", "=", placement.id)])
        return request.redirect(
            f"/my/collection/hand-overs/{placement.id}"
            if there
            else "/my/collection/hand-overs"
        )

    @http.route(
        [
            "/my/collection/hand-overs/<int:placement_id>",
            "/my/collection/hand-overs/<int:placement_id>/page/<int:page>",
        ],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_handover(self, placement_id, page=1, act=None, **kw):
        return self._render_collection_handover(
            self._get_collection_placement(placement_id), page=page, act=act
        )

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/accept",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_accept(self, placement_id, **post):
        placement = self._get_collection_placement(placement_id)

        def accept():
            placement._portal_accept(self._get_collection_text(post, "seal"))
            return {"accepted": True}

        return self._do_collection_handover(placement, post, accept)

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/refuse",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_refuse(self, placement_id, **post):
        placement = self._get_collection_placement(placement_id)
        return self._do_collection_handover(
            placement,
            post,
            lambda: {
                "refused": placement._portal_refuse(
                    self._get_collection_ids("line_ids"),
                    self._get_collection_text(post, "reason"),
                    self._get_collection_text(post, "words"),
                )
            },
        )

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/return",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_returns(self, placement_id, **post):
        placement = self._get_collection_placement(placement_id)
        return self._do_collection_handover(
            placement,
            post,
            lambda: {
                "returned": placement._portal_return(
                    self._get_collection_ids("line_ids"),
                    self._get_collection_text(post, "reason"),
                    self._get_collection_text(post, "words"),
                    self._get_collection_files(),
                )
            },
        )

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/extend",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_extend(self, placement_id, **post):
        placement = self._get_collection_placement(placement_id)
        return self._do_collection_handover(
            placement,
            post,
            lambda: {
                "extended": placement._portal_extend(
                    self._get_collection_ids("line_ids"),
                    self._read_collection_number(
                        self._get_collection_text(post, "days")
                    )
                    or 0,
                    self._get_collection_text(post, "words"),
                )
            },
            act="extend",
        )

    # --- Documents ---

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_handover_xlsx(self, placement_id, **kw):
        """The customers of a hand-over, as far as they are with the provider."""
        placement = self._get_collection_placement(placement_id)
        return self._make_collection_xlsx(placement._portal_export())

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/list/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_handover_list_xlsx(self, placement_id, **kw):
        """The hand-over list as it was signed."""
        placement = self._get_collection_placement(placement_id)
        try:
            return self._make_collection_xlsx(placement._portal_list_xlsx())
        except AccessError as error:
            raise request.not_found() from error

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/list/pdf",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
    )
    def portal_collection_handover_list_pdf(self, placement_id, **kw):
        """The hand-over list as it was signed, to print."""
        placement = self._get_collection_placement(placement_id)
        try:
            return self._make_collection_pdf(placement._portal_list_pdf())
        except AccessError as error:
            raise request.not_found() from error
