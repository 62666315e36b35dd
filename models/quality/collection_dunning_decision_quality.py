from odoo import api, models
from odoo.tools import SQL


class CollectionDunningDecision(models.AbstractModel):
    """What the level rule asks the register of complaints: who waits for an answer."""

    _inherit = "collection.dunning.decision"

    @api.model
    def _with_complained(self, question):
        """The oldest complaint of each customer that is not closed."""
        return SQL(
            """
            complained AS (
                SELECT DISTINCT ON (account_id) account_id, date, number
                  FROM collection_complaint
                 WHERE state <> 'closed' AND company_id = %(company)s
              ORDER BY account_id, date, id
            )
            """,
            company=question.company.id,
        )
