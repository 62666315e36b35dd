from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

#: accounts remembered from the list, to go from one to the next
HISTORY_LIMIT = 200
#: how far the agenda looks ahead
AGENDA_DAYS = 30


class CollectionPortal(CustomerPortal):
    """Pages of the provider's agents. What they may see and do is decided in the
    models, under their own record rules."""

    _collection_per_page = 30

    # --- Home ---

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "collection_account_count" in counters:
            accounts = request.env["collection.account"]
            # the agent's way in, open to him even while nothing is handed over
            values["collection_account_count"] = (
                max(accounts.search_count([]), 1) if accounts._portal_agent() else 0
            )
        return values

    # --- Helpers ---

    def _get_collection_agent(self):
        """The current user as a provider's agent; no page for anybody else."""
        agent_sudo = request.env["collection.account"]._portal_agent()
        if not agent_sudo:
            raise request.not_found()
        return agent_sudo

    def _get_collection_account(self, account_id):
        """The account under the user's record rules; not found when it is not his."""
        self._get_collection_agent()
        account = request.env["collection.account"].search([("id", "=", account_id)])
        if not account:
            raise request.not_found()
        return account

    def _get_collection_waiting(self, agent_sudo):
        """Hand-overs a supervisor has not acknowledged yet; none for the others."""
        if not agent_sudo.supervisor:
            return 0
        return request.env["collection.placement"].search_count(
            [("state", "=", "handed_over")]
        )

    def _get_collection_next_id(self, account_id):
        """Account after this one in the list last looked at, if still delegated."""
        ids = request.session.get("collection_account_ids", [])
        if account_id not in ids:
            return False
        later = ids[ids.index(account_id) + 1 :]
        open_ids = set(
            request.env["collection.account"].search([("id", "in", later)]).ids
        )
        return next((id_ for id_ in later if id_ in open_ids), False)

    def _get_collection_call_vals(self, post):
        """Values of the call form, as the models take them."""
        vals = {
            name: post[name].strip()
            for name in ("phone", "note", "next_action", "obstacle_reason", "person")
            if (post.get(name) or "").strip()
        }
        outcome_id = post.get("outcome_id") or ""
        vals["outcome_id"] = int(outcome_id) if outcome_id.isdecimal() else False
        date = (post.get("next_action_date") or "").strip()
        if date:
            try:
                vals["next_action_date"] = fields.Date.to_date(date)
            except ValueError as error:
                raise UserError(
                    request.env._("%(date)s is not a date.", date=date)
                ) from error
        duration = (post.get("duration") or "").strip().replace(",", ".")
        if duration:
            try:
                vals["duration"] = float(duration)
            except ValueError as error:
                raise UserError(
                    request.env._("Give the duration in minutes, as a number.")
                ) from error
        return vals

    def _render_collection_account(self, account, error=None, post=None, **kw):
        account._record_access("page")
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "collection_account",
            "collection": account._get_portal_values(),
            "collection_list_url": request.session.get(
                "collection_list_url", "/my/collection"
            ),
            "next_id": self._get_collection_next_id(account.id),
            "logged": bool(kw.get("logged")),
            "assigned": bool(kw.get("assigned")),
            "error": error,
            "post": post or {},
            "today": fields.Date.context_today(account),
        }
        response = request.render(
            "account_collection.portal_collection_account",
            values,
            status=422 if error else 200,
        )
        # the page holds personal data that a recall takes back: no copy is kept
        response.headers["Cache-Control"] = "no-store"
        return response

    # --- List ---

    @http.route(
        ["/my/collection", "/my/collection/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_collection(
        self,
        page=1,
        sortby="priority",
        filterby="all",
        search=None,
        nobody=None,
        **kw,
    ):
        agent_sudo = self._get_collection_agent()
        account_model = request.env["collection.account"]
        account_model._rank_stale(agent_sudo)
        filters = account_model._get_portal_filters()
        sortings = account_model._get_portal_sortings()
        filterby = filterby if filterby in filters else "all"
        sortby = sortby if sortby in sortings else "priority"
        search = (search or "").strip()
        domain = Domain(filters[filterby]["domain"])
        if search:
            domain &= account_model._get_portal_search_domain(search)
        totals = account_model._get_portal_totals(domain)
        pager = portal_pager(
            url="/my/collection",
            url_args={"sortby": sortby, "filterby": filterby, "search": search},
            total=sum(total["count"] for total in totals),
            page=page,
            step=self._collection_per_page,
        )
        found = account_model.search(
            domain,
            order=sortings[sortby]["order"],
            limit=HISTORY_LIMIT,
            offset=max(pager["offset"], 0),
        )
        found[: self._collection_per_page]._record_access("list")
        request.session["collection_account_ids"] = found.ids
        request.session["collection_list_url"] = pager["page"]["url"]
        response = request.render(
            "account_collection.portal_my_collection",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "collection",
                "rows": found[: self._collection_per_page]._get_portal_rows(),
                "totals": totals,
                "several_companies": len(request.env.companies) > 1,
                "pager": pager,
                "filters": filters,
                "filterby": filterby,
                "sortings": sortings,
                "sortby": sortby,
                "search": search,
                "supervisor": agent_sudo.supervisor,
                "waiting": self._get_collection_waiting(agent_sudo),
                "nobody": account_model._explain_no_account() if nobody else "",
                "figures": request.env["collection.daily.figure"]._get_today(),
            },
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(
        "/my/collection/next",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_next(self, **post):
        """The customer whom this agent should call now; claimed, so nobody else's."""
        self._get_collection_agent()
        account = request.env["collection.account"]._next_account()
        if not account:
            return request.redirect("/my/collection?nobody=1")
        return request.redirect(f"/my/collection/{account.id}")

    # --- Agenda ---

    @http.route("/my/collection/agenda", type="http", auth="user", website=True)
    def portal_collection_agenda(self, **kw):
        self._get_collection_agent()
        rows = request.env["collection.agenda"]._get_mine(
            [("date", "<=", f"today +{AGENDA_DAYS}d")], limit=HISTORY_LIMIT
        )
        response = request.render(
            "account_collection.portal_collection_agenda",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "collection_agenda",
                "rows": rows._get_portal_rows(),
                "several_companies": len(request.env.companies) > 1,
            },
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    # --- Account ---

    @http.route(
        "/my/collection/<int:account_id>", type="http", auth="user", website=True
    )
    def portal_collection_account(self, account_id, logged=None, assigned=None, **kw):
        return self._render_collection_account(
            self._get_collection_account(account_id), logged=logged, assigned=assigned
        )

    @http.route(
        "/my/collection/<int:account_id>/call",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_call(self, account_id, **post):
        account = self._get_collection_account(account_id)
        try:
            with request.env.cr.savepoint():
                account._portal_log_call(self._get_collection_call_vals(post))
        except AccessError as error:
            raise request.not_found() from error
        except UserError as error:
            return self._render_collection_account(account, error=str(error), post=post)
        return request.redirect(f"/my/collection/{account.id}?logged=1")

    @http.route(
        "/my/collection/<int:account_id>/assign",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_assign(self, account_id, agent_id="", **post):
        account = self._get_collection_account(account_id)
        try:
            account._portal_assign_agent(int(agent_id) if agent_id.isdecimal() else 0)
        except AccessError as error:
            raise request.not_found() from error
        return request.redirect(f"/my/collection/{account.id}?assigned=1")

    @http.route(
        "/my/collection/<int:account_id>/invoice/<int:item_id>/pdf",
        type="http",
        auth="user",
        website=True,
    )
    def portal_collection_invoice(self, account_id, item_id, **kw):
        account = self._get_collection_account(account_id)
        item = request.env["collection.item"].search(
            [("id", "=", item_id), ("account_id", "=", account.id)]
        )
        document = item._get_portal_invoice_pdf() if item else None
        if not document:
            raise request.not_found()
        account._record_access("invoice")
        name, content = document
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(name, "inline")),
                ("Cache-Control", "no-store"),
            ],
        )

    # --- Hand-overs ---

    @http.route("/my/collection/hand-overs", type="http", auth="user", website=True)
    def portal_collection_handovers(self, accepted=None, **kw):
        if not self._get_collection_agent().supervisor:
            raise request.not_found()
        placements = request.env["collection.placement"].search(
            [], order="state desc, date desc, id desc", limit=HISTORY_LIMIT
        )
        return request.render(
            "account_collection.portal_collection_handovers",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "collection_handovers",
                "placements": placements._get_portal_values(),
                "accepted": bool(accepted),
            },
        )

    @http.route(
        "/my/collection/hand-overs/<int:placement_id>/accept",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_accept(self, placement_id, **post):
        self._get_collection_agent()
        placement = request.env["collection.placement"].search(
            [("id", "=", placement_id)]
        )
        if not placement:
            raise request.not_found()
        try:
            placement._portal_accept()
        except AccessError as error:
            raise request.not_found() from error
        return request.redirect("/my/collection/hand-overs?accepted=1")
