from odoo import api, fields, models
from odoo.fields import Domain

from ..base.roles import check_manager
from .collection_readiness_point import BRAKES

#: states before which points have to be answered, and which points
NEEDED = {"pilot": ("pilot",), "live": ("pilot", "live")}


class CollectionMandate(models.Model):
    """The brakes that are overcome before the customers change hands.

    Psychological and cultural ones before the pilot: from its first day on the provider
    meets with what goes wrong, and speaks with customers who are ours. Social ones
    before the mandate goes live: the pilot, on site at best, is what shows the people
    concerned what becomes of their work, and plans are agreed with it in view.
    """

    _inherit = "collection.mandate"

    readiness_ids = fields.One2many(
        comodel_name="collection.readiness.answer",
        inverse_name="mandate_id",
    )
    readiness_count = fields.Integer(
        string="Readiness Points", compute="_compute_readiness"
    )
    readiness_done = fields.Integer(
        string="Readiness Points Answered", compute="_compute_readiness"
    )
    exit_plan = fields.Html(
        help="How everything comes back, until when, who takes over which customers, "
        "and what the provider gives back and deletes."
    )
    exit_rehearsed_on = fields.Date(
        string="Exit Rehearsed on",
        copy=False,
        tracking=True,
        help="When it was last tried: a customer taken back, called by your own people "
        "the same day.",
    )
    transition_ids = fields.One2many(
        comodel_name="collection.transition",
        inverse_name="mandate_id",
        string="Transition Plans",
        groups="account_collection.group_collection_manager",
    )
    transition_count = fields.Integer(
        compute="_compute_transition_count",
        export_string_translation=False,
        groups="account_collection.group_collection_manager",
    )

    @api.depends("readiness_ids.state")
    def _compute_readiness(self):
        counts = {}
        for mandate, state, count in self.env[
            "collection.readiness.answer"
        ]._read_group(
            [("mandate_id", "in", self._origin.ids)],
            ["mandate_id", "state"],
            ["__count"],
        ):
            counts.setdefault(mandate, {})[state] = count
        for mandate in self:
            states = counts.get(mandate._origin, {})
            mandate.readiness_count = sum(states.values())
            mandate.readiness_done = mandate.readiness_count - states.get("open", 0)

    @api.depends("transition_ids")
    def _compute_transition_count(self):
        for mandate in self:
            mandate.transition_count = len(mandate.transition_ids)

    @api.model_create_multi
    def create(self, vals_list):
        mandates = super().create(vals_list)
        mandates._add_readiness_points()
        return mandates

    # ------------------------------------------------------------------
    # The checklist
    # ------------------------------------------------------------------

    def _get_readiness_points(self):
        """Points that this mandate's company asks."""
        self.ensure_one()
        return self.env["collection.readiness.point"].search(
            [("company_id", "in", (self.company_id.id, False))]
        )

    def _add_readiness_points(self):
        """Ask what is not asked yet under these mandates: answers, open."""
        # sudo: rows that nobody types; quietly, they come by the dozen
        answers_sudo = (
            self.env["collection.readiness.answer"]
            .sudo()
            .with_context(
                mail_create_nolog=True,
                mail_create_nosubscribe=True,
                mail_auto_subscribe_no_notify=True,
                tracking_disable=True,
            )
        )
        vals_list = []
        for mandate in self:
            asked = mandate.sudo().readiness_ids.point_id
            for point in mandate.sudo()._get_readiness_points() - asked:
                vals_list.append(
                    {
                        "mandate_id": mandate.id,
                        "point_id": point.id,
                        "user_id": mandate.user_id.id,
                        "deadline": mandate.date_start,
                        "state": "open",
                    }
                )
        return answers_sudo.create(vals_list)

    def action_add_readiness_points(self):
        """Ask also what became a question after the mandate was made.

        :raises AccessError: for others than credit managers
        """
        check_manager(self.env, self.env._("Only credit managers change a mandate."))
        self.check_access("write")
        self._add_readiness_points()

    def _get_missing(self, state):
        # EXTENDS delegation
        missing = super()._get_missing(state)
        if self.live_since:
            # asked once: after a review it goes on
            return missing
        brakes = self._get_brakes()
        for point, sentence in self._get_unready(NEEDED.get(state, ())):
            missing.append(
                self.env._(
                    "Readiness, %(brake)s, “%(point)s”. %(sentence)s",
                    brake=brakes[point.brake].lower(),
                    point=point.name,
                    sentence=sentence,
                )
            )
        return missing

    def _get_unready(self, needed_for):
        """Points not overcome yet: list of (point, what there is to do).

        Asked are the points of today, whether they were put to this mandate or not.
        """
        self.ensure_one()
        answers = {answer.point_id: answer for answer in self.sudo().readiness_ids}
        unready = []
        for point in self.sudo()._get_readiness_points():
            if point.needed_for not in needed_for:
                continue
            answer = answers.get(point)
            if not answer or answer.state == "open":
                unready.append((point, self.env._("It is not answered yet.")))
            elif answer.state == "answered":
                # what was answered may have come undone since
                unready += [
                    (point, sentence) for sentence in self._get_fact(point.facts).unmet
                ]
        return unready

    @api.model
    def _get_brakes(self):
        """Titles of the brakes, in their order: {brake: title}."""
        return dict(
            self.env["collection.readiness.point"]
            ._fields["brake"]
            ._description_selection(self.env)
        )

    def _get_printed_readiness(self):
        """The checklist as it is printed: list of (title, answers), by brake."""
        self.ensure_one()
        labels = self._get_brakes()
        by_brake = self.readiness_ids.grouped("brake")
        return [
            (labels[brake], by_brake[brake]) for brake, _ in BRAKES if brake in by_brake
        ]

    def _get_readiness_name(self):
        """Name of the file in which the checklist is printed."""
        self.ensure_one()
        return self.env._("Readiness %(mandate)s", mandate=self.number or "")

    def action_open_readiness(self):
        """The checklist as a board, by brake."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_readiness_answer_action"
        )
        return dict(action, domain=[("mandate_id", "=", self.id)], context={})

    def action_open_transitions(self):
        """Plans of the people concerned."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_transition_action"
        )
        return dict(
            action,
            domain=[("mandate_id", "=", self.id)],
            context={"default_mandate_id": self.id},
        )

    # ------------------------------------------------------------------
    # The people concerned
    # ------------------------------------------------------------------

    def _get_collectors(self):
        """In-house people with customers of their own in the mandate's company."""
        self.ensure_one()
        groups = self.env["collection.account"]._read_group(
            Domain("company_id", "=", self.company_id.id)
            & Domain("user_id.active", "=", True),
            ["user_id"],
        )
        users = self.env["res.users"].union(*(user for [user] in groups))
        return users._may_decide_in(self.company_id)

    def action_plan_transitions(self):
        """A plan for each in-house collector who has none yet, to be talked over.

        :raises AccessError: for others than credit managers
        """
        self.ensure_one()
        check_manager(self.env, self.env._("Only credit managers change a mandate."))
        self.check_access("write")
        missing = self._get_collectors() - self.transition_ids.collector_id
        self.transition_ids.create(
            [{"mandate_id": self.id, "collector_id": user.id} for user in missing]
        )
        self.action_count_going()
        return self.action_open_transitions()
