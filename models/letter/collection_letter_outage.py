from odoo import api, models
from odoo.fields import Domain

#: what managers are asked to look at when the mail server takes nothing
MAIL_OUTAGE = "account_collection.mail_activity_type_mail_outage"
#: what managers are asked to look at when nothing can be printed
PRINT_OUTAGE = "account_collection.mail_activity_type_print_outage"


class CollectionLetter(models.Model):
    """What keeps letters back that is nobody's letter: the managers hear of it once."""

    _inherit = "collection.letter"

    def _tell_outage(self, activity_xmlid, get_notice):
        """Ask the managers of these letters' companies to look.

        A notice that is still to be done stands for all that is kept back meanwhile.

        :param activity_xmlid: type of the activity, which says what is out of order
        :param get_notice: name of the method that gives summary and note, called on
            the letters of a company in the language of whoever reads it
        """
        told = {
            self._get_noted_company(notice)
            for notice in self._get_notices(activity_xmlid)
        }
        for company, letters in self.grouped("company_id").items():
            if company in told:
                continue
            readers = company._get_collection_managers()
            # no e-mail about e-mails that do not leave
            record = (letters.run_id[:1] or letters.account_id[:1]).with_context(
                mail_activity_quick_update=activity_xmlid == MAIL_OUTAGE
            )
            for user in readers or letters[:1]._get_collector():
                record._activity_schedule_for(
                    user,
                    activity_xmlid,
                    lambda asked, letters=letters: getattr(
                        letters.with_env(asked.env), get_notice
                    )(),
                )

    @api.model
    def _follow_departures(self):
        """What follows once letters have left: the notices of what kept them back are
        done when none of the company is kept back any more.

        Done by the sending job, after the mail queue as well: if the queue wrote more
        than the letter, somebody who writes the same would have it send twice.
        """
        self._follow_late_mails()
        for activity_xmlid, waiting in self._get_outages().items():
            notices_sudo = self._get_notices(activity_xmlid)
            for company, of_company in notices_sudo.grouped(
                self._get_noted_company
            ).items():
                if not self.sudo().search_count(
                    Domain("company_id", "=", company.id) & waiting, limit=1
                ):
                    of_company.action_feedback(
                        feedback=self.env._("All these letters have left.")
                    )

    @api.model
    def _get_outages(self):
        """What may keep letters back: {type of the notice: domain of those letters}"""
        return {
            MAIL_OUTAGE: Domain("delivery_state", "=", "pending")
            & Domain("delivery_reason", "!=", False),
            PRINT_OUTAGE: Domain("state", "=", "error")
            & Domain("retry_at", "!=", False),
        }

    @api.model
    def _get_notices(self, activity_xmlid):
        """Notices of this type that are still to be done, whoever is to do them."""
        # sudo: they are about letters of the company, not of a person
        activities_sudo = self.env["mail.activity"].sudo()
        # a mail queue that ends here would be worse than a notice too many
        activity_type = self.env.ref(activity_xmlid, raise_if_not_found=False)
        if not activity_type:
            return activities_sudo
        return activities_sudo.search([("activity_type_id", "=", activity_type.id)])

    @api.model
    def _get_noted_company(self, notice):
        """Whose letters a notice is about; nobody's, once its record is deleted."""
        # sudo: as the notice
        record_sudo = self.env[notice.res_model].sudo().browse(notice.res_id)
        return record_sudo.exists().company_id
