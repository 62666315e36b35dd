from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from ...tools.bill import RETURN_DAYS, chase_date, return_deadline
from ..base.days import company_today, each_company_day

#: states in which the bill is out and has not come back
AWAITING_RETURN = ("sent", "chased", "late")


class CollectionBill(models.Model):
    """A bill of exchange: drawn, sent for acceptance, back in time, paid.

    It must be back fifteen calendar days before its due date, or the bank cannot
    present it in time; its return is chased from ten days before that.
    """

    _name = "collection.bill"
    _description = "Bill of Exchange"
    _inherit = [
        "collection.agreement.mixin",
        "mail.activity.mixin",
    ]
    _order = "date_return_deadline, id"
    _rec_name = "number"

    # what the bill itself says
    _agreed_fields = frozenset({"account_id", "amount", "date_due", "item_ids"})
    _changeable_states = ("to_send",)
    _deletable_states = ("to_send",)

    _provider_fields = frozenset(
        {
            "account_id",
            "alternative",
            "amount",
            "chase_count",
            "company_id",
            "currency_id",
            "date_chase",
            "date_due",
            "date_return_deadline",
            "date_returned",
            "date_sent",
            "item_ids",
            "kind",
            "lapse_reason",
            "number",
            "reason",
            "state",
        }
    )
    _on_site_fields = frozenset({"date_remitted", "partner_id"})

    number = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )
    amount = fields.Monetary(
        compute="_compute_from_items",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        tracking=True,
    )
    date_due = fields.Date(
        string="Due Date",
        compute="_compute_from_items",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        tracking=True,
    )
    date_return_deadline = fields.Date(
        string="Back by",
        compute="_compute_deadlines",
        store=True,
        precompute=True,
        index=True,
        help="Fifteen calendar days before the due date.",
    )
    date_chase = fields.Date(
        string="Chased from",
        compute="_compute_deadlines",
        store=True,
        precompute=True,
    )
    kind = fields.Selection(
        selection=[
            ("paper", "Bill of exchange on paper"),
            ("lcr", "LCR on paper"),
            ("lcr_magnetic", "LCR without paper"),
            ("bor", "Promissory note (BOR)"),
        ],
        required=True,
        default="lcr",
        tracking=True,
    )
    date_sent = fields.Date(readonly=True, copy=False)
    date_returned = fields.Date(readonly=True, copy=False)
    date_remitted = fields.Date(
        string="Remitted on", readonly=True, copy=False, help="Given to the bank."
    )
    chase_count = fields.Integer(string="Times Chased", readonly=True, copy=False)
    reason = fields.Char(
        tracking=True, copy=False, help="Why it was refused, or not paid."
    )
    alternative = fields.Selection(
        selection=[
            ("lcr_magnetic", "LCR without paper"),
            ("direct_debit", "SEPA direct debit"),
            ("transfer", "Bank transfer"),
        ],
        tracking=True,
        help="What was proposed to the customer instead.",
    )
    between_merchants = fields.Boolean(
        compute="_compute_between_merchants",
        compute_sudo=True,
        help="The customer is a private professional, as for the late-payment law.",
    )
    back_in_time = fields.Float(
        string="Back in Time (%)",
        compute="_compute_back_in_time",
        store=True,
        aggregator="avg",
        digits=(5, 1),
        help="Bills that came back accepted fifteen days before their due date, in "
        "percent.",
    )
    letter_ids = fields.Many2many(
        comodel_name="collection.letter", string="Letters", copy=False, readonly=True
    )
    letter_count = fields.Integer(compute="_compute_letter_count")
    letter_stage = fields.Integer(
        readonly=True,
        copy=False,
        default=0,
        help="Letters written by themselves: 1 from 25 days before the due date, 2 "
        "from 15 days before.",
    )
    state_before = fields.Char(
        readonly=True, copy=False, help="Before the ledger said that it is paid."
    )
    state = fields.Selection(
        selection=[
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("chased", "Chased"),
            ("late", "Late"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("remitted", "Remitted"),
            ("paid", "Paid"),
            ("unpaid", "Unpaid"),
            ("lapsed", "Lapsed"),
        ],
        required=True,
        default="to_send",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "A bill needs an amount."
    )

    @api.depends("item_ids")
    def _compute_from_items(self):
        for bill in self:
            items = bill.item_ids
            if items:
                bill.amount = sum(items.mapped("amount_residual"))
                bill.date_due = max(items.mapped("date_due"))

    @api.depends("date_due")
    def _compute_deadlines(self):
        for bill in self:
            due = bill.date_due
            bill.date_return_deadline = due and return_deadline(due)
            bill.date_chase = due and chase_date(due)

    @api.depends("account_id.segment_id")
    def _compute_between_merchants(self):
        for bill in self:
            bill.between_merchants = bool(bill.account_id) and (
                bill.account_id._get_debtor_type() == "private"
            )

    @api.depends("date_returned", "date_return_deadline", "state")
    def _compute_back_in_time(self):
        for bill in self:
            in_time = (
                bill.date_returned
                and bill.state != "refused"
                and bill.date_returned <= bill.date_return_deadline
            )
            bill.back_in_time = 100.0 if in_time else 0.0

    @api.depends("letter_ids")
    def _compute_letter_count(self):
        for bill in self:
            bill.letter_count = len(bill.letter_ids)

    def _get_refusals(self):
        return {
            "items": self.env._("Choose items of the customer of the bill."),
            "currencies": self.env._(
                "A bill is in one currency: draw one per currency."
            ),
            "agreed": self.env._(
                "A bill that was sent stays as it was drawn. Draw another."
            ),
            "deleted": self.env._("A bill that was sent stays on record."),
        }

    @api.constrains("account_id")
    def _check_professional(self):
        for bill in self:
            if bill.account_id._get_debtor_type() == "consumer":
                raise ValidationError(
                    self.env._(
                        "%(customer)s is a consumer: bills of exchange are for "
                        "professionals only.",
                        customer=bill.account_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # a number drawn is gone, also where nothing is created
        self.check_access("create")
        accounts = self.env["collection.account"]
        by_company = {}
        for vals in vals_list:
            company = accounts.browse(vals.get("account_id")).company_id
            by_company.setdefault(company or self.env.company, []).append(vals)
        for company, of_company in by_company.items():
            numbers = company._next_collection_numbers(
                "collection.bill", len(of_company)
            )
            for vals, number in zip(of_company, numbers, strict=True):
                vals["number"] = number
        return super().create(vals_list)

    def write(self, vals):
        res = super().write(vals)
        if vals.get("alternative"):
            for bill in self:
                bill.account_id._record_means_change(vals["alternative"], "asked")
        return res

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    def _move(self, allowed, state, **values):
        """Change the state of bills that are in one of the states `allowed`."""
        for bill in self:
            if bill.state not in allowed:
                raise UserError(
                    self.env._(
                        "Bill %(number)s is “%(state)s”: this step is not possible.",
                        number=bill.number,
                        state=bill._get_state_label(),
                    )
                )
        self.write({"state": state, **values})
        self.account_id._mark_stale()

    def action_send(self):
        """The bill left for the customer; one without paper needs no return."""
        for today, bills in each_company_day(self):
            electronic = bills.filtered(lambda bill: bill.kind == "lcr_magnetic")
            electronic._move(
                ("to_send",), "accepted", date_sent=today, date_returned=today
            )
            (bills - electronic)._move(("to_send",), "sent", date_sent=today)

    def action_chase(self):
        """Its return was asked for once more."""
        if self._is_outsider():
            self.check_access("read")
            for account in self.account_id:
                account._check_delegated_to_me()
        self._chase()

    def _chase(self, alternative=False):
        """Note that the customer was asked for these bills.

        In-house people act under their own rights; of a provider's people, the
        callers have checked that the accounts are delegated to them.

        :param alternative: code of the other means of payment proposed, if any
        :raises UserError: when a bill is not out, or on an unknown alternative
        """
        labels = dict(self._fields["alternative"]._description_selection(self.env))
        if alternative and alternative not in labels:
            raise UserError(self.env._("Choose one of the means of payment proposed."))
        by_provider = self._is_outsider()
        # sudo: see above; the bills are counted as chased and nothing else
        bills_sudo = self.sudo() if by_provider else self
        if alternative:
            # first: it may be refused
            bills_sudo.alternative = alternative
        for bill in bills_sudo:
            late = bill.state == "late"
            bill._move(
                AWAITING_RETURN,
                "late" if late else "chased",
                chase_count=bill.chase_count + 1,
            )
            if by_provider:
                bill.account_id._message_log(
                    body=self.env._(
                        "The return of bill %(number)s was asked for (no. %(count)s).",
                        number=bill.number,
                        count=bill.chase_count,
                    )
                )

    def action_accept(self):
        """The bill came back accepted, in time or late."""
        self._move(AWAITING_RETURN, "accepted", date_returned=self._today())

    def action_refuse(self):
        """The customer refused the bill; say why in its reason first.

        Between merchants, for goods delivered, a refusal once the goods could be
        checked makes the whole amount due (article L511-15 code de commerce).
        """
        self._check_reason()
        self._move(AWAITING_RETURN, "refused", date_returned=self._today())
        for bill in self:
            amount = bill.currency_id.format(bill.amount)
            bill._bring_back(
                self.env._(
                    "Bill %(number)s of %(amount)s refused: it is due at once",
                    number=bill.number,
                    amount=amount,
                )
                if bill.between_merchants
                else self.env._(
                    "Bill %(number)s of %(amount)s refused",
                    number=bill.number,
                    amount=amount,
                )
            )

    def action_remit(self):
        """The bill was given to the bank for collection or discount."""
        self._move(("accepted",), "remitted", date_remitted=self._today())

    def action_paid(self):
        self._move(("remitted",), "paid")

    def action_unpaid(self):
        """The bank returned the bill unpaid; say why in its reason first."""
        self._check_reason()
        self._move(("remitted", "paid"), "unpaid", state_before=False)
        self._follow_unpaid()

    def _follow_unpaid(self):
        for bill in self:
            bill._bring_back(
                self.env._(
                    "Bill %(number)s of %(amount)s returned unpaid",
                    number=bill.number,
                    amount=bill.currency_id.format(bill.amount),
                )
            )

    def _today(self):
        return company_today(self)

    def _check_reason(self):
        if any(not (bill.reason or "").strip() for bill in self):
            raise UserError(self.env._("Enter the reason first."))

    def action_write_letter(self):
        """Draw up the letter that asks for the bill to be returned accepted."""
        self.ensure_one()
        return self._write_return_letter().get_formview_action()

    def action_open_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("id", "in", self.letter_ids.ids)], context={})

    @api.model
    def _cron_follow(self):
        """Every night: bills that are not back in time become late, once.

        Letters ask for those that are to come back, where the company wants them.
        """
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._follow_deadlines(companies)

    @api.model
    def _follow_deadlines(self, companies):
        """As of the current day, bills of `companies`."""
        self.flush_model()
        self.env["collection.item"].flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_bill SET state = 'late'
                 WHERE state IN ('sent', 'chased')
                   AND date_return_deadline < %(today)s
                   AND company_id = ANY(%(companies)s)
                   -- what is settled otherwise need not come back
                   AND EXISTS (
                        SELECT 1 FROM collection_bill_collection_item_rel rel
                          JOIN collection_item item
                            ON item.id = rel.collection_item_id
                         WHERE rel.collection_bill_id = collection_bill.id
                           AND item.state = 'open')
             RETURNING id
                """,
                today=company_today(companies),
                companies=companies.ids,
            )
        )
        late = self.browse(row[0] for row in rows)
        late.invalidate_recordset(["state"], flush=False)
        late.account_id._mark_stale()
        for bill in late:
            bill._alert_salesperson()
        self._write_due_letters(companies)

    def _alert_salesperson(self):
        """The salesperson, else the collector, hears of a bill that is not back."""
        account = self.account_id
        self._activity_schedule_for(
            account.company_id._get_collection_addressee(
                account.salesperson_id, account.user_id, self.create_uid
            ),
            "mail.mail_activity_data_call",
            lambda bill: {
                "summary": bill.env._(
                    "Bill %(number)s is not back: it was due back by %(day)s",
                    number=bill.number,
                    day=format_date(bill.env, bill.date_return_deadline),
                ),
                "note": bill.env._(
                    "Propose an LCR without paper or a SEPA direct debit instead."
                ),
            },
        )
        account._message_log(
            body=self.env._(
                "Bill %(number)s of %(amount)s is not back %(days)s days before its "
                "due date.",
                number=self.number,
                amount=self.currency_id.format(self.amount),
                days=RETURN_DAYS,
            )
        )

    @api.model
    def _get_rate_domain(self, company):
        """Bills of a company of which it is known whether they came back in time.

        On paper, sent, with a deadline that has passed; one that was paid otherwise
        before it came back, or of which nothing was owed any more, says nothing.
        """
        return [
            ("company_id", "=", company.id),
            ("kind", "!=", "lcr_magnetic"),
            ("state", "!=", "to_send"),
            ("date_return_deadline", "<", company_today(company)),
            "|",
            ("date_returned", "!=", False),
            ("state", "not in", ("paid", "lapsed")),
        ]

    @api.model
    def _get_return_rate(self, company, date_from, date_to):
        """Share of the bills that came back accepted in time, in percent.

        Of the bills whose deadline fell between the two dates (included) and has
        passed; None when there was none.
        """
        [(count, rate)] = self._read_group(
            [
                *self._get_rate_domain(company),
                ("date_return_deadline", ">=", date_from),
                ("date_return_deadline", "<=", date_to),
            ],
            [],
            ["__count", "back_in_time:avg"],
        )
        return rate if count else None
