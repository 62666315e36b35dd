from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: customers read their invoices on the portal, not what is thought of them
INTERNAL_GROUPS = "base.group_user"


class AccountMove(models.Model):
    """The position follows what happens to an invoice, and shows on it."""

    _inherit = "account.move"

    collection_item_ids = fields.One2many(
        comodel_name="collection.item",
        inverse_name="move_id",
        string="Receivable Items",
    )
    collection_account_id = fields.Many2one(
        comodel_name="collection.account",
        compute="_compute_collection_account_id",
        search="_search_collection_account_id",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
    )
    collection_segment_id = fields.Many2one(
        comodel_name="collection.segment",
        string="Segment",
        compute="_compute_collection_account_id",
        search="_search_collection_segment_id",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
    )
    collection_delegated = fields.Boolean(
        string="Delegated",
        compute="_compute_collection_items",
        search="_search_collection_delegated",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
    )
    collection_level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="Dunning Level",
        compute="_compute_collection_items",
        search="_search_collection_level_id",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
        help="Highest level among the invoice's items.",
    )

    collection_policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Own Dunning Policy",
        compute="_compute_collection_policy_id",
        inverse="_inverse_collection_policy_id",
        compute_sudo=True,
        domain="[('company_id', 'in', (False, company_id))]",
        groups=INTERNAL_GROUPS,
        help="For this invoice alone. Empty: the customer's.",
    )
    collection_hold_until = fields.Date(
        string="Reminders on Hold until",
        compute="_compute_collection_policy_id",
        compute_sudo=True,
        groups=INTERNAL_GROUPS,
    )

    @api.depends("collection_item_ids.policy_id", "collection_item_ids.hold_until")
    def _compute_collection_policy_id(self):
        for move in self:
            items = move.collection_item_ids
            move.collection_policy_id = items.policy_id[:1]
            move.collection_hold_until = max(
                filter(None, items.mapped("hold_until")), default=False
            )

    def _inverse_collection_policy_id(self):
        # under the rights of the items: a credit manager's decision
        for move in self:
            move.collection_item_ids.policy_id = move.collection_policy_id

    @api.depends("commercial_partner_id", "company_id", "move_type")
    def _compute_collection_account_id(self):
        sales = self.filtered(lambda move: move.is_sale_document(include_receipts=True))
        accounts = {
            (account.partner_id, account.company_id): account
            for account in self.env["collection.account"].search(
                [
                    ("partner_id", "in", sales.commercial_partner_id.ids),
                    ("company_id", "in", sales.company_id.ids),
                ]
            )
        }
        for move in self:
            account = (
                accounts.get((move.commercial_partner_id, move.company_id))
                if move in sales
                else None
            )
            move.collection_account_id = account
            move.collection_segment_id = account and account.segment_id

    @api.depends("collection_item_ids.delegated", "collection_item_ids.level_id")
    def _compute_collection_items(self):
        for move in self:
            items = move.collection_item_ids
            move.collection_delegated = any(items.mapped("delegated"))
            move.collection_level_id = items.level_id.sorted(
                lambda level: (level.sequence, level.id)
            )[-1:]

    def _search_collection_account_id(self, operator, value):
        return self._search_by_collection_account(
            "collection_account_id", "id", operator, value
        )

    def _search_collection_segment_id(self, operator, value):
        return self._search_by_collection_account(
            "collection_segment_id", "segment_id", operator, value
        )

    def _search_by_collection_account(self, own_name, field_name, operator, value):
        # core asks for the groups of a field where it is read, not where it is searched
        self._check_field_access(self._fields[own_name], "read")
        if operator not in ("in", "any"):
            return NotImplemented
        if operator == "any":
            value = self.env[self._fields[own_name].comodel_name].search(value).ids
        # sudo: only decides which of the user's own moves match, by a field they may
        # read; what they say of other records has become ids under their rights
        accounts_sudo = self.env["collection.account"].sudo()
        if False in value:
            # what has no account, like a vendor bill, has no segment either
            others = accounts_sudo.search(Domain(field_name, "not in", list(value)))
            return ~self._collection_moves_of(others)
        return self._collection_moves_of(
            accounts_sudo.search(Domain(field_name, "in", value))
        )

    def _collection_moves_of(self, accounts):
        sale_types = self.get_sale_types(include_receipts=True)
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("move_type", "in", sale_types)
            & Domain("commercial_partner_id", "in", of_company.partner_id.ids)
            for company, of_company in accounts.grouped("company_id").items()
        )

    def _search_collection_delegated(self, operator, value):
        self._check_field_access(self._fields["collection_delegated"], "read")
        if operator != "in":
            return NotImplemented
        return Domain("collection_item_ids.delegated", "in", [True])

    def _search_collection_level_id(self, operator, value):
        self._check_field_access(self._fields["collection_level_id"], "read")
        if operator not in ("in", "any"):
            return NotImplemented
        levels = self.env["collection.policy.level"]
        if operator == "any":
            return Domain("id", "in", self._collection_moves_at(levels.search(value)))
        found = Domain("id", "in", self._collection_moves_at(levels.browse(value)))
        if False in value:
            found |= ~Domain("collection_item_ids.level_id", "!=", False)
        return found

    def _collection_moves_at(self, levels):
        """Query of the moves the highest of whose items' levels is one of `levels`."""
        self.env["collection.item"].flush_model(["level_id", "move_id"])
        levels.flush_model(["sequence"])
        return SQL(
            """(
                SELECT item.move_id
                  FROM collection_item item
                  JOIN collection_policy_level level ON level.id = item.level_id
                 WHERE item.level_id IN %s
                   AND NOT EXISTS (
                        SELECT 1
                          FROM collection_item other
                          JOIN collection_policy_level higher
                            ON higher.id = other.level_id
                         WHERE other.move_id = item.move_id
                           AND (higher.sequence, higher.id)
                               > (level.sequence, level.id)))""",
            tuple(levels.ids) or (None,),
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: for lists that group by what is not stored here
        own_sql = {
            "collection_account_id": self._collection_account_sql,
            "collection_segment_id": self._collection_account_sql,
            "collection_level_id": self._collection_items_sql,
            "collection_delegated": self._collection_items_sql,
        }.get(field_expr)
        if own_sql is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return own_sql(SQL.identifier(alias), field_expr)

    def _collection_account_sql(self, move, name):
        self.env["collection.account"].flush_model(
            ["company_id", "partner_id", "segment_id"]
        )
        return SQL(
            """(
                SELECT %(value)s FROM collection_account acc
                 WHERE acc.partner_id = %(move)s.commercial_partner_id
                   AND acc.company_id = %(move)s.company_id
                   AND %(move)s.move_type IN %(sales)s)""",
            value=SQL.identifier(
                "acc", "id" if name == "collection_account_id" else "segment_id"
            ),
            move=move,
            sales=tuple(self.get_sale_types(include_receipts=True)),
        )

    def _collection_items_sql(self, move, name):
        self.env["collection.item"].flush_model(["delegated", "level_id", "move_id"])
        self.env["collection.policy.level"].flush_model(["sequence"])
        if name == "collection_delegated":
            return SQL(
                """EXISTS (SELECT 1 FROM collection_item item
                            WHERE item.move_id = %s.id AND item.delegated)""",
                move,
            )
        return SQL(
            """(
                SELECT item.level_id
                  FROM collection_item item
                  JOIN collection_policy_level level ON level.id = item.level_id
                 WHERE item.move_id = %s.id
              ORDER BY level.sequence DESC, level.id DESC
                 LIMIT 1)""",
            move,
        )

    def _post(self, soft=True):
        # EXTENDS account: the position follows once everything is written, which
        # leaves the batched writes of posting as they are
        posting = self.with_context(collection_posting=True)
        posted = super(AccountMove, posting)._post(soft).with_env(self.env)
        self.env["collection.account"]._note_lines(
            posted.line_ids._collection_receivables(), debits_only=True
        )
        return posted

    def write(self, vals):
        # EXTENDS account: posting, resetting to draft and cancelling all write the
        # state, and each of them opens or closes receivable items
        res = super().write(vals)
        if "state" in vals and not (
            vals["state"] == "posted" and self.env.context.get("collection_posting")
        ):
            self.env["collection.account"]._note_lines(
                self.line_ids._collection_receivables()
            )
        return res

    def action_open_collection_account(self):
        self.ensure_one()
        return self.collection_account_id.get_formview_action()
