from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...tools.late_interest import MissingRateError, RateTable

INDEXES = [
    ("ecb_mro", "ECB main refinancing rate"),
    ("fr_legal_pro", "French legal rate, professional creditors"),
    ("fr_legal_individual", "French legal rate, individual creditors"),
]


class CollectionReferenceRate(models.Model):
    _name = "collection.reference.rate"
    _description = "Reference Rate"
    _order = "index, date_from desc"

    index = fields.Selection(selection=INDEXES, required=True)
    date_from = fields.Date(
        string="From",
        required=True,
        help="First day of the rate. A rate is taken over for a half-year only when "
        "a line is dated within the six months up to its first day, so enter a "
        "line on 1 January or 1 July even if the rate has not changed.",
    )
    rate = fields.Float(
        string="Rate (%)", digits=(16, 4), required=True, aggregator=None
    )
    source = fields.Char(help="Where the rate was published.")

    _index_date_uniq = models.Constraint(
        "UNIQUE (index, date_from)",
        "There is already a rate of this index on this day.",
    )

    @api.depends("index", "date_from")
    def _compute_display_name(self):
        labels = dict(self._fields["index"]._description_selection(self.env))
        for rate in self:
            rate.display_name = f"{labels.get(rate.index, '')} {rate.date_from or ''}"

    @api.model
    def _get_rate_table(self):
        """All rates as a `RateTable`, for the pure functions of late interest."""
        rates_sudo = self.sudo().search_fetch([], ["index", "date_from", "rate"])
        return RateTable((rate.index, rate.date_from, rate.rate) for rate in rates_sudo)

    @api.model
    def _get_in_force(self, index, day):
        """The line of `index` that is the rate of the half-year beginning on `day`."""
        return self.sudo().search(
            [("index", "=", index), ("date_from", "<=", day)],
            order="date_from desc",
            limit=1,
        )

    @api.model
    def _missing_rate_error(self, error: MissingRateError):
        """User-facing error for a half-year whose rate nobody has entered."""
        labels = dict(self._fields["index"]._description_selection(self.env))
        year = error.half_year.year
        return UserError(
            self.env._(
                "The rate “%(index)s” for %(half_year)s is missing. Enter the rate in "
                "force on %(day)s under Collections ‣ Configuration ‣ Reminders ‣ "
                "Reference Rates.",
                index=labels[error.index],
                half_year=self.env._("half-year 1 of %(year)s", year=year)
                if error.half_year.month == 1
                else self.env._("half-year 2 of %(year)s", year=year),
                day=format_date(self.env, error.half_year),
            )
        )
