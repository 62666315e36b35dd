from odoo import api, models
from odoo.tools import SQL

from ..base.days import company_today_sql


class CollectionItem(models.Model):
    """What happens to an item when its debtor changes.

    One rule, whichever way the ledger or the contacts changed:

    - *The same debt on another account.* Who was named so far belongs to the customer
      who owes now: contacts were merged, or a contact became another company's. The
      item stays what it is, with its level, and what was agreed, contested or stopped
      about it follows it (`_leave_account`, `collection.account._follow_items`). The
      provider gives it back; by the rule of the mandate it may join the hand-over of
      its new account.
    - *Another debtor.* The ledger names somebody else: an invoice was reset to draft
      and posted to another customer. The item ends where it was (`_leave_debtor`) and
      a new one starts at nothing. What was agreed with the old debtor loses it, and
      lapses when it was about nothing else.
    - *No debtor.* The invoice is deleted: it ends in the same way. Cancelled, credited
      or written off it stays on record, closed, and those who follow the ledger judge
      that there is nothing to keep, to decide or to ask any more: they lapse, say why,
      and stand again when the invoice does. Reset to draft it is being corrected, and
      nothing is decided meanwhile.
    """

    _inherit = "collection.item"

    @api.model
    def _change_debtors(self, condition):
        """Let go of the items whose lines name another debtor, before they are written.

        :param condition: SQL over the journal items `aml` and the accounts `acc` on
            which they belong
        :return: accounts that items leave
        """
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT ci.id, named.commercial_partner_id = acc.partner_id
                  FROM collection_item ci
                  JOIN account_move_line aml
                    ON aml.id = ci.move_line_id AND aml.parent_state = 'posted'
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
             LEFT JOIN res_partner named
                    ON named.id = COALESCE(ci.contact_id, ci.partner_id)
                 WHERE ci.account_id <> acc.id AND %s
              ORDER BY ci.id
                """,
                condition,
            )
        )
        # sudo: the ledger names another debtor, whoever changed it
        moving_sudo = self.sudo().browse(row[0] for row in rows if row[1])
        others_sudo = self.sudo().browse(row[0] for row in rows if not row[1])
        left = (moving_sudo | others_sudo).account_id
        if moving_sudo:
            moving_sudo._leave_account()
        for move, items in others_sudo.grouped("move_id").items():
            items._leave_debtor(
                self.env._(
                    "%(invoice)s is owed by another customer",
                    invoice=move.display_name,
                )
            )
            items.unlink()
        return left

    def _leave_account(self):
        """These items, which still stand on their old accounts, come to others.

        What the old account says for all of its items goes with them: the hold, and
        the policy. Each area adds what does not.
        """
        self.flush_model()
        self.env["collection.account"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_item ci
                   SET policy_id = said.policy_id, hold_until = said.hold_until,
                       hold_reason = said.hold_reason
                  FROM (SELECT own.id, COALESCE(own.policy_id, acc.policy_id)
                                   AS policy_id,
                               CASE WHEN held.longer THEN acc.hold_until
                                    ELSE own.hold_until END AS hold_until,
                               CASE WHEN held.longer THEN acc.hold_reason
                                    ELSE own.hold_reason END AS hold_reason
                          FROM collection_item own
                          JOIN collection_account acc ON acc.id = own.account_id
                    CROSS JOIN LATERAL (
                                SELECT acc.hold_until >= %(today)s
                                       AND acc.hold_until
                                           > COALESCE(own.hold_until, '-infinity')
                                       AS longer) held
                         WHERE own.id IN %(ids)s) said
                 WHERE ci.id = said.id
                """,
                ids=self._ids,
                today=company_today_sql(self.env, SQL("own.company_id")),
            )
        )
        self.invalidate_recordset(
            ["hold_reason", "hold_until", "policy_id"], flush=False
        )

    def _leave_debtor(self, reason):
        """These items end: they are about to be deleted, for `reason`.

        Each area lets go of what it has about them.
        """
