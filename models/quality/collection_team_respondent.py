from odoo import fields, models

from .collection_team_question import SIDES


class CollectionTeamRespondent(models.Model):
    """Whom a survey asks, and whether they have answered: only to ask nobody twice.

    Deleted when the survey closes. Nobody has a right on it, and nothing leads from
    here to an answer.
    """

    _name = "collection.team.respondent"
    _description = "Person Asked by the Team Survey"
    _log_access = False

    survey_id = fields.Many2one(
        comodel_name="collection.team.survey",
        required=True,
        index=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, index=True, ondelete="cascade"
    )
    side = fields.Selection(selection=SIDES, required=True)
    answered = fields.Boolean()

    _user_uniq = models.Constraint(
        "UNIQUE (survey_id, user_id)", "Everybody is asked once."
    )

    def _queue_mails(self):
        """Ask those who have no access to the back end, each in their language."""
        template = self.env.ref(
            "account_collection.mail_template_team_survey", raise_if_not_found=False
        )
        # without the template the badge on the portal is left
        if self and template:
            template.sudo().send_mail_batch(self.ids)
