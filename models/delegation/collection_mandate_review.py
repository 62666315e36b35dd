from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..base.days import company_today


class CollectionMandateReview(models.Model):
    """A review meeting with the provider: planned, held and written up."""

    _name = "collection.mandate.review"
    _description = "Review of a Mandate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    user_id = fields.Many2one(related="mandate_id.user_id")
    date = fields.Date(required=True, tracking=True)
    participant_ids = fields.Many2many(
        comodel_name="res.partner", string="Participants"
    )
    agenda = fields.Html(
        help="What is to be discussed. The provider's supervisor reads it on the "
        "portal and may answer beforehand."
    )
    minutes = fields.Html(
        string="Minutes of the Review",
        help="What was said and decided, and who does it. The provider's supervisor "
        "reads it once the review was held.",
    )
    note_ids = fields.One2many(
        comodel_name="collection.provider.note",
        inverse_name="review_id",
        string="Provider's Answers",
        readonly=True,
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("held", "Held"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    reminded = fields.Boolean(readonly=True, copy=False)

    @api.depends("mandate_id", "date")
    def _compute_display_name(self):
        for review in self:
            review.display_name = " – ".join(
                filter(
                    None,
                    [
                        review.mandate_id.display_name,
                        review.date and format_date(self.env, review.date),
                    ],
                )
            )

    def write(self, vals):
        if "date" in vals:
            # moved to another day: when that one passes too, it is said again
            vals = {**vals, "reminded": False}
        return super().write(vals)

    def action_hold(self):
        """The meeting took place; the next one is planned by the mandate's rhythm.

        :raises UserError: without minutes
        """
        for review in self:
            if review.state != "planned":
                raise UserError(self.env._("This review is not planned any more."))
            if not review.minutes:
                raise UserError(
                    self.env._("Write down first what was said and decided.")
                )
        self.state = "held"
        self.activity_feedback(["mail.mail_activity_data_meeting"])
        for mandate, reviews in self.grouped("mandate_id").items():
            mandate._plan_review(after=max(reviews.mapped("date")))

    def action_cancel(self):
        if any(review.state != "planned" for review in self):
            raise UserError(self.env._("This review is not planned any more."))
        self.state = "cancelled"
        self.activity_unlink(["mail.mail_activity_data_meeting"])

    @api.model
    def _cron_remind(self):
        """Every night: a review whose day has passed raises an activity, once."""
        late = self.browse()
        for place, companies in self.env["res.company"]._by_collection_place():
            late |= self.with_context(**place)._remind_late(companies)
        return late

    @api.model
    def _remind_late(self, companies):
        """As of the current day, those of `companies`."""
        late = self.search(
            [
                ("state", "=", "planned"),
                ("reminded", "=", False),
                ("company_id", "in", companies.ids),
                ("date", "<", company_today(companies)),
                ("mandate_id.state", "!=", "ended"),
            ]
        )
        for review in late:
            review._activity_schedule_for(
                review.company_id._get_collection_addressee(review.user_id),
                "mail.mail_activity_data_meeting",
                lambda asked, review=review: asked.env._(
                    "The review with %(provider)s of %(day)s has not been held",
                    provider=review.provider_id.display_name,
                    day=format_date(asked.env, review.date),
                ),
            )
        late.reminded = True
        return late
