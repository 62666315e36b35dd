from odoo import fields, models

from ...models.position.account_account import RECEIVABLE

#: whose debt a journal item that is about to be made will bear
ORIGIN = "collection_origin_line_id"


class AccountAutomaticEntryWizard(models.TransientModel):
    """Receivables that are moved to another account stay the debts that they are."""

    _inherit = "account.automatic.entry.wizard"

    def _get_move_dict_vals_change_account(self):
        # EXTENDS account: which sums up what a customer owes in one journal item,
        # without a due date
        vals_list = super()._get_move_dict_vals_change_account()
        if self.destination_account_id.reconcile:
            # sudo: where a debt came from, of lines that the user is moving
            known_sudo = self.env["collection.moved.debt"].sudo()
            known_sudo = known_sudo.search([("line_id", "in", self.move_line_ids.ids)])
            origins = {
                moved.line_id.id: moved.origin_line_id.sudo(False)
                for moved in known_sudo
            }
            for vals in vals_list:
                vals["line_ids"] = [
                    command
                    for line in vals["line_ids"]
                    for command in self._get_commands_by_debt(line, origins)
                ]
        return vals_list

    def _get_commands_by_debt(self, command, origins):
        """The commands that create one journal item for each debt which is moved.

        :param command: creates one for all of a customer's debts in one currency
        :param origins: {line id: line of the invoice} of debts that were moved before
        """
        target = self.destination_account_id
        values = command[2]
        if values["account_id"] != target.id:
            return [command]
        moved = self.move_line_ids.filtered(
            lambda line: (
                line.account_id != target
                and line.partner_id.id == values["partner_id"]
                and self._get_target_currency(line).id == values["currency_id"]
            )
        )
        debts = moved.filtered(lambda line: line.account_id._bears_debts())
        if not debts or debts != moved:
            return [command]
        return [
            (0, 0, self._get_debt_values(debt, origins.get(debt._origin.id), values))
            for debt in debts
        ]

    def _get_target_currency(self, line):
        own = self.destination_account_id.currency_id
        foreign = own and own != self.company_id.currency_id
        return own if foreign else line.currency_id

    def _get_debt_values(self, debt, origin, values):
        """Values of the journal item on which `debt` will stand.

        :param origin: line of the invoice, where the debt was moved before
        :param values: of the one that would have been made for several
        """
        currency = self._get_target_currency(debt)
        amount_currency = debt.amount_currency
        if currency != debt.currency_id:
            amount_currency = self.company_id.currency_id._convert(
                debt.balance, currency, self.company_id, debt.date
            )
        origin = origin or debt
        due = debt.date_maturity or debt.date
        return {
            **values,
            "name": f"{values['name']} – {origin.move_id.name}",
            "debit": max(debt.balance, 0.0),
            "credit": max(-debt.balance, 0.0),
            "amount_currency": amount_currency,
            "analytic_distribution": debt.analytic_distribution or {},
            ORIGIN: origin.id if debt.balance > 0 else False,
            "date_maturity": fields.Date.to_string(due),
            "no_followup": debt.no_followup,
        }

    def _do_action_change_account(self, move_vals):
        # EXTENDS account: collections follow to where the debts go
        origins = [
            command[2].pop(ORIGIN, False)
            for vals in move_vals
            for command in vals["line_ids"]
        ]
        target = self.destination_account_id
        if (
            target.account_type != RECEIVABLE
            and target.reconcile
            and not target.collection_scope
            and any(line.account_id._bears_debts() for line in self.move_line_ids)
        ):
            # sudo: whoever may move the debts need not keep the chart of accounts
            target.sudo().collection_scope = "moved"
        action = super()._do_action_change_account(move_vals)
        lines = self.env["account.move"].browse(action["res_id"]).line_ids.sorted("id")
        # sudo: nobody writes it by hand
        self.env["collection.moved.debt"].sudo().create(
            [
                {"line_id": line.id, "origin_line_id": origin_id}
                for line, origin_id in zip(lines, origins, strict=True)
                if origin_id
            ]
        )
        return action
