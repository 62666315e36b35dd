from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collection_policy_id = fields.Many2one(
        related="company_id.collection_policy_id", readonly=False
    )
    collection_auto_run = fields.Selection(
        related="company_id.collection_auto_run", readonly=False
    )
    collection_auto_run_date = fields.Date(
        related="company_id.collection_auto_run_date"
    )
    collection_agreed_rate = fields.Float(
        related="company_id.collection_agreed_rate", readonly=False
    )
    collection_rate_floor = fields.Float(
        related="company_id.collection_rate_floor", string="Lowest Agreed Rate"
    )
    collection_floor_on_default = fields.Boolean(
        related="company_id.collection_floor_on_default", readonly=False
    )
    collection_imputation = fields.Selection(
        related="company_id.collection_imputation", readonly=False
    )
    collection_interest_account_id = fields.Many2one(
        related="company_id.collection_interest_account_id", readonly=False
    )
    collection_waiver_limit = fields.Monetary(
        related="company_id.collection_waiver_limit",
        readonly=False,
        currency_field="currency_id",
    )
    collection_huitante = fields.Boolean(
        related="company_id.collection_huitante", readonly=False
    )
    collection_letter_health = fields.Text(
        related="company_id.collection_letter_health"
    )
    collection_signatory = fields.Char(
        related="company_id.collection_signatory", readonly=False
    )
    collection_phone = fields.Char(
        related="company_id.collection_phone", readonly=False
    )
    collection_email = fields.Char(
        related="company_id.collection_email", readonly=False
    )
    collection_promise_days = fields.Integer(
        related="company_id.collection_promise_days", readonly=False
    )
    collection_promise_tolerance = fields.Monetary(
        related="company_id.collection_promise_tolerance", readonly=False
    )
    collection_promise_last_days = fields.Integer(
        related="company_id.collection_promise_last_days", readonly=False
    )
    collection_promise_share = fields.Float(
        related="company_id.collection_promise_share", readonly=False
    )
    collection_plan_instalments = fields.Integer(
        related="company_id.collection_plan_instalments", readonly=False
    )
    collection_plan_amount = fields.Monetary(
        related="company_id.collection_plan_amount", readonly=False
    )
    collection_plan_first_days = fields.Integer(
        related="company_id.collection_plan_first_days", readonly=False
    )
    collection_plan_last_days = fields.Integer(
        related="company_id.collection_plan_last_days", readonly=False
    )
    collection_hold_days = fields.Integer(
        related="company_id.collection_hold_days", readonly=False
    )
    collection_dispute_user_id = fields.Many2one(
        related="company_id.collection_dispute_user_id", readonly=False
    )
    collection_dispute_days = fields.Integer(
        related="company_id.collection_dispute_days", readonly=False
    )
    collection_bill_auto = fields.Boolean(
        related="company_id.collection_bill_auto", readonly=False
    )
    collection_bill_letters = fields.Selection(
        related="company_id.collection_bill_letters", readonly=False
    )
    collection_precheck_amount = fields.Monetary(
        related="company_id.collection_precheck_amount", readonly=False
    )
    collection_precheck_from = fields.Integer(
        related="company_id.collection_precheck_from", readonly=False
    )
    collection_precheck_to = fields.Integer(
        related="company_id.collection_precheck_to", readonly=False
    )
    collection_access_years = fields.Integer(
        related="company_id.collection_access_years", readonly=False
    )
    collection_total_from = fields.Integer(
        related="company_id.collection_total_from", readonly=False
    )
    collection_partial_above = fields.Integer(
        related="company_id.collection_partial_above", readonly=False
    )
    collection_keep_share = fields.Float(
        related="company_id.collection_keep_share", readonly=False
    )
