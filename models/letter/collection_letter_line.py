from odoo import api, fields, models
from odoo.tools import format_date, formatLang


class CollectionLetterLine(models.Model):
    """One item on a letter, as it stood when the letter was computed or sent."""

    _name = "collection.letter.line"
    _description = "Letter Line"
    _order = "letter_id, date_due, id"

    letter_id = fields.Many2one(
        comodel_name="collection.letter",
        required=True,
        index=True,
        ondelete="cascade",
    )
    item_id = fields.Many2one(
        comodel_name="collection.item", index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one(related="letter_id.company_id")
    currency_id = fields.Many2one(related="letter_id.currency_id")
    level_id = fields.Many2one(
        comodel_name="collection.policy.level", ondelete="restrict"
    )
    move_name = fields.Char(string="Invoice", required=True)
    invoice_date = fields.Date()
    date_due = fields.Date(string="Due Date", required=True)
    days_overdue = fields.Integer()
    amount_total = fields.Monetary(string="Amount")
    amount_paid = fields.Monetary(string="Paid")
    amount_due = fields.Monetary(help="Residual less the part under dispute.")
    amount_interest = fields.Monetary(string="Interest")
    amount_indemnity = fields.Monetary(string="Indemnity")
    amount_waived = fields.Monetary(
        string="Commercial Gesture",
        help="Waived part of the interest and the indemnity, deducted.",
    )
    interest_detail = fields.Json(
        help="Segments of the interest: from, to, days, rate, base, amount."
    )
    settled_detail = fields.Json(
        help="Interest and indemnity invoiced or waived before, and left out."
    )

    interest_explanation = fields.Char(
        string="Interest Calculation", compute="_compute_interest_explanation"
    )

    @api.depends("interest_detail")
    @api.depends_context("lang")
    def _compute_interest_explanation(self):
        for line in self:
            line.interest_explanation = "; ".join(
                self.env._(
                    "%(date_from)s–%(date_to)s: %(days)s d at %(rate)s %% = %(amount)s",
                    date_from=format_date(self.env, segment["date_from"]),
                    date_to=format_date(self.env, segment["date_to"]),
                    days=segment["days"],
                    rate=formatLang(self.env, segment["rate"]),
                    amount=formatLang(
                        self.env, segment["amount"], currency_obj=line.currency_id
                    ),
                )
                for segment in line.interest_detail or []
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.letter_id._check_not_sent()
        return lines

    def write(self, vals):
        # the item may go, what the letter says about it stays
        if set(vals) - {"item_id"}:
            self.letter_id._check_not_sent()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.letter_id._check_not_sent()
