from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..base.days import company_today, each_company_day
from .collection_dispute_reason import DEPARTMENTS

#: months before the beginning of an action with which its effect is compared
BEFORE_MONTHS = 6
#: days after the end of an action from which its effect can be told
AFTER_DAYS = 30
#: mean number of days in a month
MONTH_DAYS = 365.25 / 12
RUNNING = ("planned", "in_progress")


class CollectionCorrectiveAction(models.Model):
    """What is done against a dysfunction, by whom, until when, with which effect."""

    _name = "collection.corrective.action"
    _description = "Corrective Action"
    # a provider's people, on site too, take no part in the company's own actions
    _inherit = [
        "collection.deadline.mixin",
        "collection.provider.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "deadline, id"

    _pending_states = RUNNING

    name = fields.Char(string="What", required=True, tracking=True)
    dysfunction_id = fields.Many2one(
        comodel_name="collection.dysfunction",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # sudo (the default of what is stored): its owner need not be one of collections
    department = fields.Selection(
        selection=DEPARTMENTS, compute="_compute_department", store=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    owner_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
    )
    date_start = fields.Date(
        string="Decided on",
        required=True,
        default=company_today,
        help="The effect is compared with the six months before.",
    )
    deadline = fields.Date(required=True, tracking=True)
    date_done = fields.Date(string="Done on", readonly=True, copy=False)
    date_reminded = fields.Date(readonly=True, copy=False)
    note = fields.Text()
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("in_progress", "In progress"),
            ("done", "Done"),
            ("cancelled", "Dropped"),
        ],
        required=True,
        default="planned",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    may_act = fields.Boolean(
        compute="_compute_may_act", export_string_translation=False
    )
    per_month_before = fields.Float(
        string="Disputes a Month before",
        digits=(8, 1),
        compute="_compute_effect",
        help="Mean of the six months before it was decided.",
    )
    per_month_after = fields.Float(
        string="Disputes a Month after",
        digits=(8, 1),
        compute="_compute_effect",
        help="Mean since the day after it was done, from thirty days on.",
    )
    measured = fields.Boolean(compute="_compute_effect")
    effect = fields.Float(
        string="Effect (%)",
        digits=(8, 0),
        compute="_compute_effect",
        help="Change in the number of disputes a month; less than zero is better.",
    )

    _deadline_after_start = models.Constraint(
        "CHECK (deadline >= date_start)",
        "An action cannot be due before it was decided.",
    )

    @api.depends("dysfunction_id.department")
    def _compute_department(self):
        for action in self:
            action.department = action.dysfunction_id.department

    @api.depends("owner_id")
    @api.depends_context("uid")
    def _compute_may_act(self):
        mine = self._filtered_access("write")
        for action in self:
            action.may_act = action in mine

    @api.depends("date_start", "date_done", "dysfunction_id", "company_id")
    def _compute_effect(self):
        # sudo: numbers only, for who acts and may not see the disputes themselves
        groups = (
            self.env["collection.dispute"]
            .sudo()
            ._read_group(
                [
                    ("dysfunction_id", "in", self.dysfunction_id._origin.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "!=", "cancelled"),
                ],
                ["dysfunction_id", "company_id", "date_opened:day"],
                ["__count"],
            )
        )
        opened = {}
        for dysfunction, company, day, count in groups:
            opened.setdefault((dysfunction.id, company.id), []).append((day, count))
        for action in self:
            days = opened.get(
                (action.dysfunction_id._origin.id, action.company_id.id), ()
            )
            start, done = action.date_start, action.date_done
            before = 0
            if start:
                first = start - relativedelta(months=BEFORE_MONTHS)
                before = sum(count for day, count in days if first <= day < start)
            action.per_month_before = before / BEFORE_MONTHS
            today = company_today(action)
            since = (today - done).days if done else 0
            action.measured = since >= AFTER_DAYS
            if action.measured:
                after = sum(count for day, count in days if done < day <= today)
                action.per_month_after = after * MONTH_DAYS / since
            else:
                action.per_month_after = 0.0
            action.effect = (
                100.0 * (action.per_month_after / action.per_month_before - 1)
                if action.measured and before
                else 0.0
            )

    def write(self, vals):
        if "deadline" in vals:
            # another deadline is reminded of anew
            vals = {"date_reminded": False, **vals}
        return super().write(vals)

    def action_start(self):
        self.state = "in_progress"

    def action_done(self):
        """It was done today: what comes after is compared with what was before."""
        for today, actions in each_company_day(self):
            actions.write({"state": "done", "date_done": today})
        self.activity_feedback(
            ["account_collection.mail_activity_type_corrective_action"]
        )

    def action_drop(self):
        self.state = "cancelled"
        self.activity_unlink(
            ["account_collection.mail_activity_type_corrective_action"]
        )

    @api.model
    def _cron_late(self):
        """Every day: remind whoever has an action that is past its deadline, once."""
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._remind_late(companies)

    @api.model
    def _remind_late(self, companies):
        """As of the current day, those of `companies`, and those of none."""
        late = self.search(
            [
                ("late", "=", True),
                ("date_reminded", "=", False),
                ("company_id", "in", [*companies.ids, False]),
            ]
        )
        for owner, actions in late.grouped(
            lambda action: (
                (action.company_id or self.env.company)._get_collection_user(
                    action.owner_id
                )
                or action.owner_id
            )
        ).items():
            actions._activity_schedule_for(
                owner,
                "account_collection.mail_activity_type_corrective_action",
                lambda asked: asked.env._("This corrective action is late"),
            )
        late.date_reminded = company_today(companies)
