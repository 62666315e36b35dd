import contextlib
import threading
from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import Command, api, fields, sql_db
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..web_client import WebClient
from .common import TUESDAY, WorklistCommon


@tagged("post_install", "-at_install")
class TestPriority(WorklistCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._debtor("Ranked")
        cls.account._rank()

    def _rank(self):
        self.account._rank(self.account)
        return self.account.priority

    def test_points_and_reason(self):
        # 1,200 € (12) late by 47 days (10)
        self.assertEqual(self.account.priority, 22)
        self.assertIn("47 days", self.account.priority_reason)
        self._invoice(self.account.partner_id, 100.0, "2026-11-20")
        self.assertFalse(self.account.priority_date)
        self._rank()
        self.assertIn("2 invoices", self.account.priority_reason)
        self.assertIn("oldest 47 days", self.account.priority_reason)

    def test_payment_and_its_undoing(self):
        invoice = self.account.item_ids.move_id
        payment = self._pay(invoice)
        self.assertFalse(self.account.priority_date, "the ledger marks it stale")
        self.assertEqual(self._rank(), 0)
        self.assertFalse(self.account.priority_reason)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertFalse(self.account.priority_date)
        self.assertEqual(self._rank(), 22)

    def test_promise_from_made_to_broken(self):
        promise = (
            self.env["collection.promise"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "amount": 1200.0,
                    "date_promised": "2026-11-26",
                }
            )
        )
        self.assertFalse(self.account.priority_date)
        self.assertEqual(self._rank(), 0, "nothing to say before the day")
        with freeze_time("2026-11-26 10:00:00"):
            self.assertEqual(self._rank(), 20)
            self.assertIn("due today", self.account.priority_reason)
        with freeze_time("2026-12-01 10:00:00"):
            self.env["collection.account"]._cron_refresh()
            self.assertEqual(promise.state, "broken")
            # amount 12, days 10, broken 25, next action due 30
            self.assertEqual(self._rank(), 77)
        self.env.invalidate_all()
        with freeze_time("2026-12-01 10:00:00"):
            self.assertIn("broken", self.account.priority_reason)
            self.assertIn("1,200.00", self.account.priority_reason)
            self._pay(self.account.item_ids.move_id, date="2026-12-01")
            self.account.next_action_date = False
            self.assertEqual(self._rank(), 0)

    def test_broken_yesterday(self):
        self.company.collection_promise_days = 0
        self.env["collection.promise"].create(
            {
                "account_id": self.account.id,
                "amount": 1200.0,
                "date_made": "2026-11-01",
                "date_promised": "2026-11-22",
            }
        )
        self._rank()
        self.assertIn("broken yesterday", self.account.priority_reason)

    def test_bill_not_back(self):
        bill = self.env["collection.bill"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.account.item_ids.ids)],
                "date_due": "2026-12-09",
            }
        )
        bill.action_send()
        self.assertEqual(self._rank(), 42, "back by 24 November, today")
        bill.action_accept()
        self.assertFalse(self.account.priority_date)
        self.assertEqual(self._rank(), 22)

    def test_strategic_disputed_handed_over(self):
        self.segment.handling = "strategic"
        self.assertEqual(self._rank(), 7)
        self.segment.handling = "standard"
        self.segment.delegation = "allowed"
        self._hand_over(self.account)
        self.assertFalse(self.account.priority_date)
        self.assertEqual(self._rank(), 37)
        self._call(self.account, self.outcome_right)
        self.account._mark_stale()
        self.assertEqual(self._rank(), 22)

    def test_rules_are_data(self):
        rules = self.env["collection.priority.rule"].with_user(self.manager_user)
        rules.create(
            {
                "criterion": "amount",
                "threshold": 1000,
                "points": 50,
                "company_id": self.company.id,
            }
        )
        self.env.invalidate_all()
        self.assertFalse(self.account.priority_date, "another scale: rank again")
        self.assertEqual(self._rank(), 60)
        with self.assertRaises(AccessError):
            rules.with_user(self.collector_user).create(
                {"criterion": "bill", "points": 1}
            )

    def test_reason_in_the_language_of_the_reader(self):
        self.account.next_action_date = "2026-11-24"
        self.account.next_action = "Call Mrs. Martin"
        self._rank()
        self.assertIn("Call Mrs. Martin", self.account.priority_reason)

    def test_queries_do_not_grow(self):
        few = self.account
        many = few | self.env["collection.account"].concat(
            *[self._debtor(f"Many {number}") for number in range(12)]
        )
        counts = []
        self.env["collection.account"]._rank(many)
        for accounts in (few, many):
            accounts._mark_stale()
            with self._count_queries() as counter:
                self.env["collection.account"]._rank(accounts)
            counts.append(counter.total)
        self.assertEqual(*counts)


@tagged("post_install", "-at_install")
class TestObstacles(WorklistCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._debtor("Obstacle")

    def test_window_in_the_zone_of_the_customer(self):
        for at, code in (
            ("2026-11-24 07:59:59", ["window"]),
            ("2026-11-24 08:00:00", []),
            ("2026-11-24 16:59:59", []),
            ("2026-11-24 17:00:00", ["window"]),
            # summer time
            ("2026-07-07 06:59:59", ["window"]),
            ("2026-07-07 07:00:00", []),
            # Saturday, Sunday
            ("2026-11-28 10:00:00", ["window"]),
            ("2026-11-29 10:00:00", ["window"]),
        ):
            with self.subTest(at=at):
                self.assertEqual(self._codes(self.account, at), code)
        self.segment.call_saturday = True
        self.assertFalse(self._codes(self.account, "2026-11-28 10:00:00"))
        self.assertEqual(self._codes(self.account, "2026-11-29 10:00:00"), ["window"])

    def test_zone(self):
        partner = self.account.partner_id
        self.assertEqual(self.account.call_time_zone, "Europe/Paris")
        partner.country_id = self.env.ref("base.uk")
        self.account.invalidate_recordset()
        self.assertEqual(self.account.call_time_zone, "Europe/London")
        self.assertEqual(self._codes(self.account, "2026-11-24 08:30:00"), ["window"])
        partner.tz = "America/New_York"
        self.account.invalidate_recordset()
        self.assertEqual(self.account.call_time_zone, "America/New_York")
        self.assertEqual(self._codes(self.account, "2026-11-24 13:59:00"), ["window"])
        self.assertFalse(self._codes(self.account, "2026-11-24 14:00:00"))

    def test_zone_filled_in_from_the_user(self):
        """Odoo gives a new customer the zone of the user who creates it."""
        user = self.plain_internal_user
        partner = self.account.partner_id
        partner.country_id = self.env.ref("base.uk")
        partner.tz = user.tz
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_partner SET create_uid = %s WHERE id = %s",
            [user.id, partner.id],
        )
        self.account.invalidate_recordset()
        self.assertEqual(self.account.call_time_zone, "Europe/London")

    def test_holidays(self):
        uk, fr, de = (self.env.ref(f"base.{code}") for code in ("uk", "fr", "de"))
        cases = [
            (fr, "2026-07-14", True),
            (fr, "2026-05-14", True),  # Ascension
            (fr, "2026-05-25", True),  # Whit Monday
            (fr, "2026-04-03", False),  # Good Friday is a working day
            (de, "2026-04-03", True),
            (de, "2026-07-14", False),
            (uk, "2026-05-04", True),
            (uk, "2026-05-25", True),
            (uk, "2026-08-31", True),
            (uk, "2026-12-28", True),  # Boxing Day on a Saturday
            (uk, "2026-12-29", False),
            (uk, "2027-12-27", True),
            (uk, "2027-12-28", True),
            (uk, "2022-12-26", True),
            (uk, "2022-12-27", True),
            (self.env.ref("base.be"), "2026-07-21", True),
            (self.env.ref("base.lu"), "2026-06-23", True),
            (self.env.ref("base.ch"), "2025-08-01", True),
        ]
        for country, day, holiday in cases:
            with self.subTest(country=country.code, day=day):
                self.account.partner_id.country_id = country
                codes = self._codes(self.account, f"{day} 10:00:00")
                self.assertEqual("holiday" in codes, holiday)

    def test_holiday_by_the_clock_of_the_customer(self):
        """In Tokyo the day is over when Paris still has it."""
        self.env["collection.holiday"].with_user(self.manager_user).create(
            {
                "name": "One day",
                "country_id": self.env.ref("base.jp").id,
                "kind": "once",
                "date": "2026-11-25",
            }
        )
        self.account.partner_id.country_id = self.env.ref("base.jp")
        self.assertIn("holiday", self._codes(self.account, "2026-11-24 15:00:00"))
        self.assertNotIn("holiday", self._codes(self.account, "2026-11-24 14:59:00"))

    def test_caps(self):
        self.segment.write({"call_max_day": 2, "call_max_week": 3})
        self.company.collection_hold_days = 0
        self._call(self.account, date="2026-11-22 22:30:00")  # Sunday 23:30, last week
        self._call(self.account, date="2026-11-22 23:00:00")  # Monday 0:00
        self._call(self.account, date="2026-11-24 08:30:00")
        self.assertFalse(self._codes(self.account), "one a day, two a week so far")
        self._call(self.account, date="2026-11-24 09:30:00")
        self.assertEqual(self._codes(self.account), ["cap_day", "cap_week"])
        self.assertEqual(self._codes(self.account, "2026-11-25 10:00:00"), ["cap_week"])
        self.assertFalse(self._codes(self.account, "2026-11-30 10:00:00"))

    def test_incoming_calls_count_not_and_are_never_hindered(self):
        self._call(self.account, direction="incoming")
        self.assertFalse(self._codes(self.account))
        self._call(self.account)
        self.assertEqual(
            self.account._get_call_obstacles(self.collector, direction="incoming"), []
        )

    def test_rest_after_a_contact(self):
        self.company.collection_hold_days = 2
        self._call(self.account, self.outcome_right, date="2026-11-24 09:00:00")
        self.assertEqual(self._codes(self.account, "2026-11-26 10:00:00"), ["hold"])
        self.assertFalse(self._codes(self.account, "2026-11-27 10:00:00"))
        self.segment.call_hold_days = 1
        self.assertFalse(self._codes(self.account, "2026-11-26 10:00:00"))
        self.assertEqual(self._codes(self.account, "2026-11-25 10:00:00"), ["hold"])
        self.account.next_action_date = "2026-11-25"
        self.assertFalse(self._codes(self.account, "2026-11-25 10:00:00"), "agreed")

    def test_language_and_skill(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["res.lang"]._activate_lang("fr_BE")
        german, french = (
            self.env.ref("base.lang_de"),
            self.env.ref("base.lang_fr"),
        )
        self.account.partner_id.lang = "de_DE"
        self.assertEqual(self._codes(self.account), ["language"])
        self.collector.language_ids = german
        self.assertFalse(self._codes(self.account))
        self.account.partner_id.lang = "fr_BE"
        self.assertEqual(self._codes(self.account), ["language"])
        self.collector.language_ids = french
        self.assertFalse(self._codes(self.account), "French is French")
        self.segment.language_ids = german
        self.assertEqual(self._codes(self.account), ["language"])
        self.segment.language_ids = False
        self.segment.required_skill = "3"
        self.assertFalse(self._codes(self.account))
        self.collector.skill = "2"
        self.assertEqual(self._codes(self.account), ["skill"])
        self.assertFalse(self._codes(self.account, agent=self.collector.browse()))

    def test_never_called(self):
        self.account.do_not_call = True
        self.assertEqual(self._codes(self.account), ["do_not_call"])
        self.account.insolvency_date = "2026-11-01"
        self.assertEqual(self._codes(self.account), ["insolvent", "do_not_call"])
        self.collector.date_end = "2026-11-23"
        self.assertIn("agent", self._codes(self.account))


@tagged("post_install", "-at_install")
class TestNextCustomer(WorklistCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.big = cls._debtor("Big", 12000.0)
        cls.small = cls._debtor("Small", 120.0)
        # of other tests' data
        others = cls.env["collection.account"].search([]) - cls.big - cls.small
        others.do_not_call = True

    def test_by_priority_then_nobody(self):
        self.assertEqual(self._next(), self.big)
        self.assertEqual(self.big.claimed_by_id, self.collector)
        self.assertEqual(
            self.big.claimed_until, fields.Datetime.now() + timedelta(minutes=15)
        )
        self.assertEqual(self._next(), self.small)
        self.assertFalse(self._next())
        message = (
            self.env["collection.account"]
            .with_user(self.collector_user)
            .action_next_customer()["params"]["message"]
        )
        self.assertIn("Being called: 2", message)
        self.big.with_user(self.collector_user)._release_claim()
        self.assertEqual(self._next(), self.big)

    def test_claims_end(self):
        self._next()
        with freeze_time("2026-11-24 10:14:59"):
            self.assertEqual(self._next(), self.small)
        with freeze_time("2026-11-24 10:15:00"):
            self.assertEqual(self._next(), self.big)

    def test_own_first_and_colleagues_never(self):
        self.small.user_id = self.collector_user
        self.assertEqual(self._next(), self.small)
        self.big.user_id = self.manager_user
        self.assertFalse(self._next())

    def test_substitution(self):
        self.big.user_id = self.manager_user
        colleague = self._agent(
            self.manager_user, self.env["res.partner"], substitute_id=self.collector.id
        )
        self.small.do_not_call = True
        self.assertFalse(self._next())
        colleague.write({"absent_from": "2026-11-24", "absent_to": "2026-11-24"})
        self.assertEqual(self._next(), self.big)
        self.big.with_user(self.collector_user)._release_claim()
        with freeze_time("2026-11-25 10:00:00"):
            self.assertFalse(self._next())
        self.assertFalse(self._next(self.manager_user), "absent himself")

    def test_off_duty(self):
        self.collector.date_start = "2026-11-25"
        self.assertFalse(self._next())
        self.collector.date_start = False
        self.collector.capacity = 1
        self._call(self.big)
        self.assertFalse(self._next(), "one call a day")
        self.collector.capacity = 2
        self.assertEqual(self._next(), self.small)

    def test_left_out(self):
        self.small.do_not_call = True
        self._call(self.big)
        self.assertFalse(self._next(), "called today")
        with freeze_time("2026-11-25 10:00:00"):
            self.assertEqual(self._next(), self.big)
        self.big._release_claim()
        with freeze_time("2026-11-25 20:00:00"):
            self.assertFalse(self._next(), "evening")
        with freeze_time("2026-12-25 10:00:00"):
            self.assertFalse(self._next(), "holiday")
        with freeze_time("2026-11-26 10:00:00"):
            self.big.next_action_date = "2026-11-27"
            self.assertFalse(self._next(), "later")
        with freeze_time("2026-11-27 10:00:00"):
            self.assertEqual(self._next(), self.big)
            self.big.with_user(self.collector_user)._release_claim()
            self.segment.required_skill = "3"
            self.collector.skill = "2"
            self.assertFalse(self._next(), "skill")

    def test_facts_that_changed_come_first(self):
        self.env["collection.account"]._rank()
        self.small.write({"next_action_date": "2026-11-24", "next_action": "Back"})
        self._pay(self.big.item_ids.move_id, 11900.0)
        self.assertEqual(self._next(), self.small)

    def test_company_of_the_other_side(self):
        self._hand_over(self.big)
        self.assertEqual(self._next(), self.small, "delegated is the provider's")
        self.assertEqual(self._next(self.agent_user), self.big)
        self.assertFalse(self._next(self.supervisor_user), "claimed")
        self.assertFalse(self._next(self.other_agent_user))
        self.big.with_user(self.agent_user)._release_claim()
        self.big.agent_id = self.on_site_agent
        self.assertFalse(self._next(self.agent_user), "a colleague's")
        self.assertEqual(self._next(self.on_site_user), self.big)

    def test_reason_is_read_by_the_delegate_only(self):
        self._hand_over(self.big)
        self.env["collection.account"]._rank()
        names = ["priority", "priority_reason"]
        [values] = self.big.with_user(self.agent_user).read(names)
        self.assertTrue(values["priority"] and values["priority_reason"])
        for name in ("priority_facts", "claimed_by_id", "do_not_call"):
            with self.assertRaises(AccessError):
                self.big.with_user(self.agent_user).read([name])
        for user in (self.other_agent_user, self.plain_portal_user):
            with self.assertRaises(AccessError):
                self.big.with_user(user).read(names)
        with self.assertRaises(AccessError):
            self.small.with_user(self.agent_user).read(names)
        self.assertFalse(
            self.big.with_user(self.agent_user)._get_call_obstacles(self.agent)
        )
        for user in (self.other_agent_user, self.plain_portal_user):
            with self.assertRaises(AccessError):
                self.big.with_user(user)._get_call_obstacles(self.agent)

    def test_nobody_else_asks(self):
        accounts = self.env["collection.account"]
        for user in (
            self.plain_portal_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            with self.assertRaises(AccessError):
                accounts.with_user(user)._next_account()
        with self.assertRaises(AccessError):
            accounts.with_user(self.agent_user)._next_account(self.collector)
        self.assertEqual(
            accounts.with_user(self.manager_user)._next_account(self.collector),
            self.big,
        )

    def test_a_collector_becomes_an_agent(self):
        user = self._user("second_collector", "group_collection_user")
        self.assertEqual(self._next(user), self.big)
        self.assertEqual(self.big.claimed_by_id.user_id, user)

    def test_customers_nobody_serves(self):
        accounts = self.env["collection.account"].with_user(self.manager_user)
        gap = [("service_gap", "!=", False), ("id", "in", (self.big | self.small).ids)]
        self.assertFalse(accounts.search(gap))
        self.env["res.lang"]._activate_lang("de_DE")
        self.small.partner_id.lang = "de_DE"
        self.assertEqual(accounts.search(gap), self.small)
        self.assertEqual(self.small.service_gap, "language")
        self.collector.skill = "1"
        self.segment.required_skill = "2"
        self.env.invalidate_all()
        self.assertEqual(self.big.service_gap, "skill")
        # what the provider works is for its agents to serve
        self.segment.required_skill = "1"
        self._hand_over(self.big)
        self.env.invalidate_all()
        self.assertFalse(self.big.service_gap)
        self.collector.date_end = "2026-11-01"
        self.env["collection.agent"].search([("side", "=", "company")]).active = False
        self.env.invalidate_all()
        self.assertEqual(self.small.service_gap, "no_agent")

    def _skip(self, account, user=None):
        """Why `user` is not offered the account; found by that in the list, too."""
        self.env.invalidate_all()
        account = account.with_user(user or self.collector_user)
        code = account.skip_reason
        for reason in (False, "cap_day", "later", "other", "claimed"):
            found = account.search(
                [("skip_reason", "=", reason), ("id", "=", account.id)]
            )
            self.assertEqual(bool(found), reason == code)
        return code

    def test_the_list_says_who_is_passed_over(self):
        self.env["collection.account"]._rank()
        self.assertEqual([self._skip(self.big), self._skip(self.small)], [False, False])
        self.assertEqual(self._next(), self.big)
        self.assertEqual(self._skip(self.big), "claimed")
        self.big.with_user(self.collector_user)._release_claim()
        self._call(self.big)
        self.assertEqual(self._skip(self.big), "cap_day")
        self.small.next_action_date = "2026-11-27"
        self.assertEqual(self._skip(self.small), "later")
        with freeze_time("2026-11-25 20:00:00"):
            self.assertEqual(self._skip(self.big), "window")
        with freeze_time("2026-12-25 10:00:00"):
            self.assertEqual(self._skip(self.big), "holiday")
        self.small.insolvency_date = "2026-11-20"
        self.assertEqual(self._skip(self.small), "insolvent")
        self.big.user_id = self.manager_user
        self.assertEqual(self._skip(self.big), "other")
        self.collector.date_start = "2026-11-25"
        self.assertEqual(self._skip(self.big), "off_duty")

    def test_what_is_passed_over_is_what_the_button_passes_over(self):
        self.env["collection.account"]._rank()
        third = self._debtor("Third", 700.0)
        self.env["collection.account"]._rank(third)
        self._call(self.small)
        self._hand_over(third)
        accounts = self.big | self.small | third
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            self.env.invalidate_all()
            offered = (
                accounts.with_user(user)
                .sudo()
                .filtered(lambda account: not account.skip_reason)
            )
            for account in offered.sorted("priority", reverse=True):
                self.assertEqual(self._next(user), account.with_env(self.env))
            self.assertFalse(self._next(user))
            accounts.write({"claimed_by_id": False, "claimed_until": False})

    def test_passed_over_before_one_is_an_agent(self):
        self.env["collection.account"]._rank()
        user = self._user("second_collector", "group_collection_user")
        self.small.user_id = self.manager_user
        self.assertFalse(self._skip(self.big, user))
        self.assertEqual(self._skip(self.small, user), "other")
        self.assertFalse(
            self.env["collection.agent"].search([("user_id", "=", user.id)])
        )

    def test_skips_are_read_at_once(self):
        names = [f"Many {number}" for number in range(4)]
        accounts = self.env["collection.account"].union(
            *[self._debtor(name) for name in names]
        )
        self.env["collection.account"]._rank()
        for some in (accounts[:2], accounts):
            with self._count_queries() as counter:
                some.with_user(self.collector_user).mapped("skip_reason")
            self.assertLessEqual(counter.total, 25)

    def test_reasons_are_told_apart_from_the_outside(self):
        self._hand_over(self.big)
        self.env["collection.account"]._rank()
        with self.assertRaises(AccessError):
            self.big.with_user(self.agent_user).read(["skip_reason"])
        self.assertFalse(self.big.with_user(self.on_site_user).skip_reason)

    def test_worklist_page(self):
        self.assertFalse(self.big.priority_date)
        result = (
            self.env["collection.account"]
            .with_user(self.collector_user)
            .with_context(collection_worklist=True)
            .web_search_read([("id", "=", self.big.id)], {"priority": {}})
        )
        self.assertTrue(result["records"][0]["priority"])
        self.assertTrue(self.big.priority_date)

    def test_worklist_page_of_who_is_no_agent(self):
        accounts = self.env["collection.account"].with_context(collection_worklist=True)
        for user in (self.plain_internal_user, self.accountant_user):
            with self.subTest(login=user.login), contextlib.suppress(AccessError):
                accounts.with_user(user).web_search_read(
                    [("id", "=", self.big.id)], {"priority": {}}
                )
            self.assertFalse(self.big.priority_date)
        result = accounts.with_user(self.manager_user).web_search_read(
            [("id", "in", (self.big | self.small).ids)], {"priority": {}}
        )
        self.assertTrue(all(record["priority"] for record in result["records"]))
        # whoever only looks becomes no agent
        self.assertFalse(
            self.env["collection.agent"].search(
                [("user_id", "=", self.manager_user.id)]
            )
        )

    def test_worklist_begins_with_whom_next_customer_chooses_from(self):
        delegated = self._debtor("With a provider")
        self._hand_over(delegated)
        theirs = self._debtor("A colleague's")
        theirs.user_id = self.manager_user
        self.big.user_id = self.collector_user
        client = WebClient(self.env, self.collector_user, self.company)
        action = client.load(
            self.env.ref("account_collection.collection_account_worklist_action")
        )
        context = client.evaluate(action["context"])
        model = client.env["collection.account"].with_context(**context)
        search = client.get_views(model, [(action["search_view_id"][0], "search")])
        chosen = [
            Domain(client.evaluate(node.get("domain")))
            for node in search["search"].iter("filter")
            if context.get(f"search_default_{node.get('name')}")
        ]
        self.assertEqual(
            model.search(
                Domain.OR(chosen)
                & Domain("id", "in", (self.big | self.small | delegated | theirs).ids)
            ),
            self.big | self.small,
        )


@tagged("post_install", "-at_install")
class TestTwoAgents(TransactionCase):
    """Two agents press "next" at once, each on his own connection.

    Without a ledger of its own: what it did not commit would lock out the agents.
    """

    PRESSES = 100

    def test_never_the_same(self):
        dbname = self.env.cr.dbname
        with sql_db.db_connect(dbname).cursor() as cr:
            users, account_ids, undo = self._commit_file(cr, 2 * self.PRESSES + 10)
        try:
            with freeze_time(datetime.fromisoformat(TUESDAY), tick=True):
                given = self._press(dbname, users)
        finally:
            with sql_db.db_connect(dbname).cursor() as cr:
                undo(cr)
        self.assertEqual([len(ids) for ids in given], [self.PRESSES] * 2)
        every = given[0] + given[1]
        self.assertEqual(len(set(every)), 2 * self.PRESSES)
        self.assertLessEqual(set(every), set(account_ids))

    def _press(self, dbname, users):
        given = [[], []]
        start = threading.Barrier(2)

        def work(user_id, found):
            start.wait()
            while len(found) < self.PRESSES:
                with sql_db.db_connect(dbname).cursor() as cr:
                    env = api.Environment(cr, user_id, {})
                    try:
                        account = env["collection.account"]._next_account()
                        # what the server does at the end of a request
                        cr.commit()  # pylint: disable=invalid-commit
                    except SerializationFailure:
                        # the server repeats the request
                        cr.rollback()
                        continue
                if not account:
                    return
                found.append(account.id)

        threads = [
            threading.Thread(target=work, args=pair)
            for pair in zip(users, given, strict=True)
        ]
        with (
            mute_logger("odoo.sql_db"),
            # held by the thread that runs the tests
            patch.object(Registry, "_lock", DummyRLock()),
        ):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return given

    def _commit_file(self, cr, count):
        """Two collectors and late accounts, seen by every connection."""
        env = api.Environment(cr, api.SUPERUSER_ID, {"no_reset_password": True})
        company = env.ref("base.main_company")
        users = env["res.users"].create(
            [
                {
                    "name": f"Two {number}",
                    "login": f"two_agents_{number}",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [
                        Command.set(
                            env.ref("account_collection.group_collection_user").ids
                        )
                    ],
                }
                for number in range(2)
            ]
        )
        agents = env["collection.agent"].create(
            [{"user_id": user.id, "skill": "3"} for user in users]
        )
        partners = env["res.partner"].create(
            [
                {"name": f"Two {number}", "is_company": True, "tz": "Europe/Paris"}
                for number in range(count)
            ]
        )
        accounts = env["collection.account"].create(
            [
                {"company_id": company.id, "partner_id": partner.id}
                for partner in partners
            ]
        )
        env.flush_all()
        cr.execute(
            """
            UPDATE collection_account
               SET amount_open = 100, amount_overdue = 100, priority = id %% 7,
                   priority_date = now(), priority_facts = '{"call": true}'
             WHERE id = ANY(%s)
            """,
            [accounts.ids],
        )

        created = [
            (records._name, records.ids)
            for records in (accounts, agents, users, partners | users.partner_id)
        ]

        def undo(cr):
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            for model, ids in created:
                env[model].browse(ids).unlink()

        return users.ids, accounts.ids, undo
