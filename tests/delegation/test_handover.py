from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestHandover(HandoverCommon):
    """Who goes to the provider, who stays, and why."""

    def assertDecision(self, wizard, account, decision, reason):
        self.assertRecordValues(
            self._line(wizard, account), [{"decision": decision, "reason": reason}]
        )

    # ------------------------------------------------------------------
    # Choice
    # ------------------------------------------------------------------

    def test_partial_keeps_twenty_percent(self):
        accounts = self._file(100)
        wizard = self._preview()
        self.assertEqual((wizard.go_count, wizard.stay_count), (80, 20))
        stay = wizard.line_ids.filtered(lambda line: line.decision == "stays")
        self.assertEqual(stay.account_id, accounts[:20], "the largest stay")
        self.assertEqual(set(stay.mapped("reason")), {"top"})
        self.assertEqual(
            wizard.line_ids.sorted("rank").mapped("rank"), list(range(1, 101))
        )
        wizard.action_confirm()
        placement = wizard.placement_id
        self.assertEqual(placement.state, "handed_over")
        self.assertEqual(placement.line_ids.account_id, accounts[20:])
        self.assertEqual(set(accounts[20:].mapped("delegation_state")), {"delegated"})
        self.assertEqual(set(accounts[:20].mapped("delegation_state")), {"in_house"})
        self.assertTrue(placement.number.startswith("P/"))

    def test_total_keeps_the_reserved_only(self):
        accounts = self._file(10)
        accounts[0].reserved = True
        accounts[1].segment_id = self.env.ref("account_collection.segment_strategic")
        wizard = self._preview(method="total")
        self.assertEqual((wizard.go_count, wizard.stay_count), (8, 2))
        self.assertDecision(wizard, accounts[0], "stays", "reserved")
        self.assertDecision(wizard, accounts[1], "stays", "never")
        self.assertDecision(wizard, accounts[2], "goes", "file")

    def test_reserved_stay_beside_the_top(self):
        accounts = self._file(10)
        accounts[9].reserved = True
        wizard = self._preview()
        self.assertEqual((wizard.go_count, wizard.stay_count), (7, 3))
        self.assertDecision(wizard, accounts[0], "stays", "top")
        self.assertDecision(wizard, accounts[1], "stays", "top")
        self.assertDecision(wizard, accounts[9], "stays", "reserved")
        self.assertDecision(wizard, accounts[2], "goes", "rest")

    def test_share_kept_is_a_setting(self):
        self.company.collection_keep_share = 50.0
        self._file(10)
        self.assertEqual(self._preview().go_count, 5)

    def test_segment_always_goes_even_at_the_top(self):
        accounts = self._file(5)
        segment = self.env.ref("account_collection.segment_key_account")
        segment.delegation = "always"
        accounts[0].segment_id = segment
        wizard = self._preview()
        self.assertDecision(wizard, accounts[0], "goes", "always")

    def test_mandate_scope(self):
        accounts = self._file(4)
        sme = self.env.ref("account_collection.segment_sme")
        accounts[:3].write({"segment_id": sme.id})
        self.mandate.write({"segment_ids": [Command.set(sme.ids)]})
        self.mandate.min_days_overdue = 30
        fresh = accounts[1]
        fresh.item_ids.move_line_id.date_maturity = "2026-03-30"
        wizard = self._preview(method="total")
        self.assertDecision(wizard, accounts[0], "goes", "file")
        self.assertDecision(wizard, fresh, "stays", "not_late")
        self.assertDecision(wizard, accounts[3], "stays", "segment")

    def test_late_for_their_segment_only(self):
        accounts = self._file(2)
        segment = self.env.ref("account_collection.segment_vse")
        segment.delegate_after_days = 30
        accounts.write({"segment_id": segment.id})
        accounts[1].item_ids.move_line_id.date_maturity = "2026-03-02"
        wizard = self._preview(method="total", late_only=True)
        self.assertDecision(wizard, accounts[0], "goes", "file")
        self.assertDecision(wizard, accounts[1], "stays", "not_ripe")

    def test_insolvent_and_delegated_stay(self):
        accounts = self._file(3)
        accounts[0].insolvency_date = "2026-03-15"
        self._hand_over(accounts[1], self.other_mandate)
        wizard = self._preview(method="total")
        self.assertDecision(wizard, accounts[0], "stays", "insolvent")
        self.assertDecision(wizard, accounts[1], "placed", "delegated")
        self.assertDecision(wizard, accounts[2], "goes", "file")
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.account_id, accounts[2])
        self.assertEqual(accounts[1].mandate_id, self.other_mandate)

    def test_manual_takes_the_chosen(self):
        accounts = self._file(5)
        action = accounts[:2].with_user(self.manager_user).action_hand_over()
        wizard = (
            self.env["collection.handover"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"mandate_id": self.mandate.id})
        )
        self.assertEqual(wizard.method, "manual")
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.account_id, accounts[:2])
        self.assertDecision(wizard, accounts[0], "goes", "chosen")
        wizard.action_confirm()
        self.assertEqual(
            accounts.filtered(lambda a: a.delegation_state == "delegated"),
            accounts[:2],
        )

    def test_inactive_customers_are_no_candidates(self):
        self._file(1)
        old = self._customer("Old")
        invoice = self._invoice(old, 10.0, "2024-01-31")
        self._pay(invoice, date="2024-02-10")
        wizard = self._preview(method="total")
        self.assertNotIn(self.account_of(old), wizard.line_ids.account_id)

    def test_totals_of_both_sides(self):
        self._file(5, amount=1000.0)
        wizard = self._preview()
        self.assertEqual((wizard.go_count, wizard.stay_count), (4, 1))
        self.assertAlmostEqual(wizard.stay_open, 1005.0)
        self.assertAlmostEqual(wizard.go_open, 1001.0 + 1002 + 1003 + 1004)
        self.assertAlmostEqual(wizard.go_overdue, wizard.go_open)
        self.assertAlmostEqual(wizard.go_turnover, wizard.go_open)
        self.assertIn("80 %", wizard.summary)

    # ------------------------------------------------------------------
    # Recommendation
    # ------------------------------------------------------------------

    def test_recommendation_follows_the_thresholds(self):
        self._file(4)
        company = self.company
        wizard = self._wizard()
        self.assertEqual(wizard.active_count, 4)
        self.assertIn("by hand", wizard.recommendation)
        company.write({"collection_total_from": 2, "collection_partial_above": 4})
        wizard.invalidate_recordset()
        self.assertIn("4 active accounts", wizard.recommendation)
        self.assertIn("whole file", wizard.recommendation)
        company.write({"collection_total_from": 2, "collection_partial_above": 3})
        wizard.invalidate_recordset()
        self.assertIn("more than 3", wizard.recommendation)

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    def test_flip_by_hand(self):
        accounts = self._file(5)
        wizard = self._preview()
        self._line(wizard, accounts[0]).action_go()
        self._line(wizard, accounts[4]).decision = "stays"
        self.assertDecision(wizard, accounts[0], "goes", "by_hand")
        self.assertDecision(wizard, accounts[4], "stays", "by_hand")
        self._line(wizard, accounts[4]).decision = "goes"
        self.assertDecision(wizard, accounts[4], "goes", "rest")
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.account_id, accounts)

    def test_reserved_never_goes_by_hand(self):
        accounts = self._file(2)
        accounts[0].reserved = True
        wizard = self._preview(method="total")
        with self.assertRaisesRegex(ValidationError, "Customer 000.*Reserved"):
            self._line(wizard, accounts[0]).action_go()

    def test_reserved_after_the_preview(self):
        accounts = self._file(2)
        wizard = self._preview(method="total")
        accounts[0].reserved = True
        with self.assertRaisesRegex(UserError, "reserved"):
            wizard.action_confirm()

    # ------------------------------------------------------------------
    # Confirm
    # ------------------------------------------------------------------

    def test_confirm_once(self):
        self._file(2)
        wizard = self._preview(method="total")
        wizard.action_confirm()
        for action in ("action_confirm", "action_propose", "action_preview"):
            with self.assertRaisesRegex(UserError, "have been handed over"):
                getattr(wizard, action)()
        with self.assertRaisesRegex(UserError, "has been handed over"):
            wizard.placement_id.action_hand_over()

    def test_two_previews_of_the_same_accounts(self):
        self._file(2)
        first, second = self._preview(method="total"), self._preview(method="total")
        first.action_confirm()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            second.action_confirm()

    def test_mandate_must_run(self):
        self._file(1)
        wizard = self._preview(method="total")
        self.mandate.date_end = "2026-03-30"
        with self.assertRaisesRegex(UserError, "is not running today"):
            wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "is not running today"):
            self._preview(method="total")

    def test_nothing_to_do(self):
        with self.assertRaisesRegex(UserError, "no active account"):
            self._preview(method="total")
        with self.assertRaisesRegex(UserError, "Choose the accounts"):
            self._preview(method="manual")
        self._file(1).reserved = True
        with self.assertRaisesRegex(UserError, "No account goes"):
            self._preview(method="total").action_confirm()

    def test_date_in_the_future(self):
        with self.assertRaisesRegex(ValidationError, "in the future"):
            self._wizard(date="2026-04-01")

    def test_items_are_frozen(self):
        partner = self._customer("Two items")
        overdue = self._invoice(partner, 100.0, "2026-03-01")
        self._pay(overdue, amount=30.0, date="2026-03-10")
        self._invoice(partner, 50.0, "2026-04-15", date="2026-03-20")
        overdue.collection_item_ids.level_id = self.level_1
        self.account_of(partner).segment_id = self.ordinary
        wizard = self._preview(method="total")
        wizard.action_confirm()
        line = wizard.placement_id.line_ids
        self.assertRecordValues(line, [{"amount": 120.0, "amount_overdue": 70.0}])
        self.assertRecordValues(
            line.item_ids,
            [
                {
                    "item_id": overdue.collection_item_ids.id,
                    "amount": 70.0,
                    "days_overdue": 30,
                    "level_id": self.level_1.id,
                    "move_name": overdue.name,
                },
                {
                    "item_id": self.account_of(partner).item_ids[1].id,
                    "amount": 50.0,
                    "days_overdue": -15,
                    "level_id": False,
                    "move_name": self.account_of(partner).item_ids[1].move_id.name,
                },
            ],
        )
        self._pay(overdue, amount=20.0)
        self.assertEqual(line.item_ids[0].amount, 70.0, "frozen")

    def test_excluded_items_never_go(self):
        partner = self._customer("Excluded")
        goes = self._invoice(partner, 100.0, "2026-03-01")
        blocked = self._invoice(partner, 200.0, "2026-03-01")
        blocked.action_toggle_block_payment()
        quiet = self._invoice(partner, 400.0, "2026-03-01")
        self._receivable_lines(quiet).no_followup = True
        # a payment without an entry of its own waits for the bank statement
        paying = self._invoice(partner, 800.0, "2026-03-01")
        paying.payment_state = "in_payment"
        self.account_of(partner).segment_id = self.ordinary
        wizard = self._preview(method="total")
        wizard.action_confirm()
        self.assertEqual(
            wizard.placement_id.line_ids.item_ids.item_id, goes.collection_item_ids
        )
        self.assertEqual(wizard.placement_id.line_ids.amount, 100.0)
        self.assertTrue(goes.collection_delegated)
        self.assertFalse(
            (blocked | quiet | paying).collection_item_ids.filtered("delegated")
        )

    def test_hand_over_is_logged(self):
        account = self._file(1)
        self._preview(method="total").action_confirm()
        self.assertIn("Handed over to Provider One", account.message_ids[0].body)

    # ------------------------------------------------------------------
    # Proposal
    # ------------------------------------------------------------------

    def test_propose_then_hand_over(self):
        account = self._file(1)
        wizard = self._preview(method="total")
        wizard.action_propose()
        placement = wizard.placement_id
        self.assertEqual(account.delegation_state, "proposed")
        self.assertFalse(
            self.env["collection.account"].with_user(self.agent_user).search([])
        )
        self.assertFalse(account.item_ids.delegated)
        other = self._preview(method="total")
        self.assertDecision(other, account, "placed", "proposed")
        placement.with_user(self.manager_user).action_hand_over()
        self.assertEqual(account.delegation_state, "delegated")
        self.assertTrue(account.item_ids.delegated)

    def test_withdraw_a_proposal(self):
        account = self._file(1)
        wizard = self._preview(method="total")
        wizard.action_propose()
        wizard.placement_id.unlink()
        self.assertEqual(account.delegation_state, "in_house")
        self.assertFalse(account.mandate_id)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_managers_only(self):
        account = self._file(1)
        wizard = self._preview(method="total")
        for user in (self.collector_user, self.on_site_user, self.agent_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._wizard(user=user)
                with self.assertRaises(AccessError):
                    wizard.with_user(user).action_confirm()
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [Command.create({"account_id": account.id})],
            }
        )
        for action in ("action_hand_over", "action_propose"):
            with self.assertRaises(AccessError):
                getattr(placement.with_user(self.collector_user), action)()
        self.assertEqual(account.delegation_state, "in_house")

    def test_previews_are_private(self):
        self._file(1)
        wizard = self._preview(method="total")
        colleague = self._user("other_manager", "group_collection_manager")
        self.assertFalse(
            self.env["collection.handover.line"].with_user(colleague).search([])
        )
        with self.assertRaises(AccessError):
            wizard.with_user(colleague).action_confirm()

    def test_accounts_of_another_company(self):
        other = self.setup_other_company()
        partner = self._customer("Elsewhere")
        self._invoice(partner, 10.0, "2026-03-01", company_data=other)
        account = self.account_of(partner, other["company"])
        wizard = self.env["collection.handover"].create(
            {
                "mandate_id": self.mandate.id,
                "account_ids": [Command.set(account.ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "another company's: Elsewhere"):
            wizard.action_preview()

    # ------------------------------------------------------------------
    # Scale
    # ------------------------------------------------------------------

    def test_queries_do_not_grow_with_the_file(self):
        def count_queries():
            wizard = self._wizard(method="total")
            with self._count_queries() as counter:
                wizard.action_preview()
                wizard.action_confirm()
            return counter.total

        self._file(2)
        count_queries()  # caches of the registry
        self._file(3)
        few = count_queries()
        self._file(60)
        many = count_queries()
        self.assertLessEqual(many, few + 10)


@tagged("post_install", "-at_install")
class TestPlacementLedger(HandoverCommon):
    """A hand-over follows what happens in the ledger."""

    @classmethod
    @freeze_time("2026-03-31")
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 100.0, "2026-03-01")
        cls.account = cls.account_of(cls.customer)
        cls.placement = cls._hand_over(cls.account)
        cls.line = cls.placement.line_ids

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-31"))

    def assertWithProvider(self, invoices):
        self.assertEqual(self.line.state, "active")
        self.assertEqual(self.account.delegation_state, "delegated")
        self.assertEqual(self.account.mandate_id, self.mandate)
        self.assertEqual(self.account.item_ids.filtered("delegated").move_id, invoices)

    def assertBack(self, state):
        self.assertEqual(self.line.state, state)
        self.assertEqual(self.account.delegation_state, "in_house")
        self.assertFalse(self.account.mandate_id)
        self.assertFalse(self.account.item_ids.filtered("delegated"))

    def test_full_payment_closes_the_line(self):
        self._pay(self.invoice)
        self.assertBack("paid")
        self.assertEqual(self.placement.state, "closed")
        self.assertEqual(str(self.line.date_end), "2026-03-31")

    def test_partial_payment_does_not(self):
        self._pay(self.invoice, amount=99.0)
        self.assertWithProvider(self.invoice)

    def test_full_credit_note_closes_it_as_credited(self):
        refund = self._credit_note(self.customer, 100.0, "2026-03-31")
        self._reconcile(self.invoice, refund)
        self.assertBack("credited")

    def test_payment_and_credit_note_are_a_payment(self):
        self._pay(self.invoice, amount=60.0)
        refund = self._credit_note(self.customer, 40.0, "2026-03-31")
        self._reconcile(self.invoice, refund)
        self.assertBack("paid")

    def test_bounced_payment_brings_it_back(self):
        payment = self._pay(self.invoice)
        self.assertBack("paid")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertWithProvider(self.invoice)
        # acknowledged once, and for all
        self.assertEqual(self.placement.state, "accepted")
        self.assertIn(
            "With the provider again",
            "".join(self.account.message_ids.mapped("body")),
        )

    def test_items_bounce_one_after_the_other(self):
        self.mandate.new_item_rule = "all"
        second = self._invoice(self.customer, 40.0, "2026-03-05")
        payments = [self._pay(self.invoice), self._pay(second)]
        self.assertBack("paid")
        self._receivable_lines(payments[0].move_id).remove_move_reconcile()
        self.assertWithProvider(self.invoice)
        self._receivable_lines(payments[1].move_id).remove_move_reconcile()
        self.assertWithProvider(self.invoice | second)
        self.assertEqual(len(self.line.item_ids), 2, "each is held once")

    def test_bounce_after_a_recall_stays_in_house(self):
        payment = self._pay(self.invoice)
        self.assertBack("paid")
        again = self._hand_over(self.account, self.other_mandate)
        again.line_ids._take_back("recalled", "x")
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertBack("paid")

    def test_bounce_after_the_end_of_the_mandate(self):
        payment = self._pay(self.invoice)
        self.mandate.action_end()
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertBack("paid")

    def test_bounce_of_a_customer_reserved_since(self):
        payment = self._pay(self.invoice)
        self.account.reserved = True
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(self.line.state, "paid")
        self.assertEqual(self.account.delegation_state, "reserved")

    def test_new_invoices_follow_at_once(self):
        self.mandate.new_item_rule = "all"
        new = self._invoice(self.customer, 10.0, "2026-04-30", date="2026-03-31")
        self.assertWithProvider(self.invoice | new)
        item = self.line.item_ids.filtered("followed")
        self.assertEqual(item.item_id, new.collection_item_ids)
        self.assertEqual(self.line.amount, 100.0, "what was handed over")

    def test_new_invoices_follow_once_overdue(self):
        self.mandate.new_item_rule = "overdue"
        new = self._invoice(self.customer, 10.0, "2026-04-30", date="2026-03-31")
        self.assertWithProvider(self.invoice)
        with freeze_time("2026-04-30"):
            self.env["collection.account"]._cron_refresh()
            self.assertWithProvider(self.invoice)
        with freeze_time("2026-05-01"):
            self.env["collection.account"]._cron_refresh()
            self.assertWithProvider(self.invoice | new)

    def test_new_invoices_stay_in_house(self):
        self.mandate.new_item_rule = "none"
        self._invoice(self.customer, 10.0, "2026-02-28")
        self.env["collection.account"]._refresh()
        self.assertWithProvider(self.invoice)
        self._pay(self.invoice)
        self.assertBack("paid")

    def test_paid_account_returns_with_its_next_invoice(self):
        self.mandate.new_item_rule = "all"
        self._pay(self.invoice)
        self.assertBack("paid")
        new = self._invoice(self.customer, 10.0, "2026-04-30", date="2026-03-31")
        self.assertWithProvider(new)

    def test_excluded_new_invoices_do_not_follow(self):
        self.mandate.new_item_rule = "all"
        new = self._invoice(
            self.customer, 10.0, "2026-04-30", date="2026-03-31", post=False
        )
        new.no_followup = True
        new.action_post()
        self.assertWithProvider(self.invoice)

    def test_one_active_line_per_account(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.env["collection.placement"].create(
                {
                    "mandate_id": self.other_mandate.id,
                    "line_ids": [Command.create({"account_id": self.account.id})],
                }
            )

    def test_end_of_the_mandate_takes_all_back(self):
        other = self._file(1)
        proposal = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [Command.create({"account_id": other.id})],
            }
        )
        proposal.action_propose()
        self.mandate.with_user(self.manager_user).action_end()
        self.assertBack("expired")
        self.assertEqual(self.mandate.state, "ended")
        self.assertEqual(other.delegation_state, "in_house")
        self.assertEqual(
            (self.placement | proposal).mapped("state"), ["closed", "closed"]
        )
        self.assertFalse(
            self.env["collection.account"].with_user(self.agent_user).search([])
        )

    def test_mandates_end_by_themselves(self):
        self.mandate.date_end = "2026-04-15"
        with freeze_time("2026-04-15"):
            self.env["collection.mandate"]._cron_end_expired()
            self.assertEqual(self.line.state, "active")
        with freeze_time("2026-04-16"):
            self.env["collection.mandate"]._cron_end_expired()
            self.assertBack("expired")

    def test_handed_over_stays_on_record(self):
        with self.assertRaisesRegex(UserError, "stays on record"):
            self.placement.unlink()
