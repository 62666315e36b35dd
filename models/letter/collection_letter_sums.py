from odoo import api, fields, models


class CollectionLetter(models.Model):
    """What a letter deducts, with the sign that makes it add up on the screen."""

    _inherit = "collection.letter"

    deducted_waived = fields.Monetary(
        string="Less Commercial Gesture", compute="_compute_deducted"
    )
    deducted_credit = fields.Monetary(
        string="Less Open Credits", compute="_compute_deducted"
    )
    has_paid = fields.Boolean(compute="_compute_has", export_string_translation=False)
    has_disputed = fields.Boolean(
        compute="_compute_has", export_string_translation=False
    )

    @api.depends("amount_waived", "amount_credit")
    def _compute_deducted(self):
        for letter in self:
            letter.deducted_waived = -letter.amount_waived
            letter.deducted_credit = -letter.amount_credit

    @api.depends("line_ids.deducted_paid", "line_ids.deducted_disputed")
    def _compute_has(self):
        """Which columns of the lines say anything."""
        for letter in self:
            lines = letter.line_ids
            letter.has_paid = any(lines.mapped("deducted_paid"))
            letter.has_disputed = any(
                not letter.currency_id.is_zero(amount)
                for amount in lines.mapped("deducted_disputed")
            )


class CollectionLetterLine(models.Model):
    """The same for one item: amount, less paid and disputed, is what is due."""

    _inherit = "collection.letter.line"

    deducted_paid = fields.Monetary(string="Less Paid", compute="_compute_deducted")
    deducted_disputed = fields.Monetary(
        string="Less Disputed", compute="_compute_deducted"
    )
    deducted_waived = fields.Monetary(
        string="Less Commercial Gesture", compute="_compute_deducted"
    )
    amount_claimed = fields.Monetary(string="Claimed", compute="_compute_deducted")

    @api.depends(
        "amount_total",
        "amount_paid",
        "amount_due",
        "amount_interest",
        "amount_indemnity",
        "amount_waived",
    )
    def _compute_deducted(self):
        for line in self:
            line.deducted_paid = -line.amount_paid
            line.deducted_disputed = (
                line.amount_due - line.amount_total + line.amount_paid
            )
            line.deducted_waived = -line.amount_waived
            line.amount_claimed = (
                line.amount_due
                + line.amount_interest
                + line.amount_indemnity
                - line.amount_waived
            )
