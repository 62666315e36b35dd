from odoo import api, models
from odoo.tools import SQL

from ..base.days import company_today_sql


class CollectionItem(models.Model):
    """How much of an item is contested."""

    _inherit = "collection.item"

    def _leave_debtor(self, reason):
        for model in self._get_agreements():
            # sudo: the debtor changed in the ledger, whoever changed it
            model.sudo().search([("item_ids", "in", self.ids)])._lose_items(
                self, reason
            )
        return super()._leave_debtor(reason)

    @api.model
    def _get_agreements(self):
        """The models of what is agreed about items, or contested of them."""
        names = self.env.registry.descendants(
            ["collection.agreement.mixin"], "_inherit"
        )
        return [self.env[name] for name in sorted(names) if self.env[name]._auto]

    def _explain_settlement(self):
        """Why nothing is owed of these items although it was not paid, in words."""
        moves = self.move_id
        cancelled = moves.filtered(lambda move: move.state == "cancel")
        matched = self.move_line_id.matched_credit_ids.credit_move_id.move_id
        credit_notes = matched.filtered(
            lambda move: move.move_type == "out_refund" or move.reversed_entry_id
        )
        reasons = []
        if cancelled:
            reasons.append(
                self.env._(
                    "%(invoices)s cancelled",
                    invoices=", ".join(cancelled.mapped("display_name")),
                )
            )
        if credit_notes:
            reasons.append(
                self.env._(
                    "credited by %(credit_notes)s",
                    credit_notes=", ".join(credit_notes.mapped("display_name")),
                )
            )
        return "; ".join(reasons) or self.env._("nothing is owed any more")

    def _get_uncontested_amount(self):
        """What is due of these items and not contested, in their currency."""
        return sum(item.amount_residual - item.amount_disputed for item in self)

    @api.model
    def _lay_disputes(self, account_ids=None):
        """Lay the disputes on the items of the accounts, oldest due date first.

        What is not decided, and what was accepted until it is credited. What was
        rejected is dunned again from the day after: the customer hears it first.

        :return: number of items changed
        """
        self.flush_model()
        self.env["collection.dispute"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH standing AS (
                    SELECT dispute.id,
                           CASE WHEN dispute.state IN ('accepted', 'partial')
                                     AND (dispute.state = 'accepted'
                                          OR dispute.date_decided < %(today)s)
                                THEN dispute.amount_accepted
                                     - COALESCE(dispute.amount_credited, 0)
                                -- no amount: the items as a whole
                                WHEN dispute.amount > 0
                                THEN dispute.amount
                                     - COALESCE(dispute.amount_credited, 0)
                            END AS amount
                      FROM collection_dispute dispute
                     WHERE (dispute.state IN ('open', 'in_progress')
                            OR (dispute.state IN ('accepted', 'partial')
                                AND dispute.settled IS NOT TRUE)
                            OR (dispute.state IN ('partial', 'rejected')
                                AND dispute.date_decided >= %(today)s))
                       AND %(dispute_filter)s
                ), laid AS (
                    SELECT ci.id, dispute.amount, ci.amount_residual,
                           SUM(ci.amount_residual) OVER (
                               PARTITION BY dispute.id
                               ORDER BY ci.date_due, ci.id) AS up_to_here
                      FROM standing dispute
                      JOIN collection_dispute_collection_item_rel rel
                        ON rel.collection_dispute_id = dispute.id
                      JOIN collection_item ci ON ci.id = rel.collection_item_id
                ), truth AS (
                    SELECT id, LEAST(amount_residual, SUM(
                               CASE WHEN amount IS NULL THEN amount_residual
                               ELSE GREATEST(0, LEAST(amount_residual,
                                        amount - up_to_here + amount_residual))
                               END)) AS amount
                      FROM laid
                  GROUP BY id, amount_residual
                )
                UPDATE collection_item ci
                   SET amount_disputed = wanted.amount
                  FROM (SELECT id, amount FROM truth
                         UNION ALL
                        SELECT same.id, 0 FROM collection_item same
                         WHERE same.amount_disputed <> 0 AND %(item_filter)s
                           AND NOT EXISTS (
                                SELECT 1 FROM truth WHERE truth.id = same.id)) wanted
                 WHERE ci.id = wanted.id
                   AND ci.amount_disputed IS DISTINCT FROM wanted.amount
             RETURNING ci.id
                """,
                today=company_today_sql(self.env, SQL("dispute.company_id")),
                dispute_filter=self.env["collection.dispute"]._among_concerned(
                    SQL("dispute.id"), account_ids
                ),
                item_filter=self._among(SQL("same.account_id"), account_ids),
            )
        )
        self.browse(row[0] for row in rows).invalidate_recordset(
            ["amount_disputed"], flush=False
        )
        return len(rows)
