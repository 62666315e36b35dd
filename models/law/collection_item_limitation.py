from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CollectionItem(models.Model):
    """When an item is time-barred; `tools.limitation` is the rule for one claim."""

    _inherit = "collection.item"

    acknowledged_date = fields.Date(
        string="Debt Acknowledged on",
        help="Day on which the customer acknowledged the debt in writing, before it "
        "was time-barred: the limitation begins anew. Partial payments count by "
        "themselves.",
    )
    date_limitation = fields.Date(
        string="Enforceable until",
        compute="_compute_date_limitation",
        search="_search_date_limitation",
        help="Prudent estimate of the last day before the claim is time-barred: from "
        "the invoice date, begun anew by acknowledgement and partial payments.",
    )

    @api.model
    def _limitation_horizon(self, before):
        """Day from which on invoices are certainly still enforceable at `before`."""
        # sudo: the shortest term, which is published
        terms_sudo = (
            self.env["collection.interest.regime"]
            .sudo()
            .search([("limitation_years", ">", 0)])
        )
        shortest = min(terms_sudo.mapped("limitation_years"), default=99)
        return before - relativedelta(years=shortest)

    @api.model
    def _limitation_query(self, item_filter=None, before=None, invoiced=None):
        """SQL of the last day on which open items can be enforced.

        :param item_filter: condition on `collection_item ci`
        :param before: only items whose term, without anything that moved it, ends
            before this day: the others need no closer look
        :param invoiced: instead of `item_filter`, a query of items with the day of
            their invoice, for who has them already (`id`, `move_line_id`,
            `account_id`, `acknowledged_date`, `date_start`)
        :return: query of `item_id`, `date_limitation`; no row when the late-payment
            regime of the debtor sets no limitation
        """

        def term_end(day):
            return SQL(
                """CASE WHEN based.year_end
                        THEN make_date(EXTRACT(YEAR FROM %(day)s)::int + based.years,
                                       12, 31)
                        ELSE (%(day)s + make_interval(years => based.years))::date
                   END""",
                day=day,
            )

        looked_at = SQL("term.date_limitation < %s", before) if before else SQL("TRUE")
        if not invoiced:
            invoiced = SQL(
                """
                SELECT ci.id, ci.move_line_id, ci.account_id, ci.acknowledged_date,
                       COALESCE(move.invoice_date, move.date) AS date_start
                  FROM account_move move
                  JOIN collection_item ci
                    ON ci.move_id = move.id AND ci.state = 'open'
                 WHERE %(item_filter)s AND %(old_enough)s
                """,
                item_filter=item_filter,
                old_enough=SQL(
                    "(move.invoice_date < %(limit)s"
                    " OR (move.invoice_date IS NULL AND move.date < %(limit)s))",
                    limit=self._limitation_horizon(before),
                )
                if before
                else SQL("TRUE"),
            )
        return SQL(
            """
            WITH regime AS (
                SELECT DISTINCT ON (debtor_type) debtor_type,
                       limitation_years AS years,
                       limitation_from_year_end IS TRUE AS year_end
                  FROM collection_interest_regime
                 WHERE active
              ORDER BY debtor_type, sequence, id
            ),
            -- these few first: whose customer they are is looked up afterwards
            old AS MATERIALIZED (%(invoiced)s),
            based AS (
                SELECT old.*, regime.years, regime.year_end
                  FROM old
                  JOIN collection_account acc ON acc.id = old.account_id
                  JOIN res_partner p ON p.id = acc.partner_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                  JOIN regime
                    ON regime.debtor_type = %(debtor_type)s
                   AND regime.years > 0
            ),
            term AS (
                SELECT based.*, %(first_end)s AS date_limitation FROM based
            ),
            interruption AS (%(interruptions)s),
            -- each interruption must come before the term as moved by the one before
            -- has run out; what follows the first that did not, counts for nothing
            chain AS (
                SELECT based.id, interruption.date,
                       interruption.date <= %(next_end)s AS in_time
                  FROM (SELECT interruption.*,
                               LAG(interruption.date) OVER (
                                   PARTITION BY interruption.id
                                   ORDER BY interruption.date) AS date_before
                          FROM interruption
                          JOIN based ON based.id = interruption.id
                                    AND interruption.date > based.date_start
                       ) interruption
                  JOIN based ON based.id = interruption.id
            ),
            kept AS (
                SELECT id, MAX(date) AS date
                  FROM (SELECT chain.*,
                               BOOL_AND(in_time) OVER (PARTITION BY id
                                                       ORDER BY date) AS unbroken
                          FROM chain) chain
                 WHERE unbroken
              GROUP BY id
            )
            SELECT based.id AS item_id, %(last_end)s AS date_limitation
              FROM term based
         LEFT JOIN kept ON kept.id = based.id
             WHERE %(wanted)s
            """,
            invoiced=invoiced,
            debtor_type=self.env["collection.account"]._debtor_type_sql(
                SQL("segment"), SQL("p")
            ),
            first_end=term_end(SQL("based.date_start")),
            next_end=term_end(
                SQL("COALESCE(interruption.date_before, based.date_start)")
            ),
            last_end=term_end(SQL("COALESCE(kept.date, based.date_start)")),
            interruptions=SQL(" UNION ").join(self._get_interruptions(looked_at)),
            wanted=SQL("based.date_limitation < %s", before) if before else SQL("TRUE"),
        )

    @api.model
    def _get_interruptions(self, looked_at):
        """What begins the term of an item anew: queries of `id`, `date` over `term`.

        :param looked_at: condition on `term`: the items that need a closer look
        """
        return [
            SQL(
                """
                -- a credit note or a write-off is no acknowledgement by the debtor
                SELECT receipt.item_id AS id, receipt.date
                  FROM (%s) receipt
                 WHERE receipt.kind = 'money' AND receipt.amount > 0
                """,
                self.env["collection.receipt.source"]._settled_query(
                    SQL("item.id IN (SELECT term.id FROM term WHERE %s)", looked_at)
                ),
            ),
            SQL(
                """
                SELECT term.id, term.acknowledged_date
                  FROM term
                 WHERE term.acknowledged_date IS NOT NULL AND %s
                """,
                looked_at,
            ),
        ]

    @api.model
    def _flush_for_limitation(self):
        self.flush_model(["move_id", "state", "account_id", "acknowledged_date"])
        self.env["account.move"].flush_model(["invoice_date", "date"])
        self.env["collection.receipt.source"]._flush_for_receipts()
        self.env["collection.account"].flush_model(["segment_id"])
        self.env["collection.segment"].flush_model(["debtor_type"])
        self.env["collection.interest.regime"].flush_model()
        self.env["res.partner"].flush_model(["is_company", "vat"])

    def _compute_date_limitation(self):
        self._flush_for_limitation()
        dates = dict(
            self.env.execute_query(
                self._limitation_query(SQL("ci.id = ANY(%s)", list(self._origin.ids)))
            )
            if self._origin.ids
            else ()
        )
        for item in self:
            item.date_limitation = dates.get(item._origin.id)

    def _search_date_limitation(self, operator, value):
        if operator not in ("<", "<=", ">", ">=") or not value:
            return NotImplemented
        day = fields.Date.to_date(value)
        if operator in ("<=", ">"):
            day += timedelta(days=1)
        # items of the regimes without limitation are never in time
        self._flush_for_limitation()
        before = SQL(
            "(SELECT item_id FROM (%s) term WHERE date_limitation < %s)",
            self._limitation_query(SQL("TRUE"), before=day),
            day,
        )
        open_items = Domain("state", "=", "open")
        if operator in ("<", "<="):
            return open_items & Domain("id", "in", before)
        return open_items & Domain("id", "not in", before)
