# pylint: disable=translation-required  # what a test posts, nobody reads
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from .common import ReadinessCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestTransition(ReadinessCommon):
    """What becomes of each collector: counted, talked over, agreed; theirs alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Brise is the collector's as well, and is kept
        cls.kept_customer = cls._customer("Brise")
        cls._invoice(cls.kept_customer, 80.0, "2026-03-30")
        cls.kept = cls.account_of(cls.kept_customer)
        cls.kept.write({"reserved": True, "user_id": cls.collector_user.id})
        cls.contract.action_plan_transitions()

    def _plan(self, user=None):
        user = user or self.collector_user
        return self.contract.transition_ids.filtered(
            lambda plan: plan.collector_id == user
        )

    def _talk_over(self, plans):
        plans.write(
            {
                "interview_date": "2026-03-27",
                "new_role": "Disputes and key accounts",
                "career_step": "Deputy credit manager",
                "training": "Negotiation, in May",
            }
        )

    def test_one_for_each_collector(self):
        self.assertEqual(
            self.contract.transition_ids.collector_id,
            self.manager_user | self.collector_user,
        )
        self.contract.action_plan_transitions()
        self.assertEqual(len(self.contract.transition_ids), 2)
        other = self._user("transition_other", "group_collection_user")
        self.other_account.user_id = other
        self.contract.action_plan_transitions()
        self.assertEqual(len(self.contract.transition_ids), 3)
        with self.assertRaises(AccessError):
            self.contract.with_user(self.collector_user).action_plan_transitions()

    def test_before_and_after(self):
        """Nord owes 700 late and 300, Vela 500 late, Brise 80 late; Kern 1,500."""
        self.assertRecordValues(
            self._plan(),
            [
                {
                    "before_count": 3,
                    "before_open": 1580.0,
                    "before_overdue": 1280.0,
                    "after_count": 1,
                    "after_open": 80.0,
                    "after_overdue": 80.0,
                    "now_count": 3,
                    "now_open": 1580.0,
                }
            ],
        )
        self.assertEqual(str(self._plan().figures_on), "2026-03-31")
        self.assertRecordValues(
            self._plan(self.manager_user),
            [{"before_count": 1, "after_count": 1, "after_open": 1500.0}],
        )

    def test_what_was_proposed_is_what_goes(self):
        self._start(self.contract)
        self._hand_over(self.other_account, self.contract)
        self._plan().action_count()
        self.assertRecordValues(
            self._plan(),
            [
                {
                    "before_count": 3,
                    "before_open": 1580.0,
                    "after_count": 2,
                    "after_open": 1080.0,
                    "now_count": 2,
                }
            ],
        )
        # with another provider already: not the collector's any more
        self._hand_over(self.account, self.other_mandate)
        self._plan().action_count()
        self.assertRecordValues(
            self._plan(), [{"before_count": 2, "after_count": 1, "after_open": 80.0}]
        )

    def test_figures_stay_once_agreed(self):
        plan = self._plan()
        with self.assertRaisesRegex(UserError, "(?s)Talk it over.*role.*step.*trained"):
            plan.action_agree()
        self._talk_over(plan)
        plan.interview_date = "2026-04-02"  # to come
        with self.assertRaisesRegex(UserError, "Talk it over"):
            plan.action_agree()
        plan.interview_date = "2026-03-30"
        self._invoice(self.kept_customer, 20.0, "2026-03-30")
        plan.action_agree()
        self.assertEqual(plan.agreed_by_id, self.manager_user)
        self.assertEqual(str(plan.agreed_on), "2026-03-31 09:00:00")
        self.assertEqual((plan.before_open, plan.after_open), (1600.0, 100.0))
        self._invoice(self.kept_customer, 5.0, "2026-03-30")
        self.contract.action_count_going()
        self.assertEqual((plan.before_open, plan.after_open), (1600.0, 100.0))
        plan.invalidate_recordset(["now_open"])
        self.assertEqual(plan.now_open, 1605.0)
        with self.assertRaisesRegex(UserError, "Agreed"):
            plan.action_count()
        with self.assertRaisesRegex(UserError, "kept"):
            plan.unlink()
        plan.action_done()
        self.assertEqual(str(plan.done_on), "2026-03-31")
        with self.assertRaisesRegex(UserError, "Done"):
            plan.action_reopen()

    def test_opened_again(self):
        plan = self._plan()
        self._talk_over(plan)
        plan.action_agree()
        plan.action_reopen()
        self.assertFalse(plan.agreed_by_id)
        self._invoice(self.kept_customer, 5.0, "2026-03-30")
        plan.action_count()
        self.assertEqual(plan.after_open, 85.0)
        plan.unlink()

    def test_a_plan_about_nobody_else(self):
        plan = self._plan()
        for vals in (
            {"collector_id": self.manager_user.id},
            {"mandate_id": self.mandate.id},
        ):
            with self.assertRaisesRegex(UserError, "make another"):
                plan.write(vals)
        plan.write({"collector_id": self.collector_user.id, "note": "<p>Same</p>"})

    def test_nobody_types_figures(self):
        plan = self._plan()
        sealed = {
            "before_count": 7,
            "before_open": 7.0,
            "after_overdue": 7.0,
            "figures_on": "2026-01-01",
            "state": "agreed",
            "agreed_on": "2026-01-01 10:00:00",
            "agreed_by_id": self.manager_user.id,
            "done_on": "2026-01-01",
        }
        for name, value in sealed.items():
            with (
                self.subTest(name=name),
                self.assertRaisesRegex(UserError, "nobody types"),
            ):
                call_kw(
                    plan.browse().with_user(self.manager_user),
                    "write",
                    [plan.ids, {name: value}],
                    {},
                )
        other = self._user("transition_other", "group_collection_user")
        made = (
            plan.with_user(self.manager_user)
            .with_context(**{f"default_{name}": sealed[name] for name in sealed})
            .create({"mandate_id": self.contract.id, "collector_id": other.id})
        )
        self.assertRecordValues(
            made, [{"state": "planned", "before_count": 0, "agreed_on": False}]
        )

    def test_managers_and_the_person_concerned(self):
        mine, manager_plan = self._plan(), self._plan(self.manager_user)
        other = self._user("transition_other", "group_collection_user")
        self.assertEqual(mine.with_user(self.collector_user).search([]), mine)
        self.assertTrue(mine.with_user(self.collector_user).read(["new_role"]))
        mine.with_user(self.collector_user).message_post(body="I would like to stay")
        manager_plan.message_post(body="Between managers")
        for user, plan in (
            (self.collector_user, manager_plan),
            (other, mine),
            (self.accountant_user, mine),
            (self.plain_internal_user, mine),
            (self.on_site_user, mine),
            (self.agent_user, mine),
            (self.supervisor_user, mine),
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    plan.with_user(user).read(["new_role"])
                with self.assertRaises(AccessError):
                    self.env["mail.message"].with_user(user).browse(
                        plan.message_ids.ids
                    ).read(["body"])
        for act in (
            lambda plan: plan.write({"new_role": "Manager"}),
            lambda plan: plan.action_agree(),
            lambda plan: plan.action_count(),
            lambda plan: plan.unlink(),
        ):
            with self.assertRaises(AccessError):
                act(mine.with_user(self.collector_user))
        # nor by the form of the mandate, which every collector reads
        contract = self.contract.with_user(self.collector_user)
        with self.assertRaises(AccessError):
            contract.read(["transition_ids"])

    def test_the_point_waits_for_every_plan(self):
        answer = self._answer("transition")
        answer.answer = "Talked over with both"
        self._talk_over(self.contract.transition_ids)
        self._plan().action_agree()
        with self.assertRaises(UserError) as raised:
            answer.action_answer()
        self.assertIn(self.manager_user.name, str(raised.exception))
        self.assertNotIn(self.collector_user.name, str(raised.exception))
        self._plan(self.manager_user).action_agree()
        answer.action_answer()
        self.assertEqual(
            answer.facts,
            "In-house collectors with customers: 2; with a transition plan: 2, of "
            "which agreed: 2.",
        )
        # somebody who came later, and somebody who left
        other = self._user("transition_other", "group_collection_user")
        self.other_account.user_id = other
        self.assertIn(other.name, " ".join(self.contract._get_missing("live")))
        other.active = False
        self.assertNotIn(
            "transition_other", " ".join(self.contract._get_missing("live"))
        )

    def test_trainings_attended_count(self):
        agent = self.env["collection.agent"].create(
            {
                "user_id": self.collector_user.id,
                "training_ids": [
                    Command.create({"topic": "Telephone", "date": "2026-03-01"})
                ],
            }
        )
        plan = self._plan()
        self._talk_over(plan)
        plan.training = False
        plan.invalidate_recordset(["agent_id", "training_ids"])
        self.assertEqual(plan.training_ids, agent.training_ids)
        plan.action_agree()
