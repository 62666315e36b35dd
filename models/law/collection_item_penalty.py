import datetime
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.late_interest import (
    MissingRateError,
    Segment,
    interest_segments,
    is_late,
    share_credits,
)

ZERO = Decimal(0)


def array_literal(numbers):
    """Numbers as one PostgreSQL array, quicker to parse than a list of them."""
    return "{" + ",".join(map(str, numbers)) + "}"


class PenaltyRow(NamedTuple):
    """What the database knows of an item for its penalties, see `_fetch_penalty_rows`.

    key, group: as in `Penalty`
    amount: what was owed at first, without what is disputed, digit by digit
    carries: whether the indemnity of the invoice may stand on this row
    is_interest: whether the invoice claims interest itself
    """

    key: int
    group: int
    item_id: int
    move_id: int
    company_id: int
    currency_id: int
    amount: str
    date_due: datetime.date
    date_to: datetime.date
    debtor_type: str
    agreed_rate: float
    date_insolvency: datetime.date | None
    carries: bool
    is_interest: bool


class Penalty(NamedTuple):
    """What an item owes besides its principal, to one day.

    key, group: of the row it was computed for: a letter's line and its letter, or an
        item twice
    item_id: id of the item
    segments: interest that is neither invoiced nor waived yet, to be totalled as is
    indemnity: fixed recovery indemnity, in the item's currency
    waived_interest, waived_indemnity: parts of these that were waived as an amount
    settled: what was settled whole, one dict per settlement
    error: `MissingRateError`, with nothing else filled in, or None
    """

    key: int
    group: int
    item_id: int
    segments: list[Segment] = []
    indemnity: Decimal = ZERO
    waived_interest: Decimal = ZERO
    waived_indemnity: Decimal = ZERO
    settled: list[dict] = []
    error: MissingRateError | None = None

    @property
    def interest(self):
        return sum((segment.amount for segment in self.segments), ZERO)


class CollectionItem(models.Model):
    """Interest and indemnity of items: the law, the ledger and the settlements.

    Letters, claims, waivers and the auditor's spreadsheet all take their figures
    from `_compute_item_penalties`. The number of its queries is fixed.
    """

    _inherit = "collection.item"

    settlement_ids = fields.One2many(
        comodel_name="collection.interest.settlement",
        inverse_name="item_id",
        string="Interest Settlements",
    )

    def _get_penalties(self, date_to):
        """What these items owe to `date_to`: {item: Penalty}.

        The indemnity stands on the first late item of its invoice.
        """
        rows = self._fetch_penalty_rows(
            SQL("collection_item item"),
            key=SQL("item.id"),
            group=SQL("item.id"),
            date_to=SQL("%s::date", date_to),
            carries=SQL("TRUE"),
            condition=SQL("item.id = ANY(%s::int[])", array_literal(self.ids)),
            order=SQL("item.date_due, item.id"),
        )
        return {
            self.browse(penalty.item_id): penalty
            for penalty in self._compute_item_penalties(rows)
        }

    @api.model
    def _fetch_penalty_rows(
        self, source, key, group, date_to, carries, condition, order
    ):
        """`PenaltyRow`s for `_compute_item_penalties`, in one query.

        All arguments are SQL over `source`, which has the items as `item`.

        :param carries: whether the indemnity of the invoice may stand on this row
        """
        self.env["collection.account"]._flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(key)s, %(group)s, item.id, item.move_id,
                       account.company_id, item.currency_id,
                       (item.amount_total - COALESCE(item.amount_disputed, 0))::text,
                       item.date_due, %(date_to)s,
                       %(debtor_type)s,
                       COALESCE(account.agreed_rate, 0),
                       account.insolvency_date,
                       -- each unpaid invoice, not an entry nor a payment made
                       -- by mistake
                       %(carries)s AND invoice.move_type IN ('out_invoice',
                                                             'out_receipt'),
                       EXISTS (SELECT 1 FROM collection_interest_settlement own
                                WHERE own.move_id = item.move_id)
                  FROM %(source)s
                  JOIN account_move invoice ON invoice.id = item.move_id
                  JOIN collection_account account ON account.id = item.account_id
                  JOIN res_partner customer ON customer.id = account.partner_id
             LEFT JOIN collection_segment segment ON segment.id = account.segment_id
                 WHERE %(condition)s
              ORDER BY %(order)s
                """,
                debtor_type=self.env["collection.account"]._debtor_type_sql(
                    SQL("segment"), SQL("customer")
                ),
                source=source,
                key=key,
                group=group,
                date_to=date_to,
                carries=carries,
                condition=condition,
                order=order,
            )
        )
        return [PenaltyRow._make(row) for row in rows]

    def _get_notice_dates(self):
        """Day of the first formal notice sent about each item: {item: date}.

        Interest of consumers runs from it. Whoever sends notices knows the days.
        """
        return {}

    @api.model
    def _compute_item_penalties(self, rows):
        """Yield the `Penalty` of each of `rows`, in their order.

        Rows of customers for whom there is no regime, and of invoices that claim
        interest themselves, come out empty: interest bears no interest unless a
        whole year of it was agreed to (1343-2 code civil).
        """
        Regime = self.env["collection.interest.regime"]
        regimes = Regime._get_by_debtor_type()
        rates = self.env["collection.reference.rate"]._get_rate_table()
        credited, payments = self.browse(row.item_id for row in rows)._get_received()
        from_notice = {kind for kind, regime in regimes.items() if regime.from_notice}
        notices = {
            item.id: date
            for item, date in self.browse(
                row.item_id for row in rows if row.debtor_type in from_notice
            )
            ._get_notice_dates()
            .items()
        }
        settled, settled_moves = self._group_settlements({row.move_id for row in rows})
        rules, indemnities, carried = {}, {}, set()
        roundings = {
            currency.id: Decimal(str(currency.rounding))
            for currency in self.env["res.currency"].browse(
                {row.currency_id for row in rows}
            )
        }
        for row in rows:
            regime = regimes.get(row.debtor_type)
            if not regime or row.is_interest:
                yield Penalty(row.key, row.group, row.item_id)
                continue
            rule_key = (row.debtor_type, row.company_id, row.agreed_rate)
            if rule_key not in rules:
                company = self.env["res.company"].browse(row.company_id)
                # sudo: how the company claims, for whoever may claim
                rules[rule_key] = (
                    regime._to_tool(company.sudo(), row.agreed_rate),
                    company.sudo().collection_imputation,
                )
            rule, allocation = rules[rule_key]
            amount = Decimal(row.amount) - credited.get(row.item_id, ZERO)
            received = payments.get(row.item_id, ())
            own = settled.get(row.item_id)
            try:
                segments = interest_segments(
                    amount,
                    row.date_due,
                    row.date_to,
                    rule,
                    rates,
                    payments=received,
                    date_notice=notices.get(row.item_id),
                    date_insolvency=row.date_insolvency,
                    rounding=roundings[row.currency_id],
                    allocation=allocation,
                    settled=own["periods"] if own else (),
                )
            except MissingRateError as error:
                yield Penalty(row.key, row.group, row.item_id, error=error)
                continue
            indemnity, invoice = ZERO, settled_moves.get(row.move_id)
            if (
                regime.indemnity
                and row.carries
                and not row.date_insolvency
                and row.move_id not in carried
                and not (invoice and invoice["settled"])
                and is_late(amount, row.date_due, row.date_to, received)
            ):
                carried.add(row.move_id)
                indemnity_key = (
                    regime.id,
                    row.currency_id,
                    row.company_id,
                    row.date_to,
                )
                if indemnity_key not in indemnities:
                    indemnities[indemnity_key] = self._convert_indemnity(*indemnity_key)
                indemnity = indemnities[indemnity_key]
            if not own and not invoice:
                yield Penalty(row.key, row.group, row.item_id, segments, indemnity)
                continue
            interest = sum((segment.amount for segment in segments), ZERO)
            yield Penalty(
                row.key,
                row.group,
                row.item_id,
                segments,
                indemnity,
                min(interest, own["waived"]) if own else ZERO,
                min(indemnity, invoice["waived"]) if invoice else ZERO,
                own["whole"] if own else [],
            )

    def _get_received(self):
        """What reduced the items, matched with them in the ledger or not yet.

        What a credit note takes back was never owed, so it counts from the start;
        money counts from the day it came in.

        :return: two dicts by item id, in the item's currency: the amount `credited`,
            and the `payments` as (date, amount)
        """
        credited, payments = defaultdict(Decimal), defaultdict(list)
        if not self.ids:
            return credited, payments
        self.env["account.partial.reconcile"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT ci.id,
                       CASE WHEN move.move_type <> 'out_refund' THEN credit.date END,
                       part.debit_amount_currency::text
                  FROM collection_item ci
                  JOIN account_partial_reconcile part
                    ON part.debit_move_id = ci.move_line_id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  JOIN account_move move ON move.id = credit.move_id
                 WHERE ci.id = ANY(%s::int[])
              ORDER BY ci.id, credit.date, part.id
                """,
                array_literal(self.ids),
            )
        )
        for item_id, date, amount in rows + self._share_open_credits():
            if date:
                payments[item_id].append((date, Decimal(amount)))
            else:
                credited[item_id] += Decimal(amount)
        return credited, payments

    def _share_open_credits(self):
        """What the customers' unmatched credits pay of the items that are open.

        As a run deducts them: within account and currency, the oldest item first,
        each up to what it owes undisputed. The credit notes go before the payments,
        and these by their date; those of the head office come last.

        :return: rows of (item id, date or None for a credit note, amount)
        """
        Account = self.env["collection.account"]
        Account._flush_all()
        # who they are first: few customers have credits, and a planner that guesses
        # how many would look through all items for each of them
        accounts = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT acc.id, company.parent_id IS NOT NULL
                  FROM collection_item ci
                  JOIN collection_account acc ON acc.id = ci.account_id
                  JOIN res_company company ON company.id = acc.company_id
                 WHERE ci.id = ANY(%s::int[]) AND ci.state = 'open'
                   AND (acc.amount_credit > 0 OR company.parent_id IS NOT NULL)
                """,
                array_literal(self.ids),
            )
        )
        if not accounts:
            return []
        account_ids = array_literal(account_id for account_id, _branch in accounts)
        credits, owed = defaultdict(list), defaultdict(list)
        for account_id, currency_id, date, amount in self.env.execute_query(
            SQL(
                """
                SELECT acc.id, aml.currency_id,
                       CASE WHEN move.move_type <> 'out_refund'
                            THEN aml.date END AS date,
                       (-SUM(aml.amount_residual_currency))::text
                  FROM account_move_line aml
                  JOIN account_move move ON move.id = aml.move_id
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                   AND acc.id = ANY(%s::int[])
                 WHERE %s
                   AND aml.parent_state = 'posted'
                   AND aml.reconciled IS NOT TRUE
                   AND aml.amount_residual < 0
              GROUP BY 1, 2, 3
              ORDER BY date NULLS FIRST
                """,
                account_ids,
                Account._credit_filter(SQL("own.id = ANY(%s::int[])", account_ids)),
            )
        ):
            credits[account_id, currency_id].append((date, Decimal(amount)))
        branches = [account_id for account_id, is_branch in accounts if is_branch]
        for account_id, currency_id, date, amount in (
            self.env.execute_query(
                SQL(
                    """
                    SELECT account_id, currency_id, date, amount::text
                      FROM (%s) head
                     WHERE amount > 0
                  ORDER BY date NULLS FIRST
                    """,
                    Account._head_credit_query(SQL("acc.id = ANY(%s)", branches)),
                )
            )
            if branches
            else ()
        ):
            credits[account_id, currency_id].append((date, Decimal(amount)))
        for account_id, currency_id, item_id, amount in self.env.execute_query(
            SQL(
                """
                SELECT ci.account_id, ci.currency_id, ci.id,
                       (ci.amount_residual - COALESCE(ci.amount_disputed, 0))::text
                  FROM collection_item ci
                  JOIN account_move move ON move.id = ci.move_id
                 WHERE ci.state = 'open' AND ci.account_id = ANY(%s::int[])
                   AND NOT %s
              ORDER BY ci.date_due, ci.id
                """,
                account_ids,
                self._in_payment(SQL("ci"), SQL("move")),
            )
        ):
            owed[account_id, currency_id].append((item_id, Decimal(amount)))
        wanted = set(self.ids)
        return [
            share
            for key, of_key in credits.items()
            for share in share_credits(owed[key], of_key)
            if share[0] in wanted
        ]

    @api.model
    def _convert_indemnity(self, regime_id, currency_id, company_id, date):
        """The indemnity of a regime, which is in euros, in another currency."""
        regime = self.env["collection.interest.regime"].browse(regime_id)
        return Decimal(
            str(
                self.env.ref("base.EUR")._convert(
                    regime.sudo().indemnity,
                    self.env["res.currency"].browse(currency_id),
                    self.env["res.company"].browse(company_id),
                    date,
                )
            )
        )

    @api.model
    def _group_settlements(self, move_ids):
        """Settlements in force by what they concern.

        :return: two dicts. By item: the `periods` settled, the amount `waived` that
            no claim has used yet, the settlements of the `whole` of something. By
            invoice: whether the indemnity is `settled`, else the amount `waived`.
        """
        items = defaultdict(lambda: {"periods": [], "waived": ZERO, "whole": []})
        moves = defaultdict(lambda: {"settled": False, "waived": ZERO})
        for row in self.env["collection.interest.settlement"]._get_in_force(move_ids):
            item, invoice = items[row["item_id"]], moves[row["move_id"]]
            interest = Decimal(row["interest"])
            indemnity = Decimal(row["indemnity"])
            if row["days_settled"]:
                item["periods"] += [
                    (
                        fields.Date.to_date(segment["date_from"]),
                        fields.Date.to_date(segment["date_to"]),
                    )
                    for segment in row["interest_detail"] or ()
                ]
                item["waived"] -= Decimal(row["deducted"])
            elif row["kind"] == "waiver":
                item["waived"] += interest
            if row["indemnity_settled"]:
                invoice["settled"] = True
            elif row["kind"] == "waiver":
                invoice["waived"] += indemnity
            # a draft that claims interest is not known to the customer yet
            if (row["days_settled"] or row["indemnity_settled"]) and (
                row["kind"] == "waiver" or row["document"]
            ):
                item["whole"].append(
                    {
                        "kind": row["kind"],
                        "date_to": row["days_settled"]
                        and fields.Date.to_string(row["date_to"]),
                        "amount": float(
                            interest * row["days_settled"]
                            + indemnity * row["indemnity_settled"]
                        ),
                        "document": row["document"],
                    }
                )
        return items, moves

    def action_claim_interest(self):
        """Look at what these items owe for being late, and invoice it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_interest_claim_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_waive(self):
        """Waive interest or indemnities of these items."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_waiver_action"
        )
        return dict(action, context={"default_item_ids": self.ids})
