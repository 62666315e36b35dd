from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...models.base.days import company_today
from ...models.base.roles import check_manager
from ...models.delegation.collection_mandate import WORKING
from ...models.delegation.collection_placement_line import HANDED_OVER

#: how many of those who cannot go are named
NAMED = 10


class CollectionTransfer(models.TransientModel):
    """Move customers from one provider to another, in one act.

    The first one's access ends and the second one's begins in the same transaction: at
    no moment are they nobody's, or both's.
    """

    _name = "collection.transfer"
    _description = "Transfer to Another Provider"
    _inherit = ["collection.relation.mixin"]

    account_ids = fields.Many2many(
        comodel_name="collection.account",
        string="Accounts",
        domain=[("delegation_state", "=", "delegated")],
    )
    mandate_ids = fields.Many2many(
        comodel_name="collection.mandate",
        string="Running Mandates",
        compute="_compute_mandate_ids",
        export_string_translation=False,
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        string="To the Mandate",
        domain="[('id', 'in', mandate_ids)]",
        ondelete="cascade",
    )
    reason = fields.Char(help="Kept in the customer's history; no provider reads it.")
    note = fields.Text(string="Note to the Provider")
    account_count = fields.Integer(
        string="Number of Accounts", compute="_compute_account_count"
    )
    blocked_count = fields.Integer(string="Cannot Go", compute="_compute_blocked")
    blocked = fields.Text(string="Who Cannot Go, and Why", compute="_compute_blocked")
    leave_blocked = fields.Boolean(
        string="Transfer the Others",
        help="Those who cannot go there stay with the provider who has them.",
    )

    @api.depends("account_ids")
    def _compute_account_count(self):
        for wizard in self:
            wizard.account_count = len(wizard.account_ids)

    @api.depends("account_ids")
    @api.depends_context("allowed_company_ids")
    def _compute_mandate_ids(self):
        running = self.env["collection.mandate"].search(
            WORKING & Domain("company_id", "in", self.env.companies.ids)
        )
        for wizard in self:
            accounts = wizard.account_ids
            wizard.mandate_ids = running.filtered(
                lambda mandate, accounts=accounts: (
                    mandate.company_id in accounts.company_id
                    and accounts.mandate_id != mandate
                )
            )

    @api.depends("account_ids", "mandate_id")
    @api.depends_context("lang")
    def _compute_blocked(self):
        labels = dict(
            self.env["collection.handover.line"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        for wizard in self:
            blocked = wizard._get_blocked()
            lines = [
                f"{account.display_name}: {labels.get(code, code)}"
                for account, code in list(blocked.items())[:NAMED]
            ]
            if len(blocked) > NAMED:
                lines.append("…")
            wizard.blocked_count = len(blocked)
            wizard.blocked = "\n".join(lines)

    def _get_blocked(self):
        """Those of the accounts who may not go to the mandate chosen: {account: code}.

        By the rule of every hand-over, but that they are with a provider: that ends.
        """
        self.ensure_one()
        if not self.mandate_id:
            return {}
        accounts = self.account_ids._origin
        reasons = self.env["collection.delegation.choice"]._get_reasons(
            accounts, company_today(self.mandate_id), self.mandate_id
        )
        blocked = {}
        for account in accounts:
            codes = reasons[account.id]
            if account.mandate_id != self.mandate_id._origin:
                codes = [code for code in codes if code != "delegated"]
            if codes:
                blocked[account] = codes[0]
        return blocked

    def action_transfer(self):
        """End the hand-overs there are, and begin the new one."""
        self.ensure_one()
        check_manager(
            self.env, self.env._("A credit manager transfers customers to a provider.")
        )
        mandate = self.mandate_id
        self._check_complete()
        mandate._check_working()
        blocked = self._get_blocked()
        accounts = self.account_ids - self.env["collection.account"].union(*blocked)
        if blocked and not self.leave_blocked or not accounts:
            raise UserError(
                self.env._(
                    "These customers cannot go to %(provider)s:\n%(blocked)s",
                    provider=mandate.provider_id.display_name,
                    blocked=self.blocked,
                )
            )
        lines = accounts.placement_line_id
        lines._take_back(
            "transferred",
            self.env._(
                "To %(provider)s: %(reason)s",
                provider=mandate.provider_id.display_name,
                reason=self.reason.strip(),
            ),
        )
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": mandate.id,
                "date": company_today(mandate),
                "extent": "manual",
                "note": self.note,
            }
        )
        placement._add_lines(
            accounts, scope={line.account_id: line.scope for line in lines}
        )
        new_lines = placement.line_ids
        new_lines._choose_again(lines)
        new_lines._stay_in_house(lines)
        placement.action_hand_over()
        new_lines._continue(lines)
        return placement._get_records_action()

    def _check_complete(self):
        if not self.account_ids:
            raise UserError(self.env._("Choose the customers to transfer."))
        if not self.mandate_id:
            raise UserError(self.env._("Choose the mandate they go to."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why you transfer these customers."))
        strangers = self.account_ids.filtered(
            lambda account: account.company_id != self.mandate_id.company_id
        )
        if strangers:
            raise UserError(
                self.env._(
                    "The mandate is one of %(company)s; these accounts are another "
                    "company's: %(customers)s.",
                    company=self.mandate_id.company_id.display_name,
                    customers=", ".join(strangers[:5].mapped("display_name")),
                )
            )
        at_home = self.account_ids.filtered(
            lambda account: (
                account.placement_line_id.state != "active"
                or account.placement_line_id.placement_id.state not in HANDED_OVER
            )
        )
        if at_home:
            raise UserError(
                self.env._(
                    "These customers are not with a provider: %(customers)s. Hand them "
                    "over instead.",
                    customers=", ".join(at_home[:5].mapped("display_name")),
                )
            )
