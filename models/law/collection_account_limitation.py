from dateutil.relativedelta import relativedelta

from odoo import fields, models

from ..base.days import company_today, last_company_today


class CollectionAccount(models.Model):
    """When the claims on a customer become time-barred."""

    _inherit = "collection.account"

    date_limitation = fields.Date(
        string="First Claim Enforceable until",
        compute="_compute_date_limitation",
        help="Earliest day on which an open item of the customer is time-barred.",
    )
    limitation_state = fields.Selection(
        selection=[("soon", "Within six months"), ("barred", "Time-barred")],
        compute="_compute_date_limitation",
    )

    def _compute_date_limitation(self):
        today = last_company_today(self.env)
        items = self.env["collection.item"].search(
            [
                ("account_id", "in", self._origin.ids),
                ("date_limitation", "<=", today + relativedelta(months=6)),
            ]
        )
        dates = {
            account: min(of_account.mapped("date_limitation"))
            for account, of_account in items.grouped("account_id").items()
        }
        for account in self:
            date = dates.get(account._origin, False)
            account.date_limitation = date
            account.limitation_state = date and (
                "barred" if date < company_today(account) else "soon"
            )
