from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from ...tools import outside_value
from ..base.days import company_today
from ..base.roles import MANAGER_GROUP, check_manager
from ..delegation.collection_mandate import WORKING
from .collection_team_question import SIDES
from .res_company import LEAST_ANSWERS

#: days within which people answer
ANSWER_DAYS = 14
#: marks from "not at all" to "entirely"
SCALE = range(1, 6)
COMMENT_LIMIT = 1000
SURVEY_ACTIVITY = "account_collection.mail_activity_type_team_survey"


class CollectionTeamSurvey(models.Model):
    """Both teams of a mandate are asked, once a month, how working together goes.

    Small models of our own rather than core's `survey`, which keeps each person's
    answers with their contact, e-mail address and time, and would make certificates,
    badges and public pages a dependency of an accounting add-on.

    Whom it asks and what it asks is settled when it opens, and so is the number of
    answers from which the results of a side may be shown. A side with fewer people is
    not asked: what they said could never be read. It closes after its last day, by
    hand, or with its mandate, for good; then whatever may not be shown is deleted.
    """

    _name = "collection.team.survey"
    _description = "Team Survey"
    _inherit = ["collection.provider.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_opened desc, id desc"

    _provider_fields = frozenset(
        {"company_id", "date_end", "date_opened", "mandate_id", "month", "state"}
    )
    _on_site_fields = frozenset({"can_answer"})

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id", store=True)
    month = fields.Date(required=True, readonly=True)
    state = fields.Selection(
        selection=[("open", "Under Way"), ("closed", "Finished")],
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    date_opened = fields.Date(string="Sent on", required=True, readonly=True)
    date_end = fields.Date(string="Answers until", required=True, readonly=True)
    date_closed = fields.Date(string="Closed on", readonly=True)
    min_answers = fields.Integer(
        string="Shown from",
        required=True,
        readonly=True,
        help="Answers of a side below which nothing of them is shown to anybody.",
    )
    line_ids = fields.One2many(
        comodel_name="collection.team.survey.line",
        inverse_name="survey_id",
        string="Sentences",
        readonly=True,
    )
    respondent_ids = fields.One2many(
        comodel_name="collection.team.respondent",
        inverse_name="survey_id",
        groups=fields.NO_ACCESS,
    )
    asked_company = fields.Integer(
        string="Asked In-house", readonly=True, groups=MANAGER_GROUP
    )
    asked_provider = fields.Integer(
        string="Asked at the Provider", readonly=True, groups=MANAGER_GROUP
    )
    answered_company = fields.Integer(
        string="Answers In-house", readonly=True, groups=MANAGER_GROUP
    )
    answered_provider = fields.Integer(
        string="Answers of the Provider", readonly=True, groups=MANAGER_GROUP
    )
    result_ids = fields.One2many(
        comodel_name="collection.team.result",
        inverse_name="survey_id",
        string="Results",
        groups=MANAGER_GROUP,
    )
    comments_company = fields.Text(
        string="What They Say In-house",
        compute="_compute_comments",
        groups=MANAGER_GROUP,
    )
    comments_provider = fields.Text(
        string="What They Say at the Provider",
        compute="_compute_comments",
        groups=MANAGER_GROUP,
    )
    can_answer = fields.Boolean(compute="_compute_can_answer")

    _month_uniq = models.Constraint(
        "UNIQUE (mandate_id, month)", "The teams were asked this month already."
    )
    _enough_answers = models.Constraint(
        f"CHECK (min_answers >= {LEAST_ANSWERS})",
        "Results of fewer than three people would tell who answered what.",
    )

    @api.depends("mandate_id", "month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for survey in self:
            month = survey.month and format_date(
                self.env, survey.month, date_format="MMMM yyyy"
            )
            survey.display_name = " – ".join(
                filter(None, [survey.mandate_id.display_name, month])
            )

    @api.depends("state")
    def _compute_comments(self):
        shown = {side: {} for side, _label in SIDES}
        # sudo: of closed surveys, from the number of answers on that makes it safe;
        # their order is drawn by lot
        closed_sudo = self.sudo().filtered(lambda survey: survey.state == "closed")
        for comment_sudo in (
            self.env["collection.team.comment"]
            .sudo()
            .search([("survey_id", "in", closed_sudo.ids)])
        ):
            survey_sudo = comment_sudo.survey_id
            if survey_sudo._is_shown(comment_sudo.side):
                shown[comment_sudo.side].setdefault(survey_sudo.id, []).append(
                    f"“{comment_sudo.text}”"
                )
        for survey in self:
            for side, comments in shown.items():
                survey[f"comments_{side}"] = "\n\n".join(comments.get(survey.id, []))

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_can_answer(self):
        waiting = {survey_sudo.id for survey_sudo, _side in self._get_waiting_sudo()}
        for survey in self:
            survey.can_answer = survey.id in waiting

    def _is_shown(self, side):
        """Whether what a side said may be shown to whoever reads the survey."""
        self.ensure_one()
        # sudo: a number of people
        survey_sudo = self.sudo()
        return (
            survey_sudo.state == "closed"
            and survey_sudo[f"answered_{side}"] >= survey_sudo.min_answers
        )

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _cron_follow(self):
        """Every night: close what is over, ask where the company wants it monthly."""
        for place, companies in self.env["res.company"]._by_collection_place():
            surveys = self.with_context(**place)
            today = company_today(companies)
            surveys.search(
                [("company_id", "in", companies.ids), ("state", "=", "open")]
            ).filtered(
                lambda survey: (
                    survey.date_end < today  # noqa: B023
                    or survey.mandate_id.state == "ended"
                )
            )._close()
            asking = companies.filtered("collection_team_survey")
            mandates = self.env["collection.mandate"].with_context(**place)
            surveys._ask(
                mandates.search(Domain("company_id", "in", asking.ids) & WORKING)
            )
            self.env["ir.cron"]._commit_progress(1)
        # nobody works in a company that was archived
        self.search(
            [("company_id.active", "=", False), ("state", "=", "open")]
        )._close()

    @api.model
    def _ask(self, mandates):
        """Open the survey of this month for each mandate that has none yet.

        :return: the surveys; none where no side has people enough to be asked
        """
        # sudo: nobody creates surveys by hand; who may have them opened was checked
        surveys_sudo = self.sudo().with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True
        )
        opened = surveys_sudo.browse()
        for mandate in mandates:
            today = mandate.company_id._get_collection_today()
            month = today.replace(day=1)
            if surveys_sudo.search_count(
                [("mandate_id", "=", mandate.id), ("month", "=", month)], limit=1
            ):
                continue
            opened |= surveys_sudo._open(mandate, today)
        return opened.with_env(self.env)

    def _open(self, mandate, today):
        """Open the survey of a mandate, as superuser."""
        company = mandate.company_id
        least = company.collection_team_survey_answers
        questions = self.env["collection.team.question"].search([("active", "=", True)])
        people = {
            side: users
            for side, users in self._get_people(mandate, today).items()
            if len(users) >= least
            and questions.filtered(
                lambda question, side=side: question.audience in ("both", side)
            )
        }
        if not people:
            return self.browse()
        survey = self.create(
            {
                "mandate_id": mandate.id,
                "company_id": company.id,
                "month": today.replace(day=1),
                "date_opened": today,
                "date_end": today + relativedelta(days=ANSWER_DAYS),
                "min_answers": least,
                "line_ids": [
                    Command.create(
                        {
                            "question_id": question.id,
                            "sequence": position,
                            "name": question.name,
                            "audience": question.audience,
                        }
                    )
                    for position, question in enumerate(questions)
                ],
                "respondent_ids": [
                    Command.create({"user_id": user.id, "side": side})
                    for side, users in people.items()
                    for user in users.sorted("id")
                ],
                **{f"asked_{side}": len(users) for side, users in people.items()},
            }
        )
        for line, question in zip(survey.line_ids, questions, strict=True):
            line.update_field_translations(
                "name", question._fields["name"]._get_stored_translations(question)
            )
        self.env["collection.team.answer"].create(
            [
                {
                    "survey_id": survey.id,
                    "line_id": line.id,
                    "side": side,
                    "mark": mark,
                }
                for side in people
                for line in survey.line_ids
                if line._is_asked_of(side)
                for mark in SCALE
            ]
        )
        survey._tell_people()
        return survey

    @api.model
    def _get_people(self, mandate, today):
        """Users whom a survey of a mandate asks, by side."""
        return {
            side: self._get_people_of(side, mandate, today)
            for side in ("company", "provider")
        }

    def _get_people_of(self, side, mandate, today, user=None):
        """Users of one side whom a survey of a mandate asks.

        :param user: of nobody else is it asked, as every page of the portal does
        """
        domain = [("mandate_ids", "in", mandate.ids)]
        if side == "company":
            domain = [
                ("side", "=", "company"),
                ("user_id.company_ids", "in", mandate.company_id.ids),
            ]
        if user:
            domain.append(("user_id", "=", user.id))
        agents = self.env["collection.agent"].search(domain)
        return agents.filtered(
            lambda agent: agent._is_employed(today)
        ).user_id.filtered("active")

    def _tell_people(self):
        """An activity for those in the back end, an e-mail for the others."""
        self.ensure_one()
        outside = self.respondent_ids.filtered("user_id.share")
        for user in (self.respondent_ids - outside).user_id:
            self._activity_schedule_for(
                user,
                SURVEY_ACTIVITY,
                lambda survey: survey.env._("How does working together go?"),
                date_deadline=self.date_end,
            )
        outside._queue_mails()

    def _get_sender(self):
        """Address of the company."""
        return self.company_id._get_collection_sender()

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    @api.model
    def _get_waiting_sudo(self):
        """What the current user is asked and may answer: [(survey, side)].

        Whoever left the team, or whose mandate does not run any more, is not asked
        any longer, whatever the list of those asked says.
        """
        # sudo: who is asked is closed to everybody; only the user's own lines are read
        respondents_sudo = self.env["collection.team.respondent"].sudo()
        waiting_sudo = respondents_sudo.search(
            [
                ("user_id", "=", self.env.uid),
                ("answered", "=", False),
                ("survey_id.state", "=", "open"),
            ],
            order="survey_id",
        )
        return [
            (respondent_sudo.survey_id, respondent_sudo.side)
            for respondent_sudo in waiting_sudo
            if respondent_sudo.survey_id._is_open_to(
                respondent_sudo.user_id, respondent_sudo.side
            )
        ]

    def _is_open_to(self, user, side):
        """Whether `user` may still answer for `side`, asked as superuser."""
        self.ensure_one()
        company, mandate = self.company_id, self.mandate_id
        today = company._get_collection_today()
        if (
            self.date_end < today
            or not company.active
            or company not in user.company_ids
            or not mandate._is_working()
        ):
            return False
        return user in self._get_people_of(side, mandate, today, user)

    @api.model
    def _get_sheets(self):
        """What the current user is asked, as plain values, oldest first."""
        return [
            {
                "survey_id": survey_sudo.id,
                "company": survey_sudo.company_id.name,
                "provider": survey_sudo.mandate_id.provider_id.name,
                "month": format_date(
                    self.env, survey_sudo.month, date_format="MMMM yyyy"
                ),
                "date_end": survey_sudo.date_end,
                "min_answers": survey_sudo.min_answers,
                "questions": [
                    {"id": line_sudo.id, "name": line_sudo.name}
                    for line_sudo in survey_sudo.line_ids
                    if line_sudo._is_asked_of(side)
                ],
            }
            for survey_sudo, side in reversed(self._get_waiting_sudo())
        ]

    @api.model
    def _answer(self, survey_id, marks, comment):
        """Count the marks of the current user, once.

        :param marks: {id of a question as asked: mark}, of all their questions
        :param comment: a text, or nothing
        :raises AccessError: where they are not asked, or not any more
        :raises UserError: on what is no answer
        """
        mine = [
            (survey_sudo, side)
            for survey_sudo, side in self._get_waiting_sudo()
            if survey_sudo.id == survey_id
        ]
        if not mine:
            raise AccessError(
                self.env._(
                    "This survey is closed, does not ask you, or has your answers "
                    "already."
                )
            )
        [(survey_sudo, side)] = mine
        comment = self._read_outside_value(
            self.env._("Comment"),
            lambda value: outside_value.as_text(value, COMMENT_LIMIT),
            comment or "",
        )
        asked = survey_sudo.line_ids.filtered(lambda line: line._is_asked_of(side))
        if set(marks) != set(asked.ids) or not all(
            type(mark) is int and mark in SCALE for mark in marks.values()
        ):
            raise UserError(
                self.env._("Give each sentence a mark from 1 to 5, then send.")
            )
        survey_sudo._count(self.env.user, side, marks, (comment or "").strip())

    def _count(self, user, side, marks, comment):
        """Add the marks to the tally and take the person off the list.

        By statements, so that neither a user nor a moment is noted anywhere.
        """
        self.ensure_one()
        self.env.flush_all()
        taken = self.env.execute_query(
            SQL(
                """
                UPDATE collection_team_respondent SET answered = TRUE
                 WHERE survey_id = %s AND user_id = %s AND answered IS NOT TRUE
             RETURNING id
                """,
                self.id,
                user.id,
            )
        )
        if not taken:
            raise AccessError(self.env._("You have answered this survey already."))
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_team_answer SET number = number + 1
                 WHERE side = %s AND (line_id, mark) IN %s
                """,
                side,
                tuple(marks.items()),
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE collection_team_survey SET %(name)s = COALESCE(%(name)s, 0) + 1"
                " WHERE id = %(id)s",
                name=SQL.identifier(f"answered_{side}"),
                id=self.id,
            )
        )
        if comment:
            self.env["collection.team.comment"]._add(self, side, comment)
        self.env.invalidate_all(flush=False)
        # done, and not said when: no message is left behind
        self.activity_unlink([SURVEY_ACTIVITY], user_id=user.id)

    # ------------------------------------------------------------------
    # Closing
    # ------------------------------------------------------------------

    def action_close(self):
        """Close before the last day, for good.

        :raises AccessError: without the credit manager's role
        """
        check_manager(self.env, self.env._("Only credit managers close a survey."))
        self.check_access("read")
        self._close()

    def _close(self):
        """Close, and delete what may not be shown and what is not needed any more."""
        # sudo: nobody writes surveys by hand; whoever may close them was checked
        open_sudo = self.sudo().filtered(lambda survey: survey.state == "open")
        for survey_sudo in open_sudo:
            survey_sudo.write(
                {
                    "state": "closed",
                    "date_closed": survey_sudo.company_id._get_collection_today(),
                }
            )
            hidden = [side for side, _label in SIDES if not survey_sudo._is_shown(side)]
            of_hidden = [("survey_id", "=", survey_sudo.id), ("side", "in", hidden)]
            for model in ("collection.team.answer", "collection.team.comment"):
                self.env[model].sudo().search(of_hidden).unlink()
        open_sudo.respondent_ids.unlink()
        open_sudo.activity_ids.unlink()
        # whoever was given an activity follows its record
        open_sudo.message_follower_ids.unlink()

    def _dismiss_leavers(self):
        """Take the activities of those who may not answer any more off their desks."""
        # sudo: of surveys whose team has changed, only what nobody can do any more
        for survey_sudo in self.sudo():
            today = survey_sudo.company_id._get_collection_today()
            people = survey_sudo._get_people(survey_sudo.mandate_id, today)
            members = people["company"] | people["provider"]
            survey_sudo.activity_ids.filtered(
                lambda activity, members=members: activity.user_id not in members
            ).unlink()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_answer(self):
        """The sheet of the current user."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_team_sheet_action"
        )
        return dict(action, context={"default_survey_id": self.id})
