from datetime import date

from psycopg2.errors import CheckViolation, ForeignKeyViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, QualityCommon

#: closed to everybody, credit managers and accountants included
CLOSED = (
    "collection.team.answer",
    "collection.team.comment",
    "collection.team.respondent",
)


class TeamSurveyCommon(QualityCommon):
    """Three people in-house, three at the provider, two sentences each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collection.team.question"].search([]).active = False
        cls.both, cls.ours, cls.theirs = cls.env["collection.team.question"].create(
            [
                {"name": "We get on", "sequence": 1, "audience": "both"},
                {"name": "They are polite", "sequence": 2, "audience": "company"},
                {"name": "They decide", "sequence": 3, "audience": "provider"},
            ]
        )
        cls.colleague_user = cls._user("survey_colleague", "group_collection_user")
        cls._agent(cls.manager_user, cls.env["res.partner"])
        cls._agent(cls.colleague_user, cls.env["res.partner"])
        cls.in_house_users = cls.collector_user | cls.colleague_user | cls.manager_user
        cls.provider_users = cls.agent_user | cls.supervisor_user | cls.on_site_user
        cls.Survey = cls.env["collection.team.survey"]

    def _run_cron(self):
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *args: 0)
        self.Survey.sudo()._cron_follow()

    def _open(self, mandate=None):
        mandate = mandate or self.mandate
        action = mandate.with_user(self.manager_user).action_ask_teams()
        return self.Survey.browse(action["res_id"])

    def _marks(self, user, *marks):
        """Marks of a user, in the order in which they are asked."""
        [sheet] = self.Survey.with_user(user)._get_sheets()
        numbers = [question["id"] for question in sheet["questions"]]
        return dict(zip(numbers, marks, strict=True))

    def _answer(self, survey, user, *marks, comment=None):
        self.Survey.with_user(user)._answer(
            survey.id, self._marks(user, *marks), comment
        )

    def _answer_all(self, survey):
        """In-house (5, 4, 4) and (1, 2, 2); the provider 4 and 3 throughout."""
        for user, marks in zip(
            self.in_house_users, ((5, 1), (4, 2), (4, 2)), strict=True
        ):
            self._answer(survey, user, *marks, comment=f"Word of {user.login}")
        for user in self.provider_users:
            self._answer(survey, user, 4, 3)

    def _results(self, survey, user=None):
        model = self.env["collection.team.result"].with_user(user or self.manager_user)
        return {
            (row.side, row.question_id): (row.marks, round(row.mark, 2))
            for row in model.search([("survey_id", "=", survey.id)])
        }


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestTeamSurvey(TeamSurveyCommon):
    def test_both_sides_are_asked_and_counted(self):
        survey = self._open()
        self.assertRecordValues(
            survey,
            [
                {
                    "company_id": self.company.id,
                    "provider_id": self.provider.id,
                    "month": date(2026, 11, 1),
                    "date_opened": date(2026, 11, 24),
                    "date_end": date(2026, 12, 8),
                    "state": "open",
                    "asked_company": 3,
                    "asked_provider": 3,
                    "min_answers": 3,
                }
            ],
        )
        for user, sentences in (
            (self.collector_user, ["We get on", "They are polite"]),
            (self.on_site_user, ["We get on", "They decide"]),
        ):
            [sheet] = self.Survey.with_user(user)._get_sheets()
            self.assertEqual([q["name"] for q in sheet["questions"]], sentences)
        self._answer_all(survey)
        # while it runs, nobody sees anything
        self.assertFalse(self._results(survey))
        self.assertFalse(survey.with_user(self.manager_user).comments_company)
        survey.with_user(self.manager_user).action_close()
        # (5 + 4 + 4) / 3, (1 + 2 + 2) / 3
        self.assertEqual(
            self._results(survey),
            {
                ("company", self.both): (3, 4.33),
                ("company", self.ours): (3, 1.67),
                ("provider", self.both): (3, 4.0),
                ("provider", self.theirs): (3, 3.0),
            },
        )
        # a grouping is the ratio of the sums: 18 / 6 and 21 / 6, 39 / 12 together
        results = self.env["collection.team.result"].with_user(self.manager_user)
        self.assertEqual(
            results._read_group(
                [("survey_id", "=", survey.id)], ["side"], ["mark:avg"]
            ),
            [("company", 3.0), ("provider", 3.5)],
        )
        said = survey.with_user(self.manager_user).comments_company
        for user in self.in_house_users:
            self.assertIn(f"“Word of {user.login}”", said)
        self.assertFalse(survey.with_user(self.manager_user).comments_provider)

    def test_few_answers_are_never_shown(self):
        survey = self._open()
        for user in self.in_house_users[:2]:
            self._answer(survey, user, 1, 1, comment="Too few to say")
        for user in self.provider_users:
            self._answer(survey, user, 4, 3)
        survey.with_user(self.manager_user).action_close()
        self.assertEqual({side for side, _q in self._results(survey)}, {"provider"})
        self.assertFalse(survey.with_user(self.manager_user).comments_company)
        self.assertEqual(survey.answered_company, 2)
        # nor are they kept
        for model in CLOSED[:2]:
            self.assertFalse(
                self.env[model]
                .sudo()
                .search([("survey_id", "=", survey.id), ("side", "=", "company")])
            )

    def test_threshold_is_that_of_the_opening(self):
        self.company.collection_team_survey_answers = 4
        fourth = self._user("survey_fourth", "group_collection_user")
        self._agent(fourth, self.env["res.partner"])
        survey = self._open()
        # three people at the provider could never be four
        self.assertEqual((survey.asked_company, survey.asked_provider), (4, 0))
        self.assertFalse(self.Survey.with_user(self.agent_user)._get_sheets())
        for user in self.in_house_users:
            self._answer(survey, user, 3, 3)
        self.company.collection_team_survey_answers = 3
        survey.with_user(self.manager_user).action_close()
        self.assertFalse(self._results(survey))

    @mute_logger("odoo.sql_db")
    def test_never_less_than_three(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.company.collection_team_survey_answers = 2
            self.env.flush_all()
        wizard = (
            self.env["collection.company.settings"]
            .with_user(self.manager_user)
            .create({})
        )
        wizard.collection_team_survey_answers = 1
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            wizard.action_save()
            self.env.flush_all()

    def test_too_few_people_on_either_side(self):
        (self.supervisor | self.on_site_agent).active = False
        self.env["collection.agent"].search(
            [("user_id", "=", self.colleague_user.id)]
        ).date_end = "2026-11-23"
        with self.assertRaisesRegex(UserError, "Nobody is asked"):
            self._open()

    def test_nobody_reads_single_answers(self):
        """Lists, groupings, exports, searches and views: all doors, all roles."""
        survey = self._open()
        self._answer(survey, self.collector_user, 1, 1, comment="Nobody reads this")
        users = (
            self.manager_user
            | self.collector_user
            | self.accountant_user
            | self.on_site_user
            | self.agent_user
            | self.plain_portal_user
            | self.plain_internal_user
            | self.env.user
        )
        for user in users:
            for name in CLOSED:
                model = self.env[name].with_user(user)
                rows = model.sudo().search([("survey_id", "=", survey.id)])
                self.assertTrue(rows)
                mine = rows.with_user(user).sudo(False)
                for ask in (
                    lambda m=model: m.search([]),
                    lambda m=model: m.search_count([]),
                    lambda m=model: m.search_read([], ["survey_id"]),
                    lambda m=model: m.web_search_read([], {"survey_id": {}}),
                    lambda m=model: m.formatted_read_group(
                        [], ["survey_id"], ["__count"]
                    ),
                    lambda m=model: m.name_search(""),
                    lambda r=mine: r.read(["side"]),
                    lambda r=mine: r.web_read({"side": {}}),
                    lambda r=mine: r._export_rows([["side"]]),
                    lambda r=mine: r.write({"side": "company"}),
                    lambda r=mine: r.unlink(),
                    lambda m=model, s=survey: m.create(
                        {"survey_id": s.id, "side": "company"}
                    ),
                ):
                    with (
                        self.subTest(user=user.login, model=name),
                        mute_logger("odoo.models", "odoo.orm.models"),
                        self.assertRaises(AccessError),
                    ):
                        ask()
        # nor by way of the survey
        surveys = self.Survey.with_user(self.manager_user)
        for term in (
            ("respondent_ids", "!=", False),
            ("respondent_ids.answered", "=", True),
            ("respondent_ids", "any", [("user_id", "=", self.collector_user.id)]),
        ):
            with self.subTest(term=term), self.assertRaises(AccessError):
                surveys.search([term])
        with self.assertRaises(AccessError):
            survey.with_user(self.manager_user).read(["respondent_ids"])
        with self.assertRaises(AccessError):
            survey.with_user(self.manager_user)._export_rows(
                [["respondent_ids", "user_id"]]
            )
        for values in ({"state": "closed"}, {"min_answers": 1}, {"state": "open"}):
            with self.assertRaises(AccessError):
                survey.with_user(self.manager_user).write(values)
        with self.assertRaises(AccessError):
            survey.with_user(self.manager_user).unlink()
        with self.assertRaises(AccessError):
            surveys.create(
                {"mandate_id": self.other_mandate.id, "company_id": self.company.id}
            )
        self.assertFalse(self._results(survey))

    def test_nothing_tells_who_or_when(self):
        survey = self._open()
        self.env.invalidate_all()
        stamp = survey.write_uid, survey.write_date
        self._answer(survey, self.supervisor_user, 5, 5, comment="First")
        for number in range(12):
            self.env["collection.team.comment"]._add(survey, "provider", f"{number:02}")
        for name in CLOSED:
            model = self.env[name]
            for column in ("create_uid", "create_date", "write_uid", "write_date"):
                self.assertNotIn(column, model._fields)
        for name in CLOSED[:2]:
            for field in self.env[name]._fields.values():
                self.assertNotIn(
                    field.comodel_name if field.relational else None,
                    ("res.users", "res.partner", "collection.agent", CLOSED[2]),
                )
        # one number out of 13 factorial is the order of writing
        written = [f"{number:02}" for number in range(12)]
        comments = self.env["collection.team.comment"].sudo()
        stored = comments.search([("survey_id", "=", survey.id)])
        self.assertNotEqual(
            [text for text in stored.mapped("text") if text != "First"], written
        )
        # the survey itself does not say when it was answered, nor by whom
        self.assertEqual((survey.write_uid, survey.write_date), stamp)
        self.assertFalse(self.env["collection.team.sheet"].sudo().search([]))
        # and once it is closed, it is forgotten who was asked
        survey.with_user(self.manager_user).action_close()
        self.assertFalse(
            self.env[CLOSED[2]].sudo().search([("survey_id", "=", survey.id)])
        )

    def test_answered_once(self):
        survey = self._open()
        marks = self._marks(self.agent_user, 4, 4)
        self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")
        self.assertFalse(self.Survey.with_user(self.agent_user)._get_sheets())
        with self.assertRaises(AccessError):
            self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")
        self.assertEqual(survey.answered_provider, 1)
        tally = self.env["collection.team.answer"].sudo()
        self.assertEqual(
            sum(tally.search([("survey_id", "=", survey.id)]).mapped("number")), 2
        )

    def test_hostile_sheets(self):
        survey = self._open()
        marks = self._marks(self.agent_user, 4, 4)
        first, second = marks
        ours = self._marks(self.collector_user, 4, 4)
        agents = self.Survey.with_user(self.agent_user)
        for bad in (
            {},
            {first: 4},
            {**marks, max(ours): 4},
            ours,
            {first: 0, second: 4},
            {first: 6, second: 4},
            {first: "4", second: 4},
            {first: 4.0, second: 4},
            {first: True, second: 4},
            {first: None, second: 4},
            {first: [1], second: 4},
            {None: 4, second: 4},
        ):
            with self.subTest(bad=bad), self.assertRaises(UserError):
                agents._answer(survey.id, bad, "")
        for comment in ("a" * 1001, "a\0b", {"a": 1}, ["a"], 7):
            with self.subTest(comment=comment), self.assertRaises(UserError):
                agents._answer(survey.id, marks, comment)
        for number in (None, 0, -1, survey.id + 1000, str(survey.id), [survey.id]):
            with self.subTest(number=number), self.assertRaises(AccessError):
                agents._answer(number, marks, "")
        self.assertFalse(survey.answered_provider)
        agents._answer(survey.id, marks, "a" * 1000)
        self.assertEqual(survey.answered_provider, 1)

    def test_strangers_and_leavers(self):
        survey = self._open()
        marks = self._marks(self.agent_user, 4, 4)
        for user in (
            self.other_agent_user,
            self.plain_portal_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.Survey.with_user(user)._answer(survey.id, marks, "")
        # a login of the provider's team that was not asked
        late = self._user("survey_late", "group_collection_provider")
        self.mandate.agent_ids |= self._agent(late, self.provider)
        with self.assertRaises(AccessError):
            self.Survey.with_user(late)._answer(survey.id, marks, "")
        # who was asked, and left since
        self.mandate.agent_ids -= self.agent
        with self.assertRaises(AccessError):
            self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")
        self.mandate.agent_ids |= self.agent
        self.agent.date_end = "2026-11-23"
        with self.assertRaises(AccessError):
            self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")
        self.agent.date_end = False
        self.collector.active = False
        self.assertFalse(self.Survey.with_user(self.collector_user)._get_sheets())
        self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")

    def test_who_reads_surveys(self):
        survey = self._open()
        for user, sees in (
            (self.manager_user, True),
            (self.collector_user, True),
            (self.on_site_user, True),
            (self.agent_user, False),
            (self.other_agent_user, False),
            (self.plain_portal_user, False),
            (self.plain_internal_user, False),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(survey.with_user(user).has_access("read"), sees)
        for user in (self.collector_user, self.on_site_user):
            seen = survey.with_user(user)
            self.assertTrue(seen.can_answer)
            for name in (
                "answered_company",
                "asked_provider",
                "comments_provider",
                "result_ids",
            ):
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(AccessError):
                        seen.read([name])
            with self.assertRaises(AccessError):
                self.env["collection.team.result"].with_user(user).search([])
            with self.assertRaises(AccessError):
                seen.action_close()
            with self.assertRaises(AccessError):
                self.mandate.with_user(user).action_ask_teams()
        survey.with_user(self.manager_user).action_close()
        for user in (self.collector_user, self.on_site_user):
            self.assertFalse(survey.with_user(user).has_access("read"))
        other = self._user("survey_not_asked", "group_collection_user")
        self.assertFalse(self.Survey.with_user(other).search([]))

    def test_other_company(self):
        survey = self._open()
        self._answer_all(survey)
        survey.with_user(self.manager_user).action_close()
        elsewhere = self._create_company(name="Elsewhere")
        stranger = self._user("survey_elsewhere", "group_collection_manager")
        stranger.sudo().write(self._belongs_to(elsewhere))
        for name in (
            "collection.team.survey",
            "collection.team.survey.line",
            "collection.team.result",
        ):
            self.assertFalse(self.env[name].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            survey.with_user(stranger).action_close()
        with self.assertRaises(AccessError):
            self.mandate.with_user(stranger).action_ask_teams()

    def test_activities_and_mails(self):
        self.collector_user.lang = "en_US"
        survey = self._open()

        def messages():
            return (
                self.env["mail.message"]
                .sudo()
                .search([("model", "=", survey._name), ("res_id", "=", survey.id)])
            )

        activities = survey.sudo().activity_ids
        self.assertEqual(activities.user_id, self.in_house_users | self.on_site_user)
        self.assertEqual(set(activities.mapped("date_deadline")), {date(2026, 12, 8)})
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", "collection.team.respondent")])
        )
        self.assertEqual(
            mails.recipient_ids, (self.agent_user | self.supervisor_user).partner_id
        )
        self.assertIn("/my/collection/survey", mails[0].body_html)
        before = messages()
        self._answer(survey, self.collector_user, 5, 5)
        self.assertEqual(
            survey.sudo().activity_ids.user_id,
            self.manager_user | self.colleague_user | self.on_site_user,
        )
        # no message says that it was done
        self.assertEqual(messages(), before)
        # a manager does not see whose is left
        mine = (
            self.env["mail.activity"]
            .with_user(self.manager_user)
            .search([("res_model", "=", survey._name), ("res_id", "=", survey.id)])
        )
        self.assertEqual(mine.user_id, self.manager_user)
        # nobody inherits what somebody was to answer
        self.colleague_user.sudo().action_archive()
        self.mandate.agent_ids -= self.on_site_agent
        self.assertEqual(survey.sudo().activity_ids.user_id, self.manager_user)
        survey.with_user(self.manager_user).action_close()
        self.assertFalse(survey.sudo().activity_ids)
        self.assertFalse(survey.message_follower_ids)

    def test_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.both.with_context(lang="fr_FR").name = "On s’entend bien"
        self.collector_user.lang = "fr_FR"
        survey = self._open()
        french = self.Survey.with_user(self.collector_user).with_context(lang="fr_FR")
        [sheet] = french._get_sheets()
        self.assertEqual(sheet["questions"][0]["name"], "On s’entend bien")
        self.assertEqual(sheet["month"], "novembre 2026")
        # and the wording stays, in each language
        self.both.with_context(lang="fr_FR").name = "Autre chose"
        self.both.name = "Something else"
        self.both.audience = "provider"
        (self.ours | self.both).active = False
        [sheet] = french._get_sheets()
        self.assertEqual(
            [question["name"] for question in sheet["questions"]],
            ["On s’entend bien", "They are polite"],
        )
        self._answer_all(survey)
        survey.with_user(self.manager_user).action_close()
        self.assertEqual(self._results(survey)["company", self.both], (3, 4.33))
        with (
            self.assertRaises(ForeignKeyViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.both.unlink()

    def test_closed_for_good(self):
        survey = self._open()
        self.assertEqual(self._open(), survey)
        survey.with_user(self.manager_user).action_close()
        with self.assertRaises(AccessError):
            self.Survey.with_user(self.agent_user)._answer(survey.id, {}, "")
        # this month's is done, whoever asks again
        self.assertEqual(self._open(), survey)
        self.assertEqual(survey.state, "closed")
        with freeze_time("2026-12-01 10:00:00"):
            self.assertNotEqual(self._open(), survey)

    def test_mandate_that_ends(self):
        survey = self._open()
        self._answer_all(survey)
        self.mandate.with_user(self.manager_user).action_end()
        self.assertRecordValues(
            survey, [{"state": "closed", "date_closed": date(2026, 11, 24)}]
        )
        self.assertEqual(len(self._results(survey)), 4)
        with self.assertRaises(UserError):
            self._open()

    def test_every_month(self):
        self.mandate.date_start = "2026-11-01"
        surveys = self.Survey.sudo()
        # the other mandate has one person only, and our side is asked about it
        self._run_cron()
        self.assertFalse(surveys.search([("company_id", "=", self.company.id)]))
        self.company.collection_team_survey = True
        self._run_cron()
        self._run_cron()
        opened = surveys.search([("company_id", "=", self.company.id)])
        self.assertEqual(opened.mandate_id, self.mandate | self.other_mandate)
        self.assertEqual(len(opened), 2)
        with freeze_time("2026-12-08 10:00:00"):
            self._run_cron()
            self.assertEqual(set(opened.mapped("state")), {"open"})
        with freeze_time("2026-12-09 10:00:00"):
            self._run_cron()
            self.assertEqual(set(opened.mapped("state")), {"closed"})
            self.assertEqual(
                surveys.search_count([("mandate_id", "=", self.mandate.id)]), 2
            )

    def test_archived_company(self):
        survey = self._open()
        marks = self._marks(self.agent_user, 4, 4)
        # core asks for its users first
        self.env.cr.execute(
            "UPDATE res_company SET active = FALSE WHERE id = %s", [self.company.id]
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.Survey.with_user(self.agent_user)._answer(survey.id, marks, "")
        self.company.collection_team_survey = True
        self._run_cron()
        self.assertEqual(survey.sudo().state, "closed")
        self.assertEqual(self.Survey.sudo().search_count([]), 1)

    def test_sheet_in_the_back_end(self):
        survey = self._open()
        for user in (self.collector_user, self.on_site_user):
            action = survey.with_user(user).action_answer()
            sheets = self.env["collection.team.sheet"].with_user(user)
            form = Form(sheets.with_context(**action["context"]))
            self.assertEqual(len(form.line_ids), 2)
            with form.line_ids.edit(0) as line:
                self.assertEqual(line.question, "We get on")
                line.mark = "5"
            sheet = form.save()
            with self.assertRaisesRegex(UserError, "mark from 1 to 5"):
                sheet.action_send()
            with Form(sheet) as form:
                with form.line_ids.edit(1) as line:
                    line.mark = "2"
                form.comment = "Said"
            # nobody else opens what is not sent yet
            with self.assertRaises(AccessError):
                sheet.with_user(self.manager_user).read(["comment"])
            sheet.action_send()
            self.assertFalse(sheet.exists())
            with self.assertRaisesRegex(UserError, "no team survey"):
                Form(sheets.with_context(**action["context"]))
        self.assertEqual((survey.answered_company, survey.answered_provider), (1, 1))
        # numbers of somebody else's questions say nothing
        lines = survey.sudo().line_ids
        foreign = (
            self.env["collection.team.sheet"]
            .with_user(self.colleague_user)
            .create(
                {
                    "survey_id": survey.id,
                    "line_ids": [
                        Command.create({"question_number": line.id, "mark": "4"})
                        for line in lines
                    ],
                }
            )
        )
        self.assertEqual(
            foreign.line_ids.mapped("question"), ["We get on", "They are polite", False]
        )
        with self.assertRaises(UserError):
            foreign.action_send()

    def test_figures_by_side(self):
        survey = self._open()
        self._answer_all(survey)
        figures = self.env["collection.daily.figure"].with_user(self.manager_user)

        def read():
            return figures._read_group(
                [("company_id", "=", self.company.id), ("team_marks", ">", 0)],
                ["day:month", "side", "user_id", "provider_id"],
                ["team_marks:sum", "team_mark:avg"],
            )

        self.assertFalse(read())
        survey.with_user(self.manager_user).action_close()
        nobody = self.env["res.users"]
        self.assertEqual(
            read(),
            [
                (date(2026, 11, 1), "company", nobody, self.env["res.partner"], 6, 3.0),
                (date(2026, 11, 1), "provider", nobody, self.provider, 6, 3.5),
            ],
        )
        # in-house, one reads one's own side; the provider's people read nothing of it
        ours = figures.with_user(self.collector_user).search([("team_marks", ">", 0)])
        self.assertEqual(set(ours.mapped("side")), {"company"})
        for user in (self.supervisor_user, self.agent_user, self.on_site_user):
            self.assertFalse(figures.with_user(user).search([("team_marks", ">", 0)]))

    def test_figures_below_the_threshold(self):
        survey = self._open()
        for user in self.in_house_users[:2]:
            self._answer(survey, user, 1, 1)
        survey.with_user(self.manager_user).action_close()
        self.assertFalse(
            self.env["collection.daily.figure"].search([("team_marks", ">", 0)])
        )

    def test_sentences(self):
        questions = self.env["collection.team.question"]
        for user in (self.collector_user, self.manager_user):
            self.assertTrue(questions.with_user(user).search([]))
        with self.assertRaises(AccessError):
            self.both.with_user(self.collector_user).name = "Mine"
        for user in (self.agent_user, self.on_site_user, self.plain_portal_user):
            with self.assertRaises(AccessError):
                questions.with_user(user).search([])
