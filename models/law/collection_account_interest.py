from odoo import api, fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """What a customer owes for being late: agreed, claimed, waived."""

    _inherit = "collection.account"

    settlement_ids = fields.One2many(
        comodel_name="collection.interest.settlement",
        inverse_name="account_id",
        string="Interest Settlements",
    )
    agreed_rate = fields.Float(
        string="Agreed Late-Payment Rate",
        digits=(16, 4),
        aggregator=None,
        tracking=True,
        help="Percent a year from the contract with this customer. 0: as agreed by "
        "the company's terms of sale, else the rate of the law.",
    )

    @api.constrains("agreed_rate")
    def _check_agreed_rate(self):
        for account in self:
            # sudo: the floor is the law's, whoever records the contract
            account.company_id.sudo()._check_agreed_rate(
                account.agreed_rate, account.sudo().partner_id.display_name
            )

    def action_claim_interest(self):
        """Look at what these customers owe for being late, and invoice it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_interest_claim_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_waive(self):
        """Waive interest or indemnities of these customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_waiver_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def _begin_settlement(self):
        """Make two claims or waivers of one customer wait for each other.

        The row is touched rather than locked: the one that comes second starts over
        and sees what the first has settled.
        """
        if self:
            self._flush_all()
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE collection_account
                       SET write_date = now() AT TIME ZONE 'UTC', write_uid = %s
                     WHERE id = ANY(%s)
                    """,
                    self.env.uid,
                    list(self.ids),
                )
            )
            self.invalidate_recordset(["write_date", "write_uid"], flush=False)
