from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ...tools.late_interest import LEGAL_RATE, MissingRateError, agreed_rate_floor
from ..base.days import each_company_day
from ..base.figures import format_figure


class ResCompany(models.Model):
    """What a company claims for late payment, within the law."""

    _inherit = "res.company"

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

    @api.depends("country_id")
    def _compute_collection_rate_floor(self):
        for today, companies in each_company_day(self):
            floor = self._get_rate_floor(today)
            for company in companies:
                company.collection_rate_floor = (
                    floor if company.country_id.code == "FR" else 0.0
                )

    @api.model
    def _get_rate_floor(self, today):
        """Three times the legal rate of a day, percent a year."""
        rates = self.env["collection.reference.rate"]
        try:
            return float(agreed_rate_floor(rates._get_rate_table(), today))
        except MissingRateError:
            # the rate of this half-year is not entered yet: the last one known is
            # the best guard there is, and a rate under it is surely too low
            # sudo: the legal rates are published, whoever looks at the company
            last_sudo = rates.sudo().search(
                [("index", "=", LEGAL_RATE), ("date_from", "<=", today)],
                order="date_from desc",
                limit=1,
            )
            return 3 * last_sudo.rate

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
            rate=format_figure(self.env, agreed),
            floor=format_figure(self.env, self.collection_rate_floor),
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
                    "French commercial code). Find them in Collections ‣ Customers "
                    "‣ Accounts with the filter “Agreed Rate”: enter at least the "
                    "floor, or 0 for the legal rate.",
                    company=self.name,
                    count=count,
                    floor=format_figure(self.env, floor),
                )
            )
        return texts
