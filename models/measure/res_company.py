from dateutil.relativedelta import relativedelta

from odoo import fields, models

from .collection_payer_profile import HISTORY


class ResCompany(models.Model):
    """Up to when the figures of months that are over were made."""

    _inherit = "res.company"

    collection_profiled_until = fields.Date(
        string="Payer Profiles until",
        readonly=True,
        help="End of the last month whose payer profiles are final.",
        groups="base.group_user",
    )

    def _get_months_to_profile(self, today):
        """Ends of the months whose profiles are to be made, the running one last."""
        self.ensure_one()
        running = today + relativedelta(day=31)
        first = running + relativedelta(months=-HISTORY, day=31)
        done = self.collection_profiled_until
        if done:
            first = max(first, done + relativedelta(months=1, day=31))
        months = []
        while first <= running:
            months.append(first)
            first += relativedelta(months=1, day=31)
        return months
