from typing import NamedTuple

from odoo import fields, models

from ...tools.advisor import months_between


class InHouseCost(NamedTuple):
    """What collecting by one's own people cost in a period."""

    hours: float
    cost: float
    #: money that came in while it was not with a provider
    received: float
    #: cost in percent of it, that is cents for each euro; None: nothing to divide by,
    #: or hours and their cost are not known
    rate: float | None


class ResCompany(models.Model):
    """What the company is, and what it spends on collecting by itself."""

    _inherit = "res.company"

    collection_sector = fields.Selection(
        selection=[
            ("transport", "Transport"),
            ("hospitality", "Supplier of cafés, hotels and restaurants"),
            ("law_firm", "Law firm"),
            ("accountant", "Chartered accountants"),
            ("other", "Another sector"),
        ],
        string="Sector",
        help="In the first four, companies hand over their whole collection as a rule.",
        groups="base.group_user",
    )
    collection_in_house_hours = fields.Float(
        string="In-house Hours a Month",
        help="Hours that the company's own people spend on collecting in a month.",
        groups="base.group_user",
    )
    collection_hour_cost = fields.Monetary(
        string="Cost of an Hour",
        help="What an hour of the company's own people costs, charges included.",
        groups="base.group_user",
    )

    _collection_in_house = models.Constraint(
        "CHECK (collection_in_house_hours >= 0 AND collection_hour_cost >= 0)",
        "Hours and their cost cannot be negative.",
    )

    def _get_in_house_cost(self, date_from, date_to):
        """What the company's own people cost and brought in from one day to another,
        both included: an `InHouseCost`."""
        self.ensure_one()
        ((received,),) = self.env["collection.receipt"]._read_group(
            [
                ("company_id", "=", self.id),
                ("kind", "=", "money"),
                ("side", "=", "company"),
                ("date", ">=", date_from),
                ("date", "<=", date_to),
            ],
            [],
            ["amount_company:sum"],
        )
        received = received or 0.0
        hours = self.collection_in_house_hours * months_between(date_from, date_to)
        cost = hours * self.collection_hour_cost
        known = self.currency_id.compare_amounts(cost, 0) > 0
        earned = self.currency_id.compare_amounts(received, 0) > 0
        return InHouseCost(
            hours, cost, received, 100 * cost / received if known and earned else None
        )
