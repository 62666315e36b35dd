from odoo import fields, models
from odoo.exceptions import UserError

from ..base.figures import write_figure

#: what a figure is given in
UNITS = [
    ("percent", "%"),
    ("days", "Days"),
    ("currency", "Amount"),
    ("number", "Count"),
    ("mark", "Mark"),
]


class CollectionMandateIndicator(models.Model):
    """A figure that objectives are set in: what it is called and how it is defined.

    The catalogue comes with the module, as each figure is worked out by code
    (`collection.mandate._measure`): a company renames them, or puts away those that it
    does not use.
    """

    _name = "collection.mandate.indicator"
    _description = "Indicator of Objectives"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    unit = fields.Selection(selection=UNITS, required=True, readonly=True)
    better = fields.Selection(
        selection=[("more", "The more, the better"), ("less", "The less, the better")],
        required=True,
        readonly=True,
    )
    definition = fields.Text(
        required=True,
        translate=True,
        help="What is divided by what, and of which customers and days.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "An indicator with this code exists already."
    )

    def write(self, vals):
        if {"better", "code", "unit"}.intersection(vals) and not self.env.su:
            raise UserError(
                self.env._("How an indicator is worked out comes with the software.")
            )
        return super().write(vals)

    def _meets(self, value, target):
        """Whether a figure is where it was to be, or better."""
        self.ensure_one()
        return value >= target if self.better == "more" else value <= target

    def _format(self, value, currency):
        """A figure with its unit, as the language of the environment writes it; "n/a"
        for None, which is not 0."""
        self.ensure_one()
        if value is not None and self.unit == "currency":
            return currency.format(value)
        unit = "%" if self.unit == "percent" else self.unit
        return write_figure(self.env, value, unit)
