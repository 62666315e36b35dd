from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_amount

from ...models.base.figures import format_figure
from ...models.measure.collection_ageing import COLUMNS
from ...models.measure.collection_snapshot import SALES
from ...tools.advisor import pareto_curve, score
from ...tools.team import capacity
from .collection_delegation_advisor_line import DECIDED, GOES

#: kinds of customers whose calls may cost more than they bring
KINDS = ("public", "very_small", "other")
#: months of sales that a season can be told from
SEASON_MONTHS = 6
#: from where on figures earn 1, 2, 3 and 4 points
STEPS = {
    # part of the in-house work that goes
    "core": (0.2, 0.4, 0.6, 0.8),
    # quoted cost, of the cost in-house
    "cost": (1.25, 1.0, 0.75, 0.5),
    # load of the in-house team, percent
    "load": (80.0, 100.0, 120.0, 150.0),
    # part of the overdue customers for whom nobody in-house has the skill
    "skill": (0.05, 0.1, 0.25, 0.5),
    # sales of the best month, of the mean month
    "flexibility": (1.1, 1.3, 1.6, 2.0),
}


class CollectionDelegationAdvisor(models.TransientModel):
    """What the ledger, the calls and the teams say of a delegation."""

    _inherit = "collection.delegation.advisor"

    # ------------------------------------------------------------------
    # Read once
    # ------------------------------------------------------------------

    def _read_figures(self):
        """Read everything anew, in a number of queries that does not grow with the
        file; what people said stays."""
        self.ensure_one()
        # sudo: rows that nobody types, of an advisor that the user may write
        self_sudo = self.sudo()
        self_sudo.date = self.company_id._get_collection_today()
        candidates = self.env["collection.delegation.choice"]._read_candidates(
            self.company_id, self.date
        )
        self_sudo.active_count = len(candidates)
        rows = self._decide(candidates)
        curve = pareto_curve(
            row["turnover"] for row in sorted(rows, key=lambda row: row["rank"])
        )
        self_sudo.line_ids.unlink()
        self_sudo.part_ids.unlink()
        self_sudo.point_ids.unlink()
        self_sudo.line_ids._insert(self, rows)
        self_sudo.part_ids.create(self._prepare_parts(rows))
        self_sudo.point_ids.create(
            [
                {"advisor_id": self.id, "file_share": round(x), "turnover_share": y}
                for x, y in curve
            ]
        )
        self_sudo.figures = {
            "segments": self._read_segments(rows),
            "teams": self._read_teams(),
            "kinds": self._read_kinds(),
            "in_house": self.company_id._get_in_house_cost(
                self.date_from, self.date_to
            )._asdict(),
            "month_end": self._read_month_end(),
            "overdue_customers": sum(row["overdue"] for row in rows),
            "unskilled_customers": self._count_unskilled(rows),
            "curve": curve,
        }

    def _decide(self, candidates):
        """What each candidate is, and whether it goes by each choice: dicts."""
        choice = self.env["collection.delegation.choice"]
        terms = {}
        for code in DECIDED:
            method, vals = self._get_terms(code)
            # as the mandate that would be made of it would have it
            terms[code] = method, self.env["collection.mandate"].new(vals)
        received = self._read_received()
        rows = []
        for candidate in candidates:
            account = candidate.account
            rows.append(
                {
                    "account_id": account.id,
                    "segment_id": account.segment_id.id or None,
                    "rank": candidate.rank,
                    "turnover": candidate.turnover,
                    "amount_open": account.amount_open,
                    "amount_overdue": account.amount_overdue,
                    "days_overdue": candidate.days_overdue,
                    "received": received.get(account.id, 0.0),
                    # whom the own people have to call
                    "overdue": account.amount_overdue > 0
                    and not account.mandate_id
                    and not account.insolvency_date,
                    **{
                        f"reason_{code}": choice._decide(
                            candidate, method, mandate, self.date
                        )[1]
                        for code, (method, mandate) in terms.items()
                    },
                }
            )
        return rows

    def _read_received(self):
        """Money that came in in the period while in-house: {account id: amount}."""
        return {
            account.id: amount
            for account, amount in self.env["collection.receipt"]._read_group(
                self._get_receipt_domain(), ["account_id"], ["amount_company:sum"]
            )
        }

    def _get_receipt_domain(self):
        return [
            ("company_id", "=", self.company_id.id),
            ("kind", "=", "money"),
            ("side", "=", "company"),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
        ]

    def _prepare_parts(self, rows):
        """Both sides of each choice, added up."""
        names = ("turnover", "amount_open", "amount_overdue", "received")
        vals_list = []
        for choice in dict(self._fields["choice"].selection):
            sides = {"goes": [], "stays": []}
            for row in rows:
                reason = row.get(f"reason_{choice}")
                sides["goes" if reason in GOES else "stays"].append(row)
            for side, of_side in sides.items():
                vals_list.append(
                    {
                        "advisor_id": self.id,
                        "choice": choice,
                        "side": side,
                        "count": len(of_side),
                        "overdue_count": sum(row["overdue"] for row in of_side),
                        **{name: sum(row[name] for row in of_side) for name in names},
                    }
                )
        return vals_list

    def _read_segments(self, rows):
        """Accounts, turnover and what is open by age, segment by segment."""
        counts, turnovers = defaultdict(int), defaultdict(float)
        for row in rows:
            counts[row["segment_id"]] += 1
            turnovers[row["segment_id"]] += row["turnover"]
        names = (*COLUMNS.values(), "amount_open", "amount_overdue")
        ageing = self.env["collection.ageing"].with_context(
            collection_day=fields.Date.to_string(self.date)
        )
        amounts = {
            segment.id or None: dict(zip(names, values, strict=True))
            for segment, *values in ageing._read_group(
                [("company_id", "=", self.company_id.id)],
                ["segment_id"],
                [f"{name}:sum" for name in names],
            )
        }
        segments = self.env["collection.segment"].browse(
            number for number in {**counts, **amounts} if number
        )
        in_order = [*segments.exists().sorted().ids, None]
        return [
            {
                "id": number,
                "accounts": counts[number],
                "turnover": turnovers[number],
                **amounts.get(number, dict.fromkeys(names, 0.0)),
            }
            for number in in_order
            if number in counts or number in amounts
        ]

    def _read_teams(self):
        """Who works them now, and what they can call in two weeks; in-house first."""
        check = self.env["collection.capacity"].new({"company_id": self.company_id.id})
        return [
            {
                **team,
                "mandate_id": team["mandate_id"] or None,
                "days": check.working_days,
                **capacity(
                    team["accounts"],
                    team["agents"],
                    team["calls_per_day"],
                    check.working_days,
                )._asdict(),
            }
            for team in check._get_teams()
        ]

    def _read_kinds(self):
        """What public bodies and very small customers cost in minutes on the phone, of
        the company's own people, and the money they brought."""
        kinds = {
            kind: {
                "kind": kind,
                "customers": 0,
                "calls": 0,
                "minutes": 0,
                "received": 0,
            }
            for kind in KINDS
        }
        company = self.company_id
        for segment, customers, calls, minutes in self.env[
            "collection.call"
        ]._read_group(
            [
                ("company_id", "=", company.id),
                ("side", "=", "company"),
                # what corrects a call is no call
                ("correction_of_id", "=", False),
                ("date", ">=", company._get_collection_midnight(self.date_from)),
                (
                    "date",
                    "<",
                    company._get_collection_midnight(self.date_to + timedelta(days=1)),
                ),
            ],
            ["account_id.segment_id"],
            ["account_id:count_distinct", "__count", "duration:sum"],
        ):
            kind = kinds[self._get_kind(segment)]
            kind["customers"] += customers
            kind["calls"] += calls
            kind["minutes"] += minutes or 0.0
        for segment, amount in self.env["collection.receipt"]._read_group(
            self._get_receipt_domain(),
            ["account_id.segment_id"],
            ["amount_company:sum"],
        ):
            kinds[self._get_kind(segment)]["received"] += amount
        return list(kinds.values())

    def _get_kind(self, segment):
        if segment.debtor_type == "public":
            return "public"
        return "very_small" if segment.size == "vse" else "other"

    def _read_month_end(self):
        """What the last frozen month end says: kept too long, used to reminders, and
        the season; empty where there is none."""
        snapshot = self.env["collection.snapshot"]
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "frozen"),
            ("date", "<=", self.date),
        ]
        last = snapshot.search(domain, order="date desc", limit=1).date
        if not last:
            return {}
        ((overdue, kept, accustomed, customers, *sales),) = snapshot._read_group(
            [*domain, ("date", "=", last)],
            [],
            [
                "amount_overdue:sum",
                "amount_kept_too_long:sum",
                "amount_accustomed:sum",
                "accustomed_customers:avg",
                *(f"{name}:sum" for name in SALES),
            ],
        )
        # from the first month with sales on
        while sales and not sales[-1]:
            sales.pop()
        mean = sum(sales) / len(sales) if sales else 0
        return {
            "date": fields.Date.to_string(last),
            "overdue": overdue,
            "kept": kept,
            "accustomed": accustomed,
            "accustomed_customers": int(customers or 0),
            "season": max(sales) / mean
            if len(sales) >= SEASON_MONTHS and mean > 0
            else None,
        }

    def _count_unskilled(self, rows):
        """Overdue customers for whom nobody in-house has the skill that their segment
        asks for."""
        agents = self.env["collection.agent"].search(
            [
                ("side", "=", "company"),
                ("user_id.company_ids", "in", self.company_id.ids),
            ]
        )
        best = max(
            (agent.skill for agent in agents if agent._is_employed(self.date)),
            default="0",
        )
        segments = self.env["collection.segment"].browse(
            {row["segment_id"] for row in rows if row["segment_id"]}
        )
        too_hard = {segment.id for segment in segments if segment.required_skill > best}
        return sum(row["overdue"] and row["segment_id"] in too_hard for row in rows)

    # ------------------------------------------------------------------
    # Judged
    # ------------------------------------------------------------------

    def _get_figure(self, name):
        """A part of the figures; an empty one before they were read."""
        return (self.figures or {}).get(name) or {}

    def _get_in_house(self):
        return self._get_figure("in_house")

    def _get_own_team(self):
        return next(
            (team for team in self._get_figure("teams") if not team["mandate_id"]), {}
        )

    def _is_short_of_people(self):
        """(too few people, nobody with the skill for some): what the figures say."""
        team = self._get_own_team()
        few = bool(team.get("accounts")) and (
            team["load"] is None or team["load"] > STEPS["load"][1]
        )
        return few, bool(self._get_figure("unskilled_customers"))

    def _judge(self, code):
        """(mark from 0 to 4, or None, and what the figures say) of a criterion."""
        self.ensure_one()
        return getattr(self, f"_judge_{code}")()

    def _judge_core(self):
        customers = self._get_figure("overdue_customers") or 0
        if not customers:
            return None, self.env._("Nobody in-house is overdue.")
        if self.choice == "manual":
            return None, self._say_by_hand()
        part = self._get_part("goes")
        share = part.overdue_count / customers
        facts = self.env._(
            "%(going)s of %(customers)s overdue customers go, who owe %(amount)s.",
            going=part.overdue_count,
            customers=customers,
            amount=format_amount(self.env, part.amount_overdue, self.currency_id),
        )
        hours = self.company_id.collection_in_house_hours
        if hours:
            facts = self.env._(
                "%(facts)s At the same share, %(hours)s of %(total)s hours a month are "
                "set free.",
                facts=facts,
                hours=format_figure(self.env, round(hours * share, 1)),
                total=format_figure(self.env, hours),
            )
        return score(share, STEPS["core"]), facts

    def _say_by_hand(self):
        return self.env._("It depends on whom you choose by hand.")

    def _judge_cost(self):
        if self.choice == "manual":
            return None, self._say_by_hand()
        in_house, quoted = self._get_in_house().get("rate"), self._get_quote()["rate"]
        if not in_house or not quoted:
            return None, self.env._(
                "Enter hours and their cost in the settings, and the price quoted."
            )
        return score(quoted / in_house, STEPS["cost"]), self.env._(
            "In-house %(in_house)s %% of the money received, quoted %(quoted)s %%.",
            in_house=format_figure(self.env, round(in_house, 2)),
            quoted=format_figure(self.env, round(quoted, 2)),
        )

    def _judge_expertise(self):
        team = self._get_own_team()
        customers = self._get_figure("overdue_customers") or 0
        if not team.get("accounts") or not customers:
            return None, self.env._("Nobody in-house is overdue.")
        unskilled = self._get_figure("unskilled_customers") or 0
        load = score(team["load"], STEPS["load"])
        if team["load"] is None:
            facts = self.env._(
                "%(accounts)s overdue customers, and nobody in-house who calls.",
                accounts=team["accounts"],
            )
        else:
            facts = self.env._(
                "%(accounts)s overdue customers, %(calls)s calls possible in two weeks:"
                " a load of %(load)s %%.",
                accounts=team["accounts"],
                calls=round(team["calls"]),
                load=format_figure(self.env, round(team["load"], 1)),
            )
        if unskilled:
            facts = self.env._(
                "%(facts)s For %(unskilled)s of them nobody in-house has the skill.",
                facts=facts,
                unskilled=unskilled,
            )
        skill = score(unskilled / customers, STEPS["skill"])
        return max(len(STEPS["load"]) if load is None else load, skill), facts

    def _judge_flexibility(self):
        season = self._get_figure("month_end").get("season")
        if season is None:
            return None, self.env._(
                "Sales of fewer than %(months)s months are frozen: no season is known.",
                months=SEASON_MONTHS,
            )
        return score(season, STEPS["flexibility"]), self.env._(
            "The best month sells %(season)s times as much as the mean one.",
            season=format_figure(self.env, round(season, 2)),
        )

    def _judge_on_site(self):
        if not self.phase:
            return None, self.env._("Ask the provider where it begins.")
        if self.phase == "on_site":
            return 4, self.env._("The provider begins on the company's premises.")
        return 0, self.env._("The provider works from its own premises at once.")
