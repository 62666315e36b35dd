from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..base.days import company_today
from ..base.roles import check_manager
from ..delegation.collection_mandate_turnover import TURNOVER_MONTHS


class CollectionMandate(models.Model):
    """How well the calls under a mandate are made, and what customers say of them."""

    _inherit = "collection.mandate"

    quality_share = fields.Float(
        string="Calls Reviewed",
        digits=(5, 2),
        default=5.0,
        tracking=True,
        help="Percent of the provider's calls in which somebody was reached that are "
        "drawn at random for a review. 0: none.",
    )
    complaint_ids = fields.One2many(
        comodel_name="collection.complaint", inverse_name="mandate_id"
    )
    complaint_count = fields.Integer(compute="_compute_complaint_count")
    review_mark = fields.Float(
        string="Call Quality",
        digits=(5, 1),
        compute="_compute_review_mark",
        help="Mean mark of the calls reviewed in the last twelve months.",
    )
    reviewed_count = fields.Integer(
        string="Calls Marked", compute="_compute_review_mark"
    )

    team_survey_ids = fields.One2many(
        comodel_name="collection.team.survey", inverse_name="mandate_id"
    )

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "ended":
            self._get_open_team_surveys()._close()
        elif "agent_ids" in vals:
            self._get_open_team_surveys()._dismiss_leavers()
        return res

    def _get_open_team_surveys(self):
        return self.env["collection.team.survey"].search(
            [("mandate_id", "in", self.ids), ("state", "=", "open")]
        )

    def _compute_complaint_count(self):
        counts = dict(
            self.env["collection.complaint"]._read_group(
                [("mandate_id", "in", self.ids)], ["mandate_id"], ["__count"]
            )
        )
        for mandate in self:
            mandate.complaint_count = counts.get(mandate._origin, 0)

    def _compute_review_mark(self):
        first = company_today(self) - relativedelta(months=TURNOVER_MONTHS, days=-1)
        marks = {
            mandate: (mark, count)
            for mandate, mark, count in self.env["collection.call.review"]._read_group(
                [
                    ("mandate_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("date", ">=", first),
                ],
                ["mandate_id"],
                ["mark:avg", "__count"],
            )
        }
        for mandate in self:
            mark, count = marks.get(mandate._origin, (0.0, 0))
            mandate.review_mark = mark or 0.0
            mandate.reviewed_count = count

    def action_open_complaints(self):
        """Complaints about this provider's people."""
        return self._open_of_mandate("account_collection.collection_complaint_action")

    def action_open_call_reviews(self):
        """Calls under this mandate that were drawn for a review."""
        return self._open_of_mandate("account_collection.collection_call_review_action")

    def action_open_satisfaction(self):
        """What customers say of calls under this mandate."""
        return self._open_of_mandate(
            "account_collection.collection_satisfaction_action"
        )

    def action_ask_teams(self):
        """Ask both teams how working together goes, or show what they are asked.

        :raises UserError: where neither side has enough people
        """
        self.ensure_one()
        check_manager(self.env, self.env._("Only credit managers ask the teams."))
        self._check_working()
        surveys = self.env["collection.team.survey"]
        survey = surveys._ask(self) or surveys.search(
            [
                ("mandate_id", "=", self.id),
                (
                    "month",
                    "=",
                    self.company_id._get_collection_today().replace(day=1),
                ),
            ]
        )
        if not survey:
            raise UserError(
                self.env._(
                    "Nobody is asked: neither side has %(number)s people or more, and "
                    "fewer would tell who answered what.",
                    number=self.company_id.collection_team_survey_answers,
                )
            )
        return survey.get_formview_action()

    def _open_of_mandate(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return dict(action, domain=[("mandate_id", "=", self.id)], context={})
