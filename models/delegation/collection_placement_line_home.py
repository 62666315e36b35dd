from odoo import models
from odoo.tools import SQL

from .collection_placement import HANDED_OVER
from .collection_placement_line import SETTLED_STATES

#: ends of a hand-over after which the company works the customer itself
HOME_STATES = ("recalled", "returned", "expired")


class CollectionPlacementLine(models.Model):
    """What comes home with the customers, and to whom."""

    _inherit = "collection.placement.line"

    def _take_back(self, state, reason, recall_reason=False):
        # what was only proposed has never been away
        lines = self.filtered(
            lambda line: (
                line.state == "active" and line.placement_id.state in HANDED_OVER
            )
        )
        items = self.env["collection.item"]
        if lines and state in HOME_STATES:
            items = items.search(
                [("placement_line_id", "in", lines.ids), ("state", "=", "open")]
            )
        res = super()._take_back(state, reason, recall_reason=recall_reason)
        if lines:
            lines._end_presence(state)
        if lines and state in HOME_STATES:
            items._resume_or_restart()
            lines.account_id._bring_home(
                {line.account_id.id: line.mandate_id for line in lines}
            )
        return res

    def _end_presence(self, state):
        """End what the provider's people held of these customers beside the right to
        see them: the claim of whoever was calling, the request to take them back."""
        accounts = self.account_id
        accounts.flush_recordset(["claimed_by_id", "claimed_until"])
        self.env["collection.agent"].flush_model(["provider_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_account account
                   SET claimed_by_id = NULL, claimed_until = NULL
                  FROM collection_agent agent
                 WHERE agent.id = account.claimed_by_id
                   AND agent.provider_id IS NOT NULL AND account.id = ANY(%s)
             RETURNING account.id
                """,
                accounts.ids,
            )
        )
        accounts.browse(row[0] for row in rows).invalidate_recordset(
            ["claimed_by_id", "claimed_until"], flush=False
        )
        # sudo: the request was for whoever takes back to decide, which they have done
        notes_sudo = (
            self.env["collection.provider.note"]
            .sudo()
            .search(
                [
                    ("account_id", "in", accounts.ids),
                    ("mandate_id", "in", self.mandate_id.ids),
                    ("kind", "=", "return"),
                    ("state", "=", "open"),
                ]
            )
        )
        if notes_sudo:
            notes_sudo._close("done" if state in SETTLED_STATES else "accepted")
