from odoo import fields, models
from odoo.exceptions import UserError


class CollectionRemind(models.TransientModel):
    """Look at a customer's next reminder, and send it."""

    _name = "collection.remind"
    _description = "Remind Now"
    _inherit = ["collection.relation.mixin"]

    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="account_id.company_id")
    description = fields.Char(
        string="Letter", readonly=True, help="Level, way and amount of each letter."
    )
    preview_html = fields.Html(string="Preview", readonly=True, sanitize=False)

    def _look(self):
        """Draw the letters up to show them; nothing of that is kept."""
        self.ensure_one()
        with self.env.cr.savepoint() as savepoint:
            letters = self.account_id._make_reminder().letter_ids
            seen = {
                "description": self._describe(letters),
                "preview_html": letters._render_html(),
            }
            savepoint.rollback()
        self.write(seen)

    def _describe(self, letters):
        labels = dict(letters._fields["channel"]._description_selection(self.env))
        return ", ".join(
            self.env._(
                "%(level)s (%(channel)s) of %(amount)s",
                level=letter.level_id.name,
                channel=labels[letter.channel],
                amount=letter.currency_id.format(letter.amount_total),
            )
            for letter in letters
        )

    def action_send(self):
        """Number the letters and send them, and open them.

        :raises UserError: they are no longer those that were shown. A colleague may
            have sent them meanwhile, and the next level would leave unseen
        """
        self.ensure_one()
        run_sudo = self.account_id._make_reminder()
        if self._describe(run_sudo.letter_ids) != self.description:
            raise UserError(
                self.env._(
                    "The reminder has changed since you looked at it. Close this "
                    "window and look again."
                )
            )
        run_sudo.action_confirm()
        run_sudo.action_send()
        return self.account_id.action_open_letters()
