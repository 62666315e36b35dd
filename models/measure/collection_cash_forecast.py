from odoo import fields, models
from odoo.tools import SQL

from ..base.days import company_today_sql


class CollectionCashForecast(models.Model):
    """What is expected to come in, and when: each open amount once.

    - `instalment`: of items on a running payment plan, what its instalments still ask
      for, on their days;
    - `promised`: of items under an open promise, what was promised and has not come
      yet, on the day promised; of several items the one due first goes first;
    - `expected`: everything else, on the day on which its payer is expected to pay
      (`collection.item.date_expected`; the due date until the night has worked it
      out).

    What is past is expected today. Disputed amounts are not expected before they are
    decided, nor anything of customers in insolvency; registered payments that wait for
    the bank are expected like any other until they are matched. Company currency, each
    amount at the rate of its item.
    """

    _name = "collection.cash.forecast"
    _description = "Cash Forecast"
    _inherit = ["collection.ledger.mixin"]
    _auto = False
    _order = "date, id"
    _rec_name = "account_id"

    date = fields.Date(string="Expected on", readonly=True)
    kind = fields.Selection(
        selection=[
            ("expected", "Expected"),
            ("promised", "Promised"),
            ("instalment", "Instalment"),
        ],
        string="Rests on",
        readonly=True,
    )
    account_id = fields.Many2one(
        comodel_name="collection.account", string="Customer", readonly=True
    )
    item_id = fields.Many2one(comodel_name="collection.item", readonly=True)
    plan_id = fields.Many2one(
        comodel_name="collection.payment.plan", string="Payment Plan", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(readonly=True)
    segment_id = fields.Many2one(comodel_name="collection.segment", readonly=True)
    mandate_id = fields.Many2one(comodel_name="collection.mandate", readonly=True)
    payer_class = fields.Selection(related="account_id.payer_class")

    _depends = {
        "collection.account": ["insolvency_date", "mandate_id", "segment_id"],
        "collection.item": [
            "account_id",
            "amount_disputed",
            "amount_residual",
            "amount_residual_company",
            "date_due",
            "date_expected",
            "delegated",
            "plan_id",
            "promise_id",
            "state",
        ],
        "collection.payment.instalment": ["amount", "amount_received", "date"],
        "collection.payment.plan": ["account_id", "state"],
        "collection.promise": ["amount", "amount_received", "date_promised"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH owed AS (
                SELECT item.id AS item_id, item.account_id, item.company_id,
                       item.promise_id, item.plan_id, item.delegated,
                       item.amount_residual - COALESCE(item.amount_disputed, 0)
                           AS amount,
                       item.amount_residual_company
                           / NULLIF(item.amount_residual, 0) AS rate,
                       item.date_due,
                       GREATEST(COALESCE(item.date_expected, item.date_due),
                                %(item_today)s) AS date
                  FROM collection_item item
                  JOIN collection_account acc ON acc.id = item.account_id
                 WHERE item.state = 'open' AND acc.insolvency_date IS NULL
                   AND item.amount_residual > COALESCE(item.amount_disputed, 0)
            ), instalment AS (
                SELECT part.id, part.plan_id,
                       GREATEST(part.date, %(plan_today)s) AS date,
                       part.amount - COALESCE(part.amount_received, 0) AS amount,
                       COALESCE(SUM(part.amount - COALESCE(part.amount_received, 0))
                           OVER (PARTITION BY part.plan_id ORDER BY part.date, part.id
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                           AS before
                  FROM collection_payment_instalment part
                  JOIN collection_payment_plan plan ON plan.id = part.plan_id
                 WHERE part.plan_id IN (SELECT plan_id FROM owed)
                   AND part.amount > COALESCE(part.amount_received, 0)
            ), laid AS (
                -- what stands before an item of the same promise or plan
                SELECT owed.*,
                       COALESCE(SUM(amount) OVER (
                           PARTITION BY COALESCE(plan_id, 0), COALESCE(promise_id, 0)
                           ORDER BY date_due, item_id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                           AS before
                  FROM owed
            ), part AS (
                -- each item of a plan meets the instalments that it is paid by
                SELECT laid.*, 'instalment' AS kind, instalment.date AS day,
                       instalment.id AS part_id,
                       LEAST(laid.before + laid.amount,
                             instalment.before + instalment.amount)
                           - GREATEST(laid.before, instalment.before) AS share
                  FROM laid
                  JOIN instalment ON instalment.plan_id = laid.plan_id
                   AND instalment.before < laid.before + laid.amount
                   AND laid.before < instalment.before + instalment.amount
                 UNION ALL
                SELECT laid.*, 'promised',
                       GREATEST(promise.date_promised, %(laid_today)s), 0,
                       LEAST(laid.amount,
                             promise.amount - COALESCE(promise.amount_received, 0)
                                 - laid.before)
                  FROM laid
                  JOIN collection_promise promise ON promise.id = laid.promise_id
                 WHERE laid.plan_id IS NULL AND promise.state = 'open'
                   AND promise.amount - COALESCE(promise.amount_received, 0)
                       > laid.before
            ), forecast AS (
                SELECT * FROM part
                 UNION ALL
                SELECT laid.*, 'expected', laid.date, 0,
                       laid.amount - COALESCE(said.amount, 0)
                  FROM laid
             LEFT JOIN (SELECT item_id, SUM(share) AS amount
                          FROM part GROUP BY item_id) said
                    ON said.item_id = laid.item_id
                 WHERE laid.amount > COALESCE(said.amount, 0)
            )
            SELECT (one.item_id::bigint * 4
                    + CASE one.kind WHEN 'expected' THEN 0 WHEN 'promised' THEN 1
                                    ELSE 2 END) * 1000
                   + one.part_id %% 1000 AS id,
                   one.day AS date, one.kind, one.account_id, one.item_id,
                   CASE WHEN one.kind = 'instalment' THEN one.plan_id END AS plan_id,
                   one.company_id,
                   ROUND(one.share * one.rate / common.rounding) * common.rounding
                       AS amount,
                   acc.segment_id,
                   CASE WHEN one.delegated THEN acc.mandate_id END AS mandate_id
              FROM forecast one
              JOIN collection_account acc ON acc.id = one.account_id
              JOIN res_company company ON company.id = one.company_id
              JOIN res_currency common ON common.id = company.currency_id
            """,
            item_today=company_today_sql(self.env, SQL("item.company_id")),
            laid_today=company_today_sql(self.env, SQL("laid.company_id")),
            plan_today=company_today_sql(self.env, SQL("plan.company_id")),
        )

    def action_open_item(self):
        """Open the invoice that is expected to be paid."""
        self.ensure_one()
        self.check_access("read")
        return self.item_id.action_open_invoice()
