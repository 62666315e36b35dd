from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.late_interest import Regime
from .collection_reference_rate import INDEXES


class CollectionInterestRegime(models.Model):
    _name = "collection.interest.regime"
    _description = "Late-Payment Regime"
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
    law_reference = fields.Char(
        translate=True, help="Articles of law quoted on the letters."
    )

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

    @api.model
    def _get_by_debtor_type(self):
        """First active regime of each debtor type: {debtor_type: regime}."""
        regimes = {}
        for regime in self.sudo().search([("active", "=", True)]):
            regimes.setdefault(regime.debtor_type, regime)
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
