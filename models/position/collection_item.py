from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.ageing import BUCKETS, bucket, days_overdue
from ...tools.pdf import is_damaged
from ..base.days import company_today_sql, each_company_day, on_company_days

#: payment states of an invoice that is settled, as far as Odoo knows, though it may be
#: open in the ledger
IN_PAYMENT = ("in_payment", "paid")


class CollectionItem(models.Model):
    """A posted receivable journal item that is or was open.

    Everything about money and dates is a copy of the ledger kept true by
    `_write_items`; levels, placements and holds are ours.
    """

    _name = "collection.item"
    _description = "Receivable Item"
    _inherit = [
        "collection.age.mixin",
        "collection.ledger.mixin",
        "collection.provider.mixin",
    ]
    _order = "date_due, id"
    _rec_names_search = ["move_name"]

    _provider_fields = frozenset(
        {
            "account_id",
            "age_bucket",
            "amount_disputed",
            "amount_residual",
            "amount_residual_company",
            "amount_total",
            "company_currency_id",
            "company_id",
            "currency_id",
            "date_due",
            "days_overdue",
            "delegated",
            "delegation_state",
            "invoice_date",
            "level_date",
            "level_id",
            # an invoice number is searched through the invoice, which stays closed
            "move_id",
            "move_name",
            "move_ref",
            "segment_id",
            "state",
        }
    )
    _on_site_fields = frozenset({"no_followup", "partner_id", "payment_state"})

    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    move_name = fields.Char(related="move_id.name", string="Number")
    move_ref = fields.Char(related="move_id.ref", string="Customer's Reference")
    invoice_date = fields.Date(related="move_id.date", string="Invoice Date")
    no_followup = fields.Boolean(related="move_line_id.no_followup")
    payment_state = fields.Selection(related="move_id.payment_state")
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Named in the Ledger",
        readonly=True,
        ondelete="set null",
        help="Whom the journal item names: the customer, or one of its contacts.",
    )
    # no index of its own: that of open items begins with it
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date_due = fields.Date(string="Due Date", required=True, readonly=True)
    amount_total = fields.Monetary(readonly=True)
    amount_residual = fields.Monetary(string="Amount Due", readonly=True)
    amount_residual_company = fields.Monetary(
        string="Amount Due, Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    amount_disputed = fields.Monetary(
        readonly=True,
        help="Part of the amount due under a dispute that is not decided, or that "
        "was accepted and is not credited yet.",
    )
    state = fields.Selection(
        selection=[("open", "Open"), ("closed", "Closed")],
        required=True,
        default="open",
        readonly=True,
    )
    days_overdue = fields.Integer(
        compute="_compute_days_overdue",
        search="_search_days_overdue",
        aggregator="max",
        help="Days since the due date; an item due today is not overdue.",
    )
    age_bucket = fields.Selection(compute="_compute_days_overdue")

    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        index="btree_not_null",
        ondelete="set null",
        help="Last level whose letter was sent.",
    )
    level_date = fields.Date(string="Level Reached on")
    approved_level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        readonly=True,
        ondelete="set null",
        help="Level that a manager has approved for this item.",
    )
    policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Own Dunning Policy",
        index="btree_not_null",
        ondelete="restrict",
        help="Policy of this invoice alone. Empty: the customer's.",
    )
    hold_until = fields.Date(
        readonly=True,
        help="No reminder about this item up to and including this day.",
    )
    hold_reason = fields.Char(readonly=True)
    segment_id = fields.Many2one(related="account_id.segment_id")
    delegation_state = fields.Selection(related="account_id.delegation_state")
    delegated = fields.Boolean(readonly=True)
    placement_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Hand-over",
        compute="_compute_placement_line_id",
        search="_search_placement_line_id",
        compute_sudo=True,
        help="That of the customer, if the item is with the provider as well.",
    )
    promise_id = fields.Many2one(
        comodel_name="collection.promise",
        string="Open Promise",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    plan_id = fields.Many2one(
        comodel_name="collection.payment.plan",
        string="Payment Plan",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _move_line_uniq = models.Constraint(
        "UNIQUE (move_line_id)", "A journal item is followed once only."
    )
    _open_due_idx = models.Index("(company_id, date_due) WHERE state = 'open'")
    _disputed_account_idx = models.Index("(account_id) WHERE amount_disputed <> 0")

    def init(self):
        # Items are written again and again, all of a customer's at once. With room on
        # their own pages, what stands in no index (amounts, whether they are with a
        # provider) is changed without a new entry in each of them.
        self.env.cr.execute(
            SQL("ALTER TABLE %s SET (fillfactor = 75)", SQL.identifier(self._table))
        )

    @api.depends("move_id.name", "date_due")
    def _compute_display_name(self):
        # sudo: the invoice number is what the item is called, for its agents too
        for item, item_sudo in zip(self, self.sudo(), strict=True):
            item.display_name = "{} ({})".format(
                item_sudo.move_id.name or "", format_date(self.env, item.date_due)
            )

    @api.depends("date_due")
    def _compute_days_overdue(self):
        for today, items in each_company_day(self):
            for item in items:
                days = days_overdue(item.date_due, today) if item.date_due else 0
                item.days_overdue = days
                item.age_bucket = bucket(days)

    @api.depends("account_id.placement_line_id", "delegated")
    def _compute_placement_line_id(self):
        for item in self:
            item.placement_line_id = (
                item.delegated and item.account_id.placement_line_id
            )

    @api.model
    def _search_placement_line_id(self, operator, value):
        if operator not in ("any", "any!", "in"):
            return NotImplemented
        delegated = Domain("delegated", "=", True)
        domain = delegated & Domain("account_id.placement_line_id", operator, value)
        if operator == "in" and False in value:
            domain |= ~delegated
        return domain

    # ------------------------------------------------------------------
    # Limitation (tools.limitation is the same rule for one claim)
    # ------------------------------------------------------------------

    @api.model
    def _in_payment(self, item, move):
        """SQL: whether a registered payment settles the invoice of an open item.

        One that makes no entry of its own leaves it open until the bank statement is
        there. An invoice whose debt was moved to another account counts as paid, and
        the debt is as open as before.

        :param item: alias of the item
        :param move: alias of its invoice
        """
        return SQL(
            """(COALESCE(%(move)s.payment_state, '') IN %(paid)s
                AND EXISTS (SELECT 1 FROM account_move_line own
                             WHERE own.id = %(item)s.move_line_id
                               AND own.move_id = %(move)s.id))""",
            item=item,
            move=move,
            paid=IN_PAYMENT,
        )

    def _is_in_payment(self):
        """The same for one item."""
        return (
            self.payment_state in IN_PAYMENT
            and self.move_line_id.move_id == self.move_id
        )

    def _search_days_overdue(self, operator, value):
        mirrored = {">": "<", ">=": "<=", "<": ">", "<=": ">="}.get(operator)
        if mirrored is None and operator != "in":
            return NotImplemented

        def as_dates(today):
            if operator == "in":
                return Domain(
                    "date_due", "in", [today - timedelta(days=int(d)) for d in value]
                )
            return Domain("date_due", mirrored, today - timedelta(days=int(value)))

        return on_company_days(self.env, as_dates)

    def _search_age_bucket(self, operator, value):
        if operator != "in":
            return NotImplemented

        def as_dates(today):
            domain = Domain.FALSE
            for code, lower, upper in BUCKETS:
                if code in value:
                    part = Domain.TRUE
                    if lower is not None:
                        part &= Domain("date_due", "<=", today - timedelta(days=lower))
                    if upper is not None:
                        part &= Domain("date_due", ">=", today - timedelta(days=upper))
                    domain |= part
            return domain

        return on_company_days(self.env, as_dates)

    def _field_to_sql(self, alias, field_expr, query=None):
        # depends on today only
        if field_expr == "days_overdue":
            return SQL(
                "(%s::date - %s)",
                company_today_sql(
                    self.env, self._field_to_sql(alias, "company_id", query)
                ),
                self._field_to_sql(alias, "date_due", query),
            )
        return super()._field_to_sql(alias, field_expr, query)

    # ------------------------------------------------------------------
    # Truth from the ledger
    # ------------------------------------------------------------------

    @api.model
    def _write_items(self, condition, closing=True, moving=True, reclassified=True):
        """Make the items true for the journal items and accounts of `condition`.

        `condition` is SQL over the aliases `aml` and `acc`. Hot path, called on
        every posting and reconciliation: no ORM write, no tracking, only rows
        that differ are touched.

        :param closing: whether some of the items may stand on a line no longer
        :param moving: whether some of the items may have another debtor by now
        :param reclassified: whether some of the debts may have been moved to another
            account by now
        :return: ids of the items created or changed, and of the accounts concerned
        """
        self.env["account.account"].flush_model(["account_type", "collection_scope"])
        self.env["account.move.line"].flush_model(
            [
                "parent_state",
                "account_id",
                "partner_id",
                "company_id",
                "currency_id",
                "date",
                "date_maturity",
                "balance",
                "amount_currency",
                "amount_residual",
                "amount_residual_currency",
                "reconciled",
            ]
        )
        self.env["collection.account"].flush_model(["company_id", "partner_id"])
        self.flush_model()
        if reclassified:
            self._follow_reclassification(condition)
        left = self._change_debtors(condition) if moving else None
        is_debtor = self.env["account.move.line"]._is_debtor_line(SQL("aml"), SQL("aa"))
        columns = SQL(
            "move_id, account_id, partner_id, contact_id, company_id, currency_id,"
            " date_due, amount_total, amount_residual, amount_residual_company, state"
        )
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_item AS ci (
                    move_line_id, %(columns)s, amount_disputed, delegated,
                    create_uid, create_date, write_uid, write_date)
                SELECT aml.id, COALESCE(origin.move_id, aml.move_id), acc.id,
                       acc.partner_id, aml.partner_id,
                       aml.company_id, aml.currency_id,
                       COALESCE(aml.date_maturity, aml.date),
                       aml.amount_currency, aml.amount_residual_currency,
                       aml.amount_residual,
                       CASE WHEN aml.reconciled THEN 'closed' ELSE 'open' END,
                       0, FALSE, %(uid)s::int, now() AT TIME ZONE 'UTC',
                       %(uid)s::int, now() AT TIME ZONE 'UTC'
                  FROM account_move_line aml
                  JOIN account_account aa
                    ON aa.id = aml.account_id AND %(is_debtor)s
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
             LEFT JOIN collection_moved_debt moved ON moved.line_id = aml.id
             LEFT JOIN account_move_line origin ON origin.id = moved.origin_line_id
                 WHERE aml.parent_state = 'posted'
                   AND (aml.balance > 0
                        OR (aml.balance = 0 AND aml.amount_currency > 0))
                   AND %(condition)s
                   -- an upsert would use up a number of the sequence per row
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_item same
                         WHERE same.move_line_id = aml.id
                           AND (same.move_id, same.account_id, same.partner_id,
                                same.contact_id, same.company_id, same.currency_id,
                                same.date_due, same.amount_total, same.amount_residual,
                                same.amount_residual_company, same.state)
                               IS NOT DISTINCT FROM
                               (COALESCE(origin.move_id, aml.move_id), acc.id,
                                acc.partner_id, aml.partner_id, aml.company_id,
                                aml.currency_id, COALESCE(aml.date_maturity, aml.date),
                                aml.amount_currency, aml.amount_residual_currency,
                                aml.amount_residual,
                                CASE WHEN aml.reconciled THEN 'closed'
                                     ELSE 'open' END))
                   AND %(own_debt)s
                ON CONFLICT (move_line_id) DO UPDATE
                   SET (%(columns)s) = (
                        EXCLUDED.move_id, EXCLUDED.account_id, EXCLUDED.partner_id,
                        EXCLUDED.contact_id, EXCLUDED.company_id, EXCLUDED.currency_id,
                        EXCLUDED.date_due, EXCLUDED.amount_total,
                        EXCLUDED.amount_residual, EXCLUDED.amount_residual_company,
                        EXCLUDED.state),
                       write_uid = EXCLUDED.write_uid,
                       write_date = EXCLUDED.write_date
                RETURNING ci.id, ci.account_id
                """,
                columns=columns,
                condition=condition,
                is_debtor=is_debtor,
                own_debt=self._is_own_debt() if reclassified else SQL("TRUE"),
                uid=self.env.uid,
            ),
        )
        if closing:
            rows += self.env.execute_query(
                SQL(
                    """
                    UPDATE collection_item ci
                       SET state = 'closed', amount_residual = 0,
                           amount_residual_company = 0, write_uid = %(uid)s,
                           write_date = now() AT TIME ZONE 'UTC'
                      FROM account_move_line aml, account_account aa,
                           collection_account acc
                     WHERE aml.id = ci.move_line_id AND aa.id = aml.account_id
                       AND acc.id = ci.account_id
                       AND ci.state = 'open'
                       AND (aml.parent_state <> 'posted'
                            OR NOT %(is_debtor)s
                            OR aml.balance < 0
                            OR aml.partner_id IS NULL)
                       AND %(condition)s
                 RETURNING ci.id, ci.account_id
                    """,
                    condition=condition,
                    is_debtor=is_debtor,
                    uid=self.env.uid,
                ),
            )
        item_ids = {row[0] for row in rows}
        if item_ids:
            self.browse(item_ids).invalidate_recordset(flush=False)
            self.env["account.move"].invalidate_model(
                [
                    "collection_item_ids",
                    "collection_account_id",
                    "collection_delegated",
                    "collection_level_id",
                ],
                flush=False,
            )
        account_ids = {row[1] for row in rows}
        if left:
            left._follow_items()
            account_ids.update(left.ids)
        return item_ids, account_ids

    def _update_disputed(self):
        """Lay the open disputes on the items again after a dispute changed."""
        # sudo: a collector may open a dispute, the position is not theirs to write
        accounts_sudo = self.sudo().account_id
        accounts_sudo._refresh(accounts_sudo)

    def action_open_invoice(self):
        """Open the invoice, or its PDF for those who have no access to the ledger."""
        self.ensure_one()
        self.check_access("read")
        # sudo: which document it is, and what kind, is no secret of the ledger
        move_sudo = self.sudo().move_id
        move = move_sudo.sudo(False)
        if move.has_access("read"):
            return move.get_formview_action()
        if not move_sudo.is_invoice(include_receipts=True):
            raise UserError(
                self.env._(
                    "%(number)s is a journal entry: there is no invoice to open.",
                    number=move_sudo.name,
                )
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/item/{self.id}/invoice",
            "target": "new",
        }

    def _get_invoice_pdf(self):
        """The invoice as the customer has it: (file name, PDF).

        Whoever may read the item may read its invoice, the rest of the ledger
        stays closed.
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: the invoice of an item that the user may read, and only that
        move_sudo = self.sudo().move_id
        if not move_sudo.is_invoice(include_receipts=True):
            raise MissingError(self.env._("This item is not an invoice."))
        document = move_sudo._get_invoice_legal_documents("pdf")
        if document and not is_damaged(document["content"] or b""):
            return document["filename"], document["content"]
        report = move_sudo.partner_id.invoice_template_pdf_report_id or self.env.ref(
            "account.account_invoices"
        )
        content, _type = (
            self.env["ir.actions.report"]
            .sudo()
            .with_context(collection_documents=1)
            ._render_qweb_pdf(report.sudo().report_name, move_sudo.ids)
        )
        return move_sudo._get_invoice_report_filename(), content
