from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...tools.ageing import days_overdue
from ...tools.pareto import (
    is_silent,
    pareto_split,
    recommended_extent,
    turnover_ranking,
)
from ..base.days import company_today_sql
from ..base.figures import format_figure

#: why an account goes
GO_REASONS = [
    ("file", "Whole file"),
    ("rest", "Below the largest by turnover"),
    ("always", "Segment always handed over"),
    ("chosen", "Chosen"),
    ("joins", "Joins what runs under this mandate"),
]
#: why an account is with a provider already, or about to be: on neither side
PLACED_REASONS = [
    ("delegated", "Already with a provider"),
    ("proposed", "On another hand-over"),
]
#: why an account stays, whatever the user would like
LOCKED_REASONS = [
    *PLACED_REASONS,
    ("reserved", "Reserved"),
    ("never", "Segment stays in-house"),
    ("insolvent", "Insolvent"),
    ("time_barred", "Time-barred"),
    ("creditor", "Owed more than they owe"),
    ("segment", "Segment not in the mandate"),
    ("not_late", "Not late enough for the mandate"),
    ("too_small", "Owes too little for the mandate"),
    ("other_lot", "Drawn for another provider"),
    ("no_item", "None of the items chosen may go"),
]
#: why an account stays unless the user says otherwise
STAY_REASONS = [
    ("unclassified", "Unclassified"),
    ("not_ripe", "Not late enough for its segment"),
    ("top", "Among the largest by turnover"),
]
PLACED = frozenset(dict(PLACED_REASONS))


class Candidate(NamedTuple):
    """One account that may go to a provider, and what decides about it."""

    account: models.BaseModel
    #: by turnover among the active accounts; 0: not active
    rank: int
    turnover: float
    days_overdue: int
    #: among the largest by turnover, which a partial hand-over keeps
    top: bool
    #: why it stays whatever is chosen, what settles it first; none: it may go
    reasons: list
    #: open items that would go, of those chosen; of accounts chosen whole None
    item_count: int | None = None


class CollectionDelegationChoice(models.AbstractModel):
    """Who goes to a provider and who stays: the one rule, whoever asks.

    What is true of an account whatever is chosen is read once for all of them
    (`_read_candidates`); each choice is then decided without another query.
    """

    _name = "collection.delegation.choice"
    _description = "Who Goes to a Provider"

    @api.model
    def _recommend(self, company, count):
        """How much of a file of `count` active accounts to hand over.

        :return: `total`, `partial` or `manual`, and why, in a sentence
        """
        lower, upper = company.collection_total_from, company.collection_partial_above
        extent = recommended_extent(count, lower, upper)
        if extent == "none":
            return "manual", self.env._(
                "%(count)s active accounts, fewer than %(lower)s: no rule says how "
                "much to hand over. Choose the accounts by hand.",
                count=count,
                lower=lower,
            )
        if extent == "total":
            return "total", self.env._(
                "%(count)s active accounts: hand over the whole file, except the "
                "reserved customers.",
                count=count,
            )
        sentence = self.env._(
            "%(count)s active accounts, more than %(upper)s: keep the largest "
            "%(share)s %% by turnover and the reserved customers, hand over the rest.",
            count=count,
            upper=upper,
            share=format_figure(self.env, company.collection_keep_share),
        )
        limit = company.collection_partial_up_to
        if is_silent(count, limit):
            sentence = self.env._(
                "%(advice)s This is what holds up to %(limit)s; beyond, no rule says "
                "how much to hand over: decide for yourselves.",
                advice=sentence,
                limit=limit,
            )
        return "partial", sentence

    @api.model
    def _get_reasons(self, accounts, date, mandate=None):
        """Why accounts may not go, whoever asks: the one rule, read in a few queries.

        Asked by the preview, by the hand-over itself, by the rules and the advisor.

        :param mandate: under which they would go; None: under whichever. One that is
            not saved yet will do
        :param date: day as of which customers are late
        :return: {account id: codes of `LOCKED_REASONS`, what settles it first}
        """
        # whatever decides, of all of them at once
        accounts.fetch(
            [
                "amount_open",
                "delegation_state",
                "insolvency_date",
                "oldest_due_date",
                "placement_line_id",
                "reserved",
                "segment_id",
            ]
        )
        time_barred = set(self._get_time_barred(accounts, date).ids)
        creditors = set(accounts._get_creditors().ids)
        reasons = {}
        for account in accounts:
            codes = account._get_reasons_to_stay()
            if account.id in time_barred:
                codes.append("time_barred")
            if account.id in creditors:
                codes.append("creditor")
            if mandate is not None:
                codes += mandate._get_reasons_to_refuse(account, date)
            reasons[account.id] = codes
        return reasons

    @api.model
    def _count_going_items(self, items):
        """How many of the chosen items may go: {account id: (number, amount, overdue)}.

        An account of none of whose items that is so is not named.
        """
        if not items:
            return {}
        self.env["collection.account"]._flush_all()
        return {
            account_id: tuple(figures)
            for account_id, *figures in self.env.execute_query(
                SQL(
                    """
                    SELECT ci.account_id, COUNT(*), SUM(ci.amount_residual_company),
                           COALESCE(SUM(ci.amount_residual_company)
                               FILTER (WHERE ci.date_due < %(today)s), 0)
                      FROM collection_item ci
                      JOIN account_move move ON move.id = ci.move_id
                     WHERE ci.id = ANY(%(ids)s) AND ci.state = 'open'
                       AND ci.delegated IS NOT TRUE AND %(may_go)s
                  GROUP BY ci.account_id
                    """,
                    ids=list(items.ids),
                    may_go=items._may_go_sql(),
                    today=company_today_sql(self.env, SQL("ci.company_id")),
                )
            )
        }

    @api.model
    def _read_candidates(self, company, date, accounts=None, items=None):
        """What decides about each of `accounts`, read in a few queries.

        :param accounts: of `company`; None: all its active ones
        :param items: where only these are to go of their customers, and not all
        :return: list of `Candidate`, in the order of `accounts`
        """
        active = self.env["collection.account"]._search_active(company, date)
        accounts = active if accounts is None else accounts
        amounts = (active | accounts)._get_turnover(date)
        turnovers = {
            account_id: float(amounts.get(account_id, 0)) for account_id in active.ids
        }
        ranks = {
            account_id: rank
            for rank, account_id in enumerate(turnover_ranking(turnovers), start=1)
        }
        top = pareto_split(
            turnovers, keep_share=company.collection_keep_share / 100
        ).top
        reasons = self._get_reasons(accounts, date)
        chosen = set(items.account_id.ids) if items else set()
        counts = self._count_going_items(items)
        candidates = []
        for account in accounts:
            due = account.oldest_due_date
            candidates.append(
                Candidate(
                    account=account,
                    rank=ranks.get(account.id, 0),
                    turnover=float(amounts.get(account.id, 0)),
                    days_overdue=max(days_overdue(due, date), 0) if due else 0,
                    top=account.id in top,
                    reasons=reasons[account.id],
                    item_count=(
                        counts.get(account.id, (0,))[0]
                        if account.id in chosen
                        else None
                    ),
                )
            )
        return candidates

    @api.model
    def _joins(self, candidate, mandate):
        """Whether more of a customer may join what runs under the very mandate: one
        customer speaks with one provider at a time."""
        account = candidate.account
        return (
            account.delegation_state == "delegated"
            and account.mandate_id == mandate
            and (
                candidate.item_count is not None
                or account.placement_line_id.scope == "items"
            )
        )

    @api.model
    def _get_time_barred(self, accounts, date):
        """Accounts all of whose open items are time-barred: nothing to collect."""
        item = self.env["collection.item"]
        barred = item.search(
            [("account_id", "in", accounts.ids), ("date_limitation", "<", date)]
        )
        in_time = item.search(
            [
                ("account_id", "in", barred.account_id.ids),
                ("state", "=", "open"),
                ("id", "not in", barred.ids),
            ]
        )
        return barred.account_id - in_time.account_id

    @api.model
    def _decide(self, candidate, method, mandate, date, late_only=False):
        """Whether an account goes, stays, or is with a provider already ("placed"), and
        the first reason that settles it.

        :param method: `total`, `partial`, or `manual`: it was chosen by hand
        :param mandate: under which it would go; one that is not saved yet will do
        :param late_only: only when it is late for its segment
        """
        account = candidate.account
        reasons = candidate.reasons
        joins = method == "manual" and self._joins(candidate, mandate)
        if joins:
            reasons = [code for code in reasons if code != "delegated"]
        if reasons:
            return ("placed" if reasons[0] in PLACED else "stays"), reasons[0]
        refusals = mandate._get_reasons_to_refuse(account, date)
        if refusals:
            return "stays", refusals[0]
        if candidate.item_count == 0:
            return "stays", "no_item"
        if joins:
            return "goes", "joins"
        segment = account.segment_id
        if not segment:
            # whether they matter, or are to stay, nobody has said: not even with the
            # whole file do they go unseen
            return "stays", "unclassified"
        if method == "manual":
            return "goes", "chosen"
        # a customer who owes nothing overdue is never late, whatever the setting
        if late_only and candidate.days_overdue < max(segment.delegate_after_days, 1):
            return "stays", "not_ripe"
        if segment.delegation == "always":
            return "goes", "always"
        if method == "total":
            return "goes", "file"
        return ("stays", "top") if candidate.top else ("goes", "rest")
