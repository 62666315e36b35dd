# pylint: disable=translation-required  # what a test posts, nobody reads
import re

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from .common import PortalCommon

#: models a provider's agent reads in part, with a field he must not read
CLOSED_FIELDS = {
    "collection.account": "turnover_12m",
    "collection.item": "policy_id",
    "collection.call": "agent_id",
    "collection.mandate": "note",
    "collection.placement": "note",
    "collection.placement.line": "reason",
    "collection.placement.item": "recalled",
}


@tagged("post_install", "-at_install")
class TestPortal(PortalCommon):
    # ------------------------------------------------------------------
    # Home and list
    # ------------------------------------------------------------------

    def test_entry_is_for_provider_agents_only(self):
        for user, expected in (
            (self.agent_user, True),
            (self.supervisor_user, True),
            (self.other_agent_user, True),
            (self.plain_portal_user, False),
            (self.collector_user, False),
            (self.plain_internal_user, False),
        ):
            with self.subTest(user=user.login):
                self._log_in(user)
                counters = self.make_jsonrpc_request(
                    "/my/counters", {"counters": ["collection_account_count"]}
                )
                self.assertEqual(bool(counters["collection_account_count"]), expected)
                status = self._status("/my/collection")
                self.assertEqual(status, 200 if expected else 404)

    def test_public_user_is_sent_to_login(self):
        for url in ("/my/collection", self.url, "/my/collection/hand-overs"):
            response = self.url_open(url)
            self.assertIn("/web/login", response.url)
            self.assertNotIn("Nord", response.text)

    def test_list_shows_what_is_delegated(self):
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection").text
        self.assertIn("Nord", page)
        self.assertIn("C-1001", page)
        self.assertIn("Lille", page)
        self.assertIn("1,250.00", page)
        self.assertNotIn("Vela", page)

    def test_list_is_empty_for_the_other_provider(self):
        self._log_in(self.other_agent_user)
        page = self.url_open("/my/collection").text
        self.assertNotIn("Nord", page)
        self.assertIn("As soon as customers are handed over", page)

    def test_search(self):
        self._log_in(self.agent_user)
        for search, found in (
            ("nor", True),
            ("C-1001", True),
            (self.invoice.name, True),
            (self.foreign_invoice.name, False),
            ("Nobody", False),
        ):
            with self.subTest(search=search):
                page = self.url_open(f"/my/collection?search={search}").text
                self.assertEqual(self.url in page, found)

    def test_filters_and_sort_orders(self):
        self._log_in(self.agent_user)
        self.account.with_context(tracking_disable=True).next_action_date = False
        expected = {
            "all": True,
            "overdue": True,
            "todo": False,
            "never": True,
            "disputed": False,
            "mine": False,
        }
        for code, found in expected.items():
            with self.subTest(filter=code):
                page = self.url_open(f"/my/collection?filterby={code}").text
                self.assertEqual(self.url in page, found)
        self.env["collection.call"].with_user(self.agent_user).create(
            self._call_values(
                self.account,
                "information_only",
                next_action_date=self._today(),
            )
        )
        self.account.agent_id = self.agent
        for code, found in (("todo", True), ("never", False), ("mine", True)):
            with self.subTest(filter=code):
                page = self.url_open(f"/my/collection?filterby={code}").text
                self.assertEqual(self.url in page, found)
        for code in ("amount", "due", "action", "customer", "unknown"):
            with self.subTest(sort=code):
                page = self.url_open(f"/my/collection?sortby={code}").text
                self.assertIn(self.url, page)

    def test_sorted_by_customer_across_pages(self):
        partners = [self._customer(f"Zeta {number:02d}") for number in range(35)]
        invoices = [(partner, 10.0) for partner in partners]
        self._invoices(invoices, "2026-01-31")
        accounts = self.env["collection.account"].union(
            *[self.account_of(partner) for partner in partners]
        )
        self._hand_over(accounts)
        self._log_in(self.agent_user)
        first = self.url_open("/my/collection?sortby=customer").text
        second = self.url_open("/my/collection/page/2?sortby=customer").text
        self.assertLess(first.index("Nord"), first.index("Zeta 00"))
        self.assertIn("Zeta 28", first)
        self.assertNotIn("Zeta 29", first)
        self.assertIn("Zeta 34", second)

    # ------------------------------------------------------------------
    # Account page
    # ------------------------------------------------------------------

    def test_account_page(self):
        self._log_in(self.agent_user)
        page = self.url_open(self.url).text
        for text in (
            "Nord",
            "Claire Dubois",
            "Accounts payable",
            'href="tel:+33612345678"',
            self.invoice.name,
            "1,000.00",
        ):
            self.assertIn(text, page)
        self.assertNotIn(self.foreign_invoice.name, page)
        # the contact for invoices comes first, and is the number proposed
        self.assertRegex(
            re.sub(r"\s+", " ", page), r'<input id="collection_phone"[^>]*34 56 78'
        )

    def test_credits_stand_beside(self):
        self._payment(self.customer, 300.0, "2026-01-15")
        values = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertEqual(values["credit"], 300.0)
        self.assertEqual([total["due"] for total in values["totals"]], [1250.0])
        self._log_in(self.agent_user)
        self.assertIn("open credits of", self.url_open(self.url).text)

    def test_payment_received_directly_is_seen_at_once(self):
        self._pay(self.late_invoice)
        items = self.account.with_user(self.agent_user)._get_portal_values()["items"]
        self.assertEqual(
            [(item["number"], item["open"], item["due"]) for item in items],
            [
                (self.invoice.name, True, 1000.0),
                (self.late_invoice.name, False, 0.0),
            ],
        )

    def test_amounts_by_currency_and_age(self):
        dollar = self._enable_currency("USD")
        self._invoice(
            self.customer,
            500.0,
            fields.Date.add(self._today(), days=-100),
            currency=dollar,
        )
        values = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertEqual(
            {total["currency"].name: total["due"] for total in values["totals"]},
            {"EUR": 1250.0, "USD": 500.0},
        )
        ages = {age["code"]: age["amount"] for age in values["ages"]}
        self.assertEqual((ages["d1_30"], ages["d31_60"]), (250.0, 1000.0))
        self.assertGreater(ages["d91_plus"], 0)

    def test_item_taken_back_alone_leaves_the_page(self):
        item = self.items.filtered(lambda item: item.move_id == self.late_invoice)
        item.write({"delegated": False})
        values = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertEqual(
            [row["number"] for row in values["items"]], [self.invoice.name]
        )
        self._log_in(self.agent_user)
        self.assertEqual(self._status(f"{self.url}/invoice/{item.id}/pdf"), 404)

    def test_script_follows_the_mode_of_the_mandate(self):
        account = self.account.with_user(self.agent_user)
        script = account._get_portal_values()["script"]
        self.assertIn(self.company.name, script)
        self.assertNotIn(self.provider.name, script)
        self.mandate.mode = "on_behalf"
        script = account._get_portal_values()["script"]
        self.assertIn(self.company.name, script)
        self.assertIn(self.provider.name, script)
        self.assertIn(self.mandate.number, script)

    def test_history_hides_who_works_elsewhere(self):
        call_model = self.env["collection.call"]
        for user, note in (
            (self.collector_user, "From the office"),
            (self.agent_user, "From the provider"),
        ):
            call_model.with_user(user).create(
                self._call_values(self.account, note=note)
            )
        history = self.account.with_user(self.agent_user)._get_portal_values()[
            "history"
        ]
        self.assertEqual(
            {entry["who"] for entry in history}, {self.company.name, self.agent.name}
        )
        self.placement.line_ids._take_back("recalled", "Change of provider")
        self._hand_over(self.account, self.other_mandate)
        history = self.account.with_user(self.other_agent_user)._get_portal_values()[
            "history"
        ]
        self.assertEqual(
            {entry["who"] for entry in history}, {self.company.name, "Another provider"}
        )

    def test_invoice_pdf(self):
        self._log_in(self.agent_user)
        response = self.url_open(f"{self.url}/invoice/{self.items[:1].id}/pdf")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        # without forced rendering, a test gets the document before its conversion
        self.assertIn(self.items[:1].move_name, response.text)
        foreign_item = self.other_account.item_ids
        for url in (
            f"{self.url}/invoice/{foreign_item.id}/pdf",
            f"/my/collection/{self.other_account.id}/invoice/{foreign_item.id}/pdf",
        ):
            self.assertEqual(self._status(url), 404)
        response = self.url_open(
            f"/my/invoices/{self.invoice.id}?report_type=pdf&download=true"
        )
        self.assertNotIn(self.invoice.name, response.text)

    def test_number_of_queries_does_not_follow_the_items(self):
        def count():
            with self._count_queries() as counter:
                account._get_portal_values()
                account._get_portal_rows()
            return counter.total

        account = self.account.with_user(self.agent_user)
        count()
        few = count()
        self._invoices([(self.customer, 10.0)] * 20, "2026-01-31")
        self.assertEqual(len(account._get_portal_values()["items"]), 22)
        self.assertLessEqual(count(), few + 2)

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def test_log_a_call(self):
        self._log_in(self.agent_user)
        due = fields.Date.add(self._today(), days=5)
        response = self._post_call(
            outcome_id=self.in_process.id,
            phone="+33 6 12 34 56 78",
            duration="2,5",
            note="Pays on Friday",
            next_action_date=str(due),
            next_action="Check the bank",
        )
        self.assertEqual(response.status_code, 200)
        self.assertIn("your call is logged", response.text)
        self.assertIn("Pays on Friday", response.text)
        self.assertRecordValues(
            self.account.call_ids,
            [
                {
                    "user_id": self.agent_user.id,
                    "agent_id": self.agent.id,
                    "side": "provider",
                    "outcome_id": self.in_process.id,
                    "right_party": True,
                    "phone": "+33 6 12 34 56 78",
                    "duration": 2.5,
                    "note": "Pays on Friday",
                    "next_action_date": due,
                }
            ],
        )
        self.assertEqual(self.account.next_action_date, due)
        self.assertEqual(self.account.next_action, "Check the bank")

    def test_refused_call_keeps_what_was_typed(self):
        self._log_in(self.agent_user)
        for data, message in (
            ({"note": "Typed in vain"}, "choose an outcome"),
            ({"note": "Typed in vain", "outcome_id": "999999"}, "choose an outcome"),
            (
                {"note": "Typed in vain", "outcome_id": self.in_process.id},
                "next action is due",
            ),
            (
                {
                    "note": "Typed in vain",
                    "outcome_id": self.no_answer.id,
                    "next_action_date": "soon",
                },
                "is not a date",
            ),
            (
                {
                    "note": "Typed in vain",
                    "outcome_id": self.no_answer.id,
                    "duration": "long",
                },
                "in minutes",
            ),
            (
                {
                    "note": "Typed in vain",
                    "outcome_id": self.no_answer.id,
                    "next_action_date": "2020-01-01",
                },
                "before the call itself",
            ),
        ):
            with self.subTest(message=message):
                response = self._post_call(**data)
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
                self.assertIn("Typed in vain", response.text)
        self.assertFalse(self.account.call_ids)

    def test_call_takes_a_closed_list_of_values(self):
        account = self.account.with_user(self.agent_user)
        with self.assertRaises(AccessError):
            account._portal_log_call(
                {"outcome_id": self.no_answer.id, "user_id": self.manager_user.id}
            )
        with self.assertRaises(UserError):
            account._portal_log_call({})

    def test_call_needs_the_session_token(self):
        self._log_in(self.agent_user)
        with mute_logger("odoo.http"):
            response = self.url_open(
                f"{self.url}/call", data={"outcome_id": self.no_answer.id}
            )
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.account.call_ids)

    def test_next_customer_of_the_list(self):
        self._hand_over(self.other_account)
        self._log_in(self.agent_user)
        self.url_open("/my/collection?sortby=customer")
        page = self._post_call(outcome_id=self.no_answer.id).text
        self.assertIn(f'href="/my/collection/{self.other_account.id}"', page)
        self.other_account.placement_line_id._take_back("recalled", "Ours again")
        page = self.url_open(self.url).text
        self.assertNotIn(f'href="/my/collection/{self.other_account.id}"', page)

    def test_next_customer_of_the_worklist(self):
        """Claimed on the way; called, he is nobody's any more today."""
        # a country none of whose holidays is known, on a Wednesday
        self.customer.country_id = self.env.ref("base.ma")
        today = self._today()
        wednesday = fields.Date.add(today, days=(2 - today.weekday()) % 7)
        with freeze_time(f"{wednesday} 11:00:00"):
            self._log_in(self.agent_user)
            page = self._post("/my/collection/next")
            self.assertTrue(page.url.endswith(self.url), page.url)
            self.assertEqual(self.account.claimed_by_id, self.agent)
            self.assertNotIn("Do not call now", page.text)
            page = self._post(f"{self.url}/call", outcome_id=self.no_answer.id)
            self.assertFalse(self.account.claimed_by_id)
            page = self._post("/my/collection/next")
            self.assertIn("Nobody to call at this moment", page.text)
            page = self.url_open(self.url).text
            self.assertIn("Do not call now", page)

    def test_next_customer_is_not_for_others(self):
        for user in (self.plain_portal_user, self.other_agent_user):
            self._log_in(user)
            with mute_logger("odoo.http"):
                self.assertNotIn(
                    self.customer.name, self._post("/my/collection/next").text
                )
        self.assertFalse(self.account.claimed_by_id)

    def test_agenda(self):
        self.account.write(
            {"next_action_date": self._today(), "next_action": "Ask for Claire"}
        )
        self.other_account.write(
            {"next_action_date": self._today(), "next_action": "Not his"}
        )
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection/agenda").text
        self.assertIn(f'href="{self.url}"', page)
        self.assertIn("Ask for Claire", page)
        self.assertNotIn("Not his", page)
        self.account.placement_line_id._take_back("recalled", "Ours again")
        self.assertNotIn("Ask for Claire", self.url_open("/my/collection/agenda").text)
        self._log_in(self.plain_portal_user)
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/my/collection/agenda").status_code, 404)

    # ------------------------------------------------------------------
    # Supervisor
    # ------------------------------------------------------------------

    def test_supervisor_assigns_within_the_mandate(self):
        self._log_in(self.supervisor_user)
        self.assertIn("o_collection_assign_form", self.url_open(self.url).text)
        self._post(f"{self.url}/assign", agent_id=self.agent.id)
        self.assertEqual(self.account.agent_id, self.agent)
        with mute_logger("odoo.http"):
            response = self._post(f"{self.url}/assign", agent_id=self.other_agent.id)
        self.assertEqual(response.status_code, 404)
        self.assertEqual(self.account.agent_id, self.agent)
        self._post(f"{self.url}/assign", agent_id="")
        self.assertFalse(self.account.agent_id)

    def test_agent_assigns_nothing(self):
        self._log_in(self.agent_user)
        self.assertNotIn("o_collection_assign_form", self.url_open(self.url).text)
        with mute_logger("odoo.http"):
            response = self._post(f"{self.url}/assign", agent_id=self.agent.id)
        self.assertEqual(response.status_code, 404)
        self.assertFalse(self.account.agent_id)

    def test_supervisor_acknowledges_receipt(self):
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [Command.create({"account_id": self.other_account.id})],
            }
        )
        placement.action_hand_over()
        url = "/my/collection/hand-overs"
        accept = f"{url}/{placement.id}/accept"
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            with self.subTest(user=user.login):
                self._log_in(user)
                self.assertEqual(self._status(url), 404)
                with mute_logger("odoo.http"):
                    self.assertEqual(self._post(accept).status_code, 404)
        self.assertEqual(placement.state, "handed_over")
        self._log_in(self.supervisor_user)
        page = self.url_open(url).text
        self.assertIn(placement.number, page)
        self.assertIn("777.00", page)
        self.assertIn("Look at it and acknowledge", page)
        page = self.url_open(f"{url}/{placement.id}").text
        self.assertIn("Acknowledge receipt", page)
        self._post(accept, seal=placement._get_receipt_seal())
        self.assertEqual(placement.state, "accepted")
        self.assertNotIn("Look at it and acknowledge", self.url_open(url).text)

    # ------------------------------------------------------------------
    # Who gets nothing, and when it ends
    # ------------------------------------------------------------------

    def test_others_get_nothing(self):
        for user in (
            self.other_agent_user,
            self.plain_portal_user,
            self.plain_internal_user,
        ):
            with self.subTest(user=user.login):
                self._log_in(user)
                self._assert_no_entry()

    def test_not_delegated_account(self):
        self._log_in(self.agent_user)
        self._assert_no_entry(self.other_account)

    def test_after_a_recall(self):
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.placement.line_ids.with_user(self.manager_user)._take_back(
            "recalled", "Sensitive"
        )
        self._assert_no_entry()
        self._assert_rpc_closed()

    def test_after_the_last_day_of_the_mandate(self):
        self._log_in(self.agent_user)
        self.mandate.date_end = self._today()
        self.assertEqual(self._status(self.url), 200)
        self.mandate.write({"date_start": "2020-01-01", "date_end": "2020-12-31"})
        self._assert_no_entry()
        self._assert_rpc_closed()

    def test_the_day_after(self):
        """The rules look at the date themselves: nothing has to be reset first."""
        self.mandate.date_end = self._today()
        account = self.account.with_user(self.agent_user)
        self.assertTrue(account.has_access("read"))
        account._portal_log_call(
            {"outcome_id": self.no_answer.id, "obstacle_reason": "A test"}
        )
        with freeze_time(fields.Date.add(self.mandate.date_end, days=1)):
            self.env.invalidate_all()
            self.assertFalse(account.has_access("read"))
            with self.assertRaises(AccessError):
                account._portal_log_call({"outcome_id": self.no_answer.id})
            with self.assertRaises(AccessError):
                account._get_portal_values()

    def test_after_the_agent_left_the_mandate(self):
        self._log_in(self.agent_user)
        self.mandate.agent_ids -= self.agent
        self._assert_no_entry()
        self._assert_rpc_closed()

    def test_after_the_agent_was_archived(self):
        self._log_in(self.agent_user)
        self.agent.active = False
        self._assert_no_entry()
        self._assert_rpc_closed()

    def test_mandate_not_running(self):
        self._log_in(self.agent_user)
        for state in ("study", "agreed", "ended"):
            with self.subTest(state=state):
                # no step leads back there
                self.mandate._write({"state": state})
                self.mandate.invalidate_recordset()
                self._assert_no_entry()

    # ------------------------------------------------------------------
    # Remote calls
    # ------------------------------------------------------------------

    def _records(self):
        line = self.placement.line_ids
        return {
            "collection.account": self.account,
            "collection.item": self.items,
            "collection.mandate": self.mandate,
            "collection.placement": self.placement,
            "collection.placement.line": line,
            "collection.placement.item": self.env["collection.placement.item"].search(
                [("placement_id", "=", self.placement.id)]
            ),
        }

    def _assert_rpc_closed(self):
        """Nothing can be read, found or created any more."""
        self._assert_ledger_closed()
        for model, records in self._records().items():
            # the mandate outlives the recall of one of its accounts
            if model == "collection.mandate" and self.mandate._is_working():
                if self.agent in self.mandate.agent_ids.filtered("active"):
                    continue
            self._assert_not_found(model, [("id", "in", records.ids)])
            self._assert_denied(model, "read", records.ids, ["display_name"])
        self._assert_denied(
            "collection.call",
            "create",
            [self._call_values(self.account)],
        )

    def _assert_ledger_closed(self):
        for model, records in (
            ("account.move", self.invoice),
            ("account.move.line", self.invoice.line_ids),
            ("res.partner", self.customer | self.contact),
        ):
            self._assert_not_found(model, [("id", "in", records.ids)])
            self._assert_denied(model, "read", records.ids, ["display_name"])

    def test_agent_rpc_reads_the_white_list_only(self):
        self._log_in(self.agent_user)
        self.env["collection.call"].with_user(self.agent_user).create(
            self._call_values(self.account)
        )
        records = self._records() | {"collection.call": self.account.call_ids}
        for model, record in records.items():
            with self.subTest(model=model):
                self.assertTrue(
                    self._call_kw(model, "read", record.ids, ["display_name"])
                )
                self.assertTrue(
                    set(self._call_kw(model, "fields_get")).issubset(
                        self.env[model]._provider_fields
                        | {"id", "display_name", "active"}
                    )
                )
                # all readable fields at once, as an export would
                self._call_kw(model, "read", record.ids, [])
            name = CLOSED_FIELDS[model]
            self._assert_denied(model, "read", record.ids, [name])
            self._assert_denied(model, "search", [(name, "!=", False)])
            self._assert_denied(model, "search", [], order=name)
            self._assert_denied(
                model, "formatted_read_group", [], groupby=[name], aggregates=[]
            )
            self._assert_denied(model, "export_data", record.ids, [name])
        for name in ("message_ids", "user_id", "policy_id", "create_uid"):
            self._assert_denied("collection.account", "read", self.account.ids, [name])
        # the customer and the invoice tell nothing through the account and the item
        self.customer.vat = "FR83404833048"
        for model, condition in (
            ("collection.account", ("partner_id.vat", "=like", "FR%")),
            ("collection.account", ("partner_id.credit_limit", "=", 0)),
            ("collection.item", ("move_id.amount_untaxed", ">", 0)),
        ):
            self._assert_not_found(model, [condition])
        self._assert_denied(
            "collection.account", "search", [("segment_id.handling", "!=", False)]
        )

    def test_agent_rpc_changes_nothing(self):
        self._log_in(self.agent_user)
        values = {
            "collection.account": {"next_action": "x"},
            "collection.item": {"level_date": "2026-01-01"},
            "collection.mandate": {"mode": "on_behalf"},
            "collection.placement": {
                "mandate_id": self.mandate.id,
                "state": "accepted",
            },
            "collection.placement.line": {"state": "paid"},
            "collection.placement.item": {"amount": 1.0},
        }
        for model, records in self._records().items():
            self._assert_denied(model, "write", records.ids, values[model])
            self._assert_denied(model, "unlink", records.ids)
            self._assert_denied(model, "create", [values[model]])
        line = self.placement.line_ids
        for model, method, ids in (
            ("collection.mandate", "action_end", self.mandate.ids),
            ("collection.mandate", "action_review", self.mandate.ids),
            ("collection.item", "action_approve_level", self.items.ids),
            ("collection.account", "action_release_hold", self.account.ids),
        ):
            self._assert_denied(model, method, ids)
        self.assertEqual(line.state, "active")
        self._assert_denied("account.move", "create", [{"move_type": "entry"}])
        self._assert_denied("account.move", "write", self.invoice.ids, {"ref": "x"})
        self._assert_denied("res.partner", "write", self.customer.ids, {"phone": "1"})
        self._assert_ledger_closed()

    def test_agent_rpc_does_not_reach_other_accounts(self):
        self._log_in(self.agent_user)
        self.assertFalse(
            self._call_kw(
                "collection.account", "search", [("id", "=", self.other_account.id)]
            )
        )
        self._assert_denied(
            "collection.account", "read", self.other_account.ids, ["display_name"]
        )
        self._assert_denied(
            "collection.item",
            "read",
            self.other_account.item_ids.ids,
            ["amount_residual"],
        )
        self._assert_denied(
            "collection.call",
            "create",
            [self._call_values(self.other_account)],
        )

    def test_agent_cannot_forge_a_call(self):
        self._log_in(self.agent_user)
        call = self._call_values(self.account)
        for values in (
            {"user_id": self.manager_user.id},
            {"date": "2026-01-01 00:00:00"},
            {"side": "company"},
        ):
            self._assert_denied("collection.call", "create", [{**call, **values}])
        self._call_kw(
            "collection.call",
            "create",
            [call],
            context={"default_user_id": self.manager_user.id},
        )
        self.assertEqual(self.account.call_ids.user_id, self.agent_user)
        self._assert_denied(
            "collection.call", "write", self.account.call_ids.ids, {"note": "x"}
        )
        self._assert_denied("collection.call", "unlink", self.account.call_ids.ids)

    def test_discussion_is_closed(self):
        message = self.account.message_post(
            body="Their lawyer called",
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        note = self.mandate.message_post(
            body="Fee under discussion",
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        self._log_in(self.agent_user)
        self._assert_not_found("mail.message", [("id", "in", [message.id, note.id])])
        self._assert_denied("mail.message", "read", (message | note).ids, ["body"])
        self._assert_denied(
            "mail.message",
            "create",
            [
                {
                    "model": "collection.account",
                    "res_id": self.account.id,
                    "body": "Hello",
                    "message_type": "comment",
                }
            ],
        )
        self._assert_denied(
            "collection.account", "message_post", self.account.ids, body="Hello"
        )
        found = self.make_jsonrpc_request(
            "/mail/chatter_fetch",
            {"thread_model": "collection.account", "thread_id": self.account.id},
        )
        self.assertFalse(found["messages"])
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/mail/message/post",
                {
                    "thread_model": "collection.account",
                    "thread_id": self.account.id,
                    "post_data": {"body": "Hello", "message_type": "comment"},
                },
            )
        self.assertNotIn("Hello", " ".join(self.account.message_ids.mapped("body")))

    def test_attachments_are_closed(self):
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": f"{record._name}.txt",
                    "raw": b"secret",
                    "res_model": record._name,
                    "res_id": record.id,
                }
                for record in (
                    self.account,
                    self.mandate,
                    self.placement,
                    self.items[:1],
                    self.invoice,
                )
            ]
        )
        self._log_in(self.agent_user)
        for attachment in attachments:
            with self.subTest(model=attachment.res_model):
                self._assert_not_found(
                    "ir.attachment",
                    [
                        ("res_model", "=", attachment.res_model),
                        ("res_id", "=", attachment.res_id),
                    ],
                )
                self._assert_denied("ir.attachment", "read", attachment.ids, ["raw"])
                self.assertNotEqual(self._status(f"/web/content/{attachment.id}"), 200)
        self._assert_denied(
            "ir.attachment",
            "create",
            [
                {
                    "name": "x",
                    "raw": "eA==",
                    "res_model": "collection.account",
                    "res_id": self.account.id,
                }
            ],
        )

    def test_reports_are_closed(self):
        self._log_in(self.agent_user)
        for report, record in (
            ("account.report_invoice", self.invoice),
            ("account.report_invoice_with_payments", self.invoice),
        ):
            with mute_logger("odoo.http", "odoo.addons.base.models.ir_qweb"):
                response = self.url_open(f"/report/html/{report}/{record.id}")
            self.assertNotEqual(response.status_code, 200)
            self.assertNotIn("1,000.00", response.text)

    def test_exports_are_closed(self):
        self._log_in(self.agent_user)
        foreign_item = self.other_account.item_ids
        for url in (
            f"/account_collection/placement/{self.placement.id}/xlsx",
            f"/account_collection/item/{foreign_item.id}/invoice",
        ):
            self.assertEqual(self._status(url), 404)
        self.placement.line_ids._take_back("recalled", "Ours again")
        url = f"/account_collection/item/{self.items[:1].id}/invoice"
        self.assertEqual(self._status(url), 404)

    def test_plain_portal_user_rpc(self):
        self._log_in(self.plain_portal_user)
        for model in [*self._records(), "collection.call", "collection.agent"]:
            self._assert_denied(model, "search", [])
        self._assert_denied("res.partner", "read", self.customer.ids, ["display_name"])

    def test_customer_does_not_read_how_he_is_judged(self):
        self.plain_portal_user.partner_id.parent_id = self.customer
        self._log_in(self.plain_portal_user)
        for name in (
            "collection_segment_id",
            "collection_delegated",
            "collection_level_id",
            "collection_account_id",
        ):
            self._assert_denied("res.partner", "read", self.customer.ids, [name])

    # ------------------------------------------------------------------
    # On site
    # ------------------------------------------------------------------

    def test_on_site_agent_works_in_the_back_office(self):
        user = self.on_site_user
        account_model = self.env["collection.account"].with_user(user)
        self.assertEqual(account_model.search([]), self.account)
        for model in ("collection.account", "collection.item", "collection.call"):
            views = (
                self.env[model]
                .with_user(user)
                .get_views([(False, "list"), (False, "form"), (False, "search")])
            )
            names = set(views["models"][model]["fields"])
            for name in names:
                field = self.env[model]._fields[name]
                with self.subTest(model=model, field=name):
                    self.assertTrue(
                        self.env[model].with_user(user)._has_field_access(field, "read")
                    )
        account = self.account.with_user(user)
        action = account.action_log_call()
        with Form(
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
        ) as form:
            self.assertIn("Claire Dubois", form.sheet_html)
            self.assertIn(self.company.name, form.talk_html)
            form.contact = "none"
            form.outcome_id = self.no_answer
            form.note = "From the next desk"
            if form.blocked:
                form.obstacle_reason = "A test, at any hour"
        form.record.action_save()
        self.assertRecordValues(
            self.account.call_ids,
            [{"user_id": user.id, "side": "provider", "note": "From the next desk"}],
        )

    def test_on_site_agent_sees_no_more(self):
        user = self.on_site_user
        other = self.other_account.with_user(user)
        self.assertFalse(other.has_access("read"))
        self.assertFalse(self.other_account.item_ids.with_user(user).has_access("read"))
        self.assertFalse(self.invoice.with_user(user).has_access("read"))
        self.assertFalse(self.account.with_user(user).has_access("write"))
        with self.assertRaises(AccessError):
            self.env["collection.call"].with_user(user).create(self._call_values(other))
        for name in ("turnover_12m", "reserved"):
            with self.assertRaises(AccessError):
                self.account.with_user(user).read([name])
        for name in ("collection_level_id", "collection_delegated"):
            with self.assertRaises(AccessError):
                self.customer.with_user(user).read([name])
        self.assertEqual(
            self.env["collection.agent"].with_user(user).search([]),
            self.agent | self.supervisor | self.on_site_agent,
        )
        contract = self.env["ir.attachment"].create(
            {
                "name": "Contract.txt",
                "raw": b"Fees",
                "res_model": "collection.mandate",
                "res_id": self.mandate.id,
            }
        )
        self.assertFalse(contract.with_user(user).has_access("read"))

    # ------------------------------------------------------------------
    # Naming agents
    # ------------------------------------------------------------------

    def test_naming_an_agent_opens_the_door(self):
        user = self._user("collection_newcomer", "base.group_portal")
        agent = (
            self.env["collection.agent"]
            .with_user(self.manager_user)
            .create(
                {
                    "user_id": user.id,
                    "provider_id": self.provider.id,
                    "mandate_ids": [Command.link(self.mandate.id)],
                }
            )
        )
        self.assertTrue(user.has_group("account_collection.group_collection_provider"))
        self.assertTrue(self.account.with_user(user).has_access("read"))
        agent.mandate_ids = [Command.unlink(self.mandate.id)]
        self.env.invalidate_all()
        self.assertFalse(self.account.with_user(user).has_access("read"))

    def test_two_companies(self):
        """The agent sees both companies that mandate his provider, and no third."""
        second = self.setup_other_company(name="Second Company")
        company = second["company"]
        self.env.user.company_ids |= company
        mandate = self._mandate(self.provider, self.agent, company_id=company.id)
        self.assertIn(company, self.agent_user.company_ids)
        partner = self._customer("Ouest")
        self._invoice(partner, 90.0, "2026-01-31", company_data=second)
        account = self.account_of(partner, company)
        self._hand_over(account, mandate)
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection").text
        for text in ("Nord", "Ouest", "Second Company"):
            self.assertIn(text, page)
        self.assertEqual(self._status(f"/my/collection/{account.id}"), 200)


@tagged("post_install", "-at_install")
class TestPortalFrench(PortalCommon):
    def test_page_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref("base.module_account_collection")._update_translations("fr_FR")
        self.agent_user.lang = "fr_FR"
        self._log_in(self.agent_user)
        response = self.url_open(self.url)
        self.assertEqual(response.status_code, 200)
        self.assertIn('"lang": "fr_FR"', response.text)
        self.assertIn("000,00", response.text)
        for text in ("Qui appeler", "Consigner un appel", "Promesse de règlement"):
            self.assertIn(text, response.text)

    def test_script_is_in_the_customers_language(self):
        """The agent reads French, the customer is spoken to in English."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.agent_user.lang = "fr_FR"
        account = self.account.with_user(self.agent_user).with_context(lang="fr_FR")
        self.assertIn("1,250.00", account._get_portal_values()["script"])
        self.customer.lang = "fr_FR"
        self.assertIn("250,00", account._get_portal_values()["script"])
