from odoo import api, fields, models
from odoo.tools import SQL, format_date


class CollectionPriorityRule(models.Model):
    """What the customer's record as a payer is worth."""

    _inherit = "collection.priority.rule"

    criterion = fields.Selection(
        selection_add=[
            ("payer_e", "Payer class E"),
            ("overdrawn", "Past the day on which they usually pay: days, at least"),
        ],
        ondelete={"payer_e": "cascade", "overdrawn": "cascade"},
    )


class CollectionAccount(models.Model):
    """The record of the payer among the facts of the worklist."""

    _inherit = "collection.account"

    @api.model
    def _read_facts(self, today, account_ids, kept=False):
        # EXTENDS contact: in one more statement
        rows = super()._read_facts(today, account_ids, kept=kept)
        known = {
            account_id: {"payer_e": payer_e, "expected": expected}
            for account_id, payer_e, expected in self.env.execute_query(
                SQL(
                    """
                    SELECT acc.id, CASE WHEN acc.payer_class = 'e' THEN 1 END,
                           MIN(item.date_due + usual.days)::text
                      FROM collection_account acc
                 LEFT JOIN LATERAL (
                            SELECT ROUND(acc.average_days_late)::int AS days
                             WHERE acc.payer_class NOT IN ('e', 'n')
                               AND acc.payer_irregular IS NOT TRUE) usual ON TRUE
                 LEFT JOIN collection_item item
                        ON item.account_id = acc.id AND item.state = 'open'
                       AND item.date_due < %(today)s
                       AND item.date_due + usual.days < %(today)s
                       AND item.promise_id IS NULL AND item.plan_id IS NULL
                       AND item.amount_residual > COALESCE(item.amount_disputed, 0)
                       AND %(own)s
                     WHERE acc.id = ANY(%(ids)s)
                       AND acc.payer_class <> 'n'
                  GROUP BY acc.id
                    """,
                    today=today,
                    own=SQL("item.delegated IS NOT TRUE")
                    if kept
                    else SQL("(item.delegated OR acc.delegation_state <> 'delegated')"),
                    ids=[row[0] for row in rows],
                )
            )
        }
        return [
            (account_id, company_id, facts | known.get(account_id, {}))
            for account_id, company_id, facts in rows
        ]

    @api.model
    def _measure(self, facts, today):
        measures = super()._measure(facts, today)
        if facts.get("payer_e"):
            measures["payer_e"] = 1
        if facts.get("expected"):
            expected = fields.Date.to_date(facts["expected"])
            measures["overdrawn"] = (today - expected).days
        return measures

    def _describe_facts(self, facts, today, action):
        parts = super()._describe_facts(facts, today, action)
        points = facts.get("points", {})
        if "overdrawn" in points:
            parts.append(
                self.env._(
                    "usually pays by %(day)s",
                    day=format_date(self.env, facts["expected"]),
                )
            )
        if "payer_e" in points:
            parts.append(self.env._("pays very late, or breaks promises (class E)"))
        return parts
