from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.ageing import BUCKETS, bucket
from ..base.collection_ledger_mixin import held_caches
from ..base.days import company_day_sql
from ..base.planner import compile_nothing
from ..delegation.collection_placement_line import SETTLED_STATES

#: for how many days what comes in is put down to who called last
CALL_DAYS = 90
#: customers worked out at once
BATCH = 2000
#: what a row says of the ledger
SAID = (
    "account_id",
    "company_id",
    "currency_id",
    "date",
    "amount",
    "amount_company",
    "days_late",
    "side",
    "mandate_id",
    "placement_line_id",
    "agent_id",
    "segment_id",
)


class CollectionReceipt(models.Model):
    """What settled an item on a day, and by what, for reading and adding up.

    A copy of what `collection.receipt.source` finds in the ledger: nobody types here.
    One row for each item, credit and kind; what went back to the customer is a negative
    row of its own day. Postings and payments only mark their customers
    (`collection.receipt.stale`); the rows of these are worked out again before anybody
    reads a receipt, and by a job. A credit that is not matched yet settles nothing: it
    stands as an open credit on the account.

    What was so on the day of the receipt:

    - `date` is the day of the bank where its statement is there, else that of the
      entry. When the bank's day becomes known later, the row follows, and what depends
      on the day with it;
    - `side`, `mandate_id`, `placement_line_id`: whose hands the item was in, as the
      frozen hand-overs tell: with the provider from the day on which it was handed over
      to the day on which it was taken back or settled, both included. What bounces was
      not handed over itself: there the hand-over of its customer counts;
    - `agent_id`: who called the customer last from that side, within 90 days before;
      where nobody called, whom the customer was assigned to when the receipt was first
      seen, or when the hand-over ended. Of days before the customer was known here
      nobody knows whose they were in the company;
    - `segment_id`: the customer's when the receipt was first seen; the first one they
      got, where they had none by then.

    What becomes of customer, agent or segment later changes none of these: who worked
    an item is read from what is frozen, agent and segment stay as they were first
    written down.
    """

    _name = "collection.receipt"
    _description = "Money Received and Other Settlements"
    _inherit = [
        "collection.age.mixin",
        "collection.receipt.reader.mixin",
        "collection.provider.mixin",
    ]
    _order = "date desc, id desc"
    _rec_name = "item_id"
    _log_access = False
    _age_field = "days_late"

    _provider_fields = frozenset(
        {
            "account_id",
            "age_bucket",
            "amount",
            "amount_company",
            "company_currency_id",
            "company_id",
            "currency_id",
            "date",
            "days_late",
            "item_id",
            "kind",
            "mandate_id",
            "side",
        }
    )
    _on_site_fields = frozenset({"agent_id", "partner_id", "segment_id"})

    item_id = fields.Many2one(
        comodel_name="collection.item",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        related="account_id.partner_id", string="Customer's Contact"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date = fields.Date(
        required=True,
        readonly=True,
        help="Value date: the day of the bank where its statement is there, else that "
        "of the entry.",
    )
    kind = fields.Selection(
        selection=[
            ("money", "Money"),
            ("credit_note", "Credit note"),
            ("write_off", "Write-off"),
            ("discount", "Discount"),
            ("exchange", "Exchange difference"),
            ("compensation", "Set off"),
        ],
        string="Settled by",
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(
        readonly=True, help="Item currency; negative: it went back to the customer."
    )
    amount_company = fields.Monetary(
        string="Amount, Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The credit that settled the item; of what went back, its own line.",
    )
    days_late = fields.Integer(
        readonly=True,
        aggregator="avg",
        help="From the due date to the value date; negative: paid early. In groups the "
        "mean, weighted by the money received.",
    )
    age_bucket = fields.Selection(
        selection=[
            ("not_due", "In time"),
            ("d1_30", "1–30 days late"),
            ("d31_60", "31–60 days late"),
            ("d61_90", "61–90 days late"),
            ("d91_plus", "Over 90 days late"),
        ],
        string="Age at Payment",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        required=True,
        readonly=True,
        help="Whose hands the item was in on that day.",
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    placement_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Hand-over",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who called the customer last, within 90 days before; else whom they were "
        "assigned to.",
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The customer's segment when the receipt was first seen; of one who had "
        "none by then, the first one they got.",
    )

    _once = models.Constraint(
        "UNIQUE (item_id, move_line_id, kind)",
        "What settled an item by the same credit and kind stands in one row.",
    )
    _day_idx = models.Index("(company_id, date)")

    def _compute_age_bucket(self):
        for receipt in self:
            receipt.age_bucket = bucket(receipt.days_late)

    @api.model
    def _search_age_bucket(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain.FALSE
        for code, lower, upper in BUCKETS:
            if code in value:
                part = Domain.TRUE
                if lower is not None:
                    part &= Domain("days_late", ">=", lower)
                if upper is not None:
                    part &= Domain("days_late", "<=", upper)
                domain |= part
        return domain

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "days_late:avg":
            return super()._read_group_select(aggregate_spec, query)
        # a ratio of sums: a cent counts for less than a thousand euros, and what went
        # back or was credited was not paid
        self._check_field_access(self._fields["days_late"], "read")
        paid = SQL(
            "FILTER (WHERE %s = 'money' AND %s > 0)",
            self._field_to_sql(self._table, "kind", query),
            self._field_to_sql(self._table, "amount_company", query),
        )
        amount = self._field_to_sql(self._table, "amount_company", query)
        return SQL(
            "SUM(%s * %s) %s / NULLIF(SUM(%s) %s, 0)",
            self._field_to_sql(self._table, "days_late", query),
            amount,
            paid,
            amount,
            paid,
        )

    # ------------------------------------------------------------------
    # True before it is read
    # ------------------------------------------------------------------

    @api.model
    def _bring_up_to_date(self, account_ids=None):
        """Work out the receipts of the customers marked so far.

        A reader who may not write, on a replica, takes what is there: the doors of the
        web client lead to the primary server (`collection.receipt.reader.mixin`).

        :param account_ids: of these accounts only; None: of all that are marked
        """
        if self.env.cr.readonly:
            return
        stale = self.env["collection.receipt.stale"]
        if stale._is_any():
            with held_caches(self.env):
                self._work_out(stale._take(account_ids))

    @api.model
    def _work_out(self, account_ids):
        """What is read of these customers: receipts, then what is made of them."""
        self._refresh(account_ids)
        self.env["collection.first.action.fact"]._refresh(account_ids)

    # ------------------------------------------------------------------
    # The copy
    # ------------------------------------------------------------------

    @api.model
    def _refresh(self, account_ids=None):
        """Make the receipts of these accounts those that the source finds.

        Set-based, one statement; rows that are true are left alone. Safe to run at any
        time.

        :param account_ids: ids of the accounts; None: all of them
        :return: number of rows created, changed or deleted; 0 when all was true
        """
        if account_ids is not None and not account_ids:
            return 0
        self._flush_for_truth()
        names = SQL(", ").join(map(SQL.identifier, SAID))
        true = SQL(", ").join(SQL.identifier("truth", name) for name in SAID)
        rows = self.env.execute_query(
            SQL(
                """
                WITH truth AS MATERIALIZED (%(truth)s),
                gone AS (
                    DELETE FROM collection_receipt known
                     WHERE %(known)s
                       AND NOT EXISTS (
                            SELECT FROM truth
                             WHERE truth.item_id = known.item_id
                               AND truth.move_line_id = known.move_line_id
                               AND truth.kind = known.kind)
                 RETURNING known.id
                ), put AS (
                    INSERT INTO collection_receipt (
                        item_id, move_line_id, kind, %(names)s)
                    SELECT item_id, move_line_id, kind, %(names)s
                      FROM truth
                     WHERE known_id IS NULL
                 RETURNING id
                ), corrected AS (
                    UPDATE collection_receipt known SET (%(names)s) = (%(true)s)
                      FROM truth
                     WHERE known.id = truth.known_id
                       AND (%(said)s) IS DISTINCT FROM (%(true)s)
                 RETURNING known.id
                )
                SELECT id FROM gone
                 UNION ALL SELECT id FROM put
                 UNION ALL SELECT id FROM corrected
                """,
                truth=self._truth_query(account_ids),
                known=self._among(SQL("known.account_id"), account_ids),
                names=names,
                true=true,
                said=SQL(", ").join(SQL.identifier("known", name) for name in SAID),
            )
        )
        if rows:
            self.invalidate_model(flush=False)
        return len(rows)

    @api.model
    def _flush_for_truth(self):
        compile_nothing(self.env)
        self.env["collection.receipt.source"]._flush_for_receipts()
        self.env["collection.account"].flush_model()
        self.env["collection.call"].flush_model()
        self.env["collection.agent"].flush_model()
        self.env["collection.placement.line"].flush_model()
        self.env["collection.placement.item"].flush_model()
        self.env["collection.placement"].flush_model()

    @api.model
    def _settled_and_returned_query(self, account_ids):
        """SQL of what the source says, one row for each item, credit and kind."""
        source = self.env["collection.receipt.source"]
        condition = self._among(SQL("item.account_id"), account_ids)
        columns = SQL(
            "item_id, account_id, company_id, currency_id, move_line_id, matched_on,"
            " date, kind, amount, amount_company"
        )
        return SQL(
            """
            SELECT item_id, account_id, company_id, currency_id, move_line_id, kind,
                   returned, MIN(date) AS date, MIN(matched_on) AS matched_on,
                   SUM(amount) AS amount, SUM(amount_company) AS amount_company
              FROM (SELECT %(columns)s, FALSE AS returned FROM (%(settled)s) settled
                     UNION ALL
                    SELECT %(columns)s, TRUE FROM (%(returned)s) returned) one
          GROUP BY item_id, account_id, company_id, currency_id, move_line_id, kind,
                   returned
            HAVING SUM(amount) <> 0 OR SUM(amount_company) <> 0
            """,
            columns=columns,
            settled=source._settled_query(condition),
            returned=source._returned_query(condition),
        )

    @api.model
    def _truth_query(self, account_ids):
        """SQL of the rows as they should be, with `known_id`, the row there is.

        Agent and segment are those that stand already, where they still belong.
        """

        def day_sql(moment):
            return company_day_sql(self.env, SQL(moment), SQL("one.company_id"))

        return SQL(
            """
            SELECT one.item_id, one.move_line_id, one.kind, one.account_id,
                   one.company_id, one.currency_id, one.date, one.amount,
                   one.amount_company, one.date - item.date_due AS days_late,
                   whose.side, placement.mandate_id, line.id AS placement_line_id,
                   CASE WHEN stays.agent THEN known.agent_id
                        ELSE COALESCE(caller.agent_id, CASE whose.side
                            WHEN 'provider' THEN CASE
                                WHEN acc.placement_line_id = line.id
                                THEN acc.agent_id ELSE line.agent_id END
                            ELSE CASE WHEN one.date >= %(known_since)s
                                      THEN collector.id END END)
                   END AS agent_id,
                   COALESCE(known.segment_id, acc.segment_id) AS segment_id,
                   known.id AS known_id
              FROM (%(receipts)s) one
              JOIN collection_item item ON item.id = one.item_id
              JOIN collection_account acc ON acc.id = one.account_id
         LEFT JOIN collection_receipt known
                ON known.item_id = one.item_id
               AND known.move_line_id = one.move_line_id AND known.kind = one.kind
         LEFT JOIN LATERAL (
                    SELECT held.line_id
                      FROM collection_placement_item held
                      JOIN collection_placement_line own ON own.id = held.line_id
                     WHERE held.item_id = one.item_id
                       AND held.date_added <= one.date AND %(still_held)s
                       AND (held.recalled IS NOT TRUE
                            OR held.date_recalled >= one.date)
                  ORDER BY held.date_added DESC, held.id DESC LIMIT 1) by_item ON TRUE
         LEFT JOIN LATERAL (
                    SELECT own.id AS line_id
                      FROM collection_placement_line own
                      JOIN collection_placement given ON given.id = own.placement_id
                     WHERE one.returned AND by_item.line_id IS NULL
                       AND own.account_id = one.account_id
                       AND own.went
                       AND given.date <= one.date AND %(still_held)s
                  ORDER BY given.date DESC, own.id DESC LIMIT 1) by_account ON TRUE
         LEFT JOIN collection_placement_line line
                ON line.id = COALESCE(by_item.line_id, by_account.line_id)
         LEFT JOIN collection_placement placement ON placement.id = line.placement_id
         LEFT JOIN collection_mandate mandate ON mandate.id = placement.mandate_id
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN line.id IS NULL THEN 'company' ELSE 'provider' END
                               AS side) whose
        CROSS JOIN LATERAL (
                    SELECT known.id IS NOT NULL
                           AND (known.side, known.placement_line_id)
                               IS NOT DISTINCT FROM (whose.side, line.id) AS agent
                   ) stays
         LEFT JOIN LATERAL (
                    SELECT call.agent_id
                      FROM collection_call call
                      JOIN collection_agent agent ON agent.id = call.agent_id
                     WHERE NOT stays.agent
                       AND call.account_id = one.account_id
                       AND call.side = whose.side
                       AND agent.provider_id IS NOT DISTINCT FROM mandate.provider_id
                       AND call.correction_of_id IS NULL
                       AND call.date > one.date - %(call_days)s::int
                       AND %(called_on)s <= one.date
                  ORDER BY call.date DESC, call.id DESC LIMIT 1) caller ON TRUE
         LEFT JOIN collection_agent collector ON collector.user_id = acc.user_id
               AND collector.provider_id IS NULL
            """,
            receipts=self._settled_and_returned_query(account_ids),
            call_days=CALL_DAYS,
            called_on=day_sql("call.date"),
            known_since=day_sql("acc.create_date"),
            # a payment may be dated after the day on which it closed the hand-over
            still_held=SQL(
                """(own.date_end IS NULL OR own.date_end >= one.date
                    OR (own.state IN %s AND own.date_end >= %s))""",
                SETTLED_STATES,
                day_sql("one.matched_on"),
            ),
        )

    # ------------------------------------------------------------------
    # The job, and the proof
    # ------------------------------------------------------------------

    @api.model
    def _cron_refresh(self):
        """Work out what is marked, some customers at a time; resumed where it ended."""
        Cron = self.env["ir.cron"]
        stale = self.env["collection.receipt.stale"]
        while stale._is_any():
            self._work_out(stale._take(limit=BATCH))
            if not Cron._commit_progress(1, remaining=int(stale._is_any())):
                break

    @api.model
    def _get_differences(self, account_ids=None):
        """Items of which the receipts do not say what the source says.

        Of customers who are not marked there are none. Agent and segment stand as they
        were first written down, and are not compared.

        :param account_ids: ids of the accounts; None: all of them
        :return: list of (item id, account id)
        """
        self._flush_for_truth()
        columns = SQL(
            "item_id, account_id, move_line_id, kind, date, amount, amount_company"
        )
        return self.env.execute_query(
            SQL(
                """
                WITH truth AS MATERIALIZED (
                    SELECT %(columns)s FROM (%(truth)s) one
                ), said AS (
                    SELECT %(columns)s FROM collection_receipt WHERE %(known)s
                )
                SELECT DISTINCT item_id, account_id
                  FROM ((TABLE truth EXCEPT TABLE said)
                         UNION ALL (TABLE said EXCEPT TABLE truth)) differing
              ORDER BY item_id
                """,
                columns=columns,
                truth=self._settled_and_returned_query(account_ids),
                known=self._among(SQL("account_id"), account_ids),
            )
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_item(self):
        """Open the invoice that was settled, as far as the user may see it."""
        self.ensure_one()
        self.check_access("read")
        return self.item_id.action_open_invoice()
