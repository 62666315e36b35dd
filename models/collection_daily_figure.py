from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: what is added up of a day
MEASURES = (
    "attempts",
    "inbound",
    "connected",
    "right_party",
    "promises",
    "promise_amount",
    "promises_kept",
    "disputes",
    "minutes",
)


class CollectionDailyFigure(models.Model):
    """What one person did on one day, in-house and at the provider's alike.

    The day is the one of the person's own time zone. Promises count on the day they
    were made, so that those kept can be held against those made.
    """

    _name = "collection.daily.figure"
    _description = "Team Figures"
    _inherit = ["collection.provider.mixin"]
    _auto = False
    _order = "day desc, id"
    _rec_name = "day"

    _provider_fields = frozenset(
        {
            "agent_id",
            "company_id",
            "currency_id",
            "customers",
            "day",
            "side",
            *MEASURES,
        }
    )
    _on_site_fields = frozenset({"provider_id", "user_id"})

    day = fields.Date(readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")], readonly=True
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Person", readonly=True)
    agent_id = fields.Many2one(comodel_name="collection.agent", readonly=True)
    provider_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    attempts = fields.Integer(readonly=True, help="Outgoing calls.")
    inbound = fields.Integer(string="Incoming", readonly=True)
    connected = fields.Integer(
        readonly=True, help="Calls, of both directions, in which somebody was reached."
    )
    right_party = fields.Integer(
        string="Right Person",
        readonly=True,
        help="Calls in which somebody able to answer for the payment was reached.",
    )
    promises = fields.Integer(readonly=True)
    promise_amount = fields.Monetary(
        string="Promised", readonly=True, help="Company currency, rate of the day."
    )
    promises_kept = fields.Integer(
        readonly=True, help="Of the promises made on that day, those kept since."
    )
    disputes = fields.Integer(string="Disputes Opened", readonly=True)
    minutes = fields.Float(string="Minutes on the Phone", readonly=True)
    customers = fields.Integer(
        string="Customers Called",
        readonly=True,
        help="Different customers within the day; not to be added up over days.",
    )

    _depends = {
        "collection.call": [
            "account_id",
            "company_id",
            "connected",
            "correction_of_id",
            "date",
            "direction",
            "duration",
            "right_party",
            "user_id",
        ],
        "collection.promise": [
            "amount",
            "company_id",
            "currency_id",
            "date_made",
            "state",
            "user_id",
        ],
        "collection.dispute": ["company_id", "create_date", "create_uid"],
        "collection.agent": ["provider_id", "side", "user_id"],
        "res.partner": ["tz"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT ((fact.day - DATE '2000-01-01')::bigint * 1000000 + fact.user_id)
                       * 1000 + fact.company_id AS id,
                   fact.day, fact.company_id, company.currency_id, fact.user_id,
                   MIN(agent.id) AS agent_id, MIN(agent.provider_id) AS provider_id,
                   COALESCE(MIN(agent.side), 'company') AS side,
                   SUM(fact.attempts)::integer AS attempts,
                   SUM(fact.inbound)::integer AS inbound,
                   SUM(fact.connected)::integer AS connected,
                   SUM(fact.right_party)::integer AS right_party,
                   SUM(fact.promises)::integer AS promises,
                   SUM(fact.promise_amount) AS promise_amount,
                   SUM(fact.promises_kept)::integer AS promises_kept,
                   SUM(fact.disputes)::integer AS disputes,
                   SUM(fact.minutes) AS minutes,
                   SUM(fact.customers)::integer AS customers
              FROM (%(calls)s UNION ALL %(promises)s
                    UNION ALL %(disputes)s) fact
              JOIN res_company company ON company.id = fact.company_id
         LEFT JOIN collection_agent agent ON agent.user_id = fact.user_id
          GROUP BY fact.day, fact.company_id, company.currency_id, fact.user_id
            """,
            calls=self._get_calls(),
            promises=self._get_promises(),
            disputes=self._get_disputes(),
        )

    @api.model
    def _get_day(self, moment):
        """SQL of the day of a moment in UTC, where the person sits."""
        return SQL(
            """
            (%s AT TIME ZONE 'UTC' AT TIME ZONE
             COALESCE(person.tz, company_partner.tz, 'UTC'))::date
            """,
            moment,
        )

    @api.model
    def _get_people(self, table):
        """SQL of the joins that `_get_day` needs, from the user of `table`."""
        return SQL(
            """
            JOIN res_users login ON login.id = %s
            JOIN res_partner person ON person.id = login.partner_id
            JOIN res_company company ON company.id = fact.company_id
            JOIN res_partner company_partner ON company_partner.id = company.partner_id
            """,
            table,
        )

    @api.model
    def _get_calls(self):
        return SQL(
            """
            SELECT %(day)s AS day, fact.company_id, fact.user_id,
                   COUNT(*) FILTER (WHERE fact.direction = 'outgoing') AS attempts,
                   COUNT(*) FILTER (WHERE fact.direction = 'incoming') AS inbound,
                   COUNT(*) FILTER (WHERE fact.connected) AS connected,
                   COUNT(*) FILTER (WHERE fact.right_party) AS right_party,
                   0 AS promises, 0 AS promise_amount, 0 AS promises_kept,
                   0 AS disputes, COALESCE(SUM(fact.duration), 0) AS minutes,
                   COUNT(DISTINCT fact.account_id) AS customers
              FROM collection_call fact %(people)s
             WHERE TRUE %(condition)s %(since)s
          GROUP BY 1, 2, 3
            """,
            day=self._get_day(SQL("fact.date")),
            people=self._get_people(SQL("fact.user_id")),
            condition=self._get_call_condition(),
            since=self._get_since_condition(SQL("fact.date")),
        )

    @api.model
    def _get_call_condition(self):
        """SQL that leaves out calls that do not count; what corrects one is no call."""
        return SQL("AND fact.correction_of_id IS NULL")

    @api.model
    def _get_since_condition(self, column):
        """SQL that leaves out what lies before `collection_since` of the context.

        For pages about the last days: the day of a fact is worked out, an index only
        helps with its moment. A day more is read, for those far west and east.
        """
        since = fields.Date.to_date(self.env.context.get("collection_since"))
        if not since:
            return SQL()
        return SQL("AND %s >= %s", column, since - timedelta(days=1))

    @api.model
    def _get_promises(self):
        return SQL(
            """
            SELECT fact.date_made, fact.company_id, fact.user_id, 0, 0, 0, 0,
                   COUNT(*),
                   SUM(fact.amount * CASE
                       WHEN fact.currency_id = company.currency_id THEN 1
                       ELSE %(company_rate)s / %(rate)s END),
                   COUNT(*) FILTER (WHERE fact.state = 'kept'), 0, 0, 0
              FROM collection_promise fact
              JOIN res_company company ON company.id = fact.company_id
             WHERE TRUE %(since)s
          GROUP BY 1, 2, 3
            """,
            since=self._get_since_condition(SQL("fact.date_made")),
            company_rate=self._get_rate(SQL("company.currency_id")),
            rate=self._get_rate(SQL("fact.currency_id")),
        )

    @api.model
    def _get_rate(self, currency):
        """SQL of a currency's rate on the day of the promise, as Odoo chooses it."""
        return SQL(
            """
            COALESCE((SELECT rate.rate FROM res_currency_rate rate
                       WHERE rate.currency_id = %(currency)s
                         AND rate.name <= fact.date_made
                         AND (rate.company_id IS NULL OR rate.company_id
                              = split_part(company.parent_path, '/', 1)::integer)
                    ORDER BY rate.company_id NULLS LAST, rate.name DESC LIMIT 1), 1)
            """,
            currency=currency,
        )

    @api.model
    def _get_disputes(self):
        return SQL(
            """
            SELECT %(day)s, fact.company_id, fact.create_uid, 0, 0, 0, 0, 0, 0, 0,
                   COUNT(*), 0, 0
              FROM collection_dispute fact %(people)s
             WHERE TRUE %(since)s
          GROUP BY 1, 2, 3
            """,
            since=self._get_since_condition(SQL("fact.create_date")),
            day=self._get_day(SQL("fact.create_date")),
            people=self._get_people(SQL("fact.create_uid")),
        )

    @api.model
    def _get_today(self, agent=None):
        """Figures of an agent's day so far, for the strip on top of his pages.

        Under the record rules: another one's figures are nought for who may not
        see them.

        :param agent: a `collection.agent`; None: the current user
        :return: dict of the measures, with `customers`, `currency` and `reached`
            (share of the outgoing calls that reached the right person, percent)
        """
        # sudo: which user the agent is, and where he sits
        user_sudo = agent.sudo().user_id if agent else self.env.user.sudo()
        day = fields.Date.context_today(self.with_context(tz=user_sudo.tz))
        agent_sudo = agent or self.env["collection.agent"]._current()
        who = (
            ("agent_id", "=", agent_sudo.id)
            if self._is_outsider()
            else ("user_id", "=", user_sudo.id)
        )
        ((*values, customers, currency_ids),) = self.with_context(
            collection_since=day
        )._read_group(
            [who, ("day", "=", day)],
            [],
            [
                *(f"{name}:sum" for name in MEASURES),
                "customers:sum",
                "currency_id:array_agg",
            ],
        )
        figures = {
            name: value or 0 for name, value in zip(MEASURES, values, strict=True)
        }
        currencies = {id_ for id_ in currency_ids or () if id_}
        calls = figures["attempts"] + figures["inbound"]
        return {
            **figures,
            "customers": customers or 0,
            # amounts of several currencies are not added up
            "currency": self.env["res.currency"].sudo().browse(currencies)
            if len(currencies) == 1
            else self.env.company.sudo().currency_id,
            "reached": round(100 * figures["right_party"] / calls) if calls else 0,
        }

    @api.model
    def _get_portal_report(self, agent_id):
        """Exactly what the figures page shows of an agent, as plain values.

        Under the record rules: his own, or those of the supervisor's team. Three
        statements.

        :return: dict of `name`, `capacity`, `periods` (today, this week from Monday
            on, this month) and `days` (those of the month with anything done, the
            last first), each with the measures, `promised` (amounts by currency) and
            the rates `share_connected`, `share_right_party` and `share_promise`
        """
        # sudo: how the agent is called and where he sits; figures stay under the rules
        agent_sudo = self.env["collection.agent"].sudo().browse(agent_id)
        today = fields.Date.context_today(self.with_context(tz=agent_sudo.user_id.tz))
        month = today.replace(day=1)
        monday = today - timedelta(days=today.weekday())
        since = min(month, monday)
        rows = self.with_context(collection_since=since)._read_group(
            [("agent_id", "=", agent_id), ("day", ">=", since), ("day", "<=", today)],
            ["day:day", "currency_id"],
            [f"{name}:sum" for name in MEASURES],
            order="day:day desc",
        )
        periods = (
            ("day", self.env._("Today"), today),
            ("week", self.env._("This week"), monday),
            ("month", self.env._("This month"), month),
        )
        return {
            "name": agent_sudo.name,
            "capacity": agent_sudo.capacity,
            "periods": [
                {"code": code, "label": label, **self._sum_up(rows, first, today)}
                for code, label, first in periods
            ],
            "days": [
                {"day": day, **self._sum_up(rows, day, day)}
                for day in dict.fromkeys(row[0] for row in rows)
                if day >= month
            ],
        }

    @api.model
    def _sum_up(self, rows, first, last):
        """Measures and rates of the rows of `_get_portal_report` within some days."""
        sums = dict.fromkeys(MEASURES, 0)
        promised = {}
        for day, currency, *values in rows:
            if not first <= day <= last:
                continue
            for name, value in zip(MEASURES, values, strict=True):
                sums[name] += value or 0
            amount = values[MEASURES.index("promise_amount")]
            if amount:
                promised[currency] = promised.get(currency, 0.0) + amount
        calls = sums["attempts"] + sums["inbound"]
        return {
            **sums,
            # sudo: how the amounts are written; several currencies are not added up
            "promised": [
                {"amount": amount, "currency": currency.sudo()}
                for currency, amount in promised.items()
            ],
            "share_connected": _share(sums["connected"], calls),
            "share_right_party": _share(sums["right_party"], calls),
            "share_promise": _share(sums["promises"], sums["right_party"]),
        }


def _share(part, whole):
    """Percentage, one decimal; None without a base."""
    return round(100.0 * part / whole, 1) if whole else None
