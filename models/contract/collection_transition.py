from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.days import company_today, each_company_day
from ..base.roles import check_manager

#: what a plan counts, before and after, and of which day
FIGURES = ("count", "open", "overdue")
SEALED = frozenset(
    {
        *(f"{when}_{figure}" for when in ("before", "after") for figure in FIGURES),
        "agreed_by_id",
        "agreed_on",
        "done_on",
        "figures_on",
        "state",
    }
)
#: whom a plan is about, once it is there
PARTIES = frozenset({"mandate_id", "collector_id"})


class CollectionTransition(models.Model):
    """What becomes of one in-house collector when customers are handed over.

    Which customers they have and keep, the new role, how they are trained for it, and
    their next step. For credit managers and the person concerned, nobody else.
    """

    _name = "collection.transition"
    _description = "Transition Plan"
    _inherit = ["collection.relation.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "mandate_id desc, id"
    # the person concerned answers in the discussion
    _mail_post_access = "read"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    collector_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("share", "=", False)],
        help="Reads this plan, and answers in the discussion below.",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent", compute="_compute_agent_id"
    )

    # Portfolio
    figures_on = fields.Date(
        string="Counted on",
        readonly=True,
        copy=False,
        help="Counted anew as long as the plan is not agreed; then the figures stay.",
    )
    before_count = fields.Integer(string="Customers before", readonly=True, copy=False)
    before_open = fields.Monetary(string="Open before", readonly=True, copy=False)
    before_overdue = fields.Monetary(string="Overdue before", readonly=True, copy=False)
    after_count = fields.Integer(string="Customers after", readonly=True, copy=False)
    after_open = fields.Monetary(string="Open after", readonly=True, copy=False)
    after_overdue = fields.Monetary(string="Overdue after", readonly=True, copy=False)
    now_count = fields.Integer(
        string="Customers Today",
        compute="_compute_now",
        help="In-house, and with this collector, as of now.",
    )
    now_open = fields.Monetary(string="Open Today", compute="_compute_now")

    # What follows for the person
    interview_date = fields.Date(
        string="Interview on",
        tracking=True,
        help="When the plan was talked over with the person.",
    )
    new_role = fields.Char(
        tracking=True,
        help="What the collector does from then on: key accounts, disputes, follow-up "
        "of the provider, quality of calls…",
    )
    career_step = fields.Char(
        string="Next Step",
        tracking=True,
        help="Where this leads: function, grade, pay by results, recognition.",
    )
    training = fields.Text(
        string="Training Planned", help="Which, until when, and by whom."
    )
    training_ids = fields.Many2many(
        comodel_name="collection.agent.training",
        string="Trainings Attended",
        compute="_compute_agent_id",
    )
    note = fields.Html()
    state = fields.Selection(
        selection=[("planned", "Planned"), ("agreed", "Agreed"), ("done", "Done")],
        required=True,
        default="planned",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    agreed_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Agreed by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    agreed_on = fields.Datetime(string="Agreed on", readonly=True, copy=False)
    done_on = fields.Date(string="Done on", readonly=True, copy=False)

    _once = models.Constraint(
        "UNIQUE (mandate_id, collector_id)",
        "This collector has a plan under this mandate already.",
    )

    @api.depends("collector_id")
    def _compute_agent_id(self):
        agents = self.env["collection.agent"].search(
            [("user_id", "in", self.collector_id._origin.ids)]
        )
        by_user = {agent.user_id: agent for agent in agents}
        for plan in self:
            plan.agent_id = by_user.get(plan.collector_id._origin, agents[:0])
            plan.training_ids = plan.agent_id.training_ids

    @api.depends("collector_id", "mandate_id")
    def _compute_now(self):
        for company, plans in self.grouped("company_id").items():
            figures = plans._count(
                Domain("company_id", "=", company.id)
                & Domain("delegation_state", "!=", "delegated")
            )
            for plan in plans:
                # nobody is chosen yet in one that is being typed
                count, amount, _overdue = figures.get(
                    plan.collector_id._origin, (0, 0.0, 0.0)
                )
                plan.now_count = count
                plan.now_open = amount

    @api.depends("collector_id", "mandate_id")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = " – ".join(
                filter(None, [plan.collector_id.name, plan.mandate_id.display_name])
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_sealed({name for vals in vals_list for name in vals})
        # said rather than left out: the caller's context has defaults, too
        sealed = {**dict.fromkeys(SEALED, False), "state": "planned"}
        plans = super().create([{**vals, **sealed} for vals in vals_list])
        plans._take_figures()
        return plans

    def write(self, vals):
        if not self.env.su:
            self._check_sealed(vals)
        if PARTIES.intersection(vals) and any(
            vals.get(name, plan[name].id) != plan[name].id
            for plan in self
            for name in PARTIES
        ):
            raise UserError(
                self.env._("A plan is about one person and one mandate: make another.")
            )
        return super().write(vals)

    @api.model
    def _check_sealed(self, names):
        if SEALED.intersection(names):
            raise UserError(
                self.env._(
                    "The figures and steps of a transition plan are noted as they "
                    "happen: nobody types them."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        if any(plan.state != "planned" for plan in self):
            raise UserError(
                self.env._("What was agreed with somebody is kept: reopen it first.")
            )

    def _seal(self, vals):
        """Write sealed fields, as a step that has checked who acts."""
        # sudo: nobody may write them by hand
        self.sudo().write(vals)

    def _count(self, domain):
        """Customers of these collectors within a domain: {user: FIGURES}."""
        rows = {
            user: figures
            for user, *figures in self.env["collection.account"]._read_group(
                domain & Domain("user_id", "in", self.collector_id._origin.ids),
                ["user_id"],
                ["__count", "amount_open:sum", "amount_overdue:sum"],
            )
        }
        return {
            user: rows.get(user, (0, 0.0, 0.0)) for user in self.collector_id._origin
        }

    def _take_figures(self, going=None):
        """Count what each collector has, and what of it stays when the rest goes.

        :param going: the customers who go under their mandate, where they are known
        """
        for mandate, plans in self.grouped("mandate_id").items():
            held = Domain("company_id", "=", mandate.company_id.id) & (
                Domain("delegation_state", "!=", "delegated")
                | Domain("mandate_id", "=", mandate.id)
            )
            leaving = mandate._get_going_accounts() if going is None else going
            before = plans._count(held)
            after = plans._count(held & Domain("id", "not in", leaving.ids))
            today = mandate.company_id._get_collection_today()
            for plan in plans:
                plan._seal(
                    {
                        "figures_on": today,
                        **{
                            f"{when}_{name}": value or 0
                            for when, figures in (("before", before), ("after", after))
                            for name, value in zip(
                                FIGURES, figures[plan.collector_id], strict=True
                            )
                        },
                    }
                )

    def _check_state(self, state):
        for plan in self:
            if plan.state != state:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "The plan of %(collector)s is “%(state)s”.",
                        collector=plan.collector_id.name,
                        state=labels[plan.state],
                    )
                )

    def _check_step(self, state):
        """Credit managers only, and only plans in that state."""
        check_manager(
            self.env, self.env._("Only credit managers decide on transition plans.")
        )
        self.check_access("write")
        self._check_state(state)

    def action_count(self):
        """Count the customers anew, as long as nothing is agreed."""
        self._check_step("planned")
        self._take_figures()

    def action_agree(self):
        """The plan is agreed with the person: its figures stay as they are today.

        :raises UserError: naming what it does not say yet
        """
        self._check_step("planned")
        for plan in self:
            today = company_today(plan)
            missing = [
                sentence
                for said, sentence in (
                    (
                        plan.interview_date and plan.interview_date <= today,
                        self.env._("Talk it over with the person, and note the day."),
                    ),
                    (plan.new_role, self.env._("Say which role is theirs from then.")),
                    (plan.career_step, self.env._("Say what their next step is.")),
                    (
                        plan.training or plan.training_ids,
                        self.env._("Say how they are trained for it."),
                    ),
                )
                if not said
            ]
            if missing:
                raise UserError(
                    self.env._(
                        "Before the plan of %(collector)s is agreed:\n%(missing)s",
                        collector=plan.collector_id.name,
                        missing="\n".join(f"• {sentence}" for sentence in missing),
                    )
                )
        self._take_figures()
        self._seal(
            {
                "state": "agreed",
                "agreed_by_id": self.env.uid,
                "agreed_on": fields.Datetime.now(),
            }
        )

    def action_done(self):
        """The person has the new role."""
        self._check_step("agreed")
        for today, plans in each_company_day(self):
            plans._seal({"state": "done", "done_on": today})

    def action_reopen(self):
        """Talk about an agreed plan again."""
        self._check_step("agreed")
        self._seal({"state": "planned", "agreed_by_id": False, "agreed_on": False})
