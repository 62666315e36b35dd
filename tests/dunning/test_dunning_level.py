from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningScenario(DunningCommon):
    """The common scenario of several ladders, customers and months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ladder_b = cls._policy(
            "Ladder B", [("eom", 0), ("previous", 30)], tolerance=5.0
        )
        cls.nord, cls.vela = cls.customer, cls.other_customer
        cls.kern, cls.orla = cls._customer("Kern"), cls._customer("Orla")
        cls._item("N1", cls.nord, 820.00, "2026-01-20")
        cls._item("N2", cls.nord, 145.50, "2026-02-24")
        cls._item("N3", cls.nord, 4.99, "2026-01-10")
        terms = cls.env["account.payment.term"].create(
            {
                "name": "30 % end of January, the rest a month later",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 30.0, "nb_days": 31}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 70.0, "nb_days": 59}
                    ),
                ],
            }
        )
        cls.v1 = cls._invoice(
            cls.vela,
            2000.0,
            "2026-02-28",
            date="2025-12-31",
            invoice_payment_term_id=terms.id,
        )
        v1a, v1b = cls.v1.collection_item_ids.sorted("date_due").move_line_id
        cls.names.update({v1a: "V1a", v1b: "V1b"})
        cls.k1 = cls._item("K1", cls.kern, 2310.40, "2026-01-15")
        cls._item("K2", cls.kern, 99.00, "2026-03-02")
        cls._item("O1", cls.orla, 5000.0, "2025-06-30", date="2025-05-31")
        cls.account_of(cls.kern).policy_id = cls.ladder_b

    def _play(self):
        """Run the months of the scenario; letters are sent before the next run."""
        results = {}
        self.assertEqual(
            self.v1.collection_item_ids.sorted("date_due").mapped("date_due"),
            [fields.Date.to_date("2026-01-31"), fields.Date.to_date("2026-02-28")],
        )
        results["01-31"] = self._run_and_send("2026-01-31")
        with freeze_time("2026-02-20"):
            payment = self._payment(self.vela, 350.0, "2026-02-20")
            lines = self.v1.collection_item_ids.sorted("date_due")[0].move_line_id
            (lines | self._receivable_lines(payment.move_id)).reconcile()
        results["02-28"] = self._run_and_send("2026-02-28")
        with freeze_time("2026-03-10"):
            self._pay(self.k1.move_id, date="2026-03-10")
        results["03-15"] = self._run_and_send("2026-03-15")
        results["03-31"] = self._run_and_send("2026-03-31")
        results["04-30"] = self._run_and_send("2026-04-30")
        for run in results.values():
            # what each run said at its time is read before the ledger moves on
            self.assertTrue(run.letter_ids)
        return {day: self._levels(run) for day, run in results.items()}

    def test_one_level_after_the_other(self):
        self.assertEqual(
            self._play(),
            {
                "01-31": {"K1": 1, "N1": 1, "O1": 1},
                "02-28": {"N1": 2, "O1": 2, "V1a": 1},
                "03-15": {"N1": 3, "N2": 1, "O1": 3, "V1a": 2, "V1b": 1},
                "03-31": {"K2": 1, "N2": 2, "V1a": 3, "V1b": 2},
                "04-30": {"K2": 2, "N2": 3, "V1b": 3},
            },
        )

    def test_highest_level_for_the_customer(self):
        (self.policy | self.ladder_b).align_customer = True
        self.assertEqual(
            self._play(),
            {
                "01-31": {"K1": 1, "N1": 1, "O1": 1},
                "02-28": {"N1": 2, "O1": 2, "V1a": 1},
                "03-15": {"N1": 3, "N2": 3, "O1": 3, "V1a": 2, "V1b": 2},
                "03-31": {"K2": 1, "V1a": 3, "V1b": 3},
                "04-30": {"K2": 2},
            },
        )

    def test_amounts_of_the_scenario(self):
        self._play()
        letter = self.env["collection.letter"].search(
            [("account_id", "=", self.account_of(self.vela).id)], order="date"
        )
        self.assertEqual(letter.mapped("amount_due"), [250.0, 1650.0, 1650.0, 1400.0])
        self.assertEqual(
            letter.mapped("level_id"), self.level_1 | self.level_2 | self.level_3
        )

    def test_reasons_of_the_scenario(self):
        with freeze_time("2026-02-28"):
            run = self._run("2026-02-28")
            self.assertEqual(self._levels(run), {"K1": 1, "N1": 1, "O1": 1, "V1a": 1})
            self.assertEqual(
                self._reasons(run),
                {"N3": "below_minimum", "N2": "not_yet"},
            )
            self.assertAccountedFor(run)

    def test_drafts_never_count(self):
        with freeze_time("2026-01-31"):
            first = self._run("2026-01-31")
            proposed = self._levels(first)
            self.assertEqual(proposed, {"K1": 1, "N1": 1, "O1": 1})
        with freeze_time("2026-02-28"):
            second = self._run("2026-02-28")
        self.assertEqual(self._levels(second), {"K1": 1, "N1": 1, "O1": 1, "V1a": 1})
        self.assertEqual(first.state, "cancelled")
        self.assertEqual(set(first.letter_ids.mapped("state")), {"cancelled"})
        self.assertFalse(
            self.env["collection.item"].search([("level_id", "!=", False)])
        )

    def test_confirmed_letters_are_not_proposed_again(self):
        with freeze_time("2026-01-31"):
            first = self._run("2026-01-31")
            first.action_confirm()
        with freeze_time("2026-02-28"):
            second = self._run("2026-02-28")
            self.assertEqual(self._levels(second), {"V1a": 1})
            self.assertEqual(set(first.letter_ids.mapped("state")), {"to_send"})
            self.assertAccountedFor(second)


@tagged("post_install", "-at_install")
class TestDunningLevel(DunningCommon):
    """Which level an item reaches, and when."""

    def test_catch_up_by_age(self):
        """A very late item that was never dunned starts where its age puts it, but
        never at a formal notice."""
        ladder = self._policy(
            "By age",
            [
                ("due", 7),
                ("eom", 15),
                ("due", 60, {"formal_notice": True}),
                ("previous", 14),
            ],
            catch_up="by_age",
        )
        self.account_of(
            self._item("O1", self.customer, 5000.0, "2025-06-30").partner_id
        ).policy_id = ladder
        self._item("O2", self.customer, 300.0, "2026-01-20")
        self._item("O3", self.customer, 300.0, "2026-01-29")
        run = self._run_and_send("2026-01-31")
        self.assertEqual(self._levels(run), {"O1": 2, "O2": 1})
        # from then on one level after the other, the formal notice in its turn
        run = self._run_and_send("2026-02-28")
        self.assertEqual(self._levels(run), {"O1": 3, "O2": 2, "O3": 2})
        run = self._run_and_send("2026-04-20")
        self.assertEqual(self._levels(run), {"O1": 4, "O2": 3, "O3": 3})
        run = self._run_and_send("2026-06-30")
        self.assertEqual(self._levels(run), {"O2": 4, "O3": 4})

    def test_without_catch_up_the_first_level_comes_first(self):
        self._item("O1", self.customer, 5000.0, "2025-06-30")
        self.assertEqual(self._levels(self._run_and_send("2026-01-31")), {"O1": 1})

    def test_before_the_due_date(self):
        ladder = self._policy("Preventive", [("due", -7), ("due", 7), ("previous", 10)])
        self.company.collection_policy_id = ladder
        self._item("soon", self.customer, 100.0, "2026-04-05")
        self._item("later", self.customer, 100.0, "2026-04-08")
        self._item("late", self.other_customer, 100.0, "2026-03-20")
        run = self._run_and_send("2026-03-31")
        # an overdue item never gets the letter that announces its due date
        self.assertEqual(self._levels(run), {"soon": 1, "late": 2})
        self.assertFalse(run.exclusion_ids)
        run = self._run_and_send("2026-04-07")
        self.assertEqual(self._levels(run), {"later": 1})
        self.assertEqual(self._reasons(run), {"soon": "not_yet", "late": "not_yet"})
        run = self._run_and_send("2026-04-12")
        self.assertEqual(self._levels(run), {"soon": 2, "late": 3})

    def test_due_today_is_not_late(self):
        ladder = self._policy("Sharp", [("due", 0)])
        self.company.collection_policy_id = ladder
        self._item("today", self.customer, 100.0, "2026-03-31")
        run = self._run_and_send("2026-03-31")
        self.assertEqual(run.letter_ids.line_ids.mapped("days_overdue"), [0])

    def test_an_announcement_is_never_part_of_a_demand(self):
        ladder = self._policy(
            "Preventive", [("due", -7), ("due", 7)], align_customer=True
        )
        self.company.collection_policy_id = ladder
        self._item("soon", self.customer, 100.0, "2026-04-05")
        self._item("late", self.customer, 50.0, "2026-03-20")
        run = self._run_and_send("2026-03-31")
        self.assertEqual(self._levels(run), {"soon": 1, "late": 2})
        self.assertEqual(sorted(run.letter_ids.mapped("amount_due")), [50.0, 100.0])

    def test_one_level_per_run(self):
        self._item("N1", self.customer, 100.0, "2025-06-30")
        self.assertEqual(self._levels(self._run_and_send("2026-01-31")), {"N1": 1})
        self.assertEqual(self._levels(self._run_and_send("2026-01-31")), {"N1": 2})
        # the third counts from the day the second was sent
        run = self._run_and_send("2026-02-13")
        self.assertEqual(self._levels(run), {})
        self.assertEqual(self._reasons(run), {"N1": "not_yet"})
        self.assertEqual(self._levels(self._run_and_send("2026-02-14")), {"N1": 3})
        run = self._run_and_send("2026-12-31")
        self.assertEqual(self._reasons(run), {"N1": "exhausted"})

    def test_previous_counts_from_the_day_of_sending(self):
        ladder = self._policy("Previous", [("due", 7), ("previous", 14)])
        self.company.collection_policy_id = ladder
        item = self._item("N1", self.customer, 100.0, "2026-01-01")
        with freeze_time("2026-01-10"):
            run = self._run("2026-01-10")
            run.action_confirm()
        with freeze_time("2026-01-20"):
            letters = run.letter_ids._recompute_before_sending()
            letters._mark_sent()
        self.assertEqual(item.level_date, fields.Date.to_date("2026-01-20"))
        self.assertEqual(self._levels(self._run_and_send("2026-02-02")), {})
        self.assertEqual(self._levels(self._run_and_send("2026-02-03")), {"N1": 2})

    def test_end_of_month(self):
        ladder = self._policy("End of month", [("eom", 15)])
        self.company.collection_policy_id = ladder
        self._item("mid", self.customer, 100.0, "2026-02-13")
        self._item("late", self.customer, 100.0, "2026-02-14")
        self._item("leap", self.customer, 100.0, "2024-02-10", date="2024-01-10")
        # 13 + 15 = 28 February, 14 + 15 = 1 March
        run = self._run_and_send("2026-02-27")
        self.assertEqual(self._levels(run), {"leap": 1})
        run = self._run_and_send("2026-02-28")
        self.assertEqual(self._levels(run), {"mid": 1})
        self.assertEqual(self._levels(self._run_and_send("2026-03-30")), {})
        self.assertEqual(self._levels(self._run_and_send("2026-03-31")), {"late": 1})

    def test_tolerance_in_foreign_currency(self):
        dollar = self.setup_other_currency(
            "USD", rates=[("2020-01-01", 1.10), ("2026-03-01", 1.20)]
        )
        # 5.00 EUR are 6.00 USD on the day of the run
        self._item("under", self.customer, 5.99, "2026-03-01", currency=dollar)
        self._item("exact", self.customer, 6.00, "2026-03-01", currency=dollar)
        self._item("euro under", self.customer, 4.99, "2026-03-01")
        self._item("euro exact", self.customer, 5.00, "2026-03-01")
        run = self._run_and_send("2026-03-31")
        self.assertEqual(self._levels(run), {"exact": 1, "euro exact": 1})
        self.assertEqual(
            self._reasons(run),
            {"under": "below_minimum", "euro under": "below_minimum"},
        )
        self.assertEqual(
            sorted(run.letter_ids.mapped("currency_id.name")), ["EUR", "USD"]
        )

    def test_tolerance_looks_at_what_is_left(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._pay(item.move_id, 996.0, "2026-03-10")
        run = self._run_and_send("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "below_minimum"})

    def test_minimum_amount_of_a_level(self):
        ladder = self._policy(
            "Minimum", [("due", 1), ("previous", 10, {"min_amount": 200.0})]
        )
        self.company.collection_policy_id = ladder
        self._item("small", self.customer, 199.99, "2026-03-01")
        self._item("large", self.customer, 200.00, "2026-03-01")
        run = self._run_and_send("2026-03-10")
        self.assertEqual(self._levels(run), {"small": 1, "large": 1})
        run = self._run_and_send("2026-03-20")
        self.assertEqual(self._levels(run), {"large": 2})
        self.assertEqual(self._reasons(run), {"small": "below_minimum"})

    def test_precedence_of_policies(self):
        def ladder(name):
            return self._policy(name, [("due", 1)])

        company, segment = ladder("Company"), ladder("Segment")
        account, invoice = ladder("Account"), ladder("Invoice")
        self.company.collection_policy_id = company
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        with freeze_time("2026-03-31"):

            def policy_of_the_letter():
                return self._run("2026-03-31").letter_ids.level_id.policy_id

            self.assertEqual(policy_of_the_letter(), company)
            item.account_id.segment_id = self.env["collection.segment"].create(
                {"name": "S", "code": "test_s", "policy_id": segment.id}
            )
            self.assertEqual(policy_of_the_letter(), segment)
            item.account_id.policy_id = account
            self.assertEqual(policy_of_the_letter(), account)
            item.policy_id = invoice
            self.assertEqual(policy_of_the_letter(), invoice)

    def test_change_of_policy_continues_on_the_new_ladder(self):
        item = self._item("N1", self.customer, 100.0, "2026-01-01")
        self._run_and_send("2026-01-31")
        self._run_and_send("2026-02-28")
        self.assertEqual(item.level_id, self.level_2)
        other = self._policy("Other", [("due", 1), ("due", 2), ("due", 3)])
        item.account_id.policy_id = other
        # two courteous letters were sent: the third level is next
        run = self._run_and_send("2026-03-01")
        self.assertEqual(run.letter_ids.level_id, other.level_ids[2])

    def test_run_of_some_policies(self):
        other = self._policy("Other", [("due", 1)])
        self._item("N1", self.customer, 100.0, "2026-01-01")
        item = self._item("V1", self.other_customer, 100.0, "2026-01-01")
        item.account_id.policy_id = other
        with freeze_time("2026-03-31"):
            run = self._run("2026-03-31", policy_ids=[Command.set(other.ids)])
            self.assertEqual(self._levels(run), {"V1": 1})
            self.assertFalse(run.exclusion_ids)

    def test_level_of_the_account_and_the_invoice(self):
        self._item("old", self.customer, 100.0, "2025-12-01")
        young = self._item("young", self.customer, 100.0, "2026-02-25")
        self._run_and_send("2026-01-31")
        self._run_and_send("2026-02-28")
        account = young.account_id
        self.assertEqual(account.level_id, self.level_2)
        self.assertEqual(account.letter_count, 2)
        self._pay(account.item_ids.sorted("date_due")[0].move_id)
        self.assertFalse(account.level_id)
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_call_level_counts_once_the_call_was_logged(self):
        ladder = self._policy(
            "Call", [("due", 1, {"channel": "call"}), ("previous", 10)]
        )
        self.company.collection_policy_id = ladder
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        with freeze_time("2026-03-10"):
            run = self._run("2026-03-10")
            run.action_confirm()
            self.assertEqual(run.letter_ids.channel, "call")
            self.assertFalse(item.level_id)
            calls = self.env["collection.call"].with_user(self.collector_user)
            calls.create(self._call_values(item.account_id))
            self.assertFalse(item.level_id)
            calls.create(self._call_values(item.account_id, "information_only"))
            self.assertEqual(item.level_id, ladder.level_ids[0])
            self.assertEqual(run.letter_ids.state, "sent")
        self.assertEqual(self._levels(self._run_and_send("2026-03-20")), {"N1": 2})

    @freeze_time("2026-03-31")
    def test_catching_up_by_hand_and_on_another_policy(self):
        """Catching up where wanted, a level by hand, and no policy hides another."""
        item = self._item("N1", self.customer, 1000.0, "2025-06-30")
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 1})
        self.policy.catch_up = "by_age"
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 2})
        item._set_level(self.level_2, item.date_due, "Reminded by hand")
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 3})
        other = self._policy("Other", [("due", 1), ("due", 2), ("previous", 7)])
        item.account_id.policy_id = other
        run = self._run("2026-03-31")
        self.assertEqual(self._levels(run), {"N1": 3})
        self.assertEqual(run.letter_ids.level_id.policy_id, other)

    @freeze_time("2026-03-31")
    def test_service_letter_apart_from_what_is_overdue(self):
        """A service letter before the due date, apart from what is overdue."""
        ladder = self._policy(
            "Early", [("due", -7, {"tone": "service"}), ("due", 5), ("due", 20)]
        )
        self.company.collection_policy_id = ladder
        self._item("soon", self.customer, 100.0, "2026-04-07")
        self._item("later", self.customer, 200.0, "2026-04-08")
        self._item("late", self.customer, 300.0, "2026-03-20")
        run = self._run("2026-03-31")
        # a level before the due date is over once the item is overdue
        self.assertEqual(self._levels(run), {"soon": 1, "late": 2})
        self.assertEqual(len(run.letter_ids), 2)
        self.assertEqual(
            sorted(run.letter_ids.line_ids.mapped("days_overdue")), [-7, 11]
        )
