from odoo import api, fields, models


class CollectionPaymentInstalment(models.Model):
    _name = "collection.payment.instalment"
    _description = "Instalment"
    _inherit = ["collection.ledger.mixin", "collection.provider.mixin"]
    _order = "plan_id, date, id"

    _provider_fields = frozenset(
        {
            "account_id",
            "amount",
            "amount_received",
            "company_id",
            "currency_id",
            "date",
            "plan_id",
        }
    )

    plan_id = fields.Many2one(
        comodel_name="collection.payment.plan",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="plan_id.company_id")
    account_id = fields.Many2one(related="plan_id.account_id")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    date = fields.Date(string="Due Date", required=True)
    amount = fields.Monetary(required=True)
    amount_received = fields.Monetary(readonly=True, copy=False)

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "An instalment needs an amount."
    )

    def _is_paid(self):
        self.ensure_one()
        return self.currency_id.compare_amounts(self.amount_received, self.amount) >= 0

    @api.model_create_multi
    def create(self, vals_list):
        instalments = super().create(vals_list)
        instalments.plan_id._check_changeable()
        return instalments

    def write(self, vals):
        if {"date", "amount", "plan_id"}.intersection(vals):
            self.plan_id._check_changeable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        self.plan_id._check_changeable()
