from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...reports.collection_portal_xlsx import PortalWorkbook
from ..base.days import company_today

#: days back for which the agenda shows what was done
DONE_DAYS = 30
#: kinds of what an agent of a provider does
PORTAL_KINDS = ("callback", "promise", "instalment", "bill_chase", "bill", "precheck")
#: kinds of which the agenda also shows what was done
DONE_KINDS = ("callback", "promise")


class CollectionAgenda(models.Model):
    """The agenda as the portal shows it."""

    _inherit = "collection.agenda"

    @api.model
    def _get_portal_shows(self):
        """What a page of the agenda may be narrowed to: {code: label}."""
        return {
            "all": self.env._("To do"),
            "mine": self.env._("Assigned to me"),
            "overdue": self.env._("Overdue"),
            "done": self.env._("Done"),
        }

    @api.model
    def _get_portal_kinds(self):
        """Kinds of rows by which an agent narrows the agenda: {code: label}."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        return {code: labels[code] for code in PORTAL_KINDS}

    @api.model
    def _get_portal_agenda(self, show, kind, ahead, limit):
        """Rows of the agenda as a page shows them.

        :param show: code of `_get_portal_shows`
        :param kind: code of `_get_portal_kinds`, or None
        :param ahead: for how many days what is to be done is shown
        """
        if show == "done":
            return self._get_portal_done(kind, limit)
        domain = Domain("date", "<=", company_today(self) + timedelta(days=ahead))
        if show == "mine":
            # sudo: who the current user is as an agent
            agent_sudo = self.env["collection.agent"]._current()
            domain &= Domain("agent_id", "=", agent_sudo.id)
        elif show == "overdue":
            domain &= Domain("overdue", "=", True)
        if kind:
            domain &= Domain("kind", "=", kind)
        return self._get_mine(domain, limit=limit)._get_portal_rows()

    @api.model
    def _get_portal_done(self, kind, limit):
        """The agent's calls of the last weeks, and what became of their promises."""
        since = company_today(self) - timedelta(days=DONE_DAYS)
        rows = []
        if kind in (None, "callback"):
            rows += self._get_portal_done_rows(
                "collection.call",
                Domain("date", ">=", since) & Domain("correction_of_id", "=", False),
                "date desc, id desc",
                limit,
            )
        if kind in (None, "promise"):
            rows += self._get_portal_done_rows(
                "collection.promise",
                Domain("date_promised", ">=", since)
                & Domain("state", "in", ("kept", "partial", "broken")),
                "date_promised desc, id desc",
                limit,
            )
        rows.sort(key=lambda row: (row["date"], row["res_id"]), reverse=True)
        return rows[:limit]

    @api.model
    def _get_portal_done_rows(self, model, domain, order, limit):
        # sudo: which are their own; they are read below by the agent's record rules
        own_sudo = (
            self.env[model]
            .sudo()
            .search(
                domain & Domain("user_id", "=", self.env.uid), order=order, limit=limit
            )
        )
        records = own_sudo.with_env(self.env)._filtered_access("read")
        records._record_access("list")
        kinds = self._get_portal_kinds()
        call = model == "collection.call"
        kind = "callback" if call else "promise"
        rows = []
        # sudo: names only, of records that the agent reads
        for record, record_sudo in zip(records, records.sudo(), strict=True):
            day = record.date if call else record.date_promised
            rows.append(
                {
                    "account_id": record.account_id.id,
                    "customer": record_sudo.account_id.display_name,
                    "company": record_sudo.company_id.name,
                    "date": fields.Datetime.context_timestamp(self, day).date()
                    if call
                    else day,
                    "overdue": False,
                    "kind": kind,
                    "label": self.env._("Call") if call else kinds["promise"],
                    "name": record.outcome_id.name
                    if call
                    else f"{record.number} {record._get_state_label()}",
                    "amount": None if call else record.amount,
                    "currency": None if call else record_sudo.currency_id,
                    "agent": "",
                    "res_model": model,
                    "res_id": record.id,
                }
            )
        return rows

    def _get_portal_rows(self):
        """What an agenda page shows of these rows, as plain values, in their order."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        self._record_access("list")
        # sudo: names only, of rows the agent reads
        return [
            {
                "account_id": row.account_id.id,
                "customer": row_sudo.account_id.display_name,
                "company": row_sudo.company_id.name,
                "date": row.date,
                "overdue": row.overdue,
                "kind": row.kind,
                "label": labels[row.kind],
                "name": row.name,
                "amount": row.amount,
                "currency": row_sudo.currency_id,
                "agent": row_sudo.agent_id.name,
                "res_model": row.res_model,
                "res_id": row.res_id,
            }
            for row, row_sudo in zip(self, self.sudo(), strict=True)
        ]

    @api.model
    def _portal_export(self, rows):
        """Rows of `_get_portal_agenda` as a spreadsheet: (file name, content)."""
        accounts = self.env["collection.account"].browse(
            dict.fromkeys(row["account_id"] for row in rows)
        )
        accounts._record_access("export")
        title = self.env._("Agenda")
        content = PortalWorkbook(
            self.env,
            title,
            [
                (
                    title,
                    [
                        (self.env._("Date"), "date"),
                        (self.env._("Overdue"), "text"),
                        (self.env._("Customer"), "text"),
                        (self.env._("Company"), "text"),
                        (self.env._("What"), "text"),
                        (self.env._("Details"), "text"),
                        (self.env._("Amount"), "number"),
                        (self.env._("Currency"), "text"),
                        (self.env._("Agent"), "text"),
                    ],
                    (
                        (
                            row["date"],
                            self.env._("overdue") if row["overdue"] else "",
                            row["customer"],
                            row["company"],
                            row["label"],
                            row["name"],
                            row["amount"] or None,
                            row["currency"].name if row["amount"] else "",
                            row["agent"],
                        )
                        for row in rows
                    ),
                )
            ],
        ).get_content()
        return f"{title}.xlsx", content
