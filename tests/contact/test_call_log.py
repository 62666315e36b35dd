from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import NOW, CallCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestCallLog(CallCommon):
    """What a call leads to, in-house and at the provider's alike."""

    # ------------------------------------------------------------------
    # The call itself
    # ------------------------------------------------------------------

    def test_call_without_answer(self):
        call = self._log(phone="01 44 55 66 77", duration=0.5)
        self.assertRecordValues(
            call.with_env(self.env),
            [
                {
                    "side": "company",
                    "user_id": self.collector_user.id,
                    "direction": "outgoing",
                    "phone": "+33 1 44 55 66 77",
                    "duration": 0.5,
                    "connected": False,
                    "obstacles": False,
                }
            ],
        )
        self.assertTrue(call.number.startswith("C/2026/"))
        self.assertNotEqual(self._log(direction="incoming").number, call.number)

    def test_number_that_cannot_be_read_is_kept(self):
        self.assertEqual(self._log(phone=" poste 12 ").phone, "poste 12")

    def test_connected_call_needs_an_outcome_and_a_next_action(self):
        for values, message in (
            ({"outcome_id": False}, "choose an outcome"),
            ({"outcome_id": 10**6}, "choose an outcome"),
            ({}, "when the next action is due"),
            ({"next_action_date": "2026-03-30"}, "before the call itself"),
            ({"next_action_date": "2026-04-01", "duration": -1}, "in minutes"),
            ({"next_action_date": "2026-04-01", "duration": 1e9}, "in minutes"),
            ({"next_action_date": "2026-04-01", "duration": float("nan")}, "minutes"),
            (
                {"next_action_date": "2026-04-01", "next_action_time": 24.0},
                "between 0:00 and 24:00",
            ),
            ({"next_action_time": 10.0}, "enter the day"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, message),
            ):
                self._log("information_only", **values)
        self._assert_nothing_done()
        self._log("information_only", next_action_date="2026-03-31")
        self.assertEqual(str(self.account.next_action_date), "2026-03-31")
        self.assertEqual(self.account.next_action, "Information only")

    def test_outcomes_that_need_something(self):
        for code, message in (
            ("promise", "record the promise"),
            ("dispute", "record the dispute"),
            ("callback_requested", "on which day to call back"),
        ):
            values = (
                {}
                if code == "callback_requested"
                else {"next_action_date": "2026-04-02"}
            )
            with self.subTest(code=code), self.assertRaisesRegex(UserError, message):
                self._log(code, **values)
        self._assert_nothing_done()

    def test_callback_at_an_hour(self):
        self._log(
            "callback_requested",
            next_action_date="2026-04-02",
            next_action_time=14.5,
            next_action="Call back Ms Claire",
        )
        self.assertEqual(self.account.next_action_time, 14.5)
        row = self.env["collection.agenda"].search(
            [("account_id", "=", self.account.id), ("kind", "=", "callback")]
        )
        self.assertEqual(row.name, "14:30 Call back Ms Claire")
        self.assertEqual(row.hour, 14.5)
        # an hour agreed for a day goes with the day
        self.account.next_action_date = "2026-04-03"
        self.assertFalse(self.account.next_action_time)
        with self.assertRaisesRegex(UserError, "An hour is agreed with somebody"):
            self._log(
                "no_answer",
                next_action_date="2026-04-02",
                next_action_time=9.0,
                obstacle_reason="x",
            )

    def test_closed_list_of_values(self):
        for account in (self.mine, self.theirs):
            for values in (
                {"user_id": self.manager_user.id},
                {"agent_id": self.other_agent.id},
                {"date": "2026-01-01 10:00:00"},
                {"account_id": self.account.id},
                {"promise_id": 1},
                {"correction_of_id": 1},
                {"quality_mark": 100},
            ):
                with self.subTest(values=values), self.assertRaises(AccessError):
                    self._log(account=account, **values)
            for follow_up in (
                {"gift": {"amount": 1}},
                {"promise": {"state": "kept", "amount": 1}},
                {"dispute": {"owner_id": self.collector_user.id}},
                {"contact": {"name": "X", "user_ids": []}},
            ):
                with self.subTest(kind=follow_up), self.assertRaises(AccessError):
                    self._log(
                        "information_only",
                        follow_up,
                        account,
                        next_action_date="2026-04-01",
                    )
        self._assert_nothing_done()
        self._assert_nothing_done(self.delegated)

    def test_nobody_says_who_called(self):
        calls = self.env["collection.call"].with_user(self.collector_user)
        for values in (
            {"user_id": self.manager_user.id},
            {"agent_id": self.other_agent.id},
            {"promise_id": 1},
            {"correction_of_id": 1, "correction_reason": "x"},
            {"number": "C/1"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                calls.create(self._call_values(self.account, **values))
        with self.assertRaisesRegex(UserError, "when it was made"):
            calls.create(self._call_values(self.account, date="2026-04-01 09:00:00"))

    # ------------------------------------------------------------------
    # What stands in the way
    # ------------------------------------------------------------------

    def test_outside_the_hours_with_a_reason_only(self):
        with freeze_time("2026-03-31 18:00:00"):  # 20:00 in Paris
            for account in (self.mine, self.theirs):
                with self.assertRaisesRegex(UserError, "Outside the hours of calls"):
                    self._log(account=account)
                with self.assertRaises(UserError):
                    self._log(account=account, obstacle_reason="   ")
            call = self._log(obstacle_reason="Asked for an evening call")
            self.assertIn("Outside the hours", call.obstacles)
            self.assertEqual(call.obstacle_reason, "Asked for an evening call")
            # whoever calls us may do so at any hour
            call = self._log(account=self.theirs, direction="incoming")
            self.assertFalse(call.sudo().obstacles)

    def test_call_that_began_within_the_hours(self):
        with freeze_time("2026-03-31 16:05:00"):  # 18:05 in Paris
            with self.assertRaisesRegex(UserError, "Outside the hours"):
                self._log(duration=4.9)
            self.assertFalse(self._log(duration=6).obstacles)

    def test_caps_holidays_and_wishes(self):
        self._log()
        with self.assertRaisesRegex(UserError, "1 times today already"):
            self._log()
        with self.assertRaisesRegex(UserError, "1 times today already"):
            # by remote call as well
            self.env["collection.call"].with_user(self.collector_user).create(
                self._call_values(self.account, obstacle_reason=False)
            )
        self.delegated.do_not_call = True
        with self.assertRaisesRegex(UserError, "wants no calls"):
            self._log(account=self.theirs)
        with freeze_time("2026-04-06 09:00:00"):  # Easter Monday
            with self.assertRaisesRegex(UserError, "Public holiday"):
                self._log()

    def test_reason_without_obstacle_is_not_kept(self):
        call = self._log(obstacle_reason="None needed")
        self.assertFalse(call.obstacle_reason)

    def test_hour_agreed_is_kept_in_spite_of_caps(self):
        self.company.collection_hold_days = 0
        self._log(
            "callback_requested", next_action_date="2026-03-31", next_action_time=15.0
        )
        collector = self._agent(self.collector_user, self.env["res.partner"], skill="3")
        accounts = self.env["collection.account"].with_user(self.collector_user)
        with freeze_time("2026-03-31 12:30:00"):  # 14:30
            self.assertFalse(accounts._next_account(), "not yet the hour")
            self.assertFalse(self.mine._get_call_obstacles(collector))
        with freeze_time("2026-03-31 13:00:00"):  # 15:00
            self.assertEqual(accounts._next_account(), self.mine)
            self._log("already_paid", next_action_date="2026-04-03")
        with freeze_time("2026-03-31 14:00:00"):
            self.assertFalse(accounts._next_account(), "called, and again today")
            with self.assertRaisesRegex(UserError, "today already"):
                self._log()

    # ------------------------------------------------------------------
    # What comes of it
    # ------------------------------------------------------------------

    def test_promise(self):
        for account, item in ((self.mine, self.late), (self.theirs, None)):
            item = item or self.delegated.item_ids.sorted("date_due")[0]
            call = self._log(
                "promise",
                self._promise(item_ids=item.ids),
                account,
                person="Ms Claire",
            ).with_env(self.env)
            promise = call.promise_id
            self.assertEqual(promise.call_ids, call)
            self.assertEqual(promise.item_ids, item)
            self.assertEqual(promise.person, "Ms Claire")
            self.assertEqual(promise.user_id, call.user_id)
            self.assertEqual(item.promise_id, promise)
            self.assertTrue(call.right_party)

    def test_promise_needs_no_next_action(self):
        self.account.write({"next_action_date": "2026-03-31", "next_action": "Call"})
        self._log("promise", self._promise())
        self.assertFalse(self.account.next_action_date, "the promise is in the agenda")

    def test_refused_promise_leaves_nothing(self):
        for values, message in (
            ({"amount": 0}, "how much was promised"),
            ({"amount": -1.0}, "how much was promised"),
            ({"date_promised": False}, "by which day"),
            ({"date_promised": "2026-03-30"}, "in the past"),
            ({"item_ids": self.delegated.item_ids.ids}, "Choose open invoices"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, message),
            ):
                self._log("promise", self._promise(**values))
        # the call itself is refused after the promise was made
        with self.assertRaisesRegex(UserError, "in minutes"):
            self._log("promise", self._promise(), duration=-3)
        with freeze_time("2026-03-31 20:00:00"), self.assertRaises(UserError):
            self._log("promise", self._promise())
        self._assert_nothing_done()

    def test_only_the_right_person_promises(self):
        for code in ("no_answer", "third_party_message"):
            with self.assertRaisesRegex(UserError, "nobody who could promise"):
                self._log(code, self._promise(), next_action_date="2026-04-01")
        self._assert_nothing_done()

    def test_promise_is_confirmed_by_email(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._log("promise", self._promise(confirm=True))
        self._assert_nothing_done()
        self.customer.email = "nord@customer.example.com"
        call = self._log("promise", self._promise(confirm=True))
        letter = self.account.letter_ids
        self.assertEqual(letter.kind_id.code, "promise_confirmation")
        self.assertEqual(letter.fact_reference, call.promise_id.number)
        self.assertEqual((letter.state, letter.channel), ("to_send", "email"))
        letter._send()
        self.assertEqual(letter.state, "sent")

    def test_dispute(self):
        for account in (self.mine, self.theirs):
            item = account.sudo().item_ids.sorted("date_due")[0].with_env(self.env)
            call = self._log(
                "dispute",
                {
                    "dispute": {
                        "reason_id": self._dispute_reason("price").id,
                        "item_ids": item.ids,
                        "amount": 300.0,
                    }
                },
                account,
                note="Says 700 was agreed",
            ).with_env(self.env)
            self.assertEqual(call.dispute_id.call_ids, call)
            self.assertEqual(call.dispute_id.description, "Says 700 was agreed")
            self.assertEqual(item.amount_disputed, 300.0)

    def test_refused_dispute_leaves_nothing(self):
        reason = self._dispute_reason("price").id
        for account, items in (
            (self.mine, self.late),
            (self.theirs, self.delegated.item_ids[:1]),
        ):
            for values, message in (
                ({"item_ids": items.ids}, "a reason"),
                ({"reason_id": 10**6, "item_ids": items.ids}, "a reason"),
                ({"reason_id": reason}, "which invoices"),
                (
                    {"reason_id": reason, "item_ids": items.ids, "amount": -1},
                    "between nothing and",
                ),
                (
                    {"reason_id": reason, "item_ids": items.ids, "amount": 1000.01},
                    "between nothing and",
                ),
            ):
                with (
                    self.subTest(values=values),
                    self.assertRaisesRegex(UserError, message),
                ):
                    self._log("dispute", {"dispute": values}, account)
        self._assert_nothing_done()
        self._assert_nothing_done(self.delegated)

    def test_plan(self):
        call = self._log(
            "plan_requested",
            {
                "plan": {
                    "instalment_count": 3,
                    "date_first": "2026-04-15",
                    "item_ids": (self.late | self.later).ids,
                }
            },
        )
        self.assertEqual(len(call.plan_id.instalment_ids), 3)
        self.assertEqual(call.plan_id.amount, 1250.0)
        for values, message in (
            ({"instalment_count": 1, "date_first": "2026-04-15"}, "between 2 and"),
            ({"instalment_count": 3}, "first instalment"),
            (
                {
                    "instalment_count": 3,
                    "date_first": "2026-04-15",
                    "item_ids": self.delegated.item_ids.ids,
                },
                "Choose open invoices",
            ),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, message),
            ):
                self._log(
                    "plan_requested", {"plan": values}, obstacle_reason="Called back"
                )
        # the provider's limits are its mandate's
        call = self._log(
            "plan_requested",
            {"plan": {"instalment_count": 12, "date_first": "2026-04-15"}},
            self.theirs,
        )
        self.assertEqual(call.sudo().plan_id.state, "to_approve")

    def test_bill(self):
        for account in (self.mine, self.theirs):
            bill = self.env["collection.bill"].create(
                {
                    "account_id": account.id,
                    "item_ids": [Command.set(account.sudo().item_ids[:1].ids)],
                }
            )
            bill.action_send()
            with self.assertRaisesRegex(UserError, "Choose the bill"):
                self._log(
                    "bill_will_be_returned",
                    {"bill": {"bill_id": 10**6}},
                    account,
                )
            call = self._log(
                "bill_will_be_returned",
                {"bill": {"bill_id": bill.id, "alternative": "transfer"}},
                account,
            )
            self.assertEqual(call.with_env(self.env).bill_id, bill)
            self.assertEqual((bill.chase_count, bill.alternative), (1, "transfer"))

    def test_duplicate(self):
        with self.assertRaisesRegex(UserError, "to send copies from"):
            self._log(
                "document_requested",
                {"duplicate": {"item_ids": self.late.ids}},
                next_action_date="2026-04-03",
            )
        self.company.email = "office@company.example.com"
        with self.allow_pdf_render():
            self._log(
                "document_requested",
                {"duplicate": {"item_ids": self.late.ids}},
                next_action_date="2026-04-03",
            )
            self._log(
                "document_requested",
                {"duplicate": {"item_ids": self.delegated.item_ids[:1].ids}},
                self.theirs,
                next_action_date="2026-04-03",
            )
        mails = self.env["mail.mail"].search([("model", "=", "collection.account")])
        self.assertEqual(mails.recipient_ids, self.customer | self.other_customer)
        for mail in mails:
            self.assertEqual(len(mail.attachment_ids), 1)
            self.assertIn("office@company.example.com", mail.email_from)
            self.assertNotIn(self.provider.name, mail.body_html)
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._log(
                "document_requested",
                {"duplicate": {"item_ids": self.late.ids}},
                next_action_date="2026-04-03",
                obstacle_reason="x",
            )
        with self.assertRaisesRegex(UserError, "who could ask for a copy"):
            self._log("no_answer", {"duplicate": {"item_ids": self.late.ids}})
        self.assertEqual(len(self.account.call_ids), 1)

    def test_contact(self):
        contacts = self.customer.child_ids
        self._log(
            "contact_left_company",
            {
                "contact": {
                    "name": "Marc Petit",
                    "function": "Accounts payable",
                    "phone": "03 20 11 22 33",
                    "email": "marc@customer.example.com",
                }
            },
            next_action_date="2026-04-01",
        )
        new = self.customer.child_ids - contacts
        self.assertEqual((new.name, new.phone), ("Marc Petit", "+33 3 20 11 22 33"))
        # letters go on to where they went
        self.assertEqual(self.account._dunning_contact(), self.customer)
        self._log(
            "wrong_number",
            {"contact": {"contact_id": new.id, "phone": "+33 3 20 11 22 44"}},
            next_action_date="2026-04-01",
            obstacle_reason="Number corrected by the switchboard",
        )
        self.assertEqual(new.phone, "+33 3 20 11 22 44")
        for values, message in (
            ({"phone": "+33 1 44 55 66 77"}, "name of the new contact"),
            ({"name": "Nobody"}, "number or an e-mail address"),
            ({"name": "Marc", "email": "no address"}, "is no e-mail address"),
            ({"contact_id": self.other_customer.id, "phone": "1"}, "of this customer"),
            ({"contact_id": new.id}, "what has changed"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, message),
            ):
                self._log(
                    "wrong_number",
                    {"contact": values},
                    next_action_date="2026-04-01",
                    obstacle_reason="x",
                )

    def test_provider_does_not_redirect_letters(self):
        with self.assertRaisesRegex(UserError, "where its letters go"):
            self._log(
                "contact_absent",
                {
                    "contact": {
                        "contact_id": self.other_customer.id,
                        "email": "elsewhere@provider.example.com",
                    }
                },
                self.theirs,
                next_action_date="2026-04-01",
            )
        self.assertNotIn("elsewhere", self.other_customer.email)
        self._log(
            "contact_absent",
            {"contact": {"contact_id": self.other_customer.id, "phone": "0320112233"}},
            self.theirs,
            next_action_date="2026-04-01",
        )
        self.assertEqual(self.other_customer.phone, "+33 3 20 11 22 33")

    def test_means(self):
        """What a campaign asks for is recorded with the call that it was asked in."""
        recorded = []

        def record(account, target, answer, call=None, **vals):
            recorded.append((account, target, answer, call, vals))

        values = {"target": "direct_debit", "answer": "refused"}
        with patch.object(
            self.env.registry["collection.account"],
            "_record_means_change",
            record,
            create=True,
        ):
            call = self._log(
                "payment_means_change_agreed",
                {"means": {**values, "refusal_reason": "other"}},
                person="Ms Claire",
                next_action_date="2026-04-02",
            )
            self.assertEqual(
                recorded,
                [
                    (
                        self.mine,
                        "direct_debit",
                        "refused",
                        call,
                        {"refusal_reason": "other", "person": "Ms Claire"},
                    )
                ],
            )
            with self.assertRaisesRegex(UserError, "nobody who could promise"):
                self._log(
                    "contact_absent", {"means": values}, next_action_date="2026-04-02"
                )

    def test_salesperson_hears_of_a_refusal(self):
        seller = self._user("collection_seller", "base.group_user")
        self.customer.user_id = seller
        domain = [("partner_ids", "in", seller.partner_id.ids)]
        messages = self.env["mail.message"].sudo()
        before = messages.search_count(domain)
        self._log("already_paid", next_action_date="2026-04-02")
        self.assertEqual(messages.search_count(domain), before)
        self._log(
            "refuses_to_pay",
            next_action_date="2026-04-02",
            note="Wants to see you first",
            direction="incoming",
        )
        told = messages.search(domain, limit=1)
        self.assertEqual(messages.search_count(domain), before + 1)
        self.assertIn("Wants to see you first", told.body)

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def test_not_his_customer(self):
        for user, account in (
            (self.agent_user, self.account),
            (self.on_site_user, self.account),
            (self.other_agent_user, self.delegated),
            (self.plain_internal_user, self.account),
            (self.plain_portal_user, self.delegated),
            (self.accountant_user, self.account),
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._log(account=account.with_user(user))
        self.delegated.placement_line_id._take_back("recalled", "Ours again")
        with self.assertRaises(AccessError):
            self._log(account=self.theirs)
        self._assert_nothing_done(self.delegated)

    def test_whoever_may(self):
        for user, account, side in (
            (self.manager_user, self.account, "company"),
            (self.on_site_user, self.delegated, "provider"),
            (self.supervisor_user, self.delegated, "provider"),
        ):
            call = self._log(
                account=account.with_user(user), obstacle_reason="Once each"
            )
            self.assertEqual(call.sudo().side, side)

    def test_portal_method_is_for_the_provider(self):
        with self.assertRaises(AccessError):
            self.mine._portal_log_call({"outcome_id": self._result("busy").id})
        call = self.theirs._portal_log_call(
            {"outcome_id": self._result("promise").id},
            self._promise(item_ids=self.delegated.item_ids[:1].ids, amount=10.0),
        )
        history = self.theirs._get_portal_values()["history"]
        self.assertEqual(history[0]["follow_up"], [call.sudo().promise_id.number])

    def test_what_outcomes_propose(self):
        thursday = fields.Date.to_date("2026-04-02")
        proposed = self._result("no_answer")._get_next_action(thursday)
        self.assertEqual(proposed["next_action"], "Call again")
        self.assertEqual(str(proposed["next_action_date"]), "2026-04-03")
        friday = thursday + timedelta(days=1)
        # Easter Monday is no day for a call in France
        for country, day in (("fr", "2026-04-07"), ("ma", "2026-04-06")):
            proposed = self._result("no_answer")._get_next_action(
                friday, self.env.ref(f"base.{country}")
            )
            self.assertEqual(str(proposed["next_action_date"]), day)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestCallStands(CallCommon):
    """A call is never rewritten: completed by its caller today, corrected later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # sits in Auckland, thirteen hours before UTC: his day ends at 11:00 UTC
        cls.collector_user.tz = "Pacific/Auckland"

    def _calls(self):
        return {
            self.collector_user: self._log(
                "information_only", next_action_date="2026-04-01", note="Said"
            ),
            self.agent_user: self._log(account=self.theirs),
        }

    def test_nobody_changes_or_deletes_a_call(self):
        for call in self._calls().values():
            for user in (
                self.manager_user,
                self.collector_user,
                self.agent_user,
                self.env.ref("base.user_admin"),
            ):
                record = call.with_user(user)
                for values in (
                    {"note": "Other"},
                    {"outcome_id": self._result("busy").id},
                    {"date": "2026-01-01 10:00:00"},
                    {"user_id": user.id},
                    {"promise_id": False},
                    {"phone": "+33 1 00 00 00 00"},
                ):
                    with (
                        self.subTest(user=user.login, values=values),
                        self.assertRaises(UserError),
                    ):
                        record.write(values)
                with self.assertRaises(UserError):
                    record.unlink()
            # not even the superuser, but for what the system links by itself
            for values in (
                {"outcome_id": self._result("busy").id},
                {"duration": 9.0},
                {"note": "Other", "duration": 9.0},
                {"user_id": self.manager_user.id},
                {"correction_of_id": False},
            ):
                with self.assertRaisesRegex(UserError, "stays as it was logged"):
                    call.sudo().write(values)
            with self.assertRaisesRegex(UserError, "stays on record"):
                call.sudo().unlink()

    def test_caller_completes_until_the_end_of_his_day(self):
        call = self._calls()[self.collector_user]
        for user in (self.manager_user, self.accountant_user):
            with self.assertRaises(UserError):
                call.with_user(user)._complete_entry({"note": "Not mine"})
        for values in ({"outcome_id": self._result("busy").id}, {"duration": 5.0}):
            with self.assertRaises(UserError):
                call._complete_entry(values)
        with freeze_time("2026-03-31 10:59:00"):  # 23:59 there
            self.assertTrue(call._is_completable())
            call._complete_entry(
                {"note": "Said more", "next_action_date": "2026-04-03"}
            )
            self.assertEqual(call.note, "Said more")
            self.assertEqual(str(self.account.next_action_date), "2026-04-03")
            with self.assertRaisesRegex(UserError, "next action is due"):
                call._complete_entry({"next_action_date": False})
        with freeze_time("2026-03-31 11:00:00"):  # the next day there
            self.assertFalse(call._is_completable())
            with self.assertRaisesRegex(UserError, "second entry"):
                call._complete_entry({"note": "Too late"})
            self.assertEqual(call.note, "Said more")

    def test_agent_completes_his_call(self):
        call = self._calls()[self.agent_user]
        call._complete_entry({"note": "Rang eight times"})
        self.assertEqual(call.note, "Rang eight times")
        self.delegated.placement_line_id._take_back("recalled", "Ours again")
        with self.assertRaises(AccessError):
            call._complete_entry({"note": "After the recall"})

    def test_correction(self):
        calls = self._calls()
        with freeze_time("2026-04-09 09:00:00"):
            for user, call in calls.items():
                with self.assertRaisesRegex(UserError, "why the call is corrected"):
                    call._correct("  ", {"note": "x"})
                with self.assertRaises(AccessError):
                    call._correct("Wrong", {"user_id": self.manager_user.id})
                correction = call._correct(
                    "Another customer's answer",
                    {"outcome_id": self._result("busy").id, "note": "Was busy"},
                ).with_env(self.env)
                self.assertEqual(correction.correction_of_id, call.with_env(self.env))
                self.assertEqual(correction.user_id, user)
                original = call.with_env(self.env)
                self.assertTrue(original.corrected)
                self.assertEqual(original.correction_ids, correction)
                self.assertNotEqual(original.outcome_id, correction.outcome_id)
                # of a correction none is made, nor is it changed
                with self.assertRaises(AccessError):
                    correction.with_user(user)._correct("Again", {"note": "x"})
                with self.assertRaises(UserError):
                    correction.with_user(user)._complete_entry({"note": "x"})
        with self.assertRaises(AccessError):
            calls[self.collector_user].with_user(self.accountant_user)._correct(
                "Not mine", {"note": "x"}
            )
        other = self._user("collection_user_2", "group_collection_user")
        with self.assertRaisesRegex(AccessError, "The caller himself"):
            calls[self.collector_user].with_user(other)._correct("No", {"note": "x"})
        manager = calls[self.agent_user].with_user(self.manager_user)
        self.assertTrue(manager._correct("Heard the recording", {"note": "No"}))

    def test_correction_counts_nowhere(self):
        call = self._calls()[self.collector_user]
        figures = self.env["collection.daily.figure"]
        domain = [("user_id", "=", self.collector_user.id)]

        def figure():
            self.env.invalidate_all()
            [row] = figures._read_group(
                domain, [], ["attempts:sum", "connected:sum", "minutes:sum"]
            )
            return row, self.account.call_count, self.account.last_call_date

        before = figure()
        obstacles = self.account._get_call_obstacles(self.env["collection.agent"])
        with freeze_time("2026-03-31 09:30:00"):
            call._correct("Typing error", {"note": "x", "duration": 7.0})
        self.assertEqual(figure(), before)
        self.assertEqual(
            self.account._get_call_obstacles(self.env["collection.agent"]), obstacles
        )
        self.assertEqual(
            self.mine._get_sheet_history(self.env["collection.agent"])[0][
                "corrections"
            ][0]["reason"],
            "Typing error",
        )
