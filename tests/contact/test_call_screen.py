from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, CallCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestCallScreen(CallCommon):
    """One call on one page, as the collector and the on-site agent see it."""

    def _screen(self, account=None):
        account = account or self.mine
        action = account.action_log_call()
        return Form(
            self.env[action["res_model"]]
            .with_user(account.env.user)
            .with_context(**action["context"])
        )

    # ------------------------------------------------------------------
    # What it shows
    # ------------------------------------------------------------------

    def test_sheet(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Claire Dubois",
                "parent_id": self.customer.id,
                "type": "invoice",
                "function": "Accounts payable",
                "phone": "+33 6 12 34 56 78",
            }
        )
        self.customer.user_id = self._user("collection_seller", "base.group_user")
        self._log("no_answer", note="Rang for a minute", direction="incoming")
        self._log("promise", self._promise(date_promised="2026-04-07", amount=321.0))
        screen = self._screen()
        self.assertEqual((screen.phone, screen.person), (contact.phone, contact.name))
        for shown in (
            "Claire Dubois",
            "tel:+33 6 12 34 56 78",
            "1,250.00",
            self.late.move_name,
            "Rang for a minute",
            self.collector_user.name,
            self.customer.user_id.name,
            "321.00",
            "04/07/2026",
            "11:00",
        ):
            with self.subTest(shown=shown):
                self.assertIn(shown, screen.sheet_html)
        self.assertIn(self.company.name, screen.talk_html)

    def test_on_site_agent_sees_what_is_his(self):
        ours = self.delegated.item_ids.sorted("date_due")[1]
        ours._recall("Ours again")
        account = self.delegated.with_user(self.on_site_user)
        screen = self._screen(account)
        self.assertIn("1,000.00", screen.sheet_html)
        self.assertNotIn(ours.move_name, screen.sheet_html)
        self.assertNotIn("250.00", screen.sheet_html)
        self.assertTrue(
            self.env["collection.access.log"].search(
                [("account_id", "=", self.delegated.id)]
            )
        )
        screen.outcome_id = self._result("promise")
        self.assertEqual(screen.amount, 1000.0)
        screen.promise_date = "2026-04-07"
        screen.save().action_save()
        call = self.delegated.call_ids
        self.assertEqual(call.user_id, self.on_site_user)
        self.assertEqual(call.promise_id.amount, 1000.0)
        with self.assertRaises(AccessError):
            self._screen(self.account.with_user(self.on_site_user))

    def test_queries_do_not_grow_with_the_invoices(self):
        def count():
            with self._count_queries() as counter:
                self.mine._get_call_sheet()
                self.mine._get_call_script()
            return counter.total

        count()
        few = count()
        self._invoices([(self.customer, 10.0)] * 20, "2026-03-10")
        count()
        self.assertLessEqual(count(), few + 2)

    # ------------------------------------------------------------------
    # Outcomes
    # ------------------------------------------------------------------

    def test_unanswered_in_two_clicks(self):
        with freeze_time("2026-03-31 09:00:00"):
            screen = self._screen()
            screen.contact = "none"
            screen.outcome_id = self._result("no_answer")
            self.assertEqual(str(screen.next_action_date), "2026-04-01")
        with freeze_time("2026-03-31 09:01:30"):
            screen.save().action_save()
        self.assertRecordValues(
            self.account.call_ids,
            [
                {
                    "duration": 1.5,
                    "connected": False,
                    "next_action": "Call again",
                    "user_id": self.collector_user.id,
                }
            ],
        )

    def test_promise(self):
        screen = self._screen()
        screen.outcome_id = self._result("promise")
        self.assertTrue(screen.with_follow_up)
        self.assertFalse(screen.next_action_date, "the promise is in the agenda")
        self.assertEqual(screen.amount, 1250.0)
        screen.item_ids.remove(id=self.later.id)
        self.assertEqual(screen.amount, 1000.0)
        screen.promise_date = "2026-04-08"
        screen.payment_means = "transfer"
        screen.confirm = True
        screen.save().action_save()
        promise = self.account.promise_ids
        self.assertEqual(promise.item_ids, self.late)
        self.assertEqual(promise.payment_means, "transfer")
        self.assertEqual(self.account.call_ids.promise_id, promise)
        self.assertEqual(self.account.letter_ids.kind_id.code, "promise_confirmation")

    def test_dispute(self):
        screen = self._screen()
        screen.outcome_id = self._result("dispute")
        self.assertFalse(screen.item_ids[:], "which ones is for the customer to say")
        self.assertFalse(screen.amount)
        screen.item_ids.add(self.late)
        screen.dispute_reason_id = self._dispute_reason("price")
        screen.amount = 200.0
        screen.note = "Another price was agreed"
        screen.save().action_save()
        dispute = self.account.dispute_ids
        self.assertEqual(dispute.item_ids, self.late)
        self.assertEqual((dispute.amount, dispute.description), (200.0, screen.note))

    def test_plan_bill_contact(self):
        bill = self.env["collection.bill"].create(
            {"account_id": self.account.id, "item_ids": [Command.set(self.later.ids)]}
        )
        bill.action_send()
        screen = self._screen()
        screen.direction = "incoming"
        screen.outcome_id = self._result("bill_will_be_returned")
        self.assertTrue(screen.with_follow_up)
        self.assertEqual(screen.bill_id, bill)
        screen.save().action_save()
        self.assertEqual(bill.chase_count, 1)
        screen = self._screen()
        screen.direction = "incoming"
        screen.outcome_id = self._result("plan_requested")
        self.assertFalse(screen.with_follow_up, "to answer later is an answer")
        screen.with_follow_up = True
        screen.instalment_count = 2
        screen.date_first = "2026-04-20"
        screen.item_ids.clear()
        screen.item_ids.add(self.late)
        screen.save().action_save()
        self.assertEqual(self.account.plan_ids.amount, 1000.0)
        screen = self._screen()
        screen.direction = "incoming"
        screen.contact = "wrong_party"
        screen.outcome_id = self._result("contact_left_company")
        self.assertIn("do not say", screen.remark)
        screen.with_follow_up = True
        screen.contact_name = "Marc Petit"
        screen.contact_phone = "03 20 11 22 33"
        screen.save().action_save()
        new = self.customer.child_ids
        self.assertEqual(new.name, "Marc Petit")
        screen = self._screen()
        screen.direction = "incoming"
        screen.contact = "wrong_party"
        screen.outcome_id = self._result("contact_left_company")
        screen.with_follow_up = True
        screen.contact_partner_id = new
        self.assertEqual(screen.contact_phone, "+33 3 20 11 22 33")
        screen.contact_phone = "03 20 11 22 44"
        screen.save().action_save()
        self.assertEqual(new.phone, "+33 3 20 11 22 44")
        self.assertEqual(len(self.account.call_ids), 4)

    def test_another_group_of_outcomes_clears_the_choice(self):
        screen = self._screen()
        screen.outcome_id = self._result("promise")
        screen.contact = "wrong_party"
        self.assertFalse(screen.outcome_id)
        self.assertFalse(screen.with_follow_up)

    def test_refused_call_stays_on_the_screen(self):
        screen = self._screen()
        screen.note = "Typed"
        record = screen.save()
        with self.assertRaisesRegex(UserError, "choose an outcome"):
            record.action_save()
        self.assertEqual(record.note, "Typed")
        self._assert_nothing_done()

    def test_obstacle_asks_for_a_reason(self):
        self._log()
        screen = self._screen()
        self.assertTrue(screen.blocked)
        self.assertIn("today already", screen.obstacles)
        screen.direction = "incoming"
        self.assertFalse(screen.blocked)
        screen.direction = "outgoing"
        screen.contact = "none"
        screen.outcome_id = self._result("busy")
        with self.assertRaises(AssertionError):
            screen.save()
        screen.obstacle_reason = "Promised to call again at noon"
        screen.save().action_save()
        self.assertEqual(len(self.account.call_ids), 2)

    # ------------------------------------------------------------------
    # The next one, and afterwards
    # ------------------------------------------------------------------

    def test_next_customer(self):
        third = self._customer("Kern", lang="en_US")
        self._invoice(third, 50.0, "2026-03-01")
        self._agent(self.collector_user, self.env["res.partner"], skill="3")
        accounts = self.env["collection.account"].with_user(self.collector_user)
        action = accounts.action_next_customer()
        self.assertEqual(action["context"]["default_account_id"], self.account.id)
        screen = self._screen()
        screen.contact = "none"
        screen.outcome_id = self._result("no_answer")
        action = screen.save().action_save_next()
        self.assertEqual(action["res_model"], "collection.call.screen")
        kern = self.account_of(third)
        self.assertEqual(action["context"]["default_account_id"], kern.id)
        screen = self._screen(kern.with_user(self.collector_user))
        screen.contact = "none"
        screen.outcome_id = self._result("no_answer")
        action = screen.save().action_save_next()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(len(kern.call_ids), 1)

    def test_amend(self):
        call = self._log("information_only", next_action_date="2026-04-02")
        action = call.action_amend()

        def amend(at):
            with freeze_time(at):
                return Form(
                    self.env[action["res_model"]]
                    .with_user(self.collector_user)
                    .with_context(**action["context"])
                )

        with freeze_time("2026-03-31 10:00:00"):
            wizard = amend("2026-03-31 10:00:00")
            record = wizard.save()
            with self.assertRaisesRegex(UserError, "Nothing was changed"):
                record.action_confirm()
            wizard.note = "She was at lunch"
            wizard.save().action_confirm()
        self.assertEqual(call.note, "She was at lunch")
        self.assertFalse(call.correction_ids)
        with freeze_time("2026-04-02 10:00:00"):
            wizard = amend("2026-04-02 10:00:00")
            self.assertTrue(wizard.corrects)
            wizard.outcome_id = self._result("contact_absent")
            with self.assertRaises(AssertionError):
                wizard.save()
            wizard.reason = "Nobody who could answer"
            wizard.save().action_confirm()
        self.assertRecordValues(
            call.with_env(self.env).correction_ids,
            [
                {
                    "note": "She was at lunch",
                    "outcome_id": self._result("contact_absent").id,
                    "correction_reason": "Nobody who could answer",
                }
            ],
        )
        self.assertEqual(str(self.account.next_action_date), "2026-04-02")

    # ------------------------------------------------------------------
    # Taken back meanwhile
    # ------------------------------------------------------------------

    def test_taken_back_while_the_screen_is_open(self):
        """What an on-site agent was typing reaches the company, and logs no call."""
        account = self.delegated.with_user(self.on_site_user)
        action = account.action_log_call()
        screens = (
            self.env[action["res_model"]]
            .with_user(self.on_site_user)
            .with_context(**action["context"])
        )
        names = list(screens.fields_get(attributes=()))
        values = screens.default_get(names)
        self.delegated.placement_line_id._take_back("recalled", "Strategic")
        self.env.flush_all()
        self.env.invalidate_all()
        outcome = self._result("promise")
        # as the client saves: all that is shown is read again
        [saved] = screens.web_save(
            {
                **values,
                "outcome_id": outcome.id,
                "note": "He pays on Friday",
                "promise_date": "2026-04-03",
                "amount": 123.0,
            },
            {
                "account_id": {"fields": {"display_name": {}}},
                "amount": {},
                "item_ids": {"fields": {"move_name": {}}},
                "obstacles": {},
                "people_ids": {},
                "sheet_html": {},
                "talk_html": {},
            },
        )
        self.assertFalse(saved["sheet_html"])
        result = screens.browse(saved["id"]).action_save()
        self.assertEqual(result["tag"], "display_notification")
        note = self.env["collection.provider.note"].search(
            [("account_id", "=", self.delegated.id)]
        )
        self.assertEqual(note.agent_id, self.on_site_agent)
        for word in ("He pays on Friday", outcome.name, "2026-04-03"):
            self.assertIn(word, note.body)
        self.assertFalse(self.delegated.call_ids)
        # a stranger's customer is none that was taken back
        stranger = screens.browse(saved["id"]).sudo()
        stranger.account_id = self.account
        with self.assertRaises(AccessError):
            screens.browse(saved["id"]).action_save()
