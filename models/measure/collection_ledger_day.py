from odoo import api, models
from odoo.tools import SQL


class CollectionLedgerDay(models.AbstractModel):
    """What customers owed on a day, past or present, as the ledger has it by now.

    What is open on a day is what is open today, plus whatever was matched with it by
    entries that are dated later. Each due date stands by itself, in its own currency
    and in the company's; credits are rows of their own. Matches never leave an account:
    the rows add up to the balance of the accounts on that day, to the cent; of some
    customers, or of one company among branches, to the balance less what is matched
    with others.
    """

    _name = "collection.ledger.day"
    _description = "Ledger on a Day"

    @api.model
    def _open_query(self, day, condition=None, before=None):
        """SQL of what was open on `day` on the accounts on which customers owe.

        :param condition: SQL over the alias `aml`, journal items; None: all of them
        :param before: an earlier day; what was open on either of them comes
        :return: query of `move_line_id`, `root_id` (the first line of a debt that was
            moved), `move_id` (the invoice, also of such a debt), `ledger_account_id`,
            `company_id`, `partner_id` (the customer; none where the ledger names
            nobody), `currency_id`, `date`, `date_due`, `credit` (whether in the
            customer's favour), `followed` (False: on an account that debts are moved
            to, without being one), `amount` (currency of the journal item),
            `amount_company` and `company_before` (company currency, on the earlier
            day), negative of credits
        """
        before = before or day
        parts = SQL(
            """
            SELECT debit_move_id AS line_id, max_date > %(day)s AS later,
                   debit_amount_currency AS amount, amount AS amount_company
              FROM account_partial_reconcile WHERE max_date > %(before)s
         UNION ALL
            SELECT credit_move_id, max_date > %(day)s,
                   -credit_amount_currency, -amount
              FROM account_partial_reconcile WHERE max_date > %(before)s
            """,
            day=day,
            before=before,
        )
        sums = SQL(
            """
            COALESCE(SUM(part.amount) FILTER (WHERE part.later), 0) AS amount,
            COALESCE(SUM(part.amount_company) FILTER (WHERE part.later), 0)
                AS amount_company,
            SUM(part.amount_company) AS company_before
            """
        )
        # what is open today by the ledger's own index, what was open then by its
        # later matches: two ways, so that the planner knows how many rows there are
        return SQL(
            """
            SELECT line.id AS move_line_id,
                   COALESCE(moved.origin_line_id, line.id) AS root_id,
                   COALESCE(origin.move_id, line.move_id) AS move_id,
                   line.account_id AS ledger_account_id, line.company_id,
                   partner.commercial_partner_id AS partner_id, line.currency_id,
                   COALESCE(origin.date, line.date) AS date,
                   COALESCE(line.date_maturity, line.date) AS date_due,
                   line.balance < 0 OR (line.balance = 0 AND line.amount_currency < 0)
                       AS credit,
                   %(is_debtor)s AS followed,
                   line.amount_residual_currency + line.later_amount AS amount,
                   line.amount_residual + line.later_company AS amount_company,
                   CASE WHEN line.date <= %(before)s
                        THEN line.amount_residual + line.later_before ELSE 0 END
                       AS company_before
              FROM (SELECT aml.*, COALESCE(later.amount, 0) AS later_amount,
                           COALESCE(later.amount_company, 0) AS later_company,
                           COALESCE(later.company_before, 0) AS later_before
                      FROM (SELECT aml.* FROM account_move_line aml
                             WHERE aml.reconciled IS NOT TRUE AND %(wanted)s
                            -- the index on open lines before that on dates
                            OFFSET 0) aml
                 LEFT JOIN (SELECT part.line_id, %(sums)s
                              FROM (%(parts)s) part
                          GROUP BY part.line_id) later ON later.line_id = aml.id
                     WHERE aml.date <= %(day)s
                 UNION ALL
                    SELECT aml.*, %(sums)s
                      FROM (%(parts)s) part
                      JOIN account_move_line aml ON aml.id = part.line_id
                     WHERE aml.reconciled AND %(wanted)s AND aml.date <= %(day)s
                  GROUP BY aml.id) line
              JOIN account_account aa ON aa.id = line.account_id
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN collection_moved_debt moved ON moved.line_id = line.id
         LEFT JOIN account_move_line origin ON origin.id = moved.origin_line_id
             WHERE line.amount_residual_currency + line.later_amount <> 0
                OR line.amount_residual + line.later_company <> 0
                OR (line.date <= %(before)s
                    AND line.amount_residual + line.later_before <> 0)
            """,
            day=day,
            before=before,
            parts=parts,
            sums=sums,
            wanted=SQL(
                "aml.account_id = ANY (ARRAY(%s)) AND aml.parent_state = 'posted'"
                " AND %s",
                self.env["account.account"]._get_debtor_accounts(),
                condition or SQL("TRUE"),
            ),
            is_debtor=self.env["account.move.line"]._is_debtor_line(
                SQL("line"), SQL("aa")
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
    def _crossed_query(self, day, inside):
        """SQL of what was matched by `day` across the border of some journal items.

        A payment to the head office settles the invoice of a branch, one of a customer
        that of another: each side's balance stays what it is.

        :param inside: function of an alias of journal items, SQL: whether they are ours
        :return: query of `ledger_account_id`, `amount`: what our credits settle of
            others', less what others' credits settle of ours
        """
        return SQL(
            """
            SELECT ledger_account_id, SUM(amount) AS amount
              FROM (SELECT ours.account_id AS ledger_account_id, -part.amount AS amount
                      FROM account_move_line ours
                      JOIN account_partial_reconcile part
                        ON part.debit_move_id = ours.id
                      JOIN account_move_line theirs ON theirs.id = part.credit_move_id
                     WHERE part.max_date <= %(day)s AND %(ours)s
                       AND (%(theirs)s) IS NOT TRUE
                 UNION ALL
                    SELECT ours.account_id, part.amount
                      FROM account_move_line ours
                      JOIN account_partial_reconcile part
                        ON part.credit_move_id = ours.id
                      JOIN account_move_line theirs ON theirs.id = part.debit_move_id
                     WHERE part.max_date <= %(day)s AND %(ours)s
                       AND (%(theirs)s) IS NOT TRUE) crossed
          GROUP BY ledger_account_id
            """,
            day=day,
            ours=SQL(
                "ours.account_id = ANY (ARRAY(%s)) AND %s",
                self.env["account.account"]._get_debtor_accounts(),
                inside(SQL("ours")),
            ),
            theirs=inside(SQL("theirs")),
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
