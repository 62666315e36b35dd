from datetime import date
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...tools.late_interest import (
    LEGAL_RATE,
    ONE_DAY,
    MissingRateError,
    Regime,
    half_year_start,
)
from ..base.days import company_today
from ..base.roles import MANAGER_GROUP
from .collection_reference_rate import INDEXES

#: day of June and December from which the rate of the next half-year is asked for
NOTICE_DAY = 15


class RateWarning(NamedTuple):
    """What is wrong with a rate, since or from when, and in which company alone."""

    text: str
    date: date
    company: models.BaseModel | None = None


class CollectionInterestRegime(models.Model):
    _name = "collection.interest.regime"
    _description = "Late-Payment Regime"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    debtor_type = fields.Selection(
        selection=[
            ("private", "Private business"),
            ("public", "Public body"),
            ("consumer", "Consumer"),
        ],
        required=True,
    )
    index = fields.Selection(selection=INDEXES, required=True)
    margin = fields.Float(
        string="Margin (points)",
        digits=(16, 4),
        aggregator=None,
        help="Added to the reference rate.",
    )
    fixed_at_start = fields.Boolean(
        string="Fixed Rate",
        help="The rate of the half-year in which interest began holds for the whole "
        "delay. Otherwise each half-year has its own rate.",
    )
    from_notice = fields.Boolean(
        string="Only from the Formal Notice",
        help="Interest runs from the day after the formal notice, not from the day "
        "after the due date.",
    )
    indemnity = fields.Float(
        string="Indemnity (EUR)",
        digits=(16, 2),
        aggregator=None,
        help="Fixed recovery indemnity, once per late invoice, in euros.",
    )
    day_count = fields.Selection(
        selection=[("365", "365 days a year"), ("actual", "Actual days of the year")],
        required=True,
        default="365",
    )
    limitation_years = fields.Integer(
        string="Limitation (years)",
        aggregator=None,
        help="Years after which a claim is time-barred; 0: never looked at.",
    )
    limitation_from_year_end = fields.Boolean(
        string="Limitation from the Year's End",
        help="The years are counted from 1 January of the year after, as for public "
        "bodies.",
    )
    law_reference = fields.Char(
        translate=True, help="Articles of law quoted on the letters."
    )

    rate_warning = fields.Char(
        string="Rates to Look At",
        compute="_compute_rate_warning",
        help="Half-years now or soon begun whose rate nobody has entered, and agreed "
        "rates that are below the floor of the law by now.",
    )

    @api.depends("index", "debtor_type")
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_rate_warning(self):
        warnings = self._get_rate_warnings(self.env.companies)
        for regime in self:
            regime.rate_warning = " ".join(w.text for w in warnings[regime])

    @api.constrains("indemnity", "debtor_type")
    def _check_consumer_indemnity(self):
        for regime in self:
            if regime.debtor_type == "consumer" and regime.indemnity:
                raise ValidationError(
                    self.env._(
                        "The fixed recovery indemnity is owed by professionals only: "
                        "leave it at 0 for consumers."
                    )
                )

    def _get_missing_rates(self, today=None):
        """Rates that claims need and nobody has entered: {regime: [MissingRateError]}.

        Of the half-year of `today`, and of the next one from 15 June and 15 December.
        """
        today = today or company_today(self)
        until = today
        if today.month in (6, 12) and today.day >= NOTICE_DAY:
            until = fields.Date.end_of(today, "month") + ONE_DAY
        table = self.env["collection.reference.rate"]._get_rate_table()
        # sudo: whether any company raises its rates to the floor of the law
        floored_sudo = self.env["res.company"].sudo()._search_floored()
        missing = {}
        for regime in self:
            # a regime that is being entered has none yet
            indexes = [regime.index] if regime.index else []
            if regime.debtor_type == "private" and floored_sudo:
                indexes.append(LEGAL_RATE)
            missing[regime] = [
                MissingRateError(index, first_day)
                for index in dict.fromkeys(indexes)
                for first_day in table.half_years_missing(
                    index, half_year_start(today), until
                )
            ]
        return missing

    def _get_rate_warnings(self, companies):
        """Rates that are missing, and agreed ones below the floor of the law by now:
        {regime: [RateWarning]}.

        An agreed rate is checked when it is entered, but the floor moves each
        half-year. What the contract says is not changed, only told.
        """
        Rate = self.env["collection.reference.rate"]
        since = half_year_start(company_today(self))
        # sudo: how the companies claim, for whoever may see the regimes
        low = [
            RateWarning(text, since, company)
            for company in companies.sudo()
            for text in company._get_rates_below_floor()
        ]
        return {
            regime: [
                RateWarning(str(Rate._missing_rate_error(error)), error.half_year)
                for error in errors
            ]
            + (low if regime.debtor_type == "private" else [])
            for regime, errors in self._get_missing_rates().items()
        }

    def _filter_needed(self, companies):
        """Those of the regimes by which some customer of `companies` owes something.

        Whoever has no consumers among the customers needs no rate for them.
        """
        Account = self.env["collection.account"]
        Account.flush_model(["amount_open", "company_id", "partner_id", "segment_id"])
        self.env["collection.segment"].flush_model(["debtor_type"])
        self.env["res.partner"].flush_model(["is_company", "vat"])
        needed = {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT %(debtor_type)s
                      FROM collection_account acc
                      JOIN res_partner customer ON customer.id = acc.partner_id
                 LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                     WHERE acc.company_id = ANY(%(companies)s) AND acc.amount_open > 0
                    """,
                    debtor_type=Account._debtor_type_sql(
                        SQL("segment"), SQL("customer")
                    ),
                    companies=companies.ids,
                )
            )
        }
        return self.filtered(lambda regime: regime.debtor_type in needed)

    @api.model
    def _cron_check_rates(self):
        """Ask the credit managers for rates that are missing or below the floor of
        the law, once per half-year; for those by which some customer owes something.

        An activity is done by itself once the rate is right.
        """
        managers = self.env.ref(MANAGER_GROUP).all_user_ids.filtered(
            lambda user: user.active and not user.share
        )
        managers -= self.env.ref("base.user_root")
        todo = "mail.mail_activity_data_todo"
        today = company_today(self)
        regimes = self.search([("active", "=", True)])
        companies = managers.company_ids
        needed = regimes._filter_needed(companies)
        # the same ones, in the same order, in the language of each manager
        warnings_by_lang = {
            lang: needed.with_context(lang=lang)._get_rate_warnings(
                companies.with_context(lang=lang)
            )
            for lang in set(managers.mapped("lang"))
        }
        for regime in regimes:
            warnings = [
                dict(zip(warnings_by_lang, same, strict=True))
                for same in zip(
                    *(known.get(regime, ()) for known in warnings_by_lang.values()),
                    strict=True,
                )
            ]
            activities = regime.activity_search([todo], only_automated=True)
            wanted = activities.browse()
            for warning in warnings:
                texts = {said.text for said in warning.values()}
                asked = activities.filtered(
                    lambda activity, texts=texts: activity.summary in texts
                )
                wanted |= asked
                for manager in managers - asked.user_id:
                    said = warning[manager.lang]
                    if said.company and said.company not in manager.company_ids:
                        continue
                    regime._activity_schedule_for(
                        manager,
                        todo,
                        lambda _regime, said=said: said.text,
                        date_deadline=max(said.date, today),
                    )
            (activities - wanted).action_feedback()

    @api.model
    def _get_by_debtor_type(self):
        """First active regime of each debtor type: {debtor_type: regime}."""
        regimes = {}
        for regime_sudo in self.sudo().search_fetch([("active", "=", True)]):
            regimes.setdefault(regime_sudo.debtor_type, regime_sudo)
        return regimes

    def _to_tool(self, company, agreed_rate=0.0):
        """The regime as `tools.late_interest.Regime`.

        A rate agreed with the customer, else by the company's terms of sale, replaces
        the default rate between businesses only, as the floor does (L441-10 II code
        de commerce).

        :param agreed_rate: percent a year agreed with the customer; 0: none
        """
        self.ensure_one()
        private = self.debtor_type == "private"
        agreed = private and (agreed_rate or company.collection_agreed_rate)
        return Regime(
            index=self.index,
            margin=self.margin,
            fixed_at_start=self.fixed_at_start,
            from_notice=self.from_notice,
            indemnity=self.indemnity,
            day_count=self.day_count,
            agreed_rate=agreed or None,
            apply_floor_to_default=private and company.collection_floor_on_default,
        )
