from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ...tools.call_window import easter_holiday, fixed_holiday, monday_holiday
from ..base.days import company_today


class CollectionHoliday(models.Model):
    """A public holiday of a country: its customers are not called that day."""

    _name = "collection.holiday"
    _description = "Public Holiday"
    _order = "country_id, kind desc, month, day, easter_offset, date, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[
            ("fixed", "Same day each year"),
            ("easter", "Days from Easter Sunday"),
            ("monday", "Monday of a month"),
            ("once", "One day only"),
        ],
        required=True,
        default="fixed",
    )
    month = fields.Integer(default=1)
    day = fields.Integer(default=1)
    easter_offset = fields.Integer(
        string="Days after Easter", help="Negative before: Good Friday is -2."
    )
    rank = fields.Integer(
        string="Which Monday", default=1, help="1 the first, -1 the last of the month."
    )
    date = fields.Date()
    substitute = fields.Boolean(
        string="Moved from Weekends",
        help="One that falls on a weekend is kept on the next working day.",
    )
    next_date = fields.Date(string="Next", compute="_compute_next_date")

    _month_and_day = models.Constraint(
        "CHECK (kind NOT IN ('fixed', 'monday') OR (month BETWEEN 1 AND 12"
        " AND day BETWEEN 1 AND 31 AND (rank BETWEEN 1 AND 4 OR rank = -1)))",
        "Enter a month from 1 to 12, a day from 1 to 31, and the Monday from 1 to 4 "
        "or -1 for the last.",
    )

    @api.constrains("kind", "date")
    def _check_date(self):
        for holiday in self:
            if holiday.kind == "once" and not holiday.date:
                raise ValidationError(
                    self.env._("Enter the day of %(name)s.", name=holiday.name)
                )

    @api.depends("kind", "month", "day", "easter_offset", "rank", "date", "substitute")
    def _compute_next_date(self):
        today = company_today(self)
        for holiday in self:
            dates = [holiday._date_in(year) for year in (today.year, today.year + 1)]
            following = [day for day in dates if day and day >= today]
            holiday.next_date = min(following, default=False)

    def _date_in(self, year, taken=()):
        """Day of this holiday in `year`, None when it has none."""
        self.ensure_one()
        if self.kind == "once":
            return self.date if self.date and self.date.year == year else None
        if self.kind == "easter":
            return easter_holiday(year, self.easter_offset)
        if not self.month or not self.day:
            return None
        if self.kind == "monday":
            return monday_holiday(year, self.month, self.rank or 1)
        return fixed_holiday(year, self.month, self.day, self.substitute, taken)

    @api.model_create_multi
    def create(self, vals_list):
        holidays = super().create(vals_list)
        holidays._forget_days()
        return holidays

    def write(self, vals):
        res = super().write(vals)
        self._forget_days()
        return res

    def unlink(self):
        res = super().unlink()
        self._forget_days()
        return res

    def _forget_days(self):
        # core lets anybody write or delete no records at all
        if self:
            self.env.registry.clear_cache()

    @api.model
    @ormcache("country_id", "year")
    def _get_days(self, country_id, year):
        """Holidays of a country in a year: {day: id of the holiday}."""
        # sudo: calendars are public, and asked for by every agent
        holidays_sudo = self.sudo().search([("country_id", "=", country_id)])
        days = {}
        moved = self.browse()
        for holiday in holidays_sudo:
            day = holiday._date_in(year)
            if day and holiday.kind == "fixed" and holiday.substitute:
                if day != fixed_holiday(year, holiday.month, holiday.day):
                    moved |= holiday
                    continue
            if day:
                days.setdefault(day, holiday.id)
        # those that move, once the days that stand are known: Christmas on a Sunday
        # moves to the day after Boxing Day
        for holiday in moved:
            days[holiday._date_in(year, days)] = holiday.id
        return days

    @api.model
    def _find(self, country, day):
        """The public holiday of `country` on `day`, or an empty recordset."""
        if not country:
            return self.browse()
        return self.sudo().browse(self._get_days(country.id, day.year).get(day))
