from datetime import timedelta

from odoo import api, models

from ..base.days import company_today
from ..delegation.collection_mandate_changes import CHANGE_DAYS

#: rows of one day on the page
CHANGE_LIMIT = 500
#: colours of the kinds
BADGES = {
    "paid": "text-bg-success",
    "before": "text-bg-success",
    "credited": "text-bg-info",
    "written_off": "text-bg-info",
    "dispute": "text-bg-info",
    "joined": "text-bg-info",
    "undone": "text-bg-warning",
    "revived": "text-bg-warning",
    "withdrawn": "text-bg-warning",
}


class CollectionMandate(models.Model):
    """What changed, as the provider's people see it day by day."""

    _inherit = "collection.mandate"

    @api.model
    def _get_portal_changes(self, day):
        """What changed on a day of the customers under the current user's mandates.

        :param day: None or out of reach: today
        :return: dict: `day`, `before` and `after` (days, or None), `rows`, `more`
        """
        today = company_today(self)
        oldest = today - timedelta(days=CHANGE_DAYS)
        if not day or not oldest <= day <= today:
            day = today
        # the record rules show those that name the user and run
        mandates = self.search([("state", "!=", "ended")])
        # sudo: what changed under their own mandates; customers who ended are told by
        # the names under which they were handed over, and for a month only
        changes = mandates.sudo()._get_changes_sudo(day, day)
        shown = changes[:CHANGE_LIMIT]
        accounts = self.env["collection.account"].browse(
            {change["account"].id for change in shown}
        )
        accounts._record_access("list")
        own = set(
            self.env["collection.account"].search([("id", "in", accounts.ids)]).ids
        )
        return {
            "day": day,
            "before": day - timedelta(days=1) if day > oldest else None,
            "after": day + timedelta(days=1) if day < today else None,
            "more": len(changes) - len(shown),
            "rows": [
                {
                    **{
                        name: change[name]
                        for name in (
                            "label",
                            "name",
                            "ref",
                            "invoice",
                            "amount",
                            "currency",
                            "details",
                        )
                    },
                    "colour": BADGES.get(change["kind"], "text-bg-light border"),
                    "account_id": change["account"].id in own and change["account"].id,
                }
                for change in shown
            ],
        }
