from odoo import api, models
from odoo.tools import SQL


class CollectionLedgerDay(models.AbstractModel):
    """What customers owed on a day, past or present, as the ledger has it by now.

    What is open on a day is what is open today, plus whatever was matched with it by
    entries that are dated later. Each due date stands by itself, in its own currency and
    in the company's; credits are rows of their own. Matches never leave an account, so
    that the rows add up to the balance of the accounts on that day, to the cent.
    """

    _name = "collection.ledger.day"
    _description = "Ledger on a Day"

    @api.model
    def _open_query(self, day, condition=None):
        """SQL of what was open on `day` on the accounts on which customers owe.

        :param condition: SQL over the alias `aml`, journal items; None: all of them
        :return: query of `move_line_id`, `move_id` (the invoice, also of a debt that was
            moved), `ledger_account_id`, `company_id`, `partner_id` (the customer; none
            where the ledger names nobody), `currency_id`, `date`, `date_due`, `credit`
            (whether in the customer's favour), `followed` (False: on an account that
            debts are moved to, without being one), `amount` (currency of the journal
            item) and `amount_company`, negative of credits
        """
        return SQL(
            """
            WITH later AS MATERIALIZED (
                SELECT line_id, SUM(amount) AS amount, SUM(amount_company)
                       AS amount_company
                  FROM (SELECT debit_move_id AS line_id,
                               debit_amount_currency AS amount, amount AS amount_company
                          FROM account_partial_reconcile WHERE max_date > %(day)s
                     UNION ALL
                        SELECT credit_move_id, -credit_amount_currency, -amount
                          FROM account_partial_reconcile WHERE max_date > %(day)s) part
              GROUP BY line_id
            ), open_line AS (
                SELECT aml.id AS move_line_id, 0 AS amount, 0 AS amount_company
                  FROM account_move_line aml
                 WHERE aml.account_id = ANY (ARRAY(%(accounts)s))
                   AND aml.reconciled IS NOT TRUE AND aml.parent_state = 'posted'
                   AND aml.date <= %(day)s AND %(condition)s
             UNION ALL
                SELECT later.line_id, later.amount, later.amount_company FROM later
            ), residual AS (
                SELECT move_line_id, SUM(amount) AS amount,
                       SUM(amount_company) AS amount_company
                  FROM open_line
              GROUP BY move_line_id
            )
            SELECT aml.id AS move_line_id,
                   COALESCE(origin.move_id, aml.move_id) AS move_id,
                   aml.account_id AS ledger_account_id, aml.company_id,
                   partner.commercial_partner_id AS partner_id, aml.currency_id,
                   COALESCE(origin.date, aml.date) AS date,
                   COALESCE(aml.date_maturity, aml.date) AS date_due,
                   aml.balance < 0 OR (aml.balance = 0 AND aml.amount_currency < 0)
                       AS credit,
                   %(is_debtor)s AS followed,
                   aml.amount_residual_currency + residual.amount AS amount,
                   aml.amount_residual + residual.amount_company AS amount_company
              FROM residual
              JOIN account_move_line aml ON aml.id = residual.move_line_id
              JOIN account_account aa ON aa.id = aml.account_id
         LEFT JOIN res_partner partner ON partner.id = aml.partner_id
         LEFT JOIN collection_moved_debt moved ON moved.line_id = aml.id
         LEFT JOIN account_move_line origin ON origin.id = moved.origin_line_id
             WHERE aml.account_id = ANY (ARRAY(%(accounts)s))
               AND aml.parent_state = 'posted' AND aml.date <= %(day)s
               AND %(condition)s
               AND (aml.amount_residual_currency + residual.amount <> 0
                    OR aml.amount_residual + residual.amount_company <> 0)
            """,
            day=day,
            condition=condition or SQL("TRUE"),
            accounts=self.env["account.account"]._get_debtor_accounts(),
            is_debtor=self.env["account.move.line"]._is_debtor_line(
                SQL("aml"), SQL("aa")
            ),
        )

    @api.model
    def _balance_query(self, day, condition):
        """SQL of the balance on `day` of the accounts on which customers owe.

        Nothing of ours and no match goes into it: it is what the general ledger says.

        :param condition: SQL over the alias `aml`, journal items
        :return: query of `ledger_account_id`, `balance`
        """
        return SQL(
            """
            SELECT aml.account_id AS ledger_account_id, SUM(aml.balance) AS balance
              FROM account_move_line aml
             WHERE aml.account_id = ANY (ARRAY(%(accounts)s))
               AND aml.parent_state = 'posted' AND aml.date <= %(day)s
               AND %(condition)s
          GROUP BY aml.account_id
            """,
            day=day,
            condition=condition,
            accounts=self.env["account.account"]._get_debtor_accounts(),
        )

    @api.model
    def _flush_for_ledger_day(self):
        """Write down what the queries above read."""
        self.env["account.account"].flush_model(["account_type", "collection_scope"])
        self.env["account.move.line"].flush_model(
            [
                "account_id",
                "amount_currency",
                "amount_residual",
                "amount_residual_currency",
                "balance",
                "company_id",
                "currency_id",
                "date",
                "date_maturity",
                "move_id",
                "parent_state",
                "partner_id",
                "reconciled",
            ]
        )
        self.env["account.partial.reconcile"].flush_model()
        self.env["collection.moved.debt"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
