from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...models.base.days import company_today


class CollectionHold(models.TransientModel):
    """Stop reminders for a while, for whole customers or single items, or let them
    go on again; both are kept in the customers' history."""

    _name = "collection.hold"
    _description = "Hold Reminders"
    _inherit = ["collection.relation.mixin"]

    account_ids = fields.Many2many(
        comodel_name="collection.account", string="Customers"
    )
    item_ids = fields.Many2many(comodel_name="collection.item", string="Items")
    date_until = fields.Date(
        string="Until", help="The last day without reminder; it ends by itself."
    )
    reason = fields.Char()
    held_count = fields.Integer(compute="_compute_held_count")

    @api.depends("account_ids.hold_until", "item_ids.hold_until")
    def _compute_held_count(self):
        for wizard in self:
            wizard.held_count = sum(
                bool(record.hold_until and record.hold_until >= company_today(record))
                for records in (wizard.account_ids, wizard.item_ids)
                for record in records
            )

    @api.constrains("date_until")
    def _check_date_until(self):
        if any(
            wizard.date_until
            and wizard.date_until < company_today(wizard.account_ids or wizard.item_ids)
            for wizard in self
        ):
            raise ValidationError(
                self.env._("A hold that ends in the past holds nothing.")
            )

    def action_hold(self):
        """No reminder leaves up to and including the day chosen."""
        self.ensure_one()
        if not self.date_until or not self.reason:
            raise UserError(self.env._("Say until when and why reminders are on hold."))
        if not self.account_ids and not self.item_ids:
            raise UserError(self.env._("Choose the customers or items concerned."))
        self._hold({"hold_until": self.date_until, "hold_reason": self.reason})
        self._log_items(
            lambda names: self.env._(
                "Reminders on hold until %(date)s: %(items)s. %(reason)s",
                date=format_date(self.env, self.date_until),
                items=names,
                reason=self.reason,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def action_release(self):
        """Reminders go on as if there had been no hold."""
        self.ensure_one()
        # only what is held is worth a note
        self.item_ids = self.item_ids.filtered("hold_until")
        self._hold({"hold_until": False, "hold_reason": False})
        self._log_items(
            lambda names: self.env._("Reminders go on: %(items)s.", items=names)
        )
        return {"type": "ir.actions.act_window_close"}

    def _hold(self, vals):
        # the account's own fields are tracked
        self.account_ids.write(vals)
        # whoever may hold a customer may hold one of its items
        self.item_ids.account_id.check_access("write")
        # sudo: the hold, and nothing else, of items of customers the user may write
        self.item_ids.sudo().write(vals)

    def _log_items(self, message):
        """Note on each customer; `message` makes its text of the items' names."""
        self.item_ids.account_id._message_log_batch(
            bodies={
                account.id: message(", ".join(items.mapped("display_name")))
                for account, items in self.item_ids.grouped("account_id").items()
            }
        )
