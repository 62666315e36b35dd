from odoo import api, fields, models
from odoo.fields import Domain


class CollectionLevelVariant(models.Model):
    """How a level is worded for public buyers or for consumers."""

    _name = "collection.level.variant"
    _description = "Wording of a Level for a Kind of Customer"
    _inherit = ["collection.wording.mixin"]
    _order = "level_id, debtor_type"

    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        required=True,
        index=True,
        ondelete="cascade",
    )
    debtor_type = fields.Selection(
        selection=[("public", "Public body"), ("consumer", "Consumer")],
        string="Customers",
        required=True,
    )
    company_id = fields.Many2one(related="level_id.company_id")

    _level_debtor_uniq = models.UniqueIndex(
        "(level_id, debtor_type)",
        "A level has one wording for each kind of customer.",
    )

    @api.depends("level_id.name", "debtor_type")
    def _compute_display_name(self):
        labels = dict(self._fields["debtor_type"]._description_selection(self.env))
        for variant in self:
            variant.display_name = self.env._(
                "%(level)s (%(debtor)s)",
                level=variant.level_id.name or "",
                debtor=labels.get(variant.debtor_type, ""),
            )

    def _get_preview_values(self):
        return {"level_id": self.level_id._origin.id}

    def _is_before_due(self):
        return self.level_id._is_before_due()

    def _get_preview_domains(self):
        """A customer of the kind the wording is for, if there is one."""
        domains = super()._get_preview_domains()
        of_kind = Domain("segment_id.debtor_type", "=", self.debtor_type)
        return [domains[0] & of_kind, *domains]
