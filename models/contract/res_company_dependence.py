from odoo import fields, models


class ResCompany(models.Model):
    """How much of its file a company lets one provider have."""

    _inherit = "res.company"

    collection_dependence_limit = fields.Float(
        string="Most with One Provider",
        default=60.0,
        help="Percent of what customers owe above which a provider is warned of: more "
        "would make you depend on it. 0: no limit.",
        groups="base.group_user",
    )

    _collection_dependence_limit = models.Constraint(
        "CHECK (collection_dependence_limit BETWEEN 0 AND 100)",
        "The share of one provider lies between 0 and 100 %.",
    )
