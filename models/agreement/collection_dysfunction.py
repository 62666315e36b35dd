from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..base.days import company_today
from .collection_dispute_reason import DEPARTMENTS

#: months over which the register counts the disputes of a dysfunction
REGISTER_MONTHS = 12


class CollectionDysfunction(models.Model):
    """What goes wrong in our own house and keeps invoices from being paid.

    Every reason of a dispute leads to one. The register counts what each costs and
    what is done about it.
    """

    _name = "collection.dysfunction"
    _description = "Post-Invoice Dysfunction"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department = fields.Selection(
        selection=DEPARTMENTS, required=True, default="accounting", tracking=True
    )
    owner_id = fields.Many2one(
        comodel_name="res.users",
        domain=[("share", "=", False)],
        tracking=True,
        help="Who sees to it that the cause goes away.",
    )
    note = fields.Html(string="Analysis", help="Why it happens, as the group found.")
    reason_ids = fields.One2many(
        comodel_name="collection.dispute.reason",
        inverse_name="dysfunction_id",
        string="Dispute Reasons",
    )
    action_ids = fields.One2many(
        comodel_name="collection.corrective.action",
        inverse_name="dysfunction_id",
        string="Corrective Actions",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id"
    )
    dispute_count = fields.Integer(
        string="Disputes, 12 Months", compute="_compute_disputes"
    )
    dispute_amount = fields.Monetary(
        string="Disputed, 12 Months",
        compute="_compute_disputes",
        help="What customers contested for this cause in the last twelve months, "
        "company currency, in the current company.",
    )
    open_count = fields.Integer(string="Open Disputes", compute="_compute_disputes")
    share = fields.Float(
        string="Share (%)",
        digits=(5, 1),
        compute="_compute_disputes",
        help="Of the amount of all disputes of the last twelve months.",
    )
    action_count = fields.Integer(
        string="Actions Going on", compute="_compute_action_count"
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "A dysfunction with this code exists already."
    )

    @api.depends_context("company")
    def _compute_currency_id(self):
        self.currency_id = self.env.company.currency_id

    @api.model
    def _get_figures(self, date_from, date_to, company=None):
        """Disputes of each dysfunction opened between two days, both included.

        :return: {dysfunction: (number, amount in company currency)}, of all of them
        """
        groups = self.env["collection.dispute"]._read_group(
            [
                ("company_id", "=", (company or self.env.company).id),
                ("dysfunction_id", "!=", False),
                ("state", "!=", "cancelled"),
                ("date_opened", ">=", date_from),
                ("date_opened", "<=", date_to),
            ],
            ["dysfunction_id"],
            ["__count", "amount_company:sum"],
        )
        return {dysfunction: (count, amount) for dysfunction, count, amount in groups}

    @api.depends_context("company")
    def _compute_disputes(self):
        today = company_today(self)
        figures = self._get_figures(
            today - relativedelta(months=REGISTER_MONTHS, days=-1), today
        )
        total = sum(amount for _count, amount in figures.values())
        undecided = dict(
            self.env["collection.dispute"]._read_group(
                [
                    ("company_id", "=", self.env.company.id),
                    ("dysfunction_id", "in", self._origin.ids),
                    ("state", "in", ("open", "in_progress")),
                ],
                ["dysfunction_id"],
                ["__count"],
            )
        )
        for dysfunction in self:
            count, amount = figures.get(dysfunction._origin, (0, 0.0))
            dysfunction.dispute_count = count
            dysfunction.dispute_amount = amount
            dysfunction.open_count = undecided.get(dysfunction._origin, 0)
            dysfunction.share = 100.0 * amount / total if total else 0.0

    @api.depends("action_ids.state")
    def _compute_action_count(self):
        counts = dict(
            self.env["collection.corrective.action"]._read_group(
                [
                    ("dysfunction_id", "in", self._origin.ids),
                    ("state", "in", ("planned", "in_progress")),
                ],
                ["dysfunction_id"],
                ["__count"],
            )
        )
        for dysfunction in self:
            dysfunction.action_count = counts.get(dysfunction._origin, 0)

    def action_open_disputes(self):
        """The disputes that this dysfunction has caused."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_dispute_action"
        )
        return dict(action, domain=[("dysfunction_id", "=", self.id)], context={})
