from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.portal.collection_account_portal_export import EXPORT_LIMIT
from .portal import HISTORY_LIMIT, CollectionPortal

#: how far the agenda looks ahead
AGENDA_DAYS = 30


class CollectionPortalAgenda(CollectionPortal):
    """What is to be done, and what was done."""

    @http.route("/my/collection/agenda", type="http", auth="user", website=True)
    def portal_collection_agenda(self, show="all", kind=None, xlsx=None, **kw):
        """What is to be done, or was done.

        :param show: all, mine, overdue or done
        :param kind: of which kind
        """
        agent_sudo = self._get_collection_agent()
        agenda = request.env["collection.agenda"]
        shows = agenda._get_portal_shows()
        kinds = agenda._get_portal_kinds()
        show = show if show in shows else "all"
        kind = kind if kind in kinds else None
        rows = agenda._get_portal_agenda(
            show,
            kind,
            AGENDA_DAYS,
            EXPORT_LIMIT if xlsx else HISTORY_LIMIT,
        )
        if xlsx:
            return self._make_collection_xlsx(agenda._portal_export(rows))
        return self._render_collection(
            "portal_collection_agenda",
            {
                **self._prepare_collection_values("collection_agenda", agent_sudo),
                "rows": rows,
                "shows": shows,
                "show": show,
                "kinds": kinds,
                "kind": kind,
                "several_companies": len(request.env.companies) > 1,
            },
        )

    @http.route("/my/collection/changes", type="http", auth="user", website=True)
    def portal_collection_changes(self, day=None, **kw):
        """What the company and the ledger changed on a day.

        :param day: one of the last days; today when it is none of them
        """
        agent_sudo = self._get_collection_agent()
        try:
            wanted = self._get_collection_date({"day": day}, "day")
        except UserError:
            wanted = False
        return self._render_collection(
            "portal_collection_changes",
            {
                **self._prepare_collection_values("collection_changes", agent_sudo),
                **request.env["collection.mandate"]._get_portal_changes(wanted),
            },
        )

    @http.route("/my/collection/figures", type="http", auth="user", website=True)
    def portal_collection_figures(self, agent=None, xlsx=None, **kw):
        """Figures of one's own; a supervisor also asks for those of a colleague."""
        agent_sudo = self._get_collection_agent()
        team = self._get_collection_team(agent_sudo)
        chosen = self._read_collection_number(agent)
        if chosen and chosen not in {agent_sudo.id, *(row["id"] for row in team)}:
            raise request.not_found()
        figures = request.env["collection.daily.figure"]
        report = figures._get_portal_report(chosen or agent_sudo.id)
        if xlsx:
            return self._make_collection_xlsx(figures._portal_export(report))
        return self._render_collection(
            "portal_collection_figures",
            {
                **self._prepare_collection_values("collection_figures", agent_sudo),
                "team": team,
                "agent": chosen or agent_sudo.id,
                "report": report,
            },
        )
