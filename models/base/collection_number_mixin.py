from odoo import api, fields, models


class CollectionNumberMixin(models.AbstractModel):
    """Something about an account that goes by a number of the account's company.

    The sequence has the code of the model. The model has an `account_id`.
    """

    _name = "collection.number.mixin"
    _description = "Has a Number"

    number = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )

    @api.model_create_multi
    def create(self, vals_list):
        # a number drawn is gone, also where nothing is created
        self.check_access("create")
        accounts = self.browse().account_id
        numbered = [
            dict(
                vals,
                number=self.env["ir.sequence"]
                .with_company(accounts.browse(vals.get("account_id")).company_id)
                .next_by_code(self._name),
            )
            for vals in vals_list
        ]
        return super().create(numbered)
