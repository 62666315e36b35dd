from odoo import models


class MailActivityMixin(models.AbstractModel):
    """What somebody is asked to do, in words of their language."""

    _inherit = "mail.activity.mixin"

    def _activity_schedule_for(self, user, act_type_xmlid, say, **act_values):
        """Schedule an activity for `user` on each of these records, in their language.

        Whoever acts speaks another one, or none of ours: a job, a customer, an agent
        of a provider.

        :param user: who is asked; where there is nobody, nothing is scheduled
        :param act_type_xmlid: external id of the type of activity
        :param say: function of these records in the language of `user`: the summary,
            or a dict of values of the activity, as summary and note
        :param act_values: further values of it, as `activity_schedule` takes them
        :return: the activities
        """
        if not user:
            return self.env["mail.activity"]
        asked = self.with_context(lang=user.lang)
        said = say(asked)
        if not isinstance(said, dict):
            said = {"summary": said}
        return asked.activity_schedule(
            act_type_xmlid, user_id=user.id, **said, **act_values
        )
