from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..base.days import company_today
from ..base.roles import USER_GROUP, may_manage
from .collection_readiness_point import BRAKES

ACTIVITY = "account_collection.mail_activity_type_readiness"
#: what the responsible person writes; all else is the credit manager's
WORDS = frozenset({"answer", "reason"})
#: what the step itself notes
SEALED = frozenset(
    {
        "answered_by_id",
        "answered_on",
        "date_reminded",
        "facts_then",
        "mandate_id",
        "point_id",
        "state",
    }
)


class CollectionReadinessAnswer(models.Model):
    """What the company answered to a readiness point of one mandate, who and when."""

    _name = "collection.readiness.answer"
    _description = "Readiness of a Mandate"
    _inherit = [
        "collection.deadline.mixin",
        "collection.relation.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "mandate_id desc, sequence, id"
    _rec_name = "point_id"

    _pending_states = ("open",)

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    point_id = fields.Many2one(
        comodel_name="collection.readiness.point",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(related="point_id.sequence", store=True, precompute=True)
    brake = fields.Selection(
        selection=BRAKES,
        compute="_compute_brake",
        store=True,
        precompute=True,
        # a column for each, also where none is left
        group_expand=True,
    )
    question = fields.Text(related="point_id.question")
    guidance = fields.Text(related="point_id.guidance")
    needed_for = fields.Selection(related="point_id.needed_for")
    point_facts = fields.Selection(related="point_id.facts")
    facts = fields.Text(
        string="Figures",
        compute="_compute_facts",
        help="What the company's own figures say today; once answered, what they said "
        "then.",
    )
    facts_then = fields.Text(readonly=True, copy=False, export_string_translation=False)
    to_do = fields.Text(
        string="To Do First",
        compute="_compute_to_do",
        groups="account_collection.group_collection_manager",
    )
    answer = fields.Text(copy=False)
    reason = fields.Char(string="Why It Does Not Apply", copy=False, tracking=True)
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("answered", "Answered"),
            ("not_applicable", "Does not apply"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        index="btree_not_null",
        domain=lambda self: [
            ("share", "=", False),
            ("all_group_ids", "in", self.env.ref(USER_GROUP).ids),
        ],
        tracking=True,
        help="Answers the point; credit managers may as well.",
    )
    deadline = fields.Date(tracking=True)
    date_reminded = fields.Date(readonly=True, copy=False)
    answered_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Answered by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    answered_on = fields.Datetime(string="Answered on", readonly=True, copy=False)
    may_answer = fields.Boolean(
        compute="_compute_may_answer", export_string_translation=False
    )

    _once = models.Constraint(
        "UNIQUE (mandate_id, point_id)", "A mandate answers each point once."
    )

    @api.depends("point_id.brake")
    def _compute_brake(self):
        for answer in self:
            answer.brake = answer.point_id.brake

    @api.depends("state", "facts_then", "point_id.facts", "mandate_id")
    @api.depends_context("lang", "tz")
    def _compute_facts(self):
        for answer in self:
            answer.facts = (
                answer.mandate_id._get_fact(answer.point_id.facts).text
                if answer.state == "open"
                else answer.facts_then
            )

    @api.depends("state", "point_id.facts", "mandate_id")
    @api.depends_context("lang", "tz")
    def _compute_to_do(self):
        for answer in self:
            answer.to_do = (
                False
                if answer.state == "not_applicable"
                else "\n".join(answer.mandate_id._get_fact(answer.point_id.facts).unmet)
            )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_may_answer(self):
        mine = self._filtered_access("write")
        for answer in self:
            answer.may_answer = answer in mine

    def write(self, vals):
        if not self.env.su:
            self._check_typed(vals)
        if "deadline" in vals or "user_id" in vals:
            # another day, or somebody else: said anew
            vals = {"date_reminded": False, **vals}
        return super().write(vals)

    def _check_typed(self, vals):
        """Refuse what the steps note, and what somebody else decides.

        :raises AccessError: for what is the credit managers'
        :raises UserError: for what nobody types, and for words that were given
        """
        if SEALED.intersection(vals):
            raise UserError(
                self.env._(
                    "Who answered a readiness point, and when, is noted as it happens: "
                    "nobody types it."
                )
            )
        if not may_manage(self.env) and set(vals) - WORDS:
            raise AccessError(
                self.env._("Only credit managers say who answers, and until when.")
            )
        if WORDS.intersection(vals) and any(row.state != "open" for row in self):
            raise UserError(
                self.env._("What was answered stays: open the point again first.")
            )

    def action_answer(self):
        """The point is answered, by the current user and now.

        :raises UserError: without words, or as long as the figures say otherwise
        """
        self._check_open()
        for answer in self:
            if not (answer.answer or "").strip():
                raise UserError(
                    self.env._(
                        "“%(point)s”: write down the answer first.",
                        point=answer.display_name,
                    )
                )
            fact = answer.mandate_id._get_fact(answer.point_id.facts)
            if fact.unmet:
                raise UserError(
                    self.env._(
                        "“%(point)s” cannot be answered yet:\n%(missing)s",
                        point=answer.display_name,
                        missing="\n".join(f"• {sentence}" for sentence in fact.unmet),
                    )
                )
            answer._seal("answered", fact.text)

    def action_set_not_applicable(self):
        """The point does not apply to this mandate, for the reason given.

        :raises UserError: without a reason
        """
        self._check_open()
        for answer in self:
            if not (answer.reason or "").strip():
                raise UserError(
                    self.env._(
                        "“%(point)s”: say first why it does not apply.",
                        point=answer.display_name,
                    )
                )
            fact = answer.mandate_id._get_fact(answer.point_id.facts)
            answer._seal("not_applicable", fact.text)

    def action_reopen(self):
        """What was answered is a question again; the words stay to be changed."""
        self.check_access("write")
        # sudo: fields of the step, by who may write on these
        self.sudo().write(
            {
                "state": "open",
                "answered_by_id": False,
                "answered_on": False,
                "facts_then": False,
                "date_reminded": False,
            }
        )

    def _check_open(self):
        self.check_access("write")
        for answer in self:
            if answer.state != "open":
                raise UserError(
                    self.env._(
                        "“%(point)s” was answered already.", point=answer.display_name
                    )
                )

    def _seal(self, state, facts):
        # sudo: fields of the step, by who was let near these
        self.sudo().write(
            {
                "state": state,
                "answered_by_id": self.env.uid,
                "answered_on": fields.Datetime.now(),
                "facts_then": facts,
            }
        )
        self.activity_feedback([ACTIVITY])

    def action_open_source(self):
        """Where the figures of this point come from."""
        self.ensure_one()
        return self.mandate_id._get_fact_source(self.point_id.facts)

    @api.model
    def _cron_late(self):
        """Every day: remind whoever has a point that is past its deadline, once; and
        tell of a provider who has more than the company wants."""
        for place, companies in self.env["res.company"]._by_collection_place():
            there = self.with_context(**place)
            there._remind_late(companies)
            there.env["collection.mandate"]._warn_dependence(companies)

    @api.model
    def _remind_late(self, companies):
        """As of the current day, those of `companies` whose mandate goes on."""
        late = self.search(
            Domain("late", "=", True)
            & Domain("date_reminded", "=", False)
            & Domain("company_id", "in", companies.ids)
            & Domain("mandate_id.state", "!=", "ended")
        )
        for answer in late:
            answer._activity_schedule_for(
                answer.company_id._get_collection_addressee(
                    answer.user_id, answer.mandate_id.user_id
                ),
                ACTIVITY,
                lambda asked: asked.env._("This readiness point is late"),
            )
        # sudo: nobody types it
        late.sudo().date_reminded = company_today(companies)
        return late
