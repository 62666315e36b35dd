from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import InterestCommon


@tagged("post_install", "-at_install")
class TestInterestVectors(InterestCommon):
    """Worked examples of the law, each with real invoices and payments."""

    def test_agreed_rate(self):
        self.company.collection_agreed_rate = 14.76
        item = self._item(self.customer, 3000.0, "2025-09-30")
        self.assertEqual(self._amounts(item, "2025-10-30"), ([36.39], 40.0))

    def test_one_half_year_paid_late(self):
        item = self._item(self.customer, 10000.0, "2025-09-30")
        self._pay(item.move_id, date="2025-10-31")
        self.assertEqual(item.state, "closed")
        self.assertEqual(self._amounts(item, "2026-03-01"), ([103.19], 40.0))

    def test_two_half_years_paid_late(self):
        item = self._item(self.customer, 10000.0, "2024-11-15")
        self._pay(item.move_id, date="2025-02-20")
        self.assertEqual(self._amounts(item, "2025-03-31"), ([179.59, 183.74], 40.0))

    def test_public_buyer_paid_late(self):
        item = self._item(self.customer, 10000.0, "2024-11-15", "public")
        self._pay(item.move_id, date="2025-02-20")
        self.assertEqual(self._amounts(item, "2025-03-31"), ([325.55], 40.0))

    def test_part_payment_on_principal(self):
        item = self._item(self.customer, 12000.0, "2025-03-31")
        self._pay(item.move_id, 5000.0, "2025-04-30")
        self._pay(item.move_id, date="2025-07-15")
        self.assertEqual(
            self._amounts(item, "2025-12-31"), ([129.70, 153.84, 34.95], 40.0)
        )

    def test_part_payment_on_interest_first(self):
        self.company.collection_imputation = "interest"
        item = self._item(self.customer, 12000.0, "2025-03-31")
        self._pay(item.move_id, 5000.0, "2025-04-30")
        self.assertEqual(
            self._amounts(item, "2025-07-15"), ([129.70, 156.69, 35.60], 40.0)
        )

    def test_still_unpaid(self):
        item = self._item(self.customer, 8000.0, "2026-05-31")
        self.assertEqual(self._amounts(item, "2026-11-22"), ([79.89, 394.08], 40.0))
        item = self._item(self.other_customer, 8000.0, "2026-05-31", "public")
        self.assertEqual(self._amounts(item, "2026-11-22"), ([389.32], 40.0))

    def test_total_due(self):
        self._item(self.customer, 2345.67, "2026-08-31")
        letter = self._letter("2026-11-22")
        self.assertEqual(letter.amount_interest, 66.14)
        self.assertEqual(letter.amount_total, 2451.81)

    def test_one_day_late(self):
        item = self._item(self.customer, 1000.0, "2026-01-31")
        self._pay(item.move_id, date="2026-02-01")
        self.assertEqual(self._amounts(item, "2026-02-28"), ([0.33], 40.0))

    def test_three_late_invoices(self):
        for amount in (100.0, 200.0, 300.0):
            self._item(self.customer, amount, "2025-09-30")
        self.assertEqual(self._letter("2025-10-31").amount_indemnity, 120.0)

    def test_paid_on_time(self):
        item = self._item(self.customer, 1000.0, "2025-09-30")
        self._pay(item.move_id, date="2025-09-30")
        self.assertEqual(self._amounts(item, "2025-10-31"), ([], 0.0))

    def test_leap_year(self):
        item = self._item(self.customer, 10000.0, "2023-12-31")
        self.assertEqual(self._amounts(item, "2024-06-30"), ([723.01], 40.0))
        self.env.ref("account_collection.regime_private").day_count = "actual"
        self.assertEqual(self._amounts(item, "2024-06-30"), ([721.04], 40.0))

    def test_insolvency(self):
        item = self._item(self.customer, 8000.0, "2026-05-31")
        item.account_id.insolvency_date = "2026-10-01"
        interest, indemnity = self._amounts(item, "2026-11-22")
        # 30 days at 12.15 %, 92 at 12.40 %, and no indemnity
        self.assertEqual((interest, indemnity), ([79.89, 250.04], 0.0))

    def test_floor_on_the_default_rate(self):
        item = self._item(self.customer, 10000.0, "2024-05-31")
        self.assertEqual(
            self._rates(item, "2024-07-31"), [14.5, 14.25], "by the wording of the law"
        )
        self.company.collection_floor_on_default = True
        self.assertEqual(self._rates(item, "2024-07-31"), [15.21, 14.76])
        item.account_id.segment_id = self._segment("public")
        self.assertEqual(self._rates(item, "2024-07-31"), [12.5])

    def _rates(self, item, date):
        with freeze_time(date):
            (penalty,) = item._get_penalties(fields.Date.to_date(date)).values()
        return [float(segment.rate) for segment in penalty.segments]

    def test_rate_agreed_with_the_customer(self):
        item = self._item(self.customer, 10000.0, "2026-05-31")
        account = item.account_id.with_user(self.manager_user)
        with freeze_time("2026-03-31"):
            self.company.collection_agreed_rate = 14.76
            account.agreed_rate = 18.0
            self.assertEqual(self._rates(item, "2026-06-30"), [18.0])
            # 3 × 2.62 %
            with self.assertRaisesRegex(ValidationError, r"Nord.*7\.86"):
                account.agreed_rate = 7.85
        with self.assertRaises(AccessError):
            account.with_user(self.collector_user).agreed_rate = 20.0
        # between businesses only
        item.account_id.segment_id = self._segment("public")
        self.assertEqual(self._rates(item, "2026-06-30"), [10.15])


@tagged("post_install", "-at_install")
class TestInterestSettlement(InterestCommon):
    """What was invoiced or waived is never claimed a second time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item(cls.customer, 8000.0, "2026-05-31")
        cls.account = cls.item.account_id

    def test_letters_go_on_from_the_day_after(self):
        self._claim(self.item, "2026-06-30")
        letter = self._letter("2026-11-22")
        (segment,) = letter.line_ids.interest_detail
        self.assertEqual(segment["date_from"], "2026-07-01")
        self.assertEqual(letter.amount_interest, 394.08)
        self.assertEqual(letter.amount_indemnity, 0.0)

    def test_two_claims_never_overlap(self):
        first = self._claim(self.item, "2026-06-30")
        second = self._claim(self.item, "2026-11-22")
        self.assertEqual(first.amount_total, 119.89)
        self.assertEqual(second.amount_total, 394.08)
        with freeze_time("2026-11-22"), self.assertRaisesRegex(UserError, "Nothing"):
            self._claim(self.item, "2026-11-22")

    def test_a_cancelled_invoice_frees_its_days(self):
        first = self._claim(self.item, "2026-06-30")
        self._claim(self.item, "2026-11-22")
        first.button_cancel()
        settlement = first.collection_settlement_ids
        self.assertEqual(settlement.state, "released")
        # its own days only: those of the second claim stay settled
        self.assertEqual(self._amounts(self.item, "2026-11-22"), ([79.89], 40.0))

    def test_a_deleted_draft_frees_its_days(self):
        move = self._claim(self.item, "2026-11-22")
        settlement = move.collection_settlement_ids
        self.assertEqual(self._amounts(self.item, "2026-11-22"), ([], 0.0))
        move.unlink()
        self.assertEqual(settlement.state, "released")
        self.assertEqual(
            self._amounts(self.item, "2026-11-22"), ([79.89, 394.08], 40.0)
        )

    def test_a_reversed_invoice_frees_its_days(self):
        move = self._claim(self.item, "2026-11-22")
        with freeze_time("2026-11-22"):
            move.action_post()
            self.assertEqual(move.collection_settlement_ids.state, "in_force")
            move._reverse_moves(
                [{"date": "2026-11-22", "invoice_date": "2026-11-22"}], cancel=True
            )
        self.assertEqual(move.payment_state, "reversed")
        self.assertEqual(move.collection_settlement_ids.state, "released")
        self.assertEqual(
            self._amounts(self.item, "2026-11-22"), ([79.89, 394.08], 40.0)
        )

    def test_an_interest_invoice_bears_no_interest(self):
        move = self._claim(self.item, "2026-06-30")
        with freeze_time("2026-06-30"):
            move.action_post()
        own = move.collection_item_ids
        letter = self._letter("2026-11-22")
        self.assertIn(own, letter.line_ids.item_id, "it is asked for, though")
        line = letter.line_ids.filtered(lambda line: line.item_id == own)
        self.assertEqual((line.amount_interest, line.amount_indemnity), (0.0, 0.0))
        self.assertEqual(self._amounts(own, "2026-11-22"), ([], 0.0))
        move.button_draft()
        move.button_cancel()

    def test_the_letter_says_what_was_invoiced(self):
        move = self._claim(self.item, "2026-06-30")
        self.assertFalse(
            self._letter("2026-11-22").line_ids.settled_detail,
            "the customer knows of no draft",
        )
        with freeze_time("2026-06-30"):
            move.action_post()
        letter = self._letter("2026-11-22")
        line = letter.line_ids.filtered(lambda line: line.item_id == self.item)
        self.assertEqual(
            line.settled_detail,
            [
                {
                    "kind": "claim",
                    "date_to": "2026-06-30",
                    "amount": 119.89,
                    "document": move.name,
                }
            ],
        )

    def test_a_letter_that_waited_sees_the_claim(self):
        with freeze_time("2026-11-22"):
            run = self._run("2026-11-22")
            run.action_confirm()
            self.assertEqual(run.letter_ids.amount_interest, 473.97)
            self._claim(self.item, "2026-11-22")
            run.letter_ids._recompute_before_sending()
        self.assertEqual(run.letter_ids.amount_interest, 0.0)
        self.assertEqual(run.letter_ids.amount_total, 8000.0)

    def test_segments_add_up_per_half_year(self):
        for amount in (123.45, 77.01, 1999.99):
            self._item(self.customer, amount, "2025-11-30")
        letter = self._letter("2026-11-22")
        segments = [
            segment for line in letter.line_ids for segment in line.interest_detail
        ]
        self.assertEqual(
            round(sum(segment["amount"] for segment in segments), 2),
            letter.amount_interest,
        )
        report = self.env["report.account_collection.report_collection_letter"]
        halves = dict(report._get_half_year_totals(letter))
        first, second = (
            sum(s["amount"] for s in segments if s["date_from"][:4] == year)
            for year in ("2025", "2026")
        )
        self.assertEqual(
            halves["Half-year 2 of 2025"], letter.currency_id.format(round(first, 2))
        )
        self.assertEqual(len(halves), 3)
        self.assertGreater(second, first)
        self.assertEqual(
            {segment["date_from"][:7] for segment in segments},
            {"2025-12", "2026-01", "2026-06", "2026-07"},
        )

    def test_indemnity_once_over_letters_sent_apart(self):
        """Two due dates of an invoice on two letters, each computed on its own."""
        ladder = self._policy(
            "Channels",
            [
                ("due", 1, {"include_penalties": True, "channel": "post"}),
                ("due", 40, {"include_penalties": True, "channel": "registered"}),
            ],
            catch_up="by_age",
        )
        self.company.collection_policy_id = ladder
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50.0, "nb_days": days}
                    )
                    for days in (30, 60)
                ],
            }
        )
        invoice = self._invoice(
            self.other_customer,
            1000.0,
            "2025-09-30",
            date="2025-08-01",
            invoice_payment_term_id=terms.id,
        )
        with freeze_time("2025-10-31"):
            run = self._run("2025-10-31")
            letters = run.letter_ids.filtered(
                lambda letter: letter.line_ids.item_id.move_id == invoice
            )
            run.action_confirm()
            self.assertEqual(len(letters), 2)
            for letter in letters:
                letter._recompute_before_sending()
                letter._mark_sent()
        self.assertEqual(sum(letters.mapped("amount_indemnity")), 40.0)
        # what a later letter about the other due date would add stays at nothing
        later = self._letter("2025-12-31").filtered(
            lambda letter: letter.line_ids.item_id.move_id == invoice
        )
        self.assertEqual(sum(later.mapped("amount_indemnity")), 0.0 if later else 0)

    def test_who_sees_settlements(self):
        settlement = self._waive(self.item, "2026-11-22")
        account = self.account
        self._hand_over(account)
        for user, allowed in (
            (self.manager_user, True),
            (self.collector_user, True),
            (self.accountant_user, True),
            (self.plain_internal_user, False),
            (self.plain_portal_user, False),
            (self.agent_user, False),
            (self.supervisor_user, False),
            (self.on_site_user, False),
        ):
            with self.subTest(user=user.login):
                seen = settlement.with_user(user)
                self.assertEqual(seen.has_access("read"), allowed)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(seen.has_access(operation))
        other = self.setup_other_company()["company"]
        stranger = self.manager_user.copy(
            {
                "login": "collection_stranger",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
            }
        )
        self.assertFalse(
            self.env["collection.interest.settlement"].with_user(stranger).search([])
        )
        # nor do the fields of what the provider works on tell of them
        for user in (self.agent_user, self.on_site_user):
            with self.assertRaises(AccessError):
                self.item.with_user(user).read(["settlement_ids"])
            with self.assertRaises(AccessError):
                account.with_user(user).read(["agreed_rate"])

    def test_found_and_grouped_by_status(self):
        first = self._claim(self.item, "2026-06-30").collection_settlement_ids
        second = self._waive(self.item, "2026-11-22")
        first.move_id.button_cancel()
        Settlement = self.env["collection.interest.settlement"].with_user(
            self.collector_user
        )
        domain = [("account_id", "=", self.account.id)]
        self.assertEqual(
            Settlement.search([*domain, ("state", "=", "in_force")]), second
        )
        self.assertEqual(
            Settlement.search([*domain, ("state", "=", "released")]), first
        )
        self.assertEqual(
            dict(Settlement._read_group(domain, ["state"], ["__count"])),
            {"in_force": 1, "released": 1},
        )


@tagged("post_install", "-at_install")
class TestMissingRates(InterestCommon):
    """A rate nobody entered is asked for before a letter fails for it."""

    def _forget(self, index, date_from):
        self.env["collection.reference.rate"].search(
            [("index", "=", index), ("date_from", ">=", date_from)]
        ).unlink()

    def _warnings(self, day):
        regime = self.env.ref("account_collection.regime_private")
        with freeze_time(day):
            regime.invalidate_recordset(["rate_warning"])
            return regime.with_user(self.manager_user).rate_warning

    def test_this_half_year(self):
        self.assertFalse(self._warnings("2026-11-22"))
        self._forget("ecb_mro", "2026-01-02")
        self.assertIn("half-year 2 of 2026", self._warnings("2026-11-22"))

    def test_next_half_year_a_fortnight_before(self):
        self.assertFalse(self._warnings("2026-12-14"))
        self.assertIn("half-year 1 of 2027", self._warnings("2026-12-15"))
        self._forget("ecb_mro", "2026-01-02")
        self.assertFalse(self._warnings("2026-06-14"))
        self.assertIn("half-year 2 of 2026", self._warnings("2026-06-15"))

    def test_the_run_says_so(self):
        self._forget("ecb_mro", "2026-01-02")
        self._item(self.customer, 100.0, "2026-10-31")
        with freeze_time("2026-11-22"):
            run = self._run("2026-11-22")
            self.assertIn("half-year 2 of 2026", run.rate_warning)

    def test_only_of_customers_that_there_are(self):
        """A company without consumers is not asked for the rate of consumers."""
        self._forget("fr_legal_pro", "2026-01-02")
        item = self._item(self.customer, 100.0, "2026-10-31")
        Regime = self.env["collection.interest.regime"]
        regime = self.env.ref("account_collection.regime_consumer")
        with freeze_time("2026-11-22"):
            run = self._run("2026-11-22")
            Regime._cron_check_rates()
            self.assertFalse(run.rate_warning)
            self.assertFalse(regime.activity_ids)
            item.account_id.segment_id = self._segment("consumer")
            self.env.invalidate_all()
            Regime._cron_check_rates()
            self.assertIn("half-year 2 of 2026", run.rate_warning)
            self.assertIn(self.manager_user, regime.activity_ids.user_id)
            self._pay(item.move_id, date="2026-11-22")
            self.env.invalidate_all()
            Regime._cron_check_rates()
            self.assertFalse(run.rate_warning, "nothing is owed any more")
            self.assertFalse(regime.activity_ids)

    @freeze_time("2026-12-20")
    def test_managers_are_asked_once(self):
        Regime = self.env["collection.interest.regime"]
        regime = self.env.ref("account_collection.regime_private")
        self._item(self.customer, 100.0, "2026-12-31")
        Regime._cron_check_rates()
        Regime._cron_check_rates()
        mine = regime.activity_ids.filtered(lambda a: a.user_id == self.manager_user)
        self.assertEqual(len(mine), 1)
        self.assertIn("half-year 1 of 2027", mine.summary)
        self.assertNotIn(self.collector_user, regime.activity_ids.user_id)
        self.env["collection.reference.rate"].create(
            {"index": "ecb_mro", "date_from": "2027-01-01", "rate": 2.4}
        )
        Regime._cron_check_rates()
        self.assertFalse(regime.activity_ids)

    @freeze_time("2026-12-20")
    def test_each_manager_is_asked_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager_user.lang = "fr_FR"
        Regime = self.env["collection.interest.regime"]
        regime = self.env.ref("account_collection.regime_private")
        self._item(self.customer, 100.0, "2026-12-31")
        Regime._cron_check_rates()
        asked = regime.activity_ids
        mine = asked.filtered(lambda a: a.user_id == self.manager_user)
        others = asked.filtered(lambda a: a.user_id == self.env.user)
        self.assertIn("semestre", mine.summary)
        self.assertIn("half-year 1 of 2027", others.summary)
        # whoever speaks another language from now on has been asked
        self.manager_user.lang = "en_US"
        self.env.user.lang = "fr_FR"
        Regime._cron_check_rates()
        self.assertEqual(regime.activity_ids, asked)
        self.env["collection.reference.rate"].create(
            {"index": "ecb_mro", "date_from": "2027-01-01", "rate": 2.4}
        )
        Regime._cron_check_rates()
        self.assertFalse(regime.activity_ids)


@tagged("post_install", "-at_install")
class TestAgreedRatesBelowFloor(InterestCommon):
    """The floor of an agreed rate moves each half-year, under it one is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.regime = cls.env.ref("account_collection.regime_private")
        cls.account = cls._item(cls.customer, 1000.0, "2023-01-31").account_id

    def setUp(self):
        super().setUp()
        # 3 × 2.06 % then, 3 × 4.22 % from July on
        with freeze_time("2023-02-15"):
            self.account.with_user(self.manager_user).agreed_rate = 6.5

    def _warning(self, day, record=None):
        with freeze_time(day):
            self.env.invalidate_all()
            record = (record or self.regime).with_user(self.manager_user)
            return record.rate_warning

    def test_rate_of_a_customer(self):
        self.assertFalse(self._warning("2023-06-30"))
        warning = self._warning("2023-07-01")
        self.assertIn("below the floor of the law: 1.", warning)
        self.assertIn("12.66 %", warning)
        # told, not changed: it is what the contract says
        self.assertEqual(self.account.agreed_rate, 6.5)
        self.account.agreed_rate = 0.0
        self.assertFalse(self._warning("2023-07-01"))

    def test_rate_of_the_company(self):
        self.account.agreed_rate = 0.0
        with freeze_time("2023-02-15"):
            self.company.collection_agreed_rate = 6.5
        self.assertFalse(self._warning("2023-06-30"))
        self.assertRegex(
            self._warning("2023-07-01"), rf"{self.company.name} \(6\.5 %\).*12\.66 %"
        )

    def test_no_rate_that_does_not_count(self):
        for debtor_type in ("public", "consumer"):
            self.account.segment_id = self._segment(debtor_type)
            self.assertFalse(self._warning("2023-07-01"))
        self.account.segment_id = False
        # the floor is French law
        self.company.country_id = self.env.ref("base.us")
        self.assertFalse(self._warning("2023-07-01"))

    def test_the_run_says_so(self):
        with freeze_time("2023-07-01"):
            run = self._run("2023-07-01")
        self.assertIn(
            "below the floor of the law: 1.", self._warning("2023-07-01", run)
        )
        other = self.setup_other_company()
        elsewhere = self.env["collection.dunning.run"].create(
            {"company_id": other["company"].id, "date": "2023-07-01"}
        )
        with freeze_time("2023-07-01"):
            self.env.invalidate_all()
            self.assertFalse(elsewhere.rate_warning)

    def test_managers_of_the_company_are_asked_once(self):
        other = self.setup_other_company()["company"]
        stranger = self.manager_user.copy(
            {
                "login": "collection_stranger",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
            }
        )
        Regime = self.env["collection.interest.regime"]
        with freeze_time("2023-07-01"):
            self.env.invalidate_all()
            Regime._cron_check_rates()
            Regime._cron_check_rates()
            activities = self.regime.activity_ids
            mine = activities.filtered(lambda a: a.user_id == self.manager_user)
            self.assertEqual(len(mine), 1)
            self.assertIn("below the floor of the law: 1.", mine.summary)
            self.assertEqual(str(mine.date_deadline), "2023-07-01")
            self.assertNotIn(stranger, activities.user_id)
            self.account.with_user(self.manager_user).agreed_rate = 12.66
            Regime._cron_check_rates()
            self.assertFalse(self.regime.activity_ids)
