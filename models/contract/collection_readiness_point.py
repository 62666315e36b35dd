from odoo import fields, models

#: what has to be overcome before anything is handed over, in the order of the texts
BRAKES = [
    ("psychological", "Psychological brake"),
    ("cultural", "Cultural brake"),
    ("social", "Social brake"),
]
#: what of the company's own figures speaks to a point
FACTS = [
    ("dysfunctions", "Register of dysfunctions"),
    ("working_group", "Working group meetings"),
    ("reserved", "Reserved customers"),
    ("recall", "Customers taken back"),
    ("access_log", "Access log"),
    ("dependence", "Share of the file per provider"),
    ("exit_plan", "Exit plan"),
    ("quality", "Call reviews and satisfaction"),
    ("transition", "Transition plans"),
    ("calls", "Calls of your own people"),
    ("disputes", "Disputes"),
    ("training", "Trainings"),
    ("team_survey", "Survey of both teams"),
]


class CollectionReadinessPoint(models.Model):
    """What a company asks itself before it hands customers over.

    Each belongs to one of the three brakes, and is answered for each mandate.
    """

    _name = "collection.readiness.point"
    _description = "Readiness Point"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", help="Empty: asked by all companies."
    )
    brake = fields.Selection(selection=BRAKES, required=True)
    question = fields.Text(required=True, translate=True)
    guidance = fields.Text(
        string="What Answers It",
        translate=True,
        help="What somebody who answers looks at, decides and writes down.",
    )
    needed_for = fields.Selection(
        selection=[("pilot", "Pilot"), ("live", "Live")],
        string="Answered before",
        required=True,
        default="live",
        help="A pilot puts the customers into other hands: what concerns them, and "
        "what the provider will meet with, is settled before. What the pilot itself "
        "shows may be answered until the mandate goes live.",
    )
    facts = fields.Selection(
        selection=FACTS,
        help="Figures that are shown with the question, and kept with the answer.",
    )
