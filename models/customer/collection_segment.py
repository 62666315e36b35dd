from odoo import api, fields, models

#: how customers are served and called by default: those of a new segment, and those
#: who have none
SERVICE_DEFAULTS = {
    "required_skill": "1",
    "call_hour_from": 9.0,
    "call_hour_to": 18.0,
    "call_max_day": 1,
    "call_max_week": 3,
}
#: customers whom no formal notice reaches unseen, and who stay in-house by default
CAREFUL_HANDLINGS = ("sensitive", "strategic")


class CollectionSegment(models.Model):
    _name = "collection.segment"
    _description = "Customer Segment"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical code, unique.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    description = fields.Text(translate=True)

    debtor_type = fields.Selection(
        selection=[
            ("private", "Private business"),
            ("public", "Public body"),
            ("consumer", "Consumer"),
        ],
        required=True,
        default="private",
        help="Decides the late-payment law that applies: interest, fixed "
        "indemnity and wording of the letters.",
    )
    size = fields.Selection(
        selection=[
            ("key_account", "Key account"),
            ("sme", "Small or medium enterprise"),
            ("vse", "Very small enterprise"),
        ],
    )
    trade = fields.Selection(
        selection=[
            ("none", "None in particular"),
            ("craft", "Craft"),
            ("liberal", "Liberal profession"),
        ],
        required=True,
        default="none",
    )
    handling = fields.Selection(
        selection=[
            ("standard", "Standard"),
            ("sensitive", "Sensitive"),
            ("strategic", "Strategic"),
        ],
        required=True,
        default="standard",
        help="Sensitive and strategic customers stay in-house unless you decide "
        "otherwise below, and get no formal notice that a credit manager has not "
        "approved, whatever the policy says.",
    )

    delegation = fields.Selection(
        selection=[
            ("allowed", "Allowed"),
            ("never", "Never: stays in-house"),
            ("always", "Always handed over"),
        ],
        required=True,
        compute="_compute_delegation",
        store=True,
        readonly=False,
        precompute=True,
        help="Strategic and sensitive customers stay in-house unless you decide "
        "otherwise here.",
    )
    delegate_after_days = fields.Integer(
        default=30,
        help="Days overdue from which a customer of this segment should be handed "
        "over.",
    )
    policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Dunning Policy",
        index="btree_not_null",
        help="Leave empty to use the company's policy.",
    )
    required_skill = fields.Selection(
        selection=[("1", "Junior"), ("2", "Confirmed"), ("3", "Senior")],
        default=SERVICE_DEFAULTS["required_skill"],
        required=True,
        help="Least skill of the agent who works these customers.",
    )
    language_ids = fields.Many2many(
        comodel_name="res.lang",
        string="Languages",
        help="Languages an agent must speak to work these customers. "
        "Empty: the customer's own language.",
    )
    call_hour_from = fields.Float(
        default=SERVICE_DEFAULTS["call_hour_from"],
        help="First hour for calls, in the customer's time zone.",
    )
    call_hour_to = fields.Float(
        default=SERVICE_DEFAULTS["call_hour_to"],
        help="Last hour for calls, in the customer's time zone.",
    )
    call_saturday = fields.Boolean(
        string="Calls on Saturdays",
        help="Customers are never called on Sundays or public holidays.",
    )
    call_max_day = fields.Integer(
        string="Calls per Day",
        default=SERVICE_DEFAULTS["call_max_day"],
        help="Most call attempts to one customer in a day, of both sides together; "
        "0: no limit.",
    )
    call_hold_days = fields.Integer(
        string="Rest after a Contact",
        help="Days without a call after the right person was reached, unless the next "
        "action is due. 0: as the company says.",
    )
    call_max_week = fields.Integer(
        string="Calls per Week",
        default=SERVICE_DEFAULTS["call_max_week"],
        help="Most call attempts to one customer in a week; 0: no limit.",
    )

    _call_caps = models.Constraint(
        "CHECK (call_max_day >= 0 AND call_max_week >= 0 AND call_hold_days >= 0)",
        "Call limits cannot be negative.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "A segment with this code exists already."
    )
    _call_hours = models.Constraint(
        "CHECK (call_hour_from >= 0 AND call_hour_to <= 24"
        " AND call_hour_from < call_hour_to)",
        "The call window must begin before it ends, within the day.",
    )

    @api.depends("handling")
    def _compute_delegation(self):
        for segment in self:
            if segment.handling in CAREFUL_HANDLINGS:
                segment.delegation = "never"
            else:
                segment.delegation = segment.delegation or "allowed"
