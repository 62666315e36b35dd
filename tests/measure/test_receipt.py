import random
from ast import literal_eval
from collections import defaultdict
from datetime import date
from decimal import Decimal

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..receipt.common import ReceiptCommon

DAY = "2026-03-31"


class MeasureCommon(ReceiptCommon):
    """Receipts as people read them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.Receipt = cls.env["collection.receipt"]

    def _receipts(self, *moves, domain=()):
        items = self.env["collection.item"].search(
            [("move_id", "in", [move.id for move in moves])] if moves else []
        )
        return self.Receipt.search(
            [("item_id", "in", items.ids), *domain], order="date, amount desc, id"
        )

    def _said(self, *moves):
        """(day, kind, amount, days late) of the receipts of `moves`."""
        return [
            (str(row.date), row.kind, row.amount, row.days_late)
            for row in self._receipts(*moves)
        ]

    def assertStands(self):
        """What is read is what the source finds, and nothing is left to do."""
        self.Receipt._bring_up_to_date()
        self.assertEqual(self.Receipt._get_differences(), [])
        self.assertEqual(self.Receipt._refresh(), 0)

    def _bank_statement(self, payment, day, account):
        """The statement of the bank that has a payment waiting on `account`."""
        statement = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": day,
                "payment_ref": "Nord",
                "amount": payment.amount,
                "partner_id": payment.partner_id.id,
            }
        )
        suspense = statement.move_id.line_ids.filtered(
            lambda line: line.account_id == self.bank_journal.suspense_account_id
        )
        suspense.account_id = account
        waiting = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        (waiting | suspense).reconcile()
        return waiting

    @classmethod
    def _outstanding(cls):
        account = cls.env["account.account"].create(
            {
                "name": "Outstanding receipts",
                "code": "511999",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        cls.bank_journal.inbound_payment_method_line_ids.payment_account_id = account
        return account


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestReceipt(MeasureCommon):
    def tearDown(self):
        self.assertStands()
        super().tearDown()

    # ------------------------------------------------------------------
    # True before it is read
    # ------------------------------------------------------------------

    def test_read_in_the_same_transaction(self):
        self.assertEqual(self._said(self.invoice), [])
        payment = self._pay(self.invoice, 300.0, "2026-03-05")
        self.assertEqual(self._said(self.invoice), [("2026-03-05", "money", 300.0, 32)])
        self._receivable_lines(payment.move_id).remove_move_reconcile()
        self.assertEqual(self._said(self.invoice), [])

    def test_every_door(self):
        """Whatever way somebody reads, they read what is true."""
        domain = [("account_id", "=", self.account.id)]
        doors = {
            "search_count": lambda: self.Receipt.search_count(domain),
            "_read_group": lambda: self.Receipt._read_group(domain, [], ["__count"])[0][
                0
            ],
            "formatted_read_group": lambda: self.Receipt.formatted_read_group(
                domain, [], ["__count"]
            )[0]["__count"],
            "formatted_read_grouping_sets": lambda: (
                self.Receipt.formatted_read_grouping_sets(domain, [[]], ["__count"])[0][
                    0
                ]["__count"]
            ),
            "web_read_group": lambda: self.Receipt.web_read_group(
                domain, ["kind"], ["__count"]
            )["groups"][0]["__count"],
            "web_search_read": lambda: self.Receipt.web_search_read(domain, {})[
                "length"
            ],
            "search_read": lambda: len(self.Receipt.search_read(domain, ["amount"])),
            "search": lambda: len(self.Receipt.search(domain)),
            "by another model": lambda: (
                self.env["collection.account"].search_count(
                    [("id", "=", self.account.id)]
                )
                and len(self.Receipt.sudo().search(domain))
            ),
        }
        for number, (door, read) in enumerate(doors.items(), start=1):
            with self.subTest(door=door):
                self._pay(self.invoice, 10.0, "2026-03-05")
                self.assertEqual(read(), number)

    def test_reader_who_may_not_write(self):
        self._pay(self.invoice, 300.0, "2026-03-05")
        self.env.flush_all()
        self.patch(type(self.cr), "readonly", True)
        self.assertEqual(self.Receipt.search_count([]), 0)
        self.patch(type(self.cr), "readonly", False)
        self.assertEqual(self.Receipt.search_count([]), 1)
        for name in (
            "formatted_read_group",
            "formatted_read_grouping_sets",
            "read",
            "search_read",
            "web_read",
            "web_read_group",
            "web_search_read",
        ):
            self.assertIs(getattr(type(self.Receipt), name)._readonly, False, name)

    def test_payment_marks_and_no_more(self):
        """Two payments, one row of marks each; posting an invoice marks nobody."""
        stale = self.env["collection.receipt.stale"]
        self.Receipt._bring_up_to_date()
        self._invoice(self.customer, 20.0, "2026-03-01")
        self.env["collection.account"]._flush_all()
        self.assertFalse(stale._is_any())
        self._pay(self.invoice, 10.0, "2026-03-05")
        self.env["collection.account"]._flush_all()
        self.assertEqual(stale.search([]).mapped("account_number"), self.account.ids)

    def test_queries_do_not_grow(self):
        counts = []
        for count in (1, 1, 6):
            for number in range(count):
                partner = self._customer(f"One more {number}")
                self._pay(self._invoice(partner, 5.0, "2026-02-01"), 2.0, "2026-03-06")
            self.env["collection.account"]._flush_all()
            with self._count_queries() as counter:
                self.Receipt._bring_up_to_date()
            counts.append(counter.total)
        self.assertEqual(counts[1], counts[2])

    def test_due_date_moved(self):
        self._pay(self.invoice, 300.0, "2026-03-05")
        self.assertEqual(self._receipts(self.invoice).days_late, 32)
        self._receivable_lines(self.invoice).date_maturity = "2026-02-28"
        self.assertEqual(self._receipts(self.invoice).days_late, 5)

    def test_value_date_follows_the_bank(self):
        outstanding = self._outstanding()
        payment = self._pay(self.invoice, 700.0, "2026-03-05")
        other = self._pay(self.invoice, 100.0, "2026-03-06")
        row = self._receipts(self.invoice, domain=[("amount", "=", 700.0)])
        self.assertEqual(row.date, date(2026, 3, 5))
        waiting = self._bank_statement(payment, "2026-03-09", outstanding)
        self.assertEqual(
            self._said(self.invoice),
            [("2026-03-06", "money", 100.0, 33), ("2026-03-09", "money", 700.0, 36)],
        )
        self.assertTrue(row.exists(), "the same receipt, of another day")
        waiting.remove_move_reconcile()
        self.assertEqual(row.date, date(2026, 3, 5))
        self.assertTrue(other)

    def test_corrected_by_hand_in_the_database(self):
        """What nobody noticed is found by the night, said and mended."""
        self._pay(self.invoice, 300.0, "2026-03-05")
        row = self._receipts(self.invoice)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE collection_receipt SET amount = 299 WHERE id = %s", [row.id]
        )
        row.invalidate_recordset()
        self.assertEqual(
            self.Receipt._get_differences(), [(row.item_id.id, self.account.id)]
        )
        with self.assertLogs(level="WARNING") as logs:
            self.env["collection.account"]._cron_refresh()
        self.assertIn(str(row.item_id.id), "".join(logs.output))
        self.assertEqual(self._receipts(self.invoice).amount, 300.0)

    def test_job_goes_on_where_it_ended(self):
        accounts = self.env["collection.account"]
        for number in range(3):
            invoice = self._invoice(self._customer(f"N{number}"), 10.0, "2026-02-01")
            self._pay(invoice, 10.0, "2026-03-05")
            accounts |= self.account_of(invoice.partner_id)
        self.env["collection.account"]._flush_all()
        stale = self.env["collection.receipt.stale"]
        taken = stale._take(limit=2)
        self.assertEqual(len(taken), 2)
        stale._mark(taken)
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_receipt"
            ).method_direct_trigger()
        self.assertFalse(stale._is_any())
        self.assertEqual(
            self.Receipt.search_count([("account_id", "in", accounts.ids)]), 3
        )

    # ------------------------------------------------------------------
    # Whose hands the item was in
    # ------------------------------------------------------------------

    def _whose(self, *moves):
        return [
            (row.amount, row.side, row.mandate_id, row.placement_line_id)
            for row in self._receipts(*moves)
        ]

    def test_side_of_the_day(self):
        nothing = self.env["collection.mandate"]
        no_line = self.env["collection.placement.line"]
        with freeze_time("2026-03-10"):
            self._pay(self.invoice, 10.0, "2026-03-09")
            line = self._hand_over(self.account).line_ids
            self._pay(self.invoice, 20.0, "2026-03-09")
        with freeze_time("2026-03-15"):
            self._pay(self.invoice, 30.0, "2026-03-15")
        with freeze_time("2026-03-20"):
            line._take_back("recalled", "Strategic by now", "strategic")
            self._pay(self.invoice, 40.0, "2026-03-20")
        with freeze_time("2026-03-25"):
            self._pay(self.invoice, 50.0, "2026-03-21")
            other = self._hand_over(self.account, self.other_mandate).line_ids
        self._pay(self.invoice, 60.0, "2026-03-26")
        theirs = ("provider", self.mandate, line)
        self.assertEqual(
            self._whose(self.invoice),
            [
                (20.0, "company", nothing, no_line),
                (10.0, "company", nothing, no_line),
                (30.0, *theirs),
                (40.0, *theirs),
                (50.0, "company", nothing, no_line),
                (60.0, "provider", self.other_mandate, other),
            ],
        )

    def test_item_taken_back_alone(self):
        second = self._invoice(self.customer, 500.0, "2026-02-01")
        with freeze_time("2026-03-10"):
            line = self._hand_over(self.account).line_ids
        with freeze_time("2026-03-15"):
            self.invoice.collection_item_ids._recall("Sales deal with it", "other")
        self._pay(self.invoice, 10.0, "2026-03-12")
        self._pay(self.invoice, 20.0, "2026-03-16")
        self._pay(second, 30.0, "2026-03-16")
        self.assertEqual(
            [(row[0], row[1]) for row in self._whose(self.invoice, second)],
            [(10.0, "provider"), (30.0, "provider"), (20.0, "company")],
        )
        self.assertEqual(self._whose(second)[0][3], line)

    def test_payment_that_closes_the_hand_over_is_the_providers(self):
        """Dated some days ahead, and known before."""
        with freeze_time("2026-03-10"):
            line = self._hand_over(self.account).line_ids
            self.account.agent_id = self.agent
        with freeze_time("2026-03-12"):
            self._pay(self.invoice, 1000.0, "2026-03-14")
            self.env["collection.account"]._flush_all()
        self.assertEqual(line.state, "paid")
        # the clock of the database is not frozen
        self.cr.execute(
            "UPDATE account_partial_reconcile SET create_date = '2026-03-12 09:00'"
            " WHERE debit_move_id = %s",
            [self._receivable_lines(self.invoice).id],
        )
        self.assertEqual(line.date_end, date(2026, 3, 12))
        self.assertFalse(self.account.agent_id)
        row = self._receipts(self.invoice)
        self.assertEqual((row.side, row.agent_id), ("provider", self.agent))

    def test_bounce_is_of_who_has_the_customer(self):
        second = self._invoice(self.customer, 500.0, "2026-02-01")
        with freeze_time("2026-03-10"):
            self._hand_over(self.account)
            self._pay(self.invoice, 1000.0, "2026-03-10")
        bounce = self._entry(
            "2026-03-20",
            (self.receivable, 1015.0),
            (self.bank, -1000.0),
            (self.revenue, -15.0),
            journal=self.bank_journal,
        )
        self.assertEqual(
            [(row[0], row[1]) for row in self._whose(self.invoice, second, bounce)],
            [(1000.0, "provider"), (-1000.0, "provider")],
        )
        row = self._receipts(bounce)
        self.assertEqual((row.date, row.days_late), (date(2026, 3, 20), 0))

    def test_agent_and_segment_stay(self):
        first = self.env.ref("account_collection.segment_sme")
        later = self.env.ref("account_collection.segment_vse")
        self.account.segment_id = first
        with freeze_time("2026-03-10"):
            self._hand_over(self.account)
            self.account.agent_id = self.agent
            self._pay(self.invoice, 10.0, "2026-03-10")
            assigned = self._receipts(self.invoice)
            self.assertEqual(assigned.agent_id, self.agent)
        with freeze_time("2026-03-12 10:00:00"):
            self.env["collection.call"].with_user(self.supervisor_user).create(
                self._call_values(self.account.with_user(self.supervisor_user))
            )
            self._pay(self.invoice, 20.0, "2026-03-11")
            self._pay(self.invoice, 30.0, "2026-03-12")
        self.account.segment_id = later
        self.account.agent_id = self.supervisor
        self._pay(self.invoice, 40.0, "2026-03-30")
        self.assertEqual(
            [
                (row.amount, row.agent_id, row.segment_id)
                for row in self._receipts(self.invoice)
            ],
            [
                (10.0, self.agent, first),
                (20.0, self.agent, first),
                (30.0, self.supervisor, first),
                (40.0, self.supervisor, later),
            ],
        )

    def test_agent_in_house(self):
        agent = self._agent(self.collector_user, self.env["res.partner"])
        # the clock of the database is not frozen
        self.env.flush_all()
        self.cr.execute(
            "UPDATE collection_account SET create_date = '2026-02-01' WHERE id = %s",
            [self.account.id],
        )
        self.account.invalidate_recordset()
        self.account.user_id = self.collector_user
        self._pay(self.invoice, 10.0, "2026-03-31")
        # nobody knows whose the customer was before they were known here
        self._pay(self.invoice, 20.0, "2026-01-31")
        rows = self._receipts(self.invoice)
        self.assertEqual(
            [(row.amount, row.agent_id) for row in rows],
            [(20.0, self.env["collection.agent"]), (10.0, agent)],
        )

    def test_segment_known_later(self):
        self.account.segment_id = False
        self._pay(self.invoice, 10.0, "2026-03-10")
        self.assertFalse(self._receipts(self.invoice).segment_id)
        first = self.env.ref("account_collection.segment_sme")
        self.account.segment_id = first
        self.assertEqual(self._receipts(self.invoice).segment_id, first, "at once")
        self.account.segment_id = self.env.ref("account_collection.segment_vse")
        self.assertEqual(self._receipts(self.invoice).segment_id, first)
        self.env["collection.account"]._refresh()
        self.assertEqual(self._receipts(self.invoice).segment_id, first)

    # ------------------------------------------------------------------
    # Customers merged, moved debts, other companies and currencies
    # ------------------------------------------------------------------

    def test_customers_merged(self):
        (self.customer | self.other_customer).email = "pay@nord.example.com"
        other = self._invoice(self.other_customer, 300.0, "2026-02-01")
        self._pay(self.invoice, 10.0, "2026-03-10")
        self._pay(other, 20.0, "2026-03-11")
        known = self._receipts(self.invoice, other)
        gone = self.account_of(self.other_customer)
        self.env.flush_all()
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [Command.set((self.customer | self.other_customer).ids)],
                "dst_partner_id": self.customer.id,
            }
        ).action_merge()
        self.env.invalidate_all()
        self.assertFalse(gone.exists())
        account = self.account_of(self.customer)
        self.assertEqual(self._receipts(self.invoice, other), known)
        self.assertEqual(known.account_id, account)

    def test_contact_of_another_customer(self):
        """An item that comes to another account brings what was paid."""
        contact = self._customer("Nord, branch")
        invoice = self._invoice(contact, 300.0, "2026-02-01")
        self._pay(invoice, 20.0, "2026-03-11")
        self._receipts(invoice)
        contact.write({"is_company": False, "parent_id": self.customer.id})
        self.assertEqual(self._receipts(invoice).account_id, self.account)

    def test_debt_moved_to_another_account(self):
        """What was paid before a debt became doubtful stays, on its day."""
        doubtful = self.env["account.account"].create(
            {
                "name": "Doubtful customers",
                "code": "416000",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        self._pay(self.invoice, 300.0, "2026-03-05")
        before = self._said(self.invoice)
        self.assertEqual(before, [("2026-03-05", "money", 300.0, 32)])
        wizard = (
            self.env["account.automatic.entry.wizard"]
            .with_context(
                active_model="account.move.line",
                active_ids=self._receivable_lines(self.invoice).ids,
            )
            .create(
                {
                    "action": "change_account",
                    "date": "2026-03-20",
                    "journal_id": self.misc_journal.id,
                    "destination_account_id": doubtful.id,
                }
            )
        )
        entry = self.env["account.move"].browse(wizard.do_action()["res_id"])
        self.env["collection.account"]._flush_all()
        self.env.invalidate_all()
        item = self.invoice.collection_item_ids
        self.assertEqual(item.move_line_id.move_id, entry)
        self.assertEqual(self._said(self.invoice), before)
        payment = self._payment(self.customer, 700.0, "2026-03-25")
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == self.receivable
        )
        lines.account_id = doubtful
        (lines | item.move_line_id).reconcile()
        self.assertEqual(
            self._said(self.invoice), [*before, ("2026-03-25", "money", 700.0, 52)]
        )
        self.assertProven()

    def test_currencies(self):
        """1,000 USD invoiced at 2.0, 400 paid at 2.5: 160 EUR, and 40 lost."""
        invoice = self._invoice(
            self.customer, 1000.0, "2026-03-01", currency=self.dollar
        )
        self._pay(invoice, 400.0, "2026-03-10")
        rows = self._receipts(invoice)
        self.assertEqual(rows.currency_id, self.dollar)
        self.assertEqual(
            {row.kind: (row.amount, row.amount_company) for row in rows},
            {"money": (400.0, 160.0), "exchange": (0.0, 40.0)},
        )

    # ------------------------------------------------------------------
    # In groups
    # ------------------------------------------------------------------

    def test_mean_days_late_is_weighted(self):
        """domain.md 3: 1,000 at 0; 2,000 at 12; 500 at 45; 1,500 at -3 days: 8.4."""
        partner = self._customer("Weighted")
        for amount, day in (
            (1000.0, "2026-02-01"),
            (2000.0, "2026-02-13"),
            (500.0, "2026-03-18"),
            (1500.0, "2026-01-29"),
        ):
            self._pay(self._invoice(partner, amount, "2026-02-01"), amount, day)
        # credited, and taken back by the bank: neither is paid
        refund = self._credit_note(partner, 700.0, "2026-03-06")
        self._reconcile(self._invoice(partner, 700.0, "2026-02-01"), refund)
        self._entry(
            "2026-03-20",
            (self.receivable, 90.0, {"partner_id": partner.id}),
            (self.bank, -90.0),
            journal=self.bank_journal,
        )
        domain = [("account_id", "=", self.account_of(partner).id)]
        [[mean]] = self.Receipt._read_group(domain, [], ["days_late:avg"])
        self.assertAlmostEqual(float(mean), 8.4)
        groups = self.Receipt.formatted_read_group(
            domain, ["kind"], ["days_late:avg", "amount_company:sum"]
        )
        self.assertEqual(
            {
                group["kind"]: (
                    group["days_late:avg"] and round(float(group["days_late:avg"]), 2),
                    group["amount_company:sum"],
                )
                for group in groups
            },
            {"money": (8.4, 4910.0), "credit_note": (False, 700.0)},
        )

    def test_ages(self):
        partner = self._customer("Ages")
        for amount, day in (
            (1.0, "2026-02-01"),
            (2.0, "2026-02-02"),
            (4.0, "2026-03-03"),
            (8.0, "2026-03-04"),
        ):
            self._pay(self._invoice(partner, 10.0, "2026-02-01"), amount, day)
        self._pay(self._invoice(partner, 16.0, "2025-12-01"), 16.0, "2026-03-31")
        domain = [("account_id", "=", self.account_of(partner).id)]
        self.assertEqual(
            self.Receipt._read_group(domain, ["age_bucket"], ["amount_company:sum"]),
            [("not_due", 1.0), ("d1_30", 6.0), ("d31_60", 8.0), ("d91_plus", 16.0)],
        )
        for code, amount in (("not_due", 1.0), ("d1_30", 6.0), ("d91_plus", 16.0)):
            rows = self.Receipt.search([*domain, ("age_bucket", "=", code)])
            self.assertEqual(sum(rows.mapped("amount_company")), amount)
            self.assertEqual(set(rows.mapped("age_bucket")), {code})
        self.assertEqual(
            self.Receipt.search(domain, order="age_bucket desc")[0].amount, 16.0
        )

    def test_filters(self):
        """As the search view has them, on 31 March."""
        self._pay(self.invoice, 1.0, "2026-02-28")
        self._pay(self.invoice, 2.0, "2026-03-01")
        self._pay(self.invoice, 4.0, "2026-03-31")
        self._pay(self.invoice, 8.0, "2026-01-31")
        view = self.Receipt.get_view(view_type="search")
        arch = etree.fromstring(view["arch"])
        for name, amount in (("this_month", 6.0), ("last_month", 1.0)):
            [node] = arch.xpath(f"//filter[@name='{name}']")
            rows = self.Receipt.search(literal_eval(node.get("domain")))
            self.assertEqual(sum(rows.mapped("amount")), amount, name)

    # ------------------------------------------------------------------
    # Who reads
    # ------------------------------------------------------------------

    def test_who_reads(self):
        other = self._invoice(self.other_customer, 300.0, "2026-02-01")
        with freeze_time("2026-03-10"):
            line = self._hand_over(self.account).line_ids
        self._pay(self.invoice, 10.0, "2026-03-09")
        self._pay(self.invoice, 20.0, "2026-03-12")
        self._pay(other, 40.0, "2026-03-12")
        self._receipts()

        def seen(user):
            return sorted(self.Receipt.with_user(user).search([]).mapped("amount"))

        self.assertEqual(seen(self.manager_user), [10.0, 20.0, 40.0])
        self.assertEqual(seen(self.collector_user), [10.0, 20.0, 40.0])
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            self.assertEqual(seen(user), [20.0], user.login)
            row = self.Receipt.with_user(user).search([])
            with self.assertRaises(AccessError):
                row.read(["move_line_id"])
        self.assertEqual(seen(self.other_agent_user), [])
        line._take_back("recalled", "Strategic by now", "strategic")
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            self.assertEqual(seen(user), [], user.login)
        for user in (self.plain_internal_user, self.plain_portal_user):
            with self.assertRaises(AccessError):
                seen(user)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.Receipt.with_user(self.manager_user).search([])[0].amount = 1.0
        foreign = self._user("foreign_collector", "group_collection_user")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign.write(
            {"company_ids": [Command.set(company.ids)], "company_id": company.id}
        )
        self.assertEqual(
            self.Receipt.with_user(foreign)
            .with_context(allowed_company_ids=company.ids)
            .search_count([]),
            0,
        )


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestReceiptFoots(MeasureCommon):
    """Receipts are the credits of the receivable accounts, to the cent.

    Ledgers drawn by lot; sums are read from the journal items and kept by the test.
    """

    def test_foots(self):
        self.outstanding = self._outstanding()
        for seed in (11, 12):
            with self.subTest(seed=seed):
                self._check(random.Random(seed))

    def _check(self, lot):
        self.expected = defaultdict(Decimal)
        self.moves = self.env["account.move"]
        partner = self._customer(f"Lot {lot.random()}")
        dollars = self._customer(f"Dollars {lot.random()}")
        for number in range(14):
            cents = lot.randint(5000, 100_000)
            invoice = self._invoice(partner, cents / 100, "2026-02-01")
            # each kind at least once
            acts = [self.ACTS[number % len(self.ACTS)]]
            acts += [lot.choice(self.ACTS) for _more in range(lot.randint(0, 2))]
            for act in acts:
                left = round(invoice.amount_residual * 100)
                if left >= 100:
                    getattr(self, act)(lot, invoice, lot.randint(50, left))
        self._in_dollars(lot, dollars)
        self._check_by_kind(partner)
        for customer in (partner, dollars):
            self._check_by_credit(customer)
        self.assertStands()
        self.assertProven()

    def _check_by_kind(self, partner):
        """What the test did, by kind and month of the value date."""
        found = defaultdict(Decimal)
        for row in self.Receipt.search(
            [("account_id", "=", self.account_of(partner).id)]
        ):
            found[row.kind, row.date.month, row.amount_company > 0] += Decimal(
                f"{row.amount_company:.2f}"
            )
        self.assertEqual(found, self.expected)

    def _check_by_credit(self, partner):
        """Each credit of the receivable account, less what of it is not matched, and
        each debit that gave back."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", partner.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("balance", "<", 0),
            ]
        )
        receipts = self.Receipt.search(
            [
                ("account_id", "=", self.account_of(partner).id),
                ("move_line_id.balance", "<", 0),
            ]
        )
        by_credit = defaultdict(Decimal)
        for row in receipts:
            by_credit[row.move_line_id] += Decimal(f"{row.amount_company:.2f}")
        self.assertEqual(
            by_credit,
            {
                line: settled
                for line in lines
                if (
                    settled := Decimal(f"{-line.balance:.2f}")
                    + Decimal(f"{line.amount_residual:.2f}")
                )
            },
        )

    def _note(self, kind, day, cents):
        month = int(day[5:7])
        self.expected[kind, month, cents > 0] += Decimal(cents) / 100

    def _day(self, lot):
        return f"2026-{lot.choice(('02', '03'))}-{lot.randint(1, 28):02}"

    ACTS = (
        "_money",
        "_money_and_statement",
        "_credited",
        "_written_off",
        "_mixed",
        "_discounted",
        "_set_off",
        "_bounced",
        "_refunded",
    )

    def _money(self, lot, invoice, cents):
        day = self._day(lot)
        self._pay(invoice, cents / 100, day)
        self._note("money", day, cents)

    def _money_and_statement(self, lot, invoice, cents):
        """Paid in February, at the bank in March."""
        payment = self._pay(invoice, cents / 100, "2026-02-26")
        self._receipts(invoice)
        self._bank_statement(payment, "2026-03-02", self.outstanding)
        self._note("money", "2026-03-02", cents)

    def _credited(self, lot, invoice, cents):
        day = self._day(lot)
        self._reconcile(
            invoice, self._credit_note(invoice.partner_id, cents / 100, day)
        )
        self._note("credit_note", day, cents)

    def _written_off(self, lot, invoice, cents):
        day = self._day(lot)
        self._credit(day, invoice, (self.expense, cents))
        self._note("write_off", day, cents)

    def _mixed(self, lot, invoice, cents):
        day = self._day(lot)
        received = lot.randint(1, cents - 1)
        self._credit(
            day, invoice, (self.bank, received), (self.expense, cents - received)
        )
        self._note("money", day, received)
        self._note("write_off", day, cents - received)

    def _discounted(self, lot, invoice, cents):
        """2 % for whoever pays in time; later it is a write-off."""
        partner = invoice.partner_id
        granted = self._invoice(partner, 100.0, "2026-03-31")
        line = self._receivable_lines(granted)
        line.write(
            {
                "discount_date": "2026-03-10",
                "discount_amount_currency": 98.0,
                "discount_balance": 98.0,
            }
        )
        day = lot.choice(("2026-03-09", "2026-03-11"))
        self._credit(day, granted, (self.bank, 9800), (self.discount_account, 200))
        self._note("money", day, 9800)
        self._note("discount" if day < "2026-03-10" else "write_off", day, 200)

    def _set_off(self, lot, invoice, cents):
        day = self._day(lot)
        self._credit(day, invoice, (self.payable, cents))
        self._note("compensation", day, cents)

    def _bounced(self, lot, invoice, cents):
        self._pay(invoice, cents / 100, "2026-02-20")
        self._note("money", "2026-02-20", cents)
        self._entry(
            "2026-03-20",
            (self.receivable, cents / 100, {"partner_id": invoice.partner_id.id}),
            (self.bank, -cents / 100),
            journal=self.bank_journal,
        )
        self._note("money", "2026-03-20", -cents)

    def _refunded(self, lot, invoice, cents):
        """Paid twice, the second time given back: the one settles the other."""
        partner = invoice.partner_id
        payment = self._payment(partner, cents / 100, "2026-02-10")
        back = self._entry(
            "2026-03-12",
            (self.receivable, cents / 100, {"partner_id": partner.id}),
            (self.bank, -cents / 100),
            journal=self.bank_journal,
        )
        self._reconcile(payment.move_id, back)
        self._note("money", "2026-02-10", cents)
        self._note("money", "2026-03-12", -cents)

    def _credit(self, day, invoice, *parts):
        partner = {"partner_id": invoice.partner_id.id}
        self._entry(
            day,
            *((account, cents / 100, partner) for account, cents in parts),
            (self.receivable, -sum(cents for _account, cents in parts) / 100, partner),
            journal=self.bank_journal,
            match=[invoice],
        )

    def _in_dollars(self, lot, partner):
        for day in ("2026-03-10", "2026-03-20"):
            invoice = self._invoice(
                partner,
                lot.randint(1000, 9999) / 10,
                "2026-03-01",
                currency=self.dollar,
            )
            self._pay(invoice, lot.randint(100, 900) / 10, day)
            self._pay(invoice, date=day)
