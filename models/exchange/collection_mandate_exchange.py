from odoo import api, fields, models
from odoo.fields import Domain


class CollectionMandate(models.Model):
    """What a mandate leaves behind: its data to the company, nothing to the
    provider."""

    _inherit = "collection.mandate"

    reversibility_ids = fields.One2many(
        comodel_name="collection.reversibility",
        inverse_name="mandate_id",
        string="Reversibility Packages",
        groups="account_collection.group_collection_manager",
    )
    reversibility_missing = fields.Boolean(
        compute="_compute_reversibility_missing",
        groups="account_collection.group_collection_manager",
    )
    deletion_ids = fields.One2many(
        comodel_name="collection.deletion.certificate",
        inverse_name="mandate_id",
        string="Deletion Certificates",
        groups="account_collection.group_collection_user",
    )

    @api.depends("state", "reversibility_ids.state", "reversibility_ids.kind")
    def _compute_reversibility_missing(self):
        for mandate in self:
            mandate.reversibility_missing = (
                mandate.state == "ended"
                and bool(mandate.placement_ids)
                and not any(
                    package.kind == "end" and package.state == "done"
                    for package in mandate.reversibility_ids
                )
            )

    def _get_handed_over(self):
        """Hand-overs that took place, those of earlier versions included: what was
        proposed and withdrawn again, the provider never had."""
        return self.env["collection.placement"].search(
            Domain("mandate_id", "in", self.ids)
            & Domain("line_ids", "any", [("went", "=", True)])
        )

    def action_reversibility(self):
        """Have the data of this mandate put together and compared, in the background.

        A drill while it runs; the last package once it has ended.
        """
        self.ensure_one()
        package = self.env["collection.reversibility"]._start(self)
        return package.get_formview_action()

    def action_end(self):
        res = super().action_end()
        self.env["collection.deletion.certificate"]._ask(self)
        return res
