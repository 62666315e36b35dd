from odoo import models
from odoo.tools import format_date


class CollectionPaymentPlan(models.Model):
    """Plans that wait for the company are counted."""

    _inherit = "collection.payment.plan"

    def _ask_approval(self):
        res = super()._ask_approval()
        # sudo: how the amount is written, of a plan that the caller has made
        currency_sudo = self.sudo().currency_id
        self.env["collection.limit.case"]._record(
            self.account_id,
            "plan",
            "approval",
            self.env._(
                "%(plan)s: %(amount)s in %(count)s instalments, the last on %(last)s.",
                plan=self.number,
                amount=currency_sudo.format(self.amount),
                count=len(self.instalment_ids),
                last=format_date(self.env, max(self.instalment_ids.mapped("date"))),
            ),
        )
        return res
