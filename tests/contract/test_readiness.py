import runpy
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import file_path

from .common import ReadinessCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestReadiness(ReadinessCommon):
    """Nothing goes live before the three brakes are overcome, point by point."""

    def test_asked_when_a_mandate_is_made(self):
        points = self.env["collection.readiness.point"].search([])
        answers = self.contract.readiness_ids
        self.assertEqual(answers.point_id, points)
        self.assertEqual(len(answers), len(points))
        self.assertEqual(set(answers.mapped("state")), {"open"})
        self.assertEqual(
            set(answers.mapped("brake")), {"psychological", "cultural", "social"}
        )
        self.assertEqual(answers.user_id, self.manager_user)
        self.assertEqual(set(map(str, answers.mapped("deadline"))), {"2026-03-01"})
        # nobody was sent a dozen messages
        self.assertFalse(
            self.env["mail.notification"].search(
                [
                    ("mail_message_id.model", "=", answers._name),
                    ("mail_message_id.res_id", "in", answers.ids),
                ]
            )
        )

    def test_live_names_every_open_point(self):
        pilot = self.contract.readiness_ids.filtered(
            lambda answer: answer.needed_for == "pilot"
        )
        live = self.contract.readiness_ids - pilot
        self.assertEqual(set(live.mapped("brake")), {"cultural", "social"})
        self.assertEqual(len(self._missing("pilot")), len(pilot))
        self.assertEqual(len(self._missing("live")), len(pilot | live))
        self.assertFalse(self._missing("agreed"))
        text = "\n".join(self._missing("pilot"))
        for answer in pilot:
            self.assertIn(answer.point_id.name, text)
        for answer in live:
            self.assertNotIn(answer.point_id.name, text)
        # the contract is agreed on with them open, and does not move before
        approved = patch.object(
            self.env.registry["collection.mandate"], "_get_missing", lambda *args: []
        )
        with approved:
            self.contract.action_agree()
        for action in ("action_pilot", "action_start"):
            with (
                self.subTest(action=action),
                self.assertRaisesRegex(UserError, "Dysfunctions admitted"),
            ):
                getattr(self.contract, action)()

    def test_a_pilot_begins_with_the_social_brake_open(self):
        self._get_ready("pilot")
        self.assertFalse(self._missing("pilot"))
        missing = self._missing("live")
        self.assertTrue(
            any("social brake, “Plan for each collector”" in x for x in missing)
        )
        self.assertFalse(any("psychological" in sentence for sentence in missing))

    def test_live_when_all_is_answered(self):
        self._get_ready("pilot", "live")
        self.assertFalse(self._missing("pilot") + self._missing("live"))

    def test_asked_once(self):
        """A review is no new start, unless the mandate came to it from its pilot."""
        others = patch.object(
            self.env.registry["collection.mandate"], "_get_missing", lambda *args: []
        )
        with others:
            self.contract.action_agree()
            self.contract.action_pilot()
            self.contract.action_review()
        self.assertTrue(self._missing("live"))
        with others:
            self.contract.action_start()
        self.assertEqual(str(self.contract.live_since), "2026-03-31")
        with freeze_time("2026-06-01"):
            with others:
                self.contract.action_review()
            self.assertFalse(self._missing("live"))
            with others:
                self.contract.action_start()
        self.assertEqual(str(self.contract.live_since), "2026-03-31")
        self.assertFalse(self.contract.copy().live_since)
        with self.assertRaisesRegex(UserError, "nobody types it"):
            self.contract.live_since = "2026-01-01"

    def test_database_from_before(self):
        """What was live goes on; what is prepared is asked."""
        self.contract.readiness_ids.sudo().unlink()
        (self.mandate | self.other_mandate)._seal({"live_since": False})
        (self.mandate | self.other_mandate).readiness_ids.sudo().unlink()
        self.mandate.action_review()
        self.env.flush_all()
        path = file_path("account_collection/migrations/19.0.1.1.0/post-mandates.py")
        runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        for mandate in self.mandate | self.other_mandate:
            self.assertEqual(mandate.live_since, mandate.date_start)
            self.assertFalse(mandate.readiness_ids)
        self.assertTrue(self.contract.readiness_ids)
        self.assertFalse(self.contract.live_since)
        self.mandate.action_start()
        self.assertEqual(self.mandate.state, "live")

    def test_what_came_undone_is_asked_again(self):
        self._get_ready("pilot", "live")
        self.contract.exit_plan = False
        [sentence] = self._missing("live")
        self.assertRegex(sentence, "Way out.*Write down the exit plan")
        self.assertFalse(self._missing("pilot"))
        self.assertEqual(self._answer("exit_plan").state, "answered")
        # what does not apply needs no figures
        answer = self._answer("exit_plan")
        answer.action_reopen()
        answer.reason = "The mandate ends by itself after a month"
        answer.action_set_not_applicable()
        self.assertFalse(self._missing("live"))

    def _get_ready(self, *needed_for):
        """What the figures ask for, then answer the points needed for these states."""
        self.env["collection.working.group.meeting"].create(
            {"date": "2026-03-20", "minutes": "<p>Prices are wrong, we admit.</p>"}
        )
        if "live" in needed_for:
            self.contract.write(
                {
                    "exit_plan": "<p>All back in a week</p>",
                    "exit_rehearsed_on": "2026-03-30",
                }
            )
            self.contract.action_plan_transitions()
            plans = self.contract.transition_ids
            plans.write(
                {
                    "interview_date": "2026-03-27",
                    "new_role": "Key accounts",
                    "career_step": "Senior collector",
                    "training": "Negotiation, in May",
                }
            )
            plans.action_agree()
        for answer in self.contract.readiness_ids:
            if answer.needed_for in needed_for:
                answer.answer = "Settled"
                answer.action_answer()

    # ------------------------------------------------------------------
    # Who answers, and how
    # ------------------------------------------------------------------

    def test_answered_by_whom_and_when(self):
        answer = self._answer("recognition")
        with self.assertRaisesRegex(UserError, "write down the answer"):
            answer.action_answer()
        answer.answer = "   "
        with self.assertRaisesRegex(UserError, "write down the answer"):
            answer.action_answer()
        answer.answer = "Same bonus on both sides"
        answer.action_answer()
        self.assertRecordValues(
            answer,
            [
                {
                    "state": "answered",
                    "answered_by_id": self.manager_user.id,
                    "late": False,
                }
            ],
        )
        self.assertEqual(str(answer.answered_on), "2026-03-31 09:00:00")
        with self.assertRaisesRegex(UserError, "answered already"):
            answer.action_answer()
        with self.assertRaisesRegex(UserError, "open the point again"):
            answer.answer = "Something else"
        answer.action_reopen()
        self.assertFalse(answer.answered_by_id or answer.answered_on)
        self.assertEqual(answer.answer, "Same bonus on both sides")
        with self.assertRaisesRegex(UserError, "why it does not apply"):
            answer.action_set_not_applicable()

    def test_the_responsible_person_answers(self):
        mine = self._answer("recognition", self.collector_user)
        with self.assertRaises(AccessError):
            mine.answer = "Not mine"
        with self.assertRaises(AccessError):
            mine.action_answer()
        self._answer("recognition").user_id = self.collector_user
        mine.answer = "Bonus by results from May on"
        for name, value in (
            ("deadline", "2026-12-31"),
            ("user_id", self.manager_user.id),
        ):
            with self.subTest(name=name), self.assertRaises(AccessError):
                mine[name] = value
        mine.action_answer()
        self.assertEqual(mine.answered_by_id, self.collector_user)
        with self.assertRaises(AccessError):
            self._answer("no_ranking", self.collector_user).action_answer()

    def test_nobody_types_who_answered(self):
        answer = self._answer("recognition")
        for name, value in {
            "state": "answered",
            "answered_by_id": self.manager_user.id,
            "answered_on": "2026-03-01 10:00:00",
            "facts_then": "None",
            "mandate_id": self.mandate.id,
            "point_id": self._point("calls").id,
        }.items():
            with (
                self.subTest(name=name),
                self.assertRaisesRegex(UserError, "nobody types it"),
            ):
                call_kw(
                    answer.browse().with_user(self.manager_user),
                    "write",
                    [answer.ids, {name: value}],
                    {},
                )
        with self.assertRaises(AccessError):
            answer.create({"mandate_id": self.contract.id})
        with self.assertRaises(AccessError):
            answer.unlink()
        with self.assertRaisesRegex(UserError, "nobody types it"):
            self.contract.going_open = 0.0

    def test_closed_to_everybody_else(self):
        self.contract.action_plan_transitions()
        records = (
            self.contract.readiness_ids[:1],
            self.contract.transition_ids[:1],
            self._point("recall"),
            self.env["collection.working.group.meeting"].create({}),
        )
        for user in (
            self.agent_user,
            self.supervisor_user,
            self.on_site_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    self.assertFalse(record.with_user(user).has_access("read"))
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            mandate = self.mandate.with_user(user)
            self.assertTrue(mandate.has_access("read"))
            for name in ("readiness_ids", "exit_plan", "transition_ids", "going_open"):
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(AccessError):
                        mandate.read([name])
                    self.assertNotIn(name, mandate.fields_get())

    # ------------------------------------------------------------------
    # Points that are added, people who leave, mandates that are copied
    # ------------------------------------------------------------------

    def test_points_added_later(self):
        point = self.env["collection.readiness.point"].create(
            {
                "name": "Personal data",
                "brake": "cultural",
                "question": "Have customers been told who calls them?",
                "needed_for": "pilot",
                "company_id": self.company.id,
            }
        )
        # sudo: of a company that is none of ours
        elsewhere = point.sudo().copy(
            {"company_id": self.env.ref("base.main_company").id}
        )
        self.assertNotIn(point, self.contract.readiness_ids.point_id)
        # it counts, whether the button was pressed or not
        self.assertIn("Personal data", " ".join(self.contract._get_missing("pilot")))
        self.contract.action_add_readiness_points()
        self.assertIn(point, self.contract.readiness_ids.point_id)
        self.assertNotIn(elsewhere, self.contract.readiness_ids.point_id)
        count = len(self.contract.readiness_ids)
        self.contract.action_add_readiness_points()
        self.assertEqual(len(self.contract.readiness_ids), count)
        with self.assertRaises(AccessError):
            self.contract.with_user(self.collector_user).action_add_readiness_points()
        point.active = False
        self.assertNotIn("Personal data", " ".join(self.contract._get_missing("pilot")))

    def test_copy_and_deletion(self):
        answer = self._answer("recognition")
        answer.answer = "Said"
        answer.action_answer()
        self.contract.action_plan_transitions()
        self.contract.write(
            {"exit_plan": "<p>Back in a week</p>", "exit_rehearsed_on": "2026-03-30"}
        )
        copy = self.contract.copy()
        self.assertEqual(set(copy.readiness_ids.mapped("state")), {"open"})
        self.assertFalse(any(copy.readiness_ids.mapped("answer")))
        self.assertFalse(copy.exit_rehearsed_on or copy.transition_ids)
        self.assertTrue(copy.exit_plan)
        answers, plans = self.contract.readiness_ids, self.contract.transition_ids
        self.contract.unlink()
        self.assertFalse(answers.exists())
        self.assertFalse(plans.exists())

    def test_somebody_else_answers_for_who_left(self):
        leaver = self._user("readiness_leaver", "group_collection_user")
        first, second = self._answer("recognition"), self._answer("no_ranking")
        (first | second).user_id = leaver
        second.answer = "By sides only"
        second.action_answer()
        leaver.action_archive()
        self.assertEqual(first.user_id, self.manager_user)
        self.assertEqual(second.user_id, leaver)

    def test_reminded_once_of_what_is_late(self):
        contract = self.contract
        contract.readiness_ids.write({"deadline": "2026-04-15"})
        late, answered = self._answer("recognition"), self._answer("no_ranking")
        (late | answered).write(
            {"deadline": "2026-03-30", "user_id": self.collector_user.id}
        )
        answered.answer = "By sides only"
        answered.action_answer()
        self.other_mandate.action_end()
        self.other_mandate.readiness_ids.write({"deadline": "2026-03-30"})
        answers = self.env["collection.readiness.answer"]
        answers.search([("mandate_id", "=", self.mandate.id)]).deadline = False
        answers._remind_late(self.company)
        self.assertEqual(late.activity_ids.user_id, self.collector_user)
        self.assertFalse(self.other_mandate.readiness_ids.activity_ids)
        self.assertFalse((contract.readiness_ids - late).activity_ids)
        answers._remind_late(self.company)
        self.assertEqual(len(late.activity_ids), 1)
        late.deadline = "2026-03-29"
        answers._remind_late(self.company)
        self.assertEqual(len(late.activity_ids), 2)
        late.with_user(self.manager_user).answer = "Paid by results"
        late.with_user(self.manager_user).action_answer()
        self.assertFalse(late.activity_ids)

    def test_printed(self):
        answer = self._answer("recognition")
        answer.answer = "Same bonus on both sides"
        answer.action_answer()
        self._answer("calls").reason = "Nobody calls in-house"
        self._answer("calls").action_set_not_applicable()
        self.contract.exit_plan = "<p>All back within a week</p>"
        html = (
            self.env["ir.actions.report"]
            .with_user(self.collector_user)
            ._render_qweb_html(
                "account_collection.action_report_readiness", self.contract.ids
            )[0]
            .decode()
        )
        for text in (
            "Psychological",
            "Dysfunctions admitted",
            "Same bonus on both sides",
            "Nobody calls in-house",
            "All back within a week",
            self.manager_user.name,
        ):
            self.assertIn(text, html)
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.mandate.with_user(user)._get_printed_readiness()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestReadinessFacts(ReadinessCommon):
    """What the figures say stands with the question, and stays with the answer."""

    def _facts(self, code):
        answer = self._answer(code)
        answer.invalidate_recordset(["facts", "to_do"])
        return answer.facts

    def test_dysfunctions_need_an_owner(self):
        register = self.env["collection.dysfunction"]
        count = register.search_count([])
        register.search([]).owner_id = False
        self.assertIn(f"{count} dysfunctions, 0 of them", self._facts("dysfunctions"))
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.account.item_ids[:1].ids)],
                "reason_id": self._dispute_reason("price").id,
            }
        )
        dysfunction = dispute.dysfunction_id
        self.assertIn("1 disputes", self._facts("dysfunctions"))
        answer = self._answer("dysfunctions")
        self.assertIn(dysfunction.name, answer.to_do)
        answer.answer = "We know"
        with self.assertRaisesRegex(UserError, "nobody owns them"):
            answer.action_answer()
        dysfunction.owner_id = self.manager_user
        self.env["collection.corrective.action"].create(
            {
                "name": "Check prices",
                "dysfunction_id": dysfunction.id,
                "deadline": "2026-05-01",
            }
        )
        answer.action_answer()
        said = f"{count} dysfunctions, 1 of them with an owner; 1 corrective actions"
        self.assertIn(said, answer.facts)
        dysfunction.owner_id = False
        self.assertIn(said, self._facts("dysfunctions"))

    def test_working_group(self):
        answer = self._answer("working_group")
        answer.answer = "Every month"
        meeting = self.env["collection.working.group.meeting"]
        meeting.create({"date": "2026-04-20", "minutes": "<p>To come</p>"})
        empty = meeting.create({"date": "2026-03-10", "minutes": "<p><br></p>"})
        with self.assertRaisesRegex(UserError, "keep its minutes"):
            answer.action_answer()
        empty.write(
            {
                "minutes": "<p>Prices</p>",
                "dysfunction_ids": [
                    Command.set(self.env["collection.dysfunction"].search([])[:2].ids)
                ],
            }
        )
        answer.action_answer()
        self.assertIn("Meetings with minutes: 1", answer.facts)
        self.assertIn("dysfunctions discussed: 2", answer.facts)

    def test_reserved(self):
        # 1,500 of 3,000 owed is Kern's
        self.assertEqual(
            self._facts("reserved"),
            "Reserved customers: 1 of 3 (33.3 %), with 50 % of what is owed.",
        )

    def test_recall(self):
        self.assertIn("No customer was taken back", self._facts("recall"))
        placement = self._hand_over(self.account)
        placement.line_ids._take_back("recalled", "Tried out")
        self.assertIn("taken back so far: 1", self._facts("recall"))

    def test_disputes(self):
        self.assertIn("Disputes to decide: 0,", self._facts("standing"))
        for account, deadline, owner in (
            (self.account, "2026-03-30", self.manager_user),
            (self.other_account, "2026-03-31", self.manager_user),
            (self.third_account, "2026-03-01", self.env["res.users"]),
        ):
            dispute = self.env["collection.dispute"].create(
                {
                    "account_id": account.id,
                    "item_ids": [Command.set(account.item_ids[:1].ids)],
                    "reason_id": self._dispute_reason("price").id,
                    "date_opened": "2026-02-20",
                }
            )
            dispute.write({"deadline": deadline, "owner_id": owner.id})
        # sudo: what the nightly job does
        dispute.sudo().date_escalated = "2026-03-15"
        self.assertEqual(
            self._facts("standing"),
            "Disputes to decide: 3, 2 of them with somebody who decides; late: 2, "
            "escalated: 1.",
        )
        self.assertEqual(self._facts("departments"), self._facts("standing"))

    def test_access_log(self):
        self._hand_over(self.account | self.other_account)
        self.customer.user_id = self.collector_user
        with freeze_time("2026-02-10 10:00:00"):  # long ago
            self.account.with_user(self.agent_user)._record_access("page")
        self.account.with_user(self.agent_user)._record_access("page")
        self.account.with_user(self.agent_user)._record_access("invoice")
        self.assertEqual(
            self._facts("access_log"),
            "Reads recorded in 30 days: 2. Customers with a provider: 2, of whom 1 "
            "have a salesperson who sees the reads on the customer.",
        )

    def test_quality(self):
        self.contract.quality_share = 12.5
        self.company.collection_satisfaction_every = 0
        self.assertIn("12.5 % are drawn by lot", self._facts("in_our_name"))
        self.assertIn("Customers are not asked", self._facts("in_our_name"))
        self.company.collection_satisfaction_every = 5
        self.assertIn("after every 5th call", self._facts("in_our_name"))

    def test_exit_plan(self):
        answer = self._answer("exit_plan")
        answer.answer = "In the plan"
        with self.assertRaisesRegex(UserError, "(?s)Write down.*Rehearse"):
            answer.action_answer()
        self.contract.exit_plan = "<p>Back in a week</p>"
        self.contract.exit_rehearsed_on = "2026-04-01"  # tomorrow
        with self.assertRaisesRegex(UserError, "Rehearse"):
            answer.action_answer()
        self.contract.exit_rehearsed_on = "2026-03-31"
        answer.action_answer()
        self.assertIn("Last rehearsed on", answer.facts)

    def test_calls_and_training(self):
        self.assertIn("30 days: 0,", self._facts("calls"))
        for code, user, date in (
            ("information_only", self.collector_user, "2026-03-20 10:00:00"),
            ("no_answer", self.collector_user, "2026-03-25 10:00:00"),
            ("no_answer", self.collector_user, "2026-02-20 10:00:00"),  # long ago
        ):
            with freeze_time(date):
                self.env["collection.call"].with_user(user).create(
                    self._call_values(self.third_account, code)
                )
        self.assertEqual(
            self._facts("calls"),
            "Calls of your own people recorded in 30 days: 2, of which 1 reached the "
            "right person.",
        )
        agent = self.env["collection.agent"].create({"user_id": self.collector_user.id})
        trained = self._facts("training")
        self.env["collection.agent.training"].create(
            [
                {
                    "agent_id": agent.id,
                    "topic": "Telephone",
                    "date": day,
                    "hours": 3.5,
                }
                for day in ("2026-02-01", "2026-03-01", "2024-03-01")
            ]
        )
        self.assertIn("trained in twelve months: 0", trained)
        self.assertIn("twelve months: 1, for 7 hours", self._facts("training"))

    def test_every_fact_is_told_to_collectors(self):
        """Numbers, whoever of the company reads them; and where they come from."""
        for answer in self.contract.readiness_ids.with_user(self.collector_user):
            with self.subTest(point=answer.point_id.name):
                self.assertEqual(bool(answer.facts), bool(answer.point_id.facts))
                self.assertTrue(answer.action_open_source()["res_model"])
                self.assertNotIn("to_do", answer.fields_get())
        for user in (self.agent_user, self.on_site_user):
            with self.assertRaises(AccessError):
                self.contract.with_user(user)._get_fact("reserved")

    # ------------------------------------------------------------------
    # Dependence
    # ------------------------------------------------------------------

    def _dependence(self, mandate):
        mandate.invalidate_recordset()
        return round(mandate.dependence_share, 1), bool(mandate.dependence_warning)

    def test_dependence(self):
        """Nord owes 1,000, Vela 500, Kern 1,500."""
        contract = self.contract
        self.assertEqual(self._dependence(contract), (0.0, False))
        contract.action_count_going()
        self.assertRecordValues(contract, [{"going_count": 2, "going_open": 1500.0}])
        self.assertEqual(self._dependence(contract), (50.0, False))
        self.company.collection_dependence_limit = 40.0
        self.assertEqual(self._dependence(contract), (50.0, True))
        self.assertIn("more than your limit of 40 %", self._facts("dependence"))
        self.company.collection_dependence_limit = 50.0
        self.assertEqual(self._dependence(contract), (50.0, False))
        # what is with the provider under another mandate counts, too
        self._hand_over(self.account)
        contract.action_count_going()
        self.assertEqual(contract.going_count, 1)
        self.assertEqual(self._dependence(contract), (50.0, False))
        self.assertEqual(self._dependence(self.mandate), (33.3, False))
        self.assertEqual(self._dependence(self.other_mandate), (0.0, False))
        self.assertIn(
            f"{self.provider.name}: 1 customers today", self._facts("dependence")
        )
        self.company.collection_dependence_limit = 0.0
        self.assertEqual(self._dependence(self.mandate), (33.3, False))
        self.company.collection_dependence_limit = 30.0
        self.assertEqual(self._dependence(self.mandate), (33.3, True))
        self.mandate.action_end()
        self.assertEqual(self._dependence(self.mandate), (0.0, False))

    def test_told_of_once(self):
        mandates = self.env["collection.mandate"]
        todo = self.env.ref("mail.mail_activity_data_todo")

        def told():
            mandates.invalidate_model()
            mandates._warn_dependence(self.company)
            return self.mandate.activity_ids.filtered(
                lambda activity: activity.activity_type_id == todo
            )

        self.mandate.user_id = self.collector_user
        self._hand_over(self.account)
        self.company.collection_dependence_limit = 35.0
        self.assertFalse(told())
        self.company.collection_dependence_limit = 30.0
        first = told()
        self.assertEqual(first.user_id, self.collector_user)
        self.assertIn(self.provider.name, first.summary)
        self.assertEqual(told(), first)
        self.assertFalse(self.other_mandate.activity_ids)
        # less for a while, then again
        self.company.collection_dependence_limit = 60.0
        told()
        self.company.collection_dependence_limit = 30.0
        self.assertEqual(len(told()), 2)
