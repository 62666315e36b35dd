from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ActCommon


@tagged("post_install", "-at_install")
class TestPortalActs(ActCommon):
    """What an agent sees and does on a customer's page beside calling."""

    def setUp(self):
        super().setUp()
        self._log_in(self.agent_user)

    # ------------------------------------------------------------------
    # Promises and plans
    # ------------------------------------------------------------------

    def test_promise(self):
        day = self.in_days(6)
        page = self._act(
            "promise",
            amount="1,000.00",
            date_promised=day,
            person="Ms Claire",
            payment_means="transfer",
            item_ids=[self.late.id],
        ).text
        self.assertIn("The promise is recorded", page)
        self.assertIn("Ms Claire", page)
        promise = self.account.promise_ids
        self.assertRecordValues(
            promise,
            [
                {
                    "amount": 1000.0,
                    "date_promised": day,
                    "payment_means": "transfer",
                    "item_ids": self.late.ids,
                    "user_id": self.agent_user.id,
                }
            ],
        )
        page = self._act(f"promise/{promise.id}/withdraw", reason=" ")
        self.assertEqual(page.status_code, 422)
        page = self._act(f"promise/{promise.id}/withdraw", reason="Cheque came back")
        self.assertIn("The promise is withdrawn", page.text)
        self.assertEqual(promise.state, "withdrawn")
        self.assertNotIn("/withdraw", self.url_open(self.url).text)

    def test_withdrawing_is_for_ones_own(self):
        promise = self.account.with_user(self.supervisor_user)._portal_new_promise(
            {"amount": 10.0, "date_promised": self.in_days(3)}
        )
        self.assertNotIn("/withdraw", self.url_open(self.url).text)
        with mute_logger("odoo.http"):
            response = self._act(f"promise/{promise.id}/withdraw", reason="Not mine")
        self.assertEqual(response.status_code, 404)
        self.assertEqual(promise.state, "open")

    def test_refused_promise_keeps_what_was_typed(self):
        day = str(self.in_days(6))
        for data, message in (
            ({"amount": "a lot", "date_promised": day}, "is not an amount"),
            ({"amount": "nan", "date_promised": day}, "is not an amount"),
            ({"amount": "0", "date_promised": day}, "how much was promised"),
            ({"amount": "-5", "date_promised": day}, "how much was promised"),
            ({"amount": "10", "date_promised": ""}, "by which day"),
            ({"amount": "10", "date_promised": "06/05/2026"}, "is not a date"),
            (
                {"amount": "10", "date_promised": str(self.in_days(-1))},
                "cannot lie in the past",
            ),
        ):
            with self.subTest(data=data):
                response = self._act("promise", person="Typed in vain", **data)
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Typed in vain", response.text)
        self.assertFalse(self.account.promise_ids)

    def test_plan_within_limits_and_beyond(self):
        page = self._act(
            "plan",
            instalment_count="3",
            date_first=self.in_days(9),
            item_ids=[self.other.id],
        ).text
        plan = self.account.plan_ids
        self.assertEqual(plan.state, "active")
        self.assertIn("Running", page)
        self.assertNotIn("/cancel", page)
        page = self._act(
            "plan",
            instalment_count="4",
            date_first=self.in_days(9),
            item_ids=[self.late.id],
        ).text
        beyond = self.account.plan_ids - plan
        self.assertEqual(beyond.state, "to_approve")
        self.assertIn("To approve", page)
        page = self._act(f"plan/{beyond.id}/cancel").text
        self.assertIn("The proposal is taken back", page)
        self.assertEqual(beyond.state, "cancelled")
        response = self._act(f"plan/{plan.id}/cancel")
        self.assertEqual(response.status_code, 422)
        self.assertEqual(plan.state, "active")

    def test_refused_plan(self):
        for data, message in (
            ({"instalment_count": "1"}, "Choose between 2"),
            ({"instalment_count": "many"}, "Choose between 2"),
            ({"instalment_count": "3", "date_first": ""}, "when the first instalment"),
        ):
            with self.subTest(message=message):
                response = self._act(
                    "plan",
                    **{"date_first": self.in_days(9), "person": "Kept", **data},
                )
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Kept", response.text)
        self.assertFalse(self.account.plan_ids)

    # ------------------------------------------------------------------
    # Disputes
    # ------------------------------------------------------------------

    def test_dispute(self):
        page = self._act(
            "dispute",
            reason_id=self.price.id,
            amount="50",
            description="Discount missing",
            item_ids=[self.other.id],
        ).text
        self.assertIn("The dispute is opened", page)
        self.assertIn("Discount missing", page)
        dispute = self.account.dispute_ids
        self.assertRecordValues(
            dispute,
            [
                {
                    "amount": 50.0,
                    "reason_id": self.price.id,
                    "item_ids": self.other.ids,
                    "agent_id": self.agent.id,
                    "state": "open",
                }
            ],
        )
        self.assertEqual(self.other.amount_disputed, 50.0)
        # what the company decided and why stands there, not who did
        dispute.owner_id = self.manager_user
        dispute.with_user(self.manager_user)._decide(
            "rejected", "The price list says so", 0.0
        )
        page = self.url_open(self.url).text
        self.assertIn("The price list says so", page)
        self.assertNotIn(self.manager_user.name, page)

    def test_refused_dispute(self):
        for data, message in (
            ({"reason_id": ""}, "reason"),
            ({"item_ids": []}, "which invoices"),
            ({"amount": "250.01"}, "between nothing and"),
            ({"amount": "-1"}, "between nothing and"),
        ):
            with self.subTest(data=data):
                response = self._act(
                    "dispute",
                    **{
                        "reason_id": self.price.id,
                        "item_ids": [self.other.id],
                        "description": "Kept",
                        **data,
                    },
                )
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Kept", response.text)
        self.assertFalse(self.account.dispute_ids)

    def test_invoices_of_others_are_not_his(self):
        foreign = self.other_account.item_ids
        with mute_logger("odoo.http"):
            for path, data in (
                ("dispute", {"reason_id": self.price.id}),
                ("promise", {"amount": "10", "date_promised": self.in_days(3)}),
                ("plan", {"instalment_count": "2", "date_first": self.in_days(3)}),
            ):
                with self.subTest(path=path):
                    response = self._act(path, item_ids=foreign.ids, **data)
                    self.assertEqual(response.status_code, 404)
        self.assertFalse(foreign.promise_id)
        self.assertFalse(foreign.plan_id)
        self.assertFalse(self.account.dispute_ids | self.other_account.dispute_ids)

    # ------------------------------------------------------------------
    # Bills and controls
    # ------------------------------------------------------------------

    def test_bill_chased_with_an_alternative(self):
        bill = self._bill()
        page = self._act(f"bill/{bill.id}/chase", alternative="direct_debit").text
        self.assertIn("The bill is noted as chased", page)
        self.assertIn("SEPA direct debit", page)
        self.assertRecordValues(
            bill, [{"chase_count": 1, "alternative": "direct_debit", "state": "chased"}]
        )
        response = self._act(f"bill/{bill.id}/chase", alternative="gold")
        self.assertEqual(response.status_code, 422)
        bill.action_accept()
        self.assertNotIn("/chase", self.url_open(self.url).text)
        self.assertEqual(self._act(f"bill/{bill.id}/chase").status_code, 422)

    def test_invoice_in_order(self):
        control = self.env["collection.precheck"].create(
            {"item_id": self.coming_item.id}
        )
        url = f"check/{control.id}"
        page = self._act(url, check_received="on", person="Ms Claire", note="").text
        self.assertIn("The answers are noted", page)
        self.assertEqual(control.state, "to_check")
        self._act(
            url,
            check_received="on",
            check_conforms="on",
            check_delivered="on",
            check_approved="on",
            check_bank_details_known="on",
            date_planned=self.in_days(20),
            payment_means="transfer",
        )
        self.assertEqual(control.state, "ok")
        self.assertEqual(control.promise_id.amount, 600.0)
        self.assertEqual(control.promise_id.user_id, self.agent_user)

    def test_invoice_held_back(self):
        control = self.env["collection.precheck"].create(
            {"item_id": self.coming_item.id}
        )
        self._act(
            f"check/{control.id}",
            check_received="on",
            reason_id=self.price.id,
            amount="100",
            description="Price of last year",
        )
        self.assertEqual(control.state, "anomaly")
        self.assertEqual(control.dispute_id.amount, 100.0)
        self.assertEqual(control.dispute_id.item_ids, self.coming_item)

    def test_refused_answer_changes_nothing(self):
        control = self.env["collection.precheck"].create(
            {"item_id": self.coming_item.id}
        )
        for data, message in (
            ({"payment_means": "gold"}, "means of payment"),
            ({"date_planned": "soon"}, "is not a date"),
            ({"reason_id": self.price.id, "amount": "9999"}, "between nothing and"),
        ):
            with self.subTest(data=data):
                response = self._act(
                    f"check/{control.id}",
                    **{"check_received": "on", "person": "Kept", **data},
                )
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Kept", response.text)
        self.assertFalse(control.received)
        self.assertFalse(self.account.dispute_ids)
        with mute_logger("odoo.http"):
            response = self._act(f"check/{control.id}", check_state="ok")
        self.assertEqual(response.status_code, 404)

    # ------------------------------------------------------------------
    # Only what is his
    # ------------------------------------------------------------------

    def test_records_of_another_customer(self):
        """A record is looked for under the customer of the page, and nowhere else."""
        self._hand_over(self.other_account)
        other = self.other_account.with_user(self.agent_user)
        promise = other._portal_new_promise(
            {"amount": 10.0, "date_promised": self.in_days(3)}
        )
        bill = self._bill(self.other_account, self.other_account.item_ids)
        with mute_logger("odoo.http"):
            for path in (f"promise/{promise.id}/withdraw", f"bill/{bill.id}/chase"):
                response = self._act(path, reason="x")
                self.assertEqual(response.status_code, 404)
        self.assertEqual(promise.state, "open")
        self.assertEqual(bill.chase_count, 0)

    def test_an_invoice_kept_in_house_is_not_named(self):
        """A promise is about two invoices, one of which was taken back since."""
        self.account.with_user(self.agent_user)._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": self.in_days(3),
                "item_ids": (self.late | self.other).ids,
            }
        )
        self.other.write({"delegated": False})
        page = self.url_open(self.url).text
        self.assertIn(self.late.move_name, page)
        self.assertNotIn(self.other.move_name, page)


@tagged("post_install", "-at_install")
class TestPortalCallForm(ActCommon):
    """The call form logs a call together with what came of it."""

    def setUp(self):
        super().setUp()
        self._log_in(self.agent_user)

    def _log(self, code, **data):
        return self._post_call(outcome_id=self._result(code).id, **data)

    def test_call_with_a_promise(self):
        day = self.in_days(6)
        page = self._log(
            "promise",
            person="Ms Claire",
            note="By transfer",
            **{
                "promise-amount": "1 000,00",
                "promise-date_promised": day,
                "promise-payment_means": "transfer",
                "promise-item_ids": [self.late.id],
            },
        )
        self.assertEqual(page.status_code, 200)
        self.assertIn("your call is logged", page.text)
        call = self.account.call_ids
        self.assertRecordValues(
            call.promise_id,
            [
                {
                    "amount": 1000.0,
                    "date_promised": day,
                    "person": "Ms Claire",
                    "item_ids": self.late.ids,
                }
            ],
        )

    def test_call_with_other_things(self):
        bill = self._bill()
        self._log(
            "dispute",
            **{
                "dispute-reason_id": self.price.id,
                "dispute-item_ids": [self.other.id],
                "dispute-amount": "20",
                "contact-name": "Paul Petit",
                "contact-phone": "+33 6 99 99 99 99",
                "means-target": "direct_debit",
                "means-answer": "refused",
                "means-refusal_reason": "control",
            },
        )
        call = self.account.call_ids
        self.assertEqual(call.dispute_id.amount, 20.0)
        contact = self.customer.child_ids.filtered(lambda c: c.name == "Paul Petit")
        self.assertTrue(contact.phone)
        change = self.account.means_change_ids
        self.assertEqual((change.state, change.refusal_reason), ("refused", "control"))
        self._log(
            "bill_will_be_returned",
            next_action_date=self.in_days(3),
            **{"bill-bill_id": bill.id, "bill-alternative": "transfer"},
        )
        self.assertEqual(bill.chase_count, 1)
        self._log(
            "plan_requested",
            **{
                "plan-instalment_count": "3",
                "plan-date_first": self.in_days(9),
                "plan-item_ids": [self.late.id],
            },
        )
        self.assertEqual(self.account.plan_ids.state, "active")

    def test_incoming_call_at_a_set_hour(self):
        self._post(
            f"{self.url}/call",
            outcome_id=self._result("callback_requested").id,
            direction="incoming",
            next_action_date=self.in_days(1),
            next_action_time="14:30",
        )
        self.assertRecordValues(
            self.account.call_ids,
            [{"direction": "incoming", "next_action_time": 14.5}],
        )
        self.assertEqual(self.account.next_action_time, 14.5)

    def test_refused_call_leaves_nothing_and_keeps_all(self):
        day = self.in_days(6)
        for code, data, message in (
            ("promise", {}, "record the promise"),
            ("promise", {"promise-amount": "10"}, "by which day"),
            ("promise", {"promise-date_promised": day}, "how much was promised"),
            ("dispute", {}, "record the dispute"),
            ("dispute", {"dispute-reason_id": self.price.id}, "which invoices"),
            ("callback_requested", {}, "on which day"),
            ("no_answer", {"promise-amount": "5"}, "Choose another outcome"),
            ("information_only", {"next_action_time": "late"}, "is not an hour"),
            ("information_only", {"next_action_time": "24:00"}, "is not an hour"),
            ("information_only", {"next_action_time": "9" * 6000}, "is not an hour"),
            ("information_only", {"direction": "sideways"}, "values offered"),
            (
                "dispute",
                {"dispute-reason_id": "first", "next_action_date": day},
                "values offered",
            ),
            (
                "payment_means_change_agreed",
                {
                    "means-target": "transfer",
                    "means-answer": "refused",
                    "next_action_date": day,
                },
                "why the customer refuses",
            ),
            (
                "information_only",
                {
                    "next_action_date": day,
                    "contact-name": "Somebody",
                    "promise-amount": "10",
                    "promise-date_promised": day,
                },
                "number or an e-mail address",
            ),
        ):
            with self.subTest(code=code, data=data):
                response = self._log(code, note="Typed in vain", **data)
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Typed in vain", response.text)
                if message == "values offered":
                    continue  # a choice that is not offered is not offered again
                for value in data.values():
                    self.assertIn(f'"{value}"', response.text)
        self.assertFalse(self.account.call_ids)
        self.assertFalse(self.account.promise_ids)
        self.assertFalse(self.account.dispute_ids)

    def test_means_left_as_proposed_say_nothing(self):
        """The form proposes a target: only an answer makes it a proposal made."""
        self._log("no_answer", **{"means-target": "transfer", "promise-confirm": "1"})
        self.assertEqual(len(self.account.call_ids), 1)
        self.assertFalse(self.account.means_change_ids)

    def test_forged_values(self):
        with mute_logger("odoo.http"):
            for data in (
                {"promise-user_id": "1", "promise-amount": "1"},
                {"contact-name": "X", "contact-phone": "1", "contact-parent_id": "1"},
                {"contact-contact_id": self.other_customer.id, "contact-phone": "1"},
                {
                    "promise-amount": "1",
                    "promise-date_promised": self.in_days(1),
                    "promise-item_ids": self.other_account.item_ids.ids,
                },
            ):
                with self.subTest(data=data):
                    response = self._log(
                        "information_only", next_action_date=self.in_days(1), **data
                    )
                    self.assertEqual(response.status_code, 404)
        self.assertFalse(self.account.call_ids)
        self.assertFalse(self.account.promise_ids)

    def test_against_an_obstacle_with_a_reason(self):
        self.account.do_not_call = True
        url = f"{self.url}/call"
        response = self._post(url, outcome_id=self.no_answer.id)
        self.assertEqual(response.status_code, 422)
        self.assertIn("wants no calls", response.text)
        self.assertIn("obstacle_reason", response.text)
        self._post(url, outcome_id=self.no_answer.id, obstacle_reason="He wrote to me")
        self.assertEqual(self.account.call_ids.obstacle_reason, "He wrote to me")

    def test_save_and_next_customer(self):
        page = self._log("no_answer", then="next")
        # nobody else is his: the list says why
        self.assertIn("nobody=1", page.url)
        self.assertEqual(len(self.account.call_ids), 1)
        self.patch(
            self.env.registry["collection.account"],
            "_next_account",
            lambda accounts, agent=None: accounts.browse(self.account.id),
        )
        page = self._log("no_answer", then="next")
        self.assertTrue(page.url.endswith(self.url))

    def test_page_without_javascript_offers_all(self):
        """The forms are plain HTML; scripts only help."""
        page = self.url_open(self.url).text
        for name in (
            "promise-amount",
            "dispute-reason_id",
            "plan-date_first",
            "duplicate-item_ids",
            "contact-name",
            "means-answer",
            "direction",
        ):
            self.assertIn(f'name="{name}"', page)
        for outcome in self.env["collection.call.outcome"].search([]):
            self.assertIn(f'id="collection_outcome_{outcome.id}"', page)


@tagged("post_install", "-at_install")
class TestPortalActDoors(ActCommon):
    """Each act by each stranger, and by an agent whose page is older than a recall."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        account = cls.account.with_user(cls.agent_user)
        cls.own = account._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": cls.in_days(3),
                "item_ids": cls.late.ids,
            }
        ).with_env(cls.env)
        cls.plan = account._portal_propose_plan(
            {
                "instalment_count": 9,
                "date_first": cls.in_days(9),
                "item_ids": cls.other.ids,
            }
        ).with_env(cls.env)
        cls.control = cls.env["collection.precheck"].create(
            {"item_id": cls.coming_item.id}
        )
        cls.bill = cls.env["collection.bill"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(cls.coming_item.ids)],
                "kind": "lcr",
            }
        )
        cls.bill.action_send()
        cls.posts = {
            "call": {"outcome_id": cls.no_answer.id, "obstacle_reason": "x"},
            "assign": {"agent_id": cls.agent.id},
            # before the next promise, which takes its place
            f"promise/{cls.own.id}/withdraw": {"reason": "x"},
            "promise": {"amount": "5", "date_promised": cls.in_days(3)},
            "plan": {"instalment_count": "2", "date_first": cls.in_days(3)},
            f"plan/{cls.plan.id}/cancel": {},
            "dispute": {"reason_id": cls.price.id, "item_ids": cls.late.ids},
            f"bill/{cls.bill.id}/chase": {"alternative": "transfer"},
            f"check/{cls.control.id}": {"check_received": "on"},
            "message": {"body": "x"},
            "return": {"reason": "refuses", "body": "x"},
        }

    def _assert_shut(self, skip=(), told=False):
        """Nothing happens.

        :param told: what was typed reaches the company, as a note
        """
        for path, data in self.posts.items():
            if path in skip:
                continue
            with self.subTest(path=path), mute_logger("odoo.http"):
                self.assertEqual(self._act(path, **data).status_code, 404)
        self._assert_untouched(told)

    def _assert_untouched(self, told=False):
        self.env.invalidate_all()
        self.assertFalse(self.account.call_ids)
        self.assertEqual(self.account.promise_ids, self.own)
        self.assertEqual(self.own.state, "open")
        self.assertEqual(self.account.plan_ids, self.plan)
        self.assertEqual(self.plan.state, "to_approve")
        self.assertFalse(self.account.dispute_ids)
        self.assertEqual(self.bill.chase_count, 0)
        self.assertFalse(self.control.received)
        kinds = self.env["collection.provider.note"].search([]).mapped("kind")
        self.assertEqual(set(kinds), {"note"} if told else set())
        self.assertFalse(self.account.agent_id)

    def test_strangers(self):
        for user in (
            self.other_agent_user,
            self.plain_portal_user,
            self.plain_internal_user,
            self.collector_user,
            self.manager_user,
        ):
            self._log_in(user)
            with self.subTest(user=user.login):
                self._assert_shut()

    def test_public(self):
        self.authenticate(None, None)
        for path, data in self.posts.items():
            with self.subTest(path=path), mute_logger("odoo.http"):
                response = self.url_open(f"{self.url}/{path}", data={"a": 1, **data})
                self.assertNotIn("Nord", response.text)
        self._assert_untouched()

    def test_recalled_while_the_page_is_open(self):
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.account.placement_line_id._take_back("recalled", "Ours again")
        self._assert_shut(told=True)

    def test_mandate_expired_while_the_page_is_open(self):
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.mandate.write({"date_start": "2020-01-01", "date_end": "2020-12-31"})
        self._assert_shut()

    def test_left_the_team_while_the_page_is_open(self):
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.mandate.agent_ids -= self.agent
        self._assert_shut()

    def test_without_the_token_of_the_session(self):
        self._log_in(self.agent_user)
        for path, data in self.posts.items():
            with self.subTest(path=path), mute_logger("odoo.http"):
                response = self.url_open(f"{self.url}/{path}", data={"a": 1, **data})
                self.assertEqual(response.status_code, 400)
        self._assert_untouched()

    def test_by_get_nothing_happens(self):
        self._log_in(self.agent_user)
        for path in self.posts:
            with self.subTest(path=path):
                self.assertIn(self._status(f"{self.url}/{path}"), (404, 405))
        self._assert_untouched()

    def test_each_door_opens_for_him(self):
        """The tests above would also pass if nothing worked for anybody."""
        self._log_in(self.agent_user)
        for path, data in self.posts.items():
            if path == "assign":
                continue
            with self.subTest(path=path):
                self.assertEqual(self._act(path, **data).status_code, 200)

    def test_methods_are_no_remote_calls(self):
        self._log_in(self.supervisor_user)
        for model, method in (
            ("collection.account", "_portal_write_note"),
            ("collection.account", "_portal_request_return"),
            ("collection.account", "_portal_open_dispute"),
            ("collection.mandate", "_portal_share_out"),
            ("collection.mandate", "_portal_assign_selection"),
            ("collection.mandate", "_get_portal_team"),
            ("collection.provider.note", "_post"),
        ):
            self._assert_denied(model, method, [], {})
