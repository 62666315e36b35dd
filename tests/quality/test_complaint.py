from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import QualityCommon


@tagged("post_install", "-at_install")
class TestComplaint(QualityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Complaint = cls.env["collection.complaint"]
        cls.mandate.user_id = cls.manager_user

    def _complain(self, account=None, user=None, category="tone", **values):
        return (
            self.Complaint.with_user(user or self.collector_user)
            .create(
                {
                    "account_id": (account or self.in_house).id,
                    "category": category,
                    "description": "The customer says that he was shouted at.",
                    **values,
                }
            )
            .with_env(self.env)
        )

    def _answer(self, complaint, founded="yes", user=None):
        complaint = complaint.with_user(user or self.manager_user)
        complaint.write({"founded": founded, "answer": "We apologised on the phone."})
        complaint.action_answer()

    # ------------------------------------------------------------------
    # Recording
    # ------------------------------------------------------------------

    def test_about_a_call_in_house(self):
        call = self._log(self.in_house, self.collector_user)
        complaint = self._complain(call_id=call.id, user=self.manager_user)
        self.assertRecordValues(
            complaint,
            [
                {
                    "agent_id": self.collector.id,
                    "caller_id": self.collector_user.id,
                    "side": "company",
                    "mandate_id": False,
                    "user_id": self.manager_user.id,
                    "state": "open",
                    "calls_stopped": False,
                }
            ],
        )
        self.assertRegex(complaint.number, r"^CP/2026/\d{4}$")
        self.assertEqual(str(complaint.deadline), "2026-12-04")

    def test_about_the_provider(self):
        """Without a call it is about whoever has the customer."""
        complaint = self._complain(self.delegated)
        self.assertRecordValues(
            complaint,
            [
                {
                    "agent_id": False,
                    "caller_id": False,
                    "side": "provider",
                    "mandate_id": self.mandate.id,
                    "owner_id": self.manager_user.id,
                }
            ],
        )
        self.assertEqual(complaint.activity_ids.user_id, self.manager_user)
        self.assertEqual(complaint.activity_ids.date_deadline, complaint.deadline)
        call = self._log(self.delegated, self.agent_user)
        complaint = self._complain(self.delegated, call_id=call.id)
        self.assertEqual(complaint.agent_id, self.agent)
        self.assertEqual(complaint.mandate_id, self.mandate)

    def test_refused_values(self):
        call = self._log(self.delegated, self.agent_user)
        with self.assertRaisesRegex(ValidationError, "customer who complains"):
            self._complain(self.in_house, call_id=call.id)
        with self.assertRaisesRegex(ValidationError, "future"):
            self._complain(date="2026-11-25")
        with self.assertRaisesRegex(ValidationError, "that side"):
            self._complain(side="company", agent_id=self.agent.id)
        with self.assertRaisesRegex(UserError, "recorded first"):
            self._complain(state="closed")
        with self.assertRaisesRegex(UserError, "register"):
            self._complain().sudo().unlink()

    def test_provider_records_and_reads_back_his_own(self):
        mine = self._complain(self.delegated, self.agent_user)
        self.assertEqual(mine.user_id, self.agent_user)
        self.assertNotIn(self.agent_user.partner_id, mine.sudo().message_partner_ids)
        self._complain(self.delegated)
        self._complain(self.delegated, self.on_site_user)
        for user in (self.agent_user, self.on_site_user):
            with self.subTest(user=user.login):
                seen = self.Complaint.with_user(user).search([])
                self.assertEqual(seen.sudo().user_id, user)
                self.assertEqual(len(seen), 1)
                with self.assertRaises(AccessError):
                    seen.write({"founded": "no"})
                with self.assertRaises(AccessError):
                    seen.action_answer()
        seen = mine.with_user(self.agent_user)
        self.assertEqual(seen.category, "tone")
        for name in ("owner_id", "agent_id", "corrective_action_id", "decided_by_id"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                seen.read([name])
        for user in (self.other_agent_user, self.supervisor_user):
            self.assertFalse(self.Complaint.with_user(user).search([]))
        self.placement.line_ids._take_back("recalled", "Ours again")
        self.assertFalse(self.Complaint.with_user(self.agent_user).search([]))

    def test_provider_records_only_of_his_customers(self):
        for user in (self.agent_user, self.on_site_user, self.other_agent_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._complain(self.in_house, user)
        for values in (
            {"founded": "no"},
            {"answer": "All is well"},
            {"agent_id": self.collector.id},
            {"owner_id": self.agent_user.id},
            {"date": "2026-01-01"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._complain(self.delegated, self.agent_user, **values)
        foreign = self._log(self.in_house, self.collector_user)
        with self.assertRaises(AccessError):
            self._complain(self.delegated, self.agent_user, call_id=foreign.id)
        with self.assertRaises(AccessError):
            self._complain(user=self.plain_portal_user)

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def _obstacles(self, account):
        return [code for code, _text in account._get_call_obstacles(self.agent)]

    def test_harassment_stops_the_calls_at_once(self):
        for category, stopped in (
            ("tone", False),
            ("error", False),
            ("already_paid", False),
            ("other", False),
            ("frequency", True),
        ):
            with self.subTest(category=category):
                complaint = self._complain(self.delegated, category=category)
                self.assertEqual(complaint.calls_stopped, stopped)
                self.assertEqual(self.delegated.do_not_call, stopped)
        self.assertIn("do_not_call", self._obstacles(self.delegated))
        self._answer(complaint, "no")
        self.assertFalse(complaint.calls_stopped)
        self.assertNotIn("do_not_call", self._obstacles(self.delegated))

    def test_provider_who_records_it_stops_himself(self):
        self._complain(self.delegated, self.agent_user, category="disclosure")
        self.assertIn("do_not_call", self._obstacles(self.delegated))

    def test_founded_keeps_them_stopped_until_somebody_decides(self):
        complaint = self._complain(category="disclosure", severity="2")
        with self.assertRaisesRegex(UserError, "Answer the complaint"):
            complaint.with_user(self.manager_user).action_release_calls()
        self._answer(complaint)
        self.assertTrue(self.in_house.do_not_call)
        with self.assertRaises(AccessError):
            complaint.with_user(self.collector_user).action_release_calls()
        complaint.with_user(self.manager_user).action_release_calls()
        self.assertFalse(self.in_house.do_not_call)

    def test_another_complaint_keeps_them_stopped(self):
        first = self._complain(category="frequency")
        second = self._complain(category="wrong_person")
        self.assertTrue(second.calls_stopped)
        self._answer(first, "no")
        self.assertTrue(self.in_house.do_not_call)
        self._answer(second, "no")
        self.assertFalse(self.in_house.do_not_call)

    def test_customer_who_wanted_no_calls_before(self):
        self.in_house.do_not_call = True
        complaint = self._complain(category="frequency")
        self.assertFalse(complaint.calls_stopped)
        self._answer(complaint, "no")
        self.assertTrue(self.in_house.do_not_call)

    def test_recognised_later(self):
        complaint = self._complain()
        complaint.with_user(self.manager_user).category = "disclosure"
        self.assertTrue(self.in_house.do_not_call)

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def test_the_company_decides(self):
        complaint = self._complain().with_user(self.manager_user)
        complaint.action_in_progress()
        with self.assertRaisesRegex(UserError, "founded"):
            complaint.action_answer()
        complaint.founded = "yes"
        with self.assertRaisesRegex(UserError, "founded"):
            complaint.action_answer()
        with self.assertRaisesRegex(UserError, "Answer the complaint first"):
            complaint.action_close()
        complaint.answer = "We apologised."
        complaint.action_answer()
        self.assertEqual(complaint.decided_by_id, self.manager_user)
        self.assertEqual(str(complaint.date_answered), "2026-11-24")
        self.assertFalse(complaint.activity_ids)
        with self.assertRaisesRegex(UserError, "reopen"):
            complaint.founded = "no"
        complaint.action_close()
        self.assertEqual(complaint.state, "closed")
        complaint.action_reopen()
        self.assertEqual(complaint.state, "in_progress")
        self.assertFalse(complaint.decided_by_id)

    def test_who_decides(self):
        """A collector who was named does, another one does not."""
        complaint = self._complain()
        other = self._user("collection_user_2", "group_collection_user")
        complaint.owner_id = other
        for user, may_decide in (
            (other, True),
            (self.manager_user, True),
            (self.collector_user, False),
        ):
            # whoever may not is shown no button
            self.assertEqual(complaint.with_user(user).may_decide, may_decide)
        with self.assertRaisesRegex(AccessError, "decides about"):
            complaint.with_user(self.collector_user).founded = "no"
        self._answer(complaint, user=other)
        with self.assertRaises(AccessError):
            complaint.with_user(self.plain_internal_user).read(["answer"])
        with self.assertRaises(UserError):
            complaint.with_user(other).state = "closed"

    def test_nobody_decides_about_himself(self):
        call = self._log(self.in_house, self.manager_user)
        complaint = self._complain(call_id=call.id)
        self.assertNotEqual(complaint.owner_id, self.manager_user)
        self.assertFalse(complaint.with_user(self.manager_user).may_decide)
        with self.assertRaisesRegex(AccessError, "about you"):
            complaint.with_user(self.manager_user).founded = "no"

    def test_grave_and_founded_leads_to_something(self):
        complaint = self._complain(severity="3")
        self._answer(complaint)
        with self.assertRaisesRegex(UserError, "corrective action"):
            complaint.with_user(self.manager_user).action_close()
        complaint.corrective_action_id = self.env[
            "collection.corrective.action"
        ].create(
            {
                "name": "Training in difficult calls",
                "dysfunction_id": self.env["collection.dysfunction"]
                .search([], limit=1)
                .id,
                "deadline": "2026-12-31",
            }
        )
        complaint.with_user(self.manager_user).action_close()
        self.assertEqual(complaint.state, "closed")

    def test_late(self):
        complaint = self._complain(date="2026-11-14")
        self.assertFalse(complaint.late)
        self.Complaint._cron_late()
        self.assertEqual(len(complaint.activity_ids), 1)
        with freeze_time("2026-11-25 10:00:00"):
            complaint.invalidate_recordset(["late"])
            self.assertTrue(complaint.late)
            self.assertEqual(self.Complaint.search([("late", "=", True)]), complaint)
            self.Complaint._cron_late()
            self.Complaint._cron_late()
            self.assertEqual(len(complaint.activity_ids), 2)

    def test_other_company(self):
        other = self.setup_other_company()["company"]
        self._complain()
        user = self._user(
            "collection_elsewhere",
            "group_collection_manager",
        )
        user.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.Complaint.with_user(user).search([]))


@tagged("post_install", "-at_install")
class TestComplaintStopsLetters(QualityCommon):
    """Who matters and complains gets no reminder before the complaint is closed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensitive = cls.env.ref("account_collection.segment_sensitive")
        cls.strategic = cls.env.ref("account_collection.segment_strategic")
        cls.item = cls.in_house.item_ids
        cls.day = "2026-11-24"

    def _complain(self, account=None, **values):
        return self.env["collection.complaint"].create(
            {
                "account_id": (account or self.in_house).id,
                "category": "tone",
                "date": "2026-11-20",
                "description": "The customer says that he was shouted at.",
                **values,
            }
        )

    def _close(self, complaint):
        complaint.write({"founded": "no", "answer": "Nobody had called that day."})
        complaint.action_answer()
        complaint.action_close()

    def assertReminded(self, account=None):
        run = self._run(self.day)
        account = account or self.in_house
        self.assertIn(account, run.letter_ids.account_id)
        self.assertNotIn(account, run.exclusion_ids.account_id)
        return run

    def assertStopped(self, complaint):
        run = self._run(self.day)
        account = complaint.account_id
        self.assertNotIn(account, run.letter_ids.account_id)
        exclusion = run.exclusion_ids.filtered(lambda e: e.account_id == account)
        self.assertRecordValues(
            exclusion,
            [
                {
                    "reason": "complaint",
                    "reason_note": complaint.number,
                    "reason_date": complaint.date,
                }
            ],
        )
        self.assertIn(complaint.number, exclusion.explanation)
        return run

    def test_sensitive_customer(self):
        self.in_house.segment_id = self.sensitive
        self.assertReminded()
        complaint = self._complain()
        self.assertStopped(complaint)
        self.assertEqual(self.in_house.complaint_note, complaint.number)
        complaint.write({"founded": "yes", "answer": "We apologised on the phone."})
        complaint.action_answer()
        self.assertStopped(complaint)
        complaint.action_close()
        self.assertReminded()
        self.assertFalse(self.in_house.complaint_note)

    def test_strategic_customer(self):
        self.in_house.segment_id = self.strategic
        complaint = self._complain(category="already_paid")
        self.assertStopped(complaint)
        self._close(complaint)
        self.assertReminded()
        complaint.action_reopen()
        self.assertStopped(complaint)

    def test_the_oldest_of_several_is_told(self):
        self.in_house.segment_id = self.sensitive
        younger = self._complain()
        older = self._complain(date="2026-11-10")
        self.assertStopped(older)
        self.assertEqual(
            self.in_house.complaint_note, f"{older.number}, {younger.number}"
        )
        self._close(older)
        self.assertStopped(younger)
        self._close(younger)
        self.assertReminded()

    def test_others_are_reminded(self):
        """Neither an ordinary customer who complains, nor a sensitive one who does
        not."""
        self._complain()
        self.assertReminded()
        self.in_house.segment_id = self.env.ref("account_collection.segment_sme")
        self.assertReminded()
        self.assertFalse(self.in_house.complaint_note)
        other = self._customer("Calm")
        self._invoice(other, 70.0, "2026-10-08")
        account = self.account_of(other)
        account.segment_id = self.sensitive
        self.assertReminded(account)

    def test_a_complaint_to_another_company(self):
        data = self.setup_other_company()
        self._invoice(self.customer, 80.0, "2026-10-08", company_data=data)
        elsewhere = self.account_of(self.customer, data["company"])
        self.in_house.segment_id = elsewhere.segment_id = self.sensitive
        self._complain(elsewhere)
        self.assertReminded()

    def test_a_letter_that_waits_does_not_leave(self):
        self.in_house.segment_id = self.sensitive
        run = self._run(self.day)
        run.action_confirm()
        letter = run.letter_ids.filtered(lambda x: x.account_id == self.in_house)
        self.assertEqual(letter.state, "to_send")
        self._complain()
        letter._send()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(self.item.level_id)

    def test_nor_does_one_of_the_provider(self):
        """What stops the company's letters stops what a provider may ask for."""
        self.delegated.segment_id = self.env.ref("account_collection.segment_sme")
        item = self.delegated.item_ids
        self.assertIn(item, item._get_provider_claims())
        self.delegated.segment_id = self.sensitive
        self._complain(self.delegated)
        self.assertNotIn(item, item._get_provider_claims())

    def test_stopped_before_the_other_reasons_that_wait(self):
        """What is promised or held says so; what only waits says that one complains."""
        self.in_house.segment_id = self.sensitive
        self._complain()
        self.in_house.write({"hold_until": "2026-12-31", "hold_reason": "talks"})
        run = self._run(self.day)
        self.assertEqual(
            run.exclusion_ids.filtered(lambda e: e.account_id == self.in_house).reason,
            "on_hold",
        )
