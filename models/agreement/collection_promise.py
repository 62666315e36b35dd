from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ...tools.promise import promise_state
from ..base.days import company_today
from ..receipt.collection_receipt_source import LESSENING_KINDS

#: how customers pay, for promises, plans, quality control and campaigns alike
MEANS = [
    ("transfer", "Bank transfer"),
    ("direct_debit", "SEPA direct debit"),
    ("direct_debit_b2b", "SEPA direct debit B2B"),
    ("lcr_magnetic", "LCR without paper"),
    ("card", "Card or payment link"),
    ("cheque", "Cheque"),
    ("bill", "Bill of exchange on paper"),
    ("cash", "Cash"),
]
#: said by a person; the ledger does not change these states any more
CLOSED_BY_HAND = ("withdrawn", "replaced")


class CollectionPromise(models.Model):
    """A customer's promise to pay certain items by a certain day.

    Nobody says whether it was kept: receipts matched with the items do, until the
    day promised and the few days the bank may take. A payment that bounces opens it
    again. While it is open its items are not dunned.
    """

    _name = "collection.promise"
    _description = "Promise to Pay"
    _inherit = ["collection.number.mixin", "collection.agreement.mixin"]
    _order = "date_promised desc, id desc"
    _rec_name = "number"

    _agreed_fields = frozenset(
        {
            "account_id",
            "amount",
            "currency_id",
            "date_made",
            "date_promised",
            "item_ids",
            "payment_means",
            "person",
        }
    )

    _step_fields = frozenset({"amount_received", "attempt", "state"})

    _provider_fields = frozenset(
        {
            "account_id",
            "amount",
            "amount_missing",
            "amount_received",
            "attempt",
            "company_id",
            "currency_id",
            "date_made",
            "date_promised",
            "item_ids",
            "lapse_reason",
            "note",
            "number",
            "payment_means",
            "person",
            "state",
            "withdrawal_reason",
        }
    )
    _on_site_fields = frozenset({"partner_id", "user_id"})
    _provider_words = frozenset({"note", "user_id", "withdrawal_reason"})
    _provider_writable_fields = frozenset(
        {
            "account_id",
            "amount",
            "date_promised",
            "item_ids",
            "note",
            "payment_means",
            "person",
            "withdrawal_reason",
        }
    )

    item_ids = fields.Many2many(
        required=False,
        help="Empty: the overdue items of the customer, or all its open ones.",
    )
    amount = fields.Monetary(required=True)
    date_made = fields.Date(
        string="Promised on",
        required=True,
        compute="_compute_date_made",
        store=True,
        readonly=False,
        precompute=True,
        help="Payments with an earlier date do not keep the promise.",
    )
    date_promised = fields.Date(string="To Be Paid by", required=True, index=True)
    payment_means = fields.Selection(selection=MEANS)
    person = fields.Char(string="Promised by", help="Who at the customer's promised.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Recorded by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        depends_context=("uid",),
    )
    note = fields.Text(depends_context=("uid",))
    attempt = fields.Integer(
        readonly=True,
        copy=False,
        default=1,
        help="1 for a first promise, one more for each earlier promise about the "
        "same items that was not kept.",
    )
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("kept", "Kept"),
            ("partial", "Partly kept"),
            ("broken", "Broken"),
            ("lapsed", "Lapsed"),
            ("withdrawn", "Withdrawn"),
            ("replaced", "Replaced"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
    )
    amount_received = fields.Monetary(
        readonly=True,
        copy=False,
        help="Receipts matched with the items from the day of the promise to its "
        "last day. Credit notes and write-offs do not count.",
    )
    amount_missing = fields.Monetary(compute="_compute_amount_missing")
    withdrawal_reason = fields.Char(copy=False, depends_context=("uid",))

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "Say how much was promised."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_promised >= date_made)",
        "The day promised cannot lie before the day of the promise.",
    )

    @api.depends("company_id")
    def _compute_date_made(self):
        for promise in self:
            promise.date_made = promise.date_made or company_today(promise)

    @api.depends("amount", "amount_received")
    def _compute_amount_missing(self):
        for promise in self:
            promise.amount_missing = max(promise.amount - promise.amount_received, 0.0)

    @api.onchange("account_id")
    def _onchange_account_id(self):
        self.item_ids = self.account_id._get_items_to_agree()

    @api.onchange("item_ids")
    def _onchange_item_ids(self):
        self.amount = self.item_ids._get_uncontested_amount()

    def _get_refusals(self):
        return {
            "items": self.env._("Choose items of the customer who promises.")
            if self.item_ids
            else self.env._(
                "%(customer)s owes nothing: there is nothing to promise.",
                customer=self.account_id.display_name,
            ),
            "currencies": self.env._(
                "A promise is in one currency: record one per currency."
            ),
            "agreed": self.env._(
                "A promise stays as it was made. Record a new one: it replaces this "
                "one."
            ),
            "deleted": self.env._(
                "A promise stays on record. Withdraw it, and say why."
            ),
        }

    @api.constrains("date_promised")
    def _check_date_promised(self):
        self._check_within_reach("date_promised")

    @api.constrains("account_id")
    def _check_solvent(self):
        self.account_id._check_solvent()

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_outsider():
            return self._create_checked(vals_list)
        promises = super().create([self._complete_items(vals) for vals in vals_list])
        promises._check_may_agree()
        promises._check_amount()
        promises._check_limits()
        for promise in promises:
            promise._replace_others()
        promises._evaluate()
        promises.account_id._mark_stale()
        promises._log_on_accounts()
        return promises

    @api.model
    def _clean_new_values(self, vals):
        # of an outsider these are the invoices that they see
        return self._complete_items(super()._clean_new_values(vals))

    def _check_amount(self):
        """Nobody promises more than is due: no receipt could keep the promise.

        Of a promise recorded afterwards part may have been paid since.
        """
        for promise in self:
            today = company_today(promise)
            currency = promise.currency_id
            due = sum(
                promise.item_ids.mapped(
                    "amount_total" if promise.date_made < today else "amount_residual"
                )
            )
            if currency.compare_amounts(promise.amount, due) > 0:
                raise UserError(
                    self.env._(
                        "%(promised)s cannot be promised: %(due)s is due of the "
                        "invoices chosen.",
                        promised=currency.format(promise.amount),
                        due=currency.format(due),
                    )
                )

    def _check_limits(self):
        """Refuse what goes beyond what the current user may accept alone.

        What is promised takes the whole invoices out of the reminders, until the day
        promised.

        :raises UserError: saying which day, or which amount, is the limit
        """
        for promise in self:
            limits = promise.account_id._get_grant_limits()
            if not limits:
                continue
            last = fields.Date.add(
                company_today(promise), days=limits["promise_last_days"]
            )
            if promise.date_promised > last:
                promise.account_id._refuse_beyond(
                    "promise_day",
                    self.env._(
                        "Promises are accepted up to %(last)s. Ask for an earlier day, "
                        "or propose a payment plan.",
                        last=format_date(self.env, last),
                    ),
                )
            currency = promise.currency_id
            due = promise.item_ids._get_uncontested_amount()
            least = currency.round(due * limits["promise_share"] / 100)
            if currency.compare_amounts(promise.amount, least) < 0:
                promise.account_id._refuse_beyond(
                    "promise_share",
                    self.env._(
                        "%(promised)s is too little: of the invoices chosen %(due)s is "
                        "due, of which %(least)s has to be promised at least. Choose "
                        "fewer invoices, or propose a payment plan.",
                        promised=currency.format(promise.amount),
                        due=currency.format(due),
                        least=currency.format(least),
                    ),
                )

    @api.model
    def _complete_items(self, vals):
        """Without items: those of the account that are overdue, else all open."""
        if vals.get("item_ids"):
            return vals
        account = self.env["collection.account"].browse(vals.get("account_id"))
        items = account._get_items_to_agree()
        return dict(vals, item_ids=[fields.Command.set(items.ids)])

    def _replace_others(self):
        """A customer has one promise per item: the newest."""
        self.ensure_one()
        # sudo: what the new promise makes of earlier ones
        self_sudo = self.sudo()
        earlier = self_sudo.search(
            [
                ("account_id", "=", self.account_id.id),
                ("id", "!=", self.id),
                ("item_ids", "in", self.item_ids.ids),
            ]
        )
        earlier.filtered(lambda promise: promise.state == "open").state = "replaced"
        self_sudo.attempt = 1 + len(
            earlier.filtered(lambda promise: promise.state in ("partial", "broken"))
        )

    def action_withdraw(self):
        """Ask why the promise no longer holds."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Withdraw the Promise"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [
                (
                    self.env.ref(
                        "account_collection.collection_promise_view_form_withdraw"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_confirm_withdrawal(self):
        for promise in self:
            if promise.state != "open":
                raise UserError(self.env._("Only an open promise can be withdrawn."))
            if not (promise.withdrawal_reason or "").strip():
                raise UserError(self.env._("Say why the promise is withdrawn."))
        self.check_access("write")
        # sudo: the right to change these promises was checked; of a provider's
        # agent it goes no further than their own
        for promise_sudo in self.sudo():
            promise_sudo.state = "withdrawn"
            promise_sudo.account_id._message_log(
                body=self.env._(
                    "Promise %(number)s withdrawn: %(reason)s",
                    number=promise_sudo.number,
                    reason=promise_sudo.withdrawal_reason,
                )
            )
        self._mark_items(self.account_id.ids)
        self.account_id._mark_stale()
        return {"type": "ir.actions.act_window_close"}

    def _withdraw_own(self, reason):
        """Withdraw a promise that the current user recorded.

        The callers have checked that they may work the account.

        :raises AccessError: when it is somebody else's
        :raises UserError: without a reason, or when it is no longer open
        """
        self.ensure_one()
        reason = self._clean_outside_value(self._fields["withdrawal_reason"], reason)
        # sudo: who recorded the promise; nobody withdraws another one's
        promise_sudo = self.sudo()
        if promise_sudo.user_id.id != self.env.uid:
            raise AccessError(
                self.env._("A promise is withdrawn by the person who recorded it.")
            )
        promise_sudo.withdrawal_reason = reason
        promise_sudo.action_confirm_withdrawal()

    def action_write_letter(self):
        """Draw up the letter that confirms the promise to the customer."""
        self.ensure_one()
        return self._write_confirmation().get_formview_action()

    def _write_confirmation(self):
        """The letter that confirms the promise to the customer, a draft."""
        self.ensure_one()
        return self.account_id._write_letter(
            "promise_confirmation",
            items=self.item_ids,
            fact_date=self.date_promised,
            fact_amount=self.amount,
            payment_means=self.payment_means,
            fact_person=self.person,
            fact_reference=self.number,
        )

    # ------------------------------------------------------------------
    # Judged by the ledger
    # ------------------------------------------------------------------

    def _evaluate(self):
        """Judge these promises by what has arrived; safe to repeat."""
        promises = self.filtered(lambda promise: promise.state not in CLOSED_BY_HAND)
        if promises:
            self._follow_ledger(promises.account_id.ids)

    @api.model
    def _follow_ledger(self, account_ids=None):
        """Judge the promises of these accounts (all of them by default).

        Called whenever a receipt is matched or undone, and every night for the
        Called whenever a receipt is matched or undone, and every night for the
        days that pass. Counted is money that settled the promised items
        (`collection.receipt.source`), dated from the day of the promise to its last
        day (`tools.promise`). What was credited or cancelled by that day need
        not be paid any more: a promise of nothing else lapses. An invoice that is
        being corrected (reset to draft) is owed.

        :return: number of promises that changed
        """
        self.flush_model()
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH judged AS (
                    SELECT promise.id, promise.amount_received, promise.state,
                           promise.date_made,
                           promise.date_promised + company.collection_promise_days
                               AS date_last,
                           item.id AS item_id,
                           CASE WHEN aml.parent_state = 'draft' THEN item.amount_total
                                ELSE item.amount_residual END AS owed
                      FROM collection_promise promise
                      JOIN res_company company ON company.id = promise.company_id
                 LEFT JOIN collection_item_collection_promise_rel rel
                        ON rel.collection_promise_id = promise.id
                 LEFT JOIN collection_item item ON item.id = rel.collection_item_id
                 LEFT JOIN account_move_line aml ON aml.id = item.move_line_id
                     WHERE promise.state NOT IN %(closed)s AND %(condition)s
                ), since AS (
                    SELECT judged.id, judged.item_id,
                           SUM(receipt.amount) FILTER (
                               WHERE receipt.kind = 'money'
                                 AND receipt.date <= judged.date_last) AS in_time,
                           -- what came too late was owed on its last day, and so was
                           -- what has been credited since
                           SUM(receipt.amount) FILTER (
                               WHERE receipt.kind = 'money'
                                  OR receipt.date > judged.date_last) AS payable,
                           -- written off or set off: not paid all the same
                           SUM(receipt.amount) FILTER (
                               WHERE receipt.kind NOT IN %(not_given_up)s
                                 AND receipt.date <= judged.date_last) AS given_up
                      FROM judged
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = judged.item_id
                       AND receipt.date >= judged.date_made
                  GROUP BY judged.id, judged.item_id
                )
                SELECT judged.id, judged.amount_received, judged.state,
                       COALESCE(SUM(since.in_time), 0),
                       COALESCE(SUM(since.payable), 0) + COALESCE(SUM(judged.owed), 0),
                       COALESCE(SUM(since.given_up), 0)
                  FROM judged
             LEFT JOIN since
                    ON since.id = judged.id AND since.item_id = judged.item_id
              GROUP BY judged.id, judged.amount_received, judged.state
                """,
                settled=source._settled_query(
                    SQL("item.id IN (SELECT judged.item_id FROM judged)")
                ),
                not_given_up=("money", *LESSENING_KINDS),
                closed=CLOSED_BY_HAND,
                condition=self._among_concerned(SQL("promise.id"), account_ids),
            )
        )
        changed = self.browse()
        before = {}
        for (
            promise_id,
            received_before,
            state_before,
            received,
            payable,
            given_up,
        ) in rows:
            # sudo: the ledger judges, whoever moved it
            promise_sudo = self.browse(promise_id).sudo()
            company = promise_sudo.company_id
            state = promise_state(
                promise_sudo.amount,
                received,
                promise_sudo.date_promised,
                company.collection_promise_days,
                company_today(company),
                tolerance_amount=company.currency_id._convert(
                    company.collection_promise_tolerance,
                    promise_sudo.currency_id,
                    company,
                    promise_sudo.date_promised,
                ),
                # the company gave it all up: nobody expects anything any more
                payable=payable and payable + given_up,
            )
            if state_before == "lapsed" and state in ("broken", "partial"):
                # on its day there was nothing to pay
                state = "lapsed"
            same = promise_sudo.currency_id.compare_amounts(
                received, received_before or 0
            )
            if same == 0 and state == state_before:
                continue
            promise_sudo.amount_received = received
            changed |= promise_sudo
            if state == state_before:
                continue
            if state == "lapsed":
                promise_sudo._drop_callback()
                promise_sudo._lapse()
                continue
            promise_sudo.write({"state": state, "lapse_reason": False})
            before[promise_sudo] = state_before
        self._mark_items(account_ids)
        for promise, state_before in before.items():
            promise._report_outcome(state_before)
        return len(changed)

    @api.model
    def _mark_items(self, account_ids=None):
        """Write on the items which open promise covers them."""
        self.flush_model()
        self.env["collection.item"].flush_model(["promise_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item item
                   SET promise_id = truth.promise_id
                  FROM (SELECT own.id, MAX(promise.id) AS promise_id
                          FROM collection_item own
                     LEFT JOIN collection_item_collection_promise_rel rel
                            ON rel.collection_item_id = own.id
                     LEFT JOIN collection_promise promise
                            ON promise.id = rel.collection_promise_id
                           AND promise.state = 'open'
                         WHERE (own.promise_id IS NOT NULL
                                OR promise.id IS NOT NULL)
                           AND %(condition)s
                      GROUP BY own.id) truth
                 WHERE item.id = truth.id
                   AND item.promise_id IS DISTINCT FROM truth.promise_id
             RETURNING item.id
                """,
                condition=self._among(SQL("own.account_id"), account_ids),
            )
        )
        self.env["collection.item"].browse(row[0] for row in rows).invalidate_recordset(
            ["promise_id"], flush=False
        )

    def _report_outcome(self, state_before):
        """Tell the timeline, and put a broken promise back on top of the diary."""
        self.ensure_one()
        self.account_id._message_log(
            body=self.env._(
                "Promise %(number)s of %(amount)s by %(day)s: %(state)s "
                "(%(received)s received).",
                number=self.number,
                amount=self.currency_id.format(self.amount),
                day=format_date(self.env, self.date_promised),
                state=self._get_state_label(),
                received=self.currency_id.format(self.amount_received),
            )
        )
        # nobody is called about what is not owed any more
        owing = "open" in self.item_ids.mapped("state")
        if self.state in ("broken", "partial") and owing:
            self._bring_back(self._get_callback())

    def _get_callback(self):
        """What is to be done about it once it was not kept."""
        return self.env._(
            "Promise of %(amount)s for %(day)s not kept",
            amount=self.currency_id.format(self.amount),
            day=format_date(self.env, self.date_promised),
        )

    def _drop_callback(self):
        """Nobody is called about a promise that has nothing to keep."""
        account = self.account_id
        if account.next_action == self._get_callback():
            account.write({"next_action": False, "next_action_date": False})

    def _is_pending(self):
        return self.state == "open"

    def _log_on_accounts(self):
        for promise in self:
            # sudo: the timeline belongs to the account, which may be read-only
            promise.account_id.sudo()._message_log(
                body=self.env._(
                    "Promise %(number)s: %(amount)s by %(day)s.",
                    number=promise.number,
                    amount=promise.currency_id.format(promise.amount),
                    day=format_date(self.env, promise.date_promised),
                ),
                author_id=promise.user_id.partner_id.id,
            )
