from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...tools.promise import last_day, promise_state
from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPromiseState(CollectionCommon):
    def test_states(self):
        day = date(2026, 11, 20)
        cases = [
            # received, today, state
            (0, date(2026, 11, 20), "open"),
            (0, date(2026, 11, 23), "open"),
            (0, date(2026, 11, 24), "broken"),
            (600, date(2026, 11, 23), "open"),
            (600, date(2026, 11, 24), "partial"),
            (1199, date(2026, 11, 10), "kept"),
            (1198.99, date(2026, 11, 24), "partial"),
            (1200, date(2027, 1, 1), "kept"),
            (1500, date(2026, 11, 10), "kept"),
        ]
        for received, today, state in cases:
            with self.subTest(received=received, today=today):
                self.assertEqual(
                    promise_state(1200, received, day, 3, today, tolerance_amount=1),
                    state,
                )

    def test_a_small_promise_is_not_kept_by_nothing(self):
        self.assertEqual(
            promise_state(
                0.8, 0, date(2026, 1, 1), 0, date(2026, 1, 2), tolerance_amount=1
            ),
            "broken",
        )

    def test_last_day(self):
        self.assertEqual(last_day(date(2026, 2, 27), 3), date(2026, 3, 2))


@tagged("post_install", "-at_install")
class TestPromise(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls.invoice = cls._invoice(cls.customer, 1200.0, "2026-10-01")
        cls.account = cls.account_of(cls.customer)
        cls.item = cls.account.item_ids

    def _promise(self, amount=1200.0, day="2026-11-20", user=None, **values):
        return (
            self.env["collection.promise"]
            .with_user(user or self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "amount": amount,
                    "date_promised": day,
                    **values,
                }
            )
            .with_env(self.env)
        )

    def _on(self, day):
        """The night before `day` is over."""
        self.env.invalidate_all()
        freezer = freeze_time(day)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env["collection.account"]._cron_refresh()

    def test_open(self):
        promise = self._promise()
        self.assertEqual(promise.state, "open")
        self.assertEqual(promise.item_ids, self.item, "what is overdue")
        self.assertEqual(self.item.promise_id, promise)
        self.assertEqual(self.account.amount_promised, 1200.0)
        self.assertRegex(promise.number, r"^PR/2026/\d{4}$")
        self.assertEqual(promise.user_id, self.collector_user)

    def test_kept(self):
        promise = self._promise()
        self._pay(self.invoice, date="2026-11-19")
        self.assertEqual(promise.state, "kept")
        self.assertEqual(promise.amount_received, 1200.0)
        self.assertFalse(self.item.promise_id)
        self.assertFalse(self.account.amount_promised)

    def test_kept_within_the_days_granted(self):
        promise = self._promise()
        self._on("2026-11-23")
        self.assertEqual(promise.state, "open", "the bank may take three days")
        self._pay(self.invoice, date="2026-11-23")
        self.assertEqual(promise.state, "kept")

    def test_too_late(self):
        promise = self._promise()
        self._on("2026-11-24")
        self.assertEqual(promise.state, "broken")
        self._pay(self.invoice, date="2026-11-24")
        self.assertEqual(promise.state, "broken")
        self.assertEqual(promise.amount_received, 0.0)

    def test_entered_late_but_received_in_time(self):
        promise = self._promise()
        self._on("2026-11-30")
        self.assertEqual(promise.state, "broken")
        self._pay(self.invoice, date="2026-11-20")
        self.assertEqual(promise.state, "kept")

    def test_partly_kept(self):
        promise = self._promise()
        self._pay(self.invoice, amount=500.0, date="2026-11-15")
        self.assertEqual(promise.state, "open")
        self.assertEqual(promise.amount_missing, 700.0)
        self.assertEqual(self.account.amount_promised, 700.0)
        self._on("2026-11-24")
        self.assertEqual(promise.state, "partial")
        self.assertEqual(promise.amount_received, 500.0)

    def test_small_difference(self):
        promise = self._promise()
        self._pay(self.invoice, amount=1199.0, date="2026-11-15")
        self.assertEqual(promise.state, "kept")

    def test_earlier_payment_does_not_count(self):
        """It was under way when the customer promised."""
        promise = self._promise()
        self._pay(self.invoice, amount=600.0, date="2026-11-09")
        self.assertEqual(promise.amount_received, 0.0)
        self._pay(self.invoice, amount=600.0, date="2026-11-10")
        self.assertEqual(promise.amount_received, 600.0)

    def test_credit_note_keeps_no_promise(self):
        promise = self._promise()
        self._reconcile(
            self.invoice, self._credit_note(self.customer, 1200.0, "2026-11-12")
        )
        self.assertEqual(promise.amount_received, 0.0)
        self.assertEqual(promise.state, "lapsed", "nothing is owed any more")
        self._on("2026-11-24")
        self.assertEqual(promise.state, "lapsed")
        self.assertFalse(self.account.next_action, "nobody is to be called")

    def test_write_off_keeps_no_promise(self):
        promise = self._promise()
        receivable = self._receivable_lines(self.invoice)
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-11-12",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    (0, 0, {"account_id": account.id, "partner_id": partner, **amount})
                    for account, partner, amount in (
                        (receivable.account_id, self.customer.id, {"credit": 1200.0}),
                        (
                            self.company_data["default_account_expense"],
                            False,
                            {"debit": 1200.0},
                        ),
                    )
                ],
            }
        )
        entry.action_post()
        self._reconcile(self.invoice, entry)
        self.assertEqual(promise.amount_received, 0.0)

    def test_bounced_payment_opens_it_again(self):
        promise = self._promise()
        self._pay(self.invoice, date="2026-11-12")
        self.assertEqual(promise.state, "kept")
        self._receivable_lines(self.invoice).remove_move_reconcile()
        self.assertEqual(promise.state, "open")
        self.assertEqual(self.item.promise_id, promise)
        self._on("2026-12-01")
        self.assertEqual(promise.state, "broken")

    def test_bounced_after_its_day(self):
        promise = self._promise()
        self._pay(self.invoice, date="2026-11-12")
        self._on("2026-12-01")
        self.assertEqual(promise.state, "kept")
        self._receivable_lines(self.invoice).remove_move_reconcile()
        self.assertEqual(promise.state, "broken")

    def test_evaluation_is_repeatable(self):
        self._promise()
        self._on("2026-11-24")
        self.assertEqual(self.env["collection.promise"]._follow_ledger(), 0)
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_broken_comes_back_on_top(self):
        self._promise()
        self._on("2026-11-24")
        self.assertEqual(self.account.next_action_date, date(2026, 11, 24))
        self.assertIn("1,200", self.account.next_action)

    def test_replaced(self):
        first = self._promise(600.0, "2026-11-15")
        second = self._promise(1200.0, "2026-11-30")
        self.assertEqual(first.state, "replaced")
        self.assertEqual(self.item.promise_id, second)
        self.assertEqual(second.attempt, 1, "the first one was never broken")
        self._pay(self.invoice, date="2026-11-12")
        self.assertEqual((first.state, second.state), ("replaced", "kept"))

    def test_attempts_are_counted(self):
        self._promise()
        self._on("2026-11-24")
        again = self._promise(day="2026-11-30")
        self.assertEqual(again.attempt, 2)

    def test_one_per_item(self):
        """Promises about different invoices stand side by side."""
        other_invoice = self._invoice(self.customer, 300.0, "2026-10-05")
        other_item = other_invoice.collection_item_ids
        first = self._promise(item_ids=[(6, 0, self.item.ids)])
        second = self._promise(300.0, item_ids=[(6, 0, other_item.ids)])
        self.assertEqual((first.state, second.state), ("open", "open"))
        self.assertEqual(self.item.promise_id, first)
        self.assertEqual(other_item.promise_id, second)

    def test_withdrawn(self):
        promise = self._promise().with_user(self.collector_user)
        with self.assertRaisesRegex(UserError, "Say why"):
            promise.action_confirm_withdrawal()
        promise.withdrawal_reason = "Said by a temp"
        promise.action_confirm_withdrawal()
        self.assertEqual(promise.state, "withdrawn")
        self.assertFalse(self.item.promise_id)
        self._pay(self.invoice, date="2026-11-12")
        self.assertEqual(promise.state, "withdrawn")
        with self.assertRaisesRegex(UserError, "Only an open promise"):
            promise.action_confirm_withdrawal()

    def test_stays_as_it_was_made(self):
        promise = self._promise().with_user(self.collector_user)
        with self.assertRaisesRegex(UserError, "stays as it was made"):
            promise.amount = 1.0
        with self.assertRaises(AccessError):
            promise.unlink()
        with self.assertRaisesRegex(UserError, "Withdraw it"):
            promise.sudo().unlink()

    def test_bad_input(self):
        with self.assertRaisesRegex(ValidationError, "items of the customer"):
            self._invoice(self.other_customer, 10.0, "2026-10-01")
            self._promise(
                item_ids=[(6, 0, self.account_of(self.other_customer).item_ids.ids)]
            )

    def test_nothing_owed(self):
        self._pay(self.invoice, date="2026-11-09")
        with self.assertRaisesRegex(ValidationError, "owes nothing"):
            self._promise()

    def test_foreign_currency(self):
        dollar = self._enable_currency("USD")
        invoice = self._invoice(
            self.other_customer, 1000.0, "2026-10-01", currency=dollar
        )
        account = self.account_of(self.other_customer)
        promise = self.env["collection.promise"].create(
            {
                "account_id": account.id,
                "amount": 1000.0,
                "date_promised": "2026-11-20",
                "item_ids": [(6, 0, account.item_ids.ids)],
            }
        )
        self.assertEqual(promise.currency_id, dollar)
        self._pay(invoice, amount=1000.0, date="2026-11-12")
        self.assertEqual(promise.state, "kept")

    def test_access(self):
        promise = self._promise()
        for user in (
            self.plain_internal_user,
            self.plain_portal_user,
            self.agent_user,
            self.on_site_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                promise.with_user(user).read(["amount"])

    # ------------------------------------------------------------------
    # Reminders
    # ------------------------------------------------------------------

    def _reason(self):
        run = self._run("2026-11-10")
        return run.exclusion_ids.filtered(lambda line: line.item_id == self.item)

    def test_not_dunned_while_open(self):
        self.assertFalse(self._reason())
        promise = self._promise()
        exclusion = self._reason()
        self.assertEqual(exclusion.reason, "promised")
        self.assertEqual(exclusion.reason_date, date(2026, 11, 20))
        self.assertIn(promise.number, exclusion.explanation)
        promise.withdrawal_reason = "A mistake"
        promise.action_confirm_withdrawal()
        self.assertFalse(self._reason())

    def test_dunned_again_once_broken(self):
        self._promise()
        self._on("2026-11-24")
        run = self._run("2026-11-24")
        self.assertEqual(run.letter_ids.line_ids.item_id, self.item)

    def test_a_letter_that_waits_does_not_leave(self):
        run = self._run("2026-11-10")
        run.action_confirm()
        self._promise()
        run.action_send()
        self.assertEqual(run.letter_ids.state, "cancelled")

    def test_confirmed_by_letter(self):
        promise = self._promise(payment_means="transfer", person="Mme Roux")
        action = promise.with_user(self.collector_user).action_write_letter()
        letter = self.env["collection.letter"].browse(action["res_id"])
        self.assertEqual(letter.kind_id.code, "promise_confirmation")
        self.assertEqual(
            (letter.fact_amount, letter.fact_date, letter.fact_person),
            (1200.0, date(2026, 11, 20), "Mme Roux"),
        )
        letter.action_confirm()
        self.assertEqual(letter.state, "to_send")
