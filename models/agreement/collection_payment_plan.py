from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ...tools.instalments import allocate, monthly_dates, split_amount
from ...tools.promise import last_day
from ..base.days import company_today
from ..base.roles import check_manager
from ..receipt.collection_receipt_source import LESSENING_KINDS
from .collection_account_agreement import PLAN_MAXIMUM
from .collection_promise import MEANS

#: states in which the ledger decides what becomes of a plan
RUNNING = ("active", "completed", "defaulted", "lapsed")
#: within which a plan ends, whoever agrees it: the most instalments there are, the
#: first of them within two years
PLAN_YEARS = 7


class CollectionPaymentPlan(models.Model):
    """An agreement to pay what is owed in instalments.

    Its items are not dunned while it is respected. Receipts matched with the items
    pay the instalments in their order; one that is missed ends the plan, and with
    the acceleration clause everything is due at once.
    """

    _name = "collection.payment.plan"
    _description = "Payment Plan"
    _inherit = [
        "collection.number.mixin",
        "collection.agreement.mixin",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _rec_name = "number"

    _agreed_fields = frozenset(
        {
            "account_id",
            "acceleration",
            "date_start",
            "instalment_ids",
            "item_ids",
            "payment_means",
        }
    )
    _step_fields = frozenset({"amount_received", "approver_id", "state"})
    _changeable_states = ("draft", "to_approve")
    _deletable_states = ("draft",)

    _provider_fields = frozenset(
        {
            "acceleration",
            "account_id",
            "amount",
            "amount_received",
            "company_id",
            "currency_id",
            "date_first",
            "date_start",
            "instalment_count",
            "instalment_ids",
            "item_ids",
            "lapse_reason",
            "next_date",
            "number",
            "payment_means",
            "person",
            "state",
        }
    )
    _on_site_fields = frozenset(
        {"amount_items", "approver_id", "note", "partner_id", "user_id"}
    )
    _provider_words = frozenset({"note", "user_id"})

    date_start = fields.Date(
        string="Agreed on",
        required=True,
        compute="_compute_date_start",
        store=True,
        readonly=False,
        precompute=True,
        help="Payments with an earlier date pay no instalment.",
    )
    instalment_count = fields.Integer(string="Number of Instalments", default=3)
    date_first = fields.Date(
        string="First Instalment",
        default=lambda self: fields.Date.add(company_today(self), days=15),
    )
    instalment_ids = fields.One2many(
        comodel_name="collection.payment.instalment",
        inverse_name="plan_id",
        string="Instalments",
        copy=True,
    )
    amount = fields.Monetary(
        compute="_compute_amount", store=True, help="Sum of the instalments."
    )
    amount_items = fields.Monetary(
        string="Owed on the Items",
        compute="_compute_amount_items",
        compute_sudo=True,
    )
    amount_received = fields.Monetary(readonly=True, copy=False)
    payment_means = fields.Selection(selection=MEANS)
    person = fields.Char(
        string="Agreed with", help="Who at the customer's agreed to the plan."
    )
    acceleration = fields.Boolean(
        string="Acceleration Clause",
        default=True,
        help="One instalment missed makes the whole balance due at once, without "
        "notice.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Recorded by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        depends_context=("uid",),
    )
    approver_id = fields.Many2one(
        comodel_name="res.users", string="Approved by", readonly=True, copy=False
    )
    note = fields.Text(depends_context=("uid",))
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("to_approve", "To approve"),
            ("active", "Running"),
            ("completed", "Completed"),
            ("defaulted", "Defaulted"),
            ("lapsed", "Lapsed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    next_date = fields.Date(
        string="Next Instalment", compute="_compute_next_date", store=True
    )

    @api.depends("company_id")
    def _compute_date_start(self):
        for plan in self:
            plan.date_start = plan.date_start or company_today(plan)

    @api.depends("instalment_ids.amount")
    def _compute_amount(self):
        for plan in self:
            plan.amount = sum(plan.instalment_ids.mapped("amount"))

    @api.depends("item_ids.amount_residual")
    def _compute_amount_items(self):
        for plan in self:
            plan.amount_items = sum(plan.item_ids.mapped("amount_residual"))

    @api.depends(
        "instalment_ids.date", "instalment_ids.amount", "instalment_ids.amount_received"
    )
    def _compute_next_date(self):
        for plan in self:
            due = plan.instalment_ids.filtered(lambda part: not part._is_paid())
            plan.next_date = min(due.mapped("date"), default=False)

    @api.onchange("account_id")
    def _onchange_account_id(self):
        self.item_ids = self.account_id._get_items_to_agree()

    @api.constrains("date_first", "date_start")
    def _check_dates(self):
        self._check_within_reach("date_first")
        self._check_within_reach("date_start")

    def _get_refusals(self):
        return {
            "items": self.env._("Choose items of the customer of the plan."),
            "currencies": self.env._(
                "A plan is in one currency: agree one per currency."
            ),
            "agreed": self.env._(
                "A plan that runs stays as it was agreed. Cancel it and agree a new "
                "one."
            ),
            "deleted": self.env._(
                "Only a draft can be deleted. Cancel the plan instead."
            ),
        }

    # ------------------------------------------------------------------
    # Agreeing
    # ------------------------------------------------------------------

    def _split(self, count, first_date):
        """Replace the instalments by `count` equal ones, a month apart.

        The last one takes the rounding.
        """
        self.ensure_one()
        self._check_changeable()
        try:
            if count > PLAN_MAXIMUM:
                raise ValueError("too many")
            amounts = split_amount(self.amount_items, count, self.currency_id.rounding)
        except ValueError:
            raise UserError(
                self.env._(
                    "%(amount)s cannot be split into %(count)s instalments.",
                    amount=self.currency_id.format(self.amount_items),
                    count=count,
                )
            ) from None
        self.instalment_ids = [
            Command.clear(),
            *(
                Command.create({"date": day, "amount": float(amount)})
                for day, amount in zip(
                    monthly_dates(first_date, count), amounts, strict=True
                )
            ),
        ]

    def action_split(self):
        """Divide what is owed into equal monthly instalments."""
        for plan in self:
            if not plan.date_first:
                raise UserError(
                    self.env._("Say when the first instalment is to be paid.")
                )
            plan._split(plan.instalment_count, plan.date_first)

    def action_agree(self):
        """Start the plan, or ask for approval when it goes beyond what one may grant.

        :raises UserError: when the instalments do not make up what is owed, or
            begin before the agreement
        """
        for plan in self:
            if plan.state != "draft":
                raise UserError(self.env._("This plan was agreed already."))
            plan._check_complete()
            if plan._needs_approval():
                plan._ask_approval()
            else:
                plan._start()

    def action_approve(self):
        """Approve a plan beyond the collectors' limits, as a manager."""
        check_manager(self.env, self.env._("A credit manager approves payment plans."))
        for plan in self:
            if plan.state != "to_approve":
                raise UserError(self.env._("This plan is not waiting for approval."))
            plan._check_complete()
            # sudo: a credit manager approves, whom nobody else names
            plan.sudo().approver_id = self.env.user
            plan._start()
            plan.activity_unlink(["mail.mail_activity_data_todo"])

    def action_cancel(self):
        for plan in self:
            if plan.state in ("completed", "lapsed", "cancelled"):
                raise UserError(self.env._("This plan is over already."))
        self.check_access("write")
        # sudo: the right to change these plans was checked
        self.sudo().state = "cancelled"
        self._mark_items(self.account_id.ids)
        self.account_id._mark_stale()

    def _check_complete(self):
        self.ensure_one()
        self.account_id._check_solvent()
        self._check_may_agree()
        if self.currency_id.compare_amounts(self.amount, self.amount_items):
            raise UserError(
                self.env._(
                    "The instalments add up to %(amount)s, the items to %(owed)s. "
                    "Change the instalments or split the amount again.",
                    amount=self.currency_id.format(self.amount),
                    owed=self.currency_id.format(self.amount_items),
                )
            )
        if min(self.instalment_ids.mapped("date")) < self.date_start:
            raise UserError(
                self.env._("No instalment can be due before the plan was agreed.")
            )
        latest = company_today(self) + relativedelta(years=PLAN_YEARS)
        if max(self.instalment_ids.mapped("date")) > latest:
            raise UserError(
                self.env._(
                    "No instalment can be due after %(latest)s.",
                    latest=format_date(self.env, latest),
                )
            )
        running = self.item_ids.plan_id - self
        if running:
            raise UserError(
                self.env._(
                    "These items are on the plan %(plan)s already. Cancel it first.",
                    plan=running[:1].number,
                )
            )

    def _needs_approval(self):
        """Whether the plan goes beyond what the current user may grant alone."""
        self.ensure_one()
        limits = self.account_id._get_grant_limits()
        if not limits:
            return False
        company = self.company_id
        amount = self.currency_id._convert(
            self.amount, company.currency_id, company, self.date_start
        )
        days = self.instalment_ids.mapped("date")
        # of today: the day of the agreement is what somebody says it is
        today = company_today(self)
        return (
            len(days) > limits["plan_instalments"]
            or company.currency_id.compare_amounts(amount, limits["plan_amount"]) > 0
            or min(days) > fields.Date.add(today, days=limits["plan_first_days"])
            or max(days) > fields.Date.add(today, days=limits["plan_last_days"])
        )

    def _ask_approval(self):
        self.ensure_one()
        self.check_access("write")
        # sudo: as above
        self.sudo().state = "to_approve"
        approver = self.company_id._get_collection_managers()[
            :1
        ] or self.account_id.mandate_id.user_id._may_decide_in(self.company_id)
        self._activity_schedule_for(
            approver or self.env.user,
            "mail.mail_activity_data_todo",
            lambda plan: plan.env._("Approve the payment plan %s", plan.number),
        )

    def _take_back_own(self):
        """Take back a plan that the current user proposed and nobody approved yet.

        The callers have checked that they may work the account.

        :raises AccessError: when it is somebody else's
        :raises UserError: when it runs: only the company ends what was agreed
        """
        self.ensure_one()
        # sudo: who proposed the plan; nobody takes another one's back
        plan_sudo = self.sudo()
        if plan_sudo.user_id.id != self.env.uid:
            raise AccessError(
                self.env._("A proposal is taken back by the person who made it.")
            )
        if self.state != "to_approve":
            raise UserError(self.env._("This plan is not waiting for approval."))
        plan_sudo.action_cancel()
        plan_sudo.activity_unlink(["mail.mail_activity_data_todo"])

    def _start(self):
        self.ensure_one()
        self.check_access("write")
        # sudo: as above; the promises of items that are paid by instalments from now on
        self.sudo().item_ids.promise_id.state = "replaced"
        self.sudo().state = "active"
        self.account_id.sudo()._message_log(
            body=self.env._(
                "Payment plan %(number)s: %(amount)s in %(count)s instalments, the "
                "first on %(day)s.",
                number=self.number,
                amount=self.currency_id.format(self.amount),
                count=len(self.instalment_ids),
                day=format_date(self.env, min(self.instalment_ids.mapped("date"))),
            )
        )
        self._follow_ledger(self.account_id.ids)
        self.env["collection.promise"]._mark_items(self.account_id.ids)
        self.account_id._mark_stale()

    def action_write_letter(self):
        """Draw up the agreement that both parties sign."""
        self.ensure_one()
        letter = self.account_id._write_letter(
            "payment_plan",
            items=self.item_ids,
            fact_amount=self.amount,
            payment_means=self.payment_means,
            fact_person=self.person,
            fact_reference=self.number,
            details=[(part.date, part.amount) for part in self.instalment_ids],
        )
        return letter.get_formview_action()

    # ------------------------------------------------------------------
    # Judged by the ledger
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger(self, account_ids=None):
        """Lay receipts on the instalments of the plans of these accounts, or of all.

        A plan is completed when everything arrived and defaulted when an
        instalment is missing after the days granted to a promise. Both are undone
        by a payment that bounces or turns up. What is credited or cancelled shortens
        the plan from its end; it lapses when nothing is owed any more. An invoice
        that is being corrected (reset to draft) is owed.

        :return: number of plans that changed
        """
        self.flush_model()
        self.env["res.company"].flush_model()
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH judged AS (
                    SELECT plan.id, plan.date_start, item.id AS item_id,
                           CASE WHEN aml.parent_state = 'draft' THEN item.amount_total
                                ELSE item.amount_residual END AS owed
                      FROM collection_payment_plan plan
                 LEFT JOIN collection_item_collection_payment_plan_rel rel
                        ON rel.collection_payment_plan_id = plan.id
                 LEFT JOIN collection_item item ON item.id = rel.collection_item_id
                 LEFT JOIN account_move_line aml ON aml.id = item.move_line_id
                     WHERE plan.state IN %(followed)s AND %(condition)s
                ), since AS (
                    SELECT judged.id, judged.item_id,
                           SUM(receipt.amount) FILTER (
                               WHERE receipt.kind = 'money') AS received,
                           -- written off or set off: not paid all the same
                           SUM(receipt.amount) FILTER (
                               WHERE receipt.kind NOT IN %(not_given_up)s
                           ) AS given_up,
                           jsonb_agg(jsonb_build_array(receipt.date, receipt.amount))
                               FILTER (WHERE receipt.kind IN %(lessening)s) AS credits
                      FROM judged
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = judged.item_id
                       AND receipt.date >= judged.date_start
                  GROUP BY judged.id, judged.item_id
                )
                SELECT judged.id, COALESCE(SUM(since.received), 0),
                       CASE WHEN COALESCE(SUM(judged.owed), 0) = 0
                                 AND COALESCE(SUM(since.received), 0) = 0
                            -- the company gave it all up: nobody expects anything
                            THEN 0
                            ELSE COALESCE(SUM(judged.owed), 0)
                                 + COALESCE(SUM(since.given_up), 0) END,
                       array_agg(since.credits) FILTER (WHERE since.credits IS NOT NULL)
                  FROM judged
             LEFT JOIN since
                    ON since.id = judged.id AND since.item_id = judged.item_id
              GROUP BY judged.id
                """,
                settled=source._settled_query(
                    SQL("item.id IN (SELECT judged.item_id FROM judged)")
                ),
                lessening=LESSENING_KINDS,
                not_given_up=("money", *LESSENING_KINDS),
                followed=(*RUNNING, "to_approve"),
                condition=self._among_concerned(SQL("plan.id"), account_ids),
            )
        )
        changed = 0
        for plan_id, received, residual, credits_by_item in rows:
            credited = [
                (fields.Date.to_date(day), amount)
                for credits in credits_by_item or ()
                for day, amount in credits
            ]
            # sudo: the ledger judges, whoever moved it
            plan_sudo = self.browse(plan_id).sudo()
            if plan_sudo.state != "to_approve":
                changed += plan_sudo._judge(received, received + residual, credited)
            elif received + residual <= 0:
                # nobody has agreed to it yet, nor will
                plan_sudo._withdraw_proposal()
                changed += 1
        self._mark_items(account_ids)
        return changed

    def _withdraw_proposal(self, reason=None):
        """End a plan that waits for approval: nothing is owed any more."""
        self._lapse(reason)
        self.state = "cancelled"
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def _is_pending(self):
        return self.state in ("to_approve", "active", "defaulted")

    def _lose_items(self, items, reason):
        proposed = self.filtered(
            lambda plan: plan.state == "to_approve" and not plan.item_ids - items
        )
        for plan in proposed:
            plan._withdraw_proposal(reason)
        return super(CollectionPaymentPlan, self - proposed)._lose_items(items, reason)

    def _judge(self, received, payable, credited):
        """Lay `received` on the instalments and say what the plan has become.

        :param payable: what was or is to be paid of its items
        :param credited: (day, amount) of what was credited or written off since
        """
        self.ensure_one()
        company = self.company_id
        today = company_today(self)
        parts = self.instalment_ids.sorted(lambda part: (part.date, part.id))
        changed = False
        for part, laid in zip(
            parts, allocate(parts.mapped("amount"), received), strict=True
        ):
            if self.currency_id.compare_amounts(part.amount_received, float(laid)):
                part.amount_received = float(laid)
                changed = True
        compare = self.currency_id.compare_amounts
        missed = parts.browse()
        due = 0.0
        for part in parts:
            due += part.amount
            limit = last_day(part.date, company.collection_promise_days)
            # as of that day: what was credited later had not been paid
            owed = payable + sum(amount for day, amount in credited if day > limit)
            if compare(received, min(due, owed)) < 0 and today > limit:
                missed |= part
        if missed:
            # on their days there was nothing to pay
            state = "lapsed" if self.state == "lapsed" else "defaulted"
        elif compare(payable, 0.0) <= 0:
            state = "lapsed"
        elif compare(received, min(due, payable)) >= 0:
            state = "completed"
        else:
            state = "active"
        total = sum(parts.mapped("amount_received"))
        if compare(self.amount_received, total):
            self.amount_received = total
        if state == self.state:
            return changed
        if state == "lapsed":
            self._lapse()
        else:
            self.write({"state": state, "lapse_reason": False})
            self._report_outcome(missed[:1])
        return True

    def _report_outcome(self, missed):
        """Tell the timeline; a default comes back on top of the diary."""
        self.account_id._message_log(
            body=self.env._(
                "Payment plan %(number)s: %(state)s (%(received)s of %(amount)s "
                "received).",
                number=self.number,
                state=self._get_state_label(),
                received=self.currency_id.format(self.amount_received),
                amount=self.currency_id.format(self.amount),
            )
        )
        if self.state == "defaulted":
            self._bring_back(
                self.env._(
                    "Instalment of %(amount)s of %(day)s missed (plan %(number)s)",
                    amount=self.currency_id.format(missed.amount),
                    day=format_date(self.env, missed.date),
                    number=self.number,
                )
            )

    @api.model
    def _mark_items(self, account_ids=None):
        """Write on the items which running plan covers them.

        After a default, the acceleration clause makes the whole balance due: the
        items are dunned again. Without it they stay on the plan, and only a
        person cancels it.
        """
        self.flush_model()
        self.env["collection.item"].flush_model(["plan_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item item
                   SET plan_id = truth.plan_id
                  FROM (SELECT own.id, MAX(plan.id) AS plan_id
                          FROM collection_item own
                     LEFT JOIN collection_item_collection_payment_plan_rel rel
                            ON rel.collection_item_id = own.id
                     LEFT JOIN collection_payment_plan plan
                            ON plan.id = rel.collection_payment_plan_id
                           AND (plan.state = 'active'
                                OR (plan.state = 'defaulted'
                                    AND plan.acceleration IS NOT TRUE))
                         WHERE (own.plan_id IS NOT NULL OR plan.id IS NOT NULL)
                           AND %(condition)s
                      GROUP BY own.id) truth
                 WHERE item.id = truth.id
                   AND item.plan_id IS DISTINCT FROM truth.plan_id
             RETURNING item.id
                """,
                condition=self._among(SQL("own.account_id"), account_ids),
            )
        )
        self.env["collection.item"].browse(row[0] for row in rows).invalidate_recordset(
            ["plan_id"], flush=False
        )
