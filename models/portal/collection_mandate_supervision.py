from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...tools.sharing import Load, share_out
from ..base.days import company_today, company_today_sql

#: what the team page shows of an agent's day and week
TEAM_MEASURES = (
    "attempts",
    "inbound",
    "connected",
    "right_party",
    "promises",
    "disputes",
)
#: what an agent has of a mandate's customers
STOCK = ("accounts", "overdue", "agenda_overdue")
#: messages to the company shown on the team page
NOTE_LIMIT = 30


class CollectionMandate(models.Model):
    """What the provider's supervisor sees of the team, and how work is shared out.

    Every method is called as the supervisor and checks first that the mandate is
    theirs; only then are colleagues read, who are closed to portal users, by name.
    """

    _inherit = "collection.mandate"

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    @api.model
    def _get_supervised(self):
        """Running mandates that the current user supervises; none for others."""
        agent_sudo = self.env["collection.account"]._get_provider_agent()
        if not agent_sudo.supervisor:
            return self.browse()
        # of a provider's people, the record rules show those that name them
        return self.search([("provider_id", "=", agent_sudo.provider_id.id)])

    def _get_team_sudo(self):
        """Agents of these mandates, as superuser, for who supervises them."""
        for mandate in self:
            mandate._check_service_access()
        # sudo: colleagues by name, for the supervisor who was checked above
        return self.sudo().agent_ids.filtered("active").sorted("name")

    # ------------------------------------------------------------------
    # What the team does
    # ------------------------------------------------------------------

    def _get_team_activity(self):
        """What each agent did today and this week, and who stands in for them.

        :return: list of dicts: `id`, `name`, `supervisor`, `absent`, `absent_to`,
            `substitute`, and `day` and `week` with `TEAM_MEASURES` and `promised`
            (list of amounts and currencies)
        :raises AccessError: for others than the supervisor and in-house people
        """
        team_sudo = self._get_team_sudo()
        today = company_today(self)
        monday = today - timedelta(days=today.weekday())
        figures = self.env["collection.daily.figure"].with_context(
            collection_since=monday
        )
        done = {}
        for agent, currency, day, amount, *values in figures._read_group(
            [
                ("agent_id", "in", team_sudo.ids),
                ("company_id", "in", self.company_id.ids),
                ("day", ">=", monday),
            ],
            ["agent_id", "currency_id", "day:day"],
            ["promise_amount:sum", *(f"{name}:sum" for name in TEAM_MEASURES)],
        ):
            for period in ("day", "week") if day == today else ("week",):
                part = done.setdefault(agent.id, {}).setdefault(period, _nothing_done())
                for name, value in zip(TEAM_MEASURES, values, strict=True):
                    part[name] += value or 0
                if amount:
                    # sudo: how the amount is written
                    _add_amount(part["promised"], currency.sudo(), amount)
        return [
            {
                "id": agent.id,
                "name": agent.name,
                "supervisor": agent.supervisor,
                "absent": agent._is_absent(today),
                "absent_to": agent.absent_to,
                "substitute": agent.substitute_id.name,
                "day": done.get(agent.id, {}).get("day") or _nothing_done(),
                "week": done.get(agent.id, {}).get("week") or _nothing_done(),
            }
            for agent in team_sudo
        ]

    def _get_team_stock(self):
        """What each agent has of the mandate's customers: {agent id: dict of `STOCK`}.

        Amounts are those of the invoices handed over. Two statements.
        """
        self.ensure_one()
        self._check_service_access()
        self.env["collection.account"]._flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.agent_id, COUNT(*), COALESCE(SUM(owed.overdue), 0)
                  FROM collection_account account %(owed)s
                 WHERE account.mandate_id = %(mandate)s
                   AND account.delegation_state = 'delegated'
              GROUP BY account.agent_id
                """,
                owed=self._join_overdue(SQL("account.id")),
                mandate=self.id,
            )
        )
        stock = {
            agent_id or False: {
                "accounts": accounts,
                "overdue": float(overdue),
                "agenda_overdue": 0,
            }
            for agent_id, accounts, overdue in rows
        }
        # sudo: counts of the mandate that was checked
        for agent, count in (
            self.env["collection.agenda"]
            .sudo()
            ._read_group(
                [
                    ("mandate_id", "=", self.id),
                    ("for_provider", "=", True),
                    ("overdue", "=", True),
                ],
                ["agent_id"],
                ["__count"],
            )
        ):
            row = stock.setdefault(agent.id, dict.fromkeys(STOCK, 0))
            row["agenda_overdue"] = count
        return stock

    @api.model
    def _join_overdue(self, account):
        """SQL of a join with what is overdue of an account's invoices handed over.

        Account by account: their index is used whatever the planner knows, also
        right after a hand-over, of which its statistics know nothing yet.
        """
        return SQL(
            """
            LEFT JOIN LATERAL (
                SELECT SUM(item.amount_residual_company) AS overdue
                  FROM collection_item item
                 WHERE item.account_id = %(account)s AND item.delegated
                   AND item.state = 'open' AND item.date_due < %(today)s) owed ON TRUE
            """,
            account=account,
            today=company_today_sql(self.env, SQL("item.company_id")),
        )

    @api.model
    def _get_portal_team(self):
        """Exactly what the team page shows, as plain values.

        A number of queries that follows the mandates, not their customers.
        """
        mandates = self._get_supervised()
        if not mandates:
            raise AccessError(
                self.env._("Service levels are for the supervisor of the provider.")
            )
        activity = mandates._get_team_activity()
        return {
            "team": activity,
            "total": _add_up(activity),
            "mandates": [mandate._get_portal_mandate() for mandate in mandates],
            "reviews": mandates._get_portal_reviews(),
            "notes": mandates._get_portal_team_notes(),
        }

    def _get_portal_mandate(self):
        """One mandate on the team page: its levels, and who has which customers."""
        levels = self._get_service_levels()
        stock = self._get_team_stock()
        nothing = dict.fromkeys(STOCK, 0)
        rows = [{**line, **stock.get(line["id"], nothing)} for line in levels["agents"]]
        # sudo: names and the currency of the mandate that was checked
        mandate_sudo = self.sudo()
        return {
            "id": self.id,
            "name": self.display_name,
            "company": mandate_sudo.company_id.name,
            "currency": mandate_sudo.currency_id,
            "levels": self._get_service_statuses(levels),
            "objectives": mandate_sudo._get_portal_objectives(),
            "agents": rows,
            "accounts": levels["accounts"],
            "overdue": sum(row["overdue"] for row in rows),
            "nobodys": stock.get(False, nothing)["accounts"],
        }

    def _get_portal_objectives(self):
        """What is to be reached under this mandate and how far it is, in words: of the
        team as a whole, never of a person."""
        return [
            {
                "name": objective.indicator_id.name,
                "definition": objective.definition,
                "phase": objective.phase_id.display_name or "",
                "baseline": objective.baseline_text if objective.baseline_known else "",
                "actual": objective.actual_text,
                "target": objective.target_text,
                "deadline": objective.deadline,
                "status": objective.status,
            }
            for objective in self.objective_ids
        ]

    def _get_portal_reviews(self):
        """Meetings with the company that are planned, and the last one held."""
        # sudo: reviews of the mandates that were checked; what was prepared and
        # written up together, none of the company's discussion about it
        reviews_sudo = self.sudo().review_ids.sorted("date")
        planned = reviews_sudo.filtered(lambda review: review.state == "planned")
        held = reviews_sudo.filtered(lambda review: review.state == "held")
        shown = planned | held[-1:]
        notes_sudo = self.env["collection.provider.note"].sudo()
        answers = notes_sudo.search([("review_id", "in", shown.ids)], order="date, id")
        answers = answers.with_env(self.env(su=True))._get_portal_values()
        return [
            {
                "id": review.id,
                "mandate": review.mandate_id.display_name,
                "date": review.date,
                "held": review.state == "held",
                "agenda": review.agenda,
                "minutes": review.minutes if review.state == "held" else "",
                "answers": [row for row in answers if row["review_id"] == review.id],
            }
            for review in shown
        ]

    def _get_portal_team_notes(self):
        """The last messages about customers that the team wrote."""
        notes = self.env["collection.provider.note"].search(
            [("account_id", "!=", False), ("mandate_id", "in", self.ids)],
            limit=NOTE_LIMIT,
        )
        notes._record_access("list")
        return notes._get_portal_values()

    def _portal_answer_review(self, review_id, body):
        """Answer what is to be discussed in a review, as the supervisor.

        :raises AccessError: for others, or a review of another mandate
        """
        for mandate in self:
            mandate._check_service_access()
        # sudo: whether it is a review of the mandates checked above
        review_sudo = self.sudo().review_ids.filtered(
            lambda review: review.id == review_id and review.state != "cancelled"
        )
        if not review_sudo:
            raise AccessError(self.env._("This review is not one of your mandates."))
        return self.env["collection.provider.note"]._post(
            self.env["collection.agent"]._current(),
            {
                "kind": "review",
                "review_id": review_sudo.id,
                "mandate_id": review_sudo.mandate_id.id,
                "body": body,
            },
        )

    # ------------------------------------------------------------------
    # Sharing out
    # ------------------------------------------------------------------

    @api.model
    def _portal_assign_selection(self, account_ids, agent_id):
        """Give customers ticked on the list to an agent, whatever their mandate.

        All or none: see `_portal_assign_many`.

        :return: number of customers that changed hands
        :raises UserError: when nobody is ticked
        """
        if not self._get_supervised():
            raise AccessError(
                self.env._("Only a supervisor assigns customers to agents.")
            )
        if not account_ids:
            raise UserError(self.env._("Tick the customers first."))
        accounts = self.env["collection.account"].search([("id", "in", account_ids)])
        if len(accounts) != len(set(account_ids)):
            raise AccessError(
                self.env._("These customers are no longer all delegated to you.")
            )
        return sum(
            mandate._portal_assign_many(part.ids, agent_id)
            for mandate, part in accounts.grouped("mandate_id").items()
        )

    def _portal_share_out(self):
        """Share the customers nobody has out among those who are there.

        Each gets as many, and as much money; a customer goes to none who lacks the
        skill or the language. One write per agent.

        :return: (number of customers given, number left to nobody)
        :raises AccessError: for anybody but the supervisor
        :raises UserError: when no agent is there
        """
        self.ensure_one()
        self._check_service_access()
        # sudo: the supervisor's own mandate, checked above
        mandate_sudo = self.sudo()
        if not mandate_sudo._is_working():
            raise AccessError(
                self.env._("These customers are no longer all delegated to you.")
            )
        agents_sudo = self._get_present_agents_sudo()
        customers = self._read_unassigned(agents_sudo)
        stock = self._get_team_stock()
        loads = {
            agent.id: Load(
                stock.get(agent.id, {}).get("accounts", 0),
                stock.get(agent.id, {}).get("overdue", 0.0),
            )
            for agent in agents_sudo
        }
        shares = share_out(customers, loads)
        given = {}
        for account_id, agent_id in shares.items():
            given.setdefault(agent_id, []).append(account_id)
        for agent_id, account_ids in given.items():
            # not one message per customer: it is said once, on the mandate
            mandate_sudo.env["collection.account"].browse(account_ids).with_context(
                tracking_disable=True
            ).agent_id = agent_id
        if given:
            mandate_sudo._message_log(
                body=self.env._(
                    "Customers without agent shared out: %(shares)s.",
                    shares=", ".join(
                        f"{agent.name} {len(given[agent.id])}"
                        for agent in agents_sudo
                        if agent.id in given
                    ),
                ),
                author_id=self.env.user.sudo().partner_id.id,
            )
        return len(shares), len(customers) - len(shares)

    def _get_present_agents_sudo(self):
        """Who can be given customers today: not the absent, a supervisor only if
        there is nobody else."""
        today = company_today(self)
        present_sudo = self._get_team_sudo().filtered(
            lambda agent: agent._is_employed(today) and not agent._is_absent(today)
        )
        if not present_sudo:
            raise UserError(self.env._("No agent of the mandate is there today."))
        return present_sudo.filtered(lambda agent: not agent.supervisor) or present_sudo

    def _read_unassigned(self, agents_sudo):
        """Customers of the mandate nobody has: [(id, overdue, agents who can)]."""
        accounts = self.env["collection.account"]
        accounts._flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT acc.id, COALESCE(owed.overdue, 0), %(kind)s
                  FROM collection_account acc %(joins)s %(owed)s
                 WHERE acc.mandate_id = %(mandate)s AND acc.agent_id IS NULL
                   AND acc.delegation_state = 'delegated'
                """,
                kind=accounts._kind_columns(),
                joins=accounts._kind_joins(),
                owed=self._join_overdue(SQL("acc.id")),
                mandate=self.id,
            )
        )
        now = fields.Datetime.now()
        able = {}
        for _id, _overdue, *key in rows:
            if tuple(key) not in able:
                able[tuple(key)] = frozenset(
                    agent.id
                    for agent in agents_sudo
                    if {"skill", "language"}.isdisjoint(
                        accounts._judge_kind(key, agent, now).codes
                    )
                )
        return [
            (account_id, float(overdue), able[tuple(key)])
            for account_id, overdue, *key in rows
        ]


def _nothing_done():
    return dict.fromkeys(TEAM_MEASURES, 0) | {"promised": []}


def _add_amount(amounts, currency, amount):
    """Add to the amount in this currency of a list of {amount, currency}."""
    for part in amounts:
        if part["currency"] == currency:
            part["amount"] += amount
            return
    amounts.append({"amount": amount, "currency": currency})


def _add_up(activity):
    """Figures of the whole team, by period."""
    total = {}
    for period in ("day", "week"):
        part = total[period] = _nothing_done()
        for row in activity:
            for name in TEAM_MEASURES:
                part[name] += row[period][name]
            for promised in row[period]["promised"]:
                _add_amount(part["promised"], promised["currency"], promised["amount"])
    return total
