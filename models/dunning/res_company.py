from odoo import fields, models


class ResCompany(models.Model):
    """When a company's reminders are computed."""

    _inherit = "res.company"

    collection_auto_run = fields.Selection(
        selection=[
            ("off", "By hand"),
            ("compute", "Computed every day"),
            ("send", "Computed and sent every day"),
        ],
        string="Daily Run",
        required=True,
        default="off",
        help="Sent: only letters of the levels that are sent automatically; the "
        "others, and what needs an approval, wait for a person.",
        groups="base.group_user",
    )
    collection_auto_run_date = fields.Date(
        string="Last Daily Run", readonly=True, groups="base.group_user"
    )
    collection_run_time = fields.Datetime(
        string="Last Change of a Run",
        readonly=True,
        help="Written by each computation and confirmation, so that two at once "
        "cannot both succeed.",
        groups="base.group_user",
    )
