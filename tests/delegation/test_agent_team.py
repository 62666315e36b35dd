from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..quality.common import QualityCommon


@tagged("post_install", "-at_install")
class TestAgentTeam(QualityCommon):
    """Who joined and left the team of a mandate is kept by itself."""

    def _members(self, mandate=None):
        members = (mandate or self.mandate).member_ids
        return {
            member.agent_id: (member.date_joined, member.date_left)
            for member in members
        }

    def test_joined_by_the_mandate(self):
        self.assertEqual(
            set(self._members()), {self.agent, self.supervisor, self.on_site_agent}
        )
        self.assertEqual(self.agent.member_ids.mandate_id, self.mandate)

    def test_leaves_and_comes_back(self):
        with freeze_time("2026-12-10"):
            self.mandate.agent_ids = [Command.unlink(self.agent.id)]
        first = self.agent.member_ids
        self.assertEqual(first.date_left, date(2026, 12, 10))
        with freeze_time("2026-12-20"):
            # from the agent's side this time
            self.agent.mandate_ids = [Command.link(self.mandate.id)]
        self.assertEqual(
            [
                (member.date_joined, member.date_left)
                for member in self.agent.member_ids.sorted("date_joined")
            ],
            [
                (first.date_joined, date(2026, 12, 10)),
                (date(2026, 12, 20), False),
            ],
        )
        # nothing changes when nothing changed
        self.mandate.agent_ids = [Command.set(self.mandate.agent_ids.ids)]
        self.assertEqual(len(self.agent.member_ids), 2)

    def test_archived_agents_and_ended_mandates(self):
        with freeze_time("2026-12-10"):
            self.on_site_agent.active = False
            self.assertEqual(self._members()[self.on_site_agent][1], date(2026, 12, 10))
            self.mandate.action_end()
        self.assertEqual(
            {left for _joined, left in self._members().values()}, {date(2026, 12, 10)}
        )

    def test_turnover(self):
        self.mandate.member_ids.date_joined = "2025-06-01"
        self.mandate.flush_recordset()
        newcomer = self._agent(
            self._user("collection_new", "group_collection_provider"), self.provider
        )
        with freeze_time("2026-11-20"):
            self.mandate.agent_ids = [
                Command.link(newcomer.id),
                Command.unlink(self.agent.id),
            ]
        self.mandate.invalidate_recordset()
        # three were there a year ago; one left, one came
        self.assertEqual((self.mandate.team_joined, self.mandate.team_left), (1, 1))
        self.assertEqual(self.mandate.team_turnover, 33.3)
        # two since 2025-06-01 (541 days), one since four days
        self.assertEqual(self.mandate.team_mean_days, round((541 * 2 + 4) / 3))

    def test_rights(self):
        member = self.mandate.member_ids[:1]
        member.with_user(self.manager_user).date_joined = "2026-01-05"
        with self.assertRaises(AccessError):
            member.with_user(self.collector_user).date_joined = "2026-01-06"
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    member.with_user(user).read(["date_joined"])
                with self.assertRaises(AccessError):
                    self.mandate.with_user(user).read(["team_turnover"])
        with self.assertRaises(AccessError):
            self.agent.with_user(self.on_site_user).read(["review_mark"])

    def test_dates_in_order(self):
        member = self.mandate.member_ids[:1]
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            member.date_left = "2020-01-01"
            member.flush_recordset()

    def test_training_hours(self):
        self.env["collection.agent.training"].create(
            [
                {"agent_id": self.agent.id, "topic": "Calls", "hours": hours, "date": d}
                for hours, d in (
                    (7.0, "2025-11-24"),
                    (3.5, "2025-11-25"),
                    (2, "2026-11-24"),
                )
            ]
        )
        self.assertEqual(self.agent.training_hours, 5.5)
