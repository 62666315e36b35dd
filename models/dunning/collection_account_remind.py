from odoo import models
from odoo.exceptions import UserError


class CollectionAccount(models.Model):
    """Reminding one customer now, out of turn."""

    _inherit = "collection.account"

    def action_remind_now(self):
        """Show the letter of the next level, which one click sends.

        :raises UserError: there is nothing to remind of, and why
        """
        if not self:
            raise UserError(self.env._("Nothing of this customer's is overdue."))
        self.ensure_one()
        wizard = self.env["collection.remind"].create({"account_id": self.id})
        wizard._look()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Remind Now"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _make_reminder(self):
        """The letters of the next level for all that is overdue, drawn up and not
        numbered: a run for this customer alone.

        :raises UserError: there is nothing to remind of, and why
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: runs are the credit managers'; a collector who may write to the customer
        # reminds them, by the same rule, approvals included
        run_sudo = (
            self.env["collection.dunning.run"]
            .sudo()
            .create({"company_id": self.company_id.id, "account_id": self.id})
        )
        run_sudo.action_compute()
        if not run_sudo.letter_ids:
            raise self._get_reminder_refusal(run_sudo)
        run_sudo.letter_ids.at_once = True
        return run_sudo

    def _get_reminder_refusal(self, run_sudo):
        """The error that says why a run for this customer alone has no letter."""
        return UserError(run_sudo._explain_no_letter())
