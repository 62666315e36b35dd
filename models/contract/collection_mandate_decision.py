from odoo import fields, models


class CollectionMandate(models.Model):
    """Why the company delegates: its own business, no term of the contract."""

    _inherit = "collection.mandate"

    decision_date = fields.Date(string="Decided on Figures of", copy=False)
    decision_reason = fields.Selection(
        selection=[
            ("quantity", "Too few people for the volume"),
            ("quality", "Skills that are missing in-house"),
            ("both", "Too few people, and skills that are missing"),
            ("other", "Another reason"),
        ],
        string="Reason for Delegating",
        tracking=True,
    )
    decision_note = fields.Text(string="Reason in Words")
    decision_score = fields.Float(
        string="Score of the Criteria (%)",
        digits=(5, 1),
        copy=False,
        help="Mean of the marks of the five criteria, percent of the highest.",
    )
    decision_cost_in_house = fields.Float(
        string="In-house Cost (%)",
        digits=(8, 2),
        copy=False,
        help="When it was decided, percent of the money received: 3 % are 3 cents for "
        "each euro. 0: not known.",
    )
    decision_cost_quoted = fields.Float(
        string="Quoted Cost (%)",
        digits=(8, 2),
        copy=False,
        help="When it was decided, percent of the money received of the customers who "
        "would go. 0: not known.",
    )
