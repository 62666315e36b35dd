from odoo import fields, models
from odoo.tools import email_normalize, formataddr


class ResCompany(models.Model):
    """From which size on a company hands over, and what it keeps."""

    _inherit = "res.company"

    collection_total_from = fields.Integer(
        string="Total Delegation from",
        default=200,
        help="Active accounts from which the whole file should be handed over.",
        groups="base.group_user",
    )
    collection_partial_above = fields.Integer(
        string="Partial Delegation above",
        default=500,
        help="Active accounts above which strategic customers stay in-house.",
        groups="base.group_user",
    )
    collection_partial_up_to = fields.Integer(
        string="Partial Delegation up to",
        default=20000,
        help="Active accounts up to which a partial delegation is common; of larger "
        "files no rule is known.",
        groups="base.group_user",
    )
    collection_keep_share = fields.Float(
        string="Share Kept In-house",
        default=20.0,
        help="Percent of active accounts, the largest by turnover, that a partial "
        "hand-over keeps.",
        groups="base.group_user",
    )
    collection_resume_rule = fields.Selection(
        selection=[
            ("resume", "Go on where they stood"),
            ("restart", "Begin anew"),
        ],
        string="Reminders after a Provider",
        required=True,
        default="resume",
        groups="base.group_user",
        help="Where the ladder of reminders stands for what comes back from a "
        "provider.",
    )
    collection_access_years = fields.Integer(
        string="Access Log Kept for",
        default=3,
        help="Years for which it stays known which of a provider's agents looked at "
        "which customer. 0: for good.",
        groups="base.group_user",
    )

    _collection_access_years = models.Constraint(
        "CHECK (collection_access_years >= 0)",
        "The access log is kept for a number of years.",
    )

    _collection_thresholds = models.Constraint(
        "CHECK (collection_total_from <= collection_partial_above"
        " AND collection_partial_above <= collection_partial_up_to"
        " AND collection_keep_share BETWEEN 0 AND 100)",
        "Total delegation must begin below the partial one, which ends above, and the "
        "share kept in-house must lie between 0 and 100 %.",
    )

    def _get_collection_sender(self):
        """From which address the company writes to a provider's people."""
        self.ensure_one()
        email = email_normalize(self.collection_email or self.email)
        return formataddr((self.name, email)) if email else False
