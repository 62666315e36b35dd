from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.ageing import BUCKETS, days_overdue

#: what is written on an account and changes its rank
RANKING_FIELDS = frozenset(
    {"next_action", "next_action_date", "placement_line_id", "segment_id"}
)
#: decisions about a customer that a collector reads but does not take
MANAGER_FIELDS = {
    "claim_declared_date",
    "insolvency_administrator_id",
    "agreed_rate",
    "insolvency_date",
    "insolvency_publication_date",
    "policy_id",
    "reserved",
    "segment_id",
    "segment_locked",
    "user_id",
}
#: what changes the activity of declaring the claim
INSOLVENCY_FIELDS = {
    "claim_declared_date",
    "insolvency_administrator_id",
    "insolvency_date",
    "insolvency_publication_date",
}
CLAIM_ACTIVITY = "account_collection.mail_activity_type_claim"
#: where a transaction notes the journal items that it touched
TOUCHED = "account_collection.touched"
#: what models outside this module show of ours
SHOWN_ELSEWHERE = {
    "account.move": (
        "collection_account_id",
        "collection_delegated",
        "collection_item_ids",
        "collection_level_id",
    ),
    "res.partner": (
        "collection_account_id",
        "collection_delegated",
        "collection_level_id",
    ),
}


@dataclass
class Concerned:
    """What a change of some journal items may concern."""

    account_ids: set = field(default_factory=set)
    missing: set = field(default_factory=set)  #: (company, customer) without account
    items: bool = False  #: there are items to write or to correct
    closing: bool = False  #: there are items whose line stands no more
    credits: bool = False  #: there are lines in the customers' favour
    disputed: bool = False
    placed: bool = False  #: handed over, now or in the past
    agreed: bool = False  #: the customer promised, or agreed to a plan
    billed: bool = False  #: bills of exchange are drawn on the customer


class CollectionAccount(models.Model):
    """What one customer owes one company, and what is being done about it.

    A position, not a ledger: the amounts are derived from posted journal items
    and `_refresh` can rebuild them at any time.
    """

    _name = "collection.account"
    _description = "Collection Account"
    _inherit = [
        "collection.ledger.mixin",
        "collection.provider.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "amount_overdue desc, id"
    _rec_names_search = ["partner_name", "partner_ref"]
    _mail_post_access = "read"
    _check_company_auto = True

    _provider_fields = frozenset(
        {
            "agent_id",
            "amount_1_30",
            "amount_31_60",
            "amount_61_90",
            "amount_91_plus",
            "amount_credit",
            "amount_disputed",
            "amount_not_due",
            "amount_open",
            "amount_overdue",
            "bill_ids",
            "call_count",
            "call_ids",
            "company_id",
            "currency_id",
            "days_overdue",
            "delegation_state",
            "dispute_ids",
            "item_ids",
            "last_call_date",
            "level_id",
            "mandate_id",
            "mandate_notice",
            "mandate_notice_missing",
            "means_change_ids",
            "means_script",
            "means_to_propose",
            "next_action",
            "next_action_date",
            "next_action_time",
            "oldest_due_date",
            "open_item_ids",
            # what is searched by name passes by the customer, whose own fields stay
            # under the rules of contacts
            "partner_id",
            "partner_name",
            "partner_ref",
            "payment_means",
            "plan_ids",
            "promise_ids",
            "priority",
            "priority_reason",
            "segment_id",
        }
    )
    _on_site_fields = frozenset(
        {
            "call_obstacles",
            "call_time_zone",
            "contact_ids",
            "do_not_call",
            "effective_policy_id",
            "hold_reason",
            "hold_until",
            "insolvency_date",
            "partner_email",
            "partner_lang",
            "partner_phone",
            "policy_id",
            "salesperson_id",
            "user_id",
        }
    )

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    partner_name = fields.Char(related="partner_id.name", string="Customer Name")
    partner_ref = fields.Char(related="partner_id.ref", string="Customer Reference")
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # What the customer is
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
    )
    segment_locked = fields.Boolean(
        string="Segment Set by Hand",
        tracking=True,
        help="The classification leaves this customer's segment alone.",
    )
    policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Own Dunning Policy",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        check_company=True,
        help="Leave empty to follow the segment's or the company's policy.",
    )
    reserved = fields.Boolean(
        tracking=True,
        help="By hand: this customer stays in-house whatever its segment says.",
    )
    hold_until = fields.Date(
        tracking=True, help="No reminder leaves up to and including this day."
    )
    hold_reason = fields.Char(tracking=True)
    insolvency_date = fields.Date(
        tracking=True,
        help="Day of the opening judgment. Every reminder stops; declare the claim "
        "to the administrator within two months of publication.",
    )
    insolvency_administrator_id = fields.Many2one(
        comodel_name="res.partner",
        string="Administrator",
        tracking=True,
        help="Whom the court has appointed and to whom the claim is declared "
        "(mandataire judiciaire, liquidateur).",
        ondelete="restrict",
    )
    insolvency_publication_date = fields.Date(
        string="Judgment Published on",
        tracking=True,
        help="Day on which the judgment was published (in France in the Bodacc).",
    )
    claim_deadline = fields.Date(
        string="Declare the Claim before",
        compute="_compute_claim_deadline",
        help="Two months after publication (article R622-24 of the French commercial "
        "code). As long as the publication is not known: estimated from the "
        "judgment, publication comes later.",
    )
    claim_declared_date = fields.Date(
        string="Claim Declared on", tracking=True, copy=False
    )
    date_limitation = fields.Date(
        string="First Claim Enforceable until",
        compute="_compute_date_limitation",
        help="Earliest day on which an open item of the customer is time-barred.",
    )
    limitation_state = fields.Selection(
        selection=[("soon", "Within six months"), ("barred", "Time-barred")],
        compute="_compute_date_limitation",
    )
    agreed_rate = fields.Float(
        string="Agreed Late-Payment Rate",
        digits=(16, 4),
        aggregator=None,
        tracking=True,
        help="Percent a year from the contract with this customer. 0: as agreed by "
        "the company's terms of sale, else the rate of the law.",
    )
    settlement_ids = fields.One2many(
        comodel_name="collection.interest.settlement",
        inverse_name="account_id",
        string="Interest Settlements",
    )

    # Position, written by _refresh only
    item_ids = fields.One2many(
        comodel_name="collection.item", inverse_name="account_id", string="Items"
    )
    open_item_ids = fields.One2many(
        comodel_name="collection.item",
        inverse_name="account_id",
        string="Open Items",
        domain=[("state", "=", "open")],
    )
    amount_open = fields.Monetary(readonly=True)
    amount_overdue = fields.Monetary(readonly=True)
    amount_disputed = fields.Monetary(readonly=True)
    amount_credit = fields.Monetary(
        string="Open Credits",
        readonly=True,
        help="Credit notes and payments not yet matched with an invoice. They are "
        "shown beside what is open and never deducted silently.",
    )
    oldest_due_date = fields.Date(readonly=True)
    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Highest level among the open items.",
    )
    days_overdue = fields.Integer(
        compute="_compute_days_overdue",
        search="_search_days_overdue",
        aggregator="max",
        help="Days since the oldest open due date; 0 when nothing is overdue.",
    )
    amount_not_due = fields.Monetary(compute="_compute_age_balance")
    amount_1_30 = fields.Monetary("1–30 days", compute="_compute_age_balance")
    amount_31_60 = fields.Monetary("31–60 days", compute="_compute_age_balance")
    amount_61_90 = fields.Monetary("61–90 days", compute="_compute_age_balance")
    amount_91_plus = fields.Monetary("Over 90 days", compute="_compute_age_balance")
    amount_promised = fields.Monetary(
        string="Promised",
        compute="_compute_amount_promised",
        help="What is still to come of the open promises.",
    )
    turnover_12m = fields.Monetary(
        string="Turnover, 12 Months",
        compute="_compute_turnover_12m",
        help="Posted invoices less credit notes of the last twelve months, "
        "taxes included.",
    )

    # Who works it and what is next
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Collector",
        index="btree_not_null",
        tracking=True,
        domain=[("share", "=", False)],
    )
    placement_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Current Hand-over",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    mandate_id = fields.Many2one(
        related="placement_line_id.mandate_id",
        store=True,
        index="btree_not_null",
        tracking=True,
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        index="btree_not_null",
        tracking=True,
        help="The provider's agent who works the account.",
    )
    delegation_state = fields.Selection(
        selection=[
            ("in_house", "In-house"),
            ("proposed", "Proposed"),
            ("delegated", "Delegated"),
            ("reserved", "Reserved"),
        ],
        string="Delegation",
        compute="_compute_delegation_state",
        store=True,
        required=True,
        default="in_house",
        tracking=True,
    )
    next_action_date = fields.Date(tracking=True)
    next_action_time = fields.Float(
        string="Next Action at",
        help="Hour agreed with the customer, in his own time. 0: none.",
    )
    next_action = fields.Char(tracking=True)
    call_ids = fields.One2many(
        comodel_name="collection.call", inverse_name="account_id", string="Calls"
    )
    letter_ids = fields.One2many(
        comodel_name="collection.letter", inverse_name="account_id", string="Letters"
    )
    placement_line_ids = fields.One2many(
        comodel_name="collection.placement.line",
        inverse_name="account_id",
        string="Hand-overs",
    )
    dispute_ids = fields.One2many(
        comodel_name="collection.dispute",
        inverse_name="account_id",
        string="Disputes",
    )
    promise_ids = fields.One2many(
        comodel_name="collection.promise",
        inverse_name="account_id",
        string="Promises",
    )
    plan_ids = fields.One2many(
        comodel_name="collection.payment.plan",
        inverse_name="account_id",
        string="Payment Plans",
    )
    bill_ids = fields.One2many(
        comodel_name="collection.bill",
        inverse_name="account_id",
        string="Bills of Exchange",
    )
    contact_ids = fields.One2many(
        related="partner_id.child_ids", string="Contacts", readonly=True
    )
    dunning_contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Letters to",
        domain="[('commercial_partner_id', '=', partner_id)]",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        help="Contact who gets every letter. Empty: the contact of the invoices, the "
        "invoice address, or the customer.",
    )
    dunning_copy_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="collection_account_copy_rel",
        column1="account_id",
        column2="partner_id",
        string="Copy to",
        help="Contacts who get a copy of each letter that goes by e-mail.",
    )
    preferred_channel = fields.Selection(
        selection=[("email", "E-mail"), ("post", "Post")],
        tracking=True,
        help="How this customer wants letters, instead of what the level says. "
        "Registered letters stay registered.",
    )
    partner_phone = fields.Char(related="partner_id.phone", string="Phone")
    partner_email = fields.Char(related="partner_id.email", string="Email")
    partner_lang = fields.Char(string="Language", compute="_compute_partner_lang")
    salesperson_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    last_call_date = fields.Datetime(compute="_compute_last_call_date")
    call_count = fields.Integer(compute="_compute_call_count")
    letter_count = fields.Integer(compute="_compute_letter_count")

    _company_partner_uniq = models.Constraint(
        "UNIQUE (company_id, partner_id)",
        "This customer has a collection account already.",
    )
    _stale_idx = models.Index("(id) WHERE priority_date IS NULL AND amount_open > 0")
    _priority_idx = models.Index("(priority) WHERE amount_open > 0")

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("partner_id.name")
    def _compute_display_name(self):
        # sudo: the customer's name is what the account is called, for its agents too
        for account, account_sudo in zip(self, self.sudo(), strict=True):
            account.display_name = account_sudo.partner_id.display_name

    @api.depends("partner_id.lang")
    @api.depends_context("lang")
    def _compute_partner_lang(self):
        # also a language that is no longer active, which is no choice any more
        languages = (
            self.env["res.lang"]
            .with_context(active_test=False)
            .search([("code", "in", self.partner_id.mapped("lang"))])
        )
        names = {language.code: language.name for language in languages}
        for account in self:
            code = account.partner_id.lang
            account.partner_lang = names.get(code, code)

    @api.depends("insolvency_date", "insolvency_publication_date")
    def _compute_claim_deadline(self):
        for account in self:
            start = account.insolvency_date and (
                account.insolvency_publication_date or account.insolvency_date
            )
            account.claim_deadline = start and start + relativedelta(months=2)

    def _compute_date_limitation(self):
        today = fields.Date.context_today(self)
        items = self.env["collection.item"].search(
            [
                ("account_id", "in", self._origin.ids),
                ("date_limitation", "<=", today + relativedelta(months=6)),
            ]
        )
        dates = {
            account: min(of_account.mapped("date_limitation"))
            for account, of_account in items.grouped("account_id").items()
        }
        for account in self:
            date = dates.get(account._origin, False)
            account.date_limitation = date
            account.limitation_state = date and ("barred" if date < today else "soon")

    @api.depends("oldest_due_date")
    def _compute_days_overdue(self):
        today = fields.Date.context_today(self)
        for account in self:
            due = account.oldest_due_date
            account.days_overdue = max(days_overdue(due, today), 0) if due else 0

    def _search_days_overdue(self, operator, value):
        today = fields.Date.context_today(self)
        not_overdue = Domain("oldest_due_date", "=", False) | Domain(
            "oldest_due_date", ">=", today
        )
        if operator == "in":
            days = {int(number) for number in value}
            domain = Domain(
                "oldest_due_date",
                "in",
                [today - relativedelta(days=number) for number in days if number > 0],
            )
            return domain | not_overdue if 0 in days else domain
        if operator not in (">", ">=", "<", "<="):
            return NotImplemented
        # a whole number of days, the least that matches or the first that does not
        limit = int(value) + (operator in (">", "<="))
        if limit <= 0:
            return Domain.TRUE if operator.startswith(">") else Domain.FALSE
        late = Domain("oldest_due_date", "<=", today - relativedelta(days=limit))
        return late if operator.startswith(">") else ~late

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "days_overdue":
            return SQL(
                "GREATEST(%s::date - %s, 0)",
                fields.Date.context_today(self),
                self._field_to_sql(alias, "oldest_due_date", query),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _compute_age_balance(self):
        names = dict(
            zip(
                [code for code, _lower, _upper in BUCKETS],
                (
                    "amount_not_due",
                    "amount_1_30",
                    "amount_31_60",
                    "amount_61_90",
                    "amount_91_plus",
                ),
                strict=True,
            )
        )
        balances = {
            (account, bucket): amount
            for account, bucket, amount in self.env["collection.item"]._read_group(
                [("account_id", "in", self.ids), ("state", "=", "open")],
                ["account_id", "age_bucket"],
                ["amount_residual_company:sum"],
            )
        }
        for account in self:
            for bucket, name in names.items():
                account[name] = balances.get((account._origin, bucket), 0.0)

    @api.depends("promise_ids.state", "promise_ids.amount_received")
    def _compute_amount_promised(self):
        expected = self.env["collection.promise"]._read_group(
            [("account_id", "in", self.ids), ("state", "=", "open")],
            ["account_id", "currency_id", "date_promised:day"],
            ["amount:sum", "amount_received:sum"],
        )
        amounts = {}
        for account, currency, day, amount, received in expected:
            amounts[account] = amounts.get(account, 0.0) + currency._convert(
                amount - received, account.currency_id, account.company_id, day
            )
        for account in self:
            account.amount_promised = amounts.get(account._origin, 0.0)

    def _compute_turnover_12m(self):
        turnovers = self._get_turnover(fields.Date.context_today(self))
        for account in self:
            account.turnover_12m = turnovers.get(account._origin.id, 0.0)

    @api.depends(
        "placement_line_id.state",
        "placement_line_id.placement_id.state",
        "reserved",
        "segment_id.delegation",
    )
    def _compute_delegation_state(self):
        for account in self:
            line = account.placement_line_id
            if line.state == "active":
                handed_over = line.placement_id.state in ("handed_over", "accepted")
                account.delegation_state = "delegated" if handed_over else "proposed"
            elif account.reserved or account.segment_id.delegation == "never":
                account.delegation_state = "reserved"
            else:
                account.delegation_state = "in_house"

    def _update_delegation(self):
        """Recompute now what depends on the hand-over, without a line for each field
        in the timeline: the hand-over and the recall write their own."""
        self.with_context(tracking_disable=True)._recompute_recordset(
            ["mandate_id", "delegation_state"]
        )
        self._mark_stale()

    def _compute_last_call_date(self):
        dates = dict(
            self.env["collection.call"]._read_group(
                [
                    ("account_id", "in", self.ids),
                    ("correction_of_id", "=", False),
                ],
                ["account_id"],
                ["date:max"],
            )
        )
        for account in self:
            account.last_call_date = dates.get(account._origin, False)

    def _compute_call_count(self):
        counts = dict(
            self.env["collection.call"]._read_group(
                [
                    ("account_id", "in", self.ids),
                    ("correction_of_id", "=", False),
                ],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.call_count = counts.get(account._origin, 0)

    def _compute_letter_count(self):
        counts = dict(
            self.env["collection.letter"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.letter_count = counts.get(account._origin, 0)

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("next_action_date")
    def _check_next_action_date(self):
        self._check_within_reach("next_action_date")

    @api.constrains("hold_until", "hold_reason")
    def _check_hold_reason(self):
        for account in self:
            if account.hold_until and not account.hold_reason:
                raise ValidationError(
                    self.env._(
                        "Say why reminders to %(customer)s are on hold: fill in the "
                        "reason of the hold.",
                        customer=account.sudo().partner_id.display_name,
                    )
                )

    @api.constrains("agreed_rate")
    def _check_agreed_rate(self):
        for account in self:
            # sudo: the floor is the law's, whoever records the contract
            account.company_id.sudo()._check_agreed_rate(
                account.agreed_rate, account.sudo().partner_id.display_name
            )

    def write(self, vals):
        decisions = MANAGER_FIELDS.intersection(vals)
        if (
            decisions
            and not self.env.su
            and not self.env.user.has_group(
                "account_collection.group_collection_manager"
            )
        ):
            labels = self.fields_get(decisions, ["string"])
            raise AccessError(
                self.env._(
                    "Ask a credit manager to change: %(fields)s.",
                    fields=", ".join(label["string"] for label in labels.values()),
                )
            )
        if vals.get("segment_id") and "segment_locked" not in vals:
            vals = dict(vals, segment_locked=True)
        if "next_action_date" in vals and "next_action_time" not in vals:
            # an hour was agreed for a day, not for another
            vals = dict(vals, next_action_time=0.0)
        opened = (
            self.filtered(lambda account: not account.insolvency_date)
            if vals.get("insolvency_date")
            else self.browse()
        )
        res = super().write(vals)
        if RANKING_FIELDS.intersection(vals):
            self._mark_stale()
        opened._stop_letters()
        if INSOLVENCY_FIELDS.intersection(vals):
            self._follow_insolvency()
        return res

    # ------------------------------------------------------------------
    # Insolvency
    # ------------------------------------------------------------------

    def _stop_letters(self):
        """Insolvency opened: no letter that has not left leaves any more, and no call
        that one asked for is made."""
        if not self:
            return
        self.env["collection.letter"].search(
            [
                ("account_id", "in", self.ids),
                ("state", "in", ("draft", "to_send", "error")),
            ]
        )._cancel(self.env._("Insolvency of the customer"))
        self.letter_ids._end_calls()

    def _follow_insolvency(self):
        """Keep the activity of declaring the claim true: who, to whom, until when."""
        for account in self:
            if not account.insolvency_date:
                account.activity_unlink([CLAIM_ACTIVITY])
            elif account.claim_declared_date:
                account.activity_feedback(
                    [CLAIM_ACTIVITY],
                    feedback=self.env._(
                        "Claim declared on %(date)s",
                        date=format_date(self.env, account.claim_declared_date),
                    ),
                )
            else:
                account.activity_unlink([CLAIM_ACTIVITY])
                account._schedule_claim()

    def _schedule_claim(self):
        deadline = format_date(self.env, self.claim_deadline)
        administrator = self.insolvency_administrator_id.display_name
        summary = (
            self.env._(
                "Declare the claim to %(administrator)s before %(date)s",
                administrator=administrator,
                date=deadline,
            )
            if administrator
            else self.env._(
                "Declare the claim to the administrator before %(date)s", date=deadline
            )
        )
        note = (
            False
            if self.insolvency_publication_date
            else self.env._(
                "Estimated from the judgment: enter the day of publication, the two "
                "months run from then."
            )
        )
        managers = self.company_id._get_collection_managers()
        user = self.user_id or managers[:1] or self.env.user
        self.activity_schedule(
            CLAIM_ACTIVITY,
            date_deadline=self.claim_deadline,
            summary=summary,
            note=note,
            user_id=user.id,
        )

    # ------------------------------------------------------------------
    # The position: set-based refresh
    # ------------------------------------------------------------------

    @api.model
    def _refresh(self, accounts=None):
        """Rebuild the position of `accounts` (all of them by default) from the ledger.

        Creates the accounts and items that are missing, corrects what is not
        true, and leaves alone what is. Only rows that change are written, so it
        is safe to run at any time. Amounts are taken from posted receivable
        journal items; a credit never reduces an item.

        :return: number of rows created or changed; 0 when all was true
        """
        if accounts is not None and not accounts:
            return 0
        ids = None if accounts is None else tuple(accounts.ids)
        changed = 0
        if ids is None:
            # compiling statements over the whole file takes longer than running them
            self.env.cr.execute(SQL("SET LOCAL jit = off"))
            changed += len(self._create_missing())
        account_filter = SQL("acc.id IN %s", ids) if ids else SQL("TRUE")
        item_ids, account_ids = self.env["collection.item"]._refresh_where(
            account_filter
        )
        changed += len(item_ids)
        if ids is not None:
            account_ids |= set(ids)
        concerned = None if ids is None else account_ids
        changed += self.env["collection.item"]._refresh_disputed(concerned)
        changed += self._refresh_totals(concerned)
        changed += self.env["collection.placement.line"]._follow_ledger(
            None if ids is None else account_ids
        )
        changed += self.env["collection.promise"]._evaluate_accounts(concerned)
        changed += self.env["collection.payment.plan"]._evaluate_accounts(concerned)
        changed += self.env["collection.bill"]._evaluate_accounts(concerned)
        return changed

    @api.model
    def _refresh_lines(self, lines, debits_only=False):
        """Note that `lines` (journal items) changed: the position is to follow.

        Called by the ledger itself in the transaction of the change, and costs it
        nothing: `_refresh_touched` does the work before anybody looks
        (`collection.ledger.mixin`), at the latest when the transaction is saved.

        :param debits_only: the change left the credits alone, unless some of the
            lines are credits
        """
        if not lines:
            return
        precommit = self.env.cr.precommit
        # what was read before is no longer true
        for name, fnames in SHOWN_ELSEWHERE.items():
            for fname in fnames:
                # these are not written: there is nothing to flush
                self.env[name]._fields[fname]._invalidate_cache(self.env)
        if TOUCHED not in precommit.data:
            for name in self.env.registry.descendants(
                ["collection.ledger.mixin"], "_inherit"
            ):
                self.env[name].invalidate_model()
            precommit.data[TOUCHED] = {"uid": self.env.uid, "lines": {}}
            precommit.add(self._refresh_touched)
        touched = precommit.data[TOUCHED]["lines"]
        for line_id in lines.ids:
            touched[line_id] = debits_only and touched.get(line_id, True)

    @api.model
    def _refresh_touched(self):
        """Bring the position up to date with the journal items noted so far.

        A few queries whatever their number, in the name of who touched them.
        """
        touched = self.env.cr.precommit.data.pop(TOUCHED, None)
        if touched:
            # sudo: whoever moves the ledger need not know of collections
            self.with_user(touched["uid"]).sudo()._refresh_position(
                tuple(touched["lines"]), all(touched["lines"].values())
            )

    @api.model
    def _flush_all(self):
        """Write down whatever is pending, the position too, before SQL reads it."""
        self._refresh_touched()
        self.env.flush_all()

    @api.model
    def _refresh_position(self, line_ids, debits_only):
        self.env["account.move.line"].flush_model(
            [
                "parent_state",
                "account_id",
                "partner_id",
                "company_id",
                "balance",
                "amount_currency",
            ]
        )
        concerned = self._look_up_lines(line_ids)
        if concerned.missing:
            created = self._create_missing(SQL("aml.id IN %s", line_ids))
            concerned.account_ids.update(created.ids)
            if len(created) < len(concerned.missing):
                # someone else was faster
                concerned = self._look_up_lines(line_ids)
        if concerned.items:
            _items, account_ids = self.env["collection.item"]._refresh_where(
                SQL("aml.id IN %s", line_ids), closing=concerned.closing
            )
            concerned.account_ids.update(account_ids)
        if not concerned.account_ids:
            return
        if concerned.disputed:
            self.env["collection.item"]._refresh_disputed(concerned.account_ids)
        self._refresh_totals(
            concerned.account_ids, with_credits=concerned.credits or not debits_only
        )
        if concerned.placed:
            self.env["collection.placement.line"]._follow_ledger(concerned.account_ids)
        if concerned.agreed:
            self.env["collection.promise"]._evaluate_accounts(concerned.account_ids)
            self.env["collection.payment.plan"]._evaluate_accounts(
                concerned.account_ids
            )
        if concerned.billed:
            self.env["collection.bill"]._evaluate_accounts(concerned.account_ids)

    @api.model
    def _look_up_lines(self, line_ids):
        """What a change of these journal items may concern, in one statement.

        Most postings concern neither dispute nor hand-over, and credits no item:
        what cannot apply is not asked again.
        """
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model(["company_id", "partner_id"])
        self.env["collection.item"].flush_model(["account_id", "amount_disputed"])
        self.env["collection.dispute"].flush_model(["account_id", "state"])
        self.env["collection.placement.line"].flush_model(["account_id"])
        self.env["collection.promise"].flush_model(["account_id"])
        self.env["collection.payment.plan"].flush_model(["account_id"])
        self.env["collection.bill"].flush_model(["account_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT aml.company_id, p.commercial_partner_id, own.id,
                       ci.account_id, ci.state = 'open',
                       aml.parent_state = 'posted' AND p.id IS NOT NULL
                       AND aa.account_type = 'asset_receivable',
                       aml.balance, aml.amount_currency,
                       EXISTS (
                            SELECT 1 FROM collection_dispute dispute
                             WHERE dispute.account_id IN (own.id, ci.account_id)
                               AND dispute.state IN
                                   ('open', 'in_progress', 'accepted', 'partial'))
                       OR EXISTS (
                            SELECT 1 FROM collection_item disputed
                             WHERE disputed.account_id IN (own.id, ci.account_id)
                               AND disputed.amount_disputed <> 0),
                       EXISTS (
                            SELECT 1 FROM collection_placement_line line
                             WHERE line.account_id IN (own.id, ci.account_id)),
                       EXISTS (
                            SELECT 1 FROM collection_promise promise
                             WHERE promise.account_id IN (own.id, ci.account_id))
                       OR EXISTS (
                            SELECT 1 FROM collection_payment_plan plan
                             WHERE plan.account_id IN (own.id, ci.account_id)),
                       EXISTS (
                            SELECT 1 FROM collection_bill bill
                             WHERE bill.account_id IN (own.id, ci.account_id))
                  FROM account_move_line aml
                  JOIN account_account aa ON aa.id = aml.account_id
             LEFT JOIN res_partner p ON p.id = aml.partner_id
             LEFT JOIN collection_account own
                    ON own.partner_id = p.commercial_partner_id
                   AND own.company_id = aml.company_id
             -- the customer of a line may have changed: both accounts are concerned
             LEFT JOIN collection_item ci ON ci.move_line_id = aml.id
                 WHERE aml.id IN %s
                """,
                line_ids,
            )
        )
        concerned = Concerned()
        for (
            company_id,
            partner_id,
            own,
            before,
            is_open,
            standing,
            balance,
            amount_currency,
            disputed,
            placed,
            agreed,
            billed,
        ) in rows:
            debit = balance > 0 or (balance == 0 and amount_currency > 0)
            concerned.account_ids.update(filter(None, (own, before)))
            if standing and not own:
                concerned.missing.add((company_id, partner_id))
            concerned.items |= before is not None or debit
            concerned.closing |= bool(is_open) and (not standing or balance < 0)
            concerned.credits |= balance < 0
            concerned.disputed |= disputed
            concerned.placed |= placed
            concerned.agreed |= agreed
            concerned.billed |= billed
        return concerned

    @api.model
    def _create_missing(self, condition=None):
        """Accounts of the customers with a posted receivable item who have none yet.

        :param condition: SQL over the journal items `aml`; all of them by default
        """
        self.env["account.move.line"].flush_model(
            ["parent_state", "account_id", "partner_id", "company_id"]
        )
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model(["company_id", "partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_account (
                    company_id, partner_id, active, delegation_state, amount_open,
                    amount_overdue, amount_disputed, amount_credit,
                    create_uid, create_date, write_uid, write_date)
                SELECT DISTINCT aml.company_id, p.commercial_partner_id, TRUE,
                       'in_house', 0, 0, 0, 0,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                       now() AT TIME ZONE 'UTC'
                  FROM account_move_line aml
                  JOIN account_account aa
                    ON aa.id = aml.account_id AND aa.account_type = 'asset_receivable'
                  JOIN res_partner p ON p.id = aml.partner_id
                 WHERE aml.parent_state = 'posted' AND %(filter)s
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_account acc
                         WHERE acc.company_id = aml.company_id
                           AND acc.partner_id = p.commercial_partner_id)
                ON CONFLICT (company_id, partner_id) DO NOTHING
                RETURNING id
                """,
                uid=self.env.uid,
                filter=condition or SQL("TRUE"),
            )
        )
        created = self.browse(row[0] for row in rows)
        if created:
            self.env["res.partner"].invalidate_model(
                ["collection_account_id"], flush=False
            )
        return created

    @api.model
    def _refresh_totals(self, account_ids=None, with_credits=True):
        """Write the amounts of the accounts whose amounts are not true.

        :param with_credits: False leaves the open credits as they are
        """
        item = self.env["collection.item"]
        item.flush_model()
        self.flush_model()
        self.env["account.move.line"].flush_model(
            ["parent_state", "reconciled", "amount_residual", "balance", "partner_id"]
        )
        ids = tuple(account_ids) if account_ids is not None else None
        account_filter = SQL("acc.id IN %s", ids) if ids else SQL("TRUE")
        credits = {
            "credits": SQL(""),
            "amount_credit": SQL("acc.amount_credit"),
            "join_credits": SQL(""),
        }
        if with_credits:
            credits = {
                "credits": SQL(
                    """, credits AS (
                    SELECT acc.id AS account_id, -SUM(aml.amount_residual) AS amount
                      FROM account_move_line aml
                      JOIN account_account aa
                        ON aa.id = aml.account_id
                       AND aa.account_type = 'asset_receivable'
                      JOIN res_partner p ON p.id = aml.partner_id
                      JOIN collection_account acc
                        ON acc.partner_id = p.commercial_partner_id
                       AND acc.company_id = aml.company_id
                     WHERE aml.parent_state = 'posted'
                       AND aml.reconciled IS NOT TRUE
                       AND aml.amount_residual < 0 AND %s
                       AND %s
                  GROUP BY acc.id
                )""",
                    account_filter,
                    self._credit_filter(SQL("own.id IN %s", ids))
                    if ids
                    else SQL("TRUE"),
                ),
                "amount_credit": SQL("COALESCE(credits.amount, 0)"),
                "join_credits": SQL("LEFT JOIN credits ON credits.account_id = acc.id"),
            }
        rows = self.env.execute_query(
            SQL(
                """
                WITH items AS (
                    SELECT ci.account_id,
                           SUM(ci.amount_residual_company) AS amount_open,
                           SUM(ci.amount_residual_company)
                               FILTER (WHERE ci.date_due < %(today)s) AS amount_overdue,
                           SUM(ROUND(ci.amount_disputed * ci.amount_residual_company
                                     / NULLIF(ci.amount_residual, 0),
                                     cur.decimal_places)) AS amount_disputed,
                           MIN(ci.date_due) AS oldest_due_date,
                           (array_agg(ci.level_id ORDER BY level.sequence DESC,
                                                           level.id DESC)
                               FILTER (WHERE ci.level_id IS NOT NULL))[1] AS level_id
                      FROM collection_item ci
                      JOIN res_company com ON com.id = ci.company_id
                      JOIN res_currency cur ON cur.id = com.currency_id
                 LEFT JOIN collection_policy_level level ON level.id = ci.level_id
                     WHERE ci.state = 'open' AND %(item_filter)s
                  GROUP BY ci.account_id
                )%(credits)s, truth AS (
                    SELECT acc.id,
                           COALESCE(items.amount_open, 0) AS amount_open,
                           COALESCE(items.amount_overdue, 0) AS amount_overdue,
                           COALESCE(items.amount_disputed, 0) AS amount_disputed,
                           %(amount_credit)s AS amount_credit,
                           items.oldest_due_date, items.level_id
                      FROM collection_account acc
                 LEFT JOIN items ON items.account_id = acc.id
                 %(join_credits)s
                     WHERE %(account_filter)s
                )
                UPDATE collection_account acc
                   SET amount_open = truth.amount_open,
                       amount_overdue = truth.amount_overdue,
                       amount_disputed = truth.amount_disputed,
                       amount_credit = truth.amount_credit,
                       oldest_due_date = truth.oldest_due_date,
                       level_id = truth.level_id,
                       priority_date = NULL,
                       write_uid = %(uid)s,
                       write_date = now() AT TIME ZONE 'UTC'
                  FROM truth
                 WHERE acc.id = truth.id
                   AND (acc.amount_open, acc.amount_overdue, acc.amount_disputed,
                        acc.amount_credit, acc.oldest_due_date, acc.level_id)
                       IS DISTINCT FROM
                       (truth.amount_open, truth.amount_overdue,
                        truth.amount_disputed, truth.amount_credit,
                        truth.oldest_due_date, truth.level_id)
             RETURNING acc.id
                """,
                today=fields.Date.context_today(self),
                uid=self.env.uid,
                item_filter=SQL("ci.account_id IN %s", ids) if ids else SQL("TRUE"),
                account_filter=account_filter,
                **credits,
            ),
        )
        self.browse(row[0] for row in rows).invalidate_recordset(
            [
                "amount_open",
                "amount_overdue",
                "amount_disputed",
                "amount_credit",
                "oldest_due_date",
                "level_id",
                "days_overdue",
                "priority_date",
                "write_uid",
                "write_date",
            ],
            flush=False,
        )
        # non-stored figures are read from the items and the ledger each time
        self.invalidate_model(
            [
                "amount_not_due",
                "amount_1_30",
                "amount_31_60",
                "amount_61_90",
                "amount_91_plus",
                "turnover_12m",
                "item_ids",
                "open_item_ids",
            ],
            flush=False,
        )
        return len(rows)

    @api.model
    def _credit_filter(self, condition):
        """Condition on journal items `aml`: unmatched ones of some accounts.

        Arrays, so that the planner reads the few lines from the ledger's own index
        on unreconciled items instead of the whole history of the customers.

        :param condition: SQL over `own`, which accounts
        """
        return SQL(
            """aml.account_id = ANY (ARRAY(
                    SELECT id FROM account_account
                     WHERE account_type = 'asset_receivable'))
               AND aml.partner_id = ANY (ARRAY(
                    SELECT contact.id FROM res_partner contact
                      JOIN collection_account own
                        ON own.partner_id = contact.commercial_partner_id
                     WHERE %s))""",
            condition,
        )

    @api.model
    def _cron_refresh(self):
        """Once a day: what became overdue overnight, and whatever was missed."""
        self._refresh()
        self.env["collection.letter"]._follow_calls()

    # ------------------------------------------------------------------
    # Facts other parts ask for
    # ------------------------------------------------------------------

    @api.model
    def _get_or_create(self, partners, company=None):
        """Accounts of the commercial entities of `partners` in `company`."""
        company = company or self.env.company
        partners = partners.commercial_partner_id
        accounts = self.search(
            [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
        )
        missing = partners - accounts.partner_id
        return accounts | self.create(
            [
                {"company_id": company.id, "partner_id": partner.id}
                for partner in missing
            ]
        )

    def _get_turnover(self, date_ref):
        """Turnover of the twelve months up to `date_ref`, company currency, tax incl.

        Posted customer invoices and receipts less credit notes.

        :return: {account id: amount}, accounts without turnover left out
        """
        if not self.ids:
            return {}
        self.env["account.move"].flush_model(
            ["state", "move_type", "invoice_date", "amount_total_signed"]
        )
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT acc.id, SUM(move.amount_total_signed)
                      FROM collection_account acc
                      JOIN account_move move
                        ON move.commercial_partner_id = acc.partner_id
                       AND move.company_id = acc.company_id
                     WHERE acc.id IN %(ids)s
                       AND move.state = 'posted'
                       AND move.move_type IN
                           ('out_invoice', 'out_receipt', 'out_refund')
                       AND move.invoice_date > %(start)s
                       AND move.invoice_date <= %(end)s
                  GROUP BY acc.id
                    """,
                    ids=tuple(self.ids),
                    start=date_ref - relativedelta(months=12),
                    end=date_ref,
                )
            )
        )

    @api.model
    def _search_active(self, company, date_ref):
        """Active accounts of `company`: invoiced in the last 12 months or owing money.

        The source texts count a file by its active accounts without defining
        them; this is the definition used everywhere here.
        """
        self.env["account.move"].flush_model(
            ["state", "move_type", "invoice_date", "commercial_partner_id"]
        )
        self.flush_model(["company_id", "partner_id", "amount_open", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT acc.id
                  FROM collection_account acc
                 WHERE acc.company_id = %(company)s AND acc.active
                   AND (acc.amount_open > 0 OR EXISTS (
                        SELECT 1 FROM account_move move
                         WHERE move.commercial_partner_id = acc.partner_id
                           AND move.company_id = acc.company_id
                           AND move.state = 'posted'
                           AND move.move_type IN ('out_invoice', 'out_receipt')
                           AND move.invoice_date > %(start)s
                           AND move.invoice_date <= %(end)s))
              ORDER BY acc.id
                """,
                company=company.id,
                start=date_ref - relativedelta(months=12),
                end=date_ref,
            )
        )
        return self.browse(row[0] for row in rows)

    def _get_open_credits(self):
        """Receivable journal items in the customers' favour, not matched yet."""
        lines = self.env["account.move.line"].search(
            [
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("balance", "<", 0),
                ("partner_id", "child_of", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            order="date, id",
        )
        return lines

    def _get_debtor_type(self):
        """Which late-payment law applies: the segment's, else the customer's own."""
        self.ensure_one()
        if self.segment_id:
            return self.segment_id.debtor_type
        partner = self.sudo().partner_id
        return "private" if partner.is_company or partner.vat else "consumer"

    def _dunning_contact(self):
        """Who is written to and called: the contact chosen for letters, else the one
        for invoices, else the customer."""
        self.ensure_one()
        account = self.sudo()
        partner = account.partner_id
        return account.dunning_contact_id or partner.browse(
            partner.address_get(["invoice"])["invoice"]
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Check the figures of these accounts against the ledger now."""
        self.check_access("read")
        self._refresh(self)

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open_items(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_item_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)])

    def action_open_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})

    def action_open_calls(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_call_action"
        )
        return dict(
            action,
            domain=[("account_id", "=", self.id), ("correction_of_id", "=", False)],
            context={"default_account_id": self.id},
        )

    def action_hand_over(self):
        """Choose the mandate under which these customers go to a provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_recall(self):
        """Ask why, then take these customers back from their provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_hold(self):
        """Ask until when and why no reminder to these customers may leave."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_hold_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_set_level(self):
        """Ask for the level that the open items have reached, and why."""
        return self.open_item_ids.action_set_level()

    def action_release_hold(self):
        self.write({"hold_until": False, "hold_reason": False})

    def action_new_promise(self):
        """Open the form of a new promise of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record a Promise"),
            "res_model": "collection.promise",
            "view_mode": "form",
            "context": {
                "default_account_id": self.id,
                "default_item_ids": self.open_item_ids.filtered(
                    lambda item: (
                        item.days_overdue >= 1 and item.currency_id == self.currency_id
                    )
                ).ids,
                "default_amount": self.amount_overdue or self.amount_open,
            },
        }

    def action_new_plan(self):
        """Open the form of a new payment plan over what this customer owes."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Agree a Payment Plan"),
            "res_model": "collection.payment.plan",
            "view_mode": "form",
            "context": {
                "default_account_id": self.id,
                "default_item_ids": self.open_item_ids.filtered(
                    lambda item: (
                        item.days_overdue >= 1 and item.currency_id == self.currency_id
                    )
                ).ids,
            },
        }

    def action_new_dispute(self):
        """Open the form of a new dispute of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": "collection.dispute",
            "view_mode": "form",
            "context": {"default_account_id": self.id},
        }

    def action_claim_interest(self):
        """Look at what these customers owe for being late, and invoice it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_interest_claim_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_waive(self):
        """Waive interest or indemnities of these customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_waiver_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def _begin_settlement(self):
        """Make two claims or waivers of one customer wait for each other.

        The row is touched rather than locked: the one that comes second starts over
        and sees what the first has settled.
        """
        if self:
            self._flush_all()
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE collection_account
                       SET write_date = now() AT TIME ZONE 'UTC', write_uid = %s
                     WHERE id = ANY(%s)
                    """,
                    self.env.uid,
                    list(self.ids),
                )
            )
            self.invalidate_recordset(["write_date", "write_uid"], flush=False)
