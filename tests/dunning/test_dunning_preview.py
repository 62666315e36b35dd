from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestDunningPreview(DunningCommon):
    """What is computed is what is confirmed, and computing again changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._item("N1", cls.customer, 1000.0, "2026-03-01")
        cls.second = cls._item("N2", cls.customer, 4.0, "2026-03-02")
        cls.third = cls._item("V1", cls.other_customer, 500.0, "2026-03-03")

    def _content(self, run):
        """Everything a run has written, with its database ids."""
        return (
            run.letter_ids.sorted("id").read(load=None),
            run.letter_ids.line_ids.sorted("id").read(load=None),
            run.exclusion_ids.sorted("id").read(load=None),
        )

    def test_computing_twice_changes_nothing(self):
        self.level_1.include_penalties = True
        run = self._run("2026-03-31")
        before = self._content(run)
        with self._count_queries() as counter:
            run.action_compute()
        self.assertLessEqual(counter.total, 40)
        self.assertEqual(self._content(run), before)

    def test_a_payment_changes_it(self):
        run = self._run("2026-03-31")
        before = run.letter_ids
        self._pay(self.third.move_id, 100.0)
        run.action_compute()
        self.assertFalse(before.exists())
        self.assertEqual(self._levels(run), {"N1": 1, "V1": 1})
        self.assertEqual(sorted(run.letter_ids.mapped("amount_due")), [400.0, 1000.0])
        self.assertAccountedFor(run)

    def test_each_change_is_seen(self):
        run = self._run("2026-03-31")
        for change in (
            lambda: self.policy.write({"tolerance": 3.0}),
            lambda: self._credit_note(self.customer, 10.0, "2026-03-20"),
            lambda: self.first.account_id.write(
                {"hold_until": "2026-04-10", "hold_reason": "Talks"}
            ),
            lambda: self.first.account_id.write({"hold_reason": "Other talks"}),
            lambda: self.third.account_id.write(
                {"policy_id": self._policy("Own", [("due", 1)]).id}
            ),
        ):
            before = self._content(run)
            change()
            run.action_compute()
            self.assertNotEqual(self._content(run), before)
            self.assertAccountedFor(run)
            again = self._content(run)
            run.action_compute()
            self.assertEqual(self._content(run), again)

    def test_what_was_missing_is_worked_out(self):
        """A letter whose rate was missing is computed, the others stay."""
        self.level_1.include_penalties = True
        rates = self.env["collection.reference.rate"]
        rate = rates.search(
            [("index", "=", "ecb_mro"), ("date_from", "<=", "2026-03-31")]
        )
        values = rate.copy_data()
        rate.unlink()
        run = self._run("2026-03-31")
        before = run.letter_ids
        self.assertEqual(set(before.mapped("state")), {"error"})
        rates.create(values)
        run.action_compute()
        self.assertEqual(run.letter_ids, before)
        self.assertEqual(set(before.mapped("state")), {"draft"})
        self.assertTrue(all(letter.amount_interest for letter in before))

    def test_preview_is_what_is_sent(self):
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        computed = {
            (line.item_id, line.level_id, line.amount_due)
            for line in run.letter_ids.line_ids
        }
        letters = run.letter_ids
        run.action_confirm()
        letters._recompute_before_sending()._mark_sent()
        self.assertEqual(run.letter_ids, letters)
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(
            {
                (line.item_id, line.level_id, line.amount_due)
                for line in letters.line_ids
            },
            computed,
        )
        self.assertEqual(
            {
                (item, item.level_id, item.amount_residual)
                for item in letters.line_ids.item_id
            },
            computed,
        )

    def test_confirmed_once(self):
        run = self._run("2026-03-31")
        run.action_confirm()
        with self.assertRaises(UserError):
            run.action_confirm()
        with self.assertRaises(UserError):
            run.action_compute()

    def test_every_reason_is_explained(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.08)])
        cheap = self._item(
            "cheap", self.other_customer, 5.39, "2026-03-01", currency=dollar
        )
        dear = self._item(
            "dear", self.other_customer, 5.41, "2026-03-01", currency=dollar
        )
        disputed = self._item("disputed", self.other_customer, 1200.0, "2026-03-01")
        self.env["collection.dispute"].create(
            {
                "account_id": disputed.account_id.id,
                "item_ids": [Command.set(disputed.ids)],
                "reason_id": self._dispute_reason("quality").id,
            }
        )
        rich = self._customer("Rich")
        covered = self._item("covered", rich, 300.0, "2026-03-01")
        self._payment(rich, 300.0, "2026-03-20")
        last = self._item("last", rich, 900.0, "2026-03-02")
        last.write({"level_id": self.level_3.id, "level_date": "2026-03-20"})
        idle = self._item("idle", rich, 900.0, "2026-03-02")
        idle.policy_id = self._policy("Nothing", [], do_nothing=True)
        blocked = self._item("blocked", rich, 900.0, "2026-03-02")
        blocked.move_line_id.no_followup = True
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        # just over the tolerance of 5.00 EUR, converted the right way round
        self.assertIn(dear, run.letter_ids.line_ids.item_id)
        self.assertEqual(
            {
                self.names[e.item_id.move_line_id]: e.explanation.replace("\xa0", " ")
                for e in run.exclusion_ids
            },
            {
                "N2": "Under the minimum of 5.00 €",
                "cheap": "Under the minimum of $ 5.40 (5.00 € converted)",
                "disputed": "Disputed: 1,200.00 € of 1,200.00 €",
                "covered": "Open credits of 300.00 € cover it",
                "last": "“Ladder A L3”, the last level, was sent on 03/20/2026: hand "
                "the customer over or prepare the legal file",
                "idle": "The policy “Nothing” says: never remind",
                "blocked": "“No follow-up” is set on the journal item",
            },
        )
        self.assertEqual(cheap.currency_id, dollar)
        exclusion = run.exclusion_ids.filtered(lambda e: e.item_id == covered)
        action = exclusion.with_user(self.collector_user).action_open_item()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("collection.item", covered.id)
        )

    def test_alignment_lifts_nothing_over_an_approval(self):
        self.policy.align_customer = True
        self.level_3.needs_approval = True
        late, young = self.first, self._item("N3", self.customer, 90.0, "2026-03-04")
        late.write({"level_id": self.level_2.id, "level_date": "2026-03-10"})
        late.approved_level_id = self.level_3
        run = self._run("2026-03-31")
        self.assertEqual(self._levels(run), {"N1": 3, "N3": 1, "V1": 1})
        young.approved_level_id = self.level_3
        self.level_3.needs_approval = False
        run.action_compute()
        self.assertEqual(self._levels(run), {"N1": 3, "N3": 3, "V1": 1})

    def test_approvals_in_bulk(self):
        self.level_1.needs_approval = True
        run = self._run("2026-03-31", user=self.manager_user)
        self.assertEqual(run.approval_count, 2)
        waiting = run.exclusion_ids.filtered(lambda e: e.reason == "awaiting_approval")
        self.assertEqual(
            set(waiting.mapped("explanation")),
            {"A manager has to approve the level “Ladder A L1”"},
        )
        with self.assertRaises(AccessError):
            run.with_user(self.collector_user).action_approve()
        run.with_user(self.manager_user).action_approve()
        run.action_compute()
        self.assertEqual(self._levels(run), {"N1": 1, "V1": 1})
        self.assertFalse(run.approval_count)
