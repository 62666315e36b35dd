from odoo import models
from odoo.tools import SQL

from ..base.days import company_today


class CollectionCall(models.Model):
    """What a provider says on the telephone stands for the levels it works."""

    _inherit = "collection.call"

    def _apply_to_account(self):
        res = super()._apply_to_account()
        if (
            self.side == "provider"
            and self.right_party
            and self.direction == "outgoing"
            and not self.correction_of_id
        ):
            self._count_as_level()
        return res

    def _count_as_level(self):
        """Put what is with the provider on the level that was due: it was asked for.

        While it is handed over no letter of these levels leaves. One call is one level;
        a formal notice, and what a manager approves, is written and nothing else.
        """
        # sudo: the level of items that the caller works, by the rule of the runs
        items_sudo = (
            self.env["collection.item"]
            .sudo()
            .search(
                [
                    ("account_id", "=", self.account_id.id),
                    ("delegated", "=", True),
                    ("state", "=", "open"),
                    # what was promised or spread on this call rests
                    ("promise_id", "=", False),
                    ("plan_id", "=", False),
                    ("date_due", "<", company_today(self)),
                ]
            )
        )
        if not items_sudo:
            return
        day = self._get_day()
        Decision = items_sudo.env["collection.dunning.decision"]
        Decision._flush()
        rows = items_sudo.env.execute_query(
            SQL(
                """
                WITH %s
                SELECT level.id, array_agg(decision.item_id)
                  FROM decision
                  JOIN collection_policy_level level
                    ON level.id = decision.next_level_id
                 WHERE decision.reason IS NULL AND decision.item_id = ANY(%s)
                   AND level.worked_by <> 'company'
                   AND level.formal_notice IS NOT TRUE
                   AND level.needs_approval IS NOT TRUE
              GROUP BY level.id
                """,
                Decision._tables(
                    items_sudo.company_id,
                    min(day, company_today(self)),
                    items=items_sudo,
                    by_provider=True,
                ),
                items_sudo.ids,
            )
        )
        for level_id, item_ids in rows:
            items_sudo.browse(item_ids)._write_level(
                items_sudo.env["collection.policy.level"].browse(level_id),
                day,
                "provider",
                self.number,
            )
