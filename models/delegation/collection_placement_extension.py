from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.roles import check_manager

#: days that may be asked for at once, and granted
ASKED_DAYS = 90
GRANTED_DAYS = 365
EXTENSION_ACTIVITY = "account_collection.mail_activity_type_extension"


class CollectionPlacementExtension(models.Model):
    """More time with some customers, asked by the provider, granted by the company.

    As long as nobody has decided, the time runs: whose last day passes comes back.
    """

    _name = "collection.placement.extension"
    _description = "Extension of a Hand-over"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _rec_name = "placement_id"

    placement_id = fields.Many2one(
        comodel_name="collection.placement",
        string="Hand-over",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    mandate_id = fields.Many2one(
        related="placement_id.mandate_id", store=True, index=True, precompute=True
    )
    provider_id = fields.Many2one(related="placement_id.provider_id")
    company_id = fields.Many2one(
        related="placement_id.company_id", store=True, index=True, precompute=True
    )
    line_ids = fields.Many2many(
        comodel_name="collection.placement.line",
        relation="collection_extension_line_rel",
        column1="extension_id",
        column2="line_id",
        string="Customers",
        readonly=True,
    )
    line_count = fields.Integer(string="Number of Customers", readonly=True)
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Asked by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Datetime(
        string="Asked for on", required=True, readonly=True, default=fields.Datetime.now
    )
    days = fields.Integer(string="Days Asked for", required=True, readonly=True)
    reason = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("open", "Waiting"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("lapsed", "Time Was Over"),
        ],
        required=True,
        default="open",
        readonly=True,
        tracking=True,
        index=True,
    )
    days_granted = fields.Integer(
        string="Days to Grant", help="From the last day as it stands."
    )
    answer = fields.Text(help="The provider's supervisors read it on the portal.")
    decided_by_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True
    )
    date_decided = fields.Datetime(string="Decided on", readonly=True)

    _days_in_bounds = models.Constraint(
        f"CHECK (days BETWEEN 1 AND {ASKED_DAYS}"
        f" AND days_granted BETWEEN 0 AND {GRANTED_DAYS})",
        "More days than that are neither asked for nor granted at once.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Extensions are asked for by the provider."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            open_fields = {
                "answer",
                "days_granted",
                "activity_ids",
                "message_follower_ids",
            }
            if not open_fields.issuperset(vals) or any(
                extension.state != "open" for extension in self
            ):
                raise UserError(
                    self.env._("What was asked for and decided stays as it was.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("What was asked for and decided stays as it was."))

    @api.model
    def _ask(self, agent, lines, days, reason):
        """Ask for more time with `lines` of one hand-over, and tell the company.

        The callers have checked that the agent may ask, and that the lines are with
        their provider. As superuser.

        :raises UserError: on other days than may be asked for, lines without an end,
            or of which it was asked already
        """
        if not 1 <= days <= ASKED_DAYS:
            raise UserError(
                self.env._(
                    "Ask for 1 to %(limit)s days more at a time.", limit=ASKED_DAYS
                )
            )
        if any(not line.date_deadline for line in lines):
            raise UserError(
                self.env._("These customers are with you without a last day.")
            )
        if "open" in lines.extension_ids.mapped("state"):
            raise UserError(
                self.env._(
                    "You have asked for more time with some of these customers: wait "
                    "for the answer."
                )
            )
        extension = self.create(
            {
                "placement_id": lines.placement_id.id,
                "line_ids": [fields.Command.set(lines.ids)],
                "line_count": len(lines),
                "agent_id": agent.id,
                "days": days,
                "days_granted": days,
                "reason": reason,
            }
        )
        extension._activity_schedule_for(
            extension.mandate_id._get_responsible(),
            EXTENSION_ACTIVITY,
            lambda asked: asked.env._(
                "%(provider)s asks for %(days)s days more with customers: %(count)s",
                provider=extension.provider_id.name,
                days=days,
                count=len(lines),
            ),
        )
        return extension

    def _check_decision(self):
        check_manager(
            self.env, self.env._("A credit manager decides about an extension.")
        )
        self.check_access("write")
        for extension in self:
            if extension.state != "open":
                raise UserError(self.env._("This was decided already."))

    def _close(self, state):
        # sudo: the right to decide was checked; only how it ended is written
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
            }
        )
        self.sudo().activity_unlink([EXTENSION_ACTIVITY])

    def action_grant(self):
        """The provider has these customers longer, from their last day on."""
        self._check_decision()
        for extension in self:
            if not extension.days_granted:
                raise UserError(self.env._("Say how many days you grant."))
            running = extension.line_ids.filtered(lambda line: line.state == "active")
            for day, lines in running.grouped("date_deadline").items():
                lines._transit(
                    {
                        "date_deadline": day + timedelta(days=extension.days_granted),
                        "deadline_warned": False,
                    },
                    extension.answer or extension.reason,
                )
            extension.placement_id._message_log(
                body=self.env._(
                    "Extended. Customers: %(count)s, days: %(days)s.",
                    days=extension.days_granted,
                    count=len(running),
                )
            )
        self._close("granted")

    def action_refuse(self):
        """The last day stays; the provider is told why."""
        self._check_decision()
        if any(not (extension.answer or "").strip() for extension in self):
            raise UserError(self.env._("Tell the provider in the answer why."))
        self._close("refused")


class CollectionPlacementLine(models.Model):
    """What was asked about customers who are gone needs no answer any more."""

    _inherit = "collection.placement.line"

    def _take_back(self, state, reason, recall_reason=False):
        res = super()._take_back(state, reason, recall_reason)
        # sudo: whoever ends a line may not decide about what was asked
        waiting_sudo = (
            self.env["collection.placement.extension"]
            .sudo()
            .search([("state", "=", "open"), ("line_ids", "in", self.ids)])
        )
        waiting_sudo.filtered(
            lambda extension: "active" not in extension.line_ids.mapped("state")
        )._close("lapsed")
        return res
