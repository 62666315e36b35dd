from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

REASONS = [
    ("not_received", "Invoice not received"),
    ("missing_order", "Purchase order missing"),
    ("price", "Price"),
    ("quantity", "Quantity or missing goods"),
    ("quality", "Quality or non-conformity"),
    ("late_delivery", "Late delivery"),
    ("return", "Return, credit note expected"),
    ("unfinished", "Service not completed"),
    ("address", "Wrong address or entity"),
    ("duplicate", "Invoiced twice"),
    ("discount", "Discount or rebate"),
    ("tax", "VAT or mandatory mentions"),
    ("proof", "Proof of delivery asked for"),
    ("legal", "Legal dispute"),
]


class CollectionDispute(models.Model):
    """Part of an invoice the customer contests; it leaves what is dunned."""

    _name = "collection.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "create_date desc, id desc"
    _rec_name = "number"

    number = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(related="account_id.partner_id")
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        required=True,
        domain="[('account_id', '=', account_id), ('state', '=', 'open')]",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id", store=True
    )
    amount = fields.Monetary(
        help="Disputed amount. 0: the items as a whole. It is laid on the items in "
        "the order of their due dates.",
        tracking=True,
    )
    reason = fields.Selection(selection=REASONS, required=True, tracking=True)
    precheck_id = fields.Many2one(
        comodel_name="collection.precheck",
        string="Found by the Quality Control",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    description = fields.Text()
    owner_id = fields.Many2one(
        comodel_name="res.users",
        string="Decided by",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
    )
    deadline = fields.Date(tracking=True)
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("in_progress", "In progress"),
            ("accepted", "Accepted"),
            ("partial", "Partly accepted"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="open",
        tracking=True,
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "The disputed amount cannot be negative."
    )

    @api.depends("item_ids.currency_id")
    def _compute_currency_id(self):
        for dispute in self:
            dispute.currency_id = dispute.item_ids.currency_id[:1]

    @api.constrains("item_ids", "account_id", "amount")
    def _check_items(self):
        for dispute in self:
            if dispute.item_ids.account_id != dispute.account_id:
                raise ValidationError(
                    self.env._("Choose items of the customer of the dispute.")
                )
            if len(dispute.item_ids.currency_id) > 1:
                raise ValidationError(
                    self.env._(
                        "A dispute is in one currency: open one dispute per currency."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            account = self.env["collection.account"].browse(vals.get("account_id"))
            vals["number"] = (
                self.env["ir.sequence"]
                .with_company(account.company_id)
                .next_by_code("collection.dispute")
            )
        disputes = super().create(vals_list)
        disputes.item_ids._update_disputed()
        disputes.account_id._mark_stale()
        for dispute in disputes.filtered("precheck_id"):
            dispute.precheck_id._report_anomaly(dispute)
        return disputes

    def write(self, vals):
        items = self.item_ids
        res = super().write(vals)
        if not {"item_ids", "amount", "state"}.isdisjoint(vals):
            (items | self.item_ids)._update_disputed()
            self.account_id._mark_stale()
        return res

    def unlink(self):
        items = self.item_ids
        res = super().unlink()
        items._update_disputed()
        items.account_id._mark_stale()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if any(dispute.state != "open" for dispute in self):
            raise UserError(
                self.env._("Only a new dispute can be deleted. Cancel it instead.")
            )

    def action_in_progress(self):
        self.state = "in_progress"

    def action_accept(self):
        self.state = "accepted"

    def action_accept_partly(self):
        self.state = "partial"

    def action_reject(self):
        self.state = "rejected"

    def action_cancel(self):
        self.state = "cancelled"
