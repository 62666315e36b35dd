from typing import NamedTuple

from odoo import api, models

from ...tools.ageing import days_overdue
from ...tools.pareto import (
    is_silent,
    pareto_split,
    recommended_extent,
    turnover_ranking,
)
from ..base.figures import format_figure


class Candidate(NamedTuple):
    """One account that may go to a provider, and what decides about it."""

    account: models.BaseModel
    #: by turnover among the active accounts; 0: not active
    rank: int
    turnover: float
    days_overdue: int
    #: among the largest by turnover, which a partial hand-over keeps
    top: bool
    #: why it stays whatever is chosen; None: it may go
    reason: str | None


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
    def _read_candidates(self, company, date, accounts=None):
        """What decides about each of `accounts`, read in a few queries.

        :param accounts: of `company`; None: all its active ones
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
        time_barred = self._get_time_barred(accounts, date)
        creditors = accounts._get_creditors()
        candidates = []
        for account in accounts:
            reasons = account._get_reasons_to_stay()
            if account in time_barred:
                reasons.append("time_barred")
            if account in creditors:
                reasons.append("creditor")
            due = account.oldest_due_date
            candidates.append(
                Candidate(
                    account=account,
                    rank=ranks.get(account.id, 0),
                    turnover=float(amounts.get(account.id, 0)),
                    days_overdue=max(days_overdue(due, date), 0) if due else 0,
                    top=account.id in top,
                    reason=reasons[0] if reasons else None,
                )
            )
        return candidates

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
        """Whether an account goes or stays, and the first reason that settles it.

        :param method: `total`, `partial`, or `manual`: it was chosen by hand
        :param mandate: under which it would go; one that is not saved yet will do
        :param late_only: only when it is late for its segment
        """
        if candidate.reason:
            return "stays", candidate.reason
        account = candidate.account
        refusals = mandate._get_reasons_to_refuse(account, date)
        if refusals:
            return "stays", refusals[0]
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
