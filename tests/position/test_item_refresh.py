import runpy

from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, file_path
from odoo.tools.sql import table_columns

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestItemRefresh(CollectionCommon):
    """The position follows the ledger in the transaction that changes it."""

    #: it is about what posting does
    copies_invoices = False

    def _items(self, invoice):
        return invoice.collection_item_ids.sorted("date_due")

    def assertPosition(self, partner, **amounts):
        """The account's figures are the expected ones, and are what a full refresh
        would make of them."""
        account = self.account_of(partner)
        self.assertRecordValues(account, [amounts])
        self.assertEqual(
            self.env["collection.account"]._refresh(), 0, "the position was not true"
        )

    def test_handing_over_writes_no_index(self):
        """A file has a hundred thousand items, and each index of them costs."""
        self.env.cr.execute(
            """
            SELECT indexdef FROM pg_indexes
             WHERE tablename = 'collection_item' AND indexdef ~ 'delegated|placement'
            """
        )
        self.assertFalse(self.env.cr.fetchall())
        self.env.cr.execute(
            "SELECT reloptions FROM pg_class WHERE relname = 'collection_item'"
        )
        self.assertIn("fillfactor=75", self.env.cr.fetchone()[0])

    def test_what_earlier_versions_kept_goes(self):
        names = (
            "collection_item__contact_id_index",
            "collection_item__partner_id_index",
        )
        cr = self.env.cr
        for name, column in zip(names, ("contact_id", "partner_id"), strict=True):
            cr.execute(
                SQL(
                    "CREATE INDEX IF NOT EXISTS %s ON collection_item (%s)",
                    SQL.identifier(name),
                    SQL.identifier(column),
                )
            )
        cr.execute(
            "ALTER TABLE collection_item"
            " ADD COLUMN IF NOT EXISTS placement_line_id integer"
        )
        path = file_path("account_collection/migrations/19.0.1.1.0/post-items.py")
        runpy.run_path(path)["migrate"](cr, "19.0.1.0.0")
        cr.execute("SELECT 1 FROM pg_indexes WHERE indexname IN %s", [names])
        self.assertFalse(cr.fetchall())
        self.assertNotIn("placement_line_id", table_columns(cr, "collection_item"))

    # ------------------------------------------------------------------
    # Posting and what undoes it
    # ------------------------------------------------------------------

    def test_post_opens_an_item(self):
        self.assertFalse(self.account_of(self.customer))
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        item = self._items(invoice)
        self.assertRecordValues(
            item,
            [
                {
                    "move_line_id": self._receivable_lines(invoice).id,
                    "account_id": self.account_of(self.customer).id,
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "amount_total": 1000.0,
                    "amount_residual": 1000.0,
                    "amount_residual_company": 1000.0,
                    "state": "open",
                    "days_overdue": 30,
                    "age_bucket": "d1_30",
                    "delegated": False,
                }
            ],
        )
        self.assertPosition(
            self.customer,
            amount_open=1000.0,
            amount_overdue=1000.0,
            amount_credit=0.0,
            days_overdue=30,
        )

    def test_draft_and_vendor_documents_open_nothing(self):
        draft = self._invoice(self.customer, 1000.0, "2026-03-01", post=False)
        self.assertFalse(draft.collection_item_ids)
        bill = self._invoice(
            self.customer,
            1000.0,
            "2026-03-01",
            move_type="in_invoice",
            journal_id=self.company_data["default_journal_purchase"].id,
        )
        self.assertFalse(bill.collection_item_ids)
        self.assertFalse(self.account_of(self.customer))

    def test_reset_to_draft_and_post_again(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        item = self._items(invoice)
        item.level_id = self.level_1
        invoice.button_draft()
        self.assertEqual(item.state, "closed")
        self.assertPosition(self.customer, amount_open=0.0, amount_overdue=0.0)
        invoice.invoice_line_ids.price_unit = 800.0
        invoice.action_post()
        item = self._items(invoice)
        self.assertRecordValues(item, [{"state": "open", "amount_residual": 800.0}])
        self.assertPosition(self.customer, amount_open=800.0, amount_overdue=800.0)

    def test_cancel(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self.env.cr.flush()
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(set(self._items(invoice).mapped("state")), {"closed"})
        self.assertPosition(self.customer, amount_open=0.0)

    def test_delete_draft(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        kept = self._invoice(self.customer, 50.0, "2026-03-01")
        item = self._items(invoice)
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(item.exists())
        self.assertEqual(self.account_of(self.customer).item_ids, self._items(kept))
        self.assertPosition(self.customer, amount_open=50.0)

    # ------------------------------------------------------------------
    # Payments
    # ------------------------------------------------------------------

    def test_partial_then_full_payment_then_undone(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        item = self._items(invoice)
        first = self._pay(invoice, 400.0, "2026-03-10")
        self.assertRecordValues(item, [{"state": "open", "amount_residual": 600.0}])
        self.assertPosition(self.customer, amount_open=600.0, amount_credit=0.0)
        self._pay(invoice, date="2026-03-20")
        self.assertRecordValues(item, [{"state": "closed", "amount_residual": 0.0}])
        self.assertPosition(
            self.customer, amount_open=0.0, amount_overdue=0.0, oldest_due_date=False
        )
        self._receivable_lines(first.move_id).remove_move_reconcile()
        self.assertRecordValues(item, [{"state": "open", "amount_residual": 400.0}])
        self.assertPosition(self.customer, amount_open=400.0, amount_credit=400.0)
        first.action_draft()
        self.assertPosition(self.customer, amount_open=400.0, amount_credit=0.0)

    def test_one_payment_for_several_invoices(self):
        invoices = self._invoice(self.customer, 100.0, "2026-03-01")
        invoices |= self._invoice(self.customer, 200.0, "2026-03-05")
        payment = self._payment(self.customer, 250.0, "2026-03-20")
        self._reconcile(*invoices, payment.move_id)
        self.assertRecordValues(
            invoices.collection_item_ids.sorted("date_due"),
            [
                {"state": "closed", "amount_residual": 0.0},
                {"state": "open", "amount_residual": 50.0},
            ],
        )
        self.assertPosition(self.customer, amount_open=50.0, amount_credit=0.0)

    def test_credits_never_reduce_an_item(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        credit_note = self._credit_note(self.customer, 200.0, "2026-03-15")
        self._payment(self.customer, 30.0, "2026-03-16")
        self.assertFalse(credit_note.collection_item_ids)
        self.assertEqual(self._items(invoice).amount_residual, 1000.0)
        self.assertPosition(
            self.customer,
            amount_open=1000.0,
            amount_overdue=1000.0,
            amount_credit=230.0,
        )
        self._reconcile(invoice, credit_note)
        self.assertEqual(self._items(invoice).amount_residual, 800.0)
        self.assertPosition(self.customer, amount_open=800.0, amount_credit=30.0)

    def test_overpayment_is_a_credit(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self._pay(invoice, 1100.0, "2026-03-10")
        self.assertPosition(self.customer, amount_open=0.0, amount_credit=100.0)

    def test_foreign_currency_with_exchange_difference(self):
        dollar = self.setup_other_currency(
            "USD", rates=[("2026-01-01", 1.25), ("2026-03-01", 1.0)]
        )
        invoice = self._invoice(
            self.customer, 1000.0, "2026-03-01", date="2026-01-30", currency=dollar
        )
        item = self._items(invoice)
        self.assertRecordValues(
            item,
            [
                {
                    "currency_id": dollar.id,
                    "amount_residual": 1000.0,
                    "amount_residual_company": 800.0,
                }
            ],
        )
        self.assertPosition(self.customer, amount_open=800.0)
        payment = self._pay(invoice, 400.0, "2026-03-10", currency=dollar)
        self.assertRecordValues(
            item, [{"amount_residual": 600.0, "amount_residual_company": 480.0}]
        )
        self._pay(invoice, 600.0, "2026-03-20", currency=dollar)
        self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
        self.assertRecordValues(
            item,
            [{"state": "closed", "amount_residual": 0, "amount_residual_company": 0}],
        )
        self.assertPosition(self.customer, amount_open=0.0, amount_credit=0.0)
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(item.amount_residual, 400.0)
        self.assertEqual(
            item.amount_residual_company, item.move_line_id.amount_residual
        )
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_credit_note_that_reverses_an_invoice(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self._reverse_invoice(invoice, post=True)
        credit_note = invoice.reversal_move_ids
        if invoice.amount_residual:
            self._reconcile(invoice, credit_note)
        self.assertEqual(self._items(invoice).state, "closed")
        self.assertPosition(self.customer, amount_open=0.0, amount_credit=0.0)

    # ------------------------------------------------------------------
    # Other changes of the ledger
    # ------------------------------------------------------------------

    def test_payment_terms_make_one_item_per_due_date(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Three instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 30.0, "nb_days": 30}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 30.0, "nb_days": 60}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 40.0, "nb_days": 90}
                    ),
                ],
            }
        )
        invoice = self._invoice(
            self.customer,
            1000.0,
            "2026-04-10",
            date="2026-01-10",
            invoice_payment_term_id=terms.id,
        )
        self.assertEqual(
            self._items(invoice).mapped("amount_residual"), [300.0, 300.0, 400.0]
        )
        self.assertEqual(
            self._items(invoice).mapped("days_overdue"),
            [50, 20, -10],
        )
        self.assertPosition(self.customer, amount_open=1000.0, amount_overdue=600.0)
        self._pay(invoice, 350.0, "2026-02-20")
        self.assertEqual(
            self._items(invoice).mapped("amount_residual"), [0.0, 250.0, 400.0]
        )
        self.assertPosition(self.customer, amount_open=650.0, amount_overdue=250.0)

    def test_due_date_changed_on_a_posted_invoice(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self._receivable_lines(invoice).date_maturity = "2026-04-30"
        self.assertEqual(self._items(invoice).days_overdue, -30)
        self.assertPosition(self.customer, amount_open=1000.0, amount_overdue=0.0)
        invoice.invoice_date_due = "2026-03-30"
        self.assertEqual(self._items(invoice).days_overdue, 1)
        self.assertPosition(self.customer, amount_open=1000.0, amount_overdue=1000.0)

    def test_due_today_is_not_overdue(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-31")
        self._invoice(self.customer, 10.0, "2026-03-30")
        self.assertRecordValues(
            self._items(invoice), [{"days_overdue": 0, "age_bucket": "not_due"}]
        )
        self.assertPosition(
            self.customer, amount_open=1010.0, amount_overdue=10.0, days_overdue=1
        )

    def test_contact_belongs_to_its_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts payable", "parent_id": self.customer.id}
        )
        invoice = self._invoice(contact, 1000.0, "2026-03-01")
        self.assertEqual(
            self._items(invoice).account_id, self.account_of(self.customer)
        )
        self.assertPosition(self.customer, amount_open=1000.0)

    def test_partner_changed_on_a_posted_entry(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        item = self._items(invoice)
        item.level_id = self.level_1
        self._receivable_lines(invoice).partner_id = self.other_customer
        # another debtor: a new item, which starts at nothing
        self.assertNotEqual(self._items(invoice), item)
        item = self._items(invoice)
        self.assertEqual(item.account_id, self.account_of(self.other_customer))
        self.assertFalse(item.level_id)
        self.assertPosition(self.customer, amount_open=0.0, days_overdue=0)
        self.assertPosition(self.other_customer, amount_open=1000.0)

    def test_contact_moves_to_another_company(self):
        contact = self.env["res.partner"].create({"name": "Branch"})
        invoice = self._invoice(contact, 1000.0, "2026-03-01")
        self.assertPosition(contact, amount_open=1000.0)
        item = self._items(invoice)
        contact.parent_id = self.customer
        self.env["collection.account"]._refresh()
        self.assertEqual(
            item.account_id.partner_id, item.partner_id.commercial_partner_id
        )
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_no_followup_keeps_the_position(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self._receivable_lines(invoice).no_followup = True
        self.assertTrue(self._items(invoice).no_followup)
        self.assertPosition(self.customer, amount_open=1000.0)

    def test_miscellaneous_entries(self):
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-02-01",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_receivable"
                            ].id,
                            "partner_id": self.customer.id,
                            "debit": 300.0,
                            "date_maturity": "2026-02-28",
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_receivable"
                            ].id,
                            "partner_id": self.other_customer.id,
                            "credit": 100.0,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "credit": 200.0,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.assertRecordValues(
            entry.collection_item_ids, [{"amount_residual": 300.0, "days_overdue": 31}]
        )
        self.assertPosition(self.customer, amount_open=300.0, amount_overdue=300.0)
        self.assertPosition(self.other_customer, amount_open=0.0, amount_credit=100.0)
        entry.button_draft()
        self.assertPosition(self.other_customer, amount_credit=0.0)
        self.assertPosition(self.customer, amount_open=0.0)

    # ------------------------------------------------------------------
    # Rebuilding
    # ------------------------------------------------------------------

    def _corruptible(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        self._pay(invoice, 100.0, "2026-03-10")
        self._credit_note(self.customer, 50.0, "2026-03-15")
        paid = self._invoice(self.customer, 70.0, "2026-02-01")
        self._pay(paid, date="2026-03-10")
        self.env.flush_all()
        return invoice, paid

    def _read_position(self):
        account = self.account_of(self.customer)
        return (
            account.read(
                [
                    "amount_open",
                    "amount_overdue",
                    "amount_credit",
                    "amount_disputed",
                    "oldest_due_date",
                    "level_id",
                    "amount_1_30",
                ]
            ),
            sorted(
                account.item_ids.mapped(
                    lambda item: (
                        item.move_line_id.id,
                        item.state,
                        item.partner_id.id,
                        item.currency_id.id,
                        item.date_due,
                        item.amount_total,
                        item.amount_residual,
                        item.amount_residual_company,
                    )
                )
            ),
        )

    def test_refresh_changes_nothing_that_is_true(self):
        self._corruptible()
        self.assertEqual(self.env["collection.account"]._refresh(), 0)
        self.assertEqual(
            self.env["collection.account"]._refresh(self.account_of(self.customer)), 0
        )

    def test_refresh_repairs_every_corruption(self):
        invoice, paid = self._corruptible()
        item, closed = self._items(invoice), self._items(paid)
        account = item.account_id
        other = self._invoice(self.other_customer, 5.0, "2026-03-01")
        truth = self._read_position()
        statements = [
            ("UPDATE collection_item SET state = 'closed' WHERE id = %s", item.id),
            ("UPDATE collection_item SET state = 'open' WHERE id = %s", closed.id),
            ("UPDATE collection_item SET amount_residual = 1 WHERE id = %s", item.id),
            ("UPDATE collection_item SET amount_total = 1 WHERE id = %s", item.id),
            (
                "UPDATE collection_item SET amount_residual_company = 1 WHERE id = %s",
                item.id,
            ),
            (
                "UPDATE collection_item SET date_due = '2020-01-01' WHERE id = %s",
                item.id,
            ),
            (
                "UPDATE collection_item SET partner_id = "
                f"{self.other_customer.id} WHERE id = %s",
                item.id,
            ),
            (
                "UPDATE collection_item SET account_id = "
                f"{self._items(other).account_id.id} WHERE id = %s",
                item.id,
            ),
            ("UPDATE collection_account SET amount_open = 1 WHERE id = %s", account.id),
            (
                "UPDATE collection_account SET amount_overdue = NULL WHERE id = %s",
                account.id,
            ),
            (
                "UPDATE collection_account SET amount_credit = 7 WHERE id = %s",
                account.id,
            ),
            (
                "UPDATE collection_account SET amount_disputed = 7 WHERE id = %s",
                account.id,
            ),
            (
                "UPDATE collection_account SET oldest_due_date = NULL WHERE id = %s",
                account.id,
            ),
            (
                f"UPDATE collection_account SET level_id = {self.level_1.id}"
                " WHERE id = %s",
                account.id,
            ),
            # last, because what is rebuilt has another id
            ("DELETE FROM collection_item WHERE id = %s", item.id),
            ("DELETE FROM collection_item WHERE id = %s", closed.id),
        ]
        for statement, record_id in statements:
            with self.subTest(statement):
                self.env.cr.execute(statement, [record_id])
                self.env.invalidate_all()
                self.assertGreater(self.env["collection.account"]._refresh(), 0)
                self.assertEqual(self._read_position(), truth)
                self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_refresh_of_one_account_repairs_it(self):
        invoice, _paid = self._corruptible()
        account = self.account_of(self.customer)
        truth = self._read_position()
        self.env.cr.execute(
            "DELETE FROM collection_item WHERE id = %s", [self._items(invoice).id]
        )
        self.env.cr.execute(
            "UPDATE collection_account SET amount_open = 3 WHERE id = %s", [account.id]
        )
        self.env.invalidate_all()
        account.with_user(self.collector_user).action_refresh()
        self.assertEqual(self._read_position(), truth)

    def test_refresh_rebuilds_everything(self):
        self._corruptible()
        truth = self._read_position()
        self.env.cr.execute("DELETE FROM collection_item")
        self.env.cr.execute("DELETE FROM collection_account")
        self.env.invalidate_all()
        self.env["collection.account"]._refresh()
        rebuilt = self._read_position()
        for row in (*truth[0], *rebuilt[0]):
            row.pop("id")
        self.assertEqual(rebuilt, truth)

    def test_day_rollover(self):
        self._invoice(self.customer, 1000.0, "2026-03-31")
        account = self.account_of(self.customer)
        self.assertEqual(account.amount_overdue, 0.0)
        with freeze_time("2026-04-01"):
            self.env["collection.account"]._cron_refresh()
            self.assertRecordValues(
                account, [{"amount_overdue": 1000.0, "amount_open": 1000.0}]
            )
            self.assertEqual(self.env["collection.account"]._refresh(), 0)

    # ------------------------------------------------------------------
    # Rights and cost
    # ------------------------------------------------------------------

    def test_an_accountant_needs_no_right_of_ours(self):
        """Who posts and reconciles may know nothing of collections."""
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01", post=False)
        invoice.with_user(self.accountant_user).action_post()
        payment = self._payment(self.customer, 1000.0, "2026-03-10")
        self._receivable_lines(invoice | payment.move_id).with_user(
            self.accountant_user
        ).reconcile()
        self.assertEqual(self._items(invoice).state, "closed")
        self._receivable_lines(invoice).with_user(
            self.accountant_user
        ).remove_move_reconcile()
        self.assertEqual(self._items(invoice).state, "open")
        invoice.with_user(self.accountant_user).button_draft()
        self.assertEqual(self._items(invoice).state, "closed")

    def test_position_follows_before_it_is_read(self):
        """Whatever was read before, and by whichever way it is read afterwards."""
        customer = self._customer("Read before")
        self.assertFalse(customer.collection_account_id)
        accounts = self.env["collection.account"].sudo()
        number = accounts.search_count([])
        invoice = self._invoice(customer, 1000.0, "2026-03-01")
        self.assertEqual(accounts.search_count([]), number + 1)
        account = customer.collection_account_id
        item = account.item_ids
        self.assertEqual((account.amount_open, item.state), (1000.0, "open"))
        payment = self._payment(customer, 400.0, "2026-03-10")
        lines = self._receivable_lines(invoice | payment.move_id)
        lines.reconcile()
        self.assertEqual(account.amount_open, 600.0)
        lines.remove_move_reconcile()
        self.assertEqual(item.amount_residual, 1000.0)
        self.assertEqual(account.amount_credit, 400.0)
        lines.reconcile()
        [[total]] = accounts._read_group(
            [("id", "=", account.id)], aggregates=["amount_open:sum"]
        )
        self.assertEqual(total, 600.0)

    def test_position_follows_when_the_transaction_is_saved(self):
        customer = self._customer("Never read")
        count = SQL(
            "SELECT COUNT(*) FROM collection_account WHERE partner_id = %s", customer.id
        )
        invoice = self._invoice(customer, 1000.0, "2026-03-01", post=False)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            invoice._post()
            self.env.flush_all()
            raise ZeroDivisionError
        self.env.cr.flush()
        self.assertEqual(self.env.execute_query(count), [(0,)])
        with self.env.cr.savepoint():
            invoice._post()
        self.assertEqual(self.env.execute_query(count), [(1,)])

    def test_touched_lines_may_be_gone(self):
        invoice = self._invoice(self.customer, 1000.0, "2026-03-01")
        invoice.button_draft()
        invoice.unlink()
        self.env.cr.flush()
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_number_of_queries_does_not_grow(self):
        def drafts(count):
            moves = self.env["account.move"]
            for position in range(count):
                moves |= self._invoice(
                    self._customer(f"Customer {position}"),
                    100.0,
                    "2026-03-01",
                    post=False,
                )
            return moves

        # the companies' days are known from now on, whichever test came before
        self._position_queries(drafts(1)._post)
        one, many = drafts(1), drafts(50)
        self.assertEqual(
            self._position_queries(one._post), self._position_queries(many._post)
        )

        def reconcile(moves):
            payments = self.env["account.payment"]
            for move in moves:
                payments |= self._payment(move.partner_id, 100.0, "2026-03-10")
            lines = [
                self._receivable_lines(move | payment.move_id)
                for move, payment in zip(moves, payments, strict=True)
            ]
            self.env.flush_all()
            return lambda: self.env["account.move.line"]._reconcile_plan(lines)

        self.assertLessEqual(
            self._position_queries(reconcile(many)),
            self._position_queries(reconcile(one)),
        )
        self.assertEqual(self.env["collection.account"]._refresh(), 0)
