from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .interest_common import InterestCommon


@tagged("post_install", "-at_install")
class TestInterestCredits(InterestCommon):
    """No interest on what was never owed, nor on money that is there already."""

    # 12.40 % a year all along; to 22 November it is 83 days from 31 August
    def setUp(self):
        super().setUp()
        self.item = self._item(self.customer, 1000.0, "2026-08-31")

    def _owed(self, item=None, date="2026-11-22"):
        return self._amounts(item or self.item, date)

    def _credit(self, amount, item=None, date="2026-11-20"):
        """A credit note on an item, matched with it."""
        item = item or self.item
        note = self._credit_note(item.partner_id, amount, date)
        self._reconcile(item.move_id, note)
        return note

    # ------------------------------------------------------------------
    # Credit notes
    # ------------------------------------------------------------------

    def test_credited_in_full(self):
        self._credit(1000.0)
        self.assertEqual(self.item.state, "closed")
        self.assertEqual(self._owed(), ([], 0.0))
        with self.assertRaisesRegex(UserError, "Nothing to claim"):
            self._claim(self.item.account_id, "2026-11-22", include_paid=True)

    def test_the_rest_was_paid_in_time(self):
        self._pay(self.item.move_id, 600.0, "2026-08-31")
        self._credit(400.0)
        self.assertEqual(self._owed(), ([], 0.0))

    def test_the_rest_was_paid_late(self):
        self._pay(self.item.move_id, 600.0, "2026-09-30")
        self._credit(400.0)
        # 30 days on 600
        self.assertEqual(self._owed(), ([6.12], 40.0))

    def test_credited_in_part(self):
        self._credit(900.0)
        self.assertEqual(self._owed(), ([2.82], 40.0))

    def test_a_credit_note_pays_no_interest(self):
        self.company.collection_imputation = "interest"
        self._credit(900.0, date="2026-09-30")
        self.assertEqual(self._owed(), ([2.82], 40.0))

    @freeze_time("2026-11-20")
    def test_an_accepted_dispute_stays_out_once_credited(self):
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.item.account_id.id,
                "item_ids": [Command.set(self.item.ids)],
                "reason_id": self._dispute_reason("price").id,
                "amount": 400.0,
            }
        )
        # 83 days on 600
        self.assertEqual(self._owed(), ([16.92], 40.0))
        dispute._decide("accepted")
        self.assertEqual(self._owed(), ([16.92], 40.0))
        self._credit(400.0)
        self.assertFalse(self.item.amount_disputed)
        self.assertEqual(self._owed(), ([16.92], 40.0))
