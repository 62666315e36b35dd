from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestLevelHistory(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item("N1", cls.customer, 1000.0, "2026-03-01")

    def _set(self, level, user=None, items=None, date="2026-03-20", **values):
        action = (items or self.item).action_set_level()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user or self.collector_user)
            .with_context(**action["context"])
            .create(
                {"level_id": level.id, "date": date, "reason": "By phone", **values}
            )
        )
        wizard.action_set()

    def test_letter_that_waits_is_for_the_level_before(self):
        other = self._item("N2", self.customer, 400.0, "2026-03-02")
        run = self._run("2026-03-31")
        run.action_confirm()
        letter = run.letter_ids
        self._set(self.level_3)
        self.assertEqual(letter.line_ids.item_id, other)
        self.assertRecordValues(letter, [{"state": "to_send", "amount_total": 400.0}])
        run.action_send()
        self.assertEqual(self.item.level_id, self.level_3)

    def test_letter_with_nothing_left(self):
        run = self._run("2026-03-31")
        run.action_confirm()
        self._set(self.level_2)
        self.assertRecordValues(
            run.letter_ids,
            [{"state": "cancelled", "state_reason": "Level set by hand"}],
        )

    def test_up_and_down(self):
        self._set(self.level_2)
        self.assertRecordValues(
            self.item,
            [
                {
                    "level_id": self.level_2.id,
                    "level_date": self.item.history_ids.date,
                }
            ],
        )
        self.assertEqual(self.item.account_id.level_id, self.level_2)
        self.assertIn("By phone", self.item.account_id.message_ids[0].body)
        # 14 days after the day entered
        self.assertEqual(self._reasons(self._run("2026-04-02")), {"N1": "not_yet"})
        self.assertEqual(self._levels(self._run("2026-04-03")), {"N1": 3})
        self._set(self.level_1, reason="Was an error")
        self._set(self.level_1.browse())
        self.assertFalse(self.item.level_id)
        self.assertFalse(self.item.level_date)
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 1})
        self.assertEqual(
            [
                (line.level_from_id, line.level_to_id, line.reason, line.user_id)
                for line in self.item.history_ids.sorted("id")
            ],
            [
                (
                    self.level_1.browse(),
                    self.level_2,
                    "By phone",
                    self.collector_user,
                ),
                (self.level_2, self.level_1, "Was an error", self.collector_user),
                (
                    self.level_1,
                    self.level_1.browse(),
                    "By phone",
                    self.collector_user,
                ),
            ],
        )

    def test_letters_write_it(self):
        run = self._run_and_send("2026-03-31")
        self.assertRecordValues(
            self.item.history_ids,
            [
                {
                    "cause": "letter",
                    "level_from_id": False,
                    "level_to_id": self.level_1.id,
                    "letter_id": run.letter_ids.id,
                    "account_id": self.item.account_id.id,
                }
            ],
        )

    def test_an_approval_does_not_outlive_the_level(self):
        self.level_1.needs_approval = True
        self.item.action_approve_level()
        self._set(self.level_2)
        self.assertFalse(self.item.approved_level_id)

    def test_formal_notice_by_managers_only(self):
        self.level_2.formal_notice = True
        for level in (self.level_2, self.level_3):
            with self.assertRaises(AccessError):
                self._set(level)
        self._set(self.level_2, user=self.manager_user)
        self.assertEqual(self.item.level_id, self.level_2)

    def test_not_in_the_future(self):
        with self.assertRaises(UserError):
            self._set(self.level_1, date="2026-04-01")

    def test_who_may(self):
        self._hand_over(self.item.account_id)
        for user in (self.accountant_user, self.on_site_user, self.agent_user):
            with self.assertRaises(AccessError):
                self._set(self.level_1, user=user)
        with self.assertRaises(AccessError):
            self.item.with_user(self.collector_user).level_id = self.level_1

    def test_history_is_closed_to_others(self):
        self._set(self.level_1)
        history = self.item.history_ids
        self.assertTrue(history.with_user(self.collector_user).reason)
        for user in (
            self.accountant_user,
            self.on_site_user,
            self.agent_user,
            self.plain_internal_user,
        ):
            with self.assertRaises(AccessError):
                history.with_user(user).read(["reason"])
        with self.assertRaises(AccessError):
            history.with_user(self.manager_user).unlink()
        other = self.setup_other_company()["company"]
        stranger = self._user("other_manager", "group_collection_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(
            self.env["collection.level.history"].with_user(stranger).search([])
        )
