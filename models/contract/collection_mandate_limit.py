from odoo import fields, models


class CollectionMandate(models.Model):
    """How often its limits were met."""

    _inherit = "collection.mandate"

    limit_case_count = fields.Integer(
        string="Beyond the Powers",
        compute="_compute_limit_case_count",
        groups="account_collection.group_collection_user",
    )

    def _compute_limit_case_count(self):
        counts = dict(
            self.env["collection.limit.case"]._read_group(
                [("mandate_id", "in", self.ids)], ["mandate_id"], ["__count"]
            )
        )
        for mandate in self:
            mandate.limit_case_count = counts.get(mandate._origin, 0)

    def action_open_limit_cases(self):
        """What its people wanted to grant beyond its limits."""
        return self._open_of_mandate("account_collection.collection_limit_case_action")
