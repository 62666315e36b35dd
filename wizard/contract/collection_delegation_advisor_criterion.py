from odoo import api, fields, models

#: marks, what they mean
SCORES = [
    ("0", "0 – speaks against it"),
    ("1", "1 – hardly"),
    ("2", "2 – as much as against"),
    ("3", "3 – rather for it"),
    ("4", "4 – speaks for it"),
]


class CollectionDelegationAdvisorCriterion(models.TransientModel):
    """One of the five criteria: what figures say of it, and what people say."""

    _name = "collection.delegation.advisor.criterion"
    _description = "Criterion for Delegating"
    _inherit = ["collection.relation.mixin"]
    _order = "id"
    _transient_max_hours = 24.0

    advisor_id = fields.Many2one(
        comodel_name="collection.delegation.advisor",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    code = fields.Selection(
        selection=[
            ("core", "Core business: what is set free"),
            ("cost", "Cost, at the same quality"),
            ("expertise", "Expertise: skills and number"),
            ("flexibility", "Flexibility: work that comes and goes"),
            ("on_site", "On site first, then off site"),
        ],
        string="Criterion",
        required=True,
        readonly=True,
    )
    facts = fields.Char(string="What the Figures Say", compute="_compute_facts")
    proposed = fields.Selection(
        selection=SCORES, string="Proposed Mark", compute="_compute_facts"
    )
    score = fields.Selection(
        selection=SCORES,
        string="Your Mark",
        help="Empty: the one that figures propose counts.",
    )
    counted = fields.Selection(
        selection=SCORES, string="Mark That Counts", compute="_compute_counted"
    )
    weight = fields.Float(
        digits=(5, 2),
        default=1.0,
        help="Against the other criteria; 0: it does not count.",
    )
    comment = fields.Char()

    _weight = models.Constraint(
        "CHECK (weight >= 0)", "The weight of a criterion cannot be negative."
    )

    @api.depends(
        "code",
        "advisor_id.figures",
        "advisor_id.choice",
        "advisor_id.part_ids.overdue_count",
        "advisor_id.phase",
        "advisor_id.quote_fixed",
        "advisor_id.quote_rate",
    )
    @api.depends_context("lang")
    def _compute_facts(self):
        for line in self:
            mark, line.facts = line.advisor_id._judge(line.code)
            line.proposed = False if mark is None else str(mark)

    @api.depends("proposed", "score")
    def _compute_counted(self):
        for line in self:
            line.counted = line.score or line.proposed
