from datetime import date, timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...models.overview.collection_daily_figure import RATES
from .common import FiguresCommon

DAY = date(2026, 11, 23)


@tagged("post_install", "-at_install")
class TestTeamFigures(FiguresCommon):
    def test_worked_numbers(self):
        """500 dials, 310 connected, 190 of the right person, 95 promises.

        Five agents on two days: 50 calls per agent and day, 62.0 %, 38.0 % and
        50.0 %; 3 complaints are 1.6 % of the 190 contacts.
        """
        agents = [
            self._agent(
                self._user(f"collection_caller_{number}", "group_collection_user"),
                self.env["res.partner"],
            )
            for number in range(5)
        ]
        # uneven days, so that a mean of the daily rates would be another number
        plan = [(80, 60, 40, 15), (20, 2, 0, 2), (50, 30, 18, 6), (50, 31, 18, 14)]
        plan += [(60, 35, 20, 10), (40, 30, 19, 8), (50, 31, 19, 10)]
        plan += [(50, 31, 18, 10), (70, 40, 25, 10), (30, 20, 13, 10)]
        for index, (dials, connected, right_party, promises) in enumerate(plan):
            agent, day = agents[index // 2], DAY + timedelta(days=index % 2)
            self._insert_calls(self.in_house, agent, day, dials, connected, right_party)
            for _promise in range(promises):
                self._promise(self.in_house, agent.user_id, day)
        for agent in agents[:3]:
            self.env["collection.complaint"].create(
                {
                    "account_id": self.in_house.id,
                    "agent_id": agent.id,
                    "category": "tone",
                    "date": DAY,
                    "description": "Rude",
                }
            )
        sums = self.Figure._read_group(
            [], [], ["attempts:sum", "connected:sum", "right_party:sum", "promises:sum"]
        )
        self.assertEqual(sums, [(500, 310, 190, 95)])
        [rates] = self._rates()
        rates = dict(zip(RATES, rates, strict=True))
        self.assertAlmostEqual(rates["connect_rate"], 62.0)
        self.assertAlmostEqual(rates["right_party_rate"], 38.0)
        self.assertAlmostEqual(rates["promise_rate"], 50.0)
        self.assertAlmostEqual(rates["complaint_rate"], 100 * 3 / 190)
        # whatever is grouped by, a rate is the ratio of the sums of the group
        by_day = self._rates(groupby=["day:day"])
        self.assertAlmostEqual(float(by_day[0][1]), 100 * 196 / 310)
        # as the pivot asks for it
        [row] = self.Figure.with_user(self.manager_user).formatted_read_group(
            [], groupby=[], aggregates=["connect_rate:avg", "attempts:sum"]
        )
        self.assertAlmostEqual(row["connect_rate:avg"], 62.0)
        # the same rates, row by row
        row = self.Figure.search([("attempts", "=", 80)])
        self.assertAlmostEqual(row.connect_rate, 75.0)
        self.assertAlmostEqual(row.right_party_rate, 50.0)
        self.assertEqual(row.satisfaction, 0.0)
        check = (
            self.env["collection.capacity"]
            .with_user(self.manager_user)
            .create({"date_from": "2026-11-26", "date_to": "2026-11-27"})
        )
        line = check.line_ids.filtered(lambda line: not line.mandate_id)
        self.assertEqual(line.calls_per_day, 50.0)
        self.assertEqual((line.dials, line.agent_days), (500, 10))
        self.assertEqual(check.working_days, 2)
        # these five and the collector of the tests
        self.assertEqual(line.agents, 6)
        line.agents = 5
        self.assertEqual(line.calls, 500.0)
        self.assertEqual(line.accounts, 1)
        self.assertAlmostEqual(line.load, 0.2)
        self.assertEqual(line.missing_agents, 0.0)

    def test_no_call_no_rate(self):
        self.assertEqual(set(self._rates()[0]) - {False, None}, set())

    def test_incoming_calls_leave_the_connect_rate_alone(self):
        self._insert_calls(self.in_house, self.collector, DAY, 10, 5, 5)
        self._log_many(
            self.in_house,
            self.collector_user,
            10,
            f"{DAY} 09:00:00",
            direction="incoming",
        )
        row = self.Figure.search([("user_id", "=", self.collector_user.id)])
        self.assertEqual((row.attempts, row.inbound, row.connected), (10, 10, 15))
        self.assertEqual(row.connect_rate, 50.0)
        self.assertEqual(row.right_party_rate, 50.0)

    def test_marks_and_complaints(self):
        call = self._log(self.delegated, self.agent_user, f"{DAY} 09:00:00")
        self.mandate.quality_share = 100.0
        draw = self.env["collection.call.draw"].sudo()._draw_day(self.company, DAY)
        review = draw.review_ids.with_user(self.manager_user)
        for line in review.line_ids:
            line.result = "partly"
        review.action_done()
        self.company.collection_satisfaction_every = 1
        request = self.env["collection.satisfaction"].sudo()._ask(self.company)
        self.assertEqual(request.call_id, call)
        request._rating_get_access_token()
        request.rating_apply(3, rating=request.rating_ids)
        for values in ({"call_id": call.id}, {}):
            self.env["collection.complaint"].create(
                {
                    "account_id": self.delegated.id,
                    "category": "error",
                    "date": DAY,
                    "description": "Wrong invoice",
                    **values,
                }
            )
        row, nobody = self.Figure.search([]).sorted(lambda row: not row.user_id)
        self.assertRecordValues(
            row,
            [
                {
                    "user_id": self.agent_user.id,
                    "reviews": 1,
                    "quality_mark": 50.0,
                    "ratings": 1,
                    "satisfaction": 3.0,
                    "complaints": 1,
                    "complaint_rate": 100.0,
                }
            ],
        )
        # about nobody in particular: it counts for its side all the same
        self.assertRecordValues(
            nobody,
            [
                {
                    "user_id": False,
                    "side": "provider",
                    "provider_id": self.provider.id,
                    "complaints": 1,
                }
            ],
        )
        rates = dict(self.Figure._read_group([], ["side"], ["complaint_rate:avg"]))
        self.assertEqual(rates, {"provider": 200.0})

    def test_complaints_about_sides_are_told_apart(self):
        other = self.account_of(self._customer("Third"))
        self.assertFalse(other)
        for account, side, mandate in (
            (self.in_house, "company", False),
            (self.delegated, "provider", self.mandate.id),
            (self.delegated, "provider", self.other_mandate.id),
            (self.delegated, "provider", False),
        ):
            self.env["collection.complaint"].create(
                {
                    "account_id": account.id,
                    "category": "other",
                    "date": DAY,
                    "description": "In general",
                    "side": side,
                    "mandate_id": mandate,
                }
            )
        rows = self.Figure.search([])
        self.assertEqual(len(set(rows.ids)), 4)
        # numbers that a browser holds without rounding
        self.assertLess(max(rows.ids), 2**53)
        self.assertEqual(rows.mapped("complaints"), [1, 1, 1, 1])

    # ------------------------------------------------------------------
    # Capacity
    # ------------------------------------------------------------------

    def test_capacity_of_each_team(self):
        self._insert_calls(self.delegated, self.agent, DAY, 20, 10, 5)
        self.collector.capacity = 30
        with Form(self.env["collection.capacity"].with_user(self.manager_user)) as form:
            # Friday to Wednesday: four working days
            form.date_from = "2026-11-27"
            form.date_to = "2026-12-02"
            self.assertEqual(form.working_days, 4)
        check = form.record
        company = check.line_ids.filtered(lambda line: not line.mandate_id)
        ours = check.line_ids.filtered(lambda line: line.mandate_id == self.mandate)
        # nobody called in-house: what is set on the agents
        self.assertEqual(company.calls_per_day, 30.0)
        self.assertEqual(company.calls, 120.0)
        # two agents, and a supervisor who assigns
        self.assertEqual((ours.agents, ours.calls_per_day), (2, 20.0))
        self.assertEqual((ours.accounts, ours.calls), (1, 160.0))
        # one leaves, the other one is away
        self.agent.date_end = "2026-11-26"
        self.on_site_agent.write({"absent_from": "2026-11-27"})
        check = check.create({"date_from": "2026-11-27", "date_to": "2026-12-02"})
        ours = check.line_ids.filtered(lambda line: line.mandate_id == self.mandate)
        self.assertEqual((ours.agents, ours.calls, ours.load), (0, 0.0, 0.0))
        # forty customers at twenty calls on each of four days: half a person
        ours.accounts = 40
        self.assertEqual(ours.missing_agents, 0.5)

    def test_holidays_are_no_working_days(self):
        self.company.country_id = self.env.ref("base.fr")
        check = self.env["collection.capacity"].create(
            {"date_from": "2026-12-21", "date_to": "2026-12-27"}
        )
        # Monday to Friday, without Christmas on the Friday
        self.assertEqual(check.working_days, 4)
        with self.assertRaises(ValidationError):
            check.date_to = "2026-12-20"

    def test_capacity_is_the_managers(self):
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["collection.capacity"].with_user(user).create({})


@tagged("post_install", "-at_install")
class TestTeamFiguresOfTheProvider(FiguresCommon, HttpCase):
    """The provider's people see their own figures, and no in-house person's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._insert_calls(cls.in_house, cls.collector, DAY, 9, 9, 9)
        cls._insert_calls(cls.delegated, cls.agent, DAY, 4, 2, 1)
        cls._insert_calls(cls.delegated, cls.supervisor, DAY, 2, 2, 2)
        cls.env["collection.complaint"].create(
            {
                "account_id": cls.in_house.id,
                "agent_id": cls.collector.id,
                "category": "tone",
                "date": DAY,
                "description": "Rude",
            }
        )
        cls.env.flush_all()

    def _call_kw(self, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "collection.daily.figure",
                "method": method,
                "args": list(args),
                "kwargs": kwargs,
            },
        )

    def test_remote_calls(self):
        names = [f"{name}:avg" for name in RATES]
        for user, dials, rate in (
            (self.agent_user, 4, 50.0),
            (self.supervisor_user, 6, 100 * 4 / 6),
            (self.other_agent_user, 0, 0.0),
        ):
            with self.subTest(user=user.login):
                self.authenticate(user.login, user.login)
                rows = self._call_kw("search_read", [], ["attempts", "side"])
                self.assertEqual(sum(row["attempts"] for row in rows), dials)
                self.assertLessEqual({row["side"] for row in rows}, {"provider"})
                [group] = self._call_kw(
                    "formatted_read_group",
                    [],
                    groupby=[],
                    aggregates=["attempts:sum", "complaints:sum", *names],
                )
                self.assertEqual(group["attempts:sum"] or 0, dials)
                self.assertFalse(group["complaints:sum"])
                self.assertAlmostEqual(group["connect_rate:avg"] or 0.0, rate)
                self.assertFalse(self._call_kw("search", [("side", "=", "company")]))

    def test_export(self):
        """Portal users export nothing; on our premises, under the same rules."""
        self._insert_calls(self.delegated, self.on_site_agent, DAY, 3, 1, 1)
        self.on_site_user.group_ids |= self.env.ref("base.group_allow_export")
        model = self.Figure.with_user(self.on_site_user)
        rows = model.search([])
        names = ["attempts", "connect_rate", "user_id/name"]
        with mute_logger("odoo.addons.base.models.ir_model"):
            self.assertEqual(rows.export_data(names[:1])["datas"], [[3]])
            with self.assertRaises(AccessError):
                (self.Figure.search([]) - rows).with_user(
                    self.on_site_user
                ).export_data(names[:1])

    def test_closed_doors(self):
        everything = self.Figure.search([])
        foreign = everything.filtered(lambda row: row.side == "company")
        self.assertTrue(foreign)
        self.authenticate(self.supervisor_user.login, self.supervisor_user.login)
        for method, args, kwargs in (
            ("read", (foreign.ids, ["attempts"]), {}),
            ("export_data", (foreign.ids, ["attempts"]), {}),
            ("search_read", ([], ["user_id"]), {}),
            ("search", ([("user_id", "=", self.collector_user.id)],), {}),
            (
                "formatted_read_group",
                ([],),
                {"groupby": ["user_id"], "aggregates": ["attempts:sum"]},
            ),
        ):
            with (
                self.subTest(method=method, args=args),
                mute_logger("odoo.http"),
                self.assertRaisesRegex(JsonRpcException, "AccessError|UserError"),
            ):
                self._call_kw(method, *args, **kwargs)
