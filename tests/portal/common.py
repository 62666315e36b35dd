# pylint: disable=translation-required  # what a test posts, nobody reads
import json
from datetime import date
from importlib import util
from pathlib import Path
from unittest import SkipTest

from odoo import Command, fields
from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException
from odoo.tools import email_normalize, mute_logger

from odoo.addons.account_collection.models.contact import collection_account_worklist
from odoo.addons.mail.tests.common import MockEmail

from ..common import CollectionCommon
from ..quality.common import QualityCommon


class PortalTourCommon(CollectionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the tour looks for English texts, whatever the database speaks
        cls.env["res.lang"]._activate_lang("en_US")
        cls.agent_user.lang = "en_US"
        due = fields.Date.add(cls._today(), days=-40)
        bakery = cls._customer("Tour Bakery", phone="+33 1 44 55 66 77", lang="en_US")
        cls._invoice(bakery, 480.0, due)
        cls._invoice(cls.customer, 1000.0, due)
        cls.bakery_account = cls.account_of(bakery)
        cls._hand_over(cls.bakery_account | cls.account_of(cls.customer))

    def _any_hour(self):
        """At whatever hour and day the test runs, customers may be called."""
        self.patch(collection_account_worklist, "in_window", lambda *args: True)
        holidays = self.env.registry["collection.holiday"]
        self.patch(holidays, "_find", lambda holidays, *args: holidays.browse())

    def _call_the_bakery(self):
        self._any_hour()
        self.start_tour("/my", "collection_portal_call", login=self.agent_user.login)
        self.assertRecordValues(
            self.bakery_account.call_ids,
            [
                {
                    "user_id": self.agent_user.id,
                    "phone": "+33 1 44 55 66 77",
                    "note": "Pays by transfer on Friday",
                    "next_action": "Check the bank",
                }
            ],
        )
        self.assertTrue(self.bakery_account.next_action_date)

    def _play_the_morning(self):
        self._any_hour()
        self.start_tour(
            "/my/collection", "collection_portal_morning", login=self.agent_user.login
        )
        account = self.account_of(self.customer)
        self.assertRecordValues(
            account.call_ids,
            [{"person": "Ms Claire", "right_party": True, "side": "provider"}],
        )
        self.assertRecordValues(
            account.call_ids.promise_id,
            [{"amount": 1000.0, "state": "open", "user_id": self.agent_user.id}],
        )
        self.assertRecordValues(
            self.bakery_account.call_ids.dispute_id,
            [
                {
                    "amount": 80.0,
                    "description": "Ten croissants were missing",
                    "agent_id": self.agent.id,
                }
            ],
        )
        log = self.env["collection.access.log"].search(
            [("user_id", "=", self.agent_user.id), ("door", "=", "page")]
        )
        self.assertEqual(log.account_id, account | self.bakery_account)

    def _answer_a_caller(self):
        self._any_hour()
        self.company.email = "compta@company.example.com"
        self.start_tour(
            "/my/collection/agenda",
            "collection_portal_caller",
            login=self.agent_user.login,
        )
        call = self.bakery_account.call_ids
        self.assertRecordValues(
            call,
            [
                {
                    "direction": "incoming",
                    "note": "Paid yesterday",
                    "phone": "+33 1 44 55 66 77",
                    "promise_id": False,
                }
            ],
        )
        self.assertFalse(call.correction_ids)
        self._assert_order_is_with(call)
        self._assert_customer_was_thanked()

    def _assert_order_is_with(self, call):
        """What was stored with the call, and who sees it."""
        file = self.env["ir.attachment"].search(
            [("res_model", "=", "collection.call"), ("res_id", "=", call.id)]
        )
        self.assertRecordValues(
            file, [{"name": "order.png", "mimetype": "image/png", "public": False}]
        )
        self.assertTrue(file.raw.startswith(b"\x89PNG"))
        for user, sees in (
            (self.collector_user, True),
            (self.manager_user, True),
            (self.plain_internal_user, False),
            (self.other_agent_user, False),
            (self.plain_portal_user, False),
        ):
            with self.subTest(login=user.login):
                self.assertEqual(file.with_user(user).has_access("read"), sees)
        url = f"/my/collection/{self.bakery_account.id}/file/{file.id}"
        for user, status in (
            (self.agent_user, 200),
            (self.supervisor_user, 200),
            (self.other_agent_user, 404),
            (self.plain_portal_user, 404),
        ):
            with self.subTest(login=user.login), mute_logger("odoo.http"):
                self.authenticate(user.login, user.login)
                self.assertEqual(self.url_open(url).status_code, status)

    def _assert_customer_was_thanked(self):
        """One e-mail left, in the company's name, to the customer and nobody else; it
        stands on the customer's account with who had it sent."""
        bakery = self.bakery_account.partner_id
        mail = self.env["mail.mail"].search(
            [
                ("model", "=", "collection.account"),
                ("res_id", "=", self.bakery_account.id),
            ]
        )
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, bakery)
        self.assertFalse(mail.email_to)
        self.assertFalse(mail.email_cc)
        self.assertIn("compta@company.example.com", mail.email_from)
        self.assertIn("Thank you for your payment.", mail.body_html)
        for word in (self.provider.name, self.agent_user.login, self.agent.name):
            self.assertNotIn(word, mail.body_html)
        log = self.bakery_account.message_ids.filtered(
            lambda message: (
                message.author_id == self.agent_user.partner_id
                and bakery.email in (message.body or "")
            )
        )
        self.assertTrue(log.with_user(self.collector_user).has_access("read"))


class PortalCommon(CollectionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the pages are compared with English texts, whatever the database speaks
        cls.env["res.lang"]._activate_lang("en_US")
        users = cls.env["collection.agent"].search([]).user_id | cls.plain_portal_user
        (users.partner_id | cls.customer | cls.other_customer).lang = "en_US"
        cls.customer.write(
            {"ref": "C-1001", "city": "Lille", "phone": "+33 3 20 00 00 01"}
        )
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "Claire Dubois",
                "parent_id": cls.customer.id,
                "type": "invoice",
                "function": "Accounts payable",
                "phone": "+33 6 12 34 56 78",
            }
        )
        today = cls._today()
        cls.invoice = cls._invoice(
            cls.customer, 1000.0, fields.Date.add(today, days=-40)
        )
        cls.late_invoice = cls._invoice(
            cls.customer, 250.0, fields.Date.add(today, days=-10)
        )
        cls.foreign_invoice = cls._invoice(
            cls.other_customer, 777.0, fields.Date.add(today, days=-20)
        )
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.placement = cls._hand_over(cls.account)
        cls.items = cls.account.item_ids
        cls.url = f"/my/collection/{cls.account.id}"
        cls.in_process = cls._result("payment_in_process")
        cls.no_answer = cls._result("no_answer")

    @classmethod
    def in_days(cls, days):
        return fields.Date.add(cls._today(), days=days)

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, url, **data):
        return self.url_open(url, data={"csrf_token": Request.csrf_token(self), **data})

    def _post_call(self, **data):
        """Post the form of a call, whatever the hour and the day."""
        return self._post(f"{self.url}/call", **{"obstacle_reason": "A test", **data})

    def _status(self, url):
        with mute_logger("odoo.http"):
            return self.url_open(url).status_code

    def _call_kw(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def _assert_denied(self, model, method, *args, **kwargs):
        with (
            self.subTest(model=model, method=method),
            mute_logger("odoo.http"),
            self.assertRaisesRegex(
                JsonRpcException, "AccessError|MissingError|UserError"
            ),
        ):
            self._call_kw(model, method, *args, **kwargs)

    def _assert_not_found(self, model, domain):
        """A search finds nothing, or is refused as a whole."""
        try:
            with mute_logger("odoo.http"):
                found = self._call_kw(model, "search", domain)
        except JsonRpcException as error:
            self.assertIn("AccessError", str(error))
            found = []
        self.assertFalse(found)

    def _assert_no_entry(self, account=None):
        """No page, no document, no call: the account does not exist for him."""
        account = account or self.account
        url = f"/my/collection/{account.id}"
        self.assertEqual(self._status(url), 404)
        for item in account.with_env(self.env).item_ids:
            self.assertEqual(self._status(f"{url}/invoice/{item.id}/pdf"), 404)
        calls = self.env["collection.call"].search_count([])
        with mute_logger("odoo.http"):
            for path in ("call", "assign"):
                response = self._post(f"{url}/{path}", outcome_id=self.no_answer.id)
                self.assertEqual(response.status_code, 404)
        self.assertEqual(self.env["collection.call"].search_count([]), calls)


class ActCommon(PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.write({"plan_instalments": 3, "plan_amount": 5000.0})
        cls.late, cls.other = cls.items.sorted("date_due")
        cls.coming = cls._invoice(cls.customer, 600.0, cls.in_days(20)).line_ids
        cls._hand_over_new()
        cls.price = cls._dispute_reason("price")

    @classmethod
    def _hand_over_new(cls):
        """The invoice that is not due yet goes with the others."""
        cls.mandate.new_item_rule = "all"
        cls.env["collection.account"]._refresh(cls.account)
        cls.env["collection.placement.line"]._follow_ledger(cls.account.ids)
        cls.coming_item = cls.account.item_ids - cls.items
        assert cls.coming_item.delegated

    def _act(self, path, **data):
        return self._post(f"{self.url}/{path}", **data)

    def _bill(self, account=None, item=None):
        account = account or self.account
        bill = self.env["collection.bill"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set((item or self.coming_item).ids)],
                "kind": "lcr",
            }
        )
        bill.action_send()
        return bill


class TeamCommon(PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_agent_user = cls._user(
            "collection_second_agent", "group_collection_provider"
        )
        cls.second_agent_user.lang = "en_US"
        cls.second_agent = cls._agent(cls.second_agent_user, cls.provider)
        cls.mandate.agent_ids |= cls.second_agent
        cls.mandate.agent_ids -= cls.on_site_agent
        cls.team = cls.agent | cls.second_agent

    @classmethod
    def _customers(cls, count, amount=100.0, **values):
        """Customers handed over to the mandate whom no agent has."""
        accounts = cls.env["collection.account"]
        for number in range(count):
            partner = cls._customer(
                f"Small {number:02d}", **{"lang": "en_US", **values}
            )
            cls._invoice(partner, amount + number, cls.in_days(-20))
            accounts |= cls.account_of(partner)
        cls._hand_over(accounts)
        return accounts

    def _mandate_as(self, user):
        return self.mandate.with_user(user)


class PortalQualityCommon(QualityCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        users = cls.env["collection.agent"].search([]).user_id | cls.plain_portal_user
        (users.partner_id | cls.customer | cls.other_customer).lang = "en_US"
        cls.mandate.quality_share = 100.0
        cls.url = f"/my/collection/{cls.delegated.id}/complaint"
        moment = "2026-11-23 09:00:00"
        cls._log(cls.delegated, cls.agent_user, moment)
        cls._log(cls.delegated, cls.on_site_user, moment)
        draw = cls.env["collection.call.draw"].sudo()
        reviews = draw._draw_day(cls.company, date(2026, 11, 23)).review_ids
        for review, advice in zip(
            reviews.sorted("user_id"), ("For Agent One", "For Agent Two"), strict=True
        ):
            review.comment = advice
            review.line_ids.result = "yes"
            review.line_ids[0].result = "no"
            review.with_env(cls.env).action_done()
        cls.advice = {review.user_id: review.comment for review in reviews}
        cls.env.flush_all()

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, **values):
        return self.url_open(
            self.url,
            data={
                "csrf_token": Request.csrf_token(self),
                "category": "error",
                "severity": "2",
                "description": "The amount is wrong",
                **values,
            },
        )

    def _status(self, url):
        with mute_logger("odoo.http"):
            return self.url_open(url).status_code


#: WCAG 2.0 and 2.1, levels A and AA
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")


def axe_source():
    """Text of axe, as its Python package ships it; None where it is not installed."""
    found = util.find_spec("axe_core_python")
    if not found:
        return None
    return next(Path(found.origin).parent.glob("axe*.js")).read_text(encoding="utf-8")


#: shows a page in a frame, changes it, and has axe look at it from within
LOOK_AT_PAGES = """
async function lookAtPages(axe, pages, rules) {
    document.body.style.margin = 0;
    const found = [];
    for (const [name, plant] of pages) {
        const frame = document.createElement("iframe");
        frame.style.cssText = "border: 0; width: 100vw; height: 100vh; display: block";
        frame.src = name.split("#")[0];
        document.body.append(frame);
        await new Promise((resolve) => (frame.onload = resolve));
        const page = frame.contentWindow;
        page.eval(axe);
        page.eval(plant);
        const result = await page.axe.run(page.document, {
            runOnly: { type: "tag", values: rules },
        });
        if (!result.passes.length) {
            found.push(`${name}: axe looked at nothing`);
        }
        for (const violation of result.violations) {
            for (const node of violation.nodes) {
                const summary = node.failureSummary.replace(/\\s+/g, " ");
                const html = node.html.slice(0, 300);
                found.push(`${name}: ${violation.id} ${html} :: ${summary}`);
            }
        }
        frame.remove();
    }
    return found;
}
"""


class AxeCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.axe = axe_source()
        if not cls.axe:
            raise SkipTest("axe-core-python is not installed")

    def _check(self, pages, login, rules=RULES):
        """Fail on each violation of some pages, with what to mend.

        One browser shows them one after the other, each in a frame as large as itself.

        :param pages: addresses, or {address and name: script that changes the page}
        """
        if not isinstance(pages, dict):
            pages = dict.fromkeys(pages, "")
        # browser_js fails on console errors, and succeeds on its signal
        self.browser_js(
            "/web/health",
            f"""
            {LOOK_AT_PAGES}
            lookAtPages({json.dumps(self.axe)}, {json.dumps(list(pages.items()))},
                        {json.dumps(rules)})
                .then((found) => {{
                    if (found.length) {{
                        console.error(`AXE ${{found.length}}\\n` + found.join("\\n"));
                    }} else {{
                        console.log("test successful");
                    }}
                }})
                .catch((error) => console.error(`AXE ${{error}}`));
            """,
            ready="document.readyState === 'complete'",
            login=login,
            timeout=120,
        )


class PortalAxeCommon(PortalCommon, AxeCase):
    """Every page of the portal, in both roles, with something of each kind on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._fill()

    @classmethod
    def _fill(cls):
        """Something of each kind stands on the pages."""
        account = cls.account.with_user(cls.agent_user)
        late, other = cls.items.sorted("date_due")
        cls.mandate.write({"plan_instalments": 5, "plan_amount": 9000.0})
        account._portal_propose_plan(
            {"instalment_count": 2, "date_first": cls.in_days(9), "item_ids": late.ids}
        )
        account._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": cls.in_days(5),
                "item_ids": other.ids,
                "person": "Ms Claire",
            }
        )
        account._portal_open_dispute(
            {
                "reason_id": cls._dispute_reason("price").id,
                "item_ids": other.ids,
                "amount": 5.0,
                "description": "Discount missing",
            }
        )
        bill = cls.env["collection.bill"].create(
            {"account_id": cls.account.id, "item_ids": other.ids, "kind": "lcr"}
        )
        bill.action_send()
        cls.env["collection.precheck"].create({"item_id": other.id})
        account._portal_write_note("Their office is closed on Fridays")
        account._portal_request_return("not_found", "Three numbers, no answer")
        account._portal_log_call(
            {
                "outcome_id": cls.in_process.id,
                "note": "Pays on Friday",
                "next_action_date": cls.in_days(0),
                "obstacle_reason": "A test",
            }
        )
        cls.account.write({"do_not_call": True})
        cls.agent.write({"absent_from": cls.in_days(-1), "absent_to": cls.in_days(3)})
        cls.env["collection.mandate.review"].create(
            {
                "mandate_id": cls.mandate.id,
                "date": cls.in_days(3),
                "agenda": "<p>Numbers that are missing</p>",
            }
        )
        cls.waiting = cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [(0, 0, {"account_id": cls.other_account.id})],
            }
        )
        cls.waiting.action_hand_over()
        cls.placement.line_ids._begin_time(30)
        cls.placement.with_user(cls.supervisor_user)._portal_extend(
            cls.placement.line_ids.ids, 10, "Two instalments to come"
        )
        cls._pay(cls.foreign_invoice, 7.0)

    def _check_pages_of_an_agent(self):
        self._check(
            (
                "/my/collection",
                "/my/collection?search=nobody",
                "/my/collection?nobody=1",
                self.url,
                f"{self.url}?done=call",
                "/my/collection/agenda",
                "/my/collection/figures",
                "/my/collection/changes",
            ),
            self.agent_user.login,
        )

    def _check_pages_of_a_supervisor(self):
        self._check(
            (
                "/my/collection",
                self.url,
                "/my/collection/agenda",
                "/my/collection/figures",
                "/my/collection/team",
                "/my/collection/contract",
                "/my/collection/hand-overs",
                f"/my/collection/hand-overs/{self.placement.id}",
                f"/my/collection/hand-overs/{self.placement.id}?act=extend",
                f"/my/collection/hand-overs/{self.waiting.id}",
            ),
            self.supervisor_user.login,
        )

    def _check_call_form(self):
        outcomes = map(self._result, ("promise", "dispute", "voicemail_left"))
        self._check(
            {
                f"{self.url}#{outcome.code}": f"""
                    document.querySelector(
                        ".o_collection_reached [data-contact='{outcome.contact}']"
                    )?.click();
                    document.querySelector("#collection_outcome_{outcome.id}").click();
                    for (const part of document.querySelectorAll("details")) {{
                        part.open = true;
                    }}
                    """
                for outcome in outcomes
            },
            self.agent_user.login,
        )


class SilenceCommon(PortalCommon, MockEmail):
    """A customer with a record of every kind, each followed by a collector."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={})
        for user in cls.env["res.users"].search([("login", "like", "collection_")]):
            user.partner_id.email = f"{user.login}@example.com"
        cls.people = cls.agent_user | cls.supervisor_user | cls.on_site_user
        cls.manager = cls.env(user=cls.manager_user)
        cls.mandate.write(
            {
                "plan_instalments": 5,
                "plan_amount": 9000.0,
                "user_id": cls.manager_user.id,
            }
        )
        cls.account.user_id = cls.collector_user
        today = cls._today()
        late, other = cls.items.sorted("date_due")
        account = cls.account.with_user(cls.agent_user)
        account._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": fields.Date.add(today, days=5),
                "item_ids": other.ids,
            }
        )
        cls.plan = account._portal_propose_plan(
            {
                "instalment_count": 2,
                "date_first": fields.Date.add(today, days=9),
                "item_ids": late.ids,
            }
        ).with_env(cls.env)
        account._portal_write_note("Closed on Fridays")
        by_agent = cls.env(user=cls.agent_user)
        by_agent["collection.dispute"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(late.ids)],
                "amount": 10.0,
                "reason_id": cls._dispute_reason("price").id,
            }
        )
        by_agent["collection.complaint"].create(
            {
                "account_id": cls.account.id,
                "category": "error",
                "description": "Wrong amount",
            }
        )
        cls.env["collection.bill"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(other.ids)],
                "kind": "lcr",
            }
        )
        cls.env["collection.precheck"].create({"item_id": other.id})
        cls.account._write_letter("statement")
        cls.env["collection.mandate.review"].create(
            {"mandate_id": cls.mandate.id, "date": today}
        )
        cls.env["collection.means.campaign"].create(
            {"name": "No more cheques", "target": "transfer", "script": "Dear customer"}
        )
        cls.env["collection.corrective.action"].create(
            {
                "name": "Train the agents",
                "dysfunction_id": cls.env["collection.dysfunction"].search([])[:1].id,
                "owner_id": cls.manager_user.id,
                "deadline": fields.Date.add(today, days=30),
            }
        )
        cls.env["collection.working.group.meeting"].create({})
        cls.env["collection.mandate.split"].create(
            {"name": "Challenger", "company_id": cls.company.id}
        )
        cls.env["collection.transition"].create(
            {"mandate_id": cls.mandate.id, "collector_id": cls.collector_user.id}
        )
        cls._run(today)
        call = by_agent["collection.call"].create(cls._call_values(cls.account))
        # sudo: what the nightly job does
        cls.env["collection.satisfaction"].sudo()._create_for(
            call.with_env(cls.env), today
        )
        # sudo: nobody creates surveys by hand
        cls.env["collection.team.survey"].sudo().create(
            {
                "mandate_id": cls.mandate.id,
                "company_id": cls.company.id,
                "month": today.replace(day=1),
                "date_opened": today,
                "date_end": fields.Date.add(today, days=14),
                "min_answers": 3,
                "respondent_ids": [
                    Command.create({"user_id": user.id, "side": "company"})
                    for user in cls.collector_user | cls.manager_user
                ],
            }
        )
        steps = cls.env(su=True)
        steps["collection.placement.extension"].create(
            {
                "placement_id": cls.placement.id,
                "agent_id": cls.supervisor.id,
                "days": 10,
                "reason": "Two instalments to come",
            }
        )
        steps["collection.reversibility"].create(
            {
                "mandate_id": cls.mandate.id,
                "kind": "drill",
                "date": cls._today(),
                "user_id": cls.manager_user.id,
            }
        )
        steps["collection.deletion.certificate"].create(
            {
                "mandate_id": cls.mandate.id,
                "date_ended": cls._today(),
                "deadline": cls._today(),
                "account_count": 1,
                "item_count": 1,
            }
        )
        # what is tracked in the transaction that creates a record is no change of it
        cls.env.cr.flush()
        cls._init_mail_gateway()

    def _records(self):
        """A record of every model of ours that has followers, by the registry."""
        ours = {one._name: one for one in (self.account, self.mandate, self.placement)}
        records = []
        for name, model in sorted(self.env.registry.items()):
            if (
                model._original_module == "account_collection"
                and not model._abstract
                and "message_follower_ids" in model._fields
            ):
                record = ours.pop(name, None) or self.env[name].search(
                    [], order="id desc", limit=1
                )
                self.assertTrue(record, f"{name}: no record to try")
                records.append(record)
        self.assertFalse(ours)
        return records

    def _followers(self, record):
        return (
            self.env["mail.followers"]
            .sudo()
            .search([("res_model", "=", record._name), ("res_id", "=", record.id)])
            .partner_id
        )

    def _make_follow(self, record, partners):
        """As a database from before has it: nobody was asked."""
        subtypes = self.env["mail.message.subtype"].search(
            [("res_model", "in", (False, record._name))]
        )
        for partner in partners:
            self.env.cr.execute(
                """
                WITH follower AS (
                    INSERT INTO mail_followers (res_model, res_id, partner_id)
                         VALUES (%s, %s, %s) RETURNING id)
                INSERT INTO mail_followers_mail_message_subtype_rel
                     SELECT follower.id, unnest(%s) FROM follower
                """,
                [record._name, record.id, partner.id, subtypes.ids],
            )
        self.env.invalidate_all()

    def _addresses(self, function):
        """Whom `function` writes to, addresses."""
        with self.mock_mail_gateway():
            function()
            self.env.cr.flush()
        return {
            email_normalize(address)
            for mail in self._mails
            for address in mail["email_to"]
        }

    def _speak(self, record):
        """An internal note, a public comment, what is logged, and notifications."""
        people = self.people.partner_id
        by_manager = record.with_env(self.manager).sudo()
        by_manager.message_post(
            body="Between us", subtype_xmlid="mail.mt_note", partner_ids=people.ids
        )
        by_manager.message_post(
            body="To whom it may concern",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=people.ids,
            outgoing_email_to=self.agent_user.email,
        )
        by_manager.message_post(body="State: done", subtype_xmlid="mail.mt_comment")
        by_manager.message_notify(body="For you", partner_ids=people.ids)
        by_manager.env["mail.thread"].message_notify(
            body="Also", partner_ids=people.ids, model=record._name, res_id=record.id
        )
