from odoo import http
from odoo.http import request

from .portal import HISTORY_LIMIT, CollectionPortal

#: how far the agenda looks ahead
AGENDA_DAYS = 30


class CollectionPortalAgenda(CollectionPortal):
    """What is to be done, and what was done."""

    @http.route("/my/collection/agenda", type="http", auth="user", website=True)
    def portal_collection_agenda(self, **kw):
        agent_sudo = self._get_collection_agent()
        rows = request.env["collection.agenda"]._get_mine(
            [("date", "<=", f"today +{AGENDA_DAYS}d")], limit=HISTORY_LIMIT
        )
        return self._render_collection(
            "portal_collection_agenda",
            {
                **self._prepare_collection_values("collection_agenda", agent_sudo),
                "rows": rows._get_portal_rows(),
                "several_companies": len(request.env.companies) > 1,
            },
        )

    @http.route("/my/collection/figures", type="http", auth="user", website=True)
    def portal_collection_figures(self, agent=None, **kw):
        """Figures of one's own; a supervisor also asks for those of a colleague."""
        agent_sudo = self._get_collection_agent()
        team = self._get_collection_team(agent_sudo)
        chosen = self._read_collection_number(agent)
        if chosen and chosen not in {agent_sudo.id, *(row["id"] for row in team)}:
            raise request.not_found()
        return self._render_collection(
            "portal_collection_figures",
            {
                **self._prepare_collection_values("collection_figures", agent_sudo),
                "team": team,
                "agent": chosen or agent_sudo.id,
                "report": request.env["collection.daily.figure"]._get_portal_report(
                    chosen or agent_sudo.id
                ),
            },
        )
