from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from ..base.days import company_today, company_today_sql
from ..base.roles import check_manager
from ..receipt.collection_receipt_source import GRANTED_KINDS
from .collection_dispute_reason import DEPARTMENTS

#: not decided yet
UNDECIDED = ("open", "in_progress")
#: decided in the customer's favour: a credit note is to follow
GRANTED = ("accepted", "partial")
#: written by the decision and by the ledger, never by hand
DECISION_FIELDS = frozenset(
    {
        "agent_id",
        "amount_accepted",
        "amount_credited",
        "date_decided",
        "date_escalated",
        "date_reminded",
        "date_settled",
        "decided_by_id",
        "decision_note",
        "escalated_to_id",
        "settled",
        "state",
    }
)
#: what is contested, why, and who decides by when
CONTESTED_FIELDS = frozenset(
    {"account_id", "amount", "deadline", "item_ids", "owner_id", "reason_id"}
)
#: all that is said of a dispute by hand
WRITABLE_FIELDS = CONTESTED_FIELDS | {"credit_note_ids", "description"}
#: cents by which the rounding of taxes may keep a credit note from the amount
ROUNDING_UNITS = 5


class CollectionDispute(models.Model):
    """Part of an invoice the customer contests; it leaves what is dunned.

    Anybody who works the customer may open one, the company alone decides. What
    it accepts stays out of what is dunned until the credit note is posted and
    matched; what it rejects is dunned again from the next day.
    """

    _name = "collection.dispute"
    _description = "Dispute"
    _inherit = [
        "collection.deadline.mixin",
        "collection.number.mixin",
        "collection.agreement.mixin",
        "mail.activity.mixin",
    ]
    _order = "date_opened desc, id desc"
    _rec_name = "number"

    _pending_states = UNDECIDED
    # as it was, once it was decided
    _agreed_fields = CONTESTED_FIELDS
    _changeable_states = UNDECIDED
    _deletable_states = ("open",)

    _provider_fields = frozenset(
        {
            "account_id",
            "amount",
            "amount_accepted",
            "company_id",
            "currency_id",
            "date_decided",
            "date_opened",
            "decision_note",
            "description",
            "item_ids",
            "lapse_reason",
            "number",
            "reason_id",
            "settled",
            "state",
        }
    )
    _on_site_fields = frozenset({"agent_id", "item_names", "partner_id"})
    _provider_words = frozenset({"agent_id", "description"})
    _words_author_field = "agent_id"
    _provider_writable_fields = frozenset(
        {"account_id", "amount", "description", "item_ids", "reason_id"}
    )

    partner_id = fields.Many2one(string="Customer")
    item_names = fields.Char(
        string="Invoices", compute="_compute_item_names", compute_sudo=True
    )
    amount = fields.Monetary(
        help="Disputed amount. 0: the items as a whole. It is laid on the items in "
        "the order of their due dates.",
        tracking=True,
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Disputed Amount",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
        help="Company currency, as of the day on which it was opened.",
    )
    reason_id = fields.Many2one(
        comodel_name="collection.dispute.reason",
        required=True,
        index=True,
        tracking=True,
        ondelete="restrict",
    )
    department = fields.Selection(
        selection=DEPARTMENTS,
        compute="_compute_from_reason",
        store=True,
        precompute=True,
    )
    dysfunction_id = fields.Many2one(
        comodel_name="collection.dysfunction",
        compute="_compute_from_reason",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    description = fields.Text(depends_context=("uid",))
    date_opened = fields.Date(
        string="Opened on",
        required=True,
        readonly=True,
        copy=False,
        compute="_compute_date_opened",
        store=True,
        precompute=True,
        index=True,
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Opened by the Agent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        default=lambda self: self.env["collection.agent"]._current(),
        depends_context=("uid",),
    )
    owner_id = fields.Many2one(
        comodel_name="res.users",
        string="To Be Decided by",
        compute="_compute_owner_id",
        store=True,
        precompute=True,
        readonly=False,
        index="btree_not_null",
        domain=[("share", "=", False)],
        tracking=True,
    )
    deadline = fields.Date(
        compute="_compute_deadline",
        store=True,
        precompute=True,
        readonly=False,
        tracking=True,
    )
    date_reminded = fields.Date(readonly=True, copy=False)
    date_escalated = fields.Date(string="Escalated on", readonly=True, copy=False)
    escalated_to_id = fields.Many2one(
        comodel_name="res.users",
        string="Escalated to",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="May decide in the place of who was asked.",
    )
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("in_progress", "In progress"),
            ("accepted", "Accepted"),
            ("partial", "Partly accepted"),
            ("rejected", "Rejected"),
            ("lapsed", "Lapsed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    amount_accepted = fields.Monetary(
        readonly=True,
        copy=False,
        tracking=True,
        help="What is to be credited to the customer.",
    )
    decision_note = fields.Text(
        string="Why",
        readonly=True,
        copy=False,
        help="Told to whoever works the customer, provider's agents included.",
    )
    decided_by_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, copy=False
    )
    date_decided = fields.Date(string="Decided on", readonly=True, copy=False)
    credit_note_ids = fields.Many2many(
        comodel_name="account.move",
        relation="collection_dispute_credit_note_rel",
        column1="dispute_id",
        column2="move_id",
        string="Credit Notes",
        copy=False,
        domain="[('move_type', '=', 'out_refund'), "
        "('commercial_partner_id', '=', partner_id)]",
    )
    credit_note_count = fields.Integer(
        compute="_compute_credit_note_count", compute_sudo=True
    )
    amount_credited = fields.Monetary(
        readonly=True,
        copy=False,
        help="Posted and matched of its credit notes, and of other credits matched "
        "with its items since the decision. Receipts do not count.",
    )
    settled = fields.Boolean(
        readonly=True,
        copy=False,
        help="What was accepted has been credited and matched.",
    )
    date_settled = fields.Date(string="Settled on", readonly=True, copy=False)
    credit_expected = fields.Boolean(
        string="Credit Note Expected",
        compute="_compute_credit_expected",
        search="_search_credit_expected",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "The disputed amount cannot be negative."
    )

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("company_id")
    def _compute_date_opened(self):
        for dispute in self:
            dispute.date_opened = dispute.date_opened or company_today(dispute)

    @api.depends("item_ids")
    def _compute_item_names(self):
        for dispute in self:
            dispute.item_names = ", ".join(
                item.move_id.name or "" for item in dispute.item_ids
            )

    @api.depends("amount", "item_ids", "date_opened")
    def _compute_amount_company(self):
        # not when the items are paid: it is what was contested
        for dispute in self:
            currency = dispute.item_ids.currency_id[:1]
            amount = dispute.amount or sum(dispute.item_ids.mapped("amount_residual"))
            dispute.amount_company = (
                currency._convert(
                    amount,
                    dispute.company_id.currency_id,
                    dispute.company_id,
                    dispute.date_opened or company_today(dispute),
                )
                if currency
                else 0.0
            )

    @api.depends("reason_id")
    def _compute_from_reason(self):
        for dispute in self:
            dispute.department = dispute.reason_id.department
            dispute.dysfunction_id = dispute.reason_id.dysfunction_id

    @api.depends("reason_id", "account_id")
    def _compute_owner_id(self):
        opener = self.env.user
        if self.with_env(self.env(su=False))._is_outsider():
            opener = opener.browse()
        for dispute in self:
            account = dispute.account_id
            company = account.company_id
            owner = (
                dispute.reason_id.owner_id._may_decide_in(company)
                or account.partner_id.user_id._may_decide_in(company)
                or opener
                or account.user_id._may_decide_in(company)
            )
            if not owner and company:
                owner = company._get_collection_managers()[:1]
            dispute.owner_id = owner

    @api.depends("reason_id")
    def _compute_deadline(self):
        for dispute in self:
            opened = dispute.date_opened or company_today(dispute)
            dispute.deadline = dispute.reason_id and opened + timedelta(
                days=dispute.reason_id.deadline_days
            )

    @api.depends("credit_note_ids")
    def _compute_credit_note_count(self):
        for dispute in self:
            dispute.credit_note_count = len(dispute.credit_note_ids)

    @api.depends("state", "settled")
    def _compute_credit_expected(self):
        for dispute in self:
            dispute.credit_expected = dispute.state in GRANTED and not dispute.settled

    def _search_credit_expected(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", GRANTED), ("settled", "=", False)]

    def _get_refusals(self):
        return {
            "items": self.env._("Choose items of the customer of the dispute."),
            "currencies": self.env._(
                "A dispute is in one currency: open one dispute per currency."
            ),
            "agreed": self.env._("It was decided: what was contested stays as it was."),
            "deleted": self.env._(
                "Only a new dispute can be deleted. Cancel it instead."
            ),
        }

    @api.constrains("credit_note_ids", "account_id")
    def _check_credit_notes(self):
        # sudo: whose credit notes they are, nothing more
        for dispute_sudo in self.sudo():
            for move in dispute_sudo.credit_note_ids:
                if (
                    move.move_type != "out_refund"
                    or move.company_id != dispute_sudo.company_id
                    or move.commercial_partner_id != dispute_sudo.partner_id
                ):
                    raise ValidationError(
                        self.env._(
                            "Choose credit notes of the customer of the dispute."
                        )
                    )

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_outsider():
            return self._create_checked(vals_list)
        if not self.env.su and any(
            vals.get("credit_note_ids") or DECISION_FIELDS & set(vals)
            for vals in vals_list
        ):
            raise UserError(self.env._("A dispute is opened first, then decided."))
        disputes = super().create(vals_list)
        # sudo: the position of customers whom the opener may work
        laid_sudo = disputes.sudo().item_ids.browse()
        for dispute, dispute_sudo in zip(disputes, disputes.sudo(), strict=True):
            if dispute_sudo.item_ids & laid_sudo:
                # it contests what one before it does
                laid_sudo._update_disputed()
                laid_sudo = laid_sudo.browse()
            dispute._check_contestable()
            if dispute_sudo._contests_all():
                # all of it stays all of it, whatever is paid meanwhile
                dispute_sudo.with_context(tracking_disable=True).amount = 0.0
            laid_sudo |= dispute_sudo.item_ids
        laid_sudo._update_disputed()
        disputes.sudo().account_id._mark_stale()
        for dispute in disputes:
            dispute._notify_opening()
        return disputes

    def _contests_all(self):
        """Whether the amount said is all that is due of the items."""
        self.ensure_one()
        due = sum(self.item_ids.mapped("amount_residual"))
        return not self.currency_id.compare_amounts(self.amount, due)

    @api.onchange("item_ids")
    def _onchange_item_ids(self):
        self.amount = self.item_ids._get_uncontested_amount()

    def _check_contestable(self):
        """Nobody contests what is paid, nor twice the same.

        :raises UserError: when the items are closed, or more is contested than is
            due and not contested yet
        """
        self.ensure_one()
        # sudo: what is due and contested of items whom the opener may work
        items_sudo = self.sudo().item_ids
        currency = self.sudo().currency_id
        due = sum(items_sudo.mapped("amount_residual"))
        disputed = sum(items_sudo.mapped("amount_disputed"))
        if currency.compare_amounts(due, 0.0) <= 0:
            raise UserError(
                self.env._(
                    "Nothing is due of %(invoices)s any more: there is nothing to "
                    "contest.",
                    invoices=self.sudo().item_names,
                )
            )
        contested = self.amount or due
        if currency.compare_amounts(contested, due - disputed) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s cannot be contested: %(due)s is due of %(invoices)s, "
                    "of which %(disputed)s is contested already.",
                    amount=currency.format(contested),
                    due=currency.format(due),
                    invoices=self.sudo().item_names,
                    disputed=currency.format(disputed),
                )
            )

    def _notify_opening(self):
        """Tell who is to decide and the customer's salesperson, once each."""
        self.ensure_one()
        # sudo: the right to open it was checked; the timeline is the company's
        dispute_sudo = self.sudo()
        opener = self.env.user
        body = self.env._(
            "Dispute %(number)s (%(reason)s) opened by %(opener)s on %(invoices)s: "
            "%(amount)s. To be decided by %(owner)s by %(deadline)s.",
            number=dispute_sudo.number,
            reason=dispute_sudo.reason_id.name,
            opener=opener.sudo().name,
            invoices=dispute_sudo.item_names,
            amount=dispute_sudo.currency_id.format(
                dispute_sudo._get_contested_amount()
            ),
            owner=dispute_sudo.owner_id.name or self.env._("nobody yet"),
            deadline=format_date(self.env, dispute_sudo.deadline)
            or self.env._("no date"),
        )
        author = opener.sudo().partner_id
        dispute_sudo.account_id._message_log(body=body, author_id=author.id)
        salesperson = dispute_sudo.account_id.partner_id.user_id
        concerned = (dispute_sudo.owner_id | salesperson) - opener
        concerned = concerned.filtered(lambda user: not user.share)
        if concerned:
            dispute_sudo.message_notify(
                partner_ids=concerned.partner_id.ids,
                subject=self.env._(
                    "Dispute of %(customer)s",
                    customer=dispute_sudo.partner_id.display_name,
                ),
                body=body,
                author_id=author.id,
            )

    def write(self, vals):
        if not self.env.su:
            if DECISION_FIELDS.intersection(vals):
                raise UserError(
                    self.env._("Use the buttons: a decision is kept with its author.")
                )
            self._check_outside_names(
                vals,
                WRITABLE_FIELDS
                | self.env["mail.thread"]._fields.keys()
                | self.env["mail.activity.mixin"]._fields.keys(),
            )
            if "deadline" in vals and not self.env.user.has_group(
                "account_collection.group_collection_user"
            ):
                raise AccessError(
                    self.env._("Ask a collector for more time: he sets the deadline.")
                )
        if "deadline" in vals:
            # another deadline is reminded of anew
            vals = {
                "date_reminded": False,
                "date_escalated": False,
                "escalated_to_id": False,
                **vals,
            }
        # sudo: whoever decides need not see the position of the customer
        disputes_sudo = self.sudo()
        items_sudo = disputes_sudo.item_ids
        res = super().write(vals)
        if "amount" in vals:
            disputes_sudo._check_amount()
        if self.env.context.get("collection_following"):
            # whoever follows the ledger lays the disputes on the items afterwards
            disputes_sudo.account_id._mark_stale()
        elif not {"item_ids", "amount", "state", "credit_note_ids"}.isdisjoint(vals):
            (items_sudo | disputes_sudo.item_ids)._update_disputed()
            disputes_sudo.account_id._mark_stale()
        return res

    def _check_amount(self):
        for dispute in self:
            due = sum(dispute.item_ids.mapped("amount_residual"))
            currency = dispute.currency_id
            if currency.compare_amounts(dispute.amount, due) > 0:
                raise UserError(
                    self.env._(
                        "Only %(due)s is due of %(invoices)s.",
                        due=currency.format(due),
                        invoices=dispute.item_names,
                    )
                )

    def unlink(self):
        items = self.item_ids
        res = super().unlink()
        items._update_disputed()
        items.account_id._mark_stale()
        return res

    # ------------------------------------------------------------------
    # Decision
    # ------------------------------------------------------------------

    def _check_decider(self):
        """The company decides: whoever may change the dispute, and no outsider.

        :raises AccessError: for a provider's people, and without the right to write
        """
        if self._is_outsider():
            raise AccessError(self.env._("The company decides about a dispute."))
        self.check_access("write")

    def _check_undecided(self):
        if any(dispute.state not in UNDECIDED for dispute in self):
            raise UserError(self.env._("This dispute was decided already."))

    def _get_contested_amount(self):
        """Amount under dispute, item currency: what was said, else all of it."""
        self.ensure_one()
        # sudo: what is due of the items of a dispute they may read
        return self.amount or sum(self.sudo().item_ids.mapped("amount_residual"))

    def action_in_progress(self):
        self._check_decider()
        self._check_undecided()
        # sudo: checked above; who works on it is no decision
        self.sudo().state = "in_progress"

    def action_decide(self):
        """Ask for the decision, what is accepted and why."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_dispute_decision_action"
        )
        return dict(action, context={"default_dispute_id": self.id})

    def _decide(self, decision, note=None, amount_accepted=None):
        """Decide about these disputes, for the company.

        :param decision: `accepted`, `partial`, `rejected` or `cancelled`
        :param note: why, required when the customer does not get it all
        :param amount_accepted: of a `partial` decision, item currency
        :raises AccessError: for a provider's people
        :raises UserError: decided already, no reason given, or an amount that is
            not a part of the disputed one
        """
        self._check_decider()
        self._check_undecided()
        if decision in ("partial", "rejected") and not (note or "").strip():
            raise UserError(self.env._("Say why: the customer will ask."))
        labels = dict(self._fields["state"]._description_selection(self.env))
        for dispute in self:
            currency = dispute.currency_id
            contested = dispute._get_contested_amount()
            if decision == "accepted" and currency.is_zero(contested):
                raise UserError(
                    self.env._(
                        "%(invoices)s was paid meanwhile: nothing is left to credit. "
                        "Enter the amount in dispute first, or cancel it.",
                        invoices=dispute.sudo().item_names,
                    )
                )
            granted = dispute._get_granted_amount(decision, contested, amount_accepted)
            # sudo: the right to decide was checked
            dispute.sudo().write(
                {
                    "state": decision,
                    "amount_accepted": granted,
                    "decision_note": note,
                    "decided_by_id": self.env.uid,
                    "date_decided": company_today(dispute),
                }
            )
            dispute.sudo().account_id._message_log(
                body=self.env._(
                    "Dispute %(number)s: %(decision)s (%(amount)s of %(contested)s). "
                    "%(note)s",
                    number=dispute.number,
                    decision=labels[decision],
                    amount=currency.format(granted),
                    contested=currency.format(contested),
                    note=note or "",
                ),
                author_id=self.env.user.partner_id.id,
            )
        self.activity_feedback(
            ["account_collection.mail_activity_type_dispute"],
            feedback=labels[decision],
        )

    def _get_granted_amount(self, decision, contested, amount_accepted):
        self.ensure_one()
        if decision == "accepted":
            return contested
        if decision != "partial":
            return 0.0
        currency = self.currency_id
        granted = currency.round(amount_accepted or 0.0)
        if (
            currency.compare_amounts(granted, 0.0) <= 0
            or currency.compare_amounts(granted, contested) >= 0
        ):
            raise UserError(
                self.env._(
                    "Accept more than nothing and less than %(amount)s, or choose "
                    "another decision.",
                    amount=currency.format(contested),
                )
            )
        return granted

    def action_reopen(self):
        """Take a decision back, as long as nothing was credited.

        :raises AccessError: for whoever is no credit manager
        :raises UserError: not decided yet, or when a credit note stands already
        """
        self._check_decider()
        check_manager(self.env, self.env._("Ask a credit manager to take it back."))
        if any(dispute.state in (*UNDECIDED, "lapsed") for dispute in self):
            raise UserError(self.env._("This dispute was not decided yet."))
        # sudo: whether credit notes of the dispute stand, nothing more
        credit_notes_sudo = self.sudo().credit_note_ids
        if credit_notes_sudo.filtered(lambda move: move.state == "posted") or any(
            dispute.amount_credited for dispute in self
        ):
            raise UserError(
                self.env._("The customer was credited: open another dispute.")
            )
        if credit_notes_sudo.filtered(lambda move: move.state == "draft"):
            raise UserError(
                self.env._(
                    "A credit note was drafted: have it deleted first, or it would be "
                    "posted although nothing is granted."
                )
            )
        # sudo: the right to decide was checked
        self.sudo().write(
            {
                "state": "in_progress",
                "amount_accepted": 0.0,
                "decision_note": False,
                "decided_by_id": False,
                "date_decided": False,
            }
        )

    # ------------------------------------------------------------------
    # Credit note
    # ------------------------------------------------------------------

    def _get_accepted_by_move(self):
        """What is accepted, laid on the invoices as the dispute is on the items.

        :return: {invoice: amount, item currency}
        """
        self.ensure_one()
        left = self.amount_accepted - self.amount_credited
        amounts = {}
        for item in self.item_ids.sorted(lambda item: (item.date_due, item.id)):
            part = min(left, item.amount_residual)
            if self.currency_id.compare_amounts(part, 0.0) > 0:
                amounts[item.move_id] = amounts.get(item.move_id, 0.0) + part
                left -= part
        return amounts

    def action_credit_note(self):
        """Draft the credit notes of what was accepted, with Odoo's own reversal.

        :return: action that opens them
        :raises UserError: nothing accepted, or nothing left to credit
        """
        self.ensure_one()
        if self.state not in GRANTED:
            raise UserError(self.env._("Nothing was accepted: nothing to credit."))
        drafts = self.credit_note_ids.filtered(lambda move: move.state == "draft")
        if not drafts:
            drafts = self._draft_credit_notes()
        return self._open_moves(drafts)

    def _draft_credit_notes(self):
        self.ensure_one()
        moves = self.env["account.move"]
        for move, amount in self._get_accepted_by_move().items():
            if not move.is_sale_document(include_receipts=True):
                continue
            wizard = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=move.ids)
                .create(
                    {
                        "journal_id": move.journal_id.id,
                        "reason": self.env._(
                            "%(reason)s (dispute %(number)s)",
                            reason=self.reason_id.name,
                            number=self.number,
                        ),
                    }
                )
            )
            wizard.refund_moves()
            credit_note = wizard.new_move_ids
            if move.currency_id.compare_amounts(amount, move.amount_total) < 0:
                self._reduce_credit_note(credit_note, amount)
            moves |= credit_note
        if not moves:
            raise UserError(
                self.env._("No open invoice of this dispute is left to credit.")
            )
        # sudo: the link only; the credit notes were made under the user's rights
        self.sudo().credit_note_ids = [Command.link(move.id) for move in moves]
        return moves

    @api.model
    def _reduce_credit_note(self, credit_note, amount):
        """Bring a full credit note down to `amount`, taxes included.

        One line for each account and set of taxes of the invoice, in proportion;
        the taxes round by themselves.
        """
        lines = credit_note.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        share = amount / credit_note.amount_total
        commands = [Command.delete(line.id) for line in credit_note.invoice_line_ids]
        groups = lines.grouped(lambda line: (line.account_id, line.tax_ids))
        for group in groups.values():
            included = any(group.tax_ids.mapped("price_include"))
            total = sum(group.mapped("price_total" if included else "price_subtotal"))
            commands.append(
                Command.create(
                    {
                        "name": credit_note.ref,
                        "quantity": 1.0,
                        "price_unit": credit_note.currency_id.round(total * share),
                        "account_id": group.account_id.id,
                        "tax_ids": [Command.set(group.tax_ids.ids)],
                        "analytic_distribution": group[:1].analytic_distribution,
                    }
                )
            )
        credit_note.write({"invoice_line_ids": commands})

    @api.model
    def _open_moves(self, moves):
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Notes"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }
        if len(moves) == 1:
            action.update(view_mode="form", res_id=moves.id)
        return action

    def action_open_credit_notes(self):
        self.ensure_one()
        return self._open_moves(self.credit_note_ids)

    # ------------------------------------------------------------------
    # Judged by the ledger
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger(self, account_ids=None):
        """See what was credited of these accounts, and lay the rest on their items.

        :return: number of disputes that lapsed or came back, and of items that changed
        """
        self._count_credits(account_ids)
        changed = self._follow_items_owed(account_ids)
        return changed + self.env["collection.item"]._lay_disputes(account_ids)

    @api.model
    def _follow_items_owed(self, account_ids=None):
        """What nobody has decided lapses when the company has given up the items.

        That is when each was cancelled or deleted, or settled with a credit since the
        dispute was opened. What was only paid may be contested all the same, and an
        invoice that is being corrected (reset to draft) still stands. It is open again
        when the items are.

        :return: number of disputes that lapsed or came back
        """
        self.flush_model()
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH judged AS (
                    SELECT dispute.id, dispute.state, dispute.date_opened,
                           item.id AS item_id, item.state AS item_state,
                           aml.parent_state
                      FROM collection_dispute dispute
                 LEFT JOIN collection_dispute_collection_item_rel rel
                        ON rel.collection_dispute_id = dispute.id
                 LEFT JOIN collection_item item ON item.id = rel.collection_item_id
                 LEFT JOIN account_move_line aml ON aml.id = item.move_line_id
                     WHERE dispute.state IN %(followed)s AND %(condition)s
                ), granted AS (
                    SELECT DISTINCT judged.id, judged.item_id
                      FROM judged
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = judged.item_id
                       AND receipt.kind IN %(granted)s
                       AND receipt.date >= judged.date_opened
                )
                SELECT judged.id, judged.state,
                       COALESCE(bool_or(
                           judged.item_state = 'open' OR judged.parent_state = 'draft'
                           OR (judged.parent_state = 'posted'
                               AND granted.item_id IS NULL)), FALSE) AS stands
                  FROM judged
             LEFT JOIN granted
                    ON granted.id = judged.id AND granted.item_id = judged.item_id
              GROUP BY judged.id, judged.state
                """,
                settled=source._settled_query(
                    SQL("item.id IN (SELECT judged.item_id FROM judged)")
                ),
                granted=GRANTED_KINDS,
                followed=(*UNDECIDED, "lapsed"),
                condition=self._among_concerned(SQL("dispute.id"), account_ids),
            )
        )
        lapsed = self.browse(
            dispute_id
            for dispute_id, state, stands in rows
            if state != "lapsed" and not stands
        )
        back = self.browse(
            dispute_id
            for dispute_id, state, stands in rows
            if state == "lapsed" and stands
        )
        # sudo: the ledger judges, whoever moved it
        lapsed.sudo()._lapse()
        back.sudo()._stand_again()
        return len(lapsed | back)

    def _is_pending(self):
        return self.state in UNDECIDED

    def _lapse(self, reason=None):
        following = self.with_context(collection_following=True)
        res = super(CollectionDispute, following)._lapse(reason)
        self.activity_unlink(["account_collection.mail_activity_type_dispute"])
        return res

    def _stand_again(self):
        """The items are owed again: what was contested of them is to be decided."""
        self.with_context(collection_following=True).write(
            {"state": "open", "lapse_reason": False}
        )
        for dispute in self:
            dispute.account_id._message_log(
                body=self.env._(
                    "Dispute %(number)s is open again: the invoices are owed again.",
                    number=dispute.number,
                )
            )

    @api.model
    def _count_credits(self, account_ids=None):
        """See what was credited of the accepted disputes of these accounts.

        Counted is what was credited, discounted or written off of the items since the
        decision, and whatever a credit note of the dispute was matched with. Undone
        matches count no longer, and the dispute is open to credit again.

        :return: number of disputes that changed
        """
        self.flush_model()
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH granted AS (
                    SELECT dispute.id, dispute.amount_accepted, dispute.date_decided,
                           dispute.currency_id, dispute.settled
                      FROM collection_dispute dispute
                     WHERE dispute.state IN %(granted)s AND %(condition)s
                ), credited AS (
                    SELECT granted.id, part.credit_amount_currency AS amount
                      FROM granted
                      JOIN collection_dispute_credit_note_rel rel
                        ON rel.dispute_id = granted.id
                      JOIN account_move_line credit ON credit.move_id = rel.move_id
                      JOIN account_partial_reconcile part
                        ON part.credit_move_id = credit.id
                     UNION ALL
                    SELECT granted.id, receipt.amount
                      FROM granted
                      JOIN collection_dispute_collection_item_rel contested
                        ON contested.collection_dispute_id = granted.id
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = contested.collection_item_id
                       AND receipt.kind IN %(granted_kinds)s
                       AND receipt.date >= granted.date_decided
                      JOIN account_move_line credit ON credit.id = receipt.move_line_id
                     WHERE NOT EXISTS (
                            SELECT 1 FROM collection_dispute_credit_note_rel rel
                             WHERE rel.move_id = credit.move_id)
                ), truth AS (
                    SELECT granted.id,
                           COALESCE(granted.settled, FALSE) AS settled_before,
                           COALESCE(SUM(credited.amount), 0) AS amount,
                           COALESCE(SUM(credited.amount), 0)
                               >= granted.amount_accepted
                                  - %(units)s * currency.rounding
                           -- what was cancelled needs no credit note any more
                           OR NOT EXISTS (
                                SELECT 1
                                  FROM collection_dispute_collection_item_rel contested
                                  JOIN collection_item item
                                    ON item.id = contested.collection_item_id
                                  JOIN account_move_line aml
                                    ON aml.id = item.move_line_id
                                   AND aml.parent_state <> 'cancel'
                                 WHERE contested.collection_dispute_id = granted.id)
                           AS settled
                      FROM granted
                      JOIN res_currency currency ON currency.id = granted.currency_id
                 LEFT JOIN credited ON credited.id = granted.id
                  GROUP BY granted.id, granted.settled, granted.amount_accepted,
                           currency.rounding
                )
                UPDATE collection_dispute dispute
                   SET amount_credited = truth.amount, settled = truth.settled,
                       date_settled = CASE WHEN NOT truth.settled THEN NULL
                                           WHEN truth.settled_before
                                           THEN dispute.date_settled
                                           ELSE %(today)s::date END
                  FROM truth
                 WHERE dispute.id = truth.id
                   AND (COALESCE(dispute.amount_credited, 0), truth.settled_before)
                       IS DISTINCT FROM (truth.amount, truth.settled)
             RETURNING dispute.id, truth.settled,
                       truth.settled <> truth.settled_before
                """,
                granted=GRANTED,
                granted_kinds=GRANTED_KINDS,
                settled=source._settled_query(
                    SQL(
                        """item.id IN (
                            SELECT contested.collection_item_id
                              FROM granted
                              JOIN collection_dispute_collection_item_rel contested
                                ON contested.collection_dispute_id = granted.id)"""
                    )
                ),
                units=ROUNDING_UNITS,
                today=company_today_sql(self.env, SQL("dispute.company_id")),
                condition=self._among_concerned(SQL("dispute.id"), account_ids),
            )
        )
        self.browse(row[0] for row in rows).invalidate_recordset(
            ["amount_credited", "settled", "date_settled", "credit_expected"],
            flush=False,
        )
        for dispute_id, settled, turned in rows:
            if turned:
                # sudo: the ledger judges, whoever moved it
                self.browse(dispute_id).sudo()._message_log(
                    body=self.env._(
                        "Settled: what was granted was credited, or the invoice "
                        "was cancelled."
                    )
                    if settled
                    else self.env._("No longer settled: the credit is matched no more.")
                )
        return len(rows)

    # ------------------------------------------------------------------
    # Late
    # ------------------------------------------------------------------

    @api.model
    def _cron_late(self):
        """Every day: remind of what was to be decided, then escalate it, once each."""
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._follow_deadlines(companies)

    @api.model
    def _follow_deadlines(self, companies):
        """As of the current day, those of `companies`."""
        today = company_today(companies)
        late = self.search(
            [
                ("state", "in", UNDECIDED),
                ("deadline", "<", today),
                ("date_reminded", "=", False),
                ("company_id", "in", companies.ids),
            ]
        )
        for (owner, company), disputes in late.grouped(
            lambda dispute: (dispute.owner_id, dispute.company_id)
        ).items():
            disputes._ask_decision(company._get_collection_user(owner))
        # sudo: what the nightly job did, which nobody sets by hand
        late.sudo().date_reminded = today
        late.account_id._mark_stale()
        to_escalate = self.search(
            [
                ("state", "in", UNDECIDED),
                ("deadline", "<", today),
                ("date_escalated", "=", False),
                ("company_id", "in", companies.ids),
            ]
        )
        to_escalate._escalate(today)

    def _escalate(self, today):
        """What nobody decided in the days after its deadline goes further up."""
        due = self.filtered(
            lambda dispute: (
                dispute.deadline
                + timedelta(days=dispute.company_id.collection_dispute_days)
                < today
            )
        )
        for disputes in due.grouped(
            lambda dispute: (dispute.company_id, dispute.owner_id)
        ).values():
            user = disputes[:1]._get_escalation_user()
            # sudo: what the nightly job did, which nobody sets by hand; who is asked
            # may read and decide from now on
            disputes.sudo().write({"date_escalated": today, "escalated_to_id": user.id})
            disputes._ask_decision(user, escalated=True)

    def _get_escalation_user(self):
        """Whoever the company names, else the superior of who was to decide.

        A superior is known where employees or sales teams are installed; without
        either the credit manager is asked.
        """
        self.ensure_one()
        company = self.company_id
        # sudo: whose superior is who, of users of the company
        owner_sudo = self.sudo().owner_id
        superior_sudo = owner_sudo.browse()
        if "employee_id" in owner_sudo._fields:
            employee_sudo = owner_sudo.with_company(company).employee_id
            superior_sudo = employee_sudo.parent_id.user_id
        if not superior_sudo and "sale_team_id" in owner_sudo._fields:
            superior_sudo = owner_sudo.sale_team_id.user_id
        superior_sudo = (superior_sudo - owner_sudo)._may_decide_in(company)
        return (
            company.collection_dispute_user_id._may_decide_in(company)
            or superior_sudo.with_env(self.env)
            or company._get_collection_managers()[:1]
        )

    def _ask_decision(self, user, escalated=False):
        """Ask `user`, in their language, for the decisions that are late."""
        self._activity_schedule_for(
            user,
            "account_collection.mail_activity_type_dispute",
            lambda asked: (
                asked.env._("Escalated: nobody has decided about this dispute")
                if escalated
                else asked.env._("Decide about this dispute: its deadline has passed")
            ),
        )
