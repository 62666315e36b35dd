from odoo import api, fields, models

from ...models.contact.collection_call import COMPLETION_FIELDS, CORRECTION_FIELDS


class CollectionCallAmend(models.TransientModel):
    """Complete a call of today, or correct one by a second entry."""

    _name = "collection.call.amend"
    _description = "Complete or Correct a Call"
    _inherit = ["collection.relation.mixin"]

    call_id = fields.Many2one(comodel_name="collection.call", required=True)
    completes = fields.Boolean(
        string="Caller's Own, of Today", compute="_compute_completes"
    )
    corrects = fields.Boolean(
        string="Something Else Was Wrong",
        help="More than the note or the next action: that takes a second entry.",
    )
    reason = fields.Char(help="Shown with the correction.")
    outcome_id = fields.Many2one(comodel_name="collection.call.outcome")
    person = fields.Char(string="Spoken to")
    phone = fields.Char(string="Number")
    duration = fields.Float(string="Minutes")
    note = fields.Text(string="What Was Said")
    next_action = fields.Char()
    next_action_date = fields.Date(string="On")
    next_action_time = fields.Float(
        string="At", help="Hour agreed with the customer, in his own time."
    )

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        call = self.env["collection.call"].browse(values.get("call_id"))
        if not call:
            return values
        call.check_access("read")
        values |= {"corrects": not call._is_completable(), **call._get_said()}
        return {name: values[name] for name in values if name in fields}

    @api.depends("call_id")
    def _compute_completes(self):
        for wizard in self:
            wizard.completes = wizard.call_id._is_completable()

    def action_confirm(self):
        """Write it down as the one or the other.

        :raises UserError: see `collection.call._amend`
        """
        self.ensure_one()
        corrects = self.corrects or not self.completes
        names = CORRECTION_FIELDS if corrects else COMPLETION_FIELDS
        self.call_id._amend(
            {
                name: self[name].id if name == "outcome_id" else self[name]
                for name in names
            },
            self.reason,
            corrects,
        )
        return {"type": "ir.actions.act_window_close"}
