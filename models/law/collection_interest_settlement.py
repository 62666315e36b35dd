from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..base.days import company_today
from ..base.roles import check_manager
from .collection_item_penalty import array_literal


class CollectionInterestSettlement(models.Model):
    """Interest and indemnity of an item that were invoiced or waived.

    What is settled is never claimed again, neither by a letter nor by an invoice,
    as long as the settlement is in force: until it is withdrawn, or until its
    invoice is cancelled, deleted or reversed. That is read from the invoice
    whenever it is asked for, so that no stored mark can be wrong.
    """

    _name = "collection.interest.settlement"
    _description = "Interest Settlement"
    _order = "date desc, id desc"
    _rec_names_search = ["item_name", "account_id.partner_name"]

    kind = fields.Selection(
        selection=[("claim", "Invoiced"), ("waiver", "Commercial gesture")],
        required=True,
        readonly=True,
    )
    item_id = fields.Many2one(
        comodel_name="collection.item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    item_name = fields.Char(string="Late Invoice", required=True, readonly=True)
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date = fields.Date(required=True, readonly=True, default=company_today)
    date_to = fields.Date(
        string="Interest to", readonly=True, help="Last day that was settled."
    )
    days_settled = fields.Boolean(
        readonly=True,
        help="The interest of these days is settled whole. Otherwise an amount is "
        "deducted from what is still claimed.",
    )
    indemnity_settled = fields.Boolean(
        readonly=True,
        help="The indemnity of the invoice is settled whole.",
    )
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount_indemnity = fields.Monetary(string="Indemnity", readonly=True)
    amount_deducted = fields.Monetary(
        string="Gesture Used",
        readonly=True,
        help="Part of the interest of these days that earlier commercial gestures "
        "cover.",
    )
    amount_company = fields.Monetary(
        string="Total, Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        help="Interest and indemnity at the rate of the settlement's date.",
    )
    interest_detail = fields.Json(
        readonly=True,
        help="Segments of the interest: from, to, days, rate, base, amount.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Interest Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Settled by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    withdrawn = fields.Boolean(
        readonly=True, help="The gesture was taken back by a manager."
    )
    state = fields.Selection(
        selection=[("in_force", "In force"), ("released", "Released")],
        string="Status",
        compute="_compute_state",
        search="_search_state",
        compute_sudo=True,
        help="Released: withdrawn, or the invoice was cancelled, deleted or reversed. "
        "The days and the indemnity can be claimed again.",
    )

    _item_move_idx = models.Index("(item_id) WHERE NOT withdrawn")
    _waiver_reason = models.Constraint(
        "CHECK (kind <> 'waiver' OR reason <> '')",
        "Say why this is waived: a commercial gesture has a reason.",
    )

    # ------------------------------------------------------------------
    # In force or not
    # ------------------------------------------------------------------

    @api.depends("kind", "withdrawn", "move_id.state", "move_id.payment_state")
    def _compute_state(self):
        for settlement in self:
            move = settlement.move_id
            invoiced = (
                move and move.state != "cancel" and move.payment_state != "reversed"
            )
            standing = settlement.kind == "waiver" or invoiced
            settlement.state = (
                "in_force" if standing and not settlement.withdrawn else "released"
            )

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.flush_model(["kind", "withdrawn", "move_id"])
        self.env["account.move"].flush_model(["state", "payment_state"])
        # in SQL: a collector, who has no rights on invoices, may ask as well
        in_force = Domain(
            "id",
            "in",
            SQL(
                "(SELECT one.id FROM collection_interest_settlement one WHERE %s)",
                self._in_force_sql("one"),
            ),
        )
        domain = Domain.FALSE
        if "in_force" in value:
            domain |= in_force
        if "released" in value:
            domain |= ~in_force
        return domain

    @api.model
    def _in_force_sql(self, alias):
        """Condition on the table `alias` of settlements: those in force."""
        return SQL(
            """(NOT COALESCE(%(alias)s.withdrawn, FALSE)
                AND (%(alias)s.kind = 'waiver' OR EXISTS (
                    SELECT 1 FROM account_move claim
                     WHERE claim.id = %(alias)s.move_id
                       AND claim.state <> 'cancel'
                       AND COALESCE(claim.payment_state, '') <> 'reversed')))""",
            alias=SQL.identifier(alias),
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        # grouped and sorted without being stored
        if field_expr == "state":
            self.env["account.move"].flush_model(["state", "payment_state"])
            return SQL(
                "CASE WHEN %s THEN 'in_force' ELSE 'released' END",
                self._in_force_sql(alias),
            )
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends("kind", "item_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for settlement in self:
            settlement.display_name = (
                f"{labels.get(settlement.kind, '')} {settlement.item_name or ''}"
            )

    @api.constrains("kind", "amount_indemnity", "account_id")
    def _check_consumer(self):
        for settlement in self:
            if (
                settlement.kind == "claim"
                and settlement.amount_indemnity
                and settlement.account_id._get_debtor_type() == "consumer"
            ):
                raise ValidationError(
                    self.env._(
                        "%(customer)s is a consumer: the fixed recovery indemnity is "
                        "owed by professionals only (D441-5).",
                        customer=settlement.account_id.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    @api.model
    def _get_in_force(self, move_ids):
        """Settlements in force of the invoices `move_ids`, in order of time.

        :return: list of dicts, the figures as text, that is to the last digit
        """
        if not move_ids:
            return []
        self.flush_model()
        self.env["account.move"].flush_model(["name", "state", "payment_state"])
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT settlement.id, settlement.item_id, item.move_id,
                       settlement.kind, settlement.date_to, settlement.days_settled,
                       settlement.indemnity_settled, settlement.interest_detail,
                       COALESCE(settlement.amount_interest, 0)::text AS interest,
                       COALESCE(settlement.amount_indemnity, 0)::text AS indemnity,
                       COALESCE(settlement.amount_deducted, 0)::text AS deducted,
                       CASE WHEN invoice.state = 'posted' THEN invoice.name
                       END AS document
                  FROM collection_interest_settlement settlement
                  JOIN collection_item item ON item.id = settlement.item_id
             LEFT JOIN account_move invoice ON invoice.id = settlement.move_id
                 WHERE item.move_id = ANY(%(moves)s::int[]) AND %(in_force)s
              ORDER BY settlement.id
                """,
                moves=array_literal(move_ids),
                in_force=self._in_force_sql("settlement"),
            )
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_withdraw(self):
        """Take a commercial gesture back: what it covered can be claimed again."""
        check_manager(
            self.env,
            self.env._("Only a credit manager takes a commercial gesture back."),
        )
        self.check_access("read")
        if any(settlement.kind != "waiver" for settlement in self):
            raise UserError(
                self.env._(
                    "What was invoiced is released by cancelling or reversing its "
                    "invoice."
                )
            )
        # sudo: nobody edits settlements; a manager may take a gesture back, as
        # checked above
        self.sudo().withdrawn = True
        for account, settlements in self.grouped("account_id").items():
            account._message_log(
                body=self.env._(
                    "Commercial gesture taken back: %(items)s.",
                    items=", ".join(settlements.mapped("item_name")),
                )
            )
        return True

    def action_open_move(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    @api.model
    def _create_from(self, penalties, kind, **values):
        """Record what `penalties` (see `_get_penalties` of items) come to.

        :param penalties: list of dicts with the values of a settlement and its `item`
        :param kind: "claim" or "waiver"
        """
        vals_list = []
        for penalty in penalties:
            item = penalty.pop("item")
            # sudo: the name of the invoice, of an item that the user may read
            name = item.sudo().move_id.name
            total = penalty["amount_interest"] + penalty["amount_indemnity"]
            vals_list.append(
                {
                    "kind": kind,
                    "item_id": item.id,
                    "item_name": self.env._(
                        "%(invoice)s due on %(date)s",
                        invoice=name,
                        date=format_date(self.env, item.date_due),
                    ),
                    "account_id": item.account_id.id,
                    "company_id": item.company_id.id,
                    "currency_id": item.currency_id.id,
                    "amount_company": item.currency_id._convert(
                        float(total),
                        item.company_id.currency_id,
                        item.company_id,
                        company_today(item),
                    ),
                    "date": company_today(item),
                    "user_id": self.env.uid,
                    **penalty,
                    **values,
                }
            )
        # sudo: settlements are evidence; they are written here and nowhere else,
        # after the wizard has checked who may claim or waive
        return self.sudo().create(vals_list).sudo(self.env.su)
