from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import TeamCommon


@tagged("post_install", "-at_install")
class TestPortalTeam(TeamCommon):
    """The supervisor's page: what the team does, who has whom, what was promised."""

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def test_page_is_the_supervisors(self):
        url = "/my/collection/team"
        for user in (
            self.agent_user,
            self.other_agent_user,
            self.plain_portal_user,
            self.collector_user,
            self.plain_internal_user,
        ):
            with self.subTest(user=user.login):
                self._log_in(user)
                self.assertEqual(self._status(url), 404)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(url).url)
        self._log_in(self.supervisor_user)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        for text in (self.agent.name, self.mandate.name, "1,250.00"):
            self.assertIn(text, response.text)
        self.assertNotIn(self.other_agent.name, response.text)

    def test_page_ends_with_the_mandate(self):
        self._log_in(self.supervisor_user)
        self.mandate.write({"date_start": "2020-01-01", "date_end": "2020-12-31"})
        self.assertEqual(self._status("/my/collection/team"), 404)
        with self.assertRaises(AccessError):
            self.env["collection.mandate"].with_user(
                self.supervisor_user
            )._get_portal_team()

    def test_two_providers_supervisors(self):
        """A supervisor follows his own team, and no other one's."""
        boss_user = self._user("collection_other_boss", "group_collection_provider")
        boss = self._agent(boss_user, self.other_provider, supervisor=True)
        self.other_mandate.agent_ids |= boss
        values = self.env["collection.mandate"].with_user(boss_user)._get_portal_team()
        self.assertEqual(
            {row["id"] for row in values["team"]}, {self.other_agent.id, boss.id}
        )
        self.assertEqual(
            [row["id"] for row in values["mandates"]], self.other_mandate.ids
        )
        for method in (
            "_get_team_activity",
            "_get_team_stock",
            "_get_portal_mandate",
            "_portal_share_out",
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(self._mandate_as(boss_user), method)()

    # ------------------------------------------------------------------
    # What the team does
    # ------------------------------------------------------------------

    def test_day_and_week_of_each_agent(self):
        """Wednesday's work counts for the day, Monday's for the week, Sunday's not."""
        calls = self.env["collection.call"]
        for moment, user, code in (
            ("2026-04-05 08:00:00", self.agent_user, "no_answer"),
            ("2026-04-06 08:00:00", self.agent_user, "no_answer"),
            ("2026-04-08 08:00:00", self.agent_user, "information_only"),
            ("2026-04-08 09:00:00", self.second_agent_user, "no_answer"),
        ):
            with freeze_time(moment):
                calls.with_user(user).create(
                    self._call_values(
                        self.account,
                        code,
                        next_action_date=self._today(),
                    )
                )
        with freeze_time("2026-04-08 12:00:00"):
            self.account.with_user(self.agent_user)._portal_new_promise(
                {"amount": 400.0, "date_promised": "2026-04-20"}
            )
            rows = self._mandate_as(self.supervisor_user)._get_team_activity()
        by_id = {row["id"]: row for row in rows}
        mine, second = by_id[self.agent.id], by_id[self.second_agent.id]
        for row, period, expected in (
            (mine, "day", (1, 1, 1)),
            (mine, "week", (2, 1, 1)),
            (second, "day", (1, 0, 0)),
            (second, "week", (1, 0, 0)),
        ):
            part = row[period]
            with self.subTest(agent=row["name"], period=period):
                self.assertEqual(
                    (part["attempts"], part["right_party"], part["promises"]),
                    expected,
                )
        self.assertEqual([part["amount"] for part in mine["week"]["promised"]], [400.0])
        self.assertFalse(second["week"]["promised"])

    def test_absent_and_in_whose_place(self):
        self.agent.write(
            {
                "absent_from": self.in_days(-1),
                "absent_to": self.in_days(2),
                "substitute_id": self.second_agent.id,
            }
        )
        self._log_in(self.supervisor_user)
        page = self.url_open("/my/collection/team").text
        self.assertIn("Absent", page)
        self.assertIn("in whose place", page)
        rows = self._mandate_as(self.supervisor_user)._get_team_activity()
        row = next(row for row in rows if row["id"] == self.agent.id)
        self.assertTrue(row["absent"])
        self.assertEqual(row["substitute"], self.second_agent.name)

    # ------------------------------------------------------------------
    # Who has whom, and the service levels
    # ------------------------------------------------------------------

    def test_who_has_whom(self):
        accounts = self._customers(3)
        accounts[0].agent_id = self.agent
        self.account.write(
            {"agent_id": self.agent.id, "next_action_date": self.in_days(-2)}
        )
        stock = self._mandate_as(self.supervisor_user)._get_team_stock()
        self.assertEqual(
            stock,
            {
                self.agent.id: {
                    "accounts": 2,
                    "overdue": 1350.0,
                    "agenda_overdue": 1,
                },
                False: {"accounts": 2, "overdue": 203.0, "agenda_overdue": 0},
            },
        )
        values = self._mandate_as(self.supervisor_user)._get_portal_mandate()
        self.assertEqual(values["accounts"], 4)
        self.assertEqual(values["nobodys"], 2)
        self.assertEqual(values["overdue"], 1553.0)

    def test_levels_against_their_targets(self):
        self.mandate.contact_days = 5
        self.env["collection.mandate.objective"].create(
            {
                "mandate_id": self.mandate.id,
                "indicator_id": self.env.ref(
                    "account_collection.indicator_share_contacted"
                ).id,
                "target": 80.0,
                "deadline": self.in_days(30),
            }
        )
        levels = {
            "contact_days": 5,
            "not_contacted_in_time": 1,
            "first_contact_days": 5.0,
            "share_worked": 100.0,
            "share_contacted": 79.9,
            "share_kept": 50.0,
            "callbacks_overdue": 0,
        }
        statuses = {
            row["code"]: (row["target"], row["status"])
            for row in self.mandate._get_service_statuses(levels)
        }
        self.assertEqual(
            statuses,
            {
                "not_contacted_in_time": (0, "missed"),
                "first_contact_days": (5, "met"),
                "share_worked": (None, "none"),
                "share_contacted": (80.0, "missed"),
                "share_kept": (None, "none"),
                "callbacks_overdue": (0, "met"),
            },
        )
        levels.update(share_contacted=80.0, first_contact_days=None)
        statuses = {
            row["code"]: row["status"]
            for row in self.mandate._get_service_statuses(levels)
        }
        self.assertEqual(statuses["share_contacted"], "met")
        self.assertEqual(statuses["first_contact_days"], "none")

    def test_objectives_of_the_team(self):
        """How far the team is, in words; of no person."""
        objective = self.env["collection.mandate.objective"].create(
            {
                "mandate_id": self.mandate.id,
                "indicator_id": self.env.ref(
                    "account_collection.indicator_satisfaction"
                ).id,
                "target": 4.5,
                "deadline": self.in_days(30),
                "baseline_reason": "Nobody was asked",
            }
        )
        objective._seal(
            {"actual": 4.25, "actual_known": True, "actual_to": self.in_days(-1)}
        )
        objective._follow_status()
        [row] = self._mandate_as(self.supervisor_user)._get_portal_mandate()[
            "objectives"
        ]
        self.assertEqual(
            (row["name"], row["baseline"], row["actual"], row["target"], row["status"]),
            ("Customer satisfaction", "", "4.25", "at least 4.5", "pending"),
        )
        self.assertFalse({"agent", "agents", "user", "person"}.intersection(row))
        self._log_in(self.supervisor_user)
        page = self.url_open("/my/collection/team").text
        self.assertIn("at least 4.5", page)
        self.assertNotIn("started from", page)

    # ------------------------------------------------------------------
    # Assigning
    # ------------------------------------------------------------------

    def test_share_out(self):
        accounts = self._customers(4)
        self.account.agent_id = self.agent
        self._log_in(self.supervisor_user)
        response = self._post(f"/my/collection/team/{self.mandate.id}/share")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Customers shared out", response.text)
        self.assertFalse(accounts.filtered(lambda account: not account.agent_id))
        # five in all: the one who had the large one before ends with two
        self.assertEqual(
            len(accounts.filtered(lambda account: account.agent_id == self.agent)), 1
        )
        self.assertEqual(accounts.agent_id, self.team)
        self.assertIn(
            self.second_agent.name, self.mandate.message_ids[:1].body, "it is told once"
        )

    def test_share_out_leaves_out_the_absent_and_the_unable(self):
        self.env["res.lang"]._activate_lang("de_DE")
        (self.team | self.supervisor).language_ids = self.env["res.lang"]._lang_get(
            "en_US"
        )
        accounts = self._customers(2)
        german = self._customers(1, lang="de_DE")
        self.second_agent.write({"absent_from": self.in_days(0)})
        given, left = self._mandate_as(self.supervisor_user)._portal_share_out()
        self.assertEqual((given, left), (3, 1))
        self.assertEqual((accounts | self.account).agent_id, self.agent)
        self.assertFalse(german.agent_id)
        self.agent.absent_from = self.in_days(0)
        self.supervisor.absent_from = self.in_days(0)
        with self.assertRaisesRegex(UserError, "No agent"):
            self._mandate_as(self.supervisor_user)._portal_share_out()

    def test_share_out_costs_the_same_for_many(self):
        def count():
            with self._count_queries() as counter:
                self._mandate_as(self.supervisor_user)._portal_share_out()
            return counter.total

        self._customers(4)
        count()
        self.env["collection.account"].search([]).agent_id = False
        few = count()
        self._customers(12)
        self.env["collection.account"].search([]).agent_id = False
        self.assertLessEqual(count(), few + 1)

    def test_assign_those_ticked(self):
        accounts = self._customers(3)
        self._log_in(self.supervisor_user)
        page = self.url_open("/my/collection?agent=0").text
        self.assertIn(f'value="{accounts[0].id}"', page)
        response = self._post(
            "/my/collection/assign",
            account_ids=accounts[:2].ids,
            agent_id=self.second_agent.id,
        )
        self.assertIn("Customers that changed hands", response.text)
        # back to the list as it was, from which they are gone
        self.assertIn("agent=0", response.url)
        self.assertEqual(accounts[:2].agent_id, self.second_agent)
        self.assertFalse(accounts[2].agent_id)
        page = self.url_open(f"/my/collection?agent={self.second_agent.id}").text
        self.assertIn(accounts[0].partner_id.name, page)
        self.assertNotIn(accounts[2].partner_id.name, page)

    def test_assign_refused(self):
        accounts = self._customers(2)
        self._log_in(self.supervisor_user)
        self.url_open("/my/collection")
        for ids, agent, message in (
            ([], self.agent, "Tick the customers first"),
            (accounts.ids, self.other_agent, "named in the mandate"),
            (self.other_account.ids, self.agent, "no longer all delegated"),
        ):
            with self.subTest(message=message):
                page = self._post(
                    "/my/collection/assign", account_ids=ids, agent_id=agent.id
                ).text
                self.assertIn(message, page)
        accounts[0].placement_line_id._take_back("recalled", "Ours again")
        page = self._post(
            "/my/collection/assign", account_ids=accounts.ids, agent_id=self.agent.id
        ).text
        self.assertIn("no longer all delegated", page)
        self.assertFalse(accounts.agent_id)

    def test_nobody_else_assigns(self):
        accounts = self._customers(2)
        for user in (
            self.agent_user,
            self.other_agent_user,
            self.plain_portal_user,
            self.collector_user,
        ):
            self._log_in(user)
            for url in (
                "/my/collection/assign",
                f"/my/collection/team/{self.mandate.id}/share",
            ):
                with self.subTest(user=user.login, url=url), mute_logger("odoo.http"):
                    response = self._post(
                        url, account_ids=accounts.ids, agent_id=self.agent.id
                    )
                    self.assertEqual(response.status_code, 404)
        self.assertFalse(accounts.agent_id)
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection").text
        self.assertNotIn("account_ids", page)
        # nor does the filter by agent tell him anything
        self.assertIn(
            accounts[0].partner_id.name,
            self.url_open(f"/my/collection?agent={self.second_agent.id}").text,
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def test_own_figures(self):
        for day, code in ((1, "no_answer"), (8, "no_answer"), (8, "information_only")):
            with freeze_time(f"2026-04-{day:02d} 10:00:00"):
                self.env["collection.call"].with_user(self.agent_user).create(
                    self._call_values(
                        self.account,
                        code,
                        duration=3.0,
                        next_action_date=self._today(),
                    )
                )
        with freeze_time("2026-04-08 12:00:00"):
            report = (
                self.env["collection.daily.figure"]
                .with_user(self.agent_user)
                ._get_portal_report(self.agent.id)
            )
        parts = {part["code"]: part for part in report["periods"]}
        self.assertEqual(
            {code: part["attempts"] for code, part in parts.items()},
            {"day": 2, "week": 2, "month": 3},
        )
        self.assertEqual(parts["month"]["minutes"], 9.0)
        self.assertEqual(parts["day"]["share_right_party"], 50.0)
        self.assertEqual(parts["month"]["share_connected"], 33.3)
        self.assertEqual(parts["month"]["share_promise"], 0.0)
        self.assertEqual(
            [part["day"] for part in report["days"]],
            [fields.Date.to_date("2026-04-08"), fields.Date.to_date("2026-04-01")],
        )

    def test_no_share_without_a_base(self):
        report = (
            self.env["collection.daily.figure"]
            .with_user(self.agent_user)
            ._get_portal_report(self.agent.id)
        )
        part = report["periods"][0]
        self.assertEqual(part["attempts"], 0)
        self.assertIsNone(part["share_connected"])
        self.assertFalse(report["days"])

    def test_whose_figures(self):
        self.env["collection.call"].with_user(self.agent_user).create(
            self._call_values(self.account)
        )
        url = "/my/collection/figures"
        self._log_in(self.second_agent_user)
        self.assertEqual(self._status(url), 200)
        self.assertEqual(self._status(f"{url}?agent={self.agent.id}"), 404)
        self._log_in(self.supervisor_user)
        page = self.url_open(f"{url}?agent={self.agent.id}").text
        self.assertIn(self.agent.name, page)
        self.assertEqual(self._status(f"{url}?agent={self.other_agent.id}"), 404)
        # by whatever way the report is asked for, the record rules hold
        report = (
            self.env["collection.daily.figure"]
            .with_user(self.second_agent_user)
            ._get_portal_report(self.agent.id)
        )
        self.assertFalse(report["days"])
        for user in (self.plain_portal_user, self.collector_user):
            self._log_in(user)
            self.assertEqual(self._status(url), 404)

    def test_narrowing_by_context_widens_nothing(self):
        """Whoever sets the context by remote call sees less, never more."""
        yesterday = fields.Datetime.now() - timedelta(days=1)
        with freeze_time(yesterday):
            self.env["collection.call"].with_user(self.agent_user).create(
                self._call_values(self.account, next_action_date=self._today())
            )
        figures = self.env["collection.daily.figure"]
        for user, count in ((self.agent_user, 1), (self.other_agent_user, 0)):
            theirs = figures.with_user(user)
            self.assertEqual(theirs.search_count([]), count)
            self.assertEqual(
                theirs.with_context(collection_since="2020-01-01").search_count([]),
                count,
            )
            self.assertFalse(
                theirs.with_context(collection_since=self.in_days(9)).search_count([])
            )

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def test_queries_do_not_follow_the_customers(self):
        def count(url):
            # the first one fills the caches of the server
            self.url_open(url)
            with self._count_queries() as counter:
                self.assertEqual(self.url_open(url).status_code, 200)
            return counter.total

        urls = (
            "/my/collection",
            "/my/collection/agenda",
            "/my/collection/figures",
            "/my/collection/team",
            "/my/collection/hand-overs",
            self.url,
        )
        self._customers(3).write({"next_action_date": self.in_days(0)})
        self.env["collection.account"]._rank()
        self._log_in(self.supervisor_user)
        few = {url: count(url) for url in urls}
        more = self._customers(25)
        more.write({"next_action_date": self.in_days(0)})
        self.env["collection.account"]._rank()
        for url in urls:
            with self.subTest(url=url):
                self.assertLessEqual(count(url), few[url] + 2)


@tagged("post_install", "-at_install")
class TestProviderReview(TeamCommon):
    """What is to be discussed with the company, and what the supervisor answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.review = cls.env["collection.mandate.review"].create(
            {
                "mandate_id": cls.mandate.id,
                "date": cls.in_days(5),
                "agenda": "<p>Numbers that are missing</p>",
                "minutes": "<p>Not yet for them</p>",
            }
        )

    def test_supervisor_answers(self):
        self._log_in(self.supervisor_user)
        page = self.url_open("/my/collection/team").text
        self.assertIn("Numbers that are missing", page)
        self.assertNotIn("Not yet for them", page)
        page = self._post(
            f"/my/collection/team/review/{self.review.id}", body="12 were found"
        ).text
        self.assertIn("Your answer has been sent", page)
        self.assertIn("12 were found", page)
        note = self.review.note_ids
        self.assertRecordValues(
            note,
            [
                {
                    "kind": "review",
                    "agent_id": self.supervisor.id,
                    "mandate_id": self.mandate.id,
                    "body": "12 were found",
                    "state": "open",
                }
            ],
        )
        note.with_user(self.manager_user).answer = "Well done"
        note.with_user(self.manager_user).action_done()
        self.assertIn("Well done", self.url_open("/my/collection/team").text)
        self.review.action_hold()
        self.assertIn("Not yet for them", self.url_open("/my/collection/team").text)

    def test_refused(self):
        self._log_in(self.supervisor_user)
        url = f"/my/collection/team/review/{self.review.id}"
        response = self._post(url, body="   ")
        self.assertEqual(response.status_code, 422)
        self.assertIn("Write your message first", response.text)
        self.review.action_cancel()
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(url, body="Late").status_code, 404)
        self.assertFalse(self.review.note_ids)

    def test_not_for_others(self):
        boss_user = self._user("collection_other_boss", "group_collection_provider")
        boss = self._agent(boss_user, self.other_provider, supervisor=True)
        self.other_mandate.agent_ids = [Command.link(boss.id)]
        url = f"/my/collection/team/review/{self.review.id}"
        for user in (
            boss_user,
            self.agent_user,
            self.other_agent_user,
            self.plain_portal_user,
            self.collector_user,
        ):
            self._log_in(user)
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                self.assertEqual(self._post(url, body="x").status_code, 404)
        self.assertFalse(self.review.note_ids)
        # an agent of the same team reads no answer to a review either
        self._mandate_as(self.supervisor_user)._portal_answer_review(
            self.review.id, "Between us"
        )
        notes = self.env["collection.provider.note"].with_user(self.agent_user)
        self.assertFalse(notes.search([("kind", "=", "review")]))
