from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestDunningRun(DunningCommon):
    """Who is left out of a run and why, and what the letters say."""

    def _dispute(self, item, amount=0.0):
        return self.env["collection.dispute"].create(
            {
                "account_id": item.account_id.id,
                "item_ids": [Command.set(item.ids)],
                "amount": amount,
                "reason_id": self._dispute_reason("quality").id,
            }
        )

    def _reason_of(self, item):
        """Reason of the only exclusion of `item`, False when it is on a letter."""
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        return run.exclusion_ids.filtered(lambda e: e.item_id == item).reason

    # ------------------------------------------------------------------
    # Reasons
    # ------------------------------------------------------------------

    def test_no_policy(self):
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        self.company.collection_policy_id = False
        self.assertEqual(self._reason_of(item), "no_policy")
        self.company.collection_policy_id = self.policy
        self.assertFalse(self._reason_of(item))
        self.policy.active = False
        self.assertEqual(self._reason_of(item), "no_policy")

    def test_do_nothing(self):
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        item.policy_id = self._policy("Nothing", [], do_nothing=True)
        self.assertEqual(self._reason_of(item), "do_nothing")

    def test_no_followup(self):
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        item.move_line_id.no_followup = True
        self.assertEqual(self._reason_of(item), "no_followup")
        item.move_line_id.no_followup = False
        self.assertFalse(self._reason_of(item))

    def test_blocked_invoice(self):
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        item.move_id.action_toggle_block_payment()
        self.assertEqual(item.move_id.payment_state, "blocked")
        self.assertEqual(self._reason_of(item), "no_followup")

    def test_insolvent(self):
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        item.account_id.insolvency_date = "2026-03-30"
        self.assertEqual(self._reason_of(item), "insolvent")

    def test_disputed(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        dispute = self._dispute(item)
        self.assertEqual(self._reason_of(item), "disputed")
        dispute.amount = 400.0
        run = self._run("2026-03-31")
        self.assertFalse(run.exclusion_ids)
        self.assertEqual(run.letter_ids.amount_due, 600.0)
        self.assertEqual(run.letter_ids.line_ids.amount_due, 600.0)
        dispute._decide("cancelled")
        self.assertEqual(self._run("2026-03-31").letter_ids.amount_due, 1000.0)

    def test_on_hold(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        item.account_id.write({"hold_until": "2026-03-31", "hold_reason": "Talks"})
        self.assertEqual(self._reason_of(item), "on_hold")
        item.account_id.hold_until = "2026-03-30"
        self.assertFalse(self._reason_of(item))

    def test_delegated(self):
        ladder = self._policy(
            "Shared",
            [
                ("due", 1, {"worked_by": "provider"}),
                ("previous", 1, {"worked_by": "either"}),
                ("previous", 1, {"worked_by": "company"}),
            ],
        )
        self.company.collection_policy_id = ladder
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        other = self._item("V1", self.other_customer, 1000.0, "2026-03-01")
        placement = self._hand_over(item.account_id)
        self.assertTrue(item.delegated)
        self.assertEqual(self._reason_of(item), "delegated")
        self.assertFalse(self._reason_of(other))
        item.write({"level_id": ladder.level_ids[0].id, "level_date": "2026-03-02"})
        self.assertEqual(self._reason_of(item), "delegated")
        item.write({"level_id": ladder.level_ids[1].id, "level_date": "2026-03-10"})
        self.assertFalse(self._reason_of(item))
        item.write({"level_id": ladder.level_ids[0].id, "level_date": "2026-03-02"})
        placement.line_ids._take_back("recalled", "Strategic now")
        # it resumes in-house where it stood
        run = self._run("2026-03-31")
        self.assertEqual(self._levels(run), {"N1": 2, "V1": 1})

    def test_covered_by_credit(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._payment(self.customer, 1000.0, "2026-03-20")
        self.assertEqual(self._reason_of(item), "covered_by_credit")

    def test_payment_without_an_entry_of_its_own(self):
        """Where bank statements are reconciled, a payment that is registered makes no
        entry, and the invoice stays open in the ledger until the statement is there.
        """
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._item("N2", self.customer, 400.0, "2026-03-02")
        self._payment(self.customer, 100.0, "2026-03-20")
        bank = self.company_data["default_journal_bank"]
        bank.inbound_payment_method_line_ids.payment_account_id = False
        with patch.object(
            type(item.move_id),
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        ):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=item.move_id.ids
            ).create(
                {"payment_date": "2026-03-25", "journal_id": bank.id}
            ).action_create_payments()
            payment = item.move_id.matched_payment_ids
            self.assertEqual(payment.state, "in_process")
            self.assertFalse(payment.move_id)
            self.assertRecordValues(
                item, [{"payment_state": "in_payment", "amount_residual": 1000.0}]
            )
            run = self._run("2026-03-31")
            self.assertEqual(self._reasons(run), {"N1": "covered_by_credit"})
            self.assertEqual(
                run.exclusion_ids.explanation,
                "A payment of the invoice is registered, the bank statement is awaited",
            )
            # the credit is left for the invoice that nobody has paid
            self.assertRecordValues(
                run.letter_ids, [{"amount_due": 400.0, "amount_credit": 100.0}]
            )
            # the bank refuses it
            payment.action_reject()
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 1, "N2": 1})

    def test_credit_in_another_currency_covers_nothing(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.0)])
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._payment(self.customer, 1000.0, "2026-03-20", currency=dollar)
        self.assertFalse(self._reason_of(item))

    def test_credits_pay_the_oldest_first(self):
        self._item("old", self.customer, 300.0, "2026-02-01")
        self._item("young", self.customer, 1000.0, "2026-03-01")
        self._payment(self.customer, 500.0, "2026-03-20")
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"old": "covered_by_credit"})
        self.assertRecordValues(
            run.letter_ids,
            [{"amount_due": 1000.0, "amount_credit": 200.0, "amount_total": 800.0}],
        )

    def test_credit_never_turns_a_letter_negative(self):
        """What is older and not yet dunned takes its part of the credit."""
        sleeping = self._item("sleeping", self.customer, 1000.0, "2026-02-01")
        sleeping.write({"level_id": self.level_3.id, "level_date": "2026-03-15"})
        self._item("young", self.customer, 500.0, "2026-03-01")
        self._credit_note(self.customer, 800.0, "2026-03-15")
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"sleeping": "exhausted"})
        self.assertRecordValues(
            run.letter_ids,
            [{"amount_due": 500.0, "amount_credit": 0.0, "amount_total": 500.0}],
        )

    def test_below_minimum_and_not_yet(self):
        small = self._item("small", self.customer, 4.99, "2026-03-01")
        fresh = self._item("fresh", self.customer, 100.0, "2026-03-25")
        self.assertEqual(self._reason_of(small), "below_minimum")
        self.assertEqual(self._reason_of(fresh), "not_yet")

    def test_approval(self):
        ladder = self._policy("Approved", [("due", 1, {"needs_approval": True})])
        self.company.collection_policy_id = ladder
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        run = self._run("2026-03-31")
        exclusion = run.exclusion_ids
        self.assertRecordValues(
            exclusion,
            [{"reason": "awaiting_approval", "level_id": ladder.level_ids.id}],
        )
        with self.assertRaises(AccessError):
            exclusion.with_user(self.collector_user).action_approve()
        exclusion.with_user(self.manager_user).action_approve()
        self.assertEqual(item.approved_level_id, ladder.level_ids)
        self.assertFalse(self._reason_of(item))

    def test_no_formal_notice_unseen_to_who_matters(self):
        """Sensitive and strategic customers: approved first, whatever the policy."""
        ladder = self._policy(
            "Short", [("due", 1), ("previous", 8, {"formal_notice": True})]
        )
        self.assertFalse(any(ladder.level_ids.mapped("needs_approval")))
        self.company.collection_policy_id = ladder
        item = self._item("careful", self.customer, 1000.0, "2026-02-01")
        account = item.account_id
        reminder, notice = ladder._ordered_levels()
        item.write({"level_id": reminder.id, "level_date": "2026-02-10"})
        Segment = self.env["collection.segment"]
        for handling, expected in (
            ("standard", {}),
            ("sensitive", {"careful": "awaiting_approval"}),
            ("strategic", {"careful": "awaiting_approval"}),
        ):
            account.segment_id = Segment.create(
                {"name": handling, "code": f"t_{handling}", "handling": handling}
            )
            with self.subTest(handling=handling):
                run = self._run("2026-03-31")
                self.assertEqual(self._reasons(run), expected)
        # the first reminder needs nobody
        item.write({"level_id": False, "level_date": False})
        self.assertEqual(self._levels(self._run("2026-03-31")), {"careful": 1})
        item.write({"level_id": reminder.id, "level_date": "2026-02-10"})
        item.with_user(self.manager_user).action_approve_level()
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.level_id, notice)

    def test_approval_from_the_item(self):
        ladder = self._policy(
            "Approved", [("due", 1), ("previous", 1, {"needs_approval": True})]
        )
        self.company.collection_policy_id = ladder
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        with self.assertRaises(AccessError):
            item.with_user(self.collector_user).action_approve_level()
        self._run_and_send("2026-03-20")
        self.assertEqual(self._reason_of(item), "awaiting_approval")
        item.with_user(self.manager_user).action_approve_level()
        self.assertFalse(self._reason_of(item))

    def test_first_match_gives_the_reason(self):
        """From a case in which everything applies, drop one reason after the other."""
        ladder = self._policy(
            "All at once",
            [("due", 40, {"needs_approval": True, "min_amount": 500.0})],
            do_nothing=True,
        )
        item = self._item("N1", self.customer, 100.0, "2026-03-01")
        account = item.account_id
        self._payment(self.customer, 100.0, "2026-03-20")
        self._hand_over(account)
        self.company.collection_policy_id = False
        item.move_line_id.no_followup = True
        account.write(
            {
                "insolvency_date": "2026-03-01",
                "hold_until": "2026-04-30",
                "hold_reason": "Talks",
            }
        )
        dispute = self._dispute(item)
        steps = [
            ("no_policy", lambda: account.write({"policy_id": ladder.id})),
            ("do_nothing", lambda: ladder.write({"do_nothing": False})),
            ("no_followup", lambda: item.move_line_id.write({"no_followup": False})),
            ("insolvent", lambda: account.write({"insolvency_date": False})),
            ("disputed", lambda: dispute._decide("cancelled")),
            ("on_hold", lambda: account.write({"hold_until": False})),
            (
                "delegated",
                lambda: account.placement_line_id._take_back("recalled", "Test"),
            ),
            (
                "covered_by_credit",
                lambda: self._reconcile(
                    *account._get_open_credits().move_id,
                    self._invoice(self.customer, 100.0, "2026-05-31"),
                ),
            ),
            ("below_minimum", lambda: ladder.level_ids.write({"min_amount": 0})),
            ("not_yet", lambda: ladder.level_ids.write({"delay_days": 30})),
            ("awaiting_approval", item.action_approve_level),
        ]
        for reason, drop in steps:
            self.assertEqual(self._reason_of(item), reason)
            drop()
        self.assertFalse(self._reason_of(item))

    # ------------------------------------------------------------------
    # A run as a whole
    # ------------------------------------------------------------------

    def _mixed_file(self):
        """Many customers in every situation a run knows."""
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.1)])
        nothing = self._policy("Nothing", [], do_nothing=True)
        accounts = self.env["collection.account"]
        for position in range(24):
            partner = self._customer(f"Customer {position:02}")
            for part in range(1 + position % 3):
                self._item(
                    f"{position}/{part}",
                    partner,
                    3.0 + 40.0 * position + part,
                    fields.Date.add(
                        fields.Date.to_date("2026-03-29"),
                        days=4 - 9 * part - position,
                    ),
                    currency=dollar if position % 5 == 0 else None,
                )
            if position % 4 == 0:
                self._payment(partner, 200.0, "2026-03-20")
            if position % 9 == 1:
                self._item(f"{position}/small", partner, 2.0, "2026-03-01")
            accounts |= self.account_of(partner)
        for account in accounts[::7]:
            account.write({"hold_until": "2026-05-01", "hold_reason": "Talks"})
        accounts[3].policy_id = nothing
        accounts[5].insolvency_date = "2026-03-01"
        self._hand_over(accounts[8:11])
        for account in accounts[11:14]:
            self._dispute(account.item_ids[:1])
        for account in accounts[14:17]:
            self._dispute(account.item_ids[:1], 10.0)
        accounts[17].item_ids.move_line_id.no_followup = True
        return accounts

    def _content(self, run):
        return (
            sorted(
                (
                    letter.account_id.id,
                    letter.partner_id.id,
                    letter.currency_id.id,
                    letter.channel,
                    letter.level_id.id,
                    letter.date,
                    letter.amount_due,
                    letter.amount_credit,
                    letter.amount_total,
                    tuple(
                        sorted(
                            (line.item_id.id, line.level_id.id, line.amount_due)
                            for line in letter.line_ids
                        )
                    ),
                )
                for letter in run.letter_ids
            ),
            sorted((e.item_id.id, e.reason) for e in run.exclusion_ids),
        )

    def test_found_by_its_name(self):
        """Whoever types into a search bar finds runs by their day, as they read it."""
        run = self._run("2026-03-31") | self._run("2026-04-30")
        runs = self.env["collection.dunning.run"].with_user(self.collector_user)
        runs = runs.with_context(lang="en_US")
        for text, found in (
            ("03/31", run[0]),
            ("run OF 04", run[1]),
            ("Run of", run),
            ("05/31", run.browse()),
        ):
            with self.subTest(text=text):
                names = dict(runs.name_search(text))
                self.assertEqual(names.keys() & set(run.ids), set(found.ids))
        letters = self.env["collection.letter"].with_user(self.collector_user)
        self.assertEqual(
            letters.search([("run_id", "ilike", run[0].name)]).run_id.ids,
            run[0].letter_ids.run_id.ids,
        )
        self.assertEqual(runs.search([("name", "=", run[1].name)]).ids, run[1].ids)

    def test_every_overdue_item_is_accounted_for(self):
        self._mixed_file()
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        self.assertEqual(
            set(run.exclusion_ids.mapped("reason")),
            {
                "do_nothing",
                "no_followup",
                "insolvent",
                "disputed",
                "on_hold",
                "delegated",
                "covered_by_credit",
                "below_minimum",
                "not_yet",
            },
        )
        for letter in run.letter_ids:
            self.assertEqual(
                letter.amount_due, round(sum(letter.line_ids.mapped("amount_due")), 2)
            )
            self.assertEqual(
                letter.amount_total, round(letter.amount_due - letter.amount_credit, 2)
            )
            self.assertGreater(letter.amount_total, 0)
            self.assertEqual(letter.line_ids.item_id.account_id, letter.account_id)
            self.assertEqual(letter.line_ids.item_id.currency_id, letter.currency_id)

    def test_computing_twice_changes_nothing(self):
        self._mixed_file()
        run = self._run("2026-03-31")
        first = self._content(run)
        run.with_user(self.manager_user).action_compute()
        self.assertEqual(self._content(run), first)
        self.assertEqual(self._content(self._run("2026-03-31")), first)

    def test_letters_by_account_currency_and_channel(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.1)])
        ladder = self._policy(
            "Channels",
            [("due", 1, {"channel": "email"}), ("due", 20, {"channel": "registered"})],
            catch_up="by_age",
        )
        self.company.collection_policy_id = ladder
        silent = self._customer("Silent", email=False)
        self._item("N1", self.customer, 10.0, "2026-03-25")
        self._item("N2", self.customer, 20.0, "2026-03-26")
        self._item("N3", self.customer, 40.0, "2026-03-01")
        self._item("N4", self.customer, 80.0, "2026-03-25", currency=dollar)
        self._item("S1", silent, 5.0, "2026-03-25")
        run = self._run("2026-03-31")
        self.assertEqual(
            sorted(
                (
                    letter.account_id.partner_name,
                    letter.currency_id.name,
                    letter.channel,
                    letter.amount_due,
                )
                for letter in run.letter_ids
            ),
            [
                ("Nord", "EUR", "email", 30.0),
                ("Nord", "EUR", "registered", 40.0),
                ("Nord", "USD", "email", 80.0),
                # no e-mail address: the letter goes by post
                ("Silent", "EUR", "post", 5.0),
            ],
        )

    def test_letter_takes_its_highest_level(self):
        self._item("N1", self.customer, 10.0, "2026-03-20").write(
            {"level_id": self.level_1.id, "level_date": "2026-03-20"}
        )
        self._item("N2", self.customer, 20.0, "2026-02-10").write(
            {"level_id": self.level_2.id, "level_date": "2026-03-01"}
        )
        self._item("N3", self.customer, 20.0, "2026-03-20")
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.level_id, self.level_3)
        self.assertEqual(self._levels(run), {"N2": 3, "N3": 1})

    def test_letter_goes_to_the_invoice_contact(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Accounts payable",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": "ap@customer.example.com",
            }
        )
        item = self._item("N1", self.customer, 10.0, "2026-03-01")
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.partner_id, contact)
        self.assertEqual(item.account_id._dunning_contact(), contact)

    def test_states_of_a_run(self):
        self._item("N1", self.customer, 10.0, "2026-03-01")
        run = self.env["collection.dunning.run"].with_user(self.manager_user).create({})
        self.assertEqual((run.state, run.company_id), ("draft", self.company))
        with self.assertRaises(UserError):
            run.action_confirm()
        run.action_compute()
        self.assertEqual((run.state, run.letter_count), ("computed", 1))
        self.assertFalse(run.letter_ids.number)
        run.action_confirm()
        self.assertEqual(run.state, "to_send")
        self.assertTrue(run.letter_ids.number)
        self.assertEqual(run.letter_ids.state, "to_send")
        with self.assertRaises(UserError):
            run.action_compute()
        with self.assertRaises(UserError):
            run.unlink()
        run.action_cancel()
        self.assertEqual(run.letter_ids.state, "cancelled")
        self.assertEqual(run.state, "cancelled")

    def test_what_is_missing_is_said_at_compute(self):
        self.company.write({"company_registry": False, "collection_signatory": False})
        self.env.invalidate_all()
        run = self.env["collection.dunning.run"].with_user(self.manager_user).create({})
        self.assertFalse(run.missing_note)
        run.action_compute()
        # nothing is due: nothing is missing
        self.assertFalse(run.missing_note)
        self._item("N1", self.customer, 10.0, "2026-03-01")
        self._item("N2", self.other_customer, 10.0, "2026-03-01")
        run.action_compute()
        self.assertIn("SIREN", run.missing_note)
        self.assertIn("‣ Companies ‣", run.missing_note)
        # no letter of this run is signed
        self.assertNotIn("signs", run.missing_note)
        self.level_1.formal_notice = True
        self.env.invalidate_all()
        self.assertIn("signs", run.missing_note)
        with self.assertRaises(UserError):
            run.action_confirm()
        self.company.write(
            {"company_registry": "55203253400646", "collection_signatory": "C. Martin"}
        )
        self.env.invalidate_all()
        self.assertFalse(run.missing_note)

    def _count_queries_of_missing_note(self, run):
        with self._count_queries() as counter:
            self.assertTrue(run.missing_note)
        return counter.total

    def test_what_is_missing_costs_the_same_for_many(self):
        self.company.company_registry = False
        self._item("N0", self.customer, 10.0, "2026-03-01")
        first = self._run("2026-03-31")
        one = self._count_queries_of_missing_note(first)
        for number in range(1, 6):
            self._item(f"N{number}", self._customer(f"C{number}"), 10.0, "2026-03-01")
        many = self._run("2026-03-31")
        self.assertEqual(many.letter_count, 6)
        self.assertLessEqual(self._count_queries_of_missing_note(many), one)

    def test_todays_run(self):
        self._item("N1", self.customer, 10.0, "2026-03-01")
        runs = self.env["collection.dunning.run"].with_user(self.manager_user)
        some = runs.create({"policy_ids": [Command.set(self.policy.ids)]})
        action = runs.action_compute_today()
        run = runs.browse(action["res_id"])
        self.assertNotEqual(run, some)
        self.assertEqual((run.state, run.letter_count), ("computed", 1))
        # whoever has begun goes on
        self.assertEqual(runs.action_compute_today()["res_id"], run.id)
        run.action_confirm()
        self.assertNotEqual(runs.action_compute_today()["res_id"], run.id)
        with self.assertRaises(AccessError):
            runs.with_user(self.collector_user).action_compute_today()

    def test_numbers_are_unique(self):
        for position in range(3):
            self._item(
                str(position), self._customer(f"C{position}"), 10.0, "2026-03-01"
            )
        run = self._run("2026-03-31")
        run.action_confirm()
        self.assertEqual(len(set(run.letter_ids.mapped("number"))), 3)

    def test_collector_neither_runs_nor_sends(self):
        self._item("N1", self.customer, 10.0, "2026-03-01")
        run = self._run("2026-03-31")
        with self.assertRaises(AccessError):
            self.env["collection.dunning.run"].with_user(self.collector_user).create({})
        for action in ("action_compute", "action_confirm", "action_cancel"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(run.with_user(self.collector_user), action)()
        self.assertEqual(run.with_user(self.collector_user).letter_count, 1)

    # ------------------------------------------------------------------
    # Just before sending
    # ------------------------------------------------------------------

    def _confirmed(self):
        run = self._run("2026-03-31")
        run.with_user(self.manager_user).action_confirm()
        return run.letter_ids

    def test_paid_meanwhile(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._confirmed()
        self._pay(item.move_id)
        letter.run_id.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "cancelled")
        self.assertTrue(letter.state_reason)
        self.assertFalse(letter.line_ids)
        self.assertFalse(item.level_id)

    def test_partly_paid_meanwhile(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        paid = self._item("N2", self.customer, 50.0, "2026-03-02")
        letter = self._confirmed()
        self.assertEqual(letter.amount_total, 1050.0)
        self._pay(item.move_id, 300.0)
        self._pay(paid.move_id)
        with freeze_time("2026-04-02"):
            self.assertEqual(letter._recompute_before_sending(), letter)
            self.assertRecordValues(
                letter,
                [
                    {
                        "date": fields.Date.to_date("2026-04-02"),
                        "amount_due": 700.0,
                        "amount_total": 700.0,
                    }
                ],
            )
            self.assertRecordValues(
                letter.line_ids,
                [
                    {
                        "item_id": item.id,
                        "amount_due": 700.0,
                        "amount_paid": 300.0,
                        "days_overdue": 32,
                    }
                ],
            )
            letter._mark_sent()
        self.assertEqual(item.level_id, self.level_1)
        self.assertFalse(paid.level_id)

    def test_almost_paid_meanwhile(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._confirmed()
        self._pay(item.move_id, 997.0)
        self.assertFalse(letter._recompute_before_sending())
        self.assertEqual(letter.state, "cancelled")

    def test_unmatched_payment_meanwhile(self):
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._confirmed()
        self._payment(self.customer, 400.0, "2026-03-31")
        self.assertEqual(letter._recompute_before_sending(), letter)
        self.assertRecordValues(
            letter,
            [{"amount_due": 1000.0, "amount_credit": 400.0, "amount_total": 600}],
        )
        self._payment(self.customer, 600.0, "2026-03-31")
        self.assertFalse(letter._recompute_before_sending())
        self.assertEqual(letter.state, "cancelled")

    def test_credit_is_shared_as_it_was_when_sending(self):
        """An older item that is not on the letter still takes its part of a credit."""
        sleeping = self._item("sleeping", self.customer, 100.0, "2026-02-01")
        sleeping.write({"level_id": self.level_3.id, "level_date": "2026-03-15"})
        self._item("young", self.customer, 100.0, "2026-03-01")
        self._payment(self.customer, 100.0, "2026-03-20")
        letter = self._confirmed()
        self.assertEqual(letter.amount_total, 100.0)
        self.assertEqual(letter._recompute_before_sending(), letter)
        self.assertEqual(letter.amount_total, 100.0)

    def test_due_date_postponed_meanwhile(self):
        """What is not due any more, or not long enough for the level, is left out."""
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        kept = self._item("N2", self.customer, 400.0, "2026-03-02")
        for day in ("2026-05-01", "2026-03-28"):
            with self.subTest(day):
                letter = self._confirmed()
                self.assertEqual(len(letter.line_ids), 2)
                self._receivable_lines(item.move_id).date_maturity = day
                self.assertEqual(letter._recompute_before_sending(), letter)
                self.assertEqual(letter.line_ids.item_id, kept)
                self.assertEqual(letter.amount_total, 400.0)
                letter._cancel("Test")
                self._receivable_lines(item.move_id).date_maturity = "2026-03-01"

    def test_announcement_that_comes_too_late(self):
        ladder = self._policy("Announced", [("due", -7, {}), ("due", 5, {})])
        self.company.collection_policy_id = ladder
        self._item("N1", self.customer, 1000.0, "2026-04-03")
        letter = self._confirmed()
        self.assertEqual(letter.level_id, ladder.level_ids[0])
        self.assertEqual(letter._recompute_before_sending(), letter)
        with freeze_time("2026-04-04"):
            self.assertFalse(letter._recompute_before_sending())
        self.assertEqual(letter.state, "cancelled")

    def test_run_of_a_day_to_come_is_a_forecast(self):
        self._item("N1", self.customer, 1000.0, "2026-04-10")
        run = self._run("2026-04-30")
        self.assertEqual(self._levels(run), {"N1": 1})
        with self.assertRaisesRegex(UserError, "from that day on"):
            run.action_confirm()
        with freeze_time("2026-04-30"):
            run.action_confirm()
        self.assertEqual(run.letter_ids.state, "to_send")

    def test_run_of_some_policies_shares_credits_as_all_do(self):
        """A credit pays the oldest items, whichever policies the run is about."""
        other = self._policy("Other", [("due", 1, {})])
        self._item("old", self.customer, 500.0, "2026-02-01")
        young = self._item("young", self.customer, 500.0, "2026-03-01")
        young.policy_id = other
        self._payment(self.customer, 500.0, "2026-03-20")
        for policies, reasons, levels in (
            (self.policy, {"old": "covered_by_credit"}, {}),
            (other, {}, {"young": 1}),
            (self.policy | other, {"old": "covered_by_credit"}, {"young": 1}),
        ):
            with self.subTest(policies.mapped("name")):
                run = self.env["collection.dunning.run"].create(
                    {"date": "2026-03-31", "policy_ids": [Command.set(policies.ids)]}
                )
                run.action_compute()
                self.assertEqual(self._reasons(run), reasons)
                self.assertEqual(self._levels(run), levels)

    def test_what_stops_a_confirmed_letter(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        account = item.account_id
        for name, stop, resume in (
            (
                "insolvent",
                lambda: account.write({"insolvency_date": "2026-03-31"}),
                lambda: account.write({"insolvency_date": False}),
            ),
            (
                "on hold",
                lambda: account.write(
                    {"hold_until": "2026-04-30", "hold_reason": "Talks"}
                ),
                lambda: account.write({"hold_until": False}),
            ),
            (
                "disputed",
                lambda: self._dispute(item),
                lambda: account.dispute_ids._decide("cancelled"),
            ),
            (
                "excluded",
                lambda: item.move_line_id.write({"no_followup": True}),
                lambda: item.move_line_id.write({"no_followup": False}),
            ),
            (
                "handed over",
                lambda: self._hand_over(account),
                lambda: account.placement_line_id._take_back("recalled", "Test"),
            ),
        ):
            with self.subTest(name):
                letter = self._confirmed()
                self.assertEqual(letter.state, "to_send")
                stop()
                self.assertFalse(letter._recompute_before_sending())
                self.assertEqual(letter.state, "cancelled")
                resume()

    def test_credit_note_is_shown_and_deducted(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._credit_note(self.customer, 200.0, "2026-03-15")
        run = self._run("2026-03-31")
        self.assertRecordValues(
            run.letter_ids,
            [{"amount_due": 1000.0, "amount_credit": 200.0, "amount_total": 800.0}],
        )
        self.assertEqual(run.letter_ids.line_ids.amount_due, 1000.0)
        self.assertEqual(item.amount_residual, 1000.0)

    def test_sent_letter_is_frozen(self):
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._confirmed()
        letter._mark_sent()
        self._pay(item.move_id)
        self.assertRecordValues(letter, [{"state": "sent", "amount_total": 1000.0}])
        with self.assertRaises(UserError):
            letter.action_cancel()
        with self.assertRaises(UserError):
            letter.unlink()
        with self.assertRaises(UserError):
            letter.run_id.action_cancel()

    def test_credits_are_deducted_then_cover_everything(self):
        """Credit notes and unallocated payments are deducted, oldest item first."""
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._credit_note(self.customer, 200.0, "2026-03-10")
        self._payment(self.customer, 50.0, "2026-03-20")
        letter = self._run("2026-03-31").letter_ids
        self.assertRecordValues(
            letter,
            [{"amount_due": 1000.0, "amount_credit": 250.0, "amount_total": 750.0}],
        )
        self._payment(self.customer, 750.0, "2026-03-20")
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "covered_by_credit"})
        self.assertFalse(run.letter_ids)

    def test_paid_in_part_or_whole_between_run_and_sending(self):
        """A payment between the run and the sending is on the letter."""
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        other = self._item("V1", self.other_customer, 400.0, "2026-03-01")
        run = self._run("2026-03-31")
        run.action_confirm()
        self._pay(item.move_id, 300.0, "2026-03-31")
        self._pay(other.move_id, date="2026-03-31")
        letters = run.letter_ids
        remaining = letters._recompute_before_sending()
        self.assertEqual(remaining.amount_due, 700.0)
        self.assertEqual((letters - remaining).state, "cancelled")

    def test_each_instalment_has_its_own_lateness(self):
        """Each due date of an invoice has its own lateness and level."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half at once, half a month later",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50.0, "nb_days": days}
                    )
                    for days in (0, 31)
                ],
            }
        )
        invoice = self._invoice(
            self.customer,
            1000.0,
            "2026-04-01",
            date="2026-03-01",
            invoice_payment_term_id=terms.id,
        )
        run = self._run("2026-03-31")
        self.assertRecordValues(
            run.letter_ids.line_ids,
            [
                {
                    "item_id": invoice.collection_item_ids.sorted("date_due")[0].id,
                    "amount_due": 500.0,
                    "days_overdue": 30,
                }
            ],
        )

    def test_single_invoices_are_left_out(self):
        """One invoice is excluded, disputed or on hold, the others go on."""
        items = [
            self._item(f"N{number}", self.customer, 100.0, "2026-03-01")
            for number in range(1, 5)
        ]
        items[0].move_line_id.no_followup = True
        self.env["collection.dispute"].create(
            {
                "account_id": items[1].account_id.id,
                "item_ids": [Command.set(items[1].ids)],
                "reason_id": self._dispute_reason("quality").id,
            }
        )
        self.env["collection.hold"].with_user(self.collector_user).create(
            {
                "item_ids": [Command.set(items[2].ids)],
                "date_until": "2026-04-30",
                "reason": "Copy asked for",
            }
        ).action_hold()
        run = self._run("2026-03-31")
        self.assertEqual(
            self._reasons(run),
            {"N1": "no_followup", "N2": "disputed", "N3": "on_hold"},
        )
        self.assertEqual(self._levels(run), {"N4": 1})

    def test_companies_neither_leak_nor_block(self):
        """Neither amounts nor dates of another company count."""
        other = self.setup_other_company()
        company = other["company"]
        company.collection_policy_id = self.env["collection.policy"].create(
            {
                "name": "Theirs",
                "company_id": company.id,
                "level_ids": [
                    Command.create({"name": "One", "subject": "One", "delay_days": 1})
                ],
            }
        )
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._invoice(self.customer, 77.0, "2026-03-01", company_data=other)
        later = self._run("2026-04-30", company=company, user=self.env.user)
        self.assertEqual(later.letter_ids.mapped("amount_due"), [77.0])
        # an earlier run of ours is not stopped by their later one
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.mapped("amount_due"), [1000.0])
        self.assertEqual(later.state, "computed")
        letters = self.env["collection.letter"].with_user(self.manager_user).search([])
        self.assertEqual(letters.company_id, self.company)

    def test_accountants_work_on_with_dunned_invoices(self):
        """An accountant posts, pays and resets invoices that were dunned."""
        item = self._item("N1", self.customer, 1000.0, "2026-03-01")
        self._send(self._run("2026-03-31"))
        invoice = item.move_id.with_user(self.accountant_user)
        invoice.read(["name", "collection_level_id", "collection_delegated"])
        invoice.button_draft()
        self.assertEqual(item.state, "closed")
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.customer.with_user(self.plain_internal_user).read(["name"])
        with self.assertRaises(AccessError):
            self.env["collection.letter"].with_user(self.plain_internal_user).search([])

    def test_letter_speaks_the_language_of_the_customer(self):
        """Letter and table are in the customer's language, not in the user's."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.level_1.with_context(lang="fr_FR").subject = "Relance"
        self._item("N1", self.customer, 1000.0, "2026-03-01")
        letter = self._run("2026-03-31", user=self.manager_user).letter_ids
        self.assertEqual(letter.lang, "fr_FR")
        self.assertEqual(letter.subject, "Relance")
        self.assertEqual(letter._format_amount(1000.0), "1\xa0000,00\xa0€")


@tagged("post_install", "-at_install")
class TestDunningPenalties(DunningCommon):
    """Worked amounts of the law, through runs and letters."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls._policy("Claim", [("due", 1, {"include_penalties": True})])
        cls.company.collection_policy_id = cls.claim

    def _letter(self, date):
        with freeze_time(date):
            return self._run(date).letter_ids

    def _segment(self, debtor_type):
        return self.env["collection.segment"].create(
            {
                "name": debtor_type,
                "code": f"test_{debtor_type}",
                "debtor_type": debtor_type,
            }
        )

    def _interest(self, line):
        return [segment["amount"] for segment in line.interest_detail]

    def test_one_half_year(self):
        self._item("N1", self.customer, 10000.0, "2025-09-30")
        self.assertRecordValues(
            self._letter("2025-10-31"),
            [
                {
                    "amount_due": 10000.0,
                    "amount_interest": 103.19,
                    "amount_indemnity": 40.0,
                    "amount_total": 10143.19,
                }
            ],
        )

    def test_total_of_the_letter(self):
        self._item("N1", self.customer, 2345.67, "2026-08-31")
        letter = self._letter("2026-11-22")
        self.assertEqual(letter.amount_interest, 66.14)
        self.assertEqual(letter.amount_total, 2451.81)

    def test_each_half_year_has_its_rate(self):
        self._item("N1", self.customer, 10000.0, "2024-11-15")
        letter = self._letter("2025-02-20")
        self.assertEqual(letter.amount_interest, 363.33)
        self.assertEqual(self._interest(letter.line_ids), [179.59, 183.74])

    def test_public_body_keeps_the_first_rate(self):
        item = self._item("N1", self.customer, 10000.0, "2024-11-15")
        item.account_id.segment_id = self._segment("public")
        letter = self._letter("2025-02-20")
        self.assertEqual(self._interest(letter.line_ids), [325.55])
        self.assertEqual(letter.amount_indemnity, 40.0)

    def test_partial_payment_counts_on_the_principal(self):
        item = self._item("N1", self.customer, 12000.0, "2025-03-31")
        self._pay(item.move_id, 5000.0, "2025-04-30")
        letter = self._letter("2025-07-15")
        self.assertEqual(self._interest(letter.line_ids), [129.70, 153.84, 34.95])
        self.assertRecordValues(
            letter,
            [
                {
                    "amount_due": 7000.0,
                    "amount_interest": 318.49,
                    "amount_indemnity": 40.0,
                    "amount_total": 7358.49,
                }
            ],
        )

    def test_indemnity_once_per_invoice(self):
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
        self._invoice(
            self.customer,
            1000.0,
            "2025-09-30",
            date="2025-08-01",
            invoice_payment_term_id=terms.id,
        )
        self._invoice(self.customer, 200.0, "2025-09-30")
        letter = self._letter("2025-10-31")
        self.assertEqual(len(letter.line_ids), 3)
        self.assertEqual(letter.amount_indemnity, 80.0)
        self.assertEqual(
            round(sum(letter.line_ids.mapped("amount_interest")), 2),
            letter.amount_interest,
        )

    def test_indemnity_once_per_invoice_over_several_letters(self):
        """Two due dates of one invoice may reach the customer by two channels."""
        ladder = self._policy(
            "Channels",
            [
                ("due", 1, {"include_penalties": True, "channel": "email"}),
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
        self._invoice(
            self.customer,
            1000.0,
            "2025-09-30",
            date="2025-08-01",
            invoice_payment_term_id=terms.id,
        )
        letters = self._letter("2025-10-31")
        self.assertEqual(len(letters), 2)
        self.assertEqual(sum(letters.mapped("amount_indemnity")), 40.0)

    def test_nothing_on_levels_without_penalties(self):
        self.claim.level_ids.include_penalties = False
        self._item("N1", self.customer, 10000.0, "2025-09-30")
        self.assertRecordValues(
            self._letter("2025-10-31"),
            [
                {
                    "amount_interest": 0.0,
                    "amount_indemnity": 0.0,
                    "amount_total": 10000.0,
                }
            ],
        )

    def test_agreed_rate(self):
        self.company.collection_agreed_rate = 14.76
        self._item("N1", self.customer, 3000.0, "2025-09-30")
        self.assertEqual(self._letter("2025-10-30").amount_interest, 36.39)

    def test_consumer_owes_from_the_formal_notice_only(self):
        ladder = self._policy(
            "Consumer",
            [
                ("due", 1, {"include_penalties": True, "formal_notice": True}),
                ("previous", 10, {"include_penalties": True}),
            ],
        )
        self.company.collection_policy_id = ladder
        consumer = self._customer("Person", is_company=False)
        self._item("P1", consumer, 1000.0, "2025-12-31")
        with freeze_time("2026-02-01"):
            run = self._run("2026-02-01")
            self.assertRecordValues(
                run.letter_ids, [{"amount_interest": 0.0, "amount_indemnity": 0.0}]
            )
            self._send(run)
        self.assertRecordValues(
            self._letter("2026-03-31"),
            [
                {
                    "amount_interest": 4.16,
                    "amount_indemnity": 0.0,
                    "amount_total": 1004.16,
                }
            ],
        )

    def test_foreign_currency(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.25)])
        self._item("N1", self.customer, 10000.0, "2025-09-30", currency=dollar)
        # interest in dollars on dollars, 40 EUR are 50 USD
        self.assertRecordValues(
            self._letter("2025-10-31"),
            [{"amount_interest": 103.19, "amount_indemnity": 50.0}],
        )

    def test_missing_rate_stops_this_letter_only(self):
        self.env["collection.reference.rate"].search(
            [("index", "=", "ecb_mro"), ("date_from", ">=", "2026-01-02")]
        ).unlink()
        self._item("N1", self.customer, 10000.0, "2026-05-31")
        item = self._item("V1", self.other_customer, 10000.0, "2026-05-31")
        item.account_id.segment_id = self._segment("public")
        with freeze_time("2026-11-22"):
            run = self._run("2026-11-22")
            by_customer = {
                letter.account_id.partner_id: letter for letter in run.letter_ids
            }
            wrong, right = (
                by_customer[self.customer],
                by_customer[self.other_customer],
            )
            self.assertEqual(wrong.state, "error")
            self.assertRegex(wrong.state_reason, r"half-year 2 of 2026")
            self.assertEqual(wrong.amount_interest, 0.0)
            # a public body keeps the rate of the half-year in which interest began
            self.assertEqual((right.state, right.amount_interest), ("draft", 486.64))
            run.with_user(self.manager_user).action_confirm()
            self.assertEqual((wrong.state, right.state), ("error", "to_send"))
            # once the rate is there, the next run takes the item again
            self.env["collection.reference.rate"].create(
                {"index": "ecb_mro", "date_from": "2026-06-17", "rate": 2.40}
            )
            again = self._run("2026-11-22")
            self.assertEqual(wrong.state, "cancelled")
            self.assertEqual(self._levels(again), {"N1": 1})
            self.assertEqual(again.letter_ids.amount_interest, 592.46)
