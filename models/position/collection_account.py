from collections import defaultdict
from dataclasses import dataclass, field
from itertools import compress

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.ageing import BUCKETS, days_overdue
from ..base.collection_ledger_mixin import held_caches
from ..base.days import company_today_sql, each_company_day, on_company_days
from ..base.planner import compile_nothing
from ..base.roles import may_manage

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
class LedgerChange:
    """What a change of some journal items reaches."""

    account_ids: set = field(default_factory=set)
    missing: set = field(default_factory=set)  #: (company, customer) without account
    items: bool = False  #: there are items to write or to correct
    closing: bool = False  #: there are items whose line stands no more
    moving: bool = False  #: there are items whose line names another debtor
    reclassified: bool = False  #: there are debts that were moved to another account
    credits: bool = False  #: there are lines in the customers' favour
    followers: set = field(default_factory=set)  #: names from `_get_followers`


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
            "other_side_action",
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
            "skip_reason",
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
    priority_date = fields.Datetime(
        string="Ranked on", readonly=True, help="Empty: facts have changed since."
    )
    next_action_date = fields.Date(tracking=True)
    next_action_time = fields.Float(
        string="Next Action at",
        help="Hour agreed with the customer, in his own time. 0: none.",
    )
    next_action = fields.Char(tracking=True)
    contact_ids = fields.One2many(
        related="partner_id.child_ids", string="Contacts", readonly=True
    )
    partner_phone = fields.Char(related="partner_id.phone", string="Phone")
    partner_email = fields.Char(related="partner_id.email", string="Email")
    partner_lang = fields.Char(string="Language", compute="_compute_partner_lang")
    salesperson_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")

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

    @api.depends("oldest_due_date")
    @api.depends_context("uid")
    def _compute_days_overdue(self):
        for today, accounts in each_company_day(self):
            for account in accounts:
                due = account.oldest_due_date
                account.days_overdue = max(days_overdue(due, today), 0) if due else 0

    def _search_days_overdue(self, operator, value):
        if operator not in ("in", ">", ">=", "<", "<="):
            return NotImplemented
        return on_company_days(
            self.env, lambda today: self._get_late_domain(today, operator, value)
        )

    def _get_late_domain(self, today, operator, value):
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
                company_today_sql(
                    self.env, self._field_to_sql(alias, "company_id", query)
                ),
                self._field_to_sql(alias, "oldest_due_date", query),
            )
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends_context("uid")
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

    def _compute_turnover_12m(self):
        for today, accounts in each_company_day(self):
            turnovers = accounts._get_turnover(today)
            for account in accounts:
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

    def write(self, vals):
        decisions = MANAGER_FIELDS.intersection(vals)
        if decisions and not may_manage(self.env):
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
        res = super().write(vals)
        if RANKING_FIELDS.intersection(vals):
            self._mark_stale()
        return res

    def _mark_stale(self, everywhere=False):
        """Facts have changed: rank these accounts again when they are next looked at.

        :param everywhere: all accounts, of all companies
        """
        if not self and not everywhere:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_account SET priority_date = NULL
                 WHERE priority_date IS NOT NULL AND %s
                """,
                SQL("TRUE") if everywhere else SQL("id = ANY(%s)", list(self._ids)),
            )
        )
        self.env["collection.account"].invalidate_model(["priority_date"], flush=False)

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
            compile_nothing(self.env)
            changed += len(self._create_missing())
        account_filter = SQL("acc.id IN %s", ids) if ids else SQL("TRUE")
        item_ids, account_ids = self.env["collection.item"]._write_items(account_filter)
        changed += len(item_ids)
        if ids is not None:
            account_ids |= set(ids)
        concerned = None if ids is None else account_ids
        changed += self._adjust_items(concerned)
        changed += self._write_totals(concerned)
        changed += self._follow_position(concerned)
        return changed

    # ------------------------------------------------------------------
    # Those who follow the position: each area adds its own
    # ------------------------------------------------------------------

    @api.model
    def _get_followers(self):
        """Who follows the position, and when a change concerns them: {name: SQL}.

        The conditions stand in the statement that looks changed journal items up,
        where `own.id` is the account of the customer and `ci.account_id` the one that
        the item was on so far. Whoever adds one flushes what it reads, and does what
        is to be done in `_adjust_items` or `_follow_position`, under the same name.
        """
        return {}

    @api.model
    def _adjust_items(self, account_ids=None, followers=None):
        """Write on the items what is known elsewhere and counts in the totals.

        :param account_ids: ids of the accounts; None: all of them
        :param followers: names from `_get_followers` that are concerned; None: all
        :return: number of rows changed
        """
        return 0

    @api.model
    def _get_alongside(self, account_ids, followers):
        """What is only noted of these accounts: statements by name, which are part of
        the one that writes the totals.

        For those who need nothing of what `_follow_position` does, and have nothing
        to do there then.

        :param followers: names from `_get_followers` that are concerned; None: all
        :return: {name: SQL}
        """
        return {}

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        """Let what was agreed and handed over follow the items, as they are by now.

        Parameters and return value are those of `_adjust_items`.
        """
        return 0

    # ------------------------------------------------------------------
    # The position: what the ledger changes
    # ------------------------------------------------------------------

    @api.model
    def _note_lines(self, lines, debits_only=False):
        """Note that `lines` (journal items) changed: the position is to follow.

        Called by the ledger itself in the transaction of the change, and costs it
        nothing: `_follow_noted_lines` does the work before anybody looks
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
                # private: `invalidate_model` flushes the inverse of each field, which
                # would work out the position at every posting
                self.env[name]._fields[fname]._invalidate_cache(self.env)
        if TOUCHED not in precommit.data:
            self._forget_followers()
            precommit.data[TOUCHED] = {"uid": self.env.uid, "lines": {}}
            precommit.add(self._follow_noted_lines)
        touched = precommit.data[TOUCHED]["lines"]
        for line_id in lines.ids:
            touched[line_id] = debits_only and touched.get(line_id, True)

    @api.model
    def _forget_followers(self):
        """Drop what is cached of those who follow the ledger, and lists of them.

        Whoever posts has mostly read nothing of them: the few fields that are cached
        are looked at, not the many that there are.
        """
        followers = self.env.registry.descendants(
            ["collection.ledger.mixin"], "_inherit"
        )
        inverses = self.env.registry.field_inverses
        forgotten = defaultdict(set)
        for cached, values in self.env.transaction.field_data.items():
            if values and (
                cached.model_name in followers
                or (
                    # a record's own messages lead back to it, and stay
                    cached.type in ("one2many", "many2many")
                    and any(
                        inverse.model_name in followers
                        for inverse in inverses.get(cached, ())
                    )
                )
            ):
                forgotten[cached.model_name].add(cached.name)
        for name, fnames in forgotten.items():
            self.env[name].invalidate_model(fnames)

    @api.model
    def _follow_noted_lines(self):
        """Bring the position up to date with the journal items noted so far.

        A few queries whatever their number, in the name of who touched them.
        """
        touched = self.env.cr.precommit.data.pop(TOUCHED, None)
        if touched:
            with held_caches(self.env):
                # sudo: whoever moves the ledger need not know of collections
                self.with_user(touched["uid"]).sudo()._follow_lines(
                    tuple(touched["lines"]), all(touched["lines"].values())
                )

    @api.model
    def _forget_noted_lines(self):
        """Whoever makes the accounts true by themselves does not want it done again."""
        self.env.cr.precommit.data.pop(TOUCHED, None)

    @api.model
    def _flush_all(self):
        """Write down whatever is pending, the position too, before SQL reads it."""
        self._follow_noted_lines()
        self.env.flush_all()

    @api.model
    def _follow_lines(self, line_ids, debits_only):
        self.env["account.account"].flush_model(["account_type", "collection_scope"])
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
        change = self._look_up_lines(line_ids)
        if change.missing:
            created = self._create_missing(SQL("aml.id IN %s", line_ids))
            change.account_ids.update(created.ids)
            if len(created) < len(change.missing):
                # someone else was faster
                change = self._look_up_lines(line_ids)
        if change.items:
            _items, account_ids = self.env["collection.item"]._write_items(
                SQL("aml.id IN %s", line_ids),
                closing=change.closing,
                moving=change.moving,
                reclassified=change.reclassified,
            )
            change.account_ids.update(account_ids)
        if not change.account_ids:
            return
        # of items that changed their debtor, everything follows
        followers = None if change.moving else change.followers
        self._adjust_items(change.account_ids, followers)
        self._write_totals(
            change.account_ids,
            with_credits=change.credits or not debits_only,
            alongside=self._get_alongside(change.account_ids, followers),
        )
        self._follow_position(change.account_ids, followers)

    @api.model
    def _look_up_lines(self, line_ids):
        """What a change of these journal items reaches, in one statement.

        Most postings concern neither dispute nor hand-over, and credits no item:
        what cannot apply is not asked again.
        """
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model(["company_id", "partner_id"])
        self.env["collection.item"].flush_model(["account_id", "amount_disputed"])
        followers = self._get_followers()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT aml.company_id, p.commercial_partner_id, own.id,
                       ci.account_id, ci.state = 'open',
                       aml.parent_state = 'posted' AND p.id IS NOT NULL
                       AND %(is_debtor)s,
                       EXISTS (SELECT 1 FROM collection_moved_debt moved
                                WHERE aml.id IN (moved.line_id, moved.origin_line_id)),
                       aml.balance, aml.amount_currency, ARRAY[%(followers)s]::boolean[]
                  FROM account_move_line aml
                  JOIN account_account aa ON aa.id = aml.account_id
             LEFT JOIN res_partner p ON p.id = aml.partner_id
             LEFT JOIN collection_account own
                    ON own.partner_id = p.commercial_partner_id
                   AND own.company_id = aml.company_id
             -- the customer of a line may have changed: both accounts are concerned
             LEFT JOIN collection_item ci ON ci.move_line_id = aml.id
                 WHERE aml.id IN %(line_ids)s
                """,
                followers=SQL(", ").join(followers.values()),
                line_ids=line_ids,
                is_debtor=self.env["account.move.line"]._is_debtor_line(
                    SQL("aml"), SQL("aa")
                ),
            )
        )
        change = LedgerChange()
        for (
            company_id,
            partner_id,
            own,
            before,
            is_open,
            standing,
            reclassified,
            balance,
            amount_currency,
            follows,
        ) in rows:
            debit = balance > 0 or (balance == 0 and amount_currency > 0)
            change.account_ids.update(filter(None, (own, before)))
            if standing and not own:
                change.missing.add((company_id, partner_id))
            change.items |= before is not None or debit
            change.closing |= bool(is_open) and (not standing or balance < 0)
            change.moving |= standing and before is not None and own != before
            change.reclassified |= reclassified
            change.credits |= balance < 0
            change.followers.update(compress(followers, follows))
        return change

    @api.model
    def _create_missing(self, condition=None):
        """Accounts of the customers with a posted receivable item who have none yet.

        :param condition: SQL over the journal items `aml`; all of them by default
        """
        self.env["account.account"].flush_model(["account_type", "collection_scope"])
        self.env["account.move.line"].flush_model(
            [
                "parent_state",
                "account_id",
                "partner_id",
                "company_id",
            ]
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
                    ON aa.id = aml.account_id AND %(is_debtor)s
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
                is_debtor=self.env["account.move.line"]._is_debtor_line(
                    SQL("aml"), SQL("aa")
                ),
            )
        )
        created = self.browse(row[0] for row in rows)
        if created:
            self.env["res.partner"].invalidate_model(
                ["collection_account_id"], flush=False
            )
        return created

    @api.model
    def _write_totals(self, account_ids=None, with_credits=True, alongside=None):
        """Write the amounts of the accounts whose amounts are not true.

        :param with_credits: False leaves the open credits as they are
        :param alongside: what is done in the same statement, from `_get_alongside`
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
                      JOIN res_partner p ON p.id = aml.partner_id
                      JOIN collection_account acc
                        ON acc.partner_id = p.commercial_partner_id
                       AND acc.company_id = aml.company_id
                     WHERE aml.account_id IN (%s)
                       AND aml.parent_state = 'posted'
                       AND aml.reconciled IS NOT TRUE
                       AND aml.amount_residual < 0 AND %s
                       AND %s
                  GROUP BY acc.id
                )""",
                    self.env["account.account"]._get_debtor_accounts(),
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
                )%(credits)s%(alongside)s, truth AS (
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
                today=company_today_sql(self.env, SQL("ci.company_id")),
                uid=self.env.uid,
                item_filter=SQL("ci.account_id IN %s", ids) if ids else SQL("TRUE"),
                account_filter=account_filter,
                alongside=SQL("").join(
                    SQL(", %s AS (%s)", SQL.identifier(name), statement)
                    for name, statement in (alongside or {}).items()
                ),
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
            """aml.account_id = ANY (ARRAY(%s))
               AND aml.partner_id = ANY (ARRAY(
                    SELECT contact.id FROM res_partner contact
                      JOIN collection_account own
                        ON own.partner_id = contact.commercial_partner_id
                     WHERE %s))""",
            self.env["account.account"]._get_debtor_accounts(),
            condition,
        )

    @api.model
    def _head_credit_query(self, condition):
        """SQL of the open credits of head offices that branches may count on.

        The ledger offers a payment to the head office on the invoices of its branches,
        too. What the customer owes the head office itself goes first.

        :param condition: SQL over `acc`, accounts of branches (others have none)
        :return: query of `account_id`, `currency_id`, `date` (none: a credit note),
            `amount`
        """
        head = SQL(
            "head.id <> branch.id AND branch.parent_path LIKE head.parent_path || %s",
            "%",
        )
        return SQL(
            """
            SELECT credit.account_id, credit.currency_id, credit.date,
                   GREATEST(0, LEAST(credit.amount,
                                     credit.amount_so_far - COALESCE(owed.amount, 0)))
                       AS amount
              FROM (SELECT part.*, SUM(amount) OVER (
                               PARTITION BY account_id, currency_id
                               ORDER BY date NULLS FIRST) AS amount_so_far
                      FROM (SELECT acc.id AS account_id, acc.partner_id,
                                   acc.company_id, aml.currency_id,
                                   CASE WHEN move.move_type <> 'out_refund'
                                        THEN aml.date END AS date,
                                   -SUM(aml.amount_residual_currency) AS amount
                              FROM collection_account acc
                              JOIN res_company branch ON branch.id = acc.company_id
                              JOIN res_company head ON %(head)s
                              JOIN res_partner p
                                ON p.commercial_partner_id = acc.partner_id
                              JOIN account_move_line aml
                                ON aml.partner_id = p.id AND aml.company_id = head.id
                               AND aml.account_id = ANY (ARRAY(%(accounts)s))
                              JOIN account_move move ON move.id = aml.move_id
                             WHERE aml.parent_state = 'posted'
                               AND aml.reconciled IS NOT TRUE
                               AND aml.amount_residual < 0
                               AND %(condition)s
                          GROUP BY 1, 2, 3, 4, 5) part) credit
              JOIN res_company branch ON branch.id = credit.company_id
         LEFT JOIN LATERAL (
                    SELECT SUM(ci.amount_residual - COALESCE(ci.amount_disputed, 0))
                               AS amount
                      FROM collection_item ci
                      JOIN res_company head ON head.id = ci.company_id AND %(head)s
                     WHERE ci.state = 'open' AND ci.partner_id = credit.partner_id
                       AND ci.currency_id = credit.currency_id) owed ON TRUE
            """,
            head=head,
            accounts=self.env["account.account"]._get_debtor_accounts(),
            condition=condition,
        )

    @api.model
    def _cron_refresh(self):
        """Once a day: what became overdue overnight, and whatever was missed."""
        places = self.env["res.company"]._by_collection_place()
        if len(places) == 1:
            self.with_context(**places[0][0])._refresh()
            return
        self._create_missing()
        for place, companies in places:
            accounts = self.with_context(**place, active_test=False).search(
                [("company_id", "in", companies.ids)]
            )
            accounts._refresh(accounts)

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
                ("account_id", "any", self.env["account.account"]._get_debtor_domain()),
                ("reconciled", "=", False),
                ("balance", "<", 0),
                ("partner_id", "child_of", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            order="date, id",
        )
        return lines

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
