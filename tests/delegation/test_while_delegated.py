from odoo import Command
from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import freeze_time, tagged

from ...models.delegation.collection_placement_announce import NOTICE_JOB
from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestWhileDelegated(CollectionCommon):
    """What is with a provider is the provider's to ask for, the rest the company's."""

    @classmethod
    @freeze_time("2026-03-31 09:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.held = cls._invoice(cls.customer, 100.0, "2026-03-01").collection_item_ids
        cls.other_held = cls._invoice(
            cls.other_customer, 70.0, "2026-03-01"
        ).collection_item_ids
        cls.account = cls.held.account_id
        cls.other_account = cls.other_held.account_id
        cls.mandate.new_item_rule = "none"
        cls.placement = cls._hand_over(cls.account | cls.other_account)
        # what came later stays with the company
        cls.kept = cls._invoice(cls.customer, 40.0, "2026-03-10").collection_item_ids

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-31 09:00:00"))

    def _promise(self, items, user=None, amount=10.0):
        return (
            self.env["collection.promise"]
            .with_user(user or self.manager_user)
            .create(
                {
                    "account_id": items.account_id.id,
                    "amount": amount,
                    "date_promised": "2026-04-10",
                    "item_ids": [Command.set(items.ids)],
                }
            )
        )

    def _assert_offers_recall(self, error, **context):
        """The error leads to the recall, filled in, and the recall works."""
        _message, action_id, _button, values = error.exception.args
        self.assertEqual(
            self.env["ir.actions.act_window"].browse(action_id),
            self.env.ref("account_collection.collection_recall_action"),
        )
        self.assertEqual(values, context)
        wizard = (
            self.env["collection.recall"]
            .with_user(self.manager_user)
            .with_context(**values)
            .create({"reason": "strategic"})
        )
        wizard.action_recall()

    def test_partly_handed_over(self):
        self.assertTrue(self.held.delegated)
        self.assertFalse(self.kept.delegated)

    # ------------------------------------------------------------------
    # Promises and plans
    # ------------------------------------------------------------------

    def test_no_promise_in_house(self):
        with self.assertRaisesRegex(RedirectWarning, "Provider One") as error:
            self._promise(self.held)
        self._assert_offers_recall(error, default_item_ids=self.held.ids)
        self.assertFalse(self.held.delegated)
        self._promise(self.held)

    def test_no_promise_of_a_mixture(self):
        with self.assertRaises(RedirectWarning):
            self._promise(self.held | self.kept)

    def test_collectors_ask_a_manager(self):
        with self.assertRaisesRegex(UserError, "Ask a credit manager") as error:
            self._promise(self.held, self.collector_user)
        self.assertNotIsInstance(error.exception, RedirectWarning)

    def test_promise_of_what_was_kept(self):
        promise = self._promise(self.kept, self.collector_user)
        self.assertEqual(promise.state, "open")

    def test_promise_of_what_is_left_when_nobody_says(self):
        promise = (
            self.env["collection.promise"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "amount": 40.0,
                    "date_promised": "2026-04-10",
                }
            )
        )
        self.assertEqual(promise.item_ids, self.kept)

    def test_the_provider_promises(self):
        for user in (self.agent_user, self.on_site_user):
            account = self.account.with_user(user)
            promise = account._new_promise(
                {"amount": 10.0, "date_promised": "2026-04-10"}
            )
            self.assertEqual(promise.item_ids, self.held)

    def _plan(self, items, user=None):
        account = items.account_id.with_user(user or self.manager_user)
        return account._propose_plan(
            {
                "instalment_count": 2,
                "date_first": "2026-04-10",
                "item_ids": items.ids,
            }
        )

    def test_no_plan_in_house(self):
        with self.assertRaises(RedirectWarning) as error:
            self._plan(self.held)
        self._assert_offers_recall(error, default_item_ids=self.held.ids)
        self.assertEqual(self._plan(self.kept).state, "active")

    def test_plan_drawn_up_before_the_hand_over(self):
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.kept.ids)],
                "instalment_count": 2,
                "date_first": "2026-04-10",
            }
        )
        plan.action_split()
        self.mandate.new_item_rule = "all"
        self.env["collection.account"]._refresh()
        self.assertTrue(self.kept.delegated)
        with self.assertRaises(RedirectWarning):
            plan.with_user(self.manager_user).action_agree()

    def test_manager_approves_the_plan_of_the_provider(self):
        plan = self._plan(self.held, self.agent_user)
        self.assertEqual(plan.state, "to_approve")
        plan.with_user(self.manager_user).action_approve()
        self.assertEqual(plan.state, "active")

    # ------------------------------------------------------------------
    # Letters
    # ------------------------------------------------------------------

    def _write(self, code, items=None, user=None, account=None):
        account = (account or self.account).with_user(user or self.manager_user)
        facts = {"fact_amount": 10.0, "fact_date": "2026-04-10"}
        return account._write_letter(code, items=items, **facts)

    def test_no_letter_that_asks(self):
        with self.assertRaises(RedirectWarning) as error:
            self._write("promise_confirmation", self.held)
        self._assert_offers_recall(error, default_item_ids=self.held.ids)

    def test_letters_that_ask_nothing(self):
        for code in ("statement", "thanks", "receipt"):
            with self.subTest(code=code):
                self.assertTrue(self._write(code, self.held))

    def test_letter_about_what_was_kept(self):
        letter = self._write("promise_confirmation")
        self.assertEqual(letter.line_ids.item_id, self.kept)

    def test_nothing_left_to_write_about(self):
        with self.assertRaises(RedirectWarning) as error:
            self._write("promise_confirmation", account=self.other_account)
        self._assert_offers_recall(error, default_item_ids=self.other_held.ids)

    def test_promise_of_the_provider_is_confirmed(self):
        promise = self.account.with_user(self.agent_user)._new_promise(
            {"amount": 10.0, "date_promised": "2026-04-10"}
        )
        letter = promise.with_user(self.manager_user)._write_confirmation()
        self.assertEqual(letter.line_ids.item_id, self.held)

    def test_letter_drawn_up_before_the_hand_over(self):
        draft = self._write("promise_confirmation", self.kept)
        waiting = self._write("promise_confirmation", self.kept)
        waiting.action_confirm()
        self.mandate.new_item_rule = "all"
        self.env["collection.account"]._refresh()
        with self.assertRaises(RedirectWarning):
            draft.action_confirm()
        waiting._send()
        self.assertEqual(waiting.state, "cancelled")
        self.assertIn("Handed over", waiting.state_reason)

    def test_reminder_at_once(self):
        with self.assertRaisesRegex(RedirectWarning, "Provider One") as error:
            self.other_account.with_user(self.manager_user).action_remind_now()
        self._assert_offers_recall(error, default_item_ids=self.other_held.ids)
        self.assertTrue(
            self.other_account.with_user(self.manager_user).action_remind_now()
        )

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def _call(self, account, user, code="spoke_decision_maker", **values):
        outcome = self.env["collection.call.outcome"].search(
            [("contact", "=", "right_party"), ("follow_up_required", "=", False)],
            limit=1,
        )
        return account.with_user(user)._log_call(
            {
                "outcome_id": outcome.id,
                "next_action_date": "2026-04-10",
                **values,
            }
        )

    def test_no_call_about_what_is_with_the_provider(self):
        with self.assertRaisesRegex(RedirectWarning, "Vela is with") as error:
            self._call(self.other_account, self.manager_user)
        self._assert_offers_recall(error, default_account_ids=self.other_account.ids)
        self.assertTrue(self._call(self.other_account, self.manager_user))

    def test_call_about_what_was_kept(self):
        self.assertTrue(self._call(self.account, self.collector_user))

    def test_call_for_a_reason(self):
        """As against every other obstacle: whoever has a reason says it."""
        call = self._call(
            self.other_account, self.collector_user, obstacle_reason="Goods on fire"
        )
        self.assertIn("Provider One", call.obstacles)

    def test_customer_who_calls_is_listened_to(self):
        call = self._call(self.other_account, self.collector_user, direction="incoming")
        self.assertFalse(call.obstacles)

    def test_one_call_a_day_of_both_sides(self):
        self._call(self.account, self.collector_user)
        obstacles = self.account._get_call_obstacles(self.agent)
        self.assertIn("cap_day", dict(obstacles))
        with self.assertRaisesRegex(UserError, "by either side"):
            self._call(self.account, self.agent_user)

    def test_what_the_other_side_does_next(self):
        self._call(
            self.account,
            self.agent_user,
            next_action="Ask about the cheque",
            next_action_date="2026-04-08",
        )
        self._call(
            self.account,
            self.collector_user,
            next_action="Speak to the boss",
            next_action_date="2026-04-09",
            obstacle_reason="He asked for it",
        )
        seen = self.account.with_user(self.collector_user)
        self.assertIn("Provider One", seen.other_side_action)
        self.assertIn("Ask about the cheque", seen.other_side_action)
        self.assertEqual(seen._get_call_sheet()["other_action"], seen.other_side_action)
        for user in (self.agent_user, self.on_site_user):
            theirs = self.account.with_user(user)
            self.assertIn("Speak to the boss", theirs.other_side_action)
            self.assertNotIn("Provider One", theirs.other_side_action)
        page = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertIn("Speak to the boss", page["other_action"])
        # once it is past, nobody waits for it
        with freeze_time("2026-04-10"):
            self.env.invalidate_all()
            self.assertFalse(seen.other_side_action)

    # ------------------------------------------------------------------
    # Levels
    # ------------------------------------------------------------------

    def test_work_of_the_provider_counts_as_level(self):
        self._call(self.account, self.agent_user)
        self.assertEqual(self.held.level_id, self.level_1)
        self.assertEqual(str(self.held.level_date), "2026-03-31")
        self.assertFalse(self.kept.level_id, "nobody spoke about it")
        history = self.env["collection.level.history"].search(
            [("item_id", "=", self.held.id)]
        )
        self.assertEqual(history.mapped("cause"), ["provider"])
        # after the recall it goes on from there
        self.placement.line_ids._take_back("recalled", "Strategic")
        self.assertEqual(self.held.next_level_id, self.level_2)

    def test_formal_notice_is_written(self):
        self.level_1.formal_notice = True
        self._call(self.account, self.agent_user)
        self.assertFalse(self.held.level_id)

    def test_nobody_reached_is_no_level(self):
        self.account.with_user(self.agent_user)._log_call(
            {"outcome_id": self._result("no_answer").id}
        )
        self.assertFalse(self.held.level_id)

    # ------------------------------------------------------------------
    # Before the due date
    # ------------------------------------------------------------------

    def _set_up_pre_reminder(self):
        ladder = self._policy("Early", [("due", -7), ("due", 5)])
        self.company.collection_policy_id = ladder
        self.mandate.new_item_rule = "all"
        item = self._invoice(
            self.other_customer, 50.0, "2026-04-03", date="2026-03-20"
        ).collection_item_ids
        self.env["collection.account"]._refresh()
        self.assertTrue(item.delegated)
        return item, ladder.level_ids[0]

    def _is_reminded(self, item):
        return item in self._run("2026-03-31").letter_ids.line_ids.item_id

    def test_pre_reminder_by_the_mandates_rule(self):
        item, level = self._set_up_pre_reminder()
        for worked_by in ("either", "provider", "company"):
            level.worked_by = worked_by
            self.mandate.pre_reminder_by = "provider"
            self.assertFalse(self._is_reminded(item))
            self.mandate.pre_reminder_by = "company"
            self.assertTrue(self._is_reminded(item))

    def test_pre_reminder_by_hand(self):
        item, _level = self._set_up_pre_reminder()
        with self.assertRaises(RedirectWarning):
            self._write("pre_reminder", item, account=self.other_account)
        self.mandate.pre_reminder_by = "company"
        letter = self._write("pre_reminder", account=self.other_account)
        self.assertEqual(letter.line_ids.item_id, item)

    def test_terms_of_the_contract(self):
        self.mandate.pre_reminder_by = "company"
        self.mandate.announce = True
        self.assertTrue(self.mandate.amendment_ids, "agreed on anew")
        terms = {
            term.key: term.text
            for section in self.mandate._get_terms().values()
            for term in section
        }
        self.assertEqual(terms["pre_reminder_by"], "The company")
        self.assertEqual(terms["announce"], "Yes")

    # ------------------------------------------------------------------
    # Who is told
    # ------------------------------------------------------------------

    def test_announcement(self):
        account = self._file_of("West")
        self._hand_over(account, self.other_mandate)
        self.assertFalse(account.letter_ids, "not wanted")
        second = self._file_of("East")
        self.other_mandate.announce = True
        self._hand_over(second, self.other_mandate)
        letter = second.letter_ids
        self.assertEqual(letter.kind_id.code, "announcement")
        self.assertEqual(letter.state, "draft")
        self.assertEqual(letter.mandate_id, self.other_mandate)
        self.assertIn("Provider Two", letter._render_html())
        # taken back before it left: it has lost its object
        letter.action_confirm()
        self.assertEqual(letter.state, "to_send")
        second.placement_line_id._take_back("recalled", "Strategic")
        letter._send()
        self.assertEqual(letter.state, "cancelled")
        # another time, another letter
        self._hand_over(second, self.other_mandate)
        self.assertEqual(len(second.letter_ids), 2)

    def test_letters_of_a_large_hand_over(self):
        """They keep nobody waiting: a job draws them up, and goes on where it was."""
        Placement = self.registry["collection.placement"]
        self.patch(Placement, "_letters_at_once", 2)
        steps = []

        def commit_progress(cron, processed=0, **more):
            steps.append(processed)
            # out of time after the first two
            return len(steps) != 2

        self.patch(self.registry["ir.cron"], "_commit_progress", commit_progress)
        self.other_mandate.write({"announce": True, "mode": "on_behalf"})
        accounts = self.env["collection.account"].union(
            *(self._file_of(name) for name in ("One", "Two", "Three"))
        )
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref(NOTICE_JOB).id)]
        )
        placement = self._hand_over(accounts, self.other_mandate)
        self.assertGreater(
            self.env["ir.cron.trigger"].search_count(
                [("cron_id", "=", self.env.ref(NOTICE_JOB).id)]
            ),
            len(triggers),
        )
        self.assertFalse(accounts.letter_ids)
        self.assertTrue(placement.letters_pending)
        run = self.env["collection.placement"]._draft_pending_letters
        run()
        self.assertEqual(len(accounts.letter_ids.account_id), 2)
        self.assertTrue(placement.letters_pending)
        run()
        self.assertFalse(placement.letters_pending)
        for account in accounts:
            self.assertEqual(
                set(account.letter_ids.kind_id.mapped("code")),
                {"announcement", "mandate_notice"},
            )
            self.assertEqual(len(account.letter_ids), 2)
        run()
        self.assertEqual(len(accounts.letter_ids), 6)

    def test_announcement_before_the_first_letter_of_the_provider(self):
        self.other_mandate.write({"announce": True, "mode": "on_behalf"})
        account = self._file_of("West")
        self._hand_over(account, self.other_mandate)
        self.assertEqual(
            set(account.letter_ids.mapped("kind_id.code")),
            {"announcement", "mandate_notice"},
        )
        letter = account.letter_ids.filtered(
            lambda letter: letter.kind_id.code == "announcement"
        )
        letter.action_confirm()
        self.assertFalse(letter.mandate_notice_id)
        self.assertEqual(letter._send(), letter)

    def test_nothing_to_announce(self):
        account = self._file_of("West")
        with self.assertRaisesRegex(UserError, "is with no provider"):
            account._write_letter("announcement")

    def _file_of(self, name, **values):
        partner = self._customer(name, **values)
        self._invoice(partner, 100.0, "2026-03-01")
        return self.account_of(partner)

    def test_salesperson(self):
        self.customer.user_id = self.plain_internal_user
        partner = self.customer.with_user(self.plain_internal_user)
        self.assertEqual(partner.collection_with, "Provider One")
        contact = self._customer(
            "Contact", is_company=False, parent_id=self.customer.id
        )
        self.assertEqual(
            contact.with_user(self.plain_internal_user).collection_with, "Provider One"
        )
        self.assertFalse(self.customer.with_user(self.on_site_user).collection_with)
        self.placement.line_ids._take_back("recalled", "Strategic")
        self.env.invalidate_all()
        self.assertFalse(partner.collection_with)

    def test_salesperson_is_told_once(self):
        first = self._file_of("West", user_id=self.plain_internal_user.id)
        second = self._file_of("East", user_id=self.plain_internal_user.id)
        self._hand_over(first | second, self.other_mandate)
        told = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.plain_internal_user.partner_id.id)]
        )
        message = told.mail_message_id
        self.assertEqual(len(message), 1)
        self.assertIn("Provider Two", message.body)
        for name in ("West", "East"):
            self.assertIn(name, message.body)
