from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestDispute(CollectionCommon):
    """Opened by who works the customer, decided in-house, settled by the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-03-31"))
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-03-01")
        cls.second_invoice = cls._invoice(cls.customer, 500.0, "2026-03-10")
        cls.account = cls.account_of(cls.customer)
        cls.item = cls.invoice.collection_item_ids
        cls.second_item = cls.second_invoice.collection_item_ids
        cls.items = cls.item | cls.second_item
        cls.reason = cls._dispute_reason("price")
        cls.salesperson = cls._user("salesperson", "base.group_user")

    def _dispute(self, amount=0.0, items=None, user=None, **values):
        return (
            self.env["collection.dispute"]
            .with_user(user or self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set((items or self.item).ids)],
                    "reason_id": self.reason.id,
                    "amount": amount,
                    **values,
                }
            )
            .with_env(self.env)
        )

    # ------------------------------------------------------------------
    # Who opens, who decides
    # ------------------------------------------------------------------

    def test_opened_by_whoever_works_the_customer(self):
        self._hand_over(self.account)
        for user in (
            self.collector_user,
            self.manager_user,
            self.accountant_user,
            self.on_site_user,
            self.agent_user,
        ):
            with self.subTest(user=user.login):
                dispute = self._dispute(10.0, user=user)
                self.assertEqual(dispute.state, "open")
                self.assertEqual(dispute.create_uid, user)
                if user in (self.on_site_user, self.agent_user):
                    followers = dispute.with_env(self.env).message_partner_ids
                    self.assertNotIn(user.partner_id, followers)
                self.assertNotEqual(dispute.number, "New")
        for user in (
            self.other_agent_user,
            self.plain_internal_user,
            self.plain_portal_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._dispute(10.0, user=user)

    def test_opened_on_the_portal(self):
        self._hand_over(self.account)
        account = self.account.with_user(self.agent_user)
        dispute = account._portal_open_dispute(
            {
                "item_ids": self.item.ids,
                "amount": 400.0,
                "reason_id": self.reason.id,
                "description": "Wrong price of two lines",
            }
        )
        self.assertEqual(dispute.amount, 400.0)
        self.assertEqual(self.item.amount_disputed, 400.0)
        self.assertEqual(dispute.with_env(self.env).agent_id, self.agent)
        self.assertIn("400", self.account.message_ids[:1].body)

    def test_refused_on_the_portal(self):
        placement = self._hand_over(self.account)
        account = self.account.with_user(self.agent_user)
        good = {"item_ids": self.item.ids, "reason_id": self.reason.id}
        foreign = self._invoice(self.other_customer, 10.0, "2026-03-01")
        for changes, error in (
            ({"item_ids": []}, UserError),
            ({"reason_id": False}, UserError),
            ({"amount": -1.0}, UserError),
            ({"amount": 1000.01}, UserError),
            ({"item_ids": foreign.collection_item_ids.ids}, AccessError),
            ({"state": "accepted"}, AccessError),
            ({"owner_id": self.manager_user.id}, AccessError),
        ):
            with self.subTest(changes=changes), self.assertRaises(error):
                account._portal_open_dispute({**good, **changes})
        placement.line_ids._take_back("recalled", "Ours again")
        with self.assertRaises(AccessError):
            account._portal_open_dispute(good)
        self.assertFalse(self.account.dispute_ids)

    def test_no_outsider_decides(self):
        self._hand_over(self.account)
        for user in (self.agent_user, self.on_site_user):
            dispute = self._dispute(10.0, user=user).with_user(user)
            for act in (
                lambda dispute: dispute._decide("rejected", "No"),
                lambda dispute: dispute.action_in_progress(),
                lambda dispute: dispute.action_reopen(),
                lambda dispute: dispute.write({"state": "rejected"}),
                lambda dispute: dispute.write({"amount": 1.0}),
            ):
                # an access error is one of them
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    act(dispute)
            self.assertEqual(dispute.state, "open")

    def test_told_what_was_decided(self):
        self._hand_over(self.account)
        dispute = self._dispute(100.0, user=self.agent_user)
        dispute.with_user(self.collector_user)._decide(
            "partial", "One line of two", amount_accepted=60.0
        )
        self.env.invalidate_all()
        self.assertEqual(
            dispute.with_user(self.agent_user).read(
                ["state", "amount_accepted", "decision_note", "date_decided"]
            )[0],
            {
                "id": dispute.id,
                "state": "partial",
                "amount_accepted": 60.0,
                "decision_note": "One line of two",
                "date_decided": date(2026, 3, 31),
            },
        )

    def test_the_owner_decides(self):
        """A salesperson without any right on collections decides what is his."""
        self.customer.user_id = self.salesperson
        mine = self._dispute(10.0)
        self.assertEqual(mine.owner_id, self.salesperson)
        other = self._dispute(10.0, owner_id=self.manager_user.id)
        theirs = other.with_user(self.salesperson)
        self.assertEqual(theirs.read(["number"])[0]["number"], other.number)
        with self.assertRaises(AccessError):
            theirs._decide("rejected", "No")
        mine = mine.with_user(self.salesperson)
        with self.assertRaisesRegex(AccessError, "more time"):
            mine.deadline = "2027-01-01"
        action = mine.action_decide()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.salesperson)
            .with_context(**action["context"])
        )
        self.assertEqual(form.amount_contested, 10.0)
        self.assertFalse(form.may_draft)
        form.decision = "accepted"
        form.save().action_confirm()
        self.assertRecordValues(
            mine.with_env(self.env),
            [
                {
                    "state": "accepted",
                    "amount_accepted": 10.0,
                    "decided_by_id": self.salesperson.id,
                    "date_decided": date(2026, 3, 31),
                    "credit_expected": True,
                }
            ],
        )

    def test_a_decision_needs_its_reasons(self):
        dispute = self._dispute(400.0)
        for decision, note, amount in (
            ("rejected", None, None),
            ("rejected", "  ", None),
            ("partial", None, 100.0),
            ("partial", "Part", 0.0),
            ("partial", "Part", 400.0),
            ("partial", "Part", 400.01),
            ("partial", "Part", -1.0),
        ):
            with self.subTest(decision=decision, amount=amount):
                with self.assertRaises(UserError):
                    dispute._decide(decision, note, amount)
                self.assertEqual(dispute.state, "open")
        dispute._decide("partial", "Part", 399.99)
        with self.assertRaisesRegex(UserError, "decided already"):
            dispute._decide("accepted")
        collectors = dispute.with_user(self.collector_user)
        for vals in ({"amount": 1.0}, {"item_ids": [Command.clear()]}):
            with self.assertRaisesRegex(UserError, "stays as it was"):
                collectors.write(vals)
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            collectors.state = "accepted"
        with self.assertRaisesRegex(UserError, "Cancel it instead"):
            dispute.unlink()

    # ------------------------------------------------------------------
    # How much
    # ------------------------------------------------------------------

    def test_what_cannot_be_contested(self):
        for amount, items, message in (
            (1000.01, self.item, "cannot be contested"),
            (1500.01, self.items, "cannot be contested"),
        ):
            with (
                self.subTest(amount=amount),
                self.assertRaisesRegex(UserError, message),
                self.cr.savepoint(),
            ):
                self._dispute(amount, items)
        other = self._invoice(self.other_customer, 10.0, "2026-03-01")
        with self.assertRaises(ValidationError):
            self._dispute(0.0, other.collection_item_ids)
        with self.assertRaises(ValidationError):
            self._dispute(0.0, self.env["collection.item"], item_ids=[])
        self._dispute(600.0)
        with (
            self.assertRaisesRegex(UserError, "contested already"),
            self.cr.savepoint(),
        ):
            self._dispute(400.01)
        with (
            self.assertRaisesRegex(UserError, "contested already"),
            self.cr.savepoint(),
        ):
            self._dispute(0.0)
        self._dispute(400.0)
        self.assertEqual(self.item.amount_disputed, 1000.0)
        self._pay(self.second_invoice, date="2026-03-31")
        with self.assertRaisesRegex(UserError, "Nothing is due"), self.cr.savepoint():
            self._dispute(0.0, self.second_item)

    def test_two_at_once(self):
        values = {
            "account_id": self.account.id,
            "item_ids": [Command.set(self.item.ids)],
            "reason_id": self.reason.id,
            "amount": 600.0,
        }
        with (
            self.assertRaisesRegex(UserError, "contested already"),
            self.cr.savepoint(),
        ):
            self.env["collection.dispute"].create([values, dict(values, amount=500.0)])

    def test_amount_changed(self):
        dispute = self._dispute(600.0).with_user(self.collector_user)
        dispute.amount = 1000.0
        self.assertEqual(self.item.amount_disputed, 1000.0)
        with self.assertRaisesRegex(UserError, "Only"), self.cr.savepoint():
            dispute.amount = 1000.01

    def test_laid_by_due_date(self):
        dispute = self._dispute(1200.0, self.items)
        self.assertEqual(
            self.items.sorted("date_due").mapped("amount_disputed"), [1000.0, 200.0]
        )
        self.assertEqual(self.account.amount_disputed, 1200.0)
        self._pay(self.invoice, 900.0, date="2026-03-31")
        # what was contested is what stays: of the first all that is left
        self.assertEqual(
            self.items.sorted("date_due").mapped("amount_disputed"), [100.0, 500.0]
        )
        dispute._decide("cancelled")
        self.assertEqual(self.items.mapped("amount_disputed"), [0.0, 0.0])

    def test_in_the_currency_of_the_item(self):
        dollar = self._enable_currency("USD")
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "name": "2026-01-01",
                "rate": 1.25,
                "company_id": self.company.id,
            }
        )
        invoice = self._invoice(self.customer, 500.0, "2026-03-05", currency=dollar)
        item = invoice.collection_item_ids
        dispute = self._dispute(125.0, item)
        self.assertEqual(dispute.currency_id, dollar)
        self.assertEqual(item.amount_disputed, 125.0)
        self.assertEqual(dispute.amount_company, 100.0)
        self.assertEqual(self.account.amount_disputed, 100.0)
        with self.assertRaisesRegex(ValidationError, "one currency"):
            self._dispute(10.0, item | self.item)

    def test_the_rest_is_dunned(self):
        self._dispute(400.0)
        run = self._run("2026-03-31")
        lines = run.letter_ids.line_ids.sorted("id")
        self.assertEqual(
            {line.item_id: line.amount_due for line in lines},
            {self.item: 600.0, self.second_item: 500.0},
        )

    def test_all_of_it_is_not_dunned(self):
        self._dispute()
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.line_ids.item_id, self.second_item)
        self.assertEqual(
            run.exclusion_ids.filtered(lambda line: line.item_id == self.item).reason,
            "disputed",
        )

    def test_rejected_is_dunned_from_the_next_day(self):
        dispute = self._dispute()
        dispute._decide("rejected", "As ordered")
        self.assertEqual(self.item.amount_disputed, 1000.0)
        run = self._run("2026-03-31")
        self.assertNotIn(self.item, run.letter_ids.line_ids.item_id)
        run.action_cancel()
        with freeze_time("2026-04-01"):
            self.env["collection.account"]._cron_refresh()
            self.assertEqual(self.item.amount_disputed, 0.0)
            run = self._run("2026-04-01")
            self.assertIn(self.item, run.letter_ids.line_ids.item_id)

    def test_partly_accepted(self):
        """The part granted waits for its credit note, the rest is dunned again."""
        dispute = self._dispute(400.0)
        dispute._decide("partial", "One line of two", amount_accepted=150.0)
        self.assertEqual(self.item.amount_disputed, 400.0)
        with freeze_time("2026-04-01"):
            self.env["collection.account"]._cron_refresh()
            self.assertEqual(self.item.amount_disputed, 150.0)
            run = self._run("2026-04-01")
            line = run.letter_ids.line_ids.filtered(
                lambda line: line.item_id == self.item
            )
            self.assertEqual(line.amount_due, 850.0)

    def test_paid_before_it_was_decided(self):
        dispute = self._dispute()
        self._pay(self.invoice, date="2026-03-31")
        with self.assertRaisesRegex(UserError, "paid meanwhile"):
            dispute._decide("accepted")
        dispute._decide("cancelled")

    # ------------------------------------------------------------------
    # Credit note and ledger
    # ------------------------------------------------------------------

    def _accept(self, amount=0.0, items=None):
        dispute = self._dispute(amount, items)
        dispute._decide("accepted")
        return dispute

    def test_credit_note_of_it_all(self):
        dispute = self._accept()
        action = dispute.with_user(self.accountant_user).action_credit_note()
        credit_note = self.env["account.move"].browse(action["res_id"])
        self.assertRecordValues(
            credit_note,
            [
                {
                    "state": "draft",
                    "move_type": "out_refund",
                    "amount_total": 1000.0,
                    "reversed_entry_id": self.invoice.id,
                }
            ],
        )
        self.assertIn(dispute.number, credit_note.ref)
        # asked again: the same
        again = dispute.with_user(self.accountant_user).action_credit_note()
        self.assertEqual(again["res_id"], credit_note.id)
        self.assertFalse(dispute.settled)
        credit_note.action_post()
        self.assertRecordValues(
            dispute,
            [
                {
                    "amount_credited": 1000.0,
                    "settled": True,
                    "date_settled": date(2026, 3, 31),
                    "credit_expected": False,
                }
            ],
        )
        self.assertEqual(self.item.state, "closed")
        self.assertEqual(self.account.amount_disputed, 0.0)

    def test_undone(self):
        dispute = self._accept(300.0)
        dispute.action_credit_note()
        credit_note = dispute.credit_note_ids
        credit_note.action_post()
        self.assertTrue(dispute.settled)
        self.assertEqual(self.item.amount_residual, 700.0)
        self.assertEqual(self.item.amount_disputed, 0.0)
        self._receivable_lines(credit_note).remove_move_reconcile()
        self.assertRecordValues(
            dispute, [{"settled": False, "amount_credited": 0.0, "date_settled": False}]
        )
        self.assertEqual(self.item.amount_disputed, 300.0)
        self.assertIn("No longer settled", dispute.message_ids[:1].body)
        self._reconcile(self.invoice, credit_note)
        self.assertTrue(dispute.settled)

    def test_credited_with_taxes(self):
        taxes = self.env["account.tax"].create(
            [
                {
                    "name": f"VAT {rate}",
                    "amount": rate,
                    "company_id": self.company.id,
                    "price_include_override": included,
                }
                for rate, included in (
                    (20.0, "tax_excluded"),
                    (5.5, "tax_excluded"),
                    (10.0, "tax_included"),
                )
            ]
        )
        invoice = self._invoice(
            self.customer,
            1.0,
            "2026-03-02",
            invoice_line_ids=[
                Command.create(
                    {
                        "name": name,
                        "quantity": quantity,
                        "price_unit": price,
                        "tax_ids": [Command.set(tax.ids)],
                        "account_id": self.company_data["default_account_revenue"].id,
                    }
                )
                for name, quantity, price, tax in (
                    ("Desks", 3, 33.33, taxes[0]),
                    ("Books", 7, 12.45, taxes[1]),
                    ("Meals", 2, 19.99, taxes[2]),
                    ("Chairs", 1, 210.10, taxes[0]),
                )
            ],
        )
        item = invoice.collection_item_ids
        total = invoice.amount_total
        for amount in (100.0, 0.37, 33.33):
            with self.subTest(amount=amount):
                dispute = self._accept(amount, item)
                dispute.action_credit_note()
                credit_note = dispute.credit_note_ids
                self.assertAlmostEqual(credit_note.amount_total, amount, delta=0.03)
                self.assertAlmostEqual(
                    credit_note.amount_tax / credit_note.amount_total,
                    invoice.amount_tax / total,
                    delta=0.02,
                )
                self.assertEqual(
                    credit_note.invoice_line_ids.tax_ids, invoice.line_ids.tax_ids
                )
                credit_note.action_post()
                self.assertTrue(dispute.settled)
                self.assertEqual(item.amount_disputed, 0.0)

    def test_over_two_invoices(self):
        dispute = self._accept(1200.0, self.items)
        dispute.action_credit_note()
        self.assertEqual(
            sorted(dispute.credit_note_ids.mapped("amount_total")), [200.0, 1000.0]
        )
        first = dispute.credit_note_ids.filtered(lambda move: move.amount_total > 500)
        first.action_post()
        self.assertFalse(dispute.settled)
        self.assertEqual(dispute.amount_credited, 1000.0)
        self.assertEqual(self.second_item.amount_disputed, 200.0)
        (dispute.credit_note_ids - first).action_post()
        self.assertTrue(dispute.settled)

    def test_credited_without_the_button(self):
        """A credit note that accounting made by itself counts, a payment does not."""
        dispute = self._accept(300.0)
        self._pay(self.invoice, 100.0, date="2026-03-31")
        self.assertEqual(dispute.amount_credited, 0.0)
        credit_note = self._credit_note(self.customer, 300.0, "2026-03-31")
        self._reconcile(self.invoice, credit_note)
        self.assertTrue(dispute.settled)

    def test_reopened(self):
        dispute = self._dispute(300.0)
        dispute._decide("rejected", "As ordered")
        with self.assertRaises(AccessError):
            dispute.with_user(self.collector_user).action_reopen()
        managers = dispute.with_user(self.manager_user)
        managers.action_reopen()
        self.assertRecordValues(
            dispute,
            [{"state": "in_progress", "decision_note": False, "date_decided": False}],
        )
        self.assertEqual(self.item.amount_disputed, 300.0)
        with self.assertRaisesRegex(UserError, "not decided"):
            managers.action_reopen()
        dispute._decide("accepted")
        dispute.action_credit_note()
        with self.assertRaisesRegex(UserError, "drafted"):
            managers.action_reopen()
        dispute.credit_note_ids.action_post()
        with self.assertRaisesRegex(UserError, "credited"):
            managers.action_reopen()

    # ------------------------------------------------------------------
    # Owner, deadline, escalation
    # ------------------------------------------------------------------

    def test_reason_gives_owner_and_deadline(self):
        self.reason.write({"owner_id": self.salesperson.id, "deadline_days": 4})
        dispute = self._dispute()
        self.assertEqual(dispute.owner_id, self.salesperson)
        self.assertEqual(dispute.deadline, date(2026, 4, 4))
        self.assertEqual(dispute.department, self.reason.department)
        self.assertEqual(dispute.dysfunction_id, self.reason.dysfunction_id)
        self.salesperson.active = False
        later = self._dispute(1.0, self.second_item)
        self.assertEqual(later.owner_id, self.collector_user)

    def test_late(self):
        self.company.collection_dispute_user_id = self.plain_internal_user
        self.company.collection_dispute_days = 5
        self.customer.user_id = self.salesperson
        dispute = self._dispute(deadline="2026-04-10")
        decided = self._dispute(1.0, self.second_item, deadline="2026-04-10")
        decided._decide("rejected", "No")
        disputes = self.env["collection.dispute"]

        def activities():
            return dispute.activity_ids.mapped("user_id")

        with freeze_time("2026-04-10"):
            disputes._cron_late()
            self.assertFalse(dispute.late)
            self.assertFalse(activities())
        with freeze_time("2026-04-11"):
            self.env.invalidate_all()
            self.assertTrue(dispute.late)
            for _twice in range(2):
                disputes._cron_late()
            self.assertEqual(activities(), self.salesperson)
            self.assertEqual(len(dispute.activity_ids), 1)
        with freeze_time("2026-04-15"):
            disputes._cron_late()
            self.assertFalse(dispute.date_escalated)
        superior = dispute.with_user(self.plain_internal_user)
        self.assertFalse(superior.has_access("read"))
        with freeze_time("2026-04-16"):
            for _twice in range(2):
                disputes._cron_late()
            self.assertEqual(activities(), self.salesperson | self.plain_internal_user)
            self.assertEqual(dispute.escalated_to_id, self.plain_internal_user)
            # the superior may decide in the salesperson's place
            superior._decide("rejected", "As ordered")
            self.assertFalse(dispute.activity_ids)
        self.assertFalse(decided.activity_ids)

    def test_more_time(self):
        dispute = self._dispute(deadline="2026-04-10")
        with freeze_time("2026-04-20"):
            self.env["collection.dispute"]._cron_late()
            self.assertEqual(dispute.date_escalated, date(2026, 4, 20))
            dispute.with_user(self.collector_user).deadline = "2026-04-30"
            self.assertFalse(dispute.date_escalated)
            self.assertFalse(dispute.date_reminded)
            self.assertFalse(dispute.escalated_to_id)

    def test_escalated_to_the_credit_manager(self):
        dispute = self._dispute()
        managers = self.company._get_collection_managers()
        self.assertEqual(dispute._get_escalation_user(), managers[:1])

    def test_escalation_queries_do_not_grow(self):
        # Odoo notifies of each activity by itself
        asked = []
        self.patch(
            self.env.registry["collection.dispute"],
            "_ask_decision",
            lambda disputes, user, escalated=False: asked.append((len(disputes), user)),
        )

        def late(count):
            for number in range(count):
                invoice = self._invoice(self.other_customer, 10.0, "2026-03-01")
                self.env["collection.dispute"].create(
                    {
                        "account_id": invoice.collection_account_id.id,
                        "item_ids": [Command.set(invoice.collection_item_ids.ids)],
                        "reason_id": self.reason.id,
                        "deadline": "2026-04-01",
                        "owner_id": self.salesperson.id,
                        "description": str(number),
                    }
                )
            with self._count_queries() as counter, freeze_time("2026-04-10"):
                self.env["collection.dispute"]._cron_late()
                self.env.flush_all()
            return counter.total

        late(2)
        few = late(3)
        self.assertLessEqual(late(23), few + 1)
        self.assertEqual([count for count, _user in asked], [2, 2, 3, 3, 23, 23])

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def test_counted_by_cause_and_period(self):
        self._dispute(100.0)
        cancelled = self._dispute(1.0)
        cancelled._decide("cancelled")
        with freeze_time("2026-05-02"):
            self._dispute(50.0, self.second_item)
        dysfunction = self.reason.dysfunction_id
        figures = self.env["collection.dysfunction"]._get_figures
        for first, last, expected in (
            ("2026-03-31", "2026-03-31", (1, 100.0)),
            ("2026-04-01", "2026-05-01", None),
            ("2026-03-01", "2026-05-02", (2, 150.0)),
        ):
            with self.subTest(first=first):
                self.assertEqual(figures(first, last).get(dysfunction), expected)
        groups = self.env["collection.dispute"]._read_group(
            [("reason_id", "=", self.reason.id), ("state", "!=", "cancelled")],
            ["department", "date_opened:month"],
            ["__count", "amount_company:sum"],
        )
        self.assertEqual(
            [(count, amount) for _department, _month, count, amount in groups],
            [(1, 100.0), (1, 50.0)],
        )

    def test_many_invoices(self):
        """A dispute over forty invoices costs what one over two does."""

        def spent(count):
            items = self.env["collection.item"]
            for number in range(count):
                items |= self._invoice(
                    self.other_customer, 10.0, "2026-03-01", ref=str(number)
                ).collection_item_ids
            with self._count_queries() as counter:
                dispute = self._dispute(
                    15.0, items, account_id=items.account_id.id, user=self.manager_user
                )
                self.env.flush_all()
                self.env.invalidate_all()
                dispute._decide("rejected", "No")
            return counter.total

        spent(2)
        few = spent(2)
        self.assertLessEqual(spent(40), few + 2)
