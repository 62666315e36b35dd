from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.figures import rate_sql, ratio_sql

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
    "connected_outgoing",
    "right_party_outgoing",
    "reviews",
    "review_points",
    "ratings",
    "rating_points",
    "complaints",
    "team_marks",
    "team_points",
)
#: ratios of sums: numerator, denominator and what the quotient is multiplied by
RATES = {
    "connect_rate": ("connected_outgoing", "attempts", 100),
    "right_party_rate": ("right_party_outgoing", "attempts", 100),
    "promise_rate": ("promises", "right_party", 100),
    "complaint_rate": ("complaints", "right_party", 100),
    "quality_mark": ("review_points", "reviews", 1),
    "satisfaction": ("rating_points", "ratings", 1),
    "team_mark": ("team_points", "team_marks", 1),
}
#: numbers that stand for whoever is not known, far above those of users
NOBODY = 50_000_000


class CollectionDailyFigure(models.Model):
    """What one person did on one day, in-house and at the provider's alike.

    The day is the one of the person's own time zone. Promises count on the day they
    were made, so that those kept can be held against those made; marks count on the
    day of the call. Rates are ratios of sums, whatever they are grouped by. A
    complaint about nobody in particular counts for its side, without a person; so do
    the marks of a team survey, on the day it was opened, once it is closed and where
    its results may be shown.
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
            *RATES,
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
    connected_outgoing = fields.Integer(string="Connected, Outgoing", readonly=True)
    right_party_outgoing = fields.Integer(
        string="Right Person, Outgoing", readonly=True
    )
    reviews = fields.Integer(
        string="Calls Marked", readonly=True, help="Of those drawn for a review."
    )
    review_points = fields.Float(string="Sum of Call Marks", readonly=True)
    ratings = fields.Integer(string="Customers' Marks", readonly=True)
    rating_points = fields.Integer(string="Sum of Customers' Marks", readonly=True)
    complaints = fields.Integer(readonly=True)
    team_marks = fields.Integer(
        string="Marks of the Team Survey",
        readonly=True,
        help="Given by people of the side, for all sentences together.",
    )
    team_points = fields.Integer(string="Sum of Team Survey Marks", readonly=True)
    connect_rate = fields.Float(
        string="Connect Rate (%)",
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="Outgoing calls in which somebody was reached, of all of them.",
    )
    right_party_rate = fields.Float(
        string="Right-Person Rate (%)",
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="Outgoing calls in which the right person was reached, of all of them.",
    )
    promise_rate = fields.Float(
        string="Promise Rate (%)",
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="Promises, of the calls in which the right person was reached.",
    )
    complaint_rate = fields.Float(
        string="Complaint Rate (%)",
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="Complaints, of the calls in which the right person was reached.",
    )
    quality_mark = fields.Float(
        string="Call Quality",
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="Mean mark, from 0 to 100, of the calls that were drawn and heard.",
    )
    satisfaction = fields.Float(
        string="Customer Satisfaction",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="Mean of the marks, from 1 to 5, that customers gave for calls.",
    )

    team_mark = fields.Float(
        string="Working Together",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="Mean of the marks, from 1 to 5, that the side gave in the team survey.",
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
            "account_id",
            "amount",
            "company_id",
            "currency_id",
            "date_made",
            "state",
            "user_id",
        ],
        "collection.dispute": [
            "account_id",
            "company_id",
            "create_date",
            "create_uid",
        ],
        "collection.call.review": [
            "company_id",
            "date",
            "mandate_id",
            "mark",
            "state",
            "user_id",
        ],
        "collection.satisfaction": [
            "company_id",
            "date",
            "mandate_id",
            "mark",
            "state",
            "user_id",
        ],
        "collection.complaint": [
            "caller_id",
            "company_id",
            "date",
            "mandate_id",
            "side",
        ],
        "collection.mandate": ["provider_id"],
        "collection.team.answer": ["line_id", "mark", "number", "side", "survey_id"],
        "collection.team.survey": [
            "company_id",
            "date_opened",
            "mandate_id",
            "min_answers",
            "state",
        ],
        "collection.agent": ["provider_id", "side", "user_id"],
        "res.partner": ["tz"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT figure.*, %(rates)s
              FROM (
            SELECT ((fact.day - DATE '2000-01-01')::bigint * 100000000
                    + COALESCE(fact.user_id, %(nobody)s + fact.provider_id,
                               CASE WHEN fact.side = 'provider' THEN %(nobody)s - 1
                                    ELSE %(nobody)s - 2 END))
                       * 1000 + fact.company_id AS id,
                   fact.day, fact.company_id, company.currency_id, fact.user_id,
                   MIN(agent.id) AS agent_id,
                   COALESCE(MIN(agent.provider_id), fact.provider_id) AS provider_id,
                   COALESCE(MIN(agent.side), fact.side, 'company') AS side,
                   %(sums)s
              FROM (%(facts)s) fact
              JOIN res_company company ON company.id = fact.company_id
         LEFT JOIN collection_agent agent ON agent.user_id = fact.user_id
          GROUP BY fact.day, fact.company_id, company.currency_id, fact.user_id,
                   fact.side, fact.provider_id
              ) figure
            """,
            nobody=NOBODY,
            rates=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    ratio_sql(
                        SQL.identifier("figure", over),
                        SQL.identifier("figure", under),
                        factor,
                    ),
                    SQL.identifier(name),
                )
                for name, (over, under, factor) in RATES.items()
            ),
            sums=SQL(", ").join(
                SQL(
                    "SUM(%s)%s AS %s",
                    SQL.identifier("fact", name),
                    SQL("::integer")
                    if name == "customers" or self._fields[name].type == "integer"
                    else SQL(),
                    SQL.identifier(name),
                )
                for name in (*MEASURES, "customers")
            ),
            facts=SQL(" UNION ALL ").join(
                (
                    self._get_calls(),
                    self._get_promises(),
                    self._get_disputes(),
                    self._get_reviews(),
                    self._get_satisfaction(),
                    self._get_complaints(),
                    self._get_team_marks(),
                )
            ),
        )

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]
        if name not in RATES:
            return super()._read_group_select(aggregate_spec, query)
        # the ratio of the sums, not the mean of the ratios
        self._check_field_access(self._fields[name], "read")
        over, under, factor = RATES[name]
        return ratio_sql(
            SQL("SUM(%s)", self._field_to_sql(self._table, over, query)),
            SQL("SUM(%s)", self._field_to_sql(self._table, under, query)),
            factor,
        )

    @api.model
    def _get_columns(self, **columns):
        """SQL of the measures of one kind of fact, in their order; 0 the others."""
        return SQL(", ").join(
            SQL("%s AS %s", columns.get(name, SQL("0")), SQL.identifier(name))
            for name in (*MEASURES, "customers")
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
                   NULL::varchar AS side, NULL::integer AS provider_id, %(columns)s
              FROM collection_call fact %(people)s
             WHERE TRUE %(condition)s %(since)s %(mandate)s
          GROUP BY 1, 2, 3
            """,
            mandate=self._get_held_condition(self._get_day(SQL("fact.date"))),
            day=self._get_day(SQL("fact.date")),
            columns=self._get_columns(
                attempts=SQL("COUNT(*) FILTER (WHERE fact.direction = 'outgoing')"),
                inbound=SQL("COUNT(*) FILTER (WHERE fact.direction = 'incoming')"),
                connected=SQL("COUNT(*) FILTER (WHERE fact.connected)"),
                right_party=SQL("COUNT(*) FILTER (WHERE fact.right_party)"),
                connected_outgoing=SQL(
                    "COUNT(*) FILTER"
                    " (WHERE fact.connected AND fact.direction = 'outgoing')"
                ),
                right_party_outgoing=SQL(
                    "COUNT(*) FILTER"
                    " (WHERE fact.right_party AND fact.direction = 'outgoing')"
                ),
                minutes=SQL("COALESCE(SUM(fact.duration), 0)"),
                customers=SQL("COUNT(DISTINCT fact.account_id)"),
            ),
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
    def _get_mandate_id(self):
        """The one mandate whose figures are asked for; clients may send one along."""
        try:
            return int(self.env.context.get("collection_mandate") or 0)
        except (TypeError, ValueError):
            return 0

    @api.model
    def _get_mandate_condition(self, column=None):
        """SQL that leaves out what was not under the mandate `collection_mandate` of
        the context, for figures of one of them.

        :param column: SQL of the mandate of a fact, where it does not say it itself
        """
        mandate_id = self._get_mandate_id()
        if not mandate_id:
            return SQL()
        return SQL("AND %s = %s", column or SQL("fact.mandate_id"), mandate_id)

    @api.model
    def _get_held_condition(self, day):
        """The same of what was done with a customer on a day: under the mandate by
        which the provider had them then."""
        mandate_id = self._get_mandate_id()
        if not mandate_id:
            return SQL()
        provider = SQL(
            "(SELECT provider_id FROM collection_mandate WHERE id = %s)", mandate_id
        )
        return self._get_mandate_condition(
            self.env["collection.placement.line"]._get_mandate_sql(
                SQL("fact.account_id"), day, provider
            )
        )

    @api.model
    def _get_promises(self):
        return SQL(
            """
            SELECT fact.date_made, fact.company_id, fact.user_id, NULL, NULL::integer,
                   %(columns)s
              FROM collection_promise fact
              JOIN res_company company ON company.id = fact.company_id
             WHERE TRUE %(since)s %(mandate)s
          GROUP BY 1, 2, 3
            """,
            mandate=self._get_held_condition(SQL("fact.date_made")),
            since=self._get_since_condition(SQL("fact.date_made")),
            columns=self._get_columns(
                promises=SQL("COUNT(*)"),
                promise_amount=SQL(
                    """
                    SUM(fact.amount * CASE
                        WHEN fact.currency_id = company.currency_id THEN 1
                        ELSE %(company_rate)s / %(rate)s END)
                    """,
                    company_rate=self._get_rate(SQL("company.currency_id")),
                    rate=self._get_rate(SQL("fact.currency_id")),
                ),
                promises_kept=SQL("COUNT(*) FILTER (WHERE fact.state = 'kept')"),
            ),
        )

    @api.model
    def _get_rate(self, currency):
        """SQL of a currency's rate on the day of the promise, as Odoo chooses it."""
        return rate_sql(
            currency,
            SQL("fact.date_made"),
            SQL("split_part(company.parent_path, '/', 1)::integer"),
        )

    @api.model
    def _get_disputes(self):
        return SQL(
            """
            SELECT %(day)s, fact.company_id, fact.create_uid, NULL, NULL::integer,
                   %(columns)s
              FROM collection_dispute fact %(people)s
             WHERE TRUE %(since)s %(mandate)s
          GROUP BY 1, 2, 3
            """,
            mandate=self._get_held_condition(self._get_day(SQL("fact.create_date"))),
            since=self._get_since_condition(SQL("fact.create_date")),
            day=self._get_day(SQL("fact.create_date")),
            columns=self._get_columns(disputes=SQL("COUNT(*)")),
            people=self._get_people(SQL("fact.create_uid")),
        )

    @api.model
    def _get_reviews(self):
        # sheets without a name, for their age, are nobody's any more
        return SQL(
            """
            SELECT fact.date, fact.company_id, fact.user_id, NULL, NULL::integer,
                   %s
              FROM collection_call_review fact
             WHERE fact.state = 'done' AND fact.user_id IS NOT NULL %s
          GROUP BY 1, 2, 3
            """,
            self._get_columns(
                reviews=SQL("COUNT(*)"), review_points=SQL("SUM(fact.mark)")
            ),
            self._get_mandate_condition(),
        )

    @api.model
    def _get_satisfaction(self):
        return SQL(
            """
            SELECT fact.date, fact.company_id, fact.user_id, NULL, NULL::integer,
                   %s
              FROM collection_satisfaction fact
             WHERE fact.state = 'answered' %s
          GROUP BY 1, 2, 3
            """,
            self._get_columns(
                ratings=SQL("COUNT(*)"), rating_points=SQL("SUM(fact.mark)")
            ),
            self._get_mandate_condition(),
        )

    @api.model
    def _get_complaints(self):
        return SQL(
            """
            SELECT fact.date, fact.company_id, fact.caller_id,
                   CASE WHEN fact.caller_id IS NULL THEN fact.side END,
                   CASE WHEN fact.caller_id IS NULL THEN mandate.provider_id END,
                   %s
              FROM collection_complaint fact
         LEFT JOIN collection_mandate mandate ON mandate.id = fact.mandate_id
             WHERE TRUE %s
          GROUP BY 1, 2, 3, 4, 5
            """,
            self._get_columns(complaints=SQL("COUNT(*)")),
            self._get_mandate_condition(),
        )

    @api.model
    def _get_team_marks(self):
        # what may be shown of a survey is decided there
        return SQL(
            """
            SELECT fact.day, fact.company_id, NULL::integer, fact.side,
                   CASE WHEN fact.side = 'provider' THEN fact.provider_id END,
                   %s
              FROM (%s) fact
             WHERE TRUE %s
          GROUP BY 1, 2, 4, 5
            """,
            self._get_columns(
                team_marks=SQL("SUM(fact.marks)"), team_points=SQL("SUM(fact.points)")
            ),
            self.env["collection.team.result"]._table_query,
            self._get_mandate_condition(),
        )

    @api.model
    def _get_today(self, agent=None):
        """Figures of an agent's day so far, for the strip on top of their pages.

        Under the record rules: another one's figures are nought for who may not
        see them.

        :param agent: a `collection.agent`; None: the current user
        :return: dict of the measures, with `customers`, `currency` and `reached`
            (share of the outgoing calls that reached the right person, percent)
        """
        # sudo: which user the agent is, and where they sit
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

        Under the record rules: their own, or those of the supervisor's team. Three
        statements.

        :return: dict of `name`, `capacity`, `periods` (today, this week from Monday
            on, this month) and `days` (those of the month with anything done, the
            last first), each with the measures, `promised` (amounts by currency) and
            the rates `share_connected`, `share_right_party` and `share_promise`
        """
        # sudo: how the agent is called and where they sit; figures stay under the rules
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
