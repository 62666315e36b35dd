from odoo import fields, models

# In which calls each of these came up.


class CollectionPromise(models.Model):
    _inherit = "collection.promise"

    call_ids = fields.One2many(
        comodel_name="collection.call",
        inverse_name="promise_id",
        string="Calls",
        readonly=True,
    )


class CollectionPaymentPlan(models.Model):
    _inherit = "collection.payment.plan"

    call_ids = fields.One2many(
        comodel_name="collection.call",
        inverse_name="plan_id",
        string="Calls",
        readonly=True,
    )


class CollectionDispute(models.Model):
    _inherit = "collection.dispute"

    call_ids = fields.One2many(
        comodel_name="collection.call",
        inverse_name="dispute_id",
        string="Calls",
        readonly=True,
    )


class CollectionBill(models.Model):
    _inherit = "collection.bill"

    call_ids = fields.One2many(
        comodel_name="collection.call",
        inverse_name="bill_id",
        string="Calls",
        readonly=True,
    )
