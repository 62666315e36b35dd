from odoo import fields, models


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
            labels = dict(letters._fields["channel"]._description_selection(self.env))
            seen = {
                "description": ", ".join(
                    self.env._(
                        "%(level)s (%(channel)s) of %(amount)s",
                        level=letter.level_id.name,
                        channel=labels[letter.channel],
                        amount=letter.currency_id.format(letter.amount_total),
                    )
                    for letter in letters
                ),
                "preview_html": letters._render_html(),
            }
            savepoint.rollback()
        self.write(seen)

    def action_send(self):
        """Number the letters and send them, and open them."""
        self.ensure_one()
        run_sudo = self.account_id._make_reminder()
        run_sudo.action_confirm()
        run_sudo.action_send()
        return self.account_id.action_open_letters()
