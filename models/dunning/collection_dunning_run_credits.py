from odoo import api, fields, models
from odoo.tools import SQL


class CollectionDunningRun(models.Model):
    """Customers who paid in another currency than the one they are reminded in."""

    _inherit = "collection.dunning.run"

    other_credit_count = fields.Integer(
        string="Letters with Credits in Other Currencies",
        compute="_compute_other_credit_count",
        help="Letters not sent yet to customers who have open credits in another "
        "currency, which are not deducted.",
    )

    @api.depends("state", "letter_ids.state")
    def _compute_other_credit_count(self):
        self.env["collection.letter"].flush_model()
        self.env["collection.account"]._flush_all()
        counts = (
            dict(
                self.env.execute_query(
                    SQL(
                        """
                        SELECT letter.run_id, COUNT(DISTINCT letter.id)
                          FROM account_move_line aml
                          JOIN res_partner p ON p.id = aml.partner_id
                          JOIN collection_account acc
                            ON acc.partner_id = p.commercial_partner_id
                           AND acc.company_id = aml.company_id
                          JOIN collection_letter letter
                            ON letter.account_id = acc.id
                           AND letter.currency_id <> aml.currency_id
                         WHERE letter.run_id = ANY(%s)
                           AND letter.state IN ('draft', 'to_send')
                           AND aml.account_id = ANY (ARRAY(%s))
                           AND aml.parent_state = 'posted'
                           AND aml.reconciled IS NOT TRUE
                           AND aml.amount_residual < 0
                      GROUP BY letter.run_id
                        """,
                        list(self._origin.ids),
                        self.env["account.account"]._get_debtor_accounts(),
                    )
                )
            )
            if self._origin.ids
            else {}
        )
        for run in self:
            run.other_credit_count = counts.get(run._origin.id, 0)
