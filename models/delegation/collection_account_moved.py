from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import format_date

from ..base.days import company_today


class CollectionAccount(models.Model):
    """What was decided about a customer whose debts are another one's now."""

    _inherit = "collection.account"

    def _bring_decisions(self, items):
        """Let what is decided about this customer hold for `items`, which leave it.

        Of two decisions the stricter holds, as for customers who are merged: the
        customer who owes now stays in-house if this one was to. Insolvency is of a
        person in law, and is not handed on: nothing of theirs is reminded until a
        credit manager has said whether it concerns the other, two months at the most.
        """
        self.ensure_one()
        if not (self.reserved or self.insolvency_date):
            return
        partners = items.move_line_id.partner_id.commercial_partner_id
        targets = self.search(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", self.company_id.id),
            ]
        )
        if self.reserved:
            for target in targets.filtered(lambda account: not account.reserved):
                target.reserved = True
                target._message_log(
                    body=self.env._(
                        "Stays in-house, as %(customer)s did, whose debts are this "
                        "customer's now.",
                        customer=self.display_name,
                    )
                )
        if self.insolvency_date:
            until = company_today(self) + relativedelta(months=2)
            held = items.filtered(lambda item: (item.hold_until or date.min) < until)
            held.write(
                {
                    "hold_until": until,
                    "hold_reason": self.env._(
                        "Insolvency of %(customer)s", customer=self.display_name
                    ),
                }
            )
            # what is written to the items next passes by the ORM
            held.flush_recordset()
            for target in targets.filtered(lambda account: not account.insolvency_date):
                target._activity_schedule_for(
                    self.company_id._get_collection_addressee(
                        target.user_id, self.user_id
                    ),
                    "mail.mail_activity_data_todo",
                    lambda asked: asked.env._(
                        "%(customer)s, insolvent since %(date)s, belongs to this "
                        "customer now: say whether the insolvency concerns them",
                        customer=self.display_name,
                        date=format_date(asked.env, self.insolvency_date),
                    ),
                )
