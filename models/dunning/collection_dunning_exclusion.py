from odoo import api, fields, models
from odoo.tools import format_amount, format_date

#: why an overdue item is on no letter, in the order in which reasons apply
REASONS = [
    ("no_policy", "No dunning policy"),
    ("do_nothing", "Policy “do nothing”"),
    ("no_followup", "Excluded from follow-up or blocked for payment"),
    ("insolvent", "Customer insolvent"),
    ("time_barred", "Time-barred"),
    ("disputed", "Disputed"),
    ("promised", "Promised"),
    ("on_plan", "On a payment plan"),
    ("on_hold", "On hold"),
    ("complaint", "Open complaint"),
    ("delegated", "Handed over to a provider"),
    ("covered_by_credit", "Covered by open credits"),
    ("below_minimum", "Below the minimum amount"),
    ("on_letter", "On a letter that has not left"),
    ("exhausted", "Ladder exhausted"),
    ("not_yet", "No level due yet"),
    ("awaiting_approval", "Awaiting approval"),
]


class CollectionDunningExclusion(models.Model):
    """An overdue item that a run leaves out, with the one reason that settles it.

    Written by the run's own SQL, with the figures that explain the reason.
    """

    _name = "collection.dunning.exclusion"
    _description = "Item Left Out of a Dunning Run"
    _order = "run_id desc, reason, id"
    _rec_name = "item_id"

    run_id = fields.Many2one(
        comodel_name="collection.dunning.run",
        required=True,
        index=True,
        ondelete="cascade",
    )
    item_id = fields.Many2one(
        comodel_name="collection.item", required=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(related="item_id.account_id")
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="item_id.currency_id")
    amount_residual = fields.Monetary(related="item_id.amount_residual")
    date_due = fields.Date(related="item_id.date_due")
    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="Next Level",
        ondelete="set null",
        help="Level the item would have reached.",
    )
    reason = fields.Selection(selection=REASONS, required=True)
    reason_date = fields.Date(
        readonly=True,
        help="Last day of the hold, day promised, next instalment, day of the next "
        "level, of the complaint, of the judgment or of the limitation.",
    )
    reason_amount = fields.Monetary(
        readonly=True,
        help="Amount disputed, credits that cover the item, or the minimum.",
    )
    reason_note = fields.Char(
        readonly=True,
        help="Reason of the hold, the promise, the plan, the complaint or the letter "
        "that is waiting.",
    )
    explanation = fields.Char(
        compute="_compute_explanation", help="The reason in figures."
    )

    _run_item_uniq = models.Constraint(
        "UNIQUE (run_id, item_id)", "An item is left out of a run for one reason only."
    )

    @api.depends("reason", "reason_date", "reason_amount", "reason_note", "level_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for exclusion in self:
            explain = getattr(exclusion, f"_explain_{exclusion.reason}", None)
            exclusion.explanation = explain and explain()

    def _explain_no_policy(self):
        return self.env._(
            "No policy for the invoice, the customer, the segment or the company, or "
            "it is archived"
        )

    def _explain_do_nothing(self):
        policy = self.item_id._get_policies()
        return self.env._("The policy “%s” says: never remind", policy.name)

    def _explain_no_followup(self):
        if self.item_id.no_followup:
            return self.env._("“No follow-up” is set on the journal item")
        return self.env._("The invoice is blocked for payment")

    def _explain_insolvent(self):
        return self.env._(
            "Insolvent since %(date)s: declare the claim",
            date=format_date(self.env, self.reason_date),
        )

    def _explain_time_barred(self):
        return self.env._(
            "Time-barred: enforceable until %(date)s",
            date=format_date(self.env, self.reason_date),
        )

    def _explain_disputed(self):
        return self.env._(
            "Disputed: %(disputed)s of %(total)s",
            disputed=self._format(self.reason_amount),
            total=self._format(self.amount_residual),
        )

    def _explain_promised(self):
        return self.env._(
            "Promised for %(date)s (%(number)s)",
            date=format_date(self.env, self.reason_date),
            number=self.reason_note,
        )

    def _explain_on_plan(self):
        return self.env._(
            "On the payment plan %(number)s, next instalment on %(date)s",
            number=self.reason_note,
            date=format_date(self.env, self.reason_date),
        )

    def _explain_on_hold(self):
        return self.env._(
            "On hold until %(date)s: %(reason)s",
            date=format_date(self.env, self.reason_date),
            reason=self.reason_note or "",
        )

    def _explain_complaint(self):
        return self.env._(
            "Sensitive or strategic customer whose complaint %(number)s of %(date)s is "
            "not closed",
            number=self.reason_note,
            date=format_date(self.env, self.reason_date),
        )

    def _explain_delegated(self):
        # sudo: the name of the provider is told with the reason
        mandate_sudo = self.item_id.sudo().placement_line_id.mandate_id
        return self.env._(
            "Worked by %(provider)s", provider=mandate_sudo.provider_id.name or ""
        )

    def _explain_covered_by_credit(self):
        if self.item_id._is_in_payment():
            return self.env._(
                "A payment of the invoice is registered, the bank statement is awaited"
            )
        return self.env._(
            "Open credits of %(credit)s cover it",
            credit=self._format(self.reason_amount),
        )

    def _explain_below_minimum(self):
        company = self.company_id
        minimum = self._format(self.reason_amount)
        if self.currency_id == company.currency_id:
            return self.env._("Under the minimum of %(minimum)s", minimum=minimum)
        in_company_currency = self.currency_id._convert(
            self.reason_amount, company.currency_id, company, self.run_id.date
        )
        return self.env._(
            "Under the minimum of %(minimum)s (%(converted)s converted)",
            minimum=minimum,
            converted=format_amount(self.env, in_company_currency, company.currency_id),
        )

    def _explain_on_letter(self):
        # sudo: whether the letter that the run names has left, and why not
        letter_sudo = (
            self.env["collection.letter"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("number", "=", self.reason_note),
                ],
                limit=1,
            )
        )
        if letter_sudo.state == "error":
            return self.env._(
                "Letter %(number)s could not be sent: %(reason)s",
                number=self.reason_note,
                reason=letter_sudo.state_reason,
            )
        if letter_sudo.delivery_state == "pending" and letter_sudo.delivery_reason:
            return self.env._(
                "Letter %(number)s waits for the mail server: %(reason)s",
                number=self.reason_note,
                reason=letter_sudo.delivery_reason,
            )
        return self.env._(
            "On letter %(number)s, which has not been sent yet",
            number=self.reason_note,
        )

    def _explain_exhausted(self):
        if not self.item_id.level_id:
            return self.env._(
                "The policy has no level that suits it any more: hand the customer "
                "over or prepare the legal file"
            )
        return self.env._(
            "“%(level)s”, the last level, was sent on %(date)s: hand the customer over "
            "or prepare the legal file",
            level=self.item_id.level_id.name,
            date=format_date(self.env, self.item_id.level_date),
        )

    def _explain_not_yet(self):
        return self.env._(
            "Next level “%(level)s” not before %(date)s",
            level=self.level_id.name,
            date=format_date(self.env, self.reason_date),
        )

    def _explain_awaiting_approval(self):
        return self.env._(
            "A manager has to approve the level “%(level)s”", level=self.level_id.name
        )

    def _format(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def action_approve(self):
        """Approve the waiting levels, so that the next computation takes them."""
        waiting = self.filtered(lambda e: e.reason == "awaiting_approval")
        for level, exclusions in waiting.grouped("level_id").items():
            exclusions.item_id.approved_level_id = level
        return True

    def action_open_item(self):
        """Open the item: what it is owed for, and why it is left out."""
        self.ensure_one()
        return self.item_id.get_formview_action()
