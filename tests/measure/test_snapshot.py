from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...models.base.figures import rate_sql
from ...models.measure.collection_snapshot import INDICATORS
from .common import MeasureCommon, cents, month_ends

COLUMNS = {
    "not_due": "amount_not_due",
    "d1_30": "amount_1_30",
    "d31_60": "amount_31_60",
    "d61_90": "amount_61_90",
    "d91_plus": "amount_91_plus",
}


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 06:00:00")
class TestSnapshot(MeasureCommon):
    """Month ends as they are read from the ledger, and what becomes of them."""

    def _run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_snapshot"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _freeze(self, day, company=None):
        self.env["collection.snapshot"]._freeze(
            company or self.company, date.fromisoformat(day)
        )

    def _of(self, partner, day):
        return self.env["collection.snapshot"].search(
            [
                ("account_id", "=", self.account_of(partner).id),
                ("date", "=", day),
                ("state", "=", "frozen"),
            ]
        )

    def _indicators(self, domain, groupby=(), user=None, **context):
        rows = (
            self.env["collection.snapshot"]
            .with_user(user or self.collector_user)
            .with_context(**context)
            ._read_group(domain, groupby, [f"{name}:avg" for name in INDICATORS])
        )
        if groupby:
            return {row[0]: dict(zip(INDICATORS, row[1:], strict=True)) for row in rows}
        return dict(zip(INDICATORS, rows[0], strict=True))

    # ------------------------------------------------------------------
    # What is read
    # ------------------------------------------------------------------

    def test_generated_ledger(self):
        """Twelve months of a drawn ledger, against its journal items."""
        partners = [self._customer(f"Lot {number}") for number in range(3)]
        self._make_ledger(5, partners, 40)
        lines = self._debtor_lines()
        self._run_job()
        rows = self.env["collection.snapshot"].search(
            [("company_id", "=", self.company.id)]
        )
        days = month_ends(date(2026, 3, 31), 12)
        self.assertEqual(sorted(set(rows.mapped("date"))), days)
        for day in days:
            before = day.replace(day=1) - timedelta(days=1)
            of_day = rows.filtered(lambda row, day=day: row.date == day)
            ledger = sum(cents(line.balance) for line in lines if line.date <= day)
            self.assertEqual(sum(cents(row.amount_balance) for row in of_day), ledger)
            for partner in partners:
                row = of_day.filtered(
                    lambda row, partner=partner: row.account_id.partner_id == partner
                )
                own = lines.filtered(
                    lambda line, partner=partner: line.partner_id == partner
                )
                ages = self._expected_ages(self._expected_items(own, day), day)
                self.assertEqual(
                    {age: cents(row[name]) for age, name in COLUMNS.items()},
                    {age: ages.get(age, 0) for age in COLUMNS},
                )
                self.assertEqual(cents(row.amount_credit), -ages.get("credit", 0))
                begun = self._expected_ages(self._expected_items(own, before), before)
                self.assertEqual(
                    cents(row.amount_begin),
                    sum(begun.values()) - begun.get("credit", 0),
                )
                moves = self.env["account.move"].search(
                    [
                        ("partner_id", "=", partner.id),
                        ("state", "=", "posted"),
                        ("move_type", "in", ("out_invoice", "out_refund")),
                        ("invoice_date", "<=", day),
                        (
                            "invoice_date",
                            ">=",
                            day.replace(day=1) - relativedelta(months=11),
                        ),
                    ]
                )
                self.assertEqual(
                    cents(row.turnover),
                    sum(cents(move.amount_total_signed) for move in moves),
                )
                self.assertEqual(
                    cents(row.sales_0),
                    sum(
                        cents(move.amount_total_signed)
                        for move in moves
                        if move.invoice_date > before
                    ),
                )

    def test_terms_and_days_overdue(self):
        """By amount: 300 at 30 days, 300 at 60 and 400 at 90."""
        self._invoice(
            self.customer,
            1000.0,
            "2026-01-01",
            date="2025-12-02",
            invoice_payment_term_id=self.instalments.id,
        )
        self._freeze("2025-12-31")
        self.assertEqual(self._of(self.customer, "2025-12-31").mean_terms, 63)
        self._freeze("2026-02-28")
        row = self._of(self.customer, "2026-02-28")
        # due on 1 and 31 January and on 2 March
        self.assertEqual((row.amount_overdue, row.amount_not_due), (600.0, 400.0))
        self.assertEqual(row.mean_days_overdue, (300 * 58 + 300 * 28) / 600)
        # no invoice in the month: no terms
        found = self._indicators([("id", "=", row.id)])
        self.assertIs(found["mean_terms"], False)

    def test_payer_class(self):
        """The class of that month: three invoices five days late are a B, with three
        more that are 65 days late the mean is 35 days, a D."""
        for due, paid in (("2026-01-10", "2026-01-15"), ("2026-01-10", "2026-03-16")):
            for _number in range(3):
                move = self._invoice(self.customer, 100.0, due, date="2025-12-10")
                self._pay(move, 100.0, paid)
        self._invoice(self.other_customer, 100.0, "2026-01-10", date="2025-12-10")
        self._freeze("2026-01-31")
        self._freeze("2026-03-31")
        for partner, classes in ((self.customer, "bd"), (self.other_customer, "nn")):
            for day, payer_class in zip(
                ("2026-01-31", "2026-03-31"), classes, strict=True
            ):
                self.assertEqual(self._of(partner, day).payer_class, payer_class)

    def test_roll(self):
        """18,000 of 100,000 were 1–30 days late and are older a month later."""
        late = self._invoice(self.customer, 100_000.0, "2026-01-20", date="2025-12-20")
        self._pay(late, 82_000.0, "2026-02-10")
        self._invoice(self.customer, 500.0, "2026-02-20", date="2026-01-20")
        for day in ("2026-01-31", "2026-02-28"):
            self._freeze(day)
        found = self._indicators(
            [("account_id.partner_id", "=", self.customer.id)], ["date:month"]
        )
        january, february = found[date(2026, 1, 1)], found[date(2026, 2, 1)]
        self.assertEqual(february["roll_1_30"], 18.0)
        self.assertEqual(february["roll_not_due"], 100.0)
        self.assertIs(february["roll_31_60"], False)
        self.assertIs(january["roll_1_30"], False)

    def test_kept_too_long(self):
        segment = self.env.ref("account_collection.segment_sme")
        segment.delegate_after_days = 30
        partners = [self._customer(f"Kept {number}") for number in range(4)]
        for partner in partners:
            self._invoice(partner, 100.0, "2026-01-01")
            # 30 days on 31 January, 29 the next one
            self._invoice(partner, 10.0, "2026-01-02")
        accounts = [self.account_of(partner) for partner in partners]
        kept, reserved, with_provider, nobody = accounts
        (kept | reserved | with_provider).segment_id = segment
        reserved.reserved = True
        with freeze_time("2026-01-20 09:00:00"):
            self._hand_over(with_provider)
            self.env["collection.account"]._flush_all()
        self._freeze("2026-01-31")
        self.assertEqual(
            [
                (row.amount_kept_too_long, row.side)
                for partner in partners
                for row in self._of(partner, "2026-01-31")
            ],
            [(100.0, "company"), (0, "company"), (0, "provider"), (0, "company")],
        )
        found = self._indicators(
            [
                ("date", "=", "2026-01-31"),
                ("account_id", "in", [a.id for a in accounts]),
            ]
        )
        self.assertAlmostEqual(found["kept_rate"], 100 * 100 / 440)
        self.assertEqual(self._of(partners[2], "2026-01-31").mandate_id, self.mandate)
        self.assertFalse(nobody.segment_id)

    def test_contested_and_promised(self):
        invoice = self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        account = self.account_of(self.customer)
        with freeze_time("2026-01-20 09:00:00"):
            dispute = self.env["collection.dispute"].create(
                {
                    "account_id": account.id,
                    "item_ids": invoice.collection_item_ids.ids,
                    "amount": 40.0,
                    "reason_id": self._dispute_reason("price").id,
                }
            )
        with freeze_time("2026-01-25 09:00:00"):
            self.env["collection.promise"].create(
                {
                    "account_id": account.id,
                    "amount": 60.0,
                    "date_promised": "2026-02-10",
                    "item_ids": invoice.collection_item_ids.ids,
                }
            )
        for day in ("2025-12-31", "2026-01-31", "2026-02-28"):
            self._freeze(day)
        self.assertEqual(
            [
                (row.amount_disputed, row.amount_promised)
                for row in (
                    self._of(self.customer, day)
                    for day in ("2025-12-31", "2026-01-31", "2026-02-28")
                )
            ],
            [(0, 0), (40.0, 60.0), (40.0, 0)],
        )
        self.assertEqual(dispute.date_opened, date(2026, 1, 20))

    # ------------------------------------------------------------------
    # Used to reminders
    # ------------------------------------------------------------------

    def _remind(self, partner, *days, **values):
        """Reminders that were sent to a customer on these days."""
        account = self.account_of(partner)
        self.env["collection.letter"].sudo().create(
            [
                {
                    "account_id": account.id,
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "level_id": self.level_1.id,
                    "channel": "email",
                    "date": day,
                    "state": "sent",
                    **values,
                }
                for day in days
            ]
        )

    def _break_promise(self, invoice, made, promised):
        """A promise that was not kept: with three days for the bank."""
        with freeze_time(f"{made} 09:00:00"):
            promise = self.env["collection.promise"].create(
                {
                    "account_id": self.account_of(invoice.partner_id).id,
                    "amount": 10.0,
                    "date_promised": promised,
                    "item_ids": invoice.collection_item_ids.ids,
                }
            )
        promise._evaluate()
        self.assertIn(promise.state, ("broken", "partial"))

    def _habit(self, partner, day):
        row = self._of(partner, day)
        return row.unanswered_reminders, row.promises_broken, row.accustomed

    def test_accustomed(self):
        """Month by month, from the days on which things happened.

        Reminders on 5 and 20 November, paid a little on 1 December; reminders on 10
        December, 5 January and 5 February, a promise for 20 January, which is broken
        from the 24th on; paid in March.
        """
        late = self._invoice(self.customer, 100.0, "2025-10-10", date="2025-09-10")
        self._remind(self.customer, "2025-11-05", "2025-11-20")
        self._pay(late, 10.0, "2025-12-01")
        self._remind(self.customer, "2025-12-10", "2026-01-05", "2026-02-05")
        self._break_promise(late, "2026-01-10", "2026-01-20")
        self._pay(late, 10.0, "2026-03-20")
        self._invoice(self.other_customer, 300.0, "2025-10-10", date="2025-09-10")
        self._remind(self.other_customer, "2026-01-05")
        days = ("2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31")
        for day in days:
            self._freeze(day)
        self.assertEqual(
            [self._habit(self.customer, day) for day in days],
            [
                (2, 0, False),
                (1, 0, False),
                (2, 1, True),
                (3, 1, True),
                (0, 0, False),
            ],
        )
        self.assertEqual(self._habit(self.other_customer, "2026-02-28"), (1, 0, False))
        rows = self.env["collection.snapshot"].search(
            [("account_id.partner_id", "=", self.customer.id), ("accustomed", "=", 1)]
        )
        self.assertEqual(sorted(map(str, rows.mapped("date"))), list(days[2:4]))
        found = self._indicators([("company_id", "=", self.company.id)], ["date:month"])
        january, march = found[date(2026, 1, 1)], found[date(2026, 3, 1)]
        # one customer, with 90 of 390 euros overdue
        self.assertEqual(january["accustomed_customers"], 1)
        self.assertAlmostEqual(float(january["accustomed_rate"]), 100 * 90 / 390)
        self.assertEqual(march["accustomed_customers"], 0)
        self.assertEqual(march["accustomed_rate"], 0)
        # over five month ends: their mean
        [total] = self._indicators(
            [("company_id", "=", self.company.id)], ["company_id"]
        ).values()
        self.assertAlmostEqual(float(total["accustomed_customers"]), 2 / 5)
        row = self._of(self.customer, "2026-01-31")
        self.assertEqual((row.accustomed_customers, row.accustomed_rate), (1.0, 100.0))

    def test_what_is_no_reminder(self):
        """Several letters of a day are one; what came back, what is not sent, a letter
        outside the ladder: none. A registered one counts when it was posted."""
        self._invoice(self.customer, 100.0, "2025-12-10", date="2025-11-10")
        self._remind(self.customer, "2026-01-05", "2026-01-05")
        self._remind(self.customer, "2026-01-06", state="draft")
        self._remind(self.customer, "2026-01-07", delivery_state="failed")
        self._remind(
            self.customer,
            "2026-01-08",
            level_id=False,
            kind_id=self.env.ref("account_collection.letter_kind_statement").id,
        )
        self._remind(
            self.customer,
            "2026-01-30",
            channel="registered",
            by_post=True,
            date_posted="2026-02-02",
        )
        for day, reminders in (("2026-01-31", 1), ("2026-02-28", 2)):
            self._freeze(day)
            self.assertEqual(self._habit(self.customer, day)[0], reminders)

    def test_what_answers(self):
        """Money does, on the day of the reminder as well, whatever it pays; a credit
        note does not. Nothing overdue: nobody is used to anything."""
        late = self._invoice(self.customer, 100.0, "2025-10-10", date="2025-09-10")
        other = self._invoice(self.customer, 50.0, "2026-06-10", date="2026-01-02")
        self._remind(self.customer, "2025-12-10", "2026-01-05", "2026-01-20")
        refund = self._credit_note(self.customer, 30.0, "2026-01-25")
        self._reconcile(late, refund)
        self._freeze("2026-01-31")
        self.assertEqual(self._habit(self.customer, "2026-01-31"), (3, 0, True))
        refund = self._credit_note(self.customer, 70.0, "2026-02-10")
        self._reconcile(late, refund)
        self._freeze("2026-02-28")
        self.assertEqual(self._habit(self.customer, "2026-02-28"), (3, 0, False))
        self._remind(self.customer, "2026-03-10")
        self._pay(other, 5.0, "2026-03-10")
        self._freeze("2026-03-31")
        self.assertEqual(self._habit(self.customer, "2026-03-31"), (0, 0, False))

    def test_accustomed_from(self):
        """The threshold is the company's own, else the shared one; 0: nobody."""
        self._invoice(self.customer, 100.0, "2025-10-10", date="2025-09-10")
        self._remind(self.customer, "2025-12-10", "2026-01-05")
        scale = self.env["collection.payer.scale"].create(
            {"company_id": self.company.id}
        )
        for threshold, day, expected in (
            (3, "2026-01-31", False),
            (2, "2026-02-28", True),
            (0, "2026-03-31", False),
        ):
            scale.accustomed = threshold
            self._freeze(day)
            self.assertEqual(self._habit(self.customer, day), (2, 0, expected))
        # what was frozen stays
        self.assertTrue(self._of(self.customer, "2026-02-28").accustomed)

    def test_accustomed_compared(self):
        """The comparison says what the ledger has now, and what was done with it."""
        late = self._invoice(self.customer, 100.0, "2025-10-10", date="2025-09-10")
        self._remind(self.customer, "2025-12-10", "2026-01-05", "2026-01-20")
        self._freeze("2026-01-31")
        row = self._of(self.customer, "2026-01-31")
        # entered later, for a day before the reminders were answered
        self._pay(late, 60.0, "2026-01-10")
        action = row.with_user(self.manager_user).action_compare()
        revised = self.env["collection.snapshot"].search(action["domain"])
        self.assertEqual(
            (revised.unanswered_reminders, revised.accustomed, revised.amount_overdue),
            (1, False, 40.0),
        )
        self.assertEqual(self._habit(self.customer, "2026-01-31"), (3, 0, True))

    def test_accustomed_today(self):
        """The customer's page says it of today, and the list finds them."""
        late = self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._invoice(self.other_customer, 100.0, "2026-01-10", date="2025-12-10")
        self._remind(self.customer, "2026-02-05", "2026-02-20")
        self._break_promise(late, "2026-03-01", "2026-03-10")
        self._remind(self.other_customer, "2026-02-05")
        accounts = self.account_of(self.customer) | self.account_of(self.other_customer)
        accounts = accounts.with_user(self.collector_user)
        self.assertEqual(
            [
                (a.unanswered_reminders, a.promises_broken, a.accustomed)
                for a in accounts
            ],
            [(2, 1, True), (1, 0, False)],
        )
        search = accounts.search
        own = [("id", "in", accounts.ids)]
        self.assertEqual(search([*own, ("accustomed", "=", True)]), accounts[0])
        self.assertEqual(search([*own, ("accustomed", "=", False)]), accounts[1])
        self._pay(late, 10.0, "2026-03-31")
        self.assertFalse(search([*own, ("accustomed", "=", True)]))
        self.env.invalidate_all()
        self.assertEqual(accounts[0].unanswered_reminders, 0)
        for user in (self.on_site_user, self.agent_user, self.plain_internal_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                accounts.with_user(user).search([("accustomed", "=", True)])

    # ------------------------------------------------------------------
    # Indicators
    # ------------------------------------------------------------------

    def test_count_back(self):
        """2,500 open; 1,200, 800 and 700 sold in the months before: 82.4 days."""
        september = self._invoice(self.customer, 700.0, "2025-12-10", date="2025-09-10")
        self._invoice(self.customer, 800.0, "2025-12-10", date="2025-10-10")
        self._invoice(self.other_customer, 1200.0, "2025-12-10", date="2025-11-10")
        self._pay(september, 200.0, "2025-11-20")
        self._freeze("2025-11-30")
        found = self._indicators(
            [("company_id", "=", self.company.id), ("date", "=", "2025-11-30")]
        )
        self.assertAlmostEqual(float(found["dso_count_back"]), 61 + 500 / 700 * 30)
        # invoicing began in September: of the turnover of 91 days
        self.assertAlmostEqual(float(found["dso"]), 2500 / 2700 * 91)
        self.assertEqual(found["days_delinquent"], 0)
        # one customer alone, by the row and by the group
        row = self._of(self.customer, "2025-11-30")
        self.assertEqual(row.dso_count_back, 82.4)
        found = self._indicators([("id", "=", row.id)])
        self.assertAlmostEqual(float(found["dso_count_back"]), 61 + 500 / 700 * 30)
        # more open than was sold in twelve months: nothing, and no division
        self._freeze("2026-10-31")
        found = self._indicators(
            [("company_id", "=", self.company.id), ("date", "=", "2026-10-31")]
        )
        self.assertIs(found["dso_count_back"], False)

    def test_effectiveness(self):
        """100 open, 1,000 sold, 120 open in the end, 100 of it not due: 98 %."""
        old = self._invoice(self.customer, 100.0, "2025-12-15", date="2025-11-15")
        new = self._invoice(self.customer, 1000.0, "2026-02-01", date="2026-01-05")
        self._pay(old, 80.0, "2026-01-10")
        self._pay(new, 900.0, "2026-01-20")
        self._freeze("2026-01-31")
        row = self._of(self.customer, "2026-01-31")
        self.assertEqual(
            (row.amount_begin, row.sales_0, row.amount_open, row.amount_not_due),
            (100.0, 1000.0, 120.0, 100.0),
        )
        found = self._indicators([("id", "=", row.id)])
        self.assertAlmostEqual(float(found["cei"]), 98.0)
        self.assertAlmostEqual(row.cei, 98.0)

    def test_ratios_of_sums(self):
        """1 of 10 and 90 of 90 overdue are 91 %, not the mean of 10 % and 100 %."""
        for partner, overdue, not_due in (
            (self.customer, 1.0, 9.0),
            (self.other_customer, 90.0, 0.0),
        ):
            self._invoice(partner, overdue, "2026-01-10", date="2025-12-10")
            if not_due:
                self._invoice(partner, not_due, "2026-03-10", date="2026-01-10")
        self._freeze("2026-01-31")
        domain = [("company_id", "=", self.company.id)]
        self.assertAlmostEqual(float(self._indicators(domain)["overdue_rate"]), 91.0)
        # over two month ends the amounts are their mean, the ratio that of the sums
        self._freeze("2026-02-28")
        [(opened, overdue)] = self.env["collection.snapshot"]._read_group(
            domain, [], ["amount_open:sum", "amount_overdue:sum"]
        )
        self.assertEqual((opened, overdue), (100.0, 91.0))

    def test_nothing_to_divide_by(self):
        found = self._indicators([("id", "=", 0)])
        for name, value in found.items():
            self.assertIs(value, False, name)

    def test_rates_are_those_of_odoo(self):
        """Up to the day, and before the first of them the first."""
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "=", self.dollar.id)]).unlink()
        for day, rate in (("2026-01-10", 2.0), ("2026-02-10", 4.0)):
            rates.create(
                {
                    "currency_id": self.dollar.id,
                    "company_id": self.company.id,
                    "name": day,
                    "rate": rate,
                }
            )
        self.env.flush_all()
        for day, expected in (
            ("2025-12-31", 2.0),
            ("2026-01-10", 2.0),
            ("2026-02-09", 2.0),
            ("2026-03-01", 4.0),
        ):
            [(rate,)] = self.env.execute_query(
                SQL("SELECT %s", rate_sql(self.dollar.id, day, self.company.id))
            )
            self.assertEqual(float(rate), expected)
            self.assertEqual(
                self.dollar._get_rates(self.company, day)[self.dollar.id], expected
            )

    def test_companies_together(self):
        """In the currency of the current company, at the rates of the month end."""
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
        self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._invoice(
            self.customer, 200.0, "2026-03-10", date="2025-12-10", company_data=data
        )
        self._freeze("2026-01-31")
        self._freeze("2026-01-31", other)
        self.collector_user.company_ids |= other
        found = self._indicators(
            [
                ("date", "=", "2026-01-31"),
                ("company_id", "in", (self.company | other).ids),
            ],
            allowed_company_ids=(self.company | other).ids,
        )
        # 100 euros overdue, and 200 dollars that are 100 euros
        self.assertAlmostEqual(float(found["overdue_rate"]), 50.0)

    # ------------------------------------------------------------------
    # Frozen
    # ------------------------------------------------------------------

    def test_nobody_writes(self):
        self._invoice(self.customer, 100.0, "2026-01-10")
        self._freeze("2026-01-31")
        row = self._of(self.customer, "2026-01-31").sudo()
        with self.assertRaises(UserError):
            row.amount_open = 1.0
        with self.assertRaises(UserError):
            row.unlink()
        with self.assertRaises(UserError):
            row.create({"account_id": row.account_id.id, "date": "2026-01-31"})

    def test_changed_since(self):
        """Both figures stand, with the entries that made the difference."""
        self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._invoice(self.other_customer, 70.0, "2026-01-10", date="2025-12-10")
        self._freeze("2026-01-31")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_snapshot"
            " SET create_date = create_date - interval '1 day'"
        )
        self.env.cr.execute(
            "UPDATE account_move_line SET create_date = create_date - interval '2 day'"
        )
        self.env.invalidate_all()
        rows = self._of(self.customer, "2026-01-31") | self._of(
            self.other_customer, "2026-01-31"
        )
        before = rows.read()
        action = rows.with_user(self.manager_user).action_compare()
        found = self.env["collection.snapshot"].search(action["domain"])
        self.assertFalse(found)
        # posted later, and dated before
        forgotten = self._invoice(self.customer, 30.0, "2026-02-10", date="2026-01-20")
        for _again in range(2):
            rows.with_user(self.manager_user).action_compare()
            found = self.env["collection.snapshot"].search(action["domain"])
            self.assertEqual(found.account_id, self.account_of(self.customer))
            self.assertEqual(
                (found.amount_frozen, found.amount_balance, found.amount_difference),
                (100.0, 130.0, 30.0),
            )
            self.assertIn(forgotten.name, found.reason)
        rows.invalidate_recordset()
        self.assertEqual(rows.read(), before)

    def test_changed_since_by_a_match(self):
        invoice = self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        credit = self._credit_note(self.customer, 40.0, "2026-01-15")
        self._freeze("2026-01-31")
        self.env.flush_all()
        for table in ("account_move_line", "account_partial_reconcile"):
            self.env.cr.execute(
                f"UPDATE {table} SET create_date = create_date - interval '2 day'"
            )
        self.env.cr.execute(
            "UPDATE collection_snapshot"
            " SET create_date = create_date - interval '1 day'"
        )
        self.env.invalidate_all()
        self._reconcile(invoice, credit)
        row = self._of(self.customer, "2026-01-31")
        row.with_user(self.manager_user).action_compare()
        found = self.env["collection.snapshot"].search(
            [("state", "=", "revised"), ("account_id", "=", row.account_id.id)]
        )
        # what is owed is the same, what is overdue is not
        self.assertEqual((found.amount_difference, found.amount_overdue), (0.0, 60.0))
        self.assertRegex(found.reason, f"^Matched since: .*{credit.name}")

    def test_merged_customers(self):
        """What was two customers' becomes one's, row by row."""
        self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._invoice(self.other_customer, 70.0, "2026-01-10", date="2025-12-10")
        self._freeze("2026-01-31")
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer | self.other_customer).ids, self.customer
        )
        rows = self._of(self.customer, "2026-01-31")
        self.assertEqual(sorted(rows.mapped("amount_open")), [70.0, 100.0])
        rows.with_user(self.manager_user).action_compare()
        self.assertFalse(
            self.env["collection.snapshot"].search(
                [("state", "=", "revised"), ("company_id", "=", self.company.id)]
            )
        )

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    def test_job_goes_on(self):
        """Twelve months at first, then what is missing, then nothing."""
        self._invoice(self.customer, 100.0, "2025-09-10", date="2025-08-10")
        snapshot = self.env["collection.snapshot"]

        def missing():
            return [
                day
                for company, day in snapshot._get_missing()
                if company == self.company
            ]

        # before the first invoice there is nothing to read
        days = month_ends(date(2026, 3, 31), 8)
        self.assertEqual(missing(), days)
        self._freeze("2025-10-31")
        self.assertEqual(missing(), [day for day in days if day != date(2025, 10, 31)])
        self._run_job()
        self.assertEqual(missing(), [])
        rows = snapshot.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(rows), 8)
        self._run_job()
        self.assertEqual(snapshot.search([("company_id", "=", self.company.id)]), rows)
        with freeze_time("2026-05-01 06:00:00"):
            self.assertEqual(missing(), [date(2026, 4, 30)])

    def test_queries(self):
        """As many for many customers as for one."""
        self._invoice(self.customer, 100.0, "2026-01-10", date="2025-12-10")
        self._freeze("2025-11-30")
        for number in range(5):
            self._invoice(
                self._customer(f"More {number}"), 10.0, "2026-01-10", date="2025-12-10"
            )
        # whose profiles there are already
        self.company.collection_profiled_until = "2026-01-31"
        self.env["collection.account"]._flush_all()
        with self._count_queries() as counter:
            self._freeze("2026-01-31")
        self.assertLessEqual(counter.total, 11)

    def test_rights(self):
        self._invoice(self.customer, 100.0, "2026-01-10")
        self._freeze("2026-01-31")
        row = self._of(self.customer, "2026-01-31")
        for user in (
            self.on_site_user,
            self.agent_user,
            self.supervisor_user,
            self.plain_internal_user,
            self.plain_portal_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                row.with_user(user).read(["amount_open"])
        row.with_user(self.collector_user).read(["amount_open"])
        with self.assertRaises(AccessError):
            row.with_user(self.collector_user).action_compare()
