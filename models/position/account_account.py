from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

RECEIVABLE = "asset_receivable"


class AccountAccount(models.Model):
    """On which accounts the debts of customers stand.

    Receivable accounts, of course. Debts that are moved to an account of another type,
    as the French chart of accounts has it for doubtful customers (416), are owed as
    before; and an account whose type is changed bears the same debts as the day before.
    """

    _inherit = "account.account"

    collection_scope = fields.Selection(
        selection=[
            ("moved", "Debts that were moved here"),
            ("all", "All debts of customers"),
        ],
        string="Collections",
        help="What collections follow on this account. Receivable accounts are "
        "followed in any case. Moving receivables to an account by "
        "Change Account sets it by itself.",
    )

    @api.constrains("collection_scope", "reconcile")
    def _check_collection_scope(self):
        for account in self:
            if account.collection_scope and not account.reconcile:
                raise ValidationError(
                    self.env._(
                        "Collections follow the debts on %(account)s: allow its "
                        "reconciliation, or else nobody can tell what is still owed.",
                        account=account.display_name,
                    )
                )

    @api.model
    def _get_debtor_accounts(self):
        """SQL of the ids of the accounts on which customers' debts may stand."""
        return SQL(
            """SELECT id FROM account_account
                WHERE account_type = %s OR collection_scope IS NOT NULL""",
            RECEIVABLE,
        )

    @api.model
    def _get_debtor_domain(self):
        """The same as a domain on accounts."""
        return Domain("account_type", "=", RECEIVABLE) | Domain(
            "collection_scope", "!=", False
        )

    def _bears_debts(self):
        """The same for one account."""
        return self.account_type == RECEIVABLE or bool(self.collection_scope)

    def write(self, vals):
        # EXTENDS account
        if {"account_type", "collection_scope"}.isdisjoint(vals):
            return super().write(vals)
        before = self._get_debtor_lines()
        receivable = self.filtered(lambda account: account.account_type == RECEIVABLE)
        res = super().write(vals)
        if "collection_scope" not in vals:
            # what customers owe on the account does not change with its type
            turned = receivable.filtered(
                lambda account: not account._bears_debts() and account.reconcile
            )
            if turned & before.account_id:
                super(AccountAccount, turned & before.account_id).write(
                    {"collection_scope": "all"}
                )
        # sudo: whoever keeps the chart of accounts need not know of collections
        self.env["collection.account"].sudo()._note_lines(
            before | self._get_debtor_lines()
        )
        return res

    def _get_debtor_lines(self):
        """Posted journal items on those of the accounts that bear debts."""
        bearing = self.filtered(lambda account: account._bears_debts())
        # sudo: accounts may be shared by companies that the user does not see
        return (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("account_id", "in", bearing.ids),
                    ("parent_state", "=", "posted"),
                    ("partner_id", "!=", False),
                ]
            )
        )
