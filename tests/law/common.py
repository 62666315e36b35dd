from odoo import Command, fields
from odoo.tests import freeze_time

from ..common import CollectionCommon


class InterestCommon(CollectionCommon):
    """Late invoices under a ladder that claims interest from the first letter on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls._policy("Claim", [("due", 1, {"include_penalties": True})])
        cls.company.collection_policy_id = cls.claim
        # a manager who keeps the books, too
        cls.book_manager_user = cls._user(
            "collection_books", "group_collection_manager,account.group_account_invoice"
        )

    @classmethod
    def _segment(cls, debtor_type):
        return cls.env["collection.segment"].create(
            {
                "name": debtor_type,
                "code": f"test_{debtor_type}",
                "debtor_type": debtor_type,
            }
        )

    @classmethod
    def _item(cls, partner, amount, date_due, debtor_type=None, **values):
        item = cls._invoice(partner, amount, date_due, **values).collection_item_ids
        if debtor_type:
            item.account_id.segment_id = cls._segment(debtor_type)
        return item

    def _letter(self, date):
        with freeze_time(date):
            return self._run(date).letter_ids

    def _amounts(self, item, date):
        """Segments of the interest and the indemnity that `item` owes to `date`."""
        with freeze_time(date):
            (penalty,) = item._get_penalties(fields.Date.to_date(date)).values()
        return [float(s.amount) for s in penalty.segments], float(penalty.indemnity)

    def _claim(self, records, date, user=None, **values):
        """Claim the interest of accounts or items on `date`; return the invoices."""
        name = "account_ids" if records._name == "collection.account" else "item_ids"
        moves = self.env["account.move"].search([])
        with freeze_time(date):
            wizard = (
                self.env["collection.interest.claim"]
                .with_user(user or self.book_manager_user)
                .create({name: [Command.set(records.ids)], "date_to": date, **values})
            )
            wizard.action_claim()
        return self.env["account.move"].search([]) - moves

    def _waiver(self, records, date, user=None, **values):
        name = "account_ids" if records._name == "collection.account" else "item_ids"
        return (
            self.env["collection.waiver"]
            .with_user(user or self.manager_user)
            .create(
                {
                    name: [Command.set(records.ids)],
                    "date_to": date,
                    "reason": "Late delivery",
                    **values,
                }
            )
        )

    def _waive(self, records, date, user=None, **values):
        """Waive whole on `date`, or the amounts given; return the settlements."""
        amounts = {
            name: values.pop(name)
            for name in ("waived_interest", "waived_indemnity")
            if name in values
        }
        before = self.env["collection.interest.settlement"].search([])
        with freeze_time(date):
            wizard = self._waiver(records, date, user, **values)
            if amounts:
                wizard.line_ids.write(amounts)
            wizard.action_waive()
        return self.env["collection.interest.settlement"].search([]) - before
