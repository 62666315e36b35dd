import random
from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ...models.measure.collection_first_action import RATES
from .common import MeasureCommon, cents

AGES = (
    "not_due",
    "d1_30",
    "d31_60",
    "d61_90",
    "d91_plus",
    "settled",
    "waiting",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 10:00:00")
class TestFirstAction(MeasureCommon):
    """What came in after the first action, by the age of the debt on its day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Paris"
        cls.FirstAction = cls.env["collection.first.action"]

    def _debt(self, name, amount, due, **values):
        """An invoice of a customer of its own."""
        values.setdefault("date", "2025-11-15")
        return self._invoice(self._customer(name), amount, due, **values)

    def _call(self, invoice, moment, account=None, **values):
        account = account or self.account_of(invoice.commercial_partner_id)
        return (
            self.env["collection.call"]
            .sudo()
            .create(
                {
                    **self._call_values(account, **values),
                    "date": f"{moment} 09:00:00" if len(moment) == 10 else moment,
                }
            )
        )

    def _remind(self, invoice, day, **values):
        """A reminder about the invoice that was sent on `day`."""
        item = invoice.collection_item_ids[:1]
        line = {
            "item_id": item.id,
            "level_id": self.level_1.id,
            "move_name": invoice.name,
            "date_due": item.date_due,
        }
        return (
            self.env["collection.letter"]
            .sudo()
            .create(
                {
                    "account_id": item.account_id.id,
                    "partner_id": item.partner_id.id,
                    "company_id": self.company.id,
                    "currency_id": item.currency_id.id,
                    "level_id": self.level_1.id,
                    "channel": "email",
                    "date": day,
                    "line_ids": [(0, 0, line)],
                    "state": "sent",
                    **values,
                }
            )
        )

    def _promise(self, invoice, day, amount=10.0):
        item = invoice.collection_item_ids[:1]
        return self.env["collection.promise"].create(
            {
                "account_id": item.account_id.id,
                "item_ids": item.ids,
                "amount": amount,
                "date_made": day,
                "date_promised": date.fromisoformat(day) + timedelta(days=20),
            }
        )

    def _of(self, *invoices):
        self.env.flush_all()
        self.env.invalidate_all()
        ids = [invoice.id for invoice in invoices]
        return self.FirstAction.search([("item_id.move_id", "in", ids)]).sorted(
            lambda row: ids.index(row.item_id.move_id.id)
        )

    def _first(self, invoice):
        """(day, kind, age) of the first action on an invoice."""
        row = self._of(invoice)
        return str(row.date), row.kind, row.age_bucket

    def _rates(self, domain=(), groupby=("age_bucket",), user=None, **context):
        rows = (
            self.FirstAction.with_user(user or self.collector_user)
            .with_context(**context)
            ._read_group(
                [("company_id", "=", self.company.id), *domain],
                groupby,
                [f"{name}:avg" for name in RATES],
            )
        )
        return {
            row[0] if groupby else None: dict(
                zip(RATES, row[len(groupby) :], strict=True)
            )
            for row in rows
        }

    # ------------------------------------------------------------------
    # Worked example
    # ------------------------------------------------------------------

    def _make_example(self):
        called = self._debt("Called", 1000.0, "2026-01-10")
        self._call(called, "2026-01-15")
        self._pay(called, 400.0, "2026-01-20")
        self._pay(called, 300.0, "2026-02-20")
        reminded = self._debt("Reminded", 500.0, "2026-01-10")
        self._remind(reminded, "2026-02-20")
        self._pay(reminded, 500.0, "2026-04-25")
        promised = self._debt("Promised", 200.0, "2026-03-01")
        self._promise(promised, "2026-02-25", 200.0)
        self._pay(promised, 200.0, "2026-03-02")
        alone = self._debt("Alone", 100.0, "2026-01-10")
        self._pay(alone, 100.0, "2026-02-01")
        waiting = self._debt("Waiting", 50.0, "2026-05-01")
        young = self._debt("Young", 300.0, "2026-05-20")
        self._call(young, "2026-06-01")
        self._pay(young, 100.0, "2026-06-05")
        in_time = self._debt("In Time", 90.0, "2026-01-10")
        self._pay(in_time, 90.0, "2026-01-10")
        not_due = self._debt("Not Due", 80.0, "2026-06-15")
        return called, reminded, promised, alone, waiting, young, in_time, not_due

    def test_worked_example(self):
        """Six debts of which one part or another came in, and two that never were
        overdue."""
        invoices = self._make_example()
        self.assertEqual(
            [
                (row.account_id.partner_id.name, row.age_bucket, row.amount)
                for row in self._of(*invoices)
            ],
            [
                ("Called", "d1_30", 1000.0),
                ("Reminded", "d31_60", 500.0),
                ("Promised", "not_due", 200.0),
                ("Alone", "settled", 100.0),
                ("Waiting", "waiting", 50.0),
                ("Young", "d1_30", 300.0),
            ],
        )
        found = self._rates()
        self.assertEqual(list(found), [age for age in AGES if age in found])
        expected = {
            # 400, 700 and 700 of 1,000; the young one is not judged, and of its 300
            # there came 100 until today
            "d1_30": (40.0, 70.0, 70.0, 800 / 13, (1000 * 5 + 300 * 12) / 1300),
            "d31_60": (0.0, 0.0, 100.0, 100.0, 41),
            "not_due": (100.0, 100.0, 100.0, 100.0, -4),
            # nobody acted: no rate, which is not nought
            "settled": (False,) * 5,
            "waiting": (False,) * 5,
        }
        self.assertEqual(found.keys(), expected.keys())
        for age, rates in expected.items():
            for name, value in zip(RATES, rates, strict=True):
                with self.subTest(age=age, name=name):
                    if value is False:
                        self.assertIs(found[age][name], False)
                    else:
                        self.assertAlmostEqual(float(found[age][name]), value)
        # 600 of 1,700: a ratio of sums, not the mean of 40, 0 and 100 %
        total = self._rates(groupby=())[None]
        self.assertAlmostEqual(float(total["success_30"]), 100 * 600 / 1700)
        self.assertAlmostEqual(float(total["success"]), 100 * 1500 / 2000)

    def test_rates_of_a_row(self):
        """The list says the same as the groups, row by row."""
        invoices = self._make_example()
        for row in self._of(*invoices):
            [(_row, found)] = self._rates([("id", "=", row.id)], ("id",)).items()
            for name in RATES:
                self.assertAlmostEqual(row[name], float(found[name]), places=1)

    def test_by_month_side_and_segment(self):
        segment = self.env.ref("account_collection.segment_sme")
        first, second = (self._debt(f"Of {n}", 100.0, "2026-01-10") for n in "AB")
        account = self.account_of(first.commercial_partner_id)
        account.segment_id = segment
        with freeze_time("2026-02-01 09:00:00"):
            self._hand_over(account)
        self._call(first, "2026-02-02")
        self._call(second, "2026-03-02")
        self._pay(first, 80.0, "2026-02-10")
        domain = [("item_id.move_id", "in", (first | second).ids)]
        for group, expected in {
            "side": {"provider": 80.0, "company": 0.0},
            "mandate_id": {self.mandate: 80.0, self.env["collection.mandate"]: 0.0},
            "segment_id": {segment: 80.0},
            "date:month": {date(2026, 2, 1): 80.0, date(2026, 3, 1): 0.0},
        }.items():
            found = self._rates(domain, (group,))
            for value, rate in expected.items():
                with self.subTest(group=group, value=value):
                    self.assertEqual(float(found[value]["success_30"]), rate)

    # ------------------------------------------------------------------
    # What is a first action
    # ------------------------------------------------------------------

    def test_call_while_overdue(self):
        """Not before the debt was overdue, and not when it was settled."""
        invoice = self._debt("Early Call", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-05")
        self._call(invoice, "2026-01-10")
        self.assertEqual(self._first(invoice), ("False", False, "waiting"))
        self._call(invoice, "2026-01-12")
        self._call(invoice, "2026-01-11")
        self.assertEqual(self._first(invoice), ("2026-01-11", "call", "d1_30"))
        late = self._debt("Late Call", 100.0, "2026-01-10")
        self._pay(late, 100.0, "2026-01-20")
        self._call(late, "2026-01-21")
        self.assertEqual(self._first(late), ("False", False, "settled"))
        # on the day of the payment it was open when the day began
        self._call(late, "2026-01-20")
        self.assertEqual(self._first(late), ("2026-01-20", "call", "d1_30"))
        self.assertEqual(self._of(late).received_30, 100.0)

    def test_day_of_the_company(self):
        """Half past eleven in the evening of London is the next day in Paris."""
        invoice = self._debt("Midnight", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-14 23:30:00")
        self.assertEqual(self._of(invoice).date, date(2026, 1, 15))

    def test_no_action(self):
        """The customer's own call, the correction of a call, a dispute, a letter that
        is not sent or came back: nobody acted."""
        invoice = self._debt("Nobody", 100.0, "2026-01-10")
        incoming = self._call(invoice, "2026-01-15", direction="incoming")
        self._call(
            invoice,
            "2026-01-15",
            correction_of_id=incoming.id,
            correction_reason="Mistaken",
        )
        self.env["collection.dispute"].create(
            {
                "account_id": incoming.account_id.id,
                "item_ids": invoice.collection_item_ids.ids,
                "amount": 40.0,
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self._remind(invoice, "2026-01-16", state="draft")
        self._remind(invoice, "2026-01-16", state="cancelled")
        self._remind(invoice, "2026-01-16", delivery_state="failed")
        self._remind(
            invoice,
            "2026-01-16",
            delivery_state="pending",
            delivery_reason="Mailbox full",
        )
        self.assertEqual(self._first(invoice), ("False", False, "waiting"))

    def test_letters(self):
        """Reminders count, and so do the letters that ask before them; receipts and
        thanks do not."""
        for code, kind in (
            ("pre_reminder", "reminder"),
            ("mandate_notice", "reminder"),
            ("thanks", False),
            ("statement", False),
        ):
            with self.subTest(letter=code):
                invoice = self._debt(code, 100.0, "2026-01-10")
                letter = self._remind(
                    invoice,
                    "2026-01-15",
                    level_id=False,
                    kind_id=self.env.ref(f"account_collection.letter_kind_{code}").id,
                )
                letter.line_ids.level_id = False
                self.assertEqual(self._of(invoice).kind, kind)

    def test_registered_letter(self):
        """From the day on which it was brought to the post."""
        invoice = self._debt("Registered", 100.0, "2026-01-10")
        self._remind(
            invoice,
            "2026-02-09",
            channel="registered",
            by_post=True,
            date_posted="2026-02-12",
        )
        self.assertEqual(self._first(invoice), ("2026-02-12", "reminder", "d31_60"))

    def test_run(self):
        """A reminder as runs send it."""
        invoice = self._debt("Of a Run", 100.0, "2026-03-20")
        with freeze_time("2026-03-31 10:00:00"):
            self._send(self._run("2026-03-31"))
        self.assertEqual(self._first(invoice), ("2026-03-31", "reminder", "d1_30"))

    def test_before_the_due_date(self):
        """A quality control and an agreement are actions on an item that is not due."""
        checked = self._debt("Checked", 100.0, "2026-03-20")
        self.env["collection.precheck"].sudo().create(
            {
                "item_id": checked.collection_item_ids.id,
                "state": "ok",
                "date_checked": "2026-03-10",
            }
        )
        asked = self._debt("Asked", 100.0, "2026-03-20")
        self.env["collection.precheck"].sudo().create(
            {"item_id": asked.collection_item_ids.id}
        )
        planned = self._debt("Planned", 100.0, "2026-03-20")
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": self.account_of(planned.partner_id).id,
                "item_ids": planned.collection_item_ids.ids,
                "date_start": "2026-03-18",
            }
        )
        self.assertEqual(self._first(checked), ("2026-03-10", "check", "not_due"))
        self.assertEqual(self._first(asked), ("False", False, "waiting"))
        self.assertEqual(self._first(planned), ("False", False, "waiting"))
        plan.sudo().state = "active"
        self.assertEqual(self._first(planned), ("2026-03-18", "plan", "not_due"))
        # paid on its day: never overdue, and counted, as somebody acted
        self._pay(checked, 100.0, "2026-03-20")
        self.assertEqual(self._of(checked).success_30, 100.0)

    def test_several_on_a_day(self):
        """The call, and not what was promised in it or the letter of that day."""
        invoice = self._debt("Busy", 100.0, "2026-01-10")
        self._remind(invoice, "2026-01-15")
        self._promise(invoice, "2026-01-15")
        self._call(invoice, "2026-01-15")
        self.assertEqual(self._first(invoice), ("2026-01-15", "call", "d1_30"))
        # and whatever came later changes nothing
        self._remind(invoice, "2026-01-14")
        self.assertEqual(self._first(invoice), ("2026-01-14", "reminder", "d1_30"))

    def test_ages(self):
        """Each bucket by its first and its last day."""
        for days, age in (
            (0, "not_due"),
            (1, "d1_30"),
            (30, "d1_30"),
            (31, "d31_60"),
            (60, "d31_60"),
            (61, "d61_90"),
            (90, "d61_90"),
            (91, "d91_plus"),
        ):
            with self.subTest(days=days):
                invoice = self._debt(f"{days} Days", 100.0, "2026-01-10")
                day = date(2026, 1, 10) + timedelta(days=days)
                self._remind(invoice, str(day))
                row = self._of(invoice)
                self.assertEqual((row.days_overdue, row.age_bucket), (days, age))

    # ------------------------------------------------------------------
    # What came in
    # ------------------------------------------------------------------

    def test_window(self):
        """Its last day belongs to it; it is judged on the day after."""
        invoice = self._debt("Window", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-15")
        self._pay(invoice, 30.0, "2026-02-14")
        self._pay(invoice, 20.0, "2026-02-15")
        with freeze_time("2026-02-14 10:00:00"):
            row = self._of(invoice)
            self.assertEqual((row.judged_30, row.received_30), (0.0, 0.0))
        with freeze_time("2026-02-15 10:00:00"):
            row = self._of(invoice)
            self.assertEqual((row.judged_30, row.received_30), (100.0, 30.0))
            self.assertEqual(row.success_30, 30.0)
            self.assertEqual(row.judged_60, 0.0)

    def test_what_was_open(self):
        """What was paid or credited before is no part of it; what is credited or
        written off after is no success."""
        invoice = self._debt("Parts", 1000.0, "2026-01-10")
        self._pay(invoice, 300.0, "2026-01-12")
        before = self._credit_note(invoice.partner_id, 100.0, "2026-01-13")
        self._reconcile(invoice, before)
        self._call(invoice, "2026-01-15")
        after = self._credit_note(invoice.partner_id, 200.0, "2026-01-16")
        self._reconcile(invoice, after)
        who = {"partner_id": invoice.partner_id.id}
        self._entry(
            "2026-01-17",
            (self.expense, 50.0, who),
            (self.receivable, -50.0, who),
            match=[invoice],
        )
        self._pay(invoice, 240.0, "2026-01-18")
        row = self._of(invoice)
        self.assertEqual((row.amount, row.received_30), (600.0, 240.0))
        self.assertEqual(row.success_30, 40.0)

    def test_bounced(self):
        """What went back is a debt of its own, from its own day."""
        invoice = self._debt("Bounced", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-15")
        self._pay(invoice, 100.0, "2026-01-20")
        who = {"partner_id": invoice.partner_id.id}
        bounce = self._entry(
            "2026-01-25", (self.receivable, 100.0, who), (self.bank, -100.0, who)
        )
        self._call(invoice, "2026-02-01")
        payment = self._payment(invoice.partner_id, 40.0, "2026-02-03")
        self._reconcile(bounce, payment.move_id)
        first, second = self._of(invoice, bounce)
        self.assertEqual((first.amount, first.received), (100.0, 100.0))
        self.assertEqual((second.amount, second.received), (100.0, 40.0))
        self.assertEqual((second.date, second.days_overdue), (date(2026, 2, 1), 7))

    def test_payment_undone(self):
        """Unmatched, it is no success any more, at once."""
        invoice = self._debt("Undone", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-15")
        payment = self._pay(invoice, 100.0, "2026-01-20")
        self.assertEqual(self._of(invoice).success_30, 100.0)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self._of(invoice).success_30, 0.0)

    def test_foreign_currency(self):
        """At the rate at which the invoice was booked: 200 dollars are 100 euros,
        whatever the rate when they are paid."""
        invoice = self._debt(
            "Dollars", 200.0, "2026-02-10", date="2024-01-10", currency=self.dollar
        )
        self._call(invoice, "2026-02-15")
        self._pay(invoice, 50.0, "2026-03-12", currency=self.dollar)
        row = self._of(invoice)
        self.assertEqual((row.amount, row.received_30), (100.0, 25.0))
        self._pay(invoice, 150.0, "2026-03-25", currency=self.dollar)
        row = self._of(invoice)
        self.assertEqual((row.amount, row.received), (100.0, 100.0))

    def test_companies_together(self):
        """In the currency of the current company, at the rate of the first action."""
        data = self.setup_other_company(name="Dollars", currency_id=self.dollar.id)
        other = data["company"]
        self.env["res.currency.rate"].search(
            [("currency_id", "=", self.dollar.id)]
        ).unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.dollar.id,
                "company_id": self.company.id,
                "name": "2025-01-01",
                "rate": 2.0,
            }
        )
        own = self._debt("Euros", 100.0, "2026-01-10")
        theirs = self._invoice(
            self._customer("Dollars"), 200.0, "2026-01-10", company_data=data
        )
        self._call(own, "2026-01-15")
        account = self.account_of(theirs.partner_id, other)
        self.env["collection.call"].sudo().create(
            {**self._call_values(account), "date": "2026-01-15 09:00:00"}
        )
        self._pay(own, 100.0, "2026-01-20")
        self.env.flush_all()
        self.collector_user.company_ids |= other
        rows = (
            self.FirstAction.with_user(self.collector_user)
            .with_context(allowed_company_ids=(self.company | other).ids)
            ._read_group(
                [("item_id.move_id", "in", (own | theirs).ids)],
                [],
                ["success_30:avg"],
            )
        )
        self.assertAlmostEqual(float(rows[0][0]), 50.0)
        # of one company alone
        alone = (
            self.FirstAction.with_user(self.collector_user)
            .with_context(allowed_company_ids=self.company.ids)
            .search([("item_id.move_id", "in", (own | theirs).ids)])
        )
        self.assertEqual(alone.company_id, self.company)

    def test_generated_ledger(self):
        """Of a drawn ledger and drawn actions, against a computation of its own."""
        lot = random.Random(28)
        partners = [self._customer(f"Drawn {number}") for number in range(4)]
        self._make_ledger(11, partners, 40)
        accounts = {p: self.account_of(p) for p in partners}
        items = self.env["collection.item"].search(
            [("account_id", "in", [account.id for account in accounts.values()])]
        )
        acts = {item: [] for item in items}
        calls = {account: [] for account in accounts.values()}
        for _number in range(25):
            item = lot.choice(items)
            day = item.date_due + timedelta(days=lot.randint(-10, 120))
            if lot.random() < 0.5:
                self._call(None, str(day), item.account_id)
                calls[item.account_id].append(day)
            else:
                letter = self._remind(item.move_id, str(day))
                acts[letter.line_ids.item_id].append(day)
        self.env.flush_all()
        receipts = self.env["collection.receipt"].search([("item_id", "in", items.ids)])
        rows = {row.item_id: row for row in self.FirstAction.search([])}
        today = date(2026, 6, 15)
        counted = 0
        for item in items:
            # in the currency of the item; nobody gave money back in this ledger
            parts = [
                (receipt.date, receipt.kind, cents(receipt.amount))
                for receipt in receipts
                if receipt.item_id == item
            ]

            def left(day, item=item, parts=parts):
                return cents(item.amount_residual) + sum(
                    amount for when, _kind, amount in parts if when >= day
                )

            days = [day for day in acts[item] if left(day) > 0]
            days += [
                day
                for day in calls[item.account_id]
                if day > item.date_due and left(day) > 0
            ]
            overdue = item.date_due < today and left(
                item.date_due + timedelta(days=1)
            ) > Decimal(0)
            row = rows.pop(item, self.FirstAction)
            if not days and not overdue:
                self.assertFalse(row)
                continue
            counted += 1
            first = min(days, default=None)
            self.assertEqual(row.date or None, first)
            if not first or item.currency_id != self.company.currency_id:
                continue
            self.assertEqual(cents(row.amount), left(first))
            for window in (30, 60, 90):
                over = today > first + timedelta(days=window)
                money = sum(
                    amount
                    for when, kind, amount in parts
                    if kind == "money"
                    and first <= when <= first + timedelta(days=window)
                )
                self.assertEqual(
                    cents(row[f"judged_{window}"]), left(first) if over else 0
                )
                self.assertEqual(cents(row[f"received_{window}"]), money if over else 0)
        self.assertGreater(counted, 20)
        self.assertFalse(
            [item for item in rows if item.account_id in accounts.values()]
        )

    # ------------------------------------------------------------------
    # What is written down stays true
    # ------------------------------------------------------------------

    def _check(self, invoice, *expected, **values):
        """The first action is the expected one, as after working out everything."""
        self.assertEqual(self._first(invoice), expected)
        row = self._of(invoice)
        for name, value in values.items():
            self.assertEqual(row[name], value, name)
        fact = self.env["collection.first.action.fact"]
        query = "SELECT * FROM collection_first_action_fact ORDER BY item_id"
        self.env.cr.execute(query)
        said = self.env.cr.dictfetchall()
        fact._refresh()
        self.env.cr.execute(query)
        self.assertEqual(self.env.cr.dictfetchall(), said)

    def test_follows_calls(self):
        invoice = self._debt("Followed", 100.0, "2026-01-10")
        nobody = ("False", False, "waiting")
        self._check(invoice, *nobody)
        self._call(invoice, "2026-01-05")
        self._check(invoice, *nobody)
        self._call(invoice, "2026-01-25")
        self._check(invoice, "2026-01-25", "call", "d1_30")
        self._call(invoice, "2026-01-15")
        self._check(invoice, "2026-01-15", "call", "d1_30")

    def test_follows_letters_and_agreements(self):
        invoice = self._debt("Written to", 100.0, "2026-01-10")
        other = self._debt("Other", 100.0, "2026-01-10")
        nobody = ("False", False, "waiting")
        letter = self._remind(invoice, "2026-02-20", state="to_send")
        self._check(invoice, *nobody)
        letter.state = "sent"
        self._check(invoice, "2026-02-20", "reminder", "d31_60")
        letter.delivery_state = "failed"
        self._check(invoice, *nobody)
        promise = self._promise(invoice, "2026-01-12").sudo()
        self._check(invoice, "2026-01-12", "promise", "d1_30")
        promise.date_made = "2026-01-11"
        self._check(invoice, "2026-01-11", "promise", "d1_30")
        control = self.env["collection.precheck"].sudo()
        control = control.create({"item_id": invoice.collection_item_ids.id})
        self._check(invoice, "2026-01-11", "promise", "d1_30")
        control.write({"state": "ok", "date_checked": "2026-01-05"})
        self._check(invoice, "2026-01-05", "check", "not_due")
        self._check(other, *nobody)

    def test_follows_hand_overs(self):
        invoice = self._debt("Handed over", 100.0, "2026-01-10")
        self._call(invoice, "2026-02-05")
        self._check(invoice, "2026-02-05", "call", "d1_30", side="company")
        with freeze_time("2026-02-01 09:00:00"):
            self._hand_over(self.account_of(invoice.partner_id))
        self._check(invoice, "2026-02-05", "call", "d1_30", side="provider")
        item = invoice.collection_item_ids
        with freeze_time("2026-02-04 09:00:00"):
            item.placement_line_id._take_back("recalled", "Test")
        self._check(invoice, "2026-02-05", "call", "d1_30", side="company")

    def test_follows_the_due_date(self):
        """A call before it was overdue is none; when it is due earlier, it is one."""
        invoice = self._debt("Moved", 100.0, "2026-01-20")
        self._call(invoice, "2026-01-15")
        self._check(invoice, "False", False, "waiting")
        lines = self._receivable_lines(invoice)
        lines.date_maturity = "2026-01-10"
        self._check(invoice, "2026-01-15", "call", "d1_30", days_overdue=5)
        lines.date_maturity = "2026-01-15"
        self._check(invoice, "False", False, "waiting")

    def test_entered_late(self):
        """An invoice that is entered after somebody called about older ones."""
        older = self._debt("Late Entry", 100.0, "2026-01-10")
        self._call(older, "2026-02-05")
        self._check(older, "2026-02-05", "call", "d1_30")
        late = self._invoice(older.partner_id, 50.0, "2026-02-01", date="2026-01-02")
        self._check(late, "2026-02-05", "call", "d1_30", amount=50.0)

    def test_time_goes_by(self):
        """What the day alone changes needs no job: overdue, and windows that end."""
        due = self._debt("Due Today", 100.0, "2026-06-15")
        called = self._debt("Called", 100.0, "2026-01-10")
        self._call(called, "2026-05-20")
        self.assertFalse(self._of(due))
        self.assertEqual(self._of(called).judged_30, 0.0)
        with freeze_time("2026-06-20 10:00:00"):
            self.assertEqual(self._first(due), ("False", False, "waiting"))
            self.assertEqual(self._of(called).judged_30, 100.0)

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def test_screens(self):
        """What pivot and graph ask for; each cell opens its rows."""
        invoices = self._make_example()
        rows = self.FirstAction.with_user(self.collector_user)
        names = [f"{name}:avg" for name in RATES]
        domain = [("item_id.move_id", "in", [invoice.id for invoice in invoices])]
        sets = rows.formatted_read_grouping_sets(
            domain,
            [[], ["age_bucket"], ["age_bucket", "date:month"]],
            ["amount:sum", *names],
        )
        self.assertEqual(sets[0][0]["amount:sum"], 2150.0)
        ages = [group["age_bucket"] for group in sets[1]]
        self.assertEqual(ages, [age for age in AGES if age in ages])
        for group in sets[1]:
            found = rows.search([*domain, *group["__extra_domain"]])
            self.assertEqual(
                sum(found.mapped("amount")), group["amount:sum"], group["age_bucket"]
            )
        listed = rows.search(domain, order="age_bucket desc, amount")
        self.assertEqual(
            [row.age_bucket for row in listed],
            ["waiting", "settled", "d31_60", "d1_30", "d1_30", "not_due"],
        )
        measures = rows.fields_get(attributes=["aggregator"])
        for name in RATES:
            self.assertEqual(measures[name]["aggregator"], "avg")

    def test_reader_who_may_not_write(self):
        """On a replica, what the receipts have so far."""
        invoice = self._debt("Replica", 100.0, "2026-01-10")
        self._call(invoice, "2026-01-15")
        self.assertEqual(len(self._of(invoice)), 1)
        for name in (
            "formatted_read_group",
            "formatted_read_grouping_sets",
            "web_read_group",
            "web_search_read",
        ):
            self.assertFalse(getattr(type(self.FirstAction), name)._readonly)

    def test_opens_the_invoice(self):
        invoice = self._debt("Opened", 100.0, "2026-01-10")
        row = self._of(invoice).with_user(self.manager_user)
        self.assertEqual(
            row.action_open_item(),
            row.item_id.action_open_invoice(),
        )

    def test_queries_do_not_grow(self):
        counts = []
        for count in (1, 1, 5):
            for number in range(count):
                debt = self._debt(f"One of {count}, {number}", 100.0, "2026-01-10")
                self._call(debt, "2026-01-15")
            self.env["collection.receipt"]._bring_up_to_date()
            with self._count_queries() as counter:
                rows = self.FirstAction.search([("company_id", "=", self.company.id)])
                rows.mapped("success_30")
            counts.append(counter.total)
        self.assertEqual(counts[1], counts[2])

    def test_rights(self):
        invoice = self._debt("Secret", 100.0, "2026-01-10")
        row = self._of(invoice)
        for user in (
            self.on_site_user,
            self.agent_user,
            self.supervisor_user,
            self.accountant_user,
            self.plain_internal_user,
            self.plain_portal_user,
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    row.with_user(user).read(["amount"])
                with self.assertRaises(AccessError):
                    self.FirstAction.with_user(user).search([])
                with self.assertRaises(AccessError):
                    row.with_user(user).action_open_item()
        row.with_user(self.collector_user).read(["amount", "success_30"])
        for user in (self.collector_user, self.manager_user):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"side": "company"})

    # ------------------------------------------------------------------
    # Customers who turn out to be one
    # ------------------------------------------------------------------

    def test_customers_merged(self):
        """Each had first actions of their own: as one customer, whoever was called was
        called about all that was late, and nothing is lost or stands twice."""
        called = self._debt("Called", 100.0, "2026-01-10")
        promised = self._debt("Promised", 200.0, "2026-02-10")
        younger = self._debt("Untouched", 400.0, "2026-05-10")
        self._call(called, "2026-01-20")
        self._call(called, "2026-03-02")
        self._promise(promised, "2026-03-10")
        self._pay(called, 30.0, "2026-02-01")
        self._pay(promised, 50.0, "2026-03-20")
        self.assertEqual(self._first(called)[:2], ("2026-01-20", "call"))
        self.assertEqual(self._first(promised)[:2], ("2026-03-10", "promise"))
        partners = (called | promised | younger).partner_id
        partners.email = "one@example.com"
        kept = promised.partner_id
        self.env.flush_all()
        self.env["base.partner.merge.automatic.wizard"].with_user(
            self._user("merger", "base.group_user,base.group_partner_manager")
        ).create(
            {
                "state": "selection",
                "partner_ids": [(6, 0, partners.ids)],
                "dst_partner_id": kept.id,
            }
        ).action_merge()
        self.env.invalidate_all()
        self.assertEqual(len(self.account_of(kept)), 1)
        self.assertEqual(self._first(called)[:2], ("2026-01-20", "call"))
        # a call on 2 March to the one customer, eight days before the promise
        self.assertEqual(self._first(promised)[:2], ("2026-03-02", "call"))
        self.assertEqual(len(self._of(called, promised, younger)), 3)
        facts = self.env["collection.first.action.fact"]
        of_items = [
            ("item_id.move_id", "in", (called | promised | younger).ids),
        ]
        names = ["item_id", "date", "kind", "settled_on", "amount", "received"]
        names += [f"within_{days}" for days in (30, 60, 90)]
        before = facts.search(of_items).sorted("item_id").read(names)
        self.assertEqual(
            [(row["amount"], row["received"]) for row in before],
            [(100.0, 30.0), (200.0, 50.0)],
        )
        # and it is what working out everybody anew makes of it
        self.env.cr.execute("DELETE FROM collection_first_action_fact")
        self.env.invalidate_all()
        facts._refresh()
        after = facts.search(of_items).sorted("item_id").read(names)
        for row in (*before, *after):
            row.pop("id")
        self.assertEqual(before, after)
