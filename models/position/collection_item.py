from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.ageing import BUCKETS, bucket, days_overdue
from ...tools.pdf import is_damaged

#: payment states of an invoice that is settled, as far as Odoo knows, though it may be
#: open in the ledger
IN_PAYMENT = ("in_payment", "paid")


class CollectionItem(models.Model):
    """A posted receivable journal item that is or was open.

    Everything about money and dates is a copy of the ledger kept true by
    `_refresh_where`; levels, placements and holds are ours.
    """

    _name = "collection.item"
    _description = "Receivable Item"
    _inherit = [
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
    date_due = fields.Date(string="Due Date", required=True, readonly=True)
    amount_total = fields.Monetary(readonly=True)
    amount_residual = fields.Monetary(string="Amount Due", readonly=True)
    amount_residual_company = fields.Monetary(
        string="Amount Due, Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    date_deposited = fields.Date(
        string="Deposited on",
        help="Day a public buyer received the invoice (Chorus Pro). Told on its "
        "reminders: the time to pay runs from then.",
    )
    bill_ids = fields.Many2many(
        comodel_name="collection.bill",
        relation="collection_bill_collection_item_rel",
        column1="collection_item_id",
        column2="collection_bill_id",
        string="Bills of Exchange",
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
    age_bucket = fields.Selection(
        selection=[
            ("not_due", "Not due"),
            ("d1_30", "1–30 days"),
            ("d31_60", "31–60 days"),
            ("d61_90", "61–90 days"),
            ("d91_plus", "Over 90 days"),
        ],
        string="Age",
        compute="_compute_days_overdue",
        search="_search_age_bucket",
    )

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
    next_level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        compute="_compute_next_level_id",
        help="Level the item gets next on its effective policy.",
    )
    hold_until = fields.Date(
        readonly=True,
        help="No reminder about this item up to and including this day.",
    )
    hold_reason = fields.Char(readonly=True)
    acknowledged_date = fields.Date(
        string="Debt Acknowledged on",
        help="Day on which the customer acknowledged the debt in writing, before it "
        "was time-barred: the limitation begins anew. Partial payments count by "
        "themselves.",
    )
    date_limitation = fields.Date(
        string="Enforceable until",
        compute="_compute_date_limitation",
        search="_search_date_limitation",
        help="Prudent estimate of the last day before the claim is time-barred: from "
        "the invoice date, begun anew by acknowledgement and partial payments.",
    )
    segment_id = fields.Many2one(related="account_id.segment_id")
    delegation_state = fields.Selection(related="account_id.delegation_state")
    placement_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Hand-over",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    delegated = fields.Boolean(readonly=True)
    settlement_ids = fields.One2many(
        comodel_name="collection.interest.settlement",
        inverse_name="item_id",
        string="Interest Settlements",
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
    letter_line_ids = fields.One2many(
        comodel_name="collection.letter.line", inverse_name="item_id"
    )
    history_ids = fields.One2many(
        comodel_name="collection.level.history",
        inverse_name="item_id",
        string="History of Levels",
        readonly=True,
    )

    _move_line_uniq = models.Constraint(
        "UNIQUE (move_line_id)", "A journal item is followed once only."
    )
    _open_due_idx = models.Index("(company_id, date_due) WHERE state = 'open'")
    _open_account_idx = models.Index("(account_id) WHERE state = 'open'")
    _disputed_account_idx = models.Index("(account_id) WHERE amount_disputed <> 0")

    @api.depends("move_id.name", "date_due")
    def _compute_display_name(self):
        # sudo: the invoice number is what the item is called, for its agents too
        for item, item_sudo in zip(self, self.sudo(), strict=True):
            item.display_name = "{} ({})".format(
                item_sudo.move_id.name or "", format_date(self.env, item.date_due)
            )

    @api.depends("date_due")
    def _compute_days_overdue(self):
        today = fields.Date.context_today(self)
        for item in self:
            days = days_overdue(item.date_due, today) if item.date_due else 0
            item.days_overdue = days
            item.age_bucket = bucket(days)

    def _compute_next_level_id(self):
        levels = self._get_next_levels()
        for item in self:
            item.next_level_id = levels.get(item)

    # ------------------------------------------------------------------
    # Limitation (tools.limitation is the same rule for one claim)
    # ------------------------------------------------------------------

    @api.model
    def _in_payment(self, payment_state):
        """SQL: whether a registered payment settles the invoice of an open item.

        One that makes no entry of its own leaves it open until the bank statement is
        there.
        """
        return SQL("COALESCE(%s, '') IN %s", payment_state, IN_PAYMENT)

    @api.model
    def _limitation_horizon(self, before):
        """Day from which on invoices are certainly still enforceable at `before`."""
        # sudo: the shortest term, which is published
        terms = (
            self.env["collection.interest.regime"]
            .sudo()
            .search([("limitation_years", ">", 0)])
        )
        shortest = min(terms.mapped("limitation_years"), default=99)
        return before - relativedelta(years=shortest)

    @api.model
    def _limitation_query(self, item_filter=None, before=None, invoiced=None):
        """SQL of the last day on which open items can be enforced.

        :param item_filter: condition on `collection_item ci`
        :param before: only items whose term, without anything that moved it, ends
            before this day: the others need no closer look
        :param invoiced: instead of `item_filter`, a query of items with the day of
            their invoice, for who has them already (`id`, `move_line_id`,
            `account_id`, `acknowledged_date`, `date_start`)
        :return: query of `item_id`, `date_limitation`; no row when the late-payment
            regime of the debtor sets no limitation
        """

        def term_end(day):
            return SQL(
                """CASE WHEN based.year_end
                        THEN make_date(EXTRACT(YEAR FROM %(day)s)::int + based.years,
                                       12, 31)
                        ELSE (%(day)s + make_interval(years => based.years))::date
                   END""",
                day=day,
            )

        if not invoiced:
            invoiced = SQL(
                """
                SELECT ci.id, ci.move_line_id, ci.account_id, ci.acknowledged_date,
                       COALESCE(move.invoice_date, move.date) AS date_start
                  FROM account_move move
                  JOIN collection_item ci
                    ON ci.move_id = move.id AND ci.state = 'open'
                 WHERE %(item_filter)s AND %(old_enough)s
                """,
                item_filter=item_filter,
                old_enough=SQL(
                    "(move.invoice_date < %(limit)s"
                    " OR (move.invoice_date IS NULL AND move.date < %(limit)s))",
                    limit=self._limitation_horizon(before),
                )
                if before
                else SQL("TRUE"),
            )
        return SQL(
            """
            WITH regime AS (
                SELECT DISTINCT ON (debtor_type) debtor_type,
                       limitation_years AS years,
                       limitation_from_year_end IS TRUE AS year_end
                  FROM collection_interest_regime
                 WHERE active
              ORDER BY debtor_type, sequence, id
            ),
            -- these few first: whose customer they are is looked up afterwards
            old AS MATERIALIZED (%(invoiced)s),
            based AS (
                SELECT old.*, regime.years, regime.year_end
                  FROM old
                  JOIN collection_account acc ON acc.id = old.account_id
                  JOIN res_partner p ON p.id = acc.partner_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                  JOIN regime
                    ON regime.debtor_type = COALESCE(segment.debtor_type,
                            CASE WHEN p.is_company OR COALESCE(p.vat, '') <> ''
                                 THEN 'private' ELSE 'consumer' END)
                   AND regime.years > 0
            ),
            term AS (
                SELECT based.*, %(first_end)s AS date_limitation FROM based
            ),
            interruption AS (
                SELECT term.id, credit.date
                  FROM term
                  JOIN account_partial_reconcile part
                    ON part.debit_move_id = term.move_line_id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  -- a credit note is no acknowledgement by the debtor
                  JOIN account_journal journal
                    ON journal.id = credit.journal_id
                   AND journal.type IN ('bank', 'cash', 'credit')
                 WHERE %(looked_at)s
                 UNION
                SELECT term.id, term.acknowledged_date
                  FROM term
                 WHERE term.acknowledged_date IS NOT NULL AND %(looked_at)s
            ),
            -- each interruption must come before the term as moved by the one before
            -- has run out; what follows the first that did not, counts for nothing
            chain AS (
                SELECT based.id, interruption.date,
                       interruption.date <= %(next_end)s AS in_time
                  FROM (SELECT interruption.*,
                               LAG(interruption.date) OVER (
                                   PARTITION BY interruption.id
                                   ORDER BY interruption.date) AS date_before
                          FROM interruption
                          JOIN based ON based.id = interruption.id
                                    AND interruption.date > based.date_start
                       ) interruption
                  JOIN based ON based.id = interruption.id
            ),
            kept AS (
                SELECT id, MAX(date) AS date
                  FROM (SELECT chain.*,
                               BOOL_AND(in_time) OVER (PARTITION BY id
                                                       ORDER BY date) AS unbroken
                          FROM chain) chain
                 WHERE unbroken
              GROUP BY id
            )
            SELECT based.id AS item_id, %(last_end)s AS date_limitation
              FROM term based
         LEFT JOIN kept ON kept.id = based.id
             WHERE %(wanted)s
            """,
            invoiced=invoiced,
            first_end=term_end(SQL("based.date_start")),
            next_end=term_end(
                SQL("COALESCE(interruption.date_before, based.date_start)")
            ),
            last_end=term_end(SQL("COALESCE(kept.date, based.date_start)")),
            looked_at=SQL("term.date_limitation < %s", before)
            if before
            else SQL("TRUE"),
            wanted=SQL("based.date_limitation < %s", before) if before else SQL("TRUE"),
        )

    @api.model
    def _flush_for_limitation(self):
        self.flush_model(["move_id", "state", "account_id", "acknowledged_date"])
        self.env["account.move"].flush_model(["invoice_date", "date"])
        self.env["account.partial.reconcile"].flush_model()
        self.env["collection.account"].flush_model(["segment_id"])
        self.env["collection.segment"].flush_model(["debtor_type"])
        self.env["collection.interest.regime"].flush_model()
        self.env["res.partner"].flush_model(["is_company", "vat"])

    def _compute_date_limitation(self):
        self._flush_for_limitation()
        dates = dict(
            self.env.execute_query(
                self._limitation_query(SQL("ci.id = ANY(%s)", list(self._origin.ids)))
            )
            if self._origin.ids
            else ()
        )
        for item in self:
            item.date_limitation = dates.get(item._origin.id)

    def _search_date_limitation(self, operator, value):
        if operator not in ("<", "<=", ">", ">=") or not value:
            return NotImplemented
        day = fields.Date.to_date(value)
        if operator in ("<=", ">"):
            day += timedelta(days=1)
        # items of the regimes without limitation are never in time
        self._flush_for_limitation()
        before = SQL(
            "(SELECT item_id FROM (%s) term WHERE date_limitation < %s)",
            self._limitation_query(SQL("TRUE"), before=day),
            day,
        )
        open_items = Domain("state", "=", "open")
        if operator in ("<", "<="):
            return open_items & Domain("id", "in", before)
        return open_items & Domain("id", "not in", before)

    def _search_days_overdue(self, operator, value):
        today = fields.Date.context_today(self)
        if operator == "in":
            return Domain(
                "date_due", "in", [today - timedelta(days=int(days)) for days in value]
            )
        mirrored = {">": "<", ">=": "<=", "<": ">", "<=": ">="}.get(operator)
        if mirrored is None:
            return NotImplemented
        return Domain("date_due", mirrored, today - timedelta(days=int(value)))

    def _search_age_bucket(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
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

    def _field_to_sql(self, alias, field_expr, query=None):
        # both depend on today only: in SQL they can be sorted and grouped without
        # being stored, and are never stale
        if field_expr in ("days_overdue", "age_bucket"):
            days = SQL(
                "(%s::date - %s)",
                fields.Date.context_today(self),
                self._field_to_sql(alias, "date_due", query),
            )
            if field_expr == "days_overdue":
                return days
            return SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL("WHEN %s <= %s THEN %s", days, upper, code)
                    if upper is not None
                    else SQL("ELSE %s", code)
                    for code, _lower, upper in BUCKETS
                ),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        # from the youngest age to the oldest, not in the order of the alphabet
        if field_name == "age_bucket":
            field_name = "days_overdue"
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    def _read_group_orderby(self, order, groupby_terms, query):
        if "age_bucket" not in groupby_terms:
            return super()._read_group_orderby(order, groupby_terms, query)
        codes = [code for code, _lower, _upper in BUCKETS]
        age = groupby_terms["age_bucket"]
        rank = SQL("array_position(%s, %s)", codes, age)
        terms = dict(groupby_terms, age_bucket=rank)
        orderby = super()._read_group_orderby(order, terms, query)
        # ordering by a many2one adds columns to its term
        groupby_terms.update(terms, age_bucket=age)
        return orderby

    # ------------------------------------------------------------------
    # Truth from the ledger
    # ------------------------------------------------------------------

    @api.model
    def _refresh_where(self, condition, closing=True):
        """Make the items true for the journal items and accounts of `condition`.

        `condition` is SQL over the aliases `aml` and `acc`. Hot path, called on
        every posting and reconciliation: no ORM write, no tracking, only rows
        that differ are touched.

        :param closing: whether some of the items may stand on a line no longer
        :return: ids of the items created or changed, and of their accounts
        """
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
        columns = SQL(
            "move_id, account_id, partner_id, company_id, currency_id, date_due,"
            " amount_total, amount_residual, amount_residual_company, state"
        )
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_item AS ci (
                    move_line_id, %(columns)s, amount_disputed, delegated,
                    create_uid, create_date, write_uid, write_date)
                SELECT aml.id, aml.move_id, acc.id, acc.partner_id, aml.company_id,
                       aml.currency_id, COALESCE(aml.date_maturity, aml.date),
                       aml.amount_currency, aml.amount_residual_currency,
                       aml.amount_residual,
                       CASE WHEN aml.reconciled THEN 'closed' ELSE 'open' END,
                       0, FALSE, %(uid)s::int, now() AT TIME ZONE 'UTC',
                       %(uid)s::int, now() AT TIME ZONE 'UTC'
                  FROM account_move_line aml
                  JOIN account_account aa
                    ON aa.id = aml.account_id AND aa.account_type = 'asset_receivable'
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                 WHERE aml.parent_state = 'posted'
                   AND (aml.balance > 0
                        OR (aml.balance = 0 AND aml.amount_currency > 0))
                   AND %(condition)s
                   -- an upsert would use up a number of the sequence per row
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_item same
                         WHERE same.move_line_id = aml.id
                           AND (same.move_id, same.account_id, same.partner_id,
                                same.company_id, same.currency_id, same.date_due,
                                same.amount_total, same.amount_residual,
                                same.amount_residual_company, same.state)
                               IS NOT DISTINCT FROM
                               (aml.move_id, acc.id, acc.partner_id,
                                aml.company_id, aml.currency_id,
                                COALESCE(aml.date_maturity, aml.date),
                                aml.amount_currency, aml.amount_residual_currency,
                                aml.amount_residual,
                                CASE WHEN aml.reconciled THEN 'closed'
                                     ELSE 'open' END))
                ON CONFLICT (move_line_id) DO UPDATE
                   SET (%(columns)s) = (
                        EXCLUDED.move_id, EXCLUDED.account_id, EXCLUDED.partner_id,
                        EXCLUDED.company_id, EXCLUDED.currency_id, EXCLUDED.date_due,
                        EXCLUDED.amount_total, EXCLUDED.amount_residual,
                        EXCLUDED.amount_residual_company, EXCLUDED.state),
                       write_uid = EXCLUDED.write_uid,
                       write_date = EXCLUDED.write_date
                RETURNING ci.id, ci.account_id
                """,
                columns=columns,
                condition=condition,
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
                            OR aa.account_type <> 'asset_receivable'
                            OR aml.balance < 0
                            OR aml.partner_id IS NULL)
                       AND %(condition)s
                 RETURNING ci.id, ci.account_id
                    """,
                    condition=condition,
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
        return item_ids, {row[1] for row in rows}

    def _get_notice_dates(self):
        """Day of the first formal notice sent about each item: {item: date}."""
        if not self.ids:
            return {}
        self.env["collection.letter.line"].flush_model(["item_id", "level_id"])
        self.env["collection.letter"].flush_model(["state", "date"])
        self.env["collection.policy.level"].flush_model(["formal_notice"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.item_id, MIN(letter.date)
                  FROM collection_letter_line line
                  JOIN collection_letter letter ON letter.id = line.letter_id
                  JOIN collection_policy_level level ON level.id = line.level_id
                 WHERE line.item_id IN %s AND letter.state = 'sent'
                   AND level.formal_notice
              GROUP BY line.item_id
                """,
                tuple(self.ids),
            )
        )
        return {self.browse(item_id): date for item_id, date in rows}

    def _update_disputed(self):
        """Lay the open disputes on the items again after a dispute changed."""
        # sudo: a collector may open a dispute, the position is not his to write
        accounts_sudo = self.sudo().account_id
        accounts_sudo._refresh(accounts_sudo)

    @api.model
    def _refresh_disputed(self, account_ids=None):
        """Lay the disputes on the items of the accounts, oldest due date first.

        What is not decided, and what was accepted until it is credited. What was
        rejected is dunned again from the day after: the customer hears it first.

        :return: number of items changed
        """
        self.env["collection.dispute"]._evaluate_accounts(account_ids)
        self.flush_model()
        self.env["collection.dispute"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH standing AS (
                    SELECT dispute.id,
                           CASE WHEN dispute.state IN ('accepted', 'partial')
                                     AND (dispute.state = 'accepted'
                                          OR dispute.date_decided < %(today)s)
                                THEN dispute.amount_accepted
                                     - COALESCE(dispute.amount_credited, 0)
                                -- no amount: the items as a whole
                                WHEN dispute.amount > 0
                                THEN dispute.amount
                                     - COALESCE(dispute.amount_credited, 0)
                            END AS amount
                      FROM collection_dispute dispute
                     WHERE (dispute.state IN ('open', 'in_progress')
                            OR (dispute.state IN ('accepted', 'partial')
                                AND dispute.settled IS NOT TRUE)
                            OR (dispute.state IN ('partial', 'rejected')
                                AND dispute.date_decided >= %(today)s))
                       AND %(dispute_filter)s
                ), laid AS (
                    SELECT ci.id, dispute.amount, ci.amount_residual,
                           SUM(ci.amount_residual) OVER (
                               PARTITION BY dispute.id
                               ORDER BY ci.date_due, ci.id) AS up_to_here
                      FROM standing dispute
                      JOIN collection_dispute_collection_item_rel rel
                        ON rel.collection_dispute_id = dispute.id
                      JOIN collection_item ci ON ci.id = rel.collection_item_id
                ), truth AS (
                    SELECT id, LEAST(amount_residual, SUM(
                               CASE WHEN amount IS NULL THEN amount_residual
                               ELSE GREATEST(0, LEAST(amount_residual,
                                        amount - up_to_here + amount_residual))
                               END)) AS amount
                      FROM laid
                  GROUP BY id, amount_residual
                )
                UPDATE collection_item ci
                   SET amount_disputed = wanted.amount
                  FROM (SELECT id, amount FROM truth
                         UNION ALL
                        SELECT same.id, 0 FROM collection_item same
                         WHERE same.amount_disputed <> 0 AND %(item_filter)s
                           AND NOT EXISTS (
                                SELECT 1 FROM truth WHERE truth.id = same.id)) wanted
                 WHERE ci.id = wanted.id
                   AND ci.amount_disputed IS DISTINCT FROM wanted.amount
             RETURNING ci.id
                """,
                today=fields.Date.context_today(self),
                dispute_filter=SQL("dispute.account_id = ANY(%s)", list(account_ids))
                if account_ids is not None
                else SQL("TRUE"),
                item_filter=SQL("same.account_id = ANY(%s)", list(account_ids))
                if account_ids is not None
                else SQL("TRUE"),
            )
        )
        self.browse(row[0] for row in rows).invalidate_recordset(
            ["amount_disputed"], flush=False
        )
        return len(rows)

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

    def _recall(self, reason, recall_reason=False):
        """Take single items back; their customers stay with the provider.

        A customer of whom the provider holds no open item any more comes back with
        the last one.
        """
        items = self.filtered("delegated")
        if not items:
            return
        lines = items.placement_line_id
        # sudo: what was handed over is frozen, but for this mark; the right to
        # take back is the right to write the items
        items.check_access("write")
        held_sudo = (
            self.env["collection.placement.item"]
            .sudo()
            .search([("line_id", "in", lines.ids), ("item_id", "in", items.ids)])
        )
        held_sudo.recalled = True
        by_account = items.grouped("account_id")
        items.write({"placement_line_id": False, "delegated": False})
        self.env["collection.account"].union(*by_account)._message_log_batch(
            bodies={
                account.id: self.env._(
                    "Taken back from the provider: %(items)s. %(reason)s",
                    items=", ".join(of_account.mapped("display_name")),
                    reason=reason or "",
                )
                for account, of_account in by_account.items()
            }
        )
        [working] = self.env["collection.item"]._read_group(
            [("placement_line_id", "in", lines.ids), ("state", "=", "open")],
            aggregates=["placement_line_id:recordset"],
        )[0]
        (lines - working)._take_back("recalled", reason, recall_reason=recall_reason)
        self.env["mail.followers"]._dismiss_provider_people()

    def action_send_duplicate(self):
        """Write to the customer with copies of the invoices of these items."""
        account = self.account_id
        account.ensure_one()
        documents = dict(item._get_invoice_pdf() for item in self)
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": "mail.compose.message",
                    "res_id": 0,
                }
                for name, content in documents.items()
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Copies of the Invoices"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": account._name,
                "default_res_ids": account.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": account._dunning_contact().ids,
                "default_subject": self.env._("Copies of your invoices"),
                "default_attachment_ids": attachments.ids,
            },
        }

    def action_recall(self):
        """Ask why, then take these items back from their provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_draw_bill(self):
        """Draw a bill of exchange for each of these items that has none."""
        bills = self.env["collection.bill"]._draw(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_bill_action"
        )
        if len(bills) == 1:
            return dict(action, view_mode="form", views=[], res_id=bills.id)
        return dict(action, domain=[("id", "in", bills.ids)], context={})

    def action_hold(self):
        """Ask until when and why no reminder about these items may leave."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_hold_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_set_level(self):
        """Ask for the level that these items have reached, and why."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_set_level_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def _get_policies(self):
        """Effective policies of these items."""
        return (
            self.policy_id
            | self.filtered(
                lambda item: not item.policy_id
            ).account_id.effective_policy_id
        )

    def _set_level(self, level, date, reason):
        """Put these items on `level` by hand, as from `date`.

        An approval given before does not hold for a level reached otherwise.
        """
        self.account_id.check_access("write")
        vals_list = [
            {
                "item_id": item.id,
                "account_id": item.account_id.id,
                "company_id": item.company_id.id,
                "date": date,
                "user_id": self.env.uid,
                "level_from_id": item.level_id.id,
                "level_to_id": level.id,
                "cause": "manual",
                "reason": reason,
            }
            for item in self
        ]
        bodies = {
            account.id: self.env._(
                "Level set by hand to “%(level)s”: %(items)s. %(reason)s",
                level=level.name or self.env._("none"),
                items=", ".join(items.mapped("display_name")),
                reason=reason,
            )
            for account, items in self.grouped("account_id").items()
        }
        # sudo: the level and its history only, of customers that he may write
        items_sudo = self.sudo()
        items_sudo.write(
            {
                "level_id": level.id,
                "level_date": level and date,
                "approved_level_id": False,
            }
        )
        items_sudo.env["collection.level.history"].create(vals_list)
        items_sudo._leave_waiting_reminders(self.env._("Level set by hand"))
        items_sudo.env["collection.account"]._refresh_totals(self.account_id.ids)
        self.account_id._message_log_batch(bodies=bodies)

    def _leave_waiting_reminders(self, reason):
        """Take these items off the reminders that have not left; what they were written
        for no longer holds. A reminder without item is cancelled, for `reason`."""
        lines = self.env["collection.letter.line"].search(
            [
                ("item_id", "in", self.ids),
                ("letter_id.level_id", "!=", False),
                ("letter_id.state", "in", ("draft", "to_send", "error")),
            ]
        )
        letters = lines.letter_id
        lines.unlink()
        empty = letters.filtered(lambda letter: not letter.line_ids)
        empty._cancel(reason)
        (letters - empty)._sum_lines()

    def action_claim_interest(self):
        """Look at what these items owe for being late, and invoice it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_interest_claim_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_waive(self):
        """Waive interest or indemnities of these items."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_waiver_action"
        )
        return dict(action, context={"default_item_ids": self.ids})

    def action_approve_level(self):
        """Approve, as a manager, the next level of these items."""
        for item, level in self._get_next_levels().items():
            item.approved_level_id = level
        return True

    def _get_next_levels(self):
        """Next level of each open item on its effective policy: {item: level}.

        Asks the decision of the run itself, as of today.
        """
        Level = self.env["collection.policy.level"]
        levels = dict.fromkeys(self, Level)
        Run = self.env["collection.dunning.run"]
        today = fields.Date.context_today(self)
        Run._flush_for_decision()
        for company, items in self._origin.grouped("company_id").items():
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT item_id, next_level_id FROM decision",
                    Run._decision_tables(company, today, items=items, again=False),
                )
            )
            for item_id, level_id in rows:
                levels[self.browse(item_id)] = Level.browse(level_id)
        return levels

    def _get_provider_claims(self):
        """Which of these items the provider they are with may ask for today.

        By the rule of the runs: whatever stops the company's letters stops his.

        :return: {item: part of it that open credits cover}
        """
        Run = self.env["collection.dunning.run"]
        today = fields.Date.context_today(self)
        claims = {}
        Run._flush_for_decision()
        delegated = self._origin.filtered("delegated")
        for company, items in delegated.grouped("company_id").items():
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT item_id, amount_credit FROM decision "
                    "WHERE reason IS NULL",
                    Run._decision_tables(company, today, items=items, by_provider=True),
                )
            )
            claims.update((self.browse(item_id), credit) for item_id, credit in rows)
        return claims
