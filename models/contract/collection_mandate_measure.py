from datetime import timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import measure
from ..delegation.collection_mandate_service import JUDGED
from ..overview.collection_daily_figure import RATES

#: days of a mean month
MONTH = measure.YEAR / 12
#: figures of month ends, as `collection.snapshot` has them
OF_MONTH_ENDS = {
    "cei": "cei",
    "days_delinquent": "days_delinquent",
    "overdue_rate": "overdue_rate",
    "roll_31_60": "roll_31_60",
}
#: figures of the calls, as `collection.daily.figure` has them
OF_CALLS = {
    "complaint_rate": "complaint_rate",
    "quality_mark": "quality_mark",
    "satisfaction": "satisfaction",
}
#: figures of the customers who are with the provider now, as the service levels have
#: them
OF_SERVICE = {
    "share_contacted": "share_contacted",
    "share_in_time": "share_in_time",
    "share_kept": "share_kept",
    "share_kept_amount": "share_kept_amount",
}
#: figures that add up from the first hand-over on: there is nothing before it to
#: compare with
CUMULATIVE = ("receipt_rate", "receipts_month")


class CollectionMandate(models.Model):
    """What the indicators of a mandate's objectives are, over any period.

    No figure is defined here: each is asked of the model that has it, of the
    customers whom the mandate is about.
    """

    _inherit = "collection.mandate"

    # ------------------------------------------------------------------
    # Whose figures
    # ------------------------------------------------------------------

    def _get_scope_domain(self):
        """Accounts that may be handed over under this mandate, as they stand today."""
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("reserved", "=", False)
            & Domain("insolvency_date", "=", False)
            & (
                Domain("segment_id", "=", False)
                | Domain("segment_id.delegation", "!=", "never")
            )
        )
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        return domain

    def _get_customer_domain(self):
        """Domain on `account_id`: customers whom this mandate's figures are about.

        Those that were counted in its baseline, and whoever was handed over under it
        since; they stay when they are taken back, or there would only be good ones.
        """
        self.ensure_one()
        self.env["collection.mandate.customer"].flush_model()
        self.env["collection.placement.line"].flush_model(
            ["account_id", "mandate_id", "went"]
        )
        return Domain(
            "account_id",
            "in",
            SQL(
                """(SELECT account_id FROM collection_mandate_customer
                     WHERE mandate_id = %(mandate)s
                     UNION
                    SELECT line.account_id
                      FROM collection_placement_line line
                     WHERE line.mandate_id = %(mandate)s AND line.went)""",
                mandate=self.id,
            ),
        )

    def _is_before(self, date_to):
        """Whether a period ends before the provider began: then the company's own
        people are measured."""
        return date_to < self.date_start

    def _get_call_figures(self, date_from, date_to, *names):
        """Figures of the calls of a period, as `collection.daily.figure` has them: of
        the company's own people before the provider began, since of the provider's with
        the customers whom it has under this mandate, whatever else it has.

        :param names: of figures; rates and marks are ratios of sums
        :return: list of values; None or False where there is nothing to divide by
        """
        figures = self.env["collection.daily.figure"]
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("day", ">=", date_from)
            & Domain("day", "<=", date_to)
        )
        if self._is_before(date_to):
            domain &= Domain("side", "=", "company")
        else:
            domain &= Domain("provider_id", "=", self.provider_id.id)
            figures = figures.with_context(collection_mandate=self.id)
        [values] = figures.with_context(collection_since=date_from)._read_group(
            domain,
            [],
            [f"{name}:avg" if name in RATES else f"{name}:sum" for name in names],
        )
        return values

    # ------------------------------------------------------------------
    # The figures
    # ------------------------------------------------------------------

    def _measure(self, code, date_from, date_to):
        """An indicator of the catalogue over a period, both days included.

        :param code: of a `collection.mandate.indicator`
        :return: float, or None where there is nothing to divide by
        """
        self.ensure_one()
        # sudo: sums of the mandate's customers as a whole, for whoever reads the
        # mandate; in the company's own currency and days
        mandate_sudo = (
            self.with_context(
                allowed_company_ids=self.company_id.ids,
                tz=self.company_id.sudo()._get_collection_zone(),
            )
            .with_company(self.company_id)
            .sudo()
        )
        if code in OF_MONTH_ENDS:
            value = mandate_sudo._measure_month_ends(
                OF_MONTH_ENDS[code], date_from, date_to
            )
        elif code in OF_CALLS:
            value = mandate_sudo._measure_calls(OF_CALLS[code], date_from, date_to)
        elif code in OF_SERVICE:
            value = mandate_sudo._measure_service(code, date_from, date_to)
        else:
            value = getattr(mandate_sudo, f"_measure_{code}")(date_from, date_to)
        # groups give False where the database has nothing
        return None if value is None or value is False else float(value)

    def _get_month_end_domain(self, date_from, date_to):
        return (
            self._get_customer_domain()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "frozen")
            & Domain("date", ">=", date_from)
            & Domain("date", "<=", date_to)
        )

    def _measure_month_ends(self, name, date_from, date_to):
        """An indicator of the month ends of a period: a ratio of sums over them."""
        [(value,)] = self.env["collection.snapshot"]._read_group(
            self._get_month_end_domain(date_from, date_to), [], [f"{name}:avg"]
        )
        return value

    def _measure_dso_count_back(self, date_from, date_to):
        """Of the last month end of the period: there is none over several."""
        snapshots = self.env["collection.snapshot"]
        domain = self._get_month_end_domain(date_from, date_to)
        last = snapshots.search(domain, order="date desc", limit=1).date
        if not last:
            return None
        [(value,)] = snapshots._read_group(
            domain & Domain("date", "=", last), [], ["dso_count_back:avg"]
        )
        return value

    def _measure_days_late(self, date_from, date_to):
        """Days late of what was paid in the period, by amount."""
        [(value,)] = self.env["collection.receipt"]._read_group(
            self._get_customer_domain()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("date", ">=", date_from)
            & Domain("date", "<=", date_to),
            [],
            ["days_late:avg"],
        )
        return value

    def _measure_calls(self, name, date_from, date_to):
        """What is known of the calls of a period."""
        [value] = self._get_call_figures(date_from, date_to, name)
        return value

    def _measure_service(self, code, date_from, date_to):
        """A service level: of the customers who are with the provider now.

        Before the provider began, promises are those that the company's own people
        took of the same customers; customers reached are counted from a hand-over on,
        of which there was none.
        """
        if not self._is_before(date_to):
            return self._get_service_levels()[OF_SERVICE[code]]
        if code not in ("share_kept", "share_kept_amount"):
            return None
        self.env["collection.promise"].flush_model()
        self.env["collection.agent"].flush_model(["provider_id", "user_id"])
        accounts = self.env["collection.promise"]._search(
            self._get_customer_domain()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("date_promised", ">=", date_from)
            & Domain("date_promised", "<=", date_to)
            & Domain("state", "in", JUDGED)
        )
        [(_made, kept, broken, promised, received)] = self.env.execute_query(
            SQL(
                """
                SELECT %(counts)s
                  FROM collection_promise promise
                 WHERE promise.id IN %(promises)s
                   AND NOT EXISTS (SELECT FROM collection_agent agent
                                    WHERE agent.user_id = promise.user_id
                                      AND agent.provider_id IS NOT NULL)
                """,
                counts=self._count_promises_sql(self.company_id),
                promises=accounts.subselect(),
            )
        )
        if code == "share_kept":
            return measure.percentage(kept, kept + broken)
        return measure.percentage(received or 0, promised)

    # ------------------------------------------------------------------
    # What was handed over, and what came of it
    # ------------------------------------------------------------------

    def _get_placed(self, date_to):
        """Amount of the items handed over by a day, as they were on theirs, company
        currency; each once, however often it was taken back and went again."""
        [(_count, _amount, placed)] = self.env["collection.placement.item"]._sum_once(
            [
                ("line_id.mandate_id", "=", self.id),
                ("placement_id.state", "not in", ("draft", "proposed")),
                ("date_added", "<=", date_to),
            ]
        )
        return placed

    def _get_received(self, date_from, date_to, domain=Domain.TRUE):
        """Money received in a period on what was handed over; what bounced is less."""
        [(received,)] = self.env["collection.receipt"]._read_group(
            Domain("mandate_id", "=", self.id)
            & Domain("kind", "=", "money")
            & Domain("date", ">=", date_from)
            & Domain("date", "<=", date_to)
            & domain,
            [],
            ["amount_company:sum"],
        )
        return received or 0.0

    def _measure_receipt_rate(self, date_from, date_to):
        return measure.liquidation_rate(
            self._get_received(date_from, date_to), self._get_placed(date_to)
        )

    def _measure_receipts_month(self, date_from, date_to):
        if not self._get_placed(date_to):
            return None
        days = (date_to - date_from + timedelta(days=1)).days
        received = self._get_received(date_from, date_to)
        return measure.ratio(received * MONTH, days)
