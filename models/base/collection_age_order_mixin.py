from odoo import models
from odoo.tools import SQL

from ...tools.ageing import BUCKETS


class CollectionAgeOrderMixin(models.AbstractModel):
    """Ages stand from the youngest to the oldest, not in the order of the alphabet."""

    _name = "collection.age.order.mixin"
    _description = "Ages in Their Order"

    #: codes of `age_bucket`, in the order in which they stand
    _ages = tuple(code for code, _lower, _upper in BUCKETS)

    def _get_age_rank(self, age):
        """SQL of the place of an age among them."""
        return SQL("array_position(%s, %s)", list(self._ages), age)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != "age_bucket":
            return super()._order_field_to_sql(
                alias, field_name, direction, nulls, query
            )
        age = self._field_to_sql(alias, field_name, query)
        return SQL("%s %s %s", self._get_age_rank(age), direction, nulls)

    def _read_group_orderby(self, order, groupby_terms, query):
        if "age_bucket" not in groupby_terms:
            return super()._read_group_orderby(order, groupby_terms, query)
        age = groupby_terms["age_bucket"]
        terms = dict(groupby_terms, age_bucket=self._get_age_rank(age))
        orderby = super()._read_group_orderby(order, terms, query)
        # ordering by a many2one adds columns to its term
        groupby_terms.update(terms, age_bucket=age)
        return orderby
