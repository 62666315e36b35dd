from odoo import api, models
from odoo.tools import SQL

#: what can settle an item
KINDS = (
    "money",
    "credit_note",
    "write_off",
    "discount",
    "exchange",
    "compensation",
)
#: what the company gave up or took back of its claim, whoever asked for it
GRANTED_KINDS = ("credit_note", "write_off", "discount")
#: what was never owed, or need not be paid, by the contract itself: a promise or a plan
#: over it asks for that much less. A write-off or a set-off keeps no promise
LESSENING_KINDS = ("credit_note", "discount")
#: journals in which money is written down
MONEY_JOURNALS = ("bank", "cash", "credit")


class CollectionReceiptSource(models.AbstractModel):
    """What settled an item, on which day, and by what.

    The one source of every figure about money. All of it is read from the ledger
    whenever it is asked for: an item is settled by the credits matched with it, and
    what a credit consists of is told by the other lines of its entry. A payment with a
    write-off ("mark as fully paid") is money for the part that went to the bank and a
    write-off for the rest; so is whatever else one entry mixes.

    Kinds:

    - `money`: on a bank, cash or card account, or on the account where a payment waits
      for its bank statement. Dated on the day of the bank where its statement is there,
      else on the day of the entry;
    - `credit_note`: a credit note, an entry that takes turnover back, the reversal of
      the claim;
    - `discount`: early-payment discount, when paid by the last day for it; given later
      it is a write-off;
    - `exchange`: exchange difference;
    - `compensation`: set off against a debt to the customer, or moved to another
      receivable;
    - `write_off`: everything else.

    A debt that was moved to another account of the ledger (`collection.moved.debt`) is
    settled by what was matched with it there and before; that it was moved settles
    nothing.

    A payment that is unmatched, reset to draft or cancelled settles nothing any more.
    Money that goes back by an entry of its own (a bounced direct debit, a refund) is an
    item of its own; on its day `_returned_query` has it with a negative amount, and
    whatever is matched with that item settles it like any other.
    """

    _name = "collection.receipt.source"
    _description = "What Settled an Item"

    # ------------------------------------------------------------------
    # What settled the items
    # ------------------------------------------------------------------

    @api.model
    def _settled_query(self, condition=None):
        """SQL of what settled the items of `condition`.

        The amounts of an item add up to its total less its residual, in its currency
        and in the company's. Where an entry is of several kinds, each match gets its
        part of each kind; parts are rounded such that they add up to the match, and
        over all matches of the entry to what the entry says of that kind.

        :param condition: SQL over the alias `item` (`collection_item`); None: all items
        :return: query of `item_id`, `account_id`, `company_id`, `currency_id`,
            `move_line_id` (the credit), `partial_id`, `matched_on` (moment of the
            match), `date`, `kind`, `amount` (item currency), `amount_company`
        """
        return SQL(
            """
            WITH matched AS MATERIALIZED (
                SELECT item.id AS item_id, item.account_id, item.company_id,
                       item.currency_id, item.move_line_id AS debit_id, %(matches)s
                  FROM collection_item item
                  JOIN account_partial_reconcile part
                    ON part.debit_move_id = item.move_line_id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                 WHERE %(condition)s
                 UNION ALL
                -- what was paid while the debt stood on another account
                SELECT item.item_id, item.account_id, item.company_id,
                       item.currency_id, item.line_id, %(matches)s
                  FROM (%(former)s) item
                  JOIN account_partial_reconcile part
                    ON part.debit_move_id = item.line_id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                 WHERE NOT %(moves_only)s
            ),
            entry AS MATERIALIZED (%(entries)s),
            share AS (%(shares)s),
            bank AS (%(bank_days)s),
            cut AS (
                SELECT matched.*, COALESCE(share.kind, 'exchange') AS kind,
                       share.parts, share.position,
                       CASE WHEN share.kind = 'money' THEN bank.date END AS date_bank,
                       CASE WHEN agreed.total_company = share.balance
                            THEN COALESCE(agreed.amount_company, 0)
                            ELSE %(part_company)s END AS part_company,
                       CASE WHEN agreed.total_company = share.balance
                            THEN COALESCE(agreed.amount, 0)
                            ELSE %(part)s END AS part
                  FROM matched
                  JOIN res_company company ON company.id = matched.company_id
                  JOIN res_currency own ON own.id = matched.currency_id
                  JOIN res_currency common ON common.id = company.currency_id
             LEFT JOIN share ON share.move_id = matched.move_id
             LEFT JOIN bank ON bank.move_id = matched.move_id
                  -- what of the entry was used up before: only where there is
                  -- something to divide
             LEFT JOIN LATERAL (
                        SELECT COALESCE(SUM(-line.balance), 0) AS amount_company,
                               COALESCE(SUM(-line.amount_currency), 0) AS amount
                          FROM account_move_line line
                          JOIN account_account aa ON aa.id = line.account_id
                         WHERE share.parts > 1
                           AND line.move_id = matched.move_id
                           AND line.id < matched.credit_id
                           AND %(is_debtor)s
                           AND line.balance < 0) other ON TRUE
             LEFT JOIN LATERAL (
                        SELECT COALESCE(SUM(part.amount), 0) AS amount_company,
                               COALESCE(SUM(part.credit_amount_currency), 0) AS amount
                          FROM account_partial_reconcile part
                         WHERE share.parts > 1
                           AND part.credit_move_id = matched.credit_id
                           AND part.id < matched.partial_id) earlier ON TRUE
                  -- discounts belong to the invoices that grant them, where an entry
                  -- that is money otherwise also pays others
             LEFT JOIN LATERAL (
                        SELECT SUM(debit.balance - debit.discount_balance)
                                   AS total_company,
                               SUM(debit.balance - debit.discount_balance)
                                   FILTER (WHERE part.id = matched.partial_id)
                                   AS amount_company,
                               SUM(debit.amount_currency
                                   - debit.discount_amount_currency)
                                   FILTER (WHERE part.id = matched.partial_id)
                                   AS amount
                          FROM account_move_line credit
                          JOIN account_partial_reconcile part
                            ON part.credit_move_id = credit.id
                          JOIN account_move_line debit ON debit.id = part.debit_move_id
                         WHERE share.kind = 'discount' AND share.parts = 2
                           AND credit.move_id = matched.move_id
                           AND debit.discount_date >= matched.date) agreed ON TRUE
            ),
            laid AS (
                SELECT cut.*,
                       -- the largest part takes what is left by rounding
                       CASE WHEN position < parts THEN part_company
                            ELSE amount_company + part_company
                                 - SUM(part_company) OVER (PARTITION BY partial_id)
                       END AS laid_company,
                       CASE WHEN position < parts THEN part
                            ELSE amount + part
                                 - SUM(part) OVER (PARTITION BY partial_id)
                       END AS laid
                  FROM cut
            )
            SELECT item_id, account_id, company_id, currency_id,
                   credit_id AS move_line_id, partial_id, matched_on,
                   COALESCE(date_bank, date) AS date,
                   CASE WHEN kind = 'discount'
                             AND COALESCE((SELECT laid.date > debit.discount_date
                                             FROM account_move_line debit
                                            WHERE debit.id = laid.debit_id), TRUE)
                        THEN 'write_off' ELSE kind END AS kind,
                   laid AS amount, laid_company AS amount_company
              FROM laid
             WHERE laid <> 0 OR laid_company <> 0
            """,
            condition=condition or SQL("TRUE"),
            matches=SQL(
                """part.id AS partial_id, part.create_date AS matched_on,
                   part.amount AS amount_company,
                   part.debit_amount_currency AS amount,
                   part.credit_amount_currency AS credit_amount,
                   credit.id AS credit_id, credit.move_id, credit.date,
                   credit.currency_id = item.currency_id AS same_currency"""
            ),
            former=self._former_debts_query(condition or SQL("TRUE")),
            moves_only=self._moves_debts_only(SQL("credit")),
            shares=self._shares_query(),
            is_debtor=self._is_debtor_line(),
            part_company=self._part_sql(
                SQL("common"),
                SQL("share.ratio_company"),
                SQL("other.amount_company + earlier.amount_company"),
                SQL("matched.amount_company"),
            ),
            part=SQL(
                "CASE WHEN matched.same_currency THEN %s ELSE %s END",
                self._part_sql(
                    SQL("own"),
                    SQL("share.ratio"),
                    SQL("other.amount + earlier.amount"),
                    SQL("matched.credit_amount"),
                ),
                self._part_sql(
                    SQL("own"), SQL("share.ratio"), SQL("0"), SQL("matched.amount")
                ),
            ),
            entries=self._entries_query(SQL("SELECT move_id FROM matched")),
            bank_days=self._bank_days_query(),
        )

    @api.model
    def _former_debts_query(self, condition):
        """SQL of the journal items on which the debts of items stood before.

        :param condition: SQL over the alias `item` (`collection_item`)
        :return: query of `item_id`, `account_id`, `company_id`, `currency_id`,
            `line_id`
        """
        return SQL(
            """
            SELECT item.id AS item_id, item.account_id, item.company_id,
                   item.currency_id, other.line_id
              FROM (SELECT line_id, origin_line_id FROM collection_moved_debt
                     UNION
                    SELECT origin_line_id, origin_line_id
                      FROM collection_moved_debt) debt
              JOIN collection_item item ON item.move_line_id = debt.line_id
              JOIN (SELECT line_id, origin_line_id FROM collection_moved_debt
                     UNION
                    SELECT origin_line_id, origin_line_id
                      FROM collection_moved_debt) other
                ON other.origin_line_id = debt.origin_line_id
               AND other.line_id <> debt.line_id
             WHERE %s
            """,
            condition,
        )

    @api.model
    def _moves_debts_only(self, credit):
        """SQL: whether the journal item `credit` is of an entry that moved a debt to
        another account, or brought it back: nothing is settled by it."""
        return SQL(
            """EXISTS (
                SELECT 1 FROM collection_moved_debt moved
                  JOIN account_move_line there ON there.id = moved.line_id
                  JOIN account_move own ON own.id = %s.move_id
                 WHERE there.move_id IN (own.id, own.reversed_entry_id))""",
            credit,
        )

    @api.model
    def _is_debtor_line(self):
        """SQL: whether `line` with its account `aa` stands on a customer's account."""
        return self.env["account.move.line"]._is_debtor_line(SQL("line"), SQL("aa"))

    @api.model
    def _part_sql(self, currency, ratio, start, length):
        """SQL: the share `ratio` of what lies `length` behind `start`, rounded.

        Rounded are the two ends: the parts of consecutive stretches add up to the part
        of the whole.
        """
        return SQL(
            """CASE WHEN share.parts > 1
                    THEN (ROUND((%(start)s + %(length)s) * %(ratio)s
                                / %(currency)s.rounding)
                          - ROUND((%(start)s) * %(ratio)s / %(currency)s.rounding))
                         * %(currency)s.rounding
                    ELSE %(length)s END""",
            currency=currency,
            ratio=ratio,
            start=start,
            length=length,
        )

    @api.model
    def _bank_days_query(self):
        """SQL: day of the bank statement that has the money of the payments of `entry`.

        :return: query of `move_id`, `date`
        """
        return SQL(
            """
            SELECT waiting.move_id, MAX(bank.date) AS date
              FROM entry
              JOIN account_move_line waiting ON waiting.move_id = entry.move_id
              JOIN account_account aa ON aa.id = waiting.account_id
               AND aa.account_type <> 'asset_receivable' AND aa.reconcile
              JOIN account_partial_reconcile part ON part.debit_move_id = waiting.id
              JOIN account_move_line bank ON bank.id = part.credit_move_id
              JOIN account_move statement ON statement.id = bank.move_id
             WHERE entry.payment_id IS NOT NULL
               AND statement.statement_line_id IS NOT NULL
          GROUP BY waiting.move_id
            """
        )

    # ------------------------------------------------------------------
    # What an entry consists of
    # ------------------------------------------------------------------

    @api.model
    def _entries_query(self, move_ids):
        """SQL of the moves `move_ids` (a query), as the others call them `entry`."""
        return SQL(
            """
            SELECT move.id AS move_id, move.move_type, move.journal_id, move.company_id,
                   move.origin_payment_id AS payment_id, move.reversed_entry_id
              FROM account_move move
             WHERE move.id IN (%s)
            """,
            move_ids,
        )

    @api.model
    def _shares_query(self, returned=False):
        """SQL of what the moves of `entry` (`move_id`) consist of, customers apart.

        :param returned: of moves that debit the customer with what they give back,
            instead of those that credit it
        :return: query of `move_id`, `kind`, `balance` (of an entry), `ratio_company`,
            `ratio` (shares of the whole in the company's and in the entry's currency,
            which may differ by their rounding), `parts` (how many kinds) and
            `position` (among these, the largest last)
        """
        return SQL(
            """
            SELECT move_id, kind, balance,
                   balance / total AS ratio_company,
                   CASE WHEN one_currency AND total_currency <> 0
                        THEN amount_currency / total_currency
                        ELSE balance / total END AS ratio,
                   COUNT(*) OVER of_move AS parts,
                   ROW_NUMBER() OVER (
                       PARTITION BY move_id ORDER BY ABS(balance), kind) AS position
              FROM (SELECT line.move_id, line_kind.kind,
                           SUM(line.balance) AS balance,
                           SUM(line.amount_currency) AS amount_currency,
                           SUM(SUM(line.balance)) OVER of_move AS total,
                           SUM(SUM(line.amount_currency)) OVER of_move
                               AS total_currency,
                           MIN(MIN(line.currency_id)) OVER of_move
                               = MAX(MAX(line.currency_id)) OVER of_move
                               AS one_currency
                      FROM entry
                      JOIN account_move_line line ON line.move_id = entry.move_id
                      JOIN account_account aa ON aa.id = line.account_id
                      JOIN account_journal journal ON journal.id = entry.journal_id
                      JOIN res_company company ON company.id = entry.company_id
                 LEFT JOIN account_payment payment ON payment.id = entry.payment_id
                CROSS JOIN LATERAL (SELECT %(kind)s AS kind) line_kind
                     WHERE entry.move_type = 'entry'
                       AND NOT (%(is_debtor)s
                                AND %(sign)s * line.balance <= 0
                                AND line.account_id
                                    IS DISTINCT FROM payment.outstanding_account_id)
                  GROUP BY line.move_id, line_kind.kind
                    WINDOW of_move AS (PARTITION BY line.move_id)) counterpart
             WHERE total <> 0 AND balance <> 0
            WINDOW of_move AS (PARTITION BY move_id)
             UNION ALL
            SELECT move_id,
                   CASE WHEN move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                        THEN 'credit_note' ELSE 'compensation' END,
                   0, 1, 1, 1, 1
              FROM entry
             WHERE move_type <> 'entry'
            """,
            kind=self._kind_sql(returned),
            is_debtor=self._is_debtor_line(),
            sign=SQL("-1") if returned else SQL("1"),
        )

    @api.model
    def _kind_sql(self, returned=False):
        """SQL: of which kind the counterpart `line` of a customer's account is.

        Aliases: `line` and its account `aa`, `entry`, `journal`, `company`, `payment`
        (where the entry is that of a payment).
        """
        return SQL(
            """
            CASE
                WHEN entry.journal_id = company.currency_exchange_journal_id
                     OR line.account_id IN (
                            company.income_currency_exchange_account_id,
                            company.expense_currency_exchange_account_id)
                THEN 'exchange'
                WHEN aa.account_type IN ('asset_cash', 'liability_credit_card')
                     OR line.account_id IN (
                            journal.default_account_id, journal.suspense_account_id,
                            payment.outstanding_account_id)
                THEN 'money'
                WHEN line.account_id IN (
                        company.account_journal_early_pay_discount_loss_account_id,
                        company.account_journal_early_pay_discount_gain_account_id)
                THEN 'discount'
                -- the discount may lower the tax, which is then a line of its own
                WHEN line.tax_line_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM account_move_line discount
                         WHERE discount.move_id = line.move_id
                           AND discount.account_id IN (
                        company.account_journal_early_pay_discount_loss_account_id,
                        company.account_journal_early_pay_discount_gain_account_id))
                THEN 'discount'
                WHEN %(is_debtor)s OR aa.account_type = 'liability_payable'
                THEN 'compensation'
                -- accounts where money waits, as they were set when it was booked
                WHEN (journal.type IN %(money_journals)s
                      AND aa.account_type IN ('asset_current', 'liability_current')
                      AND line.tax_line_id IS NULL)
                     OR line.account_id IN (
                        SELECT method.payment_account_id
                          FROM account_payment_method_line method
                         WHERE method.payment_account_id IS NOT NULL)
                THEN 'money'
                -- advances of customers and the like; the tax of a bad debt is none
                WHEN aa.account_type = 'liability_current' AND aa.reconcile
                     AND line.tax_line_id IS NULL
                THEN 'compensation'
                WHEN %(credits)s THEN 'credit_note'
                ELSE 'write_off'
            END
            """,
            money_journals=MONEY_JOURNALS,
            is_debtor=self._is_debtor_line(),
            # turnover taken back; what a payment leaves open is written off, on
            # whatever account
            credits=SQL("FALSE")
            if returned
            else SQL(
                """(entry.payment_id IS NULL
                    AND (journal.type = 'sale' OR entry.reversed_entry_id IS NOT NULL
                         OR (aa.account_type = 'income' AND line.balance > 0)))"""
            ),
        )

    # ------------------------------------------------------------------
    # What went back, and what is only announced
    # ------------------------------------------------------------------

    @api.model
    def _returned_query(self, condition=None):
        """SQL of what was given back to customers by an entry, on its own day.

        A bounced payment or a refund debits the customer with money; the reversal of a
        write-off or of a credit note takes that back. The entry is an item, open until
        it is matched. Its rows have the columns of `_settled_query`, with negative
        amounts: in a figure of money received they stand beside what was received.

        :param condition: SQL over the alias `item` (`collection_item`); None: all items
        """
        return SQL(
            """
            WITH given_back AS MATERIALIZED (
                SELECT item.id AS item_id, item.account_id, item.company_id,
                       item.currency_id, item.move_line_id, item.move_id, line.date,
                       line.create_date AS matched_on, line.balance AS amount_company,
                       line.amount_currency AS amount, move.reversed_entry_id
                  FROM collection_item item
                  JOIN account_move_line line ON line.id = item.move_line_id
                   AND line.parent_state = 'posted'
                  JOIN account_move move ON move.id = item.move_id
                  JOIN account_journal journal ON journal.id = move.journal_id
                  JOIN res_company company ON company.id = move.company_id
                 WHERE %(condition)s
                   AND (move.move_type = 'entry' OR move.reversed_entry_id IS NOT NULL)
            ),
            entry AS MATERIALIZED (%(entries)s),
            share AS (%(shares)s)
            SELECT back.item_id, back.account_id, back.company_id, back.currency_id,
                   back.move_line_id, NULL::int AS partial_id, back.matched_on,
                   back.date, share.kind,
                   -ROUND(back.amount * share.ratio / own.rounding) * own.rounding
                       AS amount,
                   -ROUND(back.amount_company * share.ratio_company / common.rounding)
                        * common.rounding AS amount_company
              FROM given_back back
              JOIN share ON share.move_id = back.move_id
              JOIN res_company company ON company.id = back.company_id
              JOIN res_currency own ON own.id = back.currency_id
              JOIN res_currency common ON common.id = company.currency_id
             WHERE share.kind IN ('money', 'exchange')
                OR (back.reversed_entry_id IS NOT NULL
                    AND share.kind <> 'compensation')
            """,
            condition=condition or SQL("TRUE"),
            entries=self._entries_query(SQL("SELECT move_id FROM given_back")),
            shares=self._shares_query(returned=True),
        )

    @api.model
    def _announced_query(self, condition=None):
        """SQL of registered payments without an entry that wait for the bank.

        They settle nothing in the ledger (`in_payment`). What is paid goes to the items
        of the invoices in the order of their due dates, as far as these are open.

        :param condition: SQL over the alias `item` (`collection_item`); None: all items
        :return: query of `item_id`, `account_id`, `company_id`, `currency_id`,
            `payment_id`, `date`, `amount` (item currency; payments in another currency
            stand with none)
        """
        return SQL(
            """
            WITH registered AS (
                SELECT item.id AS item_id, item.account_id, item.company_id,
                       item.currency_id, payment.id AS payment_id, payment.date,
                       CASE WHEN payment.currency_id = item.currency_id
                            THEN payment.amount END AS paid,
                       item.amount_residual,
                       COALESCE(SUM(item.amount_residual) OVER (
                           PARTITION BY payment.id ORDER BY item.date_due, item.id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                           AS items_before,
                       item.state, %(condition)s AS wanted
                  FROM collection_item item
                  JOIN account_move__account_payment link
                    ON link.invoice_id = item.move_id
                  JOIN account_payment payment ON payment.id = link.payment_id
                   AND payment.move_id IS NULL
                   AND payment.state IN ('in_process', 'paid')
                   AND payment.payment_type = 'inbound'
                 WHERE item.state = 'open'
            )
            SELECT item_id, account_id, company_id, currency_id, payment_id, date,
                   LEAST(paid - items_before, amount_residual) AS amount
              FROM registered
             WHERE wanted AND (paid > items_before OR paid IS NULL)
            """,
            condition=condition or SQL("TRUE"),
        )

    # ------------------------------------------------------------------
    # Proof
    # ------------------------------------------------------------------

    @api.model
    def _get_differences(self, account_ids=None):
        """Items that are not settled by what is said to have settled them.

        For every posted item, what settled it is its total less its residual, to the
        cent, in its currency and in the company's; and what of it was no longer open
        before it was moved to another account.

        :param account_ids: ids of the accounts; None: all of them
        :return: list of (item id, difference, difference in company currency)
        """
        self._flush_for_receipts()
        condition = self.env["collection.item"]._among(
            SQL("item.account_id"), account_ids
        )
        return self.env.execute_query(
            SQL(
                """
                WITH settled AS (
                    SELECT item_id, SUM(amount) AS amount,
                           SUM(amount_company) AS amount_company
                      FROM (%(settled)s) one
                  GROUP BY item_id
                ), before AS (
                    SELECT former.item_id,
                           SUM(line.amount_currency - line.amount_residual_currency
                               - COALESCE(moved.amount, 0)) AS amount,
                           SUM(line.balance - line.amount_residual
                               - COALESCE(moved.amount_company, 0)) AS amount_company
                      FROM (%(former)s) former
                      JOIN account_move_line line ON line.id = former.line_id
                 LEFT JOIN LATERAL (
                            SELECT SUM(part.debit_amount_currency) AS amount,
                                   SUM(part.amount) AS amount_company
                              FROM account_partial_reconcile part
                              JOIN account_move_line credit
                                ON credit.id = part.credit_move_id
                             WHERE part.debit_move_id = line.id
                               AND %(moves_only)s) moved ON TRUE
                  GROUP BY former.item_id
                )
                SELECT * FROM (
                    SELECT item.id,
                           line.amount_currency - line.amount_residual_currency
                               + COALESCE(before.amount, 0)
                               - COALESCE(settled.amount, 0) AS difference,
                           line.balance - line.amount_residual
                               + COALESCE(before.amount_company, 0)
                               - COALESCE(settled.amount_company, 0)
                               AS difference_company
                      FROM collection_item item
                      JOIN account_move_line line ON line.id = item.move_line_id
                       AND line.parent_state = 'posted'
                      JOIN account_account aa ON aa.id = line.account_id
                       AND %(is_debtor)s
                 LEFT JOIN settled ON settled.item_id = item.id
                 LEFT JOIN before ON before.item_id = item.id
                     WHERE %(condition)s) proof
                 WHERE difference <> 0 OR difference_company <> 0
              ORDER BY id
                """,
                settled=self._settled_query(condition),
                condition=condition,
                former=self._former_debts_query(condition),
                moves_only=self._moves_debts_only(SQL("credit")),
                is_debtor=self._is_debtor_line(),
            )
        )

    @api.model
    def _flush_for_receipts(self):
        """Write down what the queries read and the ORM may still hold."""
        self.env["collection.item"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move"].flush_model(
            [
                "journal_id",
                "move_type",
                "origin_payment_id",
                "reversed_entry_id",
                "statement_line_id",
            ]
        )
        self.env["account.move.line"].flush_model(
            [
                "account_id",
                "amount_currency",
                "balance",
                "currency_id",
                "date",
                "discount_amount_currency",
                "discount_balance",
                "discount_date",
                "move_id",
                "parent_state",
                "tax_line_id",
            ]
        )
        self.env["account.payment"].flush_model(
            ["move_id", "outstanding_account_id", "state"]
        )
        self.env["account.account"].flush_model(
            ["account_type", "collection_scope", "reconcile"]
        )
        self.env["res.company"].flush_model()
