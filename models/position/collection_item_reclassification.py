from odoo import api, models
from odoo.tools import SQL


class CollectionItem(models.Model):
    """What happens to an item whose debt is moved to another account of the ledger.

    Doubtful customers: *Change Account* settles the invoice by an entry, and the debt
    stands on a journal item of that entry. It is the same debt. Its item follows it,
    with its number, dates, level, promise and hand-over, and follows it back when the
    entry is cancelled or reversed.
    """

    _inherit = "collection.item"

    @api.model
    def _follow_reclassification(self, condition):
        """Put items on the journal item on which their debt is open by now.

        :param condition: SQL over the journal items `aml` on which they stand so far,
            and their accounts `acc`
        """
        is_debtor = self.env["account.move.line"]._is_debtor_line
        self.env.cr.execute(
            SQL(
                """
                WITH debt AS (
                    SELECT origin_line_id AS root_id, line_id
                      FROM collection_moved_debt
                     WHERE origin_line_id IS NOT NULL
                     UNION
                    SELECT origin_line_id, origin_line_id
                      FROM collection_moved_debt
                     WHERE origin_line_id IS NOT NULL
                )
                UPDATE collection_item item
                   SET move_line_id = there.line_id
                  FROM (SELECT DISTINCT ON (ci.id) ci.id AS item_id, next.id AS line_id
                          FROM debt
                          JOIN account_move_line aml ON aml.id = debt.line_id
                          JOIN account_account aa ON aa.id = aml.account_id
                          JOIN collection_item ci ON ci.move_line_id = aml.id
                          JOIN collection_account acc ON acc.id = ci.account_id
                          JOIN debt other ON other.root_id = debt.root_id
                          JOIN account_move_line next ON next.id = other.line_id
                           AND next.parent_state = 'posted' AND next.balance > 0
                           AND next.reconciled IS NOT TRUE
                          JOIN account_account there ON there.id = next.account_id
                           AND %(next_is_debtor)s
                         WHERE %(condition)s
                           AND (aml.parent_state <> 'posted' OR aml.reconciled
                                OR NOT %(is_debtor)s)
                           AND NOT EXISTS (
                                SELECT 1 FROM collection_item taken
                                 WHERE taken.move_line_id = next.id)
                      ORDER BY ci.id, next.id DESC) there
                 WHERE item.id = there.item_id
                """,
                condition=condition,
                is_debtor=is_debtor(SQL("aml"), SQL("aa")),
                next_is_debtor=is_debtor(SQL("next"), SQL("there")),
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_model(["move_line_id"], flush=False)

    @api.model
    def _is_own_debt(self):
        """SQL: whether the journal item `aml` may become an item of its own.

        One from which the debt was moved has its item where the debt stands.
        """
        return SQL(
            """(aml.reconciled IS NOT TRUE OR NOT EXISTS (
                    SELECT 1 FROM collection_moved_debt debt
                     WHERE aml.id IN (debt.line_id, debt.origin_line_id))
                OR EXISTS (SELECT 1 FROM collection_item own
                            WHERE own.move_line_id = aml.id))"""
        )
