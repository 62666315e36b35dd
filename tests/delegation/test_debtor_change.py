# pylint: disable=translation-required  # what a test says, nobody reads
from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import MergeCommon

#: what is followed of an item
NOTHING = {
    "level_id": False,
    "level_date": False,
    "approved_level_id": False,
    "promise_id": False,
    "plan_id": False,
    "hold_until": False,
    "hold_reason": False,
    "acknowledged_date": False,
    "policy_id": False,
    "placement_line_id": False,
    "delegated": False,
    "amount_disputed": 0.0,
}


class DebtorCommon(MergeCommon):
    """An invoice of 740 about which everything was said, beside one of 1,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.move = cls._invoice(cls.customer, 740.0, "2026-01-10")
        cls.own_item = cls.move.collection_item_ids

    def _promise(self, items, amount=None, day="2026-04-10", account=None):
        promise = self._as_who_works("collection.promise", items).create(
            {
                "account_id": (account or items.account_id).id,
                "amount": amount or sum(items.mapped("amount_residual")),
                "date_promised": day,
                "item_ids": [Command.set(items.ids)],
            }
        )
        return promise.with_env(self.env)

    def _plan(self, items, count=2, first="2026-04-20"):
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": items.account_id.id,
                "item_ids": [Command.set(items.ids)],
                "instalment_count": count,
                "date_first": first,
            }
        )
        plan.action_split()
        plan.action_agree()
        return plan

    def _dispute(self, items, amount=0.0):
        return self.env["collection.dispute"].create(
            {
                "account_id": items.account_id.id,
                "item_ids": [Command.set(items.ids)],
                "reason_id": self._dispute_reason("price").id,
                "amount": amount,
            }
        )

    def _bill(self, items):
        return self.env["collection.bill"].create(
            {"account_id": items.account_id.id, "item_ids": [Command.set(items.ids)]}
        )

    def _precheck(self, item):
        return self.env["collection.precheck"].create({"item_id": item.id})

    def _reverse(self, invoice, day="2026-03-31", amount=None):
        credit_note = self._credit_note(
            invoice.partner_id, amount or invoice.amount_residual, day
        )
        self._reconcile(invoice, credit_note)
        return credit_note

    def _on(self, day):
        """The night before `day` is over."""
        self.env.invalidate_all()
        freezer = freeze_time(day)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env["collection.account"]._cron_refresh()

    def _save(self):
        """As at the end of a transaction."""
        self.env["collection.account"]._flush_all()
        self.env.invalidate_all()

    def _said(self, account):
        return "\n".join(account.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestNothingOwed(DebtorCommon):
    """Invoices that are cancelled, credited or deleted: nothing is left to keep."""

    def _cancel(self, move):
        move.button_cancel()

    def _delete(self, move):
        move.button_draft()
        move.with_context(force_delete=True).unlink()

    def _check_lapses(self, undo):
        promise = self._promise(self.own_item)
        bill = self._bill(self.own_item)
        precheck = self._precheck(self.own_item)
        dispute = self._dispute(self.own_item, 40.0)
        dispute.activity_schedule(
            "account_collection.mail_activity_type_dispute", user_id=self.env.uid
        )
        undo(self.move)
        self.assertEqual(promise.state, "lapsed")
        self.assertEqual(bill.state, "lapsed")
        self.assertEqual(dispute.state, "lapsed")
        self.assertFalse(dispute.activity_ids)
        for record in (promise, bill, dispute):
            self.assertTrue(record.lapse_reason)
            self.assertIn(record.lapse_reason, self._said(self.account))
        self.assertEqual(precheck.exists().state or "dropped", "dropped")
        self.assertFalse(self.account.amount_promised)
        self.assertFalse(self.account.amount_disputed)
        self.assertEqual(self.account.amount_open, 1000.0)
        self._assert_true()
        self._on("2026-05-01")
        self.assertEqual(promise.state, "lapsed")
        self.assertFalse(self.account.next_action)
        self._assert_true()
        return promise, bill, dispute

    def test_cancelled(self):
        name = self.move.name
        promise, _bill, dispute = self._check_lapses(self._cancel)
        self.assertIn(name, promise.lapse_reason)
        self.assertIn("cancelled", dispute.lapse_reason)

    def test_credited(self):
        promise, _bill, _dispute = self._check_lapses(self._reverse)
        self.assertIn("RINV", promise.lapse_reason)

    def test_deleted(self):
        name = self.move.name
        promise, bill, dispute = self._check_lapses(self._delete)
        for record in (promise, bill, dispute):
            self.assertFalse(record.item_ids)
            self.assertIn(name, record.lapse_reason)

    def test_written_off(self):
        """One more of the kind: the company gives the claim up."""

        def write_off(move):
            receivable = self._receivable_lines(move)
            entry = self.env["account.move"].create(
                {
                    "date": "2026-03-31",
                    "journal_id": self.company_data["default_journal_misc"].id,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "partner_id": self.customer.id,
                                "balance": balance,
                            }
                        )
                        for account, balance in (
                            (receivable.account_id, -740.0),
                            (self.company_data["default_account_expense"], 740.0),
                        )
                    ],
                }
            )
            entry.action_post()
            self._reconcile(move, entry)

        self._check_lapses(write_off)

    def test_plan(self):
        for name, undo in (
            ("cancelled", self._cancel),
            ("credited", self._reverse),
            ("deleted", self._delete),
        ):
            with self.subTest(name):
                move = self._invoice(self.customer, 330.0, "2026-02-10")
                plan = self._plan(move.collection_item_ids)
                self.assertEqual(plan.state, "active")
                undo(move)
                self.assertEqual(plan.state, "lapsed")
                self.assertTrue(plan.lapse_reason)
                self._assert_true()

    def test_plan_that_waits_for_approval(self):
        self.company.collection_plan_instalments = 1
        plan = self.env["collection.payment.plan"].with_user(self.collector_user)
        plan = plan.create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.own_item.ids)],
                "instalment_count": 4,
                "date_first": "2026-04-20",
            }
        )
        plan.action_split()
        plan.action_agree()
        self.assertEqual(plan.state, "to_approve")
        self._cancel(self.move)
        plan = plan.with_env(self.env)
        self.assertEqual(plan.state, "cancelled")
        self.assertIn("cancelled", plan.lapse_reason)
        self.assertFalse(plan.activity_ids)
        self._assert_true()

    def test_part_of_a_plan(self):
        """What is credited shortens the plan from its end."""
        plan = self._plan(self.own_item, count=4)
        self._reverse(self.move, amount=370.0)
        self.assertEqual(plan.state, "active")
        self._pay(self.move, amount=185.0, date="2026-04-20")
        self._pay(self.move, amount=185.0, date="2026-05-20")
        self.assertEqual(plan.state, "completed")
        self._on("2026-08-01")
        self.assertEqual(plan.state, "completed")
        self._assert_true()

    def test_plan_written_off_after_its_default(self):
        """Giving up what is left does not make a missed plan a completed one."""
        plan = self._plan(self.own_item, count=2)
        self._pay(self.move, amount=370.0, date="2026-04-20")
        self._on("2026-06-15")
        self.assertEqual(plan.state, "defaulted")
        self._reverse(self.move, day="2026-06-15")
        self.assertEqual(plan.state, "defaulted")
        self._assert_true()

    def test_part_of_a_promise(self):
        """Who pays what is left after a credit note has kept their word."""
        promise = self._promise(self.own_item | self.item)
        self._cancel(self.move)
        self.assertEqual(promise.state, "open")
        self.assertEqual(self.item.promise_id, promise)
        self._pay(self.invoice, date="2026-04-09")
        self.assertEqual(promise.state, "kept")
        self.assertEqual(promise.amount_received, 1000.0)
        self._assert_true()

    def test_part_of_a_promise_and_nothing_paid(self):
        promise = self._promise(self.own_item | self.item)
        self._delete(self.move)
        self.assertEqual(promise.state, "open")
        self.assertEqual(promise.item_ids, self.item)
        self._on("2026-04-20")
        self.assertEqual(promise.state, "broken")
        self._assert_true()

    def test_broken_first_credited_later(self):
        """What was owed on the day was not paid on the day."""
        promise = self._promise(self.own_item)
        self._on("2026-04-20")
        self.assertEqual(promise.state, "broken")
        self.assertTrue(self.account.next_action)
        self._reverse(self.move, day="2026-04-20")
        self.assertEqual(promise.state, "broken")
        self._assert_true()

    def test_broken_first_cancelled_later(self):
        """It was never owed: nobody is called about it."""
        promise = self._promise(self.own_item)
        self._on("2026-04-20")
        self.assertTrue(self.account.next_action)
        self._cancel(self.move)
        self.assertEqual(promise.state, "lapsed")
        self.assertFalse(self.account.next_action)
        self._assert_true()

    def test_owed_again(self):
        promise, dispute = self._promise(self.own_item), self._dispute(self.own_item)
        bill = self._bill(self.own_item)
        bill.action_send()
        credit_note = self._reverse(self.move)
        self.assertEqual(promise.state, "lapsed")
        self.assertEqual(bill.state, "lapsed")
        credit_note.line_ids.remove_move_reconcile()
        self.assertEqual(promise.state, "open")
        self.assertEqual(dispute.state, "open")
        self.assertEqual(bill.state, "sent")
        for record in (promise, dispute, bill):
            self.assertFalse(record.lapse_reason)
        self.assertEqual(self.own_item.amount_disputed, 740.0)
        self._assert_true()

    def test_corrected(self):
        """Reset to draft and posted again to the same customer: nothing was decided."""
        promise, dispute = self._promise(self.own_item), self._dispute(self.own_item)
        self.own_item.write({"level_id": self.level_1.id, "level_date": "2026-03-01"})
        self.move.button_draft()
        self.assertEqual(promise.state, "open")
        self.assertEqual(dispute.state, "open")
        self._assert_true()
        self.move.action_post()
        self.assertEqual(self.move.collection_item_ids, self.own_item)
        self.assertEqual(self.own_item.promise_id, promise)
        self.assertEqual(self.own_item.level_id, self.level_1)
        self.assertEqual(self.own_item.amount_disputed, 740.0)
        self._assert_true()

    def test_granted_dispute_of_a_cancelled_invoice(self):
        """No credit note is awaited of what is no longer there."""
        dispute = self._dispute(self.own_item)
        dispute._decide("accepted")
        self.assertTrue(dispute.credit_expected)
        self._cancel(self.move)
        self.assertEqual(dispute.state, "accepted")
        self.assertFalse(dispute.credit_expected)
        self._assert_true()

    def test_contested_although_paid(self):
        dispute = self._dispute(self.own_item, 40.0)
        self._pay(self.move, date="2026-03-31")
        self.assertEqual(dispute.state, "open")
        self._assert_true()

    def test_waiting_letters(self):
        for name, undo in (("cancelled", self._cancel), ("deleted", self._delete)):
            with self.subTest(name):
                moves = [
                    self._invoice(partner, 410.0, "2026-02-05")
                    for partner in (self.customer, self._customer(f"Alone {name}"))
                ]
                run = self._run("2026-03-31")
                letters = [
                    run.letter_ids.filtered(
                        lambda letter, move=move: (
                            move.collection_item_ids in letter.line_ids.item_id
                        )
                    )
                    for move in moves
                ]
                self.assertEqual(len(letters[0]), 1)
                before = letters[0].amount_due
                for move in moves:
                    undo(move)
                self._save()
                self.assertEqual(letters[0].amount_due, before - 410.0)
                self.assertEqual(letters[0].state, "draft")
                self.assertEqual(letters[1].state, "cancelled")
                self.assertIn(name, letters[1].state_reason)
                self._assert_true()
                run.action_cancel()

    def test_handed_over(self):
        placement = self._hand_over(self.account)
        promise = self._promise(self.own_item)
        self._cancel(self.move)
        self.assertEqual(placement.line_ids.state, "active")
        self.assertEqual(promise.state, "lapsed")
        self._assert_true()
        self._cancel(self.invoice)
        self.assertEqual(placement.line_ids.state, "credited")
        self.assertEqual(self.account.delegation_state, "in_house")
        self._assert_true()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAnotherDebtor(DebtorCommon):
    """An invoice that was posted to the wrong customer."""

    def _repost(self, move, partner):
        move.button_draft()
        move.partner_id = partner
        move.invoice_date_due = "2026-01-10"
        move.action_post()
        self._save()

    def _load(self):
        """Everything that is said of an item."""
        self.own_item.write(
            {
                "level_id": self.level_2.id,
                "level_date": "2026-03-02",
                "approved_level_id": self.level_3.id,
                "policy_id": self.policy.id,
                "hold_until": "2026-04-30",
                "hold_reason": "Their accountant is away",
                "acknowledged_date": "2026-02-02",
            }
        )

    def _check_new(self, partner):
        item = self.move.collection_item_ids
        self.assertEqual(item.partner_id, partner)
        self.assertRecordValues(item, [NOTHING])
        self.assertEqual(item.amount_residual, 740.0)
        self.assertFalse(item.bill_ids)
        self.assertFalse(item.history_ids)
        self._assert_true()
        return item

    def test_starts_at_nothing(self):
        self._load()
        promise = self._promise(self.own_item | self.item)
        alone = self._invoice(self.customer, 90.0, "2026-01-20")
        dispute, bill = self._dispute(self.own_item, 15.0), self._bill(self.own_item)
        self._repost(self.move, self.other_customer)
        item = self._check_new(self.other_customer)
        self.assertEqual(item.account_id, self.other_account)
        self.assertEqual(promise.item_ids, self.item)
        self.assertEqual(promise.state, "open")
        for record in (dispute, bill):
            self.assertEqual(record.state, "lapsed")
            self.assertEqual(record.account_id, self.account)
            self.assertIn("another customer", record.lapse_reason)
        self.assertIn("no longer about", self._said(self.account))
        self.assertEqual(self.account.amount_open, 1090.0)
        self.assertEqual(self.other_account.amount_open, 1040.0)
        # what is left of the promise is kept by what is left to pay
        self._pay(self.invoice, date="2026-04-02")
        self.assertEqual(promise.state, "kept")
        self.assertTrue(alone.collection_item_ids)
        self._assert_true()

    def test_plan_and_letter(self):
        plan = self._plan(self.own_item)
        self._repost(self.move, self._customer("Newcomer"))
        self.assertEqual(plan.state, "lapsed")
        self._check_new(self.move.partner_id)
        run = self._run("2026-03-31")
        letter = run.letter_ids.filtered(
            lambda letter: self.move.collection_item_ids in letter.line_ids.item_id
        )
        self.assertEqual(letter.level_id, self.level_1)
        self._repost(self.move, self.other_customer)
        self.assertEqual(letter.state, "cancelled")
        self.assertIn("another customer", letter.state_reason)
        self._check_new(self.other_customer)

    def test_letter_that_was_sent(self):
        """It stays what it said; the new customer has got no notice."""
        self._send(self._run("2026-03-31"))
        line = self.own_item.letter_line_ids
        self.assertTrue(line)
        letter = line.letter_id
        total = letter.amount_total
        self._repost(self.move, self.other_customer)
        self.assertFalse(line.item_id)
        self.assertEqual(letter.amount_total, total)
        self.assertEqual(letter.account_id, self.account)
        self.assertFalse(self._check_new(self.other_customer).letter_line_ids)

    def test_handed_over(self):
        placement = self._hand_over(self.account)
        self._repost(self.move, self.other_customer)
        self._check_new(self.other_customer)
        self.assertEqual(placement.line_ids.state, "active")
        self.assertEqual(self.other_account.delegation_state, "in_house")
        self._pay(self.invoice, date="2026-03-31")
        self.assertEqual(placement.line_ids.state, "paid")
        self._assert_true()

    def test_to_somebody_who_is_with_a_provider(self):
        self._hand_over(
            self.other_account,
            self._mandate(self.provider, self.agent, new_item_rule="none"),
        )
        self._load()
        self._repost(self.move, self.other_customer)
        self._check_new(self.other_customer)

    def test_entry_that_names_somebody_else(self):
        """One more of the kind: posted as it is, handed over, corrected by hand."""
        placement = self._hand_over(self.account)
        entry = self.env["account.move"].create(
            {
                "date": "2026-01-10",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                f"default_account_{name}"
                            ].id,
                            "partner_id": self.customer.id,
                            "balance": balance,
                        }
                    )
                    for name, balance in (("receivable", 55.0), ("revenue", -55.0))
                ],
            }
        )
        entry.action_post()
        entry.line_ids.no_followup = False
        self.env["collection.account"]._refresh()
        item = entry.collection_item_ids
        self.assertTrue(item.delegated)
        promise = self._promise(item)
        self._receivable_lines(entry).partner_id = self.other_customer
        self._save()
        self.assertFalse(item.exists())
        self.assertFalse(entry.collection_item_ids.delegated)
        self.assertEqual(promise.state, "lapsed")
        self.assertIn("Taken back from the provider", self._said(self.account))
        self.assertEqual(placement.line_ids.state, "active")
        self._assert_true()

    def test_contact_of_the_same_customer(self):
        """The same debtor: nothing changes."""
        self._load()
        promise = self._promise(self.own_item)
        contact = self._customer("Desk", is_company=False, parent_id=self.customer.id)
        self._repost(self.move, contact)
        self.assertEqual(self.move.collection_item_ids, self.own_item)
        self.assertEqual(self.own_item.level_id, self.level_2)
        self.assertEqual(self.own_item.promise_id, promise)
        self._assert_true()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMovedContact(DebtorCommon):
    """A contact that belongs to another company from now on owes as part of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls._customer("Person", is_company=False)
        cls.own_move = cls._invoice(cls.person, 260.0, "2026-01-05")
        cls.second = cls._invoice(cls.person, 35.0, "2026-02-05")
        cls.person_account = cls.account_of(cls.person)
        cls.items = cls.person_account.item_ids
        cls.first_item = cls.own_move.collection_item_ids

    def _move(self, parent=None):
        self.person.with_user(self.contact_user).parent_id = parent or self.customer
        self._save()

    def _check_moved(self, account=None):
        account = account or self.account
        self.assertEqual(self.items.exists().account_id, account)
        self.assertFalse(self.person_account.amount_open)
        self.assertFalse(self.person_account.item_ids)
        self._assert_true()

    def test_what_was_agreed_goes_along(self):
        promise = self._promise(self.first_item)
        dispute = self._dispute(self.items - self.first_item)
        bill = self.env["collection.bill"]
        precheck = self._precheck(self.first_item)
        self.first_item.write({"level_id": self.level_2.id, "level_date": "2026-03-10"})
        self._move()
        self._check_moved()
        for record in (promise, dispute, precheck):
            self.assertEqual(record.account_id, self.account)
            self.assertNotEqual(record.state, "lapsed")
        self.assertFalse(bill)
        self.assertEqual(self.first_item.promise_id, promise)
        self.assertEqual(self.account.amount_disputed, 35.0)
        self.assertEqual(self.first_item.level_id, self.level_2)
        self.assertEqual(self.account.level_id, self.level_2)
        self._pay(self.own_move, date="2026-04-01")
        self.assertEqual(promise.state, "kept")
        self._assert_true()

    def test_plan_goes_along(self):
        plan = self._plan(self.items)
        self._move()
        self._check_moved()
        self.assertEqual(plan.account_id, self.account)
        self.assertEqual(self.items.plan_id, plan)

    def test_what_was_stopped_stays_stopped(self):
        self.person_account.write(
            {"hold_until": "2026-04-12", "hold_reason": "In hospital"}
        )
        self._move()
        self._check_moved()
        self.assertRecordValues(
            self.items,
            [{"hold_until": date(2026, 4, 12), "hold_reason": "In hospital"}] * 2,
        )
        self.assertFalse(self.account.hold_until)
        run = self._run("2026-03-31")
        self.assertFalse(run.letter_ids.line_ids.item_id & self.items)
        self.assertIn(self.item, run.letter_ids.line_ids.item_id)

    def test_reserved_stays_reserved(self):
        self.person_account.reserved = True
        placement = self._hand_over(self.account)
        self._move()
        self._check_moved()
        self.assertTrue(self.account.reserved)
        self.assertIn("Person", self._said(self.account))
        # with a provider still: the company is asked
        self.assertTrue(self.account.to_take_back)
        self.assertTrue(self.account.activity_ids)
        self.assertEqual(placement.line_ids.state, "active")

    def test_insolvency_is_not_handed_on(self):
        self.person_account.insolvency_date = "2026-03-15"
        self.first_item.write({"hold_until": "2026-12-31", "hold_reason": "Agreed"})
        self._move()
        self._check_moved()
        self.assertFalse(self.account.insolvency_date)
        self.assertRecordValues(
            self.first_item | (self.items - self.first_item),
            [
                {"hold_until": date(2026, 12, 31), "hold_reason": "Agreed"},
                {
                    "hold_until": date(2026, 5, 31),
                    "hold_reason": "Insolvency of Nord, Person",
                },
            ],
        )
        self.assertIn("insolvent since 03/15/2026", self.account.activity_ids.summary)
        run = self._run("2026-03-31")
        self.assertFalse(run.letter_ids.line_ids.item_id & self.items)
        self.assertIn(self.item, run.letter_ids.line_ids.item_id)

    def test_longer_hold_of_an_item(self):
        self.person_account.write({"hold_until": "2026-04-12", "hold_reason": "Ill"})
        self.first_item.write({"hold_until": "2026-05-01", "hold_reason": "Agreed"})
        self._move()
        self.assertEqual(self.first_item.hold_until, date(2026, 5, 1))
        self.assertEqual(self.first_item.hold_reason, "Agreed")

    def test_contested_is_not_dunned_meanwhile(self):
        self._dispute(self.items)
        self._move()
        run = self._run("2026-03-31")
        self.assertFalse(run.letter_ids.line_ids.item_id & self.items)

    def test_waiting_letter_is_written_again(self):
        letter = self._run("2026-03-31").letter_ids.filtered(
            lambda letter: letter.account_id == self.person_account
        )
        self.assertEqual(letter.line_ids.item_id, self.items)
        self._move()
        self.assertEqual(letter.state, "cancelled")
        self.assertIn("another customer", letter.state_reason)
        again = self._run("2026-03-31").letter_ids
        self.assertIn(self.first_item, again.line_ids.item_id)

    def test_placement_is_taken_back(self):
        placement = self._hand_over(self.person_account)
        self.assertTrue(all(self.items.mapped("delegated")))
        self._move()
        self._check_moved()
        self.assertFalse(any(self.items.mapped("delegated")))
        self.assertEqual(self.account.delegation_state, "in_house")
        self.assertEqual(self.person_account.delegation_state, "in_house")
        self.assertEqual(placement.line_ids.state, "recalled")
        self.assertIn("another customer", placement.line_ids.reason)
        self.assertIn("another customer", self._said(self.person_account))
        seen = self.env["collection.item"].with_user(self.agent_user).search([])
        self.assertFalse(seen)
        run = self._run("2026-03-31")
        self.assertIn(self.first_item, run.letter_ids.line_ids.item_id)

    def test_night_repairs_what_was_left_behind(self):
        """Items of before the rule: with a provider who does not work the account."""
        self._hand_over(self.other_account)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_item SET delegated = TRUE WHERE id = %s",
            [self.item.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.env["collection.account"]._refresh(), 1)
        self.assertFalse(self.item.delegated)
        self.assertFalse(self.item.placement_line_id)
        self.assertTrue(self.other_item.delegated)
        self._assert_true()

    def test_night_repairs_what_no_hand_over_holds(self):
        """Of a customer who is with a provider, what stayed in-house."""
        customer = self._customer("In part")
        held = self._invoice(customer, 70.0, "2026-02-01").collection_item_ids
        mandate = self._mandate(self.provider, self.agent, new_item_rule="none")
        placement = self._hand_over(self.account_of(customer), mandate)
        stayed = self._invoice(customer, 44.0, "2026-02-02").collection_item_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_item SET delegated = TRUE WHERE id = %s", [stayed.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.env["collection.account"]._refresh(), 1)
        self.assertFalse(stayed.delegated)
        self.assertEqual(held.placement_line_id, placement.line_ids)
        self._assert_true()

    def test_placement_follows_by_the_rule(self):
        for rule, joins in (("all", True), ("none", False)):
            with self.subTest(rule):
                customer = self._customer(f"With them {rule}")
                self._invoice(customer, 70.0, "2026-02-01")
                person = self._customer(f"Person {rule}", is_company=False)
                item = self._invoice(person, 44.0, "2026-02-02").collection_item_ids
                mandate = self._mandate(self.provider, self.agent, new_item_rule=rule)
                self._hand_over(self.account_of(customer), mandate)
                promise = self._promise(item)
                person.parent_id = customer
                self.assertEqual(item.account_id, self.account_of(customer))
                self.assertEqual(item.delegated, joins)
                self.assertEqual(promise.account_id, item.account_id)
                self._assert_true()

    def test_and_back_again(self):
        promise = self._promise(self.first_item)
        self._move()
        self.person.parent_id = False
        self.env.invalidate_all()
        # core leaves what was booked with the company
        self.assertEqual(
            self.first_item.account_id.partner_id,
            self.first_item.move_line_id.partner_id.commercial_partner_id,
        )
        self.assertEqual(promise.account_id, self.first_item.account_id)
        self.assertEqual(self.first_item.promise_id, promise)
        self._assert_true()

    def test_company_that_becomes_a_contact(self):
        """One more of the kind: no longer a company of its own."""
        child = self._customer("Branch", parent_id=self.customer.id)
        item = self._invoice(child, 81.0, "2026-02-01").collection_item_ids
        account = self.account_of(child)
        self.assertEqual(account.partner_id, child)
        promise = self._promise(item)
        child.is_company = False
        self._save()
        self.assertEqual(item.account_id, self.account)
        self.assertEqual(promise.account_id, self.account)
        self.assertFalse(account.amount_open)
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_contact_of_another_company(self):
        """An entry names the contact itself: it leaves with them, alone."""
        contact = self._customer("K", is_company=False, parent_id=self.customer.id)
        entry = self.env["account.move"].create(
            {
                "date": "2026-01-10",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                f"default_account_{name}"
                            ].id,
                            "partner_id": contact.id,
                            "balance": balance,
                        }
                    )
                    for name, balance in (("receivable", 9.0), ("revenue", -9.0))
                ],
            }
        )
        entry.action_post()
        entry.line_ids.no_followup = False
        item = entry.collection_item_ids
        self.assertEqual(item.account_id, self.account)
        placement = self._hand_over(self.account)
        mixed = self._promise(item | self.item)
        dispute = self._dispute(item | self.item)
        contact.parent_id = self.other_customer
        self.assertEqual(item.account_id, self.other_account)
        self.assertFalse(item.delegated)
        self.assertEqual(placement.line_ids.state, "active")
        # what was about several items stays, and still says what it said of this one
        self.assertEqual(mixed.account_id, self.account)
        self.assertEqual(item.promise_id, mixed)
        self.assertEqual(item.amount_disputed, 9.0)
        self._assert_true()
        self.env["collection.account"]._refresh(self.other_account)
        self.assertEqual(item.amount_disputed, 9.0)
        payment = self._payment(self.other_customer, 9.0, "2026-03-31")
        self._reconcile(entry, payment.move_id)
        self.assertEqual(mixed.amount_received, 9.0)
        self.assertEqual(dispute.state, "open")
        self._assert_true()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestEmptyAccount(DebtorCommon):
    """An account that is left with nothing keeps nobody from deleting the contact."""

    def _empty(self):
        wrong = self._customer("Typing error")
        move = self._invoice(wrong, 12.0, "2026-02-01")
        account = self.account_of(wrong)
        self.assertTrue(account.item_ids)
        move.button_draft()
        move.partner_id = self.customer
        move.action_post()
        self._save()
        return wrong, account

    def test_contact_is_deleted(self):
        wrong, account = self._empty()
        wrong.with_user(self.contact_user).unlink()
        self.assertFalse(wrong.exists() or account.exists())
        self._assert_true()

    def test_what_was_recorded_stays(self):
        wrong, account = self._empty()
        self.env["collection.call"].create(self._call_values(account))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            wrong.with_user(self.contact_user).unlink()
        self.assertTrue(wrong.exists() and account.exists())
