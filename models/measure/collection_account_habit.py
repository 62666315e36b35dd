from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Whether the customer has got used to being reminded (« accoutumé »)."""

    _inherit = "collection.account"

    unanswered_reminders = fields.Integer(
        compute="_compute_habit",
        aggregator=None,
        help="Days on which a reminder was sent since the customer last paid anything.",
    )
    promises_broken = fields.Integer(
        string="Broken Promises",
        compute="_compute_habit",
        aggregator=None,
        help="Promises not kept, or in part only, since the customer last paid "
        "anything.",
    )
    accustomed = fields.Boolean(
        string="Accustomed to Reminders",
        compute="_compute_habit",
        search="_search_accustomed",
        help="Something is overdue, and as many reminders and promises as the payer "
        "scale says have passed without any money.",
    )

    def _compute_habit(self):
        known = {
            account_id: row
            for account_id, *row in self._read_habits(
                SQL("acc.id = ANY(%s)", self._origin.ids), self.company_id
            )
        }
        for account in self:
            reminders, promises, hardened = known.get(account._origin.id, (0, 0, False))
            account.unanswered_reminders = reminders
            account.promises_broken = promises
            account.accustomed = hardened and account.amount_overdue > 0

    @api.model
    def _search_accustomed(self, operator, value):
        if operator != "in":
            return NotImplemented
        rows = self._read_habits(SQL("acc.amount_overdue > 0"), self.env.companies)
        accustomed = Domain("id", "in", [row[0] for row in rows if row[3]])
        return accustomed if True in value else ~accustomed

    @api.model
    def _read_habits(self, condition, companies):
        """What `_habit_query` says of today."""
        self._flush_for_habits()
        return self.env.execute_query(
            self._habit_query(
                companies, self.env.company._get_collection_today(), condition
            )
        )

    @api.model
    def _flush_for_habits(self):
        """Write down what the query below reads."""
        self.flush_model()
        self.env["collection.receipt"].flush_model()
        self.env["collection.letter"].flush_model()
        self.env["collection.promise"].flush_model()
        self.env["res.company"].flush_model(["collection_promise_days"])

    @api.model
    def _habit_query(self, companies, day, condition=None):
        """SQL of what customers of `companies` left without money by the end of `day`.

        Counted is what came after the last day on which the customer paid anything on
        any debt, by value date: the days on which a reminder of a policy's ladder was
        sent (and did not come back), and the promises that were not kept, or in part
        only, on the day after their last one.

        :param condition: SQL over the alias `acc` (`collection_account`)
        :return: query of `account_id`, `reminders`, `promises` and `hardened`: whether
            both together reach what the payer scale says
        """
        scales = self.env["collection.payer.scale"]._get_scales(companies)
        sent_on = SQL("COALESCE(letter.date_posted, letter.date)")
        return SQL(
            """
            WITH who AS MATERIALIZED (
                SELECT acc.id, scale.accustomed, paid.date AS paid_on
                  FROM collection_account acc
                  JOIN unnest(%(companies)s::int[], %(accustomed)s::int[])
                       scale(company_id, accustomed)
                    ON scale.company_id = acc.company_id
             LEFT JOIN (SELECT receipt.account_id, MAX(receipt.date) AS date
                          FROM collection_receipt receipt
                          JOIN collection_account acc ON acc.id = receipt.account_id
                         WHERE receipt.date <= %(day)s AND %(is_paid)s AND %(condition)s
                      GROUP BY receipt.account_id) paid ON paid.account_id = acc.id
                 WHERE %(condition)s
            ), reminder AS (
                SELECT who.id, COUNT(DISTINCT %(sent_on)s) AS number
                  FROM who
                  JOIN collection_letter letter ON letter.account_id = who.id
                 WHERE letter.level_id IS NOT NULL AND %(reached)s
                   AND %(sent_on)s <= %(day)s
                   AND (who.paid_on IS NULL OR %(sent_on)s > who.paid_on)
              GROUP BY who.id
            ), promise AS (
                SELECT who.id, COUNT(*) AS number
                  FROM who
                  JOIN collection_promise promise ON promise.account_id = who.id
                  JOIN res_company company ON company.id = promise.company_id
            CROSS JOIN LATERAL (
                        SELECT promise.date_promised + company.collection_promise_days
                               + 1 AS date) broken
                 WHERE promise.state IN ('broken', 'partial')
                   AND broken.date <= %(day)s
                   AND (who.paid_on IS NULL OR broken.date > who.paid_on)
              GROUP BY who.id
            )
            SELECT who.id AS account_id, COALESCE(reminder.number, 0) AS reminders,
                   COALESCE(promise.number, 0) AS promises,
                   who.accustomed > 0
                       AND COALESCE(reminder.number, 0) + COALESCE(promise.number, 0)
                           >= who.accustomed AS hardened
              FROM who
         LEFT JOIN reminder ON reminder.id = who.id
         LEFT JOIN promise ON promise.id = who.id
             WHERE reminder.number > 0 OR promise.number > 0
            """,
            companies=companies.ids,
            accustomed=[scales[company.id].accustomed for company in companies],
            day=day,
            condition=condition or SQL("TRUE"),
            is_paid=self.env["collection.payer.profile"]._paid_condition(),
            reached=self.env["collection.letter"]._reached(),
            sent_on=sent_on,
        )
