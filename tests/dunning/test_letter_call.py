from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import LetterCallCommon


@tagged("post_install", "-at_install")
class TestLetterCall(LetterCallCommon):
    """When the call of a level counts, and when it needs not be made any more."""

    # ------------------------------------------------------------------
    # When the level counts
    # ------------------------------------------------------------------

    def test_the_right_person_counts_at_once(self):
        letter = self._ask()
        self._call("2026-03-12")
        self._call("2026-03-13", "information_only")
        self.assertEqual(letter.state, "sent")
        self.assertEqual(self.item.level_id, self.call_level)
        self.assertEqual(str(self.item.level_date), "2026-03-13")
        self.assertFalse(self._levels(self._run("2026-03-22")))
        self.assertEqual(self._levels(self._run("2026-03-23")), {"N1": 2})

    def test_calls_in_vain_do_not_stop_the_ladder(self):
        """They count as of the first of them, and no sooner than the next level."""
        letter = self._ask()
        self._call("2026-03-12")
        self._call("2026-03-15", "voicemail_left")
        self._call("2026-03-20")
        self._follow("2026-03-21")
        self.assertEqual(letter.state, "to_send")
        self.assertFalse(self.item.level_id)
        self.assertTrue(self.account.activity_ids, "still to be called")
        self._follow("2026-03-22")
        self.assertEqual(letter.state, "sent")
        self.assertIn("03/12/2026", letter.state_reason)
        self.assertEqual(self.item.level_id, self.call_level)
        self.assertEqual(str(self.item.level_date), "2026-03-12")
        with freeze_time("2026-03-22"):
            self.assertEqual(self._levels(self._run("2026-03-22")), {"N1": 2})

    def test_a_run_does_not_wait_for_the_daily_job(self):
        letter = self._ask()
        self._call("2026-03-12")
        with freeze_time("2026-03-21"):
            self.assertEqual(
                self._reasons(self._run("2026-03-21")), {"N1": "on_letter"}
            )
        with freeze_time("2026-09-30"):
            self.assertEqual(self._levels(self._run("2026-09-30")), {"N1": 2})
        self.assertEqual(letter.state, "sent")

    def test_nobody_has_tried(self):
        """A call that nobody has made is still to be made."""
        letter = self._ask()
        self._call("2026-03-12", "contact_absent", direction="incoming")
        self._follow("2026-09-30")
        self.assertEqual(letter.state, "to_send")
        self.assertFalse(letter.date_tried)
        self.assertEqual(len(self.account.activity_ids), 1)

    def test_a_wrong_number_is_nobody_reached(self):
        letter = self._ask()
        for code in ("wrong_number", "third_party_message"):
            self._call("2026-03-12", code)
            self.assertEqual(letter.state, "to_send")
            self.assertFalse(self.item.level_id)
            self.assertEqual(len(self.account.activity_ids), 1, "still to be called")
        self._follow("2026-03-22")
        self.assertEqual(self.item.level_id, self.call_level)

    def test_days_to_the_next_level(self):
        for levels, interval, days in (
            ([("due", 5), ("previous", 10)], 0, 10),
            ([("due", 5), ("previous", 10)], 15, 15),
            ([("due", 5), ("due", 12)], 0, 7),
            ([("due", 5), ("due", 5)], 0, 1),
            ([("due", 5), ("eom", 15)], 0, 1),
            ([("due", 5)], 0, 1),
            ([("due", 5)], 8, 8),
        ):
            with self.subTest(levels=levels, interval=interval):
                ladder = self._policy("Days", levels, interval_days=interval)
                self.assertEqual(ladder.level_ids[0]._get_days_to_next(), days)

    def test_what_was_paid_does_not_count(self):
        """The letter is computed again before the call counts."""
        with freeze_time("2026-03-10"):
            other = self._item("N2", self.customer, 50.0, "2026-03-02")
        letter = self._ask()
        self.assertEqual(letter.line_ids.item_id, self.item | other)
        with freeze_time("2026-03-11"):
            self._pay(self.item.move_id)
        self._call("2026-03-12", "information_only")
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.line_ids.item_id, other)
        self.assertEqual(letter.amount_due, 50.0)
        self.assertFalse(self.item.level_id)
        self.assertEqual(other.level_id, self.call_level)

    def test_a_call_about_nothing(self):
        letter = self._ask()
        with freeze_time("2026-03-11"):
            self._pay(self.item.move_id)
        self._call("2026-03-12", "already_paid")
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(self.item.level_id)

    def test_what_the_call_agrees_was_called_for(self):
        """What is promised in the call stays on the letter; what was paid does not."""
        with freeze_time("2026-03-10"):
            other = self._item("N2", self.customer, 50.0, "2026-03-02")
        letter = self._ask()
        with freeze_time("2026-03-11 10:00:00"):
            self._pay(other.move_id)
            self.account.with_user(self.collector_user)._log_call(
                {
                    "outcome_id": self._result("promise").id,
                    "obstacle_reason": "A test, at any hour",
                },
                {
                    "promise": {
                        "amount": 100.0,
                        "date_promised": "2026-03-20",
                        "item_ids": self.item.ids,
                    }
                },
            )
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.line_ids.item_id, self.item)
        self.assertEqual(self.item.level_id, self.call_level)
        self.assertTrue(self.item.promise_id)
        self.assertFalse(other.level_id)

    def test_a_letter_that_also_leaves_by_email(self):
        """A call does not stand for the e-mail of the same level."""
        self.call_level.also_email = True
        with freeze_time("2026-03-10"):
            run = self._run("2026-03-10")
            run.action_confirm()
        self._call("2026-03-10", "information_only")
        self.assertEqual(run.letter_ids.state, "to_send")

    # ------------------------------------------------------------------
    # When it needs not be made any more
    # ------------------------------------------------------------------

    def _assert_no_call(self):
        self.env.invalidate_all()
        self.assertFalse(
            self.account.activity_ids.filtered(
                lambda activity: (
                    activity.activity_type_id
                    == self.env.ref("mail.mail_activity_data_call")
                )
            )
        )
        self.assertFalse(self.account.next_action)
        self.assertFalse(self.account.next_action_date)

    def test_paid_before_the_call(self):
        letter = self._ask()
        self.assertEqual(self.account.next_action, "Call the customer: Call L1")
        with freeze_time("2026-03-11"):
            self._pay(self.item.move_id)
        self._follow("2026-03-12")
        self.assertEqual(letter.state, "cancelled")
        self._assert_no_call()

    def test_insolvent_before_the_call(self):
        letter = self._ask()
        with freeze_time("2026-03-11"):
            self.account.with_user(self.manager_user).insolvency_date = "2026-03-11"
        self.assertEqual(letter.state, "cancelled")
        self._assert_no_call()

    def test_cancelled_by_hand(self):
        letter = self._ask()
        letter.with_user(self.manager_user).action_cancel()
        self._assert_no_call()

    def test_called_in_vain_for_long_enough(self):
        self._ask()
        self._call("2026-03-12")
        self._follow("2026-03-22")
        self._assert_no_call()

    def test_another_next_action_stays(self):
        letter = self._ask()
        self.account.write(
            {"next_action_date": "2026-03-20", "next_action": "Ask the salesperson"}
        )
        letter._cancel("A test")
        self.assertFalse(self.account.activity_ids)
        self.assertEqual(self.account.next_action, "Ask the salesperson")
        self.assertEqual(str(self.account.next_action_date), "2026-03-20")

    def test_the_call_beside_a_letter(self):
        """A letter that left and asked for a call, too: paid, or insolvency."""
        self.call_level.write({"channel": "post", "also_call": True})
        letter = self._ask()
        self.assertEqual(letter.state, "sent")
        self._follow("2026-03-11")
        self.assertEqual(len(self.account.activity_ids), 1)
        with freeze_time("2026-03-12"):
            self._pay(self.item.move_id)
        self._follow("2026-03-13")
        self._assert_no_call()
        self.assertEqual(letter.state, "sent")

    def test_the_call_beside_a_letter_in_insolvency(self):
        self.call_level.write({"channel": "post", "also_call": True})
        self._ask()
        with freeze_time("2026-03-11"):
            self.account.insolvency_date = "2026-03-11"
        self._assert_no_call()

    def test_calls_made_stay_on_record(self):
        """What was done is not undone: neither the activity nor the letter."""
        letter = self._ask()
        activity = self.account.activity_ids
        self._call("2026-03-12", "information_only")
        self.assertFalse(activity.active)
        with freeze_time("2026-03-13"):
            self._pay(self.item.move_id)
        self._follow("2026-03-14")
        self.assertTrue(activity.exists())
        self.assertEqual(letter.state, "sent")
        with self.assertRaises(UserError):
            letter.action_cancel()

    # ------------------------------------------------------------------
    # One call, in the collector's language
    # ------------------------------------------------------------------

    def _two_letters(self):
        """Two letters of the same day to one customer, in two currencies."""
        with freeze_time("2026-03-10"):
            foreign = self._item(
                "N2",
                self.customer,
                70.0,
                "2026-03-02",
                currency=self._enable_currency("USD"),
            )
        letters = self._ask()
        self.assertEqual(len(letters), 2)
        return letters, foreign

    def test_one_call_about_two_letters(self):
        letters, foreign = self._two_letters()
        self.assertEqual(len(self.account.activity_ids), 1)
        self.assertEqual(self.account.next_action, "Call the customer: Call L1")
        letters.filtered(
            lambda letter: letter.line_ids.item_id == foreign
        ).action_cancel()
        self.assertEqual(len(self.account.activity_ids), 1, "about the other one")
        self._call("2026-03-11", "information_only")
        self.assertFalse(self.account.activity_ids)
        self.assertEqual(self.item.level_id, self.call_level)
        self.assertFalse(foreign.level_id)

    def test_another_level_joins_the_call(self):
        """A call that is still to be made says all that it is about."""
        self.ladder.level_ids = [
            (0, 0, {**level, "channel": "call", "subject": "Call"})
            for level in (
                {
                    "sequence": 15,
                    "name": "Second call",
                    "delay_basis": "due",
                    "delay_days": 8,
                },
            )
        ]
        self._ask()
        with freeze_time("2026-03-12"):
            other = self._item("N2", self.customer, 50.0, "2026-03-03")
            other._set_level(self.call_level, "2026-03-04", "Called by the salesperson")
        self._ask("2026-03-12")
        activity = self.account.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.summary, "Call the customer: Call L1, Second call")
        self.assertEqual(self.account.next_action, activity.summary)
        self.assertEqual(str(activity.date_deadline), "2026-03-10")
        with freeze_time("2026-03-13"):
            self._pay(self.item.move_id)
        self._follow("2026-03-14")
        self.assertEqual(activity.summary, "Call the customer: Second call")
        self.assertEqual(self.account.next_action, activity.summary)

    def test_in_the_language_of_the_collector(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["account_collection"], ["fr_FR"]
        )
        self.call_level.with_context(lang="fr_FR").name = "Appel de relance"
        self.collector_user.lang = "fr_FR"
        self.manager_user.lang = "en_US"
        self.customer.lang = "en_US"
        letter = self._ask()
        summary = "Appeler le client\N{NO-BREAK SPACE}: Appel de relance"
        self.assertEqual(self.account.activity_ids.summary, summary)
        self.assertEqual(self.account.next_action, summary)
        letter._cancel("A test")
        self._assert_no_call()
