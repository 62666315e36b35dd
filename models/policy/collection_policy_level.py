from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..wording.collection_wording_mixin import WORDING_FIELDS

#: the delay as people say it
DELAY_FIELDS = frozenset({"delay_count", "delay_when"})


class CollectionPolicyLevel(models.Model):
    _name = "collection.policy.level"
    _description = "Dunning Level"
    _inherit = ["collection.wording.mixin"]
    _order = "policy_id, sequence, id"

    # the name is printed, too: {level}
    _wording_fields = (*WORDING_FIELDS, "name")

    policy_id = fields.Many2one(
        comodel_name="collection.policy",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    delay_basis = fields.Selection(
        selection=[
            ("due", "Days after the due date"),
            ("eom", "End of the month of (due date + days)"),
            ("previous", "Days after the previous level was sent"),
        ],
        required=True,
        default="due",
    )
    delay_days = fields.Integer(
        string="Days", default=0, help="Negative: before the due date."
    )
    # the same in words, and as people say it: a number of days has no sign
    delay_text = fields.Char(string="When", compute="_compute_delay_text")
    delay_count = fields.Integer(
        string="Number of Days",
        compute="_compute_delay_count",
        readonly=False,
    )
    delay_when = fields.Selection(
        selection=[
            ("before", "Days before the due date"),
            ("due", "Days after the due date"),
            ("eom", "End of the month of (due date + days)"),
            ("previous", "Days after the previous level was sent"),
        ],
        string="Counted in",
        compute="_compute_delay_count",
        readonly=False,
    )
    channel = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("post", "Post"),
            ("registered", "Registered post"),
            ("call", "Call"),
        ],
        required=True,
        default="email",
        help="A customer without e-mail address gets the letter by post.",
    )
    also_email = fields.Boolean(
        string="Also by E-mail", help="The same letter goes by e-mail as well."
    )
    also_post = fields.Boolean(
        string="Also by Post", help="The same letter goes by post as well."
    )
    also_call = fields.Boolean(
        string="Also a Call",
        help="A call to the customer is put on the collector's list the same day.",
    )
    copy_salesperson = fields.Boolean(
        string="Copy to the Salesperson",
        help="The customer's salesperson has a copy of the e-mail.",
    )
    attach_invoices = fields.Boolean(
        help="Copies of the invoices go with the letter, up to ten of them.",
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        domain=[("model", "=", "collection.letter")],
        help="E-mail that carries the letter. Empty: the standard one.",
    )
    variant_ids = fields.One2many(
        comodel_name="collection.level.variant",
        inverse_name="level_id",
        string="Other Wordings",
        copy=True,
        help="What public buyers or consumers read instead.",
    )
    min_amount = fields.Float(
        string="Minimum Amount",
        digits=(16, 2),
        help="Items under this residual amount (company currency, converted) are "
        "not dunned at this level.",
    )
    include_penalties = fields.Boolean(
        string="Interest and Indemnity",
        help="The letter claims late-payment interest to date and the fixed "
        "indemnity per invoice, by the law that applies to the customer.",
    )
    formal_notice = fields.Boolean(
        help="Mise en demeure: never reached by catching up; a consumer owes "
        "interest only from then on."
    )
    needs_approval = fields.Boolean(
        help="A manager approves the level, item by item, before it is sent."
    )
    auto_send = fields.Boolean(
        string="Sent Automatically",
        help="Where the daily run of the company may send, letters of this level "
        "leave by themselves. Otherwise they wait for a person.",
    )
    worked_by = fields.Selection(
        selection=[
            ("company", "Always the company"),
            ("provider", "The provider, once handed over"),
            ("either", "Whoever works the account"),
        ],
        required=True,
        default="either",
        help="While an item is handed over, the company stays silent on the levels "
        "that the provider works.",
    )
    company_id = fields.Many2one(related="policy_id.company_id")

    @api.depends("delay_basis", "delay_days")
    @api.depends_context("lang")
    def _compute_delay_text(self):
        for level in self:
            level.delay_text = level._describe_delay()

    def _describe_delay(self):
        """When the level is reached, in the reader's language."""
        self.ensure_one()
        days = self.delay_days
        if self.delay_basis == "eom":
            if not days:
                return self.env._("end of the month of the due date")
            return self.env._(
                "end of the month of the due date + %(days)s d", days=days
            )
        if self.delay_basis == "previous":
            if days == 1:
                return self.env._("the day after the previous level")
            return self.env._("%(days)s days after the previous level", days=days)
        if not days:
            return self.env._("on the due date")
        if days == -1:
            return self.env._("the day before the due date")
        if days == 1:
            return self.env._("the day after the due date")
        if days < 0:
            return self.env._("%(days)s days before the due date", days=-days)
        return self.env._("%(days)s days after the due date", days=days)

    @api.depends("delay_basis", "delay_days")
    def _compute_delay_count(self):
        for level in self:
            before = level.delay_basis == "due" and level.delay_days < 0
            level.delay_when = "before" if before else level.delay_basis
            level.delay_count = -level.delay_days if before else level.delay_days

    # no inverse: it would be told the one of the two that was changed
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self.browse()._read_delay(vals) for vals in vals_list])

    def write(self, vals):
        if not DELAY_FIELDS.intersection(vals):
            return super().write(vals)
        res = True
        for level in self:
            res = super(CollectionPolicyLevel, level).write(level._read_delay(vals))
        return res

    def _read_delay(self, vals):
        """`vals` with the days as they are kept, of this level or of a new one."""
        if not DELAY_FIELDS.intersection(vals):
            return vals
        when = vals.get("delay_when") or self.delay_when or "due"
        days = vals.get("delay_count", self.delay_count)
        if when == "before":
            when, days = "due", -abs(days)
        kept = {name: vals[name] for name in vals if name not in DELAY_FIELDS}
        return kept | {"delay_basis": when, "delay_days": days}

    @api.constrains("delay_basis", "sequence", "policy_id")
    def _check_first_level(self):
        self.policy_id._check_levels()

    @api.constrains("delay_days", "delay_basis")
    def _check_previous_delay(self):
        for level in self:
            if level.delay_basis == "previous" and level.delay_days < 1:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” counts from the previous letter: give it "
                        "at least one day.",
                        level=level.name,
                    )
                )

    def _get_wording(self, debtor_type):
        """The variant for this kind of customer, else the level itself."""
        variants = self.variant_ids.filtered(
            lambda variant: variant.debtor_type == debtor_type
        )
        return variants[:1] or self

    def _get_days_to_next(self):
        """Days that the ladder leaves between this level and the next one: at least
        one, and as many as the policy wants between two letters."""
        levels = self.policy_id._ordered_levels()
        following = levels.filtered(
            lambda level: (level.sequence, level.id) > (self.sequence, self.id)
        )[:1]
        days = 1
        if following.delay_basis == "previous":
            days = following.delay_days
        elif following.delay_basis == self.delay_basis:
            days = following.delay_days - self.delay_days
        return max(days, self.policy_id.interval_days, 1)

    def _is_before_due(self):
        return self.delay_days < 0

    def _get_preview_values(self):
        return {"level_id": self._origin.id}

    @api.depends("name", "policy_id.name")
    @api.depends_context("collection_show_policy")
    def _compute_display_name(self):
        with_policy = self.env.context.get("collection_show_policy")
        for level in self:
            level.display_name = (
                f"{level.policy_id.name} / {level.name}" if with_policy else level.name
            )
