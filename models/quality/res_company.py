from odoo import fields, models

#: answers of a side below which they would tell who answered what
LEAST_ANSWERS = 3


class ResCompany(models.Model):
    """What a company asks of the quality of calls, whoever makes them."""

    _inherit = "res.company"

    collection_satisfaction_every = fields.Integer(
        string="Ask for a Mark after Every",
        help="The customer is asked for a mark by e-mail after every so many calls in "
        "which the right person was reached. 0: nobody is asked.",
        groups="base.group_user",
    )
    collection_satisfaction_days = fields.Integer(
        string="Asked Again after",
        default=30,
        help="Days within which one customer is asked once at most.",
        groups="base.group_user",
    )
    collection_satisfaction_until = fields.Datetime(
        string="Calls Looked at until",
        readonly=True,
        help="Calls before this moment were chosen from already.",
        groups="base.group_user",
    )
    collection_satisfaction_left = fields.Integer(
        string="Calls since the Last One Asked about",
        readonly=True,
        groups="base.group_user",
    )
    collection_quality_share = fields.Float(
        string="In-house Calls Reviewed",
        digits=(5, 2),
        default=5.0,
        help="Percent of the calls of your own people in which somebody was reached "
        "that are drawn at random for a review. 0: none.",
        groups="base.group_user",
    )
    collection_complaint_days = fields.Integer(
        string="Complaints Answered within",
        default=10,
        help="Calendar days.",
        groups="base.group_user",
    )

    collection_team_survey = fields.Boolean(
        string="Ask Both Teams Every Month",
        help="Your own people and the provider's are asked how working together goes.",
        groups="base.group_user",
    )
    collection_team_survey_answers = fields.Integer(
        string="Team Surveys Shown from",
        default=LEAST_ANSWERS,
        required=True,
        help="Answers of a side below which nothing of them is shown; three at least.",
        groups="base.group_user",
    )

    _collection_team_survey_answers = models.Constraint(
        f"CHECK (collection_team_survey_answers >= {LEAST_ANSWERS})",
        "Three answers at least: fewer would tell who answered what.",
    )
    _collection_quality_numbers = models.Constraint(
        "CHECK (collection_satisfaction_every >= 0"
        " AND collection_satisfaction_days >= 0 AND collection_complaint_days >= 0"
        " AND collection_quality_share BETWEEN 0 AND 100)",
        "Numbers of days and calls cannot be negative, and the share of calls that "
        "are reviewed lies between 0 and 100 %.",
    )
