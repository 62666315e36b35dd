from odoo import models
from odoo.tools import SQL

from ..base.days import company_today_sql


class CollectionItem(models.Model):
    """Where the reminders of an item stand that comes back from a provider."""

    _inherit = "collection.item"

    def _recall(self, reason, recall_reason=False):
        items = self.filtered("delegated")
        lines = items.placement_line_id
        mandates = {line.account_id.id: line.mandate_id for line in lines}
        res = super()._recall(reason, recall_reason=recall_reason)
        # of the lines that ended with their last items this was done already
        staying = items.filtered(
            lambda item: item.account_id.delegation_state == "delegated"
        )
        staying.filtered(lambda item: item.state == "open")._resume_or_restart()
        staying.account_id._bring_home(mandates, items=staying)
        return res

    def _resume_or_restart(self):
        """Let the ladder of these items begin anew, where their company wants it.

        Otherwise it goes on where it stood. A few statements for all of them.
        """
        if not self:
            return
        self.flush_recordset(["level_id", "level_date", "approved_level_id"])
        self.env["res.company"].flush_model(["collection_resume_rule"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH back AS (
                    SELECT item.id, item.account_id, item.company_id, item.level_id
                      FROM collection_item item
                      JOIN res_company company ON company.id = item.company_id
                     WHERE item.id = ANY(%(items)s) AND item.level_id IS NOT NULL
                       AND company.collection_resume_rule = 'restart'
                ), noted AS (
                    INSERT INTO collection_level_history (
                        item_id, account_id, company_id, date, user_id, level_from_id,
                        cause, create_uid, create_date, write_uid, write_date)
                    SELECT id, account_id, company_id, %(today)s, %(uid)s, level_id,
                           'return', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM back
                )
                UPDATE collection_item item
                   SET level_id = NULL, level_date = NULL, approved_level_id = NULL
                  FROM back
                 WHERE back.id = item.id
             RETURNING item.id
                """,
                items=self.ids,
                today=company_today_sql(self.env, SQL("company_id")),
                uid=self.env.uid,
            )
        )
        if not rows:
            return
        restarted = self.browse(row[0] for row in rows)
        changed = ["level_id", "level_date", "approved_level_id"]
        restarted.invalidate_recordset(changed, flush=False)
        restarted.modified(changed)
        self.env["collection.account"]._write_totals(restarted.account_id.ids)
