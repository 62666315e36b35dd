import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.call_log import clock
from ...tools.call_window import (
    customer_zone,
    in_window,
    local,
    start_of_day,
    start_of_week,
)
from ...tools.priority import score
from ..base.collection_provider_mixin import _may_write
from ..base.days import company_today, each_company_day, is_one_day
from ..base.planner import compile_nothing
from ..base.roles import check_manager
from ..customer.collection_segment import SERVICE_DEFAULTS
from ..upstream.collection_bill import AWAITING_RETURN

#: for how long a customer who was offered to an agent is offered to nobody else
CLAIM_MINUTES = 15
#: customers ranked at most when somebody asks for the next one
RANK_LIMIT = 5000
#: why "Next Customer" passes over a customer
SKIPS = [
    ("off_duty", "You are off duty"),
    ("other", "Somebody else's"),
    ("nothing", "Nothing to ask for"),
    ("later", "Next action later"),
    ("cap_day", "Called today"),
    ("cap_week", "Called often this week"),
    ("hold", "Reached lately"),
    ("window", "Outside call hours"),
    ("holiday", "Public holiday"),
    ("language", "Another language"),
    ("skill", "Needs more experience"),
    ("claimed", "Being called"),
    ("do_not_call", "Wants no calls"),
    ("insolvent", "Insolvent"),
]
#: why nobody can serve a customer
GAPS = [
    ("no_agent", "No active agent"),
    ("skill", "Not skilled enough"),
    ("language", "Nobody speaks the language"),
    ("skill_language", "Nobody has both the skill and the language"),
]


@dataclass
class CallKind:
    """Customers who are alike for calls: same company, segment, place, language."""

    text: str  #: values of `_kind_columns`, as the database writes them
    codes: list  #: what stands in the way of all of them
    zone: str
    today: date
    day_start: datetime
    week_start: datetime
    hold_start: datetime | None
    hour_from: float
    hour_to: float
    max_day: int
    max_week: int
    segment: models.BaseModel
    languages: set
    holiday: models.BaseModel


class CollectionAccount(models.Model):
    """Whom to call next, why, and what stands in the way of a call."""

    _inherit = "collection.account"

    priority = fields.Integer(
        readonly=True,
        default=0,
        depends_context=("uid",),
        aggregator="avg",
        help="Points of the priority rules; the highest is called first.",
    )
    priority_facts = fields.Json(readonly=True)
    # of a customer some of whose items alone are with a provider: the same, of the
    # items that stayed, for the company's own people; NULL of all others
    kept_priority = fields.Integer(
        readonly=True, aggregator=None, export_string_translation=False
    )
    kept_facts = fields.Json(readonly=True, export_string_translation=False)
    priority_reason = fields.Text(
        string="Why Now", compute="_compute_priority_reason", compute_sudo=True
    )
    claimed_by_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Being Called by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    claimed_until = fields.Datetime(readonly=True, copy=False)
    do_not_call = fields.Boolean(
        tracking=True, help="The customer wants no calls: write only."
    )
    call_time_zone = fields.Char(
        string="Time Zone",
        compute="_compute_call_time_zone",
        compute_sudo=True,
        help="The customer's, else that of his country.",
    )
    call_obstacles = fields.Text(
        string="In the Way of a Call",
        compute="_compute_call_obstacles",
        help="Why you should not call this customer at this moment.",
    )
    skip_reason = fields.Selection(
        selection=SKIPS,
        string="Not Now",
        compute="_compute_skip_reason",
        search="_search_skip_reason",
        compute_sudo=True,
        help="Why “Next Customer” passes over this customer at this moment.",
    )
    service_gap = fields.Selection(
        selection=GAPS,
        string="Nobody Can Serve",
        compute="_compute_service_gap",
        search="_search_service_gap",
        compute_sudo=True,
        help="Why no agent can be offered this customer.",
    )

    # ------------------------------------------------------------------
    # Rank
    # ------------------------------------------------------------------

    @api.model
    def _cron_rank(self):
        """Once a day: a day more counts for everybody."""
        compile_nothing(self.env)
        self._rank()

    @api.model
    def _rank(self, accounts=None):
        """Rank `accounts` (all of them by default) by the facts of today.

        Four statements whatever the number of accounts, and four more where it is
        another day; the scale itself is `tools.priority`, the points are
        `collection.priority.rule`.

        :return: number of accounts whose rank or facts changed
        """
        if accounts is None and is_one_day(self.env):
            return self._rank_on(company_today(self))
        if accounts is None:
            accounts = self.with_context(active_test=False).search(
                [("company_id", "!=", False)]
            )
        return sum(
            self._rank_on(today, part)
            for today, part in each_company_day(accounts)
            if part
        )

    @api.model
    def _rank_on(self, today, accounts=None):
        self.env["collection.account"]._flush_all()
        rows = self._read_facts(
            today, None if accounts is None else list(accounts._ids)
        )
        companies = self.env["res.company"].browse({row[1] for row in rows})
        scales = self.env["collection.priority.rule"]._get_scales(companies)
        ids, priorities, facts_list = self._weigh(rows, scales, today)
        self._rank_kept(ids, scales, today)
        changed = self.env.execute_query(
            SQL(
                """
                UPDATE collection_account acc
                   SET priority = new.priority, priority_facts = new.facts,
                       priority_date = now() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[], %s::int[], %s::jsonb[])
                       AS new(id, priority, facts)
                 WHERE acc.id = new.id
                   AND (acc.priority_date IS NULL
                        OR acc.priority IS DISTINCT FROM new.priority
                        OR acc.priority_facts IS DISTINCT FROM new.facts)
             RETURNING acc.id
                """,
                ids,
                priorities,
                [_dump(facts) for facts in facts_list],
            )
        )
        self.env["collection.account"].invalidate_model(
            ["priority", "priority_facts", "priority_date", "priority_reason"],
            flush=False,
        )
        return len(changed)

    @api.model
    def _weigh(self, rows, scales, today):
        """What facts weigh: ids, points, and facts with their points, one by one."""
        ids, priorities, facts_list = [], [], []
        for account_id, company_id, facts in rows:
            facts = {name: value for name, value in facts.items() if value is not None}
            points = score(scales[company_id], self._measure(facts, today))
            ids.append(account_id)
            priorities.append(sum(points.values()))
            facts_list.append(facts | {"points": points, "call": _is_wanted(facts)})
        return ids, priorities, facts_list

    @api.model
    def _rank_kept(self, account_ids, scales, today):
        """Rank customers some of whose items are with a provider a second time, by
        those that stayed, which the company works on."""
        kept = [
            account_id
            for (account_id,) in self.env.execute_query(
                SQL(
                    """
                    SELECT acc.id FROM collection_account acc
                     WHERE acc.id = ANY(%s) AND acc.delegation_state = 'delegated'
                       AND %s
                    """,
                    account_ids,
                    self._has_kept_items(),
                )
            )
        ]
        rows = self._read_facts(today, kept, kept=True) if kept else []
        ids, priorities, facts_list = self._weigh(rows, scales, today)
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_account acc
                   SET kept_priority = new.priority, kept_facts = new.facts
                  FROM unnest(%(ids)s::int[]) AS concerned(id)
             LEFT JOIN unnest(%(kept)s::int[], %(priorities)s::int[],
                              %(facts)s::jsonb[]) AS new(id, priority, facts)
                    ON new.id = concerned.id
                 WHERE acc.id = concerned.id
                   AND (acc.kept_priority, acc.kept_facts)
                       IS DISTINCT FROM (new.priority, new.facts)
                """,
                ids=account_ids,
                kept=ids,
                priorities=priorities,
                facts=[_dump(facts) for facts in facts_list],
            )
        )
        self.env["collection.account"].invalidate_model(
            ["kept_priority", "kept_facts"], flush=False
        )

    @api.model
    def _has_kept_items(self):
        """SQL: something of what the customer `acc` owes is with no provider."""
        return SQL(
            """EXISTS (SELECT 1 FROM collection_item kept
                        WHERE kept.account_id = acc.id AND kept.state = 'open'
                          AND kept.delegated IS NOT TRUE)"""
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: the company's own people rank by what stayed with the company
        column = super()._field_to_sql(alias, field_expr, query)
        # who reads, not with whose rights
        if field_expr != "priority" or self.sudo(False)._is_outsider():
            return column
        return SQL(
            "CASE WHEN %s IS NULL THEN %s ELSE %s END",
            SQL.identifier(alias, "kept_facts"),
            column,
            SQL.identifier(alias, "kept_priority"),
        )

    @api.model
    def _own_facts(self):
        """SQL: the facts of the customer `acc` that concern the reader's side."""
        if self.sudo(False)._is_outsider():
            return SQL("acc.priority_facts")
        return SQL("COALESCE(acc.kept_facts, acc.priority_facts)")

    @api.model
    def _read_facts(self, today, account_ids, kept=False):
        """Facts by account: (id, company id, {name: value}), in one statement.

        :param kept: of customers who are with a provider, of what is not with it; what
            is agreed to be done next, their bills and the first contact are then the
            provider's
        """
        condition = (
            SQL("(acc.amount_open <> 0 OR acc.priority <> 0)")
            if account_ids is None
            else SQL("acc.id = ANY(%s)", account_ids)
        )
        return self.env.execute_query(
            SQL(
                """
                WITH concerned AS (
                    SELECT acc.* FROM collection_account acc WHERE %(condition)s
                ), late AS (
                    SELECT item.account_id, COUNT(*) AS items,
                           MIN(item.date_due) AS oldest,
                           ROUND(SUM(item.amount_residual_company
                               * (1 - item.amount_disputed
                                      / NULLIF(item.amount_residual, 0))), 2) AS amount
                      FROM collection_item item
                      JOIN concerned ON concerned.id = item.account_id
                     WHERE item.state = 'open' AND item.date_due < %(today)s
                       AND item.promise_id IS NULL AND item.plan_id IS NULL
                       -- of a customer who is with a provider, what is with it
                       AND %(own)s
                       AND item.amount_residual <> COALESCE(item.amount_disputed, 0)
                  GROUP BY item.account_id
                ), contested AS (
                    SELECT item.account_id,
                           ROUND(100 * SUM(item.amount_disputed
                                   * item.amount_residual_company
                                   / NULLIF(item.amount_residual, 0))
                                 / NULLIF(SUM(item.amount_residual_company), 0), 2)
                               AS share
                      FROM concerned
                      JOIN collection_item item ON item.account_id = concerned.id
                     WHERE concerned.amount_disputed > 0 AND item.state = 'open'
                       AND %(own)s
                  GROUP BY item.account_id
                    HAVING SUM(item.amount_disputed) > 0
                ), broken AS (
                    SELECT DISTINCT ON (promise.account_id) promise.account_id,
                           promise.amount, promise.currency_id,
                           promise.date_promised + company.collection_promise_days + 1
                               AS day
                      FROM collection_promise promise
                      JOIN concerned ON concerned.id = promise.account_id
                      JOIN res_company company ON company.id = promise.company_id
                     WHERE promise.state IN ('broken', 'partial')
                       AND promise.date_promised >= %(today)s - 366
                       AND EXISTS (
                            SELECT 1 FROM collection_item_collection_promise_rel rel
                              JOIN collection_item item
                                ON item.id = rel.collection_item_id
                             WHERE rel.collection_promise_id = promise.id
                               AND item.state = 'open' AND item.promise_id IS NULL)
                       AND %(promised_to_reader)s
                  ORDER BY promise.account_id, promise.date_promised DESC,
                           promise.id DESC
                ), due AS (
                    SELECT promise.account_id, promise.currency_id,
                           SUM(promise.amount - COALESCE(promise.amount_received, 0))
                               AS amount
                      FROM collection_promise promise
                      JOIN concerned ON concerned.id = promise.account_id
                     WHERE promise.state = 'open' AND promise.date_promised = %(today)s
                       AND %(promised_to_reader)s
                  GROUP BY promise.account_id, promise.currency_id
                ), bill AS (
                    SELECT DISTINCT ON (bill.account_id) bill.account_id, bill.number,
                           bill.date_return_deadline AS day
                      FROM collection_bill bill
                      JOIN concerned ON concerned.id = bill.account_id
                     WHERE bill.state IN %(out)s AND NOT %(kept)s
                       AND bill.date_return_deadline <= %(today)s
                  ORDER BY bill.account_id, bill.date_return_deadline, bill.id
                ), unchecked AS (
                    SELECT DISTINCT ON (control.account_id) control.account_id,
                           item.amount_residual AS amount, item.currency_id,
                           item.date_due AS day
                      FROM collection_precheck control
                      JOIN concerned ON concerned.id = control.account_id
                      JOIN collection_item item ON item.id = control.item_id
                     WHERE control.state = 'to_check' AND item.state = 'open'
                       AND %(own)s
                       AND item.date_due >= %(today)s
                  ORDER BY control.account_id, item.date_due, control.id
                ), handed AS (
                    SELECT concerned.id AS account_id, placement.date AS day
                      FROM concerned
                      JOIN collection_placement_line line
                        ON line.id = concerned.placement_line_id
                      JOIN collection_placement placement
                        ON placement.id = line.placement_id
                     WHERE concerned.delegation_state = 'delegated' AND NOT %(kept)s
                       AND placement.date > %(today)s - 366
                       AND NOT EXISTS (
                            SELECT 1 FROM collection_call call
                             WHERE call.account_id = concerned.id
                               AND call.connected AND call.date >= placement.date
                               AND call.correction_of_id IS NULL)
                )
                SELECT concerned.id, concerned.company_id, jsonb_build_object(
                           'items', late.items,
                           'amount', late.amount,
                           'oldest', late.oldest,
                           'broken', broken.amount,
                           'broken_currency', broken.currency_id,
                           'broken_day', broken.day,
                           'due', (SELECT jsonb_agg(
                                       jsonb_build_array(due.amount, due.currency_id))
                                     FROM due WHERE due.account_id = concerned.id),
                           'callback', CASE
                               WHEN concerned.next_action_date <= %(today)s
                                    AND NOT %(kept)s
                               THEN concerned.next_action_date END,
                           'bill', bill.number,
                           'bill_day', bill.day,
                           'precheck', unchecked.amount,
                           'precheck_currency', unchecked.currency_id,
                           'precheck_day', unchecked.day,
                           'strategic', CASE WHEN segment.handling = 'strategic'
                                             THEN 1 END,
                           'disputed', contested.share,
                           'handed_over', handed.day)
                  FROM concerned
             LEFT JOIN late ON late.account_id = concerned.id
             LEFT JOIN contested ON contested.account_id = concerned.id
             LEFT JOIN broken ON broken.account_id = concerned.id
             LEFT JOIN bill ON bill.account_id = concerned.id
             LEFT JOIN unchecked ON unchecked.account_id = concerned.id
             LEFT JOIN handed ON handed.account_id = concerned.id
             LEFT JOIN collection_segment segment ON segment.id = concerned.segment_id
                """,
                condition=condition,
                today=today,
                out=AWAITING_RETURN,
                kept=kept,
                # of a customer who is with a provider, what is with it, or is not
                own=SQL("item.delegated IS NOT TRUE")
                if kept
                else SQL(
                    "(item.delegated OR concerned.delegation_state <> 'delegated')"
                ),
                # and what is all about items that are
                promised_to_reader=SQL(
                    """(concerned.delegation_state <> 'delegated' OR %s EXISTS (
                            SELECT 1 FROM collection_item_collection_promise_rel own
                              JOIN collection_item kept
                                ON kept.id = own.collection_item_id
                             WHERE own.collection_promise_id = promise.id
                               AND kept.delegated IS NOT TRUE))""",
                    SQL() if kept else SQL("NOT"),
                ),
            )
        )

    @api.model
    def _measure(self, facts, today):
        """Numbers that the rules compare with their thresholds."""
        measures = {
            "amount": facts.get("amount"),
            "days": _days_since(facts.get("oldest"), today),
            "broken": _days_since(facts.get("broken_day"), today),
            "handed_over": _days_since(facts.get("handed_over"), today),
            "disputed": facts.get("disputed"),
            "due_today": facts.get("due") and 1,
            "callback": facts.get("callback") and 1,
            "bill": facts.get("bill") and 1,
            "precheck": facts.get("precheck") and 1,
            "strategic": facts.get("strategic"),
        }
        return {name: value for name, value in measures.items() if value is not None}

    @api.depends("priority_facts", "kept_facts", "next_action")
    @api.depends_context("lang", "uid")
    def _compute_priority_reason(self):
        # without the rights under which the reasons are worked out
        of_provider = self.sudo(False)._is_outsider()
        for account in self:
            facts = not of_provider and account.kept_facts or account.priority_facts
            facts = facts or {}
            reason = ""
            # the words of others are closed to a provider's people here as well
            action = (account.sudo(False) if of_provider else account).next_action
            for fact in account._describe_facts(facts, company_today(account), action):
                # each language has its own semicolon
                reason = (
                    self.env._("%(facts)s; %(fact)s", facts=reason, fact=fact)
                    if reason
                    else fact
                )
            account.priority_reason = reason

    def _describe_facts(self, facts, today, action):
        """What makes the customer worth a call, in the reader's language."""
        points = facts.get("points", {})
        parts = []
        if "due_today" in points:
            amounts = " + ".join(
                self._format(amount, currency) for amount, currency in facts["due"]
            )
            parts.append(self.env._("promise of %(amount)s due today", amount=amounts))
        if "broken" in points:
            parts.append(self._describe_broken(facts, today))
        # a broken promise is put in the diary: once is enough
        if "callback" in points and "broken" not in points:
            parts.append(
                self.env._(
                    "next action due: %(action)s",
                    action=action or format_date(self.env, facts["callback"]),
                )
            )
        if "bill" in points:
            parts.append(
                self.env._(
                    "bill %(number)s not back, it was due back by %(day)s",
                    number=facts["bill"],
                    day=format_date(self.env, facts["bill_day"]),
                )
            )
        if facts.get("items"):
            parts.append(self._describe_late(facts, today))
        if "precheck" in points:
            parts.append(
                self.env._(
                    "invoice of %(amount)s to check, due on %(day)s",
                    amount=self._format(facts["precheck"], facts["precheck_currency"]),
                    day=format_date(self.env, facts["precheck_day"]),
                )
            )
        if "handed_over" in points:
            parts.append(
                self.env._(
                    "handed over on %(day)s, nobody reached since",
                    day=format_date(self.env, facts["handed_over"]),
                )
            )
        if "disputed" in points:
            parts.append(
                self.env._("%(percent)s %% disputed", percent=round(facts["disputed"]))
            )
        if "strategic" in points:
            parts.append(self.env._("strategic customer"))
        return parts

    def _describe_broken(self, facts, today):
        amount = self._format(facts["broken"], facts["broken_currency"])
        days = _days_since(facts["broken_day"], today)
        if days <= 0:
            return self.env._("promise of %(amount)s broken today", amount=amount)
        if days == 1:
            return self.env._("promise of %(amount)s broken yesterday", amount=amount)
        return self.env._(
            "promise of %(amount)s broken %(days)s days ago", amount=amount, days=days
        )

    def _describe_late(self, facts, today):
        amount = self._format(facts["amount"], self.currency_id.id)
        days = _days_since(facts["oldest"], today)
        if facts["items"] == 1:
            return self.env._(
                "one invoice of %(amount)s, late by %(days)s days",
                amount=amount,
                days=days,
            )
        return self.env._(
            "%(count)s invoices of %(amount)s, oldest %(days)s days",
            count=facts["items"],
            amount=amount,
            days=days,
        )

    def _format(self, amount, currency_id):
        return self.env["res.currency"].browse(currency_id).format(amount)

    # ------------------------------------------------------------------
    # Kinds of customers, as far as calls are concerned
    # ------------------------------------------------------------------

    @api.model
    def _kind_columns(self):
        """What makes two customers alike for calls, over `acc` and its `p`artner."""
        return SQL(
            """acc.company_id, COALESCE(acc.segment_id, 0), COALESCE(p.tz, ''),
               COALESCE(p.tz = author.tz, FALSE), COALESCE(p.country_id, 0),
               COALESCE(p.lang, '')"""
        )

    @api.model
    def _kind_joins(self):
        # Odoo fills the zone of a customer in from the user who creates it
        return SQL(
            """JOIN res_partner p ON p.id = acc.partner_id
          LEFT JOIN res_users maker ON maker.id = p.create_uid
          LEFT JOIN res_partner author ON author.id = maker.partner_id"""
        )

    @api.model
    def _read_kinds(self, condition, agent_sudo, at):
        """Kinds of the customers of `condition`, judged for an agent and a moment."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %s FROM collection_account acc %s WHERE %s",
                self._kind_columns(),
                self._kind_joins(),
                condition,
            )
        )
        return [self._judge_kind(row, agent_sudo, at) for row in rows]

    @api.model
    def _judge_kind(self, key, agent_sudo, at):
        """What stands in the way of calling the customers of a kind.

        :param key: values of `_kind_columns`
        :param agent_sudo: who calls; empty: language and skill are not looked at
        :param at: moment of the call, naive UTC
        """
        company_id, segment_id, tz, guessed, country_id, lang = key
        # sudo: how a customer is called, of segments and countries anybody reads
        env = self.sudo().env
        company = env["res.company"].browse(company_id)
        segment = env["collection.segment"].browse(segment_id or [])
        country = env["res.country"].browse(country_id or [])
        value = {
            name: segment[name] if segment else default
            for name, default in SERVICE_DEFAULTS.items()
        }
        zone = customer_zone(tz, guessed, country.code, company.country_id.code)
        moment = local(at, zone)
        today = moment.date()
        holiday = env["collection.holiday"]._find(country or company.country_id, today)
        hold_days = segment.call_hold_days or company.collection_hold_days
        languages = {
            code.split("_")[0]
            for code in segment.language_ids.mapped("code")
            or [lang or company.partner_id.lang or "en_US"]
        }
        codes = []
        if agent_sudo:
            if agent_sudo.skill < value["required_skill"]:
                codes.append("skill")
            if not languages <= agent_sudo._speaks():
                codes.append("language")
        if holiday:
            codes.append("holiday")
        if not in_window(
            moment,
            value["call_hour_from"],
            value["call_hour_to"],
            segment.call_saturday,
        ):
            codes.append("window")
        return CallKind(
            text="|".join(
                ("t" if value else "f") if isinstance(value, bool) else str(value)
                for value in key
            ),
            codes=codes,
            zone=zone,
            today=today,
            day_start=start_of_day(today, zone),
            week_start=start_of_day(start_of_week(today), zone),
            hold_start=start_of_day(today - timedelta(days=hold_days), zone)
            if hold_days
            else None,
            hour_from=value["call_hour_from"],
            hour_to=value["call_hour_to"],
            max_day=value["call_max_day"],
            max_week=value["call_max_week"],
            segment=segment,
            languages=languages,
            holiday=holiday,
        )

    def _compute_call_time_zone(self):
        self.env["collection.account"]._flush_all()
        zones = {}
        if self.ids:
            for account_id, *key in self.env.execute_query(
                SQL(
                    "SELECT acc.id, %s FROM collection_account acc %s"
                    " WHERE acc.id = ANY(%s)",
                    self._kind_columns(),
                    self._kind_joins(),
                    list(self.ids),
                )
            ):
                country = self.env["res.country"].browse(key[4] or [])
                company = self.env["res.company"].browse(key[0])
                zones[account_id] = customer_zone(
                    key[2], key[3], country.code, company.country_id.code
                )
        for account in self:
            account.call_time_zone = zones.get(account._origin.id, False)

    # ------------------------------------------------------------------
    # What stands in the way of one call
    # ------------------------------------------------------------------

    def _get_call_obstacles(self, agent, direction="outgoing", at=None):
        """Why `agent` should not call this customer.

        :param agent: collection.agent, or an empty one for nobody in particular
        :param direction: nothing stands in the way of an "incoming" call
        :param at: moment of the call, naive UTC; now by default
        :return: [(code, text)]: agent, insolvent, do_not_call, skill, language,
            holiday, window, claimed, cap_day, cap_week, hold, delegated; empty: call
        """
        self.ensure_one()
        self.check_access("read")
        if direction != "outgoing":
            return []
        at = at or fields.Datetime.now()
        # sudo: the caller reads the account; the facts asked for are those of calls
        # of both sides, and only their consequence is told
        account_sudo, agent_sudo = self.sudo(), agent.sudo()
        self.env["collection.account"]._flush_all()
        [kind] = self._read_kinds(SQL("acc.id = %s", self.id), agent_sudo, at)
        codes = []
        if agent_sudo and not agent_sudo._is_employed(kind.today):
            codes.append("agent")
        if account_sudo.insolvency_date:
            codes.append("insolvent")
        if account_sudo.do_not_call:
            codes.append("do_not_call")
        codes += kind.codes
        claimed = account_sudo.claimed_until and account_sudo.claimed_until > at
        if claimed and account_sudo.claimed_by_id != agent_sudo:
            codes.append("claimed")
        codes += account_sudo._get_caps_reached(kind, at)
        return [(code, self._describe_obstacle(code, kind)) for code in codes]

    def _refuse_call(self, codes, message):
        """Refuse a call against these obstacles.

        :param codes: what stands in the way
        :raises UserError: always
        """
        self._refuse_beyond("call", message)

    def _get_caps_reached(self, kind, at):
        """Limits of attempts that a call at `at` would exceed: list of codes."""
        self.ensure_one()
        caps = self._caps()
        [reached] = self.env.execute_query(
            self._calls_query(
                [kind], SQL("acc.id = %s", self.id), at, SQL(", ").join(caps.values())
            )
        )
        return [code for code, exceeded in zip(caps, reached, strict=True) if exceeded]

    def _describe_obstacle(self, code, kind):
        if code == "window":
            return self.env._(
                "Outside the hours of calls: %(hour_from)s to %(hour_to)s in %(zone)s.",
                hour_from=clock(kind.hour_from),
                hour_to=clock(kind.hour_to),
                zone=kind.zone,
            )
        if code == "holiday":
            return self.env._(
                "Public holiday of the customer: %(name)s.", name=kind.holiday.name
            )
        if code == "cap_day":
            return self.env._(
                "Called %(count)s times today already, by either side.",
                count=kind.max_day,
            )
        if code == "cap_week":
            return self.env._(
                "Called %(count)s times this week already, by either side.",
                count=kind.max_week,
            )
        if code == "language":
            return self.env._(
                "The agent does not speak the language: %(languages)s.",
                languages=", ".join(sorted(kind.languages)),
            )
        return {
            "agent": self.env._("The agent is not active today."),
            "insolvent": self.env._("Insolvency is open: nobody calls any more."),
            "do_not_call": self.env._("The customer wants no calls."),
            "claimed": self.env._("A colleague is calling this customer."),
            "skill": self.env._("The segment needs a more experienced agent."),
            "hold": self.env._(
                "The right person was reached a short while ago: let them act."
            ),
        }[code]

    @api.depends_context("uid", "lang")
    def _compute_call_obstacles(self):
        agent = self.env["collection.agent"]._current()
        for account in self:
            obstacles = (
                account._origin._get_call_obstacles(agent) if account._origin else []
            )
            account.call_obstacles = "\n".join(text for _code, text in obstacles)

    # ------------------------------------------------------------------
    # The next customer
    # ------------------------------------------------------------------

    @api.model
    def _next_account(self, agent=None):
        """Claim the customer whom `agent` should call now, for fifteen minutes.

        Of those the agent may serve and call at this moment, their own first, then by
        priority. The row is locked and claimed in one statement: two agents who ask
        at once never get the same.

        :param agent: the current user's own by default
        :raise AccessError: for another one's list, but for managers
        :return: the account, or an empty recordset when there is nobody to call
        """
        agent_sudo = self._get_worklist_agent(agent)
        accounts = self.env["collection.account"]
        if not self._is_on_duty(agent_sudo):
            return accounts
        self._rank_stale(agent_sudo)
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_account
                   SET claimed_by_id = %(agent)s, claimed_until = %(until)s
                 WHERE id = (
                    %(worklist)s
                       AND %(obstacle)s IS NULL
                  ORDER BY %(own)s DESC, %(priority)s DESC, acc.amount_overdue DESC,
                           acc.id
                     LIMIT 1
                       FOR UPDATE OF acc SKIP LOCKED)
             RETURNING id
                """,
                agent=agent_sudo.id,
                until=now + timedelta(minutes=CLAIM_MINUTES),
                worklist=self._worklist_query(agent_sudo, now, SQL("acc.id")),
                obstacle=self._obstacle_case(now),
                own=self._own_condition(agent_sudo),
                priority=SQL("acc.priority")
                if agent_sudo.provider_id
                else SQL(
                    "CASE WHEN acc.kept_facts IS NULL THEN acc.priority"
                    " ELSE acc.kept_priority END"
                ),
            )
        )
        account = accounts.browse(row[0] for row in rows)
        account.invalidate_recordset(["claimed_by_id", "claimed_until"], flush=False)
        return account

    @api.model
    def _get_worklist_agent(self, agent=None):
        """Whose worklist is asked for, as superuser.

        A collector who is no agent yet becomes one: in-house, with the least skill.
        """
        self.env["collection.account"].check_access("read")
        # sudo: agents are not readable for a provider's people; only one's own is
        # used, or any by a manager
        current_sudo = self.env["collection.agent"]._current()
        if agent and agent.sudo() != current_sudo:
            check_manager(self.env, self.env._("This worklist is another agent's."))
            return agent.sudo()
        if current_sudo:
            return current_sudo
        if not self.env.user.has_group("account_collection.group_collection_user"):
            raise AccessError(
                self.env._("You are not named as an agent: ask the credit manager.")
            )
        return self.env["collection.agent"].sudo().create({"user_id": self.env.uid})

    @api.model
    def _is_on_duty(self, agent_sudo):
        """Whether the agent may be offered one more customer today."""
        return not self._get_off_duty_reason(agent_sudo)

    @api.model
    def _get_off_duty_reason(self, agent_sudo):
        today = company_today(self)
        if not agent_sudo._is_employed(today):
            return self.env._("Your active period does not include today.")
        if agent_sudo._is_absent(today):
            return self.env._("You are entered as absent today.")
        if agent_sudo.capacity:
            # their own day, of which they are shown the figures, too
            zone = self.env.user.tz or "UTC"
            start = start_of_day(local(fields.Datetime.now(), zone).date(), zone)
            calls = (
                self.env["collection.call"]
                .sudo()
                .search_count(
                    [
                        ("agent_id", "=", agent_sudo.id),
                        ("direction", "=", "outgoing"),
                        ("date", ">=", start),
                        ("correction_of_id", "=", False),
                    ],
                    limit=agent_sudo.capacity,
                )
            )
            if calls >= agent_sudo.capacity:
                return self.env._(
                    "You have made your %(count)s calls of today.",
                    count=agent_sudo.capacity,
                )
        return ""

    @api.model
    def _worklist_scope(self, agent_sudo):
        """Accounts `acc` that the agent may be offered, as an SQL condition."""
        today = company_today(self)
        served_sudo = agent_sudo and agent_sudo._get_served(today)
        if agent_sudo.provider_id:
            mandates = agent_sudo.mandate_ids.filtered(
                lambda mandate: mandate._is_working()
            )
            return SQL(
                """acc.delegation_state = 'delegated' AND acc.mandate_id = ANY(%s)
                   AND (acc.agent_id IS NULL OR acc.agent_id = ANY(%s))""",
                mandates.ids,
                served_sudo.ids,
            )
        # whoever asks for the first time becomes an agent then, not before
        user = agent_sudo.user_id or self.env.user
        companies = user.company_ids
        if user == self.env.user:
            companies &= self.env.companies
        return SQL(
            """(acc.delegation_state <> 'delegated' OR %s)
               AND acc.company_id = ANY(%s)
               AND (acc.user_id IS NULL OR acc.user_id = ANY(%s))""",
            # some of what they owe may have stayed
            self._has_kept_items(),
            companies.ids,
            (served_sudo.user_id or user).ids,
        )

    @api.model
    def _own_condition(self, agent_sudo):
        today = company_today(self)
        if agent_sudo.provider_id:
            return SQL(
                "COALESCE(acc.agent_id = ANY(%s), FALSE)",
                agent_sudo._get_served(today).ids,
            )
        return SQL(
            "COALESCE(acc.user_id = ANY(%s), FALSE)",
            agent_sudo._get_served(today).user_id.ids,
        )

    @api.model
    def _worklist_query(self, agent_sudo, at, columns):
        """SELECT of the agent's accounts, with what is known of each for a call.

        Kinds of customers are judged beforehand; the statement joins them, and the
        calls of both sides that caps and rests count.
        """
        self.env["collection.account"]._flush_all()
        scope = SQL(
            "acc.active AND acc.amount_open > 0 AND %s",
            self._worklist_scope(agent_sudo),
        )
        kinds = self._read_kinds(scope, agent_sudo, at)
        return self._calls_query(kinds, scope, at, columns)

    @api.model
    def _calls_query(self, kinds, condition, at, columns):
        """SELECT of the accounts of `condition`: each `acc` with its kind (`base`) and
        the calls up to `at` that count for its limits (`recent`)."""
        since = min(
            [min(kind.week_start, kind.hold_start or at) for kind in kinds], default=at
        )
        return SQL(
            """
            WITH kind AS (
                SELECT * FROM unnest(
                    %(keys)s::text[], %(code)s::text[], %(today)s::date[],
                    %(day_start)s::timestamp[], %(week_start)s::timestamp[],
                    %(hold_start)s::timestamp[], %(max_day)s::int[],
                    %(max_week)s::int[])
                AS k(key, code, today, day_start, week_start, hold_start, max_day,
                     max_week)
            ), base AS MATERIALIZED (
                SELECT acc.id, kind.code, kind.today, kind.day_start, kind.week_start,
                       kind.hold_start, kind.max_day, kind.max_week
                  FROM collection_account acc %(joins)s
                  -- one text, not six columns: the planner would expect one row
                  -- of that, and loop over all of them
                  JOIN kind ON kind.key = concat_ws('|', %(key)s)
                 WHERE %(condition)s
            ), recent AS MATERIALIZED (
                SELECT base.id,
                       COUNT(*) FILTER (WHERE call.direction = 'outgoing'
                           AND call.date >= base.day_start) AS day_count,
                       COUNT(*) FILTER (WHERE call.direction = 'outgoing'
                           AND call.date >= base.week_start) AS week_count,
                       bool_or(call.date >= base.day_start AND (call.connected
                           OR call.direction = 'outgoing')) AS today,
                       bool_or(call.right_party
                           AND call.date >= base.hold_start) AS held
                  FROM base
                  JOIN collection_call call
                    ON call.account_id = base.id AND call.date >= %(since)s
                   AND call.date <= %(at)s AND call.correction_of_id IS NULL
              GROUP BY base.id
            )
            SELECT %(columns)s
              FROM collection_account acc
              JOIN base ON base.id = acc.id
         LEFT JOIN recent ON recent.id = acc.id
             WHERE TRUE
            """,
            columns=columns,
            keys=[kind.text for kind in kinds],
            code=[kind.codes[0] if kind.codes else None for kind in kinds],
            today=[kind.today for kind in kinds],
            day_start=[kind.day_start for kind in kinds],
            week_start=[kind.week_start for kind in kinds],
            hold_start=[kind.hold_start for kind in kinds],
            max_day=[kind.max_day for kind in kinds],
            max_week=[kind.max_week for kind in kinds],
            joins=self._kind_joins(),
            key=self._kind_columns(),
            condition=condition,
            since=since,
            at=at,
        )

    @api.model
    def _called_back(self):
        """SQL: the customer asked to be called back today at a certain hour."""
        return SQL("(acc.next_action_date = base.today AND acc.next_action_time > 0)")

    @api.model
    def _caps(self):
        """SQL of the limits of attempts that one more call would exceed, by code.

        Over `_calls_query`; none does when the customer asked for the call. The one
        rule of both sides, for whom to offer and whom to warn of.
        """
        reached = {
            "cap_day": SQL("base.max_day > 0 AND recent.day_count >= base.max_day"),
            "cap_week": SQL("base.max_week > 0 AND recent.week_count >= base.max_week"),
            # an action that is due was agreed to
            "hold": SQL(
                "recent.held AND (acc.next_action_date <= base.today) IS NOT TRUE"
            ),
        }
        return {
            code: SQL("(%s AND %s IS NOT TRUE)", condition, self._called_back())
            for code, condition in reached.items()
        }

    @api.model
    def _obstacle_case(self, at):
        """First thing that stands in the way of offering an account; NULL: nothing."""
        return SQL(
            """CASE
                WHEN acc.insolvency_date IS NOT NULL THEN 'insolvent'
                WHEN acc.do_not_call THEN 'do_not_call'
                WHEN (%(facts)s->>'call') IS DISTINCT FROM 'true'
                    THEN 'nothing'
                WHEN acc.next_action_date > base.today OR (
                     acc.next_action_date = base.today
                     AND base.day_start
                         + COALESCE(acc.next_action_time, 0) * interval '1 hour'
                         > %(at)s) THEN 'later'
                WHEN %(called_back)s
                    THEN CASE WHEN base.code IS NOT NULL THEN base.code
                              WHEN acc.claimed_until > %(at)s THEN 'claimed' END
                -- whom either side has called today is offered to nobody, though
                -- the limit may be higher
                WHEN recent.today OR %(cap_day)s THEN 'cap_day'
                WHEN %(cap_week)s THEN 'cap_week'
                WHEN %(hold)s THEN 'hold'
                WHEN base.code IS NOT NULL THEN base.code
                WHEN acc.claimed_until > %(at)s THEN 'claimed'
            END""",
            at=at,
            facts=self._own_facts(),
            called_back=self._called_back(),
            **self._caps(),
        )

    @api.model
    def _rank_stale(self, agent_sudo):
        """Rank first those of the agent's accounts whose facts have changed; for who is
        no agent, those of the companies they look at."""
        self.env["collection.account"]._flush_all()
        scope = (
            self._worklist_scope(agent_sudo)
            if agent_sudo
            else SQL("acc.company_id = ANY(%s)", self.env.companies.ids)
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT acc.id FROM collection_account acc
                 WHERE acc.priority_date IS NULL AND acc.amount_open > 0 AND %s
                 LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                scope,
                RANK_LIMIT,
            )
        )
        self._rank(self.env["collection.account"].browse(row[0] for row in rows))

    @api.model
    def _count_obstacles(self, agent_sudo):
        """Why the agent's customers are not offered: Counter({code: accounts})."""
        now = fields.Datetime.now()
        return Counter(
            dict(
                self.env.execute_query(
                    SQL(
                        "SELECT code, COUNT(*) FROM (%s) listed"
                        " WHERE code IS NOT NULL GROUP BY code",
                        self._worklist_query(
                            agent_sudo, now, SQL("%s AS code", self._obstacle_case(now))
                        ),
                    )
                )
            )
        )

    def _release_claim(self):
        """Let others be offered these customers again; only one's own claims."""
        # sudo: a provider's agent writes nothing on accounts but gives back here
        agent_sudo = self.env["collection.agent"]._current()
        claimed_sudo = self.sudo().filtered(
            lambda account: account.claimed_by_id == agent_sudo
        )
        claimed_sudo.write({"claimed_by_id": False, "claimed_until": False})

    @api.model
    def _explain_no_account(self, agent=None):
        """Why nobody is offered, in words, with the number of customers of each."""
        agent_sudo = self._get_worklist_agent(agent)
        reason = self._get_off_duty_reason(agent_sudo)
        if reason:
            return reason
        counts = self._count_obstacles(agent_sudo)
        counts.pop("nothing", 0)
        if not counts:
            return self.env._("None of your customers needs a call.")
        labels = dict(self._fields["skip_reason"]._description_selection(self.env))
        return "\n".join(
            self.env._("%(reason)s: %(count)s", reason=labels[code], count=count)
            for code, count in counts.most_common()
        )

    # ------------------------------------------------------------------
    # Whom the next customer passes over
    # ------------------------------------------------------------------

    @api.model
    def _skips_query(self, condition):
        """SELECT of accounts of `condition`, with the code of `SKIPS` for the current
        user; NULL: they may be offered the customer.

        The rule itself is that of `_next_account`.
        """
        agent_sudo = self.env["collection.agent"]._current()
        if agent_sudo and not self._is_on_duty(agent_sudo):
            return SQL(
                "SELECT acc.id, 'off_duty' AS code FROM collection_account acc"
                " WHERE %s",
                condition,
            )
        self.env["collection.account"]._flush_all()
        now = fields.Datetime.now()
        return self._calls_query(
            self._read_kinds(condition, agent_sudo, now),
            condition,
            now,
            SQL(
                """acc.id, CASE
                    WHEN NOT acc.active OR acc.amount_open <= 0 THEN 'nothing'
                    WHEN (%s) IS NOT TRUE THEN 'other'
                    ELSE %s END AS code""",
                self._worklist_scope(agent_sudo),
                self._obstacle_case(now),
            ),
        )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_skip_reason(self):
        codes = {}
        if self.ids:
            condition = SQL("acc.id = ANY(%s)", list(self.ids))
            codes = dict(self.env.execute_query(self._skips_query(condition)))
        for account in self:
            account.skip_reason = codes.get(account._origin.id, False)

    def _search_skip_reason(self, operator, value):
        if operator != "in":
            return NotImplemented
        condition = SQL("acc.company_id = ANY(%s)", self.env.companies.ids)
        found = SQL(
            "(SELECT id FROM (%s) judged WHERE COALESCE(code, '') = ANY(%s))",
            self._skips_query(condition),
            [code or "" for code in value],
        )
        return Domain("id", "in", found)

    def action_next_customer(self):
        """Claim the next customer and open the call; else say why there is none."""
        if self.env.user.share:
            raise UserError(self.env._("Use the pages of the portal."))
        account = self._next_account()
        if account:
            return account.action_log_call()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Nobody to call at this moment"),
                "message": self._explain_no_account(),
                "sticky": True,
            },
        }

    @api.model
    @_may_write
    def web_search_read(self, *args, **kwargs):
        # the worklist shows ranks that are true; on a read-only connection the server
        # repeats the request on another
        if self.env.context.get("collection_worklist"):
            agent_sudo = self.env["collection.agent"]._current()
            # a manager on the first day is nobody's agent yet
            in_house = self.env.user.has_group(
                "account_collection.group_collection_user"
            )
            if (agent_sudo or in_house) and self.has_access("read"):
                self._rank_stale(agent_sudo)
        return super().web_search_read(*args, **kwargs)

    # ------------------------------------------------------------------
    # Customers nobody can serve
    # ------------------------------------------------------------------

    @api.model
    def _get_service_gaps(self, accounts=None, mandate=None):
        """Accounts with something open that no agent can be offered, and why.

        Agents of the mandate for delegated accounts, the company's own for the
        others; absences count not, active periods do.

        :param mandate: ask of its agents for all of the accounts, whoever has them now
        :return: {account id: code of `GAPS`}
        """
        self.env["collection.account"]._flush_all()
        today = company_today(self)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN acc.delegation_state = 'delegated'
                            THEN acc.mandate_id END,
                       %s, array_agg(acc.id)
                  FROM collection_account acc %s
                 WHERE acc.active AND acc.amount_open > 0
                       AND acc.insolvency_date IS NULL AND %s
              GROUP BY 1, 2, 3, 4, 5, 6, 7
                """,
                self._kind_columns(),
                self._kind_joins(),
                self._among(SQL("acc.id"), None if accounts is None else accounts._ids),
            )
        )
        # sudo: which agents there are decides, none of them is told
        active = [("active", "=", True)]
        agents_sudo = self.env["collection.agent"].sudo().search(active)
        agents_sudo = agents_sudo.filtered(lambda agent: agent._is_employed(today))
        now = fields.Datetime.now()
        gaps = {}
        for mandate_id, *key, account_ids in rows:
            mandate_id = mandate.id if mandate else mandate_id
            company = self.env["res.company"].browse(key[0])
            team = agents_sudo.browse(
                agent.id
                for agent in agents_sudo
                if (
                    mandate_id in agent.mandate_ids.ids
                    if mandate_id
                    else not agent.provider_id and company in agent.user_id.company_ids
                )
            )
            gap = self._get_gap(team, key, now)
            if gap:
                gaps.update(dict.fromkeys(account_ids, gap))
        return gaps

    @api.model
    def _get_gap(self, team, key, at):
        """Why nobody of the team can serve the customers of a kind; False: somebody."""
        if not team:
            return "no_agent"
        missing = [
            {"skill", "language"}.intersection(self._judge_kind(key, agent, at).codes)
            for agent in team
        ]
        if not all(missing):
            return False
        if all("language" in codes for codes in missing):
            return "language"
        if all("skill" in codes for codes in missing):
            return "skill"
        return "skill_language"

    def _compute_service_gap(self):
        gaps = self._get_service_gaps(self._origin) if self._origin else {}
        for account in self:
            account.service_gap = gaps.get(account._origin.id, False)

    def _search_service_gap(self, operator, value):
        if operator != "in":
            return NotImplemented
        gaps = self._get_service_gaps()
        wanted = set(value)
        found = [number for number, code in gaps.items() if code in wanted]
        domain = Domain("id", "in", found)
        if False in wanted:
            domain |= Domain("id", "not in", list(gaps))
        return domain


def _days_since(day, today):
    """Days from `day`, a date or its ISO text, to today; None without a day."""
    return (today - fields.Date.to_date(day)).days if day else None


def _is_wanted(facts):
    """Whether there is anything to say to the customer on the phone."""
    return any(
        facts.get(name) for name in ("amount", "due", "callback", "bill", "precheck")
    )


def _dump(facts):
    return json.dumps(facts, sort_keys=True)
