from odoo import fields, models


class CollectionMandateCustomer(models.Model):
    """A customer whose figures were counted when the baseline of a mandate was taken.

    Figures are compared with the baseline of the same customers, and of whoever was
    handed over since: written with the baseline, and by nobody by hand.
    """

    _name = "collection.mandate.customer"
    _description = "Customer Counted in a Mandate's Baseline"
    _rec_name = "account_id"
    _log_access = False

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="mandate_id.company_id")
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
