from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..receipt.common import ReceiptCommon


@tagged("post_install", "-at_install")
class TestPlacementChanges(ReceiptCommon):
    """What the ledger does while a provider has a customer is noted, and told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.company.email = "credit@company.example.com"
        (cls.agent_user | cls.supervisor_user).lang = "en_US"
        cls.on_site_agent.active = False
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.second = cls._invoice(cls.customer, 400.0, "2026-02-15")
        cls.account = cls.account_of(cls.customer)
        cls.line = cls._hand_over(cls.account).line_ids

    def _events(self):
        self.env["collection.account"]._refresh(self.account)
        return [
            (event.move_name, event.kind, event.amount)
            for event in self.env["collection.placement.event"].search(
                [("placement_item_id.line_id", "=", self.line.id)], order="id"
            )
        ]

    def _changes(self, day):
        day = fields.Date.to_date(day)
        return [
            (change["label"], change["invoice"], change["amount"])
            for change in self.mandate._get_changes_sudo(day, day)
        ]

    def assertAmounts(self, paid, credited, written_off):
        self.assertRecordValues(
            self.line,
            [
                {
                    "amount_paid": paid,
                    "amount_credited": credited,
                    "amount_written_off": written_off,
                }
            ],
        )

    def test_part_payment_and_bounce(self):
        payment = self._pay(self.invoice, 250.0, "2026-03-31")
        self.assertEqual(self._events(), [(self.invoice.name, "paid", 250.0)])
        self.assertAmounts(250.0, 0.0, 0.0)
        with freeze_time("2026-04-03"):
            self._receivable_lines(payment.move_id).remove_move_reconcile()
            self.assertEqual(
                self._events(),
                [
                    (self.invoice.name, "paid", 250.0),
                    (self.invoice.name, "paid", -250.0),
                ],
            )
        self.assertAmounts(0.0, 0.0, 0.0)
        self.assertEqual(
            self._changes("2026-03-31"), [("Payment", self.invoice.name, 250.0)]
        )
        self.assertEqual(
            self._changes("2026-04-03"),
            [("Payment taken back", self.invoice.name, 250.0)],
        )

    def test_mixed_end_has_every_amount(self):
        self._pay(self.invoice, date="2026-03-31")
        refund = self._credit_note(self.customer, 100.0, "2026-03-31")
        self._reconcile(self.second, refund)
        self._pay_and_write_off(self.second, 270.0, "2026-03-31")
        self._events()
        self.assertEqual(self.line.state, "paid")
        self.assertAmounts(1270.0, 100.0, 30.0)
        [ended] = [
            change
            for change in self.mandate._get_changes_sudo(
                fields.Date.today(), fields.Date.today()
            )
            if change["kind"] == "ended"
        ]
        for text in ("1,270.00", "100.00", "30.00"):
            self.assertIn(text, ended["details"])

    def test_invoice_withdrawn_and_issued_again(self):
        self.second.button_draft()
        self.assertEqual(self._events(), [(self.second.name, "withdrawn", 400.0)])
        self.second.action_post()
        self.assertEqual(
            self._events(),
            [
                (self.second.name, "withdrawn", 400.0),
                (self.second.name, "withdrawn", -400.0),
            ],
        )
        self.assertAmounts(0.0, 0.0, 0.0)

    def test_invoice_cancelled_ends(self):
        self.invoice.button_draft()
        self.invoice.button_cancel()
        self._pay(self.second, date="2026-03-31")
        self._events()
        self.assertEqual(self.line.state, "paid")
        self.assertIn(
            ("Invoice withdrawn", self.invoice.name, 1000.0),
            self._changes("2026-03-31"),
        )

    def test_what_was_settled_before_is_not_told(self):
        other = self._invoice(self.other_customer, 300.0, "2026-02-01")
        payment = self._pay(other, 100.0, "2026-03-30")
        matches = self._receivable_lines(payment.move_id).matched_debit_ids
        # it was another transaction
        self.env.cr.execute(
            "UPDATE account_partial_reconcile"
            " SET create_date = create_date - INTERVAL '1 day' WHERE id IN %s",
            [tuple(matches.ids)],
        )
        line = self._hand_over(self.account_of(self.other_customer)).line_ids
        self.env["collection.account"]._refresh()
        self.assertFalse(line.event_ids)
        self.assertEqual(line.amount_paid, 0.0)

    def test_day_of_the_company(self):
        """Half past midnight in Paris, whose evening it still is in UTC."""
        with freeze_time("2026-03-31 22:30:00"):
            self._pay(self.invoice, 250.0, "2026-03-31")
            self._events()
        self.assertEqual(
            self._changes("2026-04-01"), [("Payment", self.invoice.name, 250.0)]
        )
        self.assertFalse(self._changes("2026-03-31"))

    def test_nothing_twice(self):
        self._pay(self.invoice, 250.0, "2026-03-31")
        before = self._events()
        self.assertEqual(self.env["collection.account"]._refresh(), 0)
        self.assertEqual(self._events(), before)

    def test_taken_back_alone(self):
        item = self.second.collection_item_ids
        item.with_user(self.manager_user)._recall("Sensitive matter, of our own")
        [change] = self.mandate._get_changes_sudo(
            fields.Date.today(), fields.Date.today()
        )
        self.assertEqual(change["label"], "Taken back by the company")
        self.assertNotIn("Sensitive", str(change))
        # what becomes of it afterwards is nothing of theirs
        self._pay(self.second, date="2026-03-31")
        self.assertEqual(self._events(), [])

    def test_dispute_decided(self):
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": self.second.collection_item_ids.ids,
                "reason_id": self._dispute_reason("price").id,
                "amount": 50.0,
            }
        )
        dispute._decide("rejected", "As agreed in the order")
        self.assertIn(
            ("Dispute rejected", self.second.name, 0.0), self._changes("2026-03-31")
        )

    def test_nobody_writes_events(self):
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        event = self.line.event_ids
        with self.assertRaises(UserError):
            event.amount = 1.0
        with self.assertRaises(UserError):
            event.unlink()
        with self.assertRaises(UserError):
            self.env["collection.placement.event"].create(
                {
                    "placement_item_id": self.line.item_ids[0].id,
                    "date": "2026-03-31",
                    "kind": "paid",
                }
            )
        for user in (self.agent_user, self.on_site_user):
            with self.assertRaises(AccessError):
                event.with_user(user).read(["amount"])

    # ------------------------------------------------------------------
    # Bounces and the days of the mandate
    # ------------------------------------------------------------------

    def _pay_all_and_bounce(self, day):
        payments = self._pay(self.invoice, date="2026-03-31")
        payments |= self._pay(self.second, date="2026-03-31")
        self.env["collection.account"]._refresh(self.account)
        self.assertEqual(self.line.state, "paid")
        with freeze_time(day):
            self._receivable_lines(payments[0].move_id).remove_move_reconcile()
            self.env["collection.account"]._refresh(self.account)

    def test_bounce_within_the_days(self):
        self.mandate.revive_days = 30
        self._pay_all_and_bounce("2026-04-30")
        self.assertRecordValues(
            self.line,
            [{"state": "active", "date_revived": fields.Date.to_date("2026-04-30")}],
        )
        self.assertAmounts(400.0, 0.0, 0.0)
        self.assertIn(("With you again", "", None), self._changes("2026-04-30"))
        self.assertIn(
            ("Payment taken back", self.invoice.name, 1000.0),
            self._changes("2026-04-30"),
        )

    def test_bounce_too_late(self):
        self.mandate.revive_days = 30
        self._pay_all_and_bounce("2026-05-01")
        self.assertEqual(self.line.state, "paid")
        self.assertEqual(self.account.delegation_state, "in_house")
        self.assertFalse(self.invoice.collection_item_ids.delegated)
        self.assertAmounts(1400.0, 0.0, 0.0)

    # ------------------------------------------------------------------
    # Digest
    # ------------------------------------------------------------------

    def _morning(self, day):
        before = self.env["mail.mail"].search([])
        with freeze_time(f"{day} 04:10:00"):
            self.env["collection.mandate"]._cron_tell_changes()
        return self.env["mail.mail"].search([]) - before

    def test_digest(self):
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        self.assertFalse(self._morning("2026-03-31"))
        mails = self._morning("2026-04-01")
        self.assertEqual(
            mails.recipient_ids, (self.agent_user | self.supervisor_user).partner_id
        )
        self.assertEqual(len(mails), 2)
        for mail in mails:
            self.assertIn("Nord", mail.body_html)
            self.assertIn("250.00", mail.body_html)
            self.assertIn("credit@company.example.com", mail.email_from)
        # once, and only when something changed
        self.assertFalse(self._morning("2026-04-01"))
        self.assertFalse(self._morning("2026-04-02"))

    def test_a_night_missed_is_made_up_for(self):
        self._morning("2026-03-31")
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        self.assertEqual(len(self._morning("2026-04-04")), 2)

    def test_only_who_still_has_access(self):
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        self.mandate.agent_ids -= self.agent
        self.supervisor_user.active = False
        self.assertFalse(self._morning("2026-04-01"))

    def test_not_after_the_mandate(self):
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        self.mandate.date_end = "2026-03-31"
        self.assertFalse(self._morning("2026-04-01"))

    def test_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.agent_user.lang = "fr_FR"
        self._pay(self.invoice, 250.0, "2026-03-31")
        self._events()
        mail = self._morning("2026-04-01").filtered(
            lambda mail: mail.recipient_ids == self.agent_user.partner_id
        )
        self.assertIn("250,00", mail.body_html)
