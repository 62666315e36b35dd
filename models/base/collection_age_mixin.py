from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.ageing import BUCKETS


def age_case(days):
    """SQL of the branches of a CASE: code of the bucket of so many `days` overdue."""
    return SQL(" ").join(
        SQL("WHEN %s <= %s THEN %s", days, upper, code)
        if upper is not None
        else SQL("ELSE %s", code)
        for code, _lower, upper in BUCKETS
    )


def is_of_age(days, lower, upper):
    """SQL: whether `days` overdue are within the bounds of a bucket; None: no bound."""
    if lower is None:
        return SQL("%s <= %s", days, upper)
    if upper is None:
        return SQL("%s >= %s", days, lower)
    return SQL("%s BETWEEN %s AND %s", days, lower, upper)


class CollectionAgeMixin(models.AbstractModel):
    """Grouped by age, from the youngest to the oldest, by a number of days.

    The age is not stored: in SQL it is worked out from the days, can be sorted and
    grouped, and is never stale.
    """

    _name = "collection.age.mixin"
    _inherit = ["collection.age.order.mixin"]
    _description = "Grouped by Age"

    #: field with the number of days, known in SQL
    _age_field = "days_overdue"

    age_bucket = fields.Selection(
        selection=[
            ("not_due", "Not due"),
            ("d1_30", "1–30 days"),
            ("d31_60", "31–60 days"),
            ("d61_90", "61–90 days"),
            ("d91_plus", "Over 90 days"),
        ],
        string="Age",
        compute="_compute_age_bucket",
        search="_search_age_bucket",
    )

    def _compute_age_bucket(self):
        raise NotImplementedError

    @api.model
    def _search_age_bucket(self, operator, value):
        raise NotImplementedError

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "age_bucket":
            return super()._field_to_sql(alias, field_expr, query)
        days = self._field_to_sql(alias, self._age_field, query)
        return SQL("CASE %s END", age_case(days))

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        # by the days themselves
        if field_name == "age_bucket":
            field_name = self._age_field
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
