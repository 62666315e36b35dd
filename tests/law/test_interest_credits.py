from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import InterestCommon


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

    # ------------------------------------------------------------------
    # Credits that are not matched yet
    # ------------------------------------------------------------------

    def test_money_on_account_bears_no_interest(self):
        self._payment(self.customer, 900.0, "2026-08-30")
        letter = self._letter("2026-11-22")
        self.assertEqual(letter.amount_credit, 900.0)
        self.assertEqual(letter.amount_interest, 2.82)
        self.assertEqual(letter.amount_total, 142.82)

    def test_it_counts_from_its_day(self):
        payment = self._payment(self.customer, 900.0, "2026-09-30")
        # 30 days on 1,000, 53 on 100
        self.assertEqual(self._owed(), ([10.19, 1.80], 40.0))
        self.assertEqual(self._owed(date="2026-09-15"), ([5.10], 40.0))
        self._reconcile(self.item.move_id, payment.move_id)
        self.assertEqual(self._owed(), ([10.19, 1.80], 40.0))

    def test_it_was_there_in_time(self):
        self._payment(self.customer, 1000.0, "2026-08-31")
        self.assertEqual(self._owed(), ([], 0.0))

    def test_an_open_credit_note_counts_from_the_start(self):
        self._credit_note(self.customer, 900.0, "2026-11-20")
        self.assertEqual(self._owed(), ([2.82], 40.0))

    def test_the_oldest_item_first(self):
        older = self._item(self.customer, 500.0, "2026-07-31")
        self._payment(self.customer, 900.0, "2026-08-30")
        self._payment(self.customer, 300.0, "2026-09-30")
        # 30 days on 500, and nothing any more
        self.assertEqual(self._owed(older), ([5.10], 40.0))
        # 400 in time; 30 days on 600, 53 on 300
        self.assertEqual(self._owed(), ([6.12, 5.40], 40.0))
        with freeze_time("2026-11-22"):
            both = (older | self.item)._get_penalties(fields.Date.today())
        self.assertEqual([float(p.interest) for p in both.values()], [5.10, 11.52])

    def test_what_is_disputed_takes_none(self):
        self.env["collection.dispute"].create(
            {
                "account_id": self.item.account_id.id,
                "item_ids": [Command.set(self.item.ids)],
                "reason_id": self._dispute_reason("price").id,
                "amount": 400.0,
            }
        )
        younger = self._item(self.customer, 500.0, "2026-09-30")
        self._payment(self.customer, 800.0, "2026-08-30")
        self.assertEqual(self._owed(), ([], 0.0))
        # 53 days on 300
        self.assertEqual(self._owed(younger), ([5.40], 40.0))

    def test_only_within_customer_and_currency(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.25)])
        self._payment(self.customer, 500.0, "2026-08-30", currency=dollar)
        self._payment(self.other_customer, 500.0, "2026-08-30")
        # 83 days on 1,000
        self.assertEqual(self._owed(), ([28.20], 40.0))
        foreign = self._item(self.customer, 600.0, "2026-08-31", currency=dollar)
        # 83 days on 100
        self.assertEqual(self._owed(foreign), ([2.82], 50.0))

    def test_what_is_closed_takes_none(self):
        self._pay(self.item.move_id, date="2026-09-30")
        self._payment(self.customer, 900.0, "2026-08-30")
        self.assertEqual(self._owed(), ([10.19], 40.0))

    def test_as_many_queries_for_many(self):
        def queries(items):
            with self._count_queries() as counter:
                items._get_penalties(fields.Date.today())
            return counter.total

        self._payment(self.customer, 50.0, "2026-08-30")
        items = self.item
        for amount in (100.0, 200.0, 300.0):
            partner = self._customer(f"Customer {amount}")
            items |= self._item(partner, amount, "2026-08-31")
            self._payment(partner, 50.0, "2026-08-30")
        with freeze_time("2026-11-22"):
            queries(self.item)
            self.assertEqual(queries(items), queries(self.item))
