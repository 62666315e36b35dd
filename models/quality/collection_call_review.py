from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.quality import Answer, call_mark
from ..base.days import company_today, each_company_day, on_company_days
from ..base.roles import check_manager

#: how long a recording may be kept, and the sheet of its analysis (CNIL)
RECORDING_MONTHS = 6
SHEET_YEARS = 1
#: what the reviewer writes; everything else comes from the draw
REVIEW_FIELDS = frozenset(
    {
        "comment",
        "line_ids",
        "recording_date_delete",
        "recording_informed",
        "recording_reference",
    }
)


class CollectionCallReview(models.Model):
    """A call that was drawn for a review, heard against the checklist and marked.

    Drawn by lot (`collection.call.draw`), created by nobody's hand. The caller sees
    the sheet once it is done, never before: nobody shall know which call is heard.
    """

    _name = "collection.call.review"
    _description = "Call Review"
    _inherit = ["collection.provider.mixin"]
    _order = "date desc, id desc"

    _provider_fields = frozenset(
        {
            "account_id",
            "anonymised",
            "call_id",
            "comment",
            "company_id",
            "date",
            "date_reviewed",
            "line_ids",
            "mark",
            "side",
            "state",
        }
    )
    _on_site_fields = frozenset({"agent_id", "own", "user_id"})

    draw_id = fields.Many2one(
        comodel_name="collection.call.draw",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    reason = fields.Selection(
        selection=[("share", "Share of the day"), ("week", "One call of the week")],
        string="Drawn as",
        required=True,
        readonly=True,
    )
    call_id = fields.Many2one(
        comodel_name="collection.call",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    date = fields.Date(
        string="Day of the Call", required=True, readonly=True, index=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Caller",
        readonly=True,
        index="btree_not_null",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        required=True,
        readonly=True,
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    call_duration = fields.Float(related="call_id.duration")
    call_outcome_id = fields.Many2one(related="call_id.outcome_id", string="Outcome")
    call_note = fields.Text(related="call_id.note", string="What was said")
    line_ids = fields.One2many(
        comodel_name="collection.call.review.line",
        inverse_name="review_id",
        string="Checklist",
    )
    mark = fields.Float(
        digits=(5, 1), compute="_compute_mark", store=True, aggregator="avg"
    )
    comment = fields.Text(
        help="Factual, and meant for the caller: he and his supervisor read it."
    )
    reviewer_id = fields.Many2one(
        comodel_name="res.users", string="Reviewed by", readonly=True
    )
    date_reviewed = fields.Date(string="Reviewed on", readonly=True)
    recording_reference = fields.Char(
        string="Recording",
        help="Where your telephone system keeps it; the recording itself is not kept "
        "here.",
    )
    recording_informed = fields.Boolean(
        string="Both Were Told",
        help="The caller and the customer knew beforehand that the call was recorded "
        "and could object.",
    )
    recording_date_delete = fields.Date(
        string="Recording Deleted on",
        help="Six months after the call at the latest.",
    )
    state = fields.Selection(
        selection=[("to_review", "To review"), ("done", "Reviewed")],
        required=True,
        default="to_review",
        readonly=True,
        index=True,
    )
    anonymised = fields.Boolean(
        string="Without Names",
        readonly=True,
        help="A year after the call the names are deleted; the marks stay.",
    )

    own = fields.Boolean(
        compute="_compute_own",
        export_string_translation=False,
    )

    _call_uniq = models.UniqueIndex("(call_id)", "This call was drawn already.")

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_own(self):
        for review in self:
            review.own = review.user_id == self.env.user

    @api.depends("call_id", "date")
    def _compute_display_name(self):
        for review in self:
            # sudo: the name of a customer whose call the reader sees
            name = review.sudo().account_id.display_name
            review.display_name = " – ".join(
                filter(None, [name, fields.Date.to_string(review.date)])
            )

    @api.depends("line_ids.result", "line_ids.weight", "line_ids.critical")
    def _compute_mark(self):
        for review in self:
            mark = call_mark(
                Answer(line.result, line.weight, line.critical)
                for line in review.line_ids
                if line.result
            )
            review.mark = mark or 0.0

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "mark:avg":
            # a call that was not heard yet has no mark, rather than the mark 0
            return SQL(
                "AVG(%s) FILTER (WHERE %s = 'done')",
                self._field_to_sql(self._table, "mark", query),
                SQL.identifier(self._table, "state", to_flush=self._fields["state"]),
            )
        return super()._read_group_select(aggregate_spec, query)

    @api.constrains(
        "recording_reference", "recording_informed", "recording_date_delete"
    )
    def _check_recording(self):
        for review in self.filtered("recording_reference"):
            if not review.recording_informed:
                raise ValidationError(
                    self.env._(
                        "Refer to a recording only when the caller and the customer "
                        "were told of it beforehand."
                    )
                )
            latest = review.date + relativedelta(months=RECORDING_MONTHS)
            if not review.recording_date_delete:
                raise ValidationError(
                    self.env._("Say on which day the recording is deleted.")
                )
            if review.recording_date_delete > latest:
                raise ValidationError(
                    self.env._(
                        "A recording is kept for %(months)s months at most: delete it "
                        "by %(date)s.",
                        months=RECORDING_MONTHS,
                        date=latest,
                    )
                )

    @api.onchange("recording_reference")
    def _onchange_recording_reference(self):
        if self.recording_reference and not self.recording_date_delete:
            self.recording_date_delete = self.date + relativedelta(
                months=RECORDING_MONTHS
            )

    # ------------------------------------------------------------------
    # Drawn, then heard
    # ------------------------------------------------------------------

    @api.model
    def _create_for(self, draw, reasons):
        """Sheets of the calls that came out of a draw.

        :param reasons: {id of the call: why it was drawn}
        """
        calls = self.env["collection.call"].browse(reasons)
        mandates = calls._get_working_mandates()
        criteria = self.env["collection.quality.criterion"].search(
            [("active", "=", True)]
        )
        checklist = [
            Command.create(
                {
                    "criterion_id": criterion.id,
                    "sequence": criterion.sequence,
                    "weight": criterion.weight,
                    "critical": criterion.critical,
                }
            )
            for criterion in criteria
        ]
        zone = draw.company_id._get_collection_zone()
        # sudo: nobody, managers included, picks a call by hand
        return self.sudo().create(
            [
                {
                    "draw_id": draw.id,
                    "reason": reasons[call.id],
                    "call_id": call.id,
                    "account_id": call.account_id.id,
                    "company_id": call.company_id.id,
                    "date": fields.Datetime.context_timestamp(
                        call.with_context(tz=zone), call.date
                    ).date(),
                    "user_id": call.user_id.id,
                    "agent_id": call.agent_id.id,
                    "side": call.side,
                    "mandate_id": mandates[call].id,
                    "line_ids": checklist,
                }
                for call in calls
            ]
        )

    def _check_reviewer(self):
        """Refuse whoever may not mark these calls, and what was marked already.

        :raises AccessError: not a credit manager, or the caller
        :raises UserError: the sheet is done
        """
        self.check_access("write")
        check_manager(self.env, self.env._("Credit managers review calls."))
        for review in self:
            if review.user_id == self.env.user:
                raise AccessError(
                    self.env._("Nobody marks their own call: ask a colleague.")
                )
            if review.state != "to_review":
                raise UserError(self.env._("This call was marked: its mark stays."))

    def write(self, vals):
        if not self.env.su:
            if not REVIEW_FIELDS.issuperset(vals):
                raise UserError(
                    self.env._("What was drawn stays drawn: only the sheet is filled.")
                )
            self._check_reviewer()
        return super().write(vals)

    def action_done(self):
        """The call was heard: its mark is told to the caller and to their team."""
        self._check_reviewer()
        for review in self:
            missing = review.line_ids.filtered(lambda line: not line.result)
            if missing:
                raise UserError(
                    self.env._(
                        "Say how these criteria were met, or that they do not apply: "
                        "%(names)s.",
                        names=", ".join(missing.criterion_id.mapped("name")),
                    )
                )
            if all(line.result == "na" for line in review.line_ids):
                raise UserError(
                    self.env._("A call to which no criterion applies has no mark.")
                )
        # sudo: checked above; who marked it and when is nobody's to write
        for today, reviews_sudo in each_company_day(self.sudo()):
            reviews_sudo.write(
                {
                    "state": "done",
                    "reviewer_id": self.env.uid,
                    "date_reviewed": today,
                }
            )

    def action_open_call(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "collection.call",
            "res_id": self.call_id.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------
    # Not kept for ever
    # ------------------------------------------------------------------

    @api.model
    def _cron_forget(self):
        """Every night: recordings and sheets past their time lose what is personal.

        The reference of a recording goes on its day of deletion. A year after the
        call the sheet keeps its marks, and nothing that tells whose call it was.
        """
        self.search(
            Domain("recording_reference", "!=", False)
            & on_company_days(
                self.env, lambda today: Domain("recording_date_delete", "<=", today)
            )
        ).sudo().write({"recording_reference": False})
        limit = company_today(self) - relativedelta(years=SHEET_YEARS)
        # sudo: nobody changes a sheet, and the law deletes what is personal of it
        old_sudo = self.sudo().search(
            [("anonymised", "=", False), ("date", "<=", limit)]
        )
        old_sudo.line_ids.write({"comment": False})
        old_sudo.write(
            {
                "anonymised": True,
                "account_id": False,
                "agent_id": False,
                "call_id": False,
                "comment": False,
                "recording_date_delete": False,
                "recording_informed": False,
                "recording_reference": False,
                "reviewer_id": False,
                "user_id": False,
            }
        )
        self.env["collection.call.draw"].sudo().search(
            [("day", "<=", limit), ("population", "!=", False)]
        ).population = False
