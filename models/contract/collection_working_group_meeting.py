from odoo import api, fields, models
from odoo.tools import format_date

from ..base.days import company_today


class CollectionWorkingGroupMeeting(models.Model):
    """A meeting of those who own up to what goes wrong, and change it.

    The group of the sales cycle and of what follows an invoice: which dysfunctions it
    spoke of, what it decided, and what came of what it had decided before.
    """

    _name = "collection.working.group.meeting"
    _description = "Meeting of the Working Group"
    _inherit = ["collection.relation.mixin", "mail.thread"]
    _order = "date desc, id desc"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date = fields.Date(required=True, default=company_today, tracking=True)
    participant_ids = fields.Many2many(
        comodel_name="res.users",
        relation="collection_working_group_participant_rel",
        column1="meeting_id",
        column2="user_id",
        string="Participants",
        domain=[("share", "=", False)],
    )
    dysfunction_ids = fields.Many2many(
        comodel_name="collection.dysfunction",
        relation="collection_working_group_dysfunction_rel",
        column1="meeting_id",
        column2="dysfunction_id",
        string="Dysfunctions Discussed",
    )
    action_ids = fields.Many2many(
        comodel_name="collection.corrective.action",
        relation="collection_working_group_action_rel",
        column1="meeting_id",
        column2="action_id",
        string="Actions Decided or Followed up",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    minutes = fields.Html(
        help="What was admitted, what was decided, and who does it until when."
    )

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for meeting in self:
            meeting.display_name = self.env._(
                "Working group of %(day)s",
                day=format_date(self.env, meeting.date) if meeting.date else "…",
            )
