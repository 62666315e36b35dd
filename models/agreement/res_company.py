from odoo import fields, models


class ResCompany(models.Model):
    """What a company grants its customers, and who decides their disputes."""

    _inherit = "res.company"

    collection_promise_days = fields.Integer(
        string="Days Granted to a Promise",
        default=3,
        help="Days after the promised one on which a payment still keeps the "
        "promise: the bank takes time.",
        groups="base.group_user",
    )
    collection_promise_tolerance = fields.Monetary(
        string="Amount Granted to a Promise",
        default=1.0,
        help="What may be missing of the promised amount.",
        groups="base.group_user",
    )
    collection_promise_last_days = fields.Integer(
        string="Promises Accepted up to",
        default=60,
        help="Days ahead within which a collector accepts a promise; a manager may "
        "accept a later one.",
        groups="base.group_user",
    )
    collection_promise_share = fields.Float(
        string="Least Share Promised",
        default=25.0,
        help="Percent of what is due of the invoices chosen that a collector asks for "
        "in a promise: all of them rest meanwhile.",
        groups="base.group_user",
    )
    collection_plan_instalments = fields.Integer(
        string="Instalments a Collector May Grant",
        default=3,
        help="Payment plans with more instalments need a manager's approval.",
        groups="base.group_user",
    )
    collection_plan_amount = fields.Monetary(
        string="Amount a Collector May Spread",
        default=5000.0,
        help="Payment plans over a larger amount need a manager's approval.",
        groups="base.group_user",
    )
    collection_plan_first_days = fields.Integer(
        string="First Instalment within",
        default=45,
        help="Days from the agreement; a plan that begins later needs a manager's "
        "approval.",
        groups="base.group_user",
    )
    collection_plan_last_days = fields.Integer(
        string="Last Instalment within",
        default=365,
        help="Days from the agreement; a plan that ends later needs a manager's "
        "approval.",
        groups="base.group_user",
    )
    collection_dispute_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Late Disputes Escalate to",
        domain=[("share", "=", False)],
        help="Empty: the superior of who was to decide, where employees or sales teams "
        "are known, else the credit manager who has been there longest.",
        groups="base.group_user",
    )
    collection_dispute_days = fields.Integer(
        string="Disputes Escalated after",
        default=5,
        help="Days after its deadline on which a dispute that nobody decided goes "
        "further up.",
        groups="base.group_user",
    )

    _collection_dispute_days = models.Constraint(
        "CHECK (collection_dispute_days >= 0)",
        "Disputes cannot be escalated before their deadline.",
    )

    _collection_promise_days = models.Constraint(
        "CHECK (collection_promise_days >= 0 AND collection_promise_tolerance >= 0)",
        "What is granted to a promise cannot be negative.",
    )

    _collection_grant_limits = models.Constraint(
        "CHECK (collection_promise_last_days >= 0 AND collection_plan_first_days >= 0"
        " AND collection_plan_last_days >= collection_plan_first_days"
        " AND collection_promise_share BETWEEN 0 AND 100)",
        "Days granted cannot be negative, the last instalment cannot be due before the "
        "first, and the share promised lies between 0 and 100 %.",
    )
