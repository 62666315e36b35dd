from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

from ...tools.late_interest import LEGAL_RATE, MissingRateError, agreed_rate_floor


class ResCompany(models.Model):
    _inherit = "res.company"

    collection_policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Default Dunning Policy",
        domain="[('company_id', 'in', (False, id))]",
        groups="base.group_user",
    )
    collection_auto_run = fields.Selection(
        selection=[
            ("off", "By hand"),
            ("compute", "Computed every day"),
            ("send", "Computed and sent every day"),
        ],
        string="Daily Run",
        required=True,
        default="off",
        help="Sent: only letters of the levels that are sent automatically; the "
        "others, and what needs an approval, wait for a person.",
        groups="base.group_user",
    )
    collection_auto_run_date = fields.Date(
        string="Last Daily Run", readonly=True, groups="base.group_user"
    )
    collection_run_time = fields.Datetime(
        string="Last Change of a Run",
        readonly=True,
        help="Written by each computation and confirmation, so that two at once "
        "cannot both succeed.",
        groups="base.group_user",
    )
    collection_agreed_rate = fields.Float(
        string="Agreed Late-Payment Rate",
        digits=(16, 4),
        help="Percent a year from your terms of sale. 0: the rate of the law. "
        "In France it may not be below three times the legal rate (L441-10).",
        groups="base.group_user",
    )
    collection_rate_floor = fields.Float(
        string="Lowest Agreed Late-Payment Rate",
        digits=(16, 4),
        compute="_compute_collection_rate_floor",
        help="Three times the last known legal rate, for French companies.",
        groups="base.group_user",
    )
    collection_floor_on_default = fields.Boolean(
        string="Floor on the Default Rate",
        help="Claim at least three times the legal rate even where no rate was "
        "agreed. By its wording the law binds agreed rates only (L441-10 II); some "
        "practitioners read it otherwise.",
        groups="base.group_user",
    )
    collection_imputation = fields.Selection(
        selection=[
            ("principal", "The principal, as they are reconciled"),
            ("interest", "The interest first (1343-1 of the French Civil Code)"),
        ],
        string="Part Payments Reduce",
        required=True,
        default="principal",
        groups="base.group_user",
    )
    collection_interest_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Account of Late-Payment Interest",
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        check_company=True,
        help="Where invoices of interest and indemnities are booked. Empty: the "
        "income account of the sales journal.",
        groups="base.group_user",
    )
    collection_waiver_limit = fields.Monetary(
        string="Waivers by Collectors, up to",
        currency_field="currency_id",
        help="What a collector may waive of interest and indemnities for one customer "
        "in twelve months, company currency. 0: credit managers only.",
        groups="base.group_user",
    )
    collection_signatory = fields.Char(
        string="Letters Signed by",
        help="Name and function printed under reminders and formal notices.",
        groups="base.group_user",
    )
    collection_phone = fields.Char(
        string="Collections Phone",
        help="Direct line printed on letters. Empty: the company's phone.",
        groups="base.group_user",
    )
    collection_email = fields.Char(
        string="Collections Email",
        help="Address printed on letters and used for answers. Empty: the company's.",
        groups="base.group_user",
    )
    collection_total_from = fields.Integer(
        string="Total Delegation from",
        default=200,
        help="Active accounts from which the whole file should be handed over.",
        groups="base.group_user",
    )
    collection_partial_above = fields.Integer(
        string="Partial Delegation above",
        default=500,
        help="Active accounts above which strategic customers stay in-house.",
        groups="base.group_user",
    )
    collection_keep_share = fields.Float(
        string="Share Kept In-house",
        default=20.0,
        help="Percent of active accounts, the largest by turnover, that a partial "
        "hand-over keeps.",
        groups="base.group_user",
    )

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

    collection_hold_days = fields.Integer(
        string="Rest after a Contact",
        default=2,
        help="Days without a call after the right person was reached, unless the next "
        "action is due. Segments may say otherwise.",
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

    collection_precheck_amount = fields.Monetary(
        string="Invoices Checked from",
        default=1000.0,
        help="Invoices of at least this amount are checked with the customer before "
        "they fall due. 0: none.",
        groups="base.group_user",
    )
    collection_precheck_from = fields.Integer(
        string="Checked at the Latest",
        default=7,
        help="Days before the due date.",
        groups="base.group_user",
    )
    collection_precheck_to = fields.Integer(
        string="Checked at the Earliest",
        default=15,
        help="Days before the due date.",
        groups="base.group_user",
    )

    collection_bill_auto = fields.Boolean(
        string="Bills Drawn Every Night",
        default=True,
        help="For customers who pay by bill or LCR: one for each invoice that is not "
        "due yet.",
        groups="base.group_user",
    )
    collection_bill_letters = fields.Selection(
        selection=[
            ("none", "Not written"),
            ("draft", "Drafted"),
            ("to_send", "Sent"),
        ],
        string="Letters Asking for Bills",
        default="draft",
        required=True,
        help="Written 25 and 15 days before the due date of a bill that is not back; "
        "not to customers whom a provider works.",
        groups="base.group_user",
    )

    collection_access_years = fields.Integer(
        string="Access Log Kept for",
        default=3,
        help="Years for which it stays known which of a provider's agents looked at "
        "which customer. 0: for good.",
        groups="base.group_user",
    )

    _collection_access_years = models.Constraint(
        "CHECK (collection_access_years >= 0)",
        "The access log is kept for a number of years.",
    )
    _collection_precheck_days = models.Constraint(
        "CHECK (collection_precheck_from BETWEEN 0 AND collection_precheck_to)",
        "Invoices are first checked earlier, and last checked later, before their "
        "due date.",
    )
    _collection_dispute_days = models.Constraint(
        "CHECK (collection_dispute_days >= 0)",
        "Disputes cannot be escalated before their deadline.",
    )
    _collection_hold_days = models.Constraint(
        "CHECK (collection_hold_days >= 0)",
        "The rest after a contact cannot be negative.",
    )
    _collection_promise_days = models.Constraint(
        "CHECK (collection_promise_days >= 0 AND collection_promise_tolerance >= 0)",
        "What is granted to a promise cannot be negative.",
    )
    _collection_thresholds = models.Constraint(
        "CHECK (collection_total_from <= collection_partial_above"
        " AND collection_keep_share BETWEEN 0 AND 100)",
        "Total delegation must begin below the partial one, and the share kept "
        "in-house must lie between 0 and 100 %.",
    )

    @api.depends("country_id")
    def _compute_collection_rate_floor(self):
        today = fields.Date.context_today(self)
        rates = self.env["collection.reference.rate"]
        try:
            floor = float(agreed_rate_floor(rates._get_rate_table(), today))
        except MissingRateError:
            # the rate of this half-year is not entered yet: the last one known is
            # the best guard there is, and a rate under it is surely too low
            # sudo: the legal rates are published, whoever looks at the company
            last = rates.sudo().search(
                [("index", "=", LEGAL_RATE), ("date_from", "<=", today)],
                order="date_from desc",
                limit=1,
            )
            floor = 3 * last.rate
        for company in self:
            company.collection_rate_floor = (
                floor if company.country_id.code == "FR" else 0.0
            )

    @api.constrains("collection_agreed_rate", "country_id")
    def _check_collection_agreed_rate(self):
        for company in self:
            company._check_agreed_rate(company.collection_agreed_rate, company.name)

    @api.model
    def _search_floored(self):
        """Whether a company claims at least the floor where no rate was agreed."""
        return bool(
            self.search_count([("collection_floor_on_default", "=", True)], limit=1)
        )

    def _check_agreed_rate(self, agreed, name):
        """Refuse an agreed rate below three times the legal rate (L441-10 II).

        :param agreed: percent a year; 0: none was agreed
        :param name: with whom, for the message
        :raise ValidationError: below the floor that binds this company
        """
        self.ensure_one()
        if agreed and self._is_below_floor(agreed):
            raise ValidationError(self._rate_floor_message(agreed, name))

    def _is_below_floor(self, rate):
        return float_compare(rate, self.collection_rate_floor, precision_digits=4) < 0

    def _rate_floor_message(self, agreed, name):
        return self.env._(
            "The agreed late-payment rate of %(company)s (%(rate)s %%) is "
            "below the floor of the law: three times the legal rate, that "
            "is %(floor)s %% (article L441-10 II of the French commercial "
            "code). Enter at least the floor, or 0 for the legal rate.",
            company=name,
            rate=agreed,
            floor=self.collection_rate_floor,
        )

    def _get_rates_below_floor(self):
        """What to say of rates that were agreed in time and are too low by now: the
        company's own, and those of its customers."""
        self.ensure_one()
        floor = self.collection_rate_floor
        texts = []
        own = self.collection_agreed_rate
        if own and self._is_below_floor(own):
            texts.append(self._rate_floor_message(own, self.name))
        accounts = self.env["collection.account"].search(
            [
                ("company_id", "=", self.id),
                ("agreed_rate", ">", 0),
                ("agreed_rate", "<", floor),
            ]
        )
        # the rate of a contract counts between businesses only
        count = len(
            accounts.filtered(
                lambda account: (
                    self._is_below_floor(account.agreed_rate)
                    and account._get_debtor_type() == "private"
                )
            )
        )
        if count:
            texts.append(
                self.env._(
                    "Customers of %(company)s with an agreed late-payment rate below "
                    "the floor of the law: %(count)s. The floor is three times the "
                    "legal rate, that is %(floor)s %% (article L441-10 II of the "
                    "French commercial code). Find them in Collections ‣ Accounts "
                    "with the filter “Agreed Rate”: enter at least the floor, or 0 "
                    "for the legal rate.",
                    company=self.name,
                    count=count,
                    floor=floor,
                )
            )
        return texts

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for company in companies.filtered(lambda c: not c.collection_policy_id):
            company.collection_policy_id = company._default_collection_policy()
        return companies

    def _next_collection_numbers(self, code, count):
        """`count` numbers of a sequence of the company, drawn at once if it allows."""
        self.ensure_one()
        # sudo: whoever makes documents has no rights on sequences
        sequences = self.env["ir.sequence"].sudo().with_company(self)
        sequence = sequences.search(
            [("code", "=", code), ("company_id", "in", [self.id, False])],
            order="company_id",
            limit=1,
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequences.next_by_code(code) for _i in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{row[0]:0{sequence.padding}}{suffix}" for row in rows]

    def _get_collection_managers(self):
        """Credit managers of the company, the longest-serving first."""
        self.ensure_one()
        # sudo: who is asked to act
        managers = (
            self.env.ref("account_collection.group_collection_manager")
            .sudo()
            .all_user_ids
        )
        return managers.filtered(
            lambda user: user.active and not user.share and self in user.company_ids
        ).sorted("id")

    def _default_collection_policy(self):
        """The standard ladder: the French one for French companies."""
        self.ensure_one()
        name = "fr" if self.country_id.code == "FR" else "international"
        return self.env.ref(
            f"account_collection.policy_{name}", raise_if_not_found=False
        )

    @api.model
    def _load_collection_demo(self, lang="fr_FR", today=None, months=None):
        """Create the demo company, once, and return how to log in.

        :param str lang: language of the demo users, activated if needed
        :param today: day on which the history ends, by default the current one
        :param int months: length of the history, eighteen months by default
        :return: one dict of `login`, `password`, `role` and `hint` per demo user
        """
        # a server in production reads none of it
        from ...demo import load_demo  # noqa: PLC0415

        return load_demo(self.env, lang=lang, today=today, months=months)
