from odoo.tests import freeze_time, tagged

from .test_dunning_level import DunningCommon


class LetterCallCommon(DunningCommon):
    """A ladder that begins with a call; the call is asked for on 10 March 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ladder = cls._policy(
            "Call", [("due", 1, {"channel": "call"}), ("previous", 10)]
        )
        cls.call_level, cls.next_level = cls.ladder.level_ids
        cls.company.collection_policy_id = cls.ladder
        with freeze_time("2026-03-10"):
            cls.item = cls._item("N1", cls.customer, 100.0, "2026-03-01")
        cls.account = cls.item.account_id
        cls.account.user_id = cls.collector_user

    def _ask(self, date="2026-03-10"):
        """The letter whose call is asked for, as the manager sends it."""
        with freeze_time(date):
            run = self._run(date)
            run.with_user(self.manager_user).action_send()
            return run.letter_ids

    def _call(self, date, code="no_answer", **values):
        with freeze_time(date):
            return (
                self.env["collection.call"]
                .with_user(self.collector_user)
                .create(self._call_values(self.account, code, **values))
            )

    def _follow(self, date):
        """The daily job of `date`."""
        with freeze_time(date):
            self.env["collection.account"]._cron_refresh()
        self.env.invalidate_all()


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
            self.assertEqual(self._reasons(self._run("2026-03-21")), {"N1": "not_yet"})
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
