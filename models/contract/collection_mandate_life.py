from odoo import api, models


class CollectionMandate(models.Model):
    """How long hand-overs may wait and last is agreed on with the rest."""

    _inherit = "collection.mandate"

    @api.model
    def _get_term_fields(self):
        by_section = super()._get_term_fields()
        return {
            **by_section,
            "scope": (*by_section["scope"], "placement_days", "revive_days"),
            "control": ("acknowledge_days", *by_section["control"]),
        }

    @api.model
    def _get_term_units(self):
        days = (self.env._("1 day"), self.env._("%(number)s days"))
        return {
            **super()._get_term_units(),
            **dict.fromkeys(
                ("acknowledge_days", "placement_days", "revive_days"), days
            ),
        }

    def _describe_number(self, name, value):
        if name in ("placement_days", "revive_days") and not value:
            return self.env._("as long as the mandate runs")
        return super()._describe_number(name, value)
