from odoo import api, fields, models
from odoo.tools import SQL

from .collection_first_action_mixin import ACTED

#: where a transaction notes the journal items that were matched at the bank
AT_THE_BANK = "account_collection.at_the_bank"


class CollectionReceiptStale(models.Model):
    """Customers whose receipts are to be worked out again before they are read.

    Whoever moves the ledger only adds rows, by one statement: nobody waits for another
    one, and nothing is looked up. Rows of one customer may stand here several times.
    """

    _name = "collection.receipt.stale"
    _description = "Receipts to Work Out"
    _log_access = False

    # no many2one: a mark keeps no customer from being merged, and checks no key
    account_number = fields.Integer(required=True, readonly=True)

    @api.model
    def _mark(self, account_ids=None):
        """Mark accounts; all of them when `account_ids` is None."""
        if account_ids is None or account_ids:
            self.env.cr.execute(self._get_mark(account_ids))

    @api.model
    def _get_mark(self, account_ids):
        """SQL that marks accounts; all of them when `account_ids` is None."""
        return SQL(
            "INSERT INTO collection_receipt_stale (account_number) %s",
            SQL("SELECT id FROM collection_account")
            if account_ids is None
            else SQL("SELECT unnest(%s::int[])", list(account_ids)),
        )

    @api.model
    def _note_at_the_bank(self, lines):
        """Note journal items matched elsewhere than on a customer's account.

        The statement of a bank that has a payment tells its day, maybe long after the
        payment settled something.
        """
        precommit = self.env.cr.precommit
        if AT_THE_BANK not in precommit.data:
            precommit.data[AT_THE_BANK] = set()
            precommit.add(self._mark_noted_at_the_bank)
        precommit.data[AT_THE_BANK].update(lines.ids)

    @api.model
    def _mark_noted_at_the_bank(self):
        """Mark whom the payments concern that were matched at the bank."""
        line_ids = self.env.cr.precommit.data.pop(AT_THE_BANK, None)
        if not line_ids:
            return
        self.env["account.move"].flush_model(["origin_payment_id"])
        self.env["account.move.line"].flush_model(["move_id"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collection_receipt_stale (account_number)
                SELECT DISTINCT item.account_id
                  FROM account_move_line waiting
                  JOIN account_move move ON move.id = waiting.move_id
                  JOIN account_move_line credit ON credit.move_id = move.id
                  JOIN account_partial_reconcile part
                    ON part.credit_move_id = credit.id
                  JOIN collection_item item ON item.move_line_id = part.debit_move_id
                 WHERE waiting.id = ANY(%s) AND move.origin_payment_id IS NOT NULL
                """,
                list(line_ids),
            )
        )

    @api.model
    def _note_acted(self, name, ids):
        """Note records of a model that may be first actions."""
        precommit = self.env.cr.precommit
        if not ids:
            return
        if ACTED not in precommit.data:
            precommit.data[ACTED] = {}
            precommit.add(self._mark_noted_acted)
        precommit.data[ACTED].setdefault(name, set()).update(ids)

    @api.model
    def _mark_noted_acted(self):
        """Mark on whose items somebody acted."""
        noted = self.env.cr.precommit.data.pop(ACTED, None)
        if noted:
            for name in noted:
                self.env[name].flush_model()
            self._mark_acted(noted)

    @api.model
    def _mark_acted(self, noted):
        """Mark on whose items the records are: {name of the model: ids}."""
        for name, ids in noted.items():
            if ids:
                self.env.cr.execute(
                    SQL(
                        """
                        INSERT INTO collection_receipt_stale (account_number)
                        SELECT DISTINCT account_id FROM (%s) acted
                         WHERE account_id IS NOT NULL
                        """,
                        self.env[name]._get_acted_query(ids),
                    )
                )

    @api.model
    def _take(self, account_ids=None, limit=None):
        """Take marks away, of whom nobody else has in hand.

        :param account_ids: of these accounts; None: of whomever
        :param limit: of so many customers at most
        :return: ids of the accounts
        """
        self._mark_noted_at_the_bank()
        self._mark_noted_acted()
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM collection_receipt_stale mark
                 WHERE %(condition)s
             RETURNING account_number
                """,
                condition=SQL(
                    """account_number IN (
                        SELECT DISTINCT account_number FROM collection_receipt_stale
                      ORDER BY account_number LIMIT %s)""",
                    limit,
                )
                if limit
                else self.env["collection.receipt"]._among(
                    SQL("account_number"), account_ids
                ),
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _is_any(self):
        """Whether somebody's receipts are to be worked out."""
        self._mark_noted_at_the_bank()
        self._mark_noted_acted()
        [[found]] = self.env.execute_query(
            SQL("SELECT EXISTS (SELECT FROM collection_receipt_stale)")
        )
        return found
