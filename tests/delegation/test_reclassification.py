# pylint: disable=translation-required  # what a test says, nobody reads
from datetime import date

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import MergeCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestReclassification(MergeCommon):
    """Doubtful debts stand on another account of the ledger and are owed as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._user(
            "collection_chart",
            "account.group_account_manager,account.group_account_user",
        )
        # as the French chart has it: 416, current asset, reconciled
        cls.doubtful = cls.env["account.account"].create(
            {
                "name": "Doubtful customers",
                "code": "416000",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        cls.second = cls._invoice(cls.customer, 250.0, "2026-01-15")
        cls.second_item = cls.second.collection_item_ids
        cls.journal = cls.company_data["default_journal_misc"]

    def _change_account(self, moves, account=None, day="2026-03-31"):
        lines = self._receivable_lines(moves)
        wizard = (
            self.env["account.automatic.entry.wizard"]
            .with_user(self.accountant)
            .with_context(active_model="account.move.line", active_ids=lines.ids)
            .create(
                {
                    "action": "change_account",
                    "date": day,
                    "journal_id": self.journal.id,
                    "destination_account_id": (account or self.doubtful).id,
                }
            )
        )
        entry = self.env["account.move"].browse(wizard.do_action()["res_id"])
        self._save()
        return entry.with_user(self.env.user)

    def _save(self):
        self.env["collection.account"]._flush_all()
        self.env.invalidate_all()

    def _promise(self, item):
        return self.env["collection.promise"].create(
            {
                "account_id": item.account_id.id,
                "amount": item.amount_residual,
                "date_promised": "2026-04-10",
                "item_ids": [Command.set(item.ids)],
            }
        )

    def test_debt_stays_what_it_is(self):
        self.second_item.write(
            {"level_id": self.level_2.id, "level_date": "2026-03-10"}
        )
        promise = self._promise(self.item)
        placement = self._hand_over(self.account)
        lines = self._receivable_lines(self.invoice | self.second)
        entry = self._change_account(self.invoice | self.second)
        self.assertRecordValues(
            self.item | self.second_item,
            [
                {
                    "state": "open",
                    "move_id": move.id,
                    "invoice_date": move.date,
                    "date_due": due,
                    "amount_total": amount,
                    "amount_residual": amount,
                    "delegated": True,
                    "placement_line_id": placement.line_ids.id,
                    "level_id": level,
                    "promise_id": promised,
                }
                for move, due, amount, level, promised in (
                    (self.invoice, date(2026, 2, 1), 1000.0, False, promise.id),
                    (self.second, date(2026, 1, 15), 250.0, self.level_2.id, False),
                )
            ],
        )
        there = (self.item | self.second_item).move_line_id
        self.assertEqual(there.move_id, entry)
        self.assertEqual(there.account_id, self.doubtful)
        moved = self.env["collection.moved.debt"].search([("line_id", "in", there.ids)])
        self.assertEqual(moved.origin_line_id, lines)
        self.assertEqual(self.account.amount_open, 1250.0)
        self.assertFalse(self.account.amount_credit)
        self.assertEqual(self.account.oldest_due_date, date(2026, 1, 15))
        self.assertEqual(promise.state, "open")
        self.assertEqual(placement.line_ids.state, "active")
        # the ledger says what core's entry says: settled there, owed here
        self.assertTrue(all(lines.mapped("reconciled")))
        self.assertEqual(sum(there.mapped("balance")), 1250.0)
        self.assertFalse(self.env["collection.receipt.source"]._get_differences())
        self._assert_true()

    def test_it_is_dunned_and_paid(self):
        self._change_account(self.invoice)
        run = self._run("2026-03-31")
        self.assertIn(self.item, run.letter_ids.line_ids.item_id)
        promise = self._promise(self.item)
        payment = self._payment(self.customer, 1000.0, "2026-04-01")
        payment.move_id.button_draft()
        payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).account_id = self.doubtful
        payment.move_id.action_post()
        self._save()
        # not matched yet
        self.assertEqual(self.account.amount_credit, 1000.0)
        (
            self.item.move_line_id
            | payment.move_id.line_ids.filtered(
                lambda line: line.account_id == self.doubtful
            )
        ).reconcile()
        self._save()
        self.assertEqual(self.item.state, "closed")
        self.assertFalse(self.account.amount_credit)
        self.assertEqual(promise.state, "kept")
        self.assertEqual(promise.amount_received, 1000.0)
        self.assertFalse(self.env["collection.receipt.source"]._get_differences())
        self._assert_true()

    def test_and_back_again(self):
        for undo in ("draft", "reverse"):
            with self.subTest(undo):
                self.item.level_id = self.level_1
                entry = self._change_account(self.invoice)
                self.assertEqual(self.item.move_line_id.move_id, entry)
                if undo == "draft":
                    entry.button_draft()
                    entry.unlink()
                else:
                    entry._reverse_moves(cancel=True)
                self._save()
                self.assertRecordValues(
                    self.item,
                    [
                        {
                            "state": "open",
                            "level_id": self.level_1.id,
                            "date_due": date(2026, 2, 1),
                            "move_line_id": self._receivable_lines(self.invoice).id,
                            "move_id": self.invoice.id,
                        }
                    ],
                )
                self.assertEqual(self.account.amount_open, 1250.0)
                self._assert_true()

    def test_moved_twice(self):
        """From doubtful to another receivable account: still the invoice's debt."""
        other = self.company_data["default_account_receivable"].copy({"code": "411900"})
        entry = self._change_account(self.invoice)
        lines = self.item.move_line_id
        self.assertEqual(lines.move_id, entry)
        wizard = (
            self.env["account.automatic.entry.wizard"]
            .with_context(active_model="account.move.line", active_ids=lines.ids)
            .create(
                {
                    "action": "change_account",
                    "date": "2026-03-31",
                    "journal_id": self.journal.id,
                    "destination_account_id": other.id,
                }
            )
        )
        wizard.do_action()
        self._save()
        self.assertEqual(self.item.move_line_id.account_id, other)
        self.assertEqual(self.item.move_id, self.invoice)
        self.assertEqual(self.item.date_due, date(2026, 2, 1))
        self.assertFalse(other.collection_scope)
        self._assert_true()

    def test_foreign_currency(self):
        dollar = self._enable_currency("USD")
        invoice = self._invoice(self.customer, 400.0, "2026-02-20", currency=dollar)
        item = invoice.collection_item_ids
        before = item.read(["amount_residual", "amount_residual_company"])
        self._change_account(invoice | self.invoice)
        self.assertEqual(
            item.read(["amount_residual", "amount_residual_company"]), before
        )
        self.assertEqual(item.currency_id, dollar)
        self.assertEqual(item.state, "open")
        self._assert_true()

    def test_what_stood_there_before_is_left_alone(self):
        """Who moved debts by hand in the past is not dunned for it of a sudden."""
        entry = self.env["account.move"].create(
            {
                "date": "2025-01-10",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": self.customer.id,
                            "balance": balance,
                        }
                    )
                    for account, balance in (
                        (self.doubtful, 9.0),
                        (self.company_data["default_account_revenue"], -9.0),
                    )
                ],
            }
        )
        entry.action_post()
        self._change_account(self.invoice)
        self.assertEqual(self.doubtful.collection_scope, "moved")
        self.assertFalse(entry.collection_item_ids)
        self.assertEqual(self.account.amount_open, 1250.0)
        # but a manager may say so
        self.doubtful.collection_scope = "all"
        self._save()
        self.assertEqual(entry.collection_item_ids.amount_residual, 9.0)
        self._assert_true()

    def test_account_that_is_not_reconciled(self):
        """Nobody can tell what is owed there: moved debts are written off."""
        lost = self.env["account.account"].create(
            {"name": "Lost", "code": "417000", "account_type": "asset_current"}
        )
        self._change_account(self.invoice, lost)
        self.assertEqual(self.item.state, "closed")
        self.assertFalse(lost.collection_scope)
        with self.assertRaisesRegex(ValidationError, "reconciliation"):
            lost.collection_scope = "all"

    def test_type_of_an_account(self):
        self.second_item.level_id = self.level_2
        promise = self._promise(self.second_item)
        placement = self._hand_over(self.account)
        receivable = self._receivable_lines(self.second).account_id
        own = receivable.copy({"code": "411800"})
        line = self._receivable_lines(self.second)
        self.second.button_draft()
        line.account_id = own
        self.second.action_post()
        self._save()
        for account_type in ("asset_current", "asset_receivable"):
            own.with_user(self.accountant).account_type = account_type
            self._save()
            self.assertRecordValues(
                self.second_item,
                [
                    {
                        "state": "open",
                        "level_id": self.level_2.id,
                        "promise_id": promise.id,
                        "delegated": True,
                        "amount_residual": 250.0,
                    }
                ],
            )
            self.assertEqual(placement.line_ids.state, "active")
            self._assert_true()
        own.collection_scope = False
        own.account_type = "asset_current"
        self._save()
        self.assertEqual(self.second_item.state, "open")
        own.collection_scope = False
        self._save()
        self.assertEqual(self.second_item.state, "closed")
        self._assert_true()

    def test_invoice_that_is_deleted(self):
        entry = self._change_account(self.invoice)
        self.item.level_id = self.level_1
        self.invoice.button_draft()
        self.invoice.name = False
        self.invoice.unlink()
        self._save()
        self.assertEqual(self.item.move_id, entry)
        self.assertEqual(self.item.level_id, self.level_1)
        self.assertEqual(self.item.amount_residual, 1000.0)
        self._assert_true()
