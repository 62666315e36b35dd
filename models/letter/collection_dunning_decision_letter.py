from odoo import api, models
from odoo.tools import SQL


class CollectionDunningDecision(models.AbstractModel):
    """What the level rule asks the letters: which items wait on one."""

    _inherit = "collection.dunning.decision"

    @api.model
    def _with_waiting(self, question):
        """Items on a letter that was confirmed and has not left, with its number.

        Nor has one whose e-mail the mail server does not take at the moment.
        """
        return SQL(
            """
            waiting AS (
                SELECT line.item_id, MIN(letter.number) AS number
                  FROM collection_letter letter
                  JOIN collection_letter_line line ON line.letter_id = letter.id
                 WHERE (letter.state IN ('to_send', 'error')
                        OR (letter.delivery_state = 'pending'
                            AND letter.delivery_reason IS NOT NULL))
                   AND letter.level_id IS NOT NULL
                   AND letter.company_id = %(company)s
                   -- without a number, one in error is a draft
                   AND letter.number IS NOT NULL
                   AND line.item_id IS NOT NULL
              GROUP BY line.item_id
            )
            """,
            company=question.company.id,
        )
