from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..base.days import company_day_sql, company_today
from ..base.figures import rate_sql

#: what is counted of the accounts, in the order of the statement
COUNTS = (
    "accounts",
    "worked",
    "contacted",
    "contacted_in_time",
    "not_contacted_in_time",
    "callbacks_overdue",
    "contact_delay",
    "promises",
    "promises_kept",
    "promises_broken",
)
#: and added up, in one currency
AMOUNTS = ("amount_promised", "amount_kept")
#: promises that fell due, and were judged
JUDGED = ("kept", "partial", "broken")


class CollectionMandate(models.Model):
    """How well a provider serves its mandate, as both sides see it.

    For the company's people and the provider's supervisor: what is promised of the
    work itself, customers reached and in what time, whatever money it brought.
    """

    _inherit = "collection.mandate"

    contact_days = fields.Integer(
        string="First Contact within",
        default=5,
        help="Calendar days after the hand-over within which each customer is to be "
        "reached.",
    )

    def _check_service_access(self):
        """Refuse but to in-house people and to supervisors of this mandate."""
        self.ensure_one()
        self.check_access("read")
        if not self.env["collection.account"]._is_outsider():
            return
        agent_sudo = self.env["collection.agent"]._current()
        # sudo: whether the user is named in the mandate that they read
        if not agent_sudo.supervisor or agent_sudo not in self.sudo().agent_ids:
            raise AccessError(
                self.env._("Service levels are for the supervisor of the provider.")
            )

    def _get_service_levels(self):
        """Figures of the accounts that are with the provider now.

        Calls and promises count from the hand-over on, those of the provider only.
        Two statements whatever the number of accounts.

        :return: dict: `accounts`, `worked` (called at least once), `contacted`
            (somebody reached), `not_contacted_in_time` (not reached though
            `contact_days` have passed), `contacted_in_time` (reached within them),
            shares `share_worked`, `share_contacted`, `share_in_time` (of those reached
            and those who should have been), `share_kept` and `share_kept_amount`
            (percent, None without a base), `promises`, `promises_kept`,
            `promises_broken`, `first_contact_days` (average from hand-over to the
            first contact, days, None), `callbacks_overdue`, `contact_days`, `agents`
            (list of the same counts per agent, `id` False for nobody's)
        :raises AccessError: for others than in-house people and the supervisor
        """
        self._check_service_access()
        self.env["collection.account"]._flush_all()
        today = company_today(self)
        # sudo is not needed: one mandate that was checked, and counts only
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.agent_id, COUNT(*),
                       COUNT(*) FILTER (WHERE work.calls > 0),
                       COUNT(*) FILTER (WHERE work.first IS NOT NULL),
                       COUNT(*) FILTER (
                           WHERE work.first - placement.date <= %(days)s),
                       COUNT(*) FILTER (
                           WHERE work.first IS NULL AND placement.date < %(latest)s),
                       COUNT(*) FILTER (
                           WHERE account.next_action_date < %(today)s),
                       SUM(work.first - placement.date),
                       SUM(said.made), SUM(said.kept), SUM(said.broken),
                       SUM(said.promised), SUM(said.received)
                  FROM collection_account account
                  JOIN collection_placement_line line
                    ON line.id = account.placement_line_id
                  JOIN collection_placement placement
                    ON placement.id = line.placement_id
     LEFT JOIN LATERAL (
                       SELECT COUNT(*) AS calls,
                              MIN(%(called_on)s) FILTER (WHERE call.connected)
                                  AS first
                         FROM collection_call call
                        WHERE call.account_id = account.id
                          AND call.side = 'provider'
                          AND call.correction_of_id IS NULL
                          AND %(called_on)s >= placement.date) work ON TRUE
     LEFT JOIN LATERAL (
                       SELECT %(counts)s
                         FROM collection_promise promise
                         JOIN collection_agent agent
                           ON agent.user_id = promise.user_id
                          AND agent.provider_id = %(provider)s
                        WHERE promise.account_id = account.id
                          AND promise.date_made >= placement.date) said ON TRUE
                 WHERE account.mandate_id = %(mandate)s
                   AND account.delegation_state = 'delegated'
              GROUP BY account.agent_id
                """,
                mandate=self.id,
                # sudo: the provider itself, for who was let in above
                provider=self.sudo().provider_id.id,
                today=today,
                called_on=company_day_sql(
                    self.env, SQL("call.date"), SQL("call.company_id")
                ),
                days=self.sudo().contact_days,
                latest=today - timedelta(days=self.sudo().contact_days),
                counts=self._count_promises_sql(self.sudo().company_id),
            )
        )
        names = (*COUNTS, *AMOUNTS)
        parts = {
            agent_id: {
                name: float(value or 0) if name in AMOUNTS else int(value or 0)
                for name, value in zip(names, values, strict=True)
            }
            for agent_id, *values in rows
        }
        # sudo: names of the agents of the mandate, for who was let in above
        agents_sudo = self.sudo().agent_ids.sorted("name")
        lines = [
            {
                "id": agent.id,
                "name": agent.name,
                **self._add_shares(parts.get(agent.id, dict.fromkeys(names, 0))),
            }
            for agent in agents_sudo
        ]
        rest = [part for id_, part in parts.items() if id_ not in agents_sudo.ids]
        if rest:
            lines.append(
                {
                    "id": False,
                    "name": self.env._("Nobody"),
                    **self._add_shares(
                        {name: sum(part[name] for part in rest) for name in names}
                    ),
                }
            )
        total = {name: sum(part[name] for part in parts.values()) for name in names}
        return {
            **self._add_shares(total),
            "contact_days": self.sudo().contact_days,
            "agents": lines,
        }

    @api.model
    def _count_promises_sql(self, company):
        """SQL of `made`, `kept` and `broken` of promises, and of what was `promised`
        and `received` of those that fell due: in one currency, to be divided."""
        rate = rate_sql(
            SQL("promise.currency_id"), SQL("promise.date_made"), company.root_id.id
        )
        return SQL(
            """
            COUNT(*) AS made,
            COUNT(*) FILTER (WHERE promise.state = 'kept') AS kept,
            COUNT(*) FILTER (WHERE promise.state IN ('broken', 'partial')) AS broken,
            SUM(promise.amount / %(rate)s)
                FILTER (WHERE promise.state IN %(judged)s) AS promised,
            SUM(LEAST(promise.amount_received, promise.amount) / %(rate)s)
                FILTER (WHERE promise.state IN %(judged)s) AS received
            """,
            rate=rate,
            judged=JUDGED,
        )

    def _add_shares(self, counts):
        def share(part, whole):
            return round(100.0 * part / whole, 1) if whole else None

        counts = dict(counts)
        delay = counts.pop("contact_delay")
        promised, kept = (counts.pop(name) for name in AMOUNTS)
        judged = counts["promises_kept"] + counts["promises_broken"]
        return {
            **counts,
            "share_worked": share(counts["worked"], counts["accounts"]),
            "share_contacted": share(counts["contacted"], counts["accounts"]),
            "share_in_time": share(
                counts["contacted_in_time"],
                counts["contacted"] + counts["not_contacted_in_time"],
            ),
            "share_kept": share(counts["promises_kept"], judged),
            "share_kept_amount": share(kept, promised),
            "first_contact_days": round(delay / counts["contacted"], 1)
            if counts["contacted"]
            else None,
        }
