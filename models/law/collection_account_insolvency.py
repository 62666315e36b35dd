from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..base.days import company_today

#: what changes the activity of declaring the claim
INSOLVENCY_FIELDS = {
    "claim_declared_date",
    "insolvency_administrator_id",
    "insolvency_date",
    "insolvency_publication_date",
}
CLAIM_ACTIVITY = "account_collection.mail_activity_type_claim"


class CollectionAccount(models.Model):
    """The claim that is declared when a customer becomes insolvent."""

    _inherit = "collection.account"

    insolvency_administrator_id = fields.Many2one(
        comodel_name="res.partner",
        string="Administrator",
        tracking=True,
        help="Whom the court has appointed and to whom the claim is declared "
        "(mandataire judiciaire, liquidateur).",
        ondelete="restrict",
    )
    insolvency_publication_date = fields.Date(
        string="Judgment Published on",
        tracking=True,
        help="Day on which the judgment was published (in France in the Bodacc).",
    )
    claim_deadline = fields.Date(
        string="Declare the Claim before",
        compute="_compute_claim_deadline",
        help="Two months after publication (article R622-24 of the French commercial "
        "code). As long as the publication is not known: estimated from the "
        "judgment, publication comes later.",
    )
    claim_declared_date = fields.Date(
        string="Claim Declared on", tracking=True, copy=False
    )

    @api.depends("insolvency_date", "insolvency_publication_date")
    def _compute_claim_deadline(self):
        for account in self:
            start = account.insolvency_date and (
                account.insolvency_publication_date or account.insolvency_date
            )
            account.claim_deadline = start and start + relativedelta(months=2)

    @api.model
    def _cron_refresh(self):
        res = super()._cron_refresh()
        self._repair_claims()
        return res

    @api.model
    def _repair_claims(self):
        """At night: a claim that is to be declared stands on somebody's list.

        Past its deadline it does no more: nothing can be declared, and whoever closed
        the activity knew why.
        """
        waiting = self.search(
            [("insolvency_date", "!=", False), ("claim_declared_date", "=", False)]
        )
        asked = waiting.activity_search([CLAIM_ACTIVITY])
        missing = waiting - waiting.browse(asked.mapped("res_id"))
        for account in missing:
            if account.claim_deadline >= company_today(account):
                account._schedule_claim()

    def write(self, vals):
        res = super().write(vals)
        if INSOLVENCY_FIELDS.intersection(vals):
            self._follow_insolvency()
        return res

    def _follow_insolvency(self):
        """Keep the activity of declaring the claim true: who, to whom, until when."""
        for account in self:
            if not account.insolvency_date:
                account.activity_unlink([CLAIM_ACTIVITY])
            elif account.claim_declared_date:
                account.activity_feedback(
                    [CLAIM_ACTIVITY],
                    feedback=self.env._(
                        "Claim declared on %(date)s",
                        date=format_date(self.env, account.claim_declared_date),
                    ),
                )
            else:
                account.activity_unlink([CLAIM_ACTIVITY])
                account._schedule_claim()

    def _schedule_claim(self):
        self._activity_schedule_for(
            self.company_id._get_collection_addressee(self.user_id),
            CLAIM_ACTIVITY,
            lambda account: account._describe_claim(),
            date_deadline=self.claim_deadline,
        )

    def _describe_claim(self):
        """To whom the claim is declared, and until when: values of an activity."""
        deadline = format_date(self.env, self.claim_deadline)
        administrator = self.insolvency_administrator_id.display_name
        return {
            "summary": (
                self.env._(
                    "Declare the claim to %(administrator)s before %(date)s",
                    administrator=administrator,
                    date=deadline,
                )
                if administrator
                else self.env._(
                    "Declare the claim to the administrator before %(date)s",
                    date=deadline,
                )
            ),
            "note": (
                False
                if self.insolvency_publication_date
                else self.env._(
                    "Estimated from the judgment: enter the day of publication, the "
                    "two months run from then."
                )
            ),
        }
