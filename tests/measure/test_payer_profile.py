import json
from datetime import date

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_receipt import MeasureCommon

DAY = "2026-03-15"
TODAY = date(2026, 3, 15)
RUNNING = date(2026, 3, 31)
#: domain.md 3: (amount, days late)
WORKED = [(1000.0, 0), (2000.0, 12), (500.0, 45), (1500.0, -3)]


class PayerCommon(MeasureCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Profile = cls.env["collection.payer.profile"]
        cls.payer = cls._customer("Payer")

    def _paid(self, amount, days, due="2026-01-15", partner=None):
        """An invoice of `amount` due on `due`, paid so many days after that."""
        due = date.fromisoformat(due)
        invoice = self._invoice(partner or self.payer, amount, due)
        self._pay(invoice, amount, date.fromordinal(due.toordinal() + days))
        return invoice

    def _build(self, month=RUNNING, today=TODAY):
        return self.Profile._build(self.company, month, today)

    def _profile(self, month=RUNNING, partner=None):
        return self.Profile.search(
            [
                ("account_id", "=", self.account_of(partner or self.payer).id),
                ("date", "=", month),
            ]
        )


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestPayerProfile(PayerCommon):
    def test_worked_numbers(self):
        for amount, days in WORKED:
            self._paid(amount, days)
        self._build()
        profile = self._profile()
        self.assertAlmostEqual(profile.average_days_late, 8.4)
        self.assertAlmostEqual(profile.deviation, 13.9, 1)
        self.assertAlmostEqual(profile.share_on_time, 50.0)
        self.assertEqual(profile.amount_paid, 5000.0)
        self.assertEqual(profile.invoices_paid, 4)
        self.assertEqual(profile.payer_class, "b")
        self.assertFalse(profile.irregular)
        self.assertFalse(profile.has_trend, "nothing before the last three months")
        account = self.account_of(self.payer)
        self.assertEqual(account.payer_class, "b")
        self.assertAlmostEqual(account.average_days_late, 8.4)
        self.assertEqual(account.payer_profile_id, profile)
        self.assertEqual(self._build(), 0, "nothing to do")

    def test_part_payments_count_by_amount_and_day(self):
        invoice = self._invoice(self.payer, 1000.0, "2026-01-10")
        self._pay(invoice, 400.0, "2026-01-10")
        self._pay(invoice, 600.0, "2026-01-30")
        self._build()
        profile = self._profile()
        self.assertAlmostEqual(profile.average_days_late, 12.0)
        self.assertEqual(profile.invoices_paid, 1)
        self.assertEqual(profile.payer_class, "n", "one invoice is no record")

    def test_money_alone(self):
        self._paid(100.0, 5)
        refund = self._credit_note(self.payer, 900.0, "2026-03-06")
        self._reconcile(self._invoice(self.payer, 900.0, "2026-01-15"), refund)
        # given back by the bank: the first payment settles the entry that took it
        payment = self._pay(self._invoice(self.payer, 70.0, "2026-01-15"), 70.0, DAY)
        payment.move_id._reverse_moves([{"date": "2026-03-14"}], cancel=True)
        self._build()
        profile = self._profile()
        self.assertEqual(profile.amount_paid, 170.0)
        payment = self._pay(
            self._invoice(self.payer, 50.0, "2026-01-15"), 50.0, "2026-02-01"
        )
        payment.move_id._reverse_moves([{"date": "2026-02-20"}], cancel=True)
        self._build()
        self.assertEqual(profile.amount_paid, 170.0)

    def test_six_months_and_the_trend(self):
        """From October on; the mean of January to March less that before."""
        self._paid(100.0, 30, "2025-08-31")  # paid on 30 September: too long ago
        self._paid(300.0, 0, "2025-10-01")
        self._paid(100.0, 20, "2025-12-11")  # paid on the last day of the year
        self._paid(200.0, 25, "2026-01-15")
        self._build()
        profile = self._profile()
        self.assertEqual(profile.amount_paid, 600.0)
        self.assertAlmostEqual(profile.average_days_late, 7000 / 600)
        self.assertTrue(profile.has_trend)
        self.assertAlmostEqual(profile.trend, 25 - 2000 / 400)

    def test_nobody_pays_in_the_future(self):
        self._paid(100.0, 30, "2026-02-20")  # dated 22 March
        self._build()
        self.assertFalse(self._profile())
        self.assertEqual(self.account_of(self.payer).payer_class, "n")

    def test_promises(self):
        for _number in range(3):
            self._paid(100.0, 0)
        late = self._invoice(self.payer, 1400.0, "2026-01-15")
        account = self.account_of(self.payer)
        said = (
            ("kept", 100.0, 120.0, self.company.currency_id),
            ("partial", 100.0, 40.0, self.company.currency_id),
            ("broken", 200.0, 0.0, self.company.currency_id),
            ("lapsed", 900.0, 0.0, self.company.currency_id),
            ("kept", 80.0, 80.0, self.dollar),
        )
        promises = [
            self.env["collection.promise"].create(
                {
                    "account_id": account.id,
                    "amount": amount,
                    "date_made": "2026-03-01",
                    "date_promised": "2026-03-08",
                    "item_ids": [Command.set(late.collection_item_ids.ids)],
                }
            )
            for _state, amount, _received, _currency in said
        ]
        self.env["collection.account"]._flush_all()
        for promise, (state, _amount, received, currency) in zip(
            promises, said, strict=True
        ):
            self.cr.execute(
                "UPDATE collection_promise SET state = %s, amount_received = %s,"
                " currency_id = %s WHERE id = %s",
                [state, received, currency.id, promise.id],
            )
        self.env.invalidate_all()
        self._build()
        profile = self._profile()
        self.assertEqual(
            (profile.promises_due, profile.promises_kept, profile.promises_broken),
            (4, 2, 2),
        )
        self.assertEqual(profile.promise_rate, 50.0)
        # 80 USD at 2.5 on 10 March
        self.assertAlmostEqual(profile.promised_amount, 400.0 + 32.0)
        self.assertAlmostEqual(profile.promised_received, 140.0 + 32.0)
        self.assertEqual(profile.payer_class, "e", "two promises were not kept")
        scale = self.env.ref("account_collection.payer_scale")
        scale.broken = 3
        self._build()
        self.assertEqual(profile.payer_class, "a")

    def test_disputes(self):
        invoice = self._invoice(self.payer, 400.0, "2026-01-15")
        self.env["collection.dispute"].create(
            {
                "account_id": self.account_of(self.payer).id,
                "item_ids": [Command.set(invoice.collection_item_ids.ids)],
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self.env.flush_all()
        # the clock of the database is not frozen
        self.cr.execute("UPDATE collection_dispute SET create_date = '2026-03-01'")
        self._build()
        profile = self._profile()
        self.assertEqual((profile.disputes, profile.payer_class), (1, "n"))

    def test_habits(self):
        for due, days in (
            ("2025-11-30", 11),
            ("2025-12-30", 11),
            ("2026-01-30", 11),
            ("2026-02-10", 14),
        ):
            self._paid(100.0, days, due)
        self._build()
        profile = self._profile()
        self.assertEqual(profile.usual_day, 10)
        self.assertEqual(
            profile.usual_method_id,
            self.bank_journal.inbound_payment_method_line_ids[:1].payment_method_id,
        )

    def test_own_scale(self):
        for _number in range(3):
            self._paid(100.0, 8)
        self._build()
        self.assertEqual(self._profile().payer_class, "b")
        own = self.env["collection.payer.scale"].create(
            {"company_id": self.company.id, "b": 5, "c": 7, "d": 9}
        )
        self._build()
        self.assertEqual(self._profile().payer_class, "d")
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            own.c = 9
            own.flush_recordset()

    def test_months_that_are_over_stay(self):
        self.company.collection_profiled_until = False
        self._paid(100.0, 5, "2026-01-10")
        months = self.company._get_months_to_profile(TODAY)
        self.assertEqual(
            (len(months), months[0], months[-1]), (13, date(2025, 3, 31), RUNNING)
        )
        self.env["collection.account"]._flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_payer_profile"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.company.collection_profiled_until, date(2026, 2, 28))
        self.assertEqual(self.company._get_months_to_profile(TODAY), [RUNNING])
        january = self._profile(date(2026, 1, 31))
        self.assertTrue(january.final)
        self.assertFalse(self._profile(date(2025, 12, 31)))
        self.assertFalse(self._profile().final)
        # found out later: of January, and paid in January
        self._paid(300.0, 15, "2026-01-10")
        self._build(date(2026, 1, 31))
        self._build()
        self.assertEqual(january.amount_paid, 100.0)
        self.assertEqual(self._profile().amount_paid, 400.0)

    def test_in_groups_by_amount(self):
        other = self._customer("Other payer")
        for amount, days in WORKED:
            self._paid(amount, days)
        self._paid(5000.0, 40, partner=other)
        self._build()
        domain = [("company_id", "=", self.company.id), ("date", "=", RUNNING)]
        [[mean, share, kept]] = self.Profile._read_group(
            domain,
            [],
            ["average_days_late:avg", "share_on_time:avg", "promise_rate:avg"],
        )
        self.assertAlmostEqual(float(mean), (42_000 + 200_000) / 10_000)
        self.assertAlmostEqual(float(share), 25.0)
        self.assertIs(kept, False, "nothing was promised")

    def test_searched_and_grouped(self):
        for _number in range(3):
            self._paid(100.0, 90, "2025-12-01")
        self._build()
        account = self.account_of(self.payer)
        domain = [("company_id", "=", self.company.id)]
        accounts = self.env["collection.account"].with_user(self.collector_user)
        self.assertEqual(accounts.search([*domain, ("payer_class", "=", "e")]), account)
        self.assertEqual(
            accounts.search([*domain, ("average_days_late", ">", 60)]), account
        )
        self.assertEqual(
            dict(accounts._read_group(domain, ["payer_class"], ["__count"]))["e"], 1
        )
        [chart] = json.loads(account.payer_chart)
        self.assertEqual([bar["value"] for bar in chart["values"]], [90.0])

    def test_worklist(self):
        for _number in range(3):
            self._paid(100.0, 90, "2025-12-01")
        self._invoice(self.payer, 60.0, "2026-02-20")
        account = self.account_of(self.payer)
        account._rank(account)
        before = account.priority
        self._build()
        self.assertFalse(account.priority_date, "to be ranked again")
        account._rank(account)
        self.assertEqual(account.priority - before, 10)
        self.assertIn("class E", account.priority_reason)
        # four days after the due date as a rule, 23 days late by now
        steady = self._customer("Steady")
        for _number in range(3):
            self._paid(100.0, 4, partner=steady)
        self._invoice(steady, 60.0, "2026-02-20")
        account = self.account_of(steady)
        account._rank(account)
        before = account.priority
        self._build()
        account._rank(account)
        self.assertEqual(account.priority - before, 5)
        self.assertIn("02/24/2026", account.priority_reason)

    def test_queries_do_not_grow(self):
        def build():
            with self._count_queries() as counter:
                self._build()
            return counter.total

        self._paid(100.0, 5)
        build()
        self._paid(100.0, 5, partner=self._customer("One more"))
        few = build()
        for number in range(5):
            self._paid(100.0, 5, partner=self._customer(f"More {number}"))
        self.assertEqual(build(), few)

    def test_who_reads(self):
        self._paid(100.0, 5)
        self._build()
        profile = self._profile()
        for user in (self.collector_user, self.manager_user):
            self.assertIn(profile, self.Profile.with_user(user).search([]))
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            profile.with_user(self.manager_user).amount_paid = 1.0
        for user in (
            self.agent_user,
            self.on_site_user,
            self.accountant_user,
            self.plain_internal_user,
        ):
            for name in ("collection.payer.profile", "collection.cash.forecast"):
                with self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])
        scale = self.env.ref("account_collection.payer_scale")
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            scale.with_user(self.collector_user).a = 1
        self._hand_over(self.account_of(self.payer) | self.account)
        account = self.account.with_user(self.agent_user)
        for name in ("payer_class", "average_days_late", "payer_profile_ids"):
            with self.assertRaises(AccessError):
                account.read([name])

    def test_customers_merged(self):
        """What both paid is what the one has paid, in months that are over as well."""
        other = self._customer("Payer, once more")
        (self.payer | other).email = "pay@payer.example.com"
        february = date(2026, 2, 28)
        for partner, days in ((self.payer, 10), (other, 40)):
            for _number in range(2):
                self._paid(100.0, days, "2026-01-10", partner)
        self._paid(300.0, 0, "2026-03-10", self.payer)
        for month in (february, RUNNING):
            self._build(month)
        self.assertEqual(self._profile(february).payer_class, "n")
        self.env.flush_all()
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [Command.set((self.payer | other).ids)],
                "dst_partner_id": self.payer.id,
            }
        ).action_merge()
        self.env.invalidate_all()
        profile = self._profile(february)
        self.assertAlmostEqual(profile.average_days_late, 25.0)
        self.assertEqual((profile.final, profile.payer_class), (True, "c"))
        self.assertAlmostEqual(self._profile().average_days_late, 10_000 / 700)

    def test_each_company_for_itself(self):
        self._paid(100.0, 5)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.Profile._build(company, RUNNING, TODAY)
        self.assertFalse(self._profile())
        self._build()
        self.assertTrue(self._profile())
        self.Profile._build(company, RUNNING, TODAY)
        self.assertTrue(self._profile())


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestCashForecast(PayerCommon):
    def _rows(self, partner=None):
        return [
            (str(row.date), row.kind, row.amount)
            for row in self.env["collection.cash.forecast"].search(
                [("account_id", "=", self.account_of(partner or self.payer).id)],
                order="date, kind, amount",
            )
        ]

    def test_as_the_payer_pays(self):
        for days in (4, 9, 9):
            self._paid(100.0, days)
        self._invoice(self.payer, 250.0, "2026-04-01")
        self._invoice(self.payer, 80.0, "2026-03-01")
        self.assertEqual(
            self._rows(),
            [("2026-03-15", "expected", 80.0), ("2026-04-01", "expected", 250.0)],
            "as due, until the night",
        )
        self._build()
        # 14 days late: nothing in the record is as late
        self.assertEqual(
            self._rows(),
            [("2026-03-22", "expected", 80.0), ("2026-04-10", "expected", 250.0)],
        )

    def test_each_amount_once(self):
        first = self._invoice(self.payer, 300.0, "2026-03-01")
        second = self._invoice(self.payer, 200.0, "2026-03-05")
        third = self._invoice(self.payer, 600.0, "2026-03-10")
        disputed = self._invoice(self.payer, 90.0, "2026-03-10")
        account = self.account_of(self.payer)
        promise = self.env["collection.promise"].create(
            {
                "account_id": account.id,
                "amount": 400.0,
                "date_promised": "2026-03-25",
                "item_ids": [Command.set((first | second).collection_item_ids.ids)],
            }
        )
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(third.collection_item_ids.ids)],
                "instalment_count": 3,
                "date_first": "2026-04-01",
            }
        )
        plan.action_split()
        plan.action_agree()
        self.assertEqual(plan.state, "active")
        self.env["collection.dispute"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(disputed.collection_item_ids.ids)],
                "amount": 30.0,
                "reason_id": self._dispute_reason("price").id,
            }
        )
        rows = self._rows()
        self.assertEqual(
            rows,
            [
                ("2026-03-15", "expected", 60.0),
                ("2026-03-15", "expected", 100.0),
                ("2026-03-25", "promised", 100.0),
                ("2026-03-25", "promised", 300.0),
                *(
                    (str(part.date), "instalment", 200.0)
                    for part in plan.instalment_ids
                ),
            ],
        )
        self.assertEqual(
            sum(row[2] for row in rows), account.amount_open - account.amount_disputed
        )
        self._pay(third, 250.0, "2026-03-15")
        self._pay(first, 120.0, "2026-03-15")
        rows = self._rows()
        self.assertEqual(promise.amount_received, 120.0)
        self.assertEqual(
            sum(row[2] for row in rows), account.amount_open - account.amount_disputed
        )
        self.assertEqual(sum(row[2] for row in rows if row[1] == "promised"), 280.0)
        self.assertEqual(
            [row[2] for row in rows if row[1] == "instalment"], [150.0, 200.0]
        )

    def test_currency_and_insolvency(self):
        invoice = self._invoice(self.payer, 1000.0, "2026-04-01", currency=self.dollar)
        self.assertEqual(
            self._rows(),
            [
                (
                    "2026-04-01",
                    "expected",
                    invoice.collection_item_ids.amount_residual_company,
                )
            ],
        )
        self.account_of(self.payer).insolvency_date = "2026-03-10"
        self.assertEqual(self._rows(), [])

    def test_by_week(self):
        for due, amount in (
            ("2026-03-31", 1.0),
            ("2026-04-03", 2.0),
            ("2026-04-07", 4.0),
        ):
            self._invoice(self.payer, amount, due)
        rows = self.env["collection.cash.forecast"]._read_group(
            [("account_id", "=", self.account_of(self.payer).id)],
            ["date:week", "kind"],
            ["amount:sum"],
        )
        self.assertEqual([row[2] for row in rows], [3.0, 4.0])
