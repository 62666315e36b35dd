from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.payer import RECORD, expected_date


class CollectionItem(models.Model):
    """When an open item is expected to be paid, from its payer's own record."""

    _inherit = "collection.item"

    date_expected = fields.Date(
        string="Expected on",
        readonly=True,
        help="Due date and the usual lateness of the customer: the median of the last "
        "ten invoices paid; of an invoice that is late already, of those paid later "
        "still.",
    )

    @api.model
    def _write_expected_dates(self, company, today):
        """Write the expected dates of the open items of a company.

        :return: number of items whose date changed
        """
        self.env["collection.receipt"]._follow_ledger_first()
        self.flush_model()
        records = dict(self._read_payer_records(company))
        common = self._read_common_record(company, today)
        ids, dates = [], []
        for item_id, account_id, date_due, known in self.env.execute_query(
            SQL(
                """
                SELECT id, account_id, date_due, date_expected FROM collection_item
                 WHERE state = 'open' AND company_id = %s
                """,
                company.id,
            )
        ):
            expected = expected_date(
                date_due, today, records.get(account_id, ()), common
            )
            if expected != known:
                ids.append(item_id)
                dates.append(expected)
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_item item SET date_expected = new.date_expected
                  FROM unnest(%s::int[], %s::date[]) AS new(id, date_expected)
                 WHERE item.id = new.id
                """,
                ids,
                dates,
            )
        )
        self.invalidate_model(["date_expected"], flush=False)
        self.env["collection.cash.forecast"].invalidate_model(flush=False)
        return len(ids)

    @api.model
    def _settled_items_query(self, company):
        """SQL of the items that were settled by money: each with its days late, its
        receipts weighted by amount, and the day of the last one."""
        return SQL(
            """
            SELECT receipt.account_id, receipt.item_id, MAX(receipt.date) AS date,
                   ROUND(SUM(receipt.amount_company * receipt.days_late)
                         / SUM(receipt.amount_company))::int AS days
              FROM collection_receipt receipt
              JOIN collection_item item ON item.id = receipt.item_id
             WHERE receipt.company_id = %(company)s AND item.state = 'closed'
               AND %(paid)s
          GROUP BY receipt.account_id, receipt.item_id
            """,
            company=company.id,
            paid=self.env["collection.payer.profile"]._paid_condition(),
        )

    @api.model
    def _read_payer_records(self, company):
        """[(account id, days late of the last items settled, the last one first)]"""
        return self.env.execute_query(
            SQL(
                """
                SELECT account_id,
                       (array_agg(days ORDER BY date DESC, item_id DESC))[1:%(record)s]
                  FROM (%(settled)s) settled
              GROUP BY account_id
                """,
                record=RECORD,
                settled=self._settled_items_query(company),
            )
        )

    @api.model
    def _read_common_record(self, company, today):
        """Days late in deciles, of all that was settled in a year: the record of who
        has none."""
        shares = [(2 * number + 1) / (2 * RECORD) for number in range(RECORD)]
        [[deciles]] = self.env.execute_query(
            SQL(
                """
                SELECT percentile_disc(%s::float[]) WITHIN GROUP (ORDER BY days)
                  FROM (%s) settled
                 WHERE date > %s::date - 365
                """,
                shares,
                self._settled_items_query(company),
                today,
            )
        )
        return deciles or ()
