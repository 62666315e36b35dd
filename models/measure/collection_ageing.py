from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.ageing import BUCKETS
from ..base.collection_age_mixin import age_case, is_of_age

#: column of each age bucket
COLUMNS = dict(
    zip(
        [code for code, _lower, _upper in BUCKETS],
        (
            "amount_not_due",
            "amount_1_30",
            "amount_31_60",
            "amount_61_90",
            "amount_91_plus",
        ),
        strict=True,
    )
)
#: states of hand-overs that took place, closed ones included
STARTED = ("handed_over", "accepted", "closed")
#: ids of rows: a day takes this many
PER_DAY = 2**32


class CollectionAgeing(models.Model):
    """What every customer owed on one day, by age: the ageing balance, row by row.

    Which day says `collection_day` of the context; today without it. All of it is read
    from the ledger when it is asked for. Who worked an item is what hand-overs say of
    that day; segment, salesperson and collector are the customer's of today, of whom no
    history is kept.
    """

    _name = "collection.ageing"
    _description = "Ageing Balance"
    _inherit = ["collection.age.order.mixin", "collection.ledger.mixin"]
    _auto = False
    _order = "date_due, id"
    _rec_name = "move_name"

    _ages = (*COLUMNS, "credit")

    account_id = fields.Many2one(
        comodel_name="collection.account", string="Customer", readonly=True
    )
    item_id = fields.Many2one(comodel_name="collection.item", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    company_currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        help="The customer's of today.",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        readonly=True,
        help="Who worked it on that day.",
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        help="Under which it was with a provider on that day.",
    )
    salesperson_id = fields.Many2one(
        comodel_name="res.users", readonly=True, help="The customer's of today."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Collector",
        readonly=True,
        help="The customer's of today.",
    )
    move_name = fields.Char(string="Number", readonly=True)
    date = fields.Date(readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days_overdue = fields.Integer(
        string="Days",
        readonly=True,
        aggregator="max",
        help="Days since the due date; what is due on the day itself is not overdue.",
    )
    age_bucket = fields.Selection(
        selection=[
            ("not_due", "Not due"),
            ("d1_30", "1–30 days"),
            ("d31_60", "31–60 days"),
            ("d61_90", "61–90 days"),
            ("d91_plus", "Over 90 days"),
            ("credit", "Open credits"),
        ],
        string="Age",
        readonly=True,
    )
    amount = fields.Monetary(
        string="Amount in Currency",
        readonly=True,
        aggregator=None,
        help="What was open on that day, in the currency of the invoice.",
    )
    amount_balance = fields.Monetary(
        string="Balance",
        currency_field="company_currency_id",
        readonly=True,
        help="Open items less open credits: the balance of the ledger.",
    )
    amount_not_due = fields.Monetary(
        string="Not Due", currency_field="company_currency_id", readonly=True
    )
    amount_1_30 = fields.Monetary(
        string="1–30 days", currency_field="company_currency_id", readonly=True
    )
    amount_31_60 = fields.Monetary(
        string="31–60 days", currency_field="company_currency_id", readonly=True
    )
    amount_61_90 = fields.Monetary(
        string="61–90 days", currency_field="company_currency_id", readonly=True
    )
    amount_91_plus = fields.Monetary(
        string="Over 90 days", currency_field="company_currency_id", readonly=True
    )
    amount_open = fields.Monetary(
        string="Open",
        currency_field="company_currency_id",
        readonly=True,
        help="Open items, credits apart.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue", currency_field="company_currency_id", readonly=True
    )
    amount_credit = fields.Monetary(
        string="Open Credits",
        currency_field="company_currency_id",
        readonly=True,
        help="Credit notes and payments that were matched with nothing on that day. "
        "They are never deducted from what is overdue.",
    )

    _depends = {
        "account.account": ["account_type", "collection_scope"],
        "account.move": ["name"],
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "company_id",
            "currency_id",
            "date",
            "date_maturity",
            "move_id",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.partial.reconcile": [
            "amount",
            "credit_amount_currency",
            "credit_move_id",
            "debit_amount_currency",
            "debit_move_id",
            "max_date",
        ],
        "collection.account": ["company_id", "partner_id", "segment_id", "user_id"],
        "collection.item": ["move_line_id"],
        "collection.moved.debt": ["line_id", "origin_line_id"],
        "collection.placement": ["date", "state"],
        "collection.placement.item": [
            "date_added",
            "date_recalled",
            "item_id",
            "line_id",
            "recalled",
        ],
        "collection.placement.line": [
            "account_id",
            "date_end",
            "mandate_id",
            "placement_id",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "user_id"],
    }

    @api.model
    def _get_day(self):
        """The day that is asked for: the context's, else the company's today.

        :raises UserError: when the context names no day
        """
        asked = self.env.context.get("collection_day")
        try:
            day = fields.Date.to_date(asked)
        except (LookupError, TypeError, ValueError):
            raise UserError(
                self.env._(
                    "“%(value)s” is no day: write it like 2026-12-31.", value=asked
                )
            ) from None
        return day or self.env.company._get_collection_today()

    @property
    def _table_query(self):
        day = self._get_day()
        late = SQL("(%s::date - row.date_due)", day)
        return SQL(
            """
            SELECT (%(day)s::date - DATE '2000-01-01')::bigint * %(per_day)s
                       + row.move_line_id AS id,
                   acc.id AS account_id,
                   COALESCE(item.id, elsewhere.item_id) AS item_id,
                   row.company_id, company.currency_id AS company_currency_id,
                   row.currency_id, acc.segment_id,
                   CASE WHEN COALESCE(held.mandate_id, working.mandate_id) IS NULL
                        THEN 'company' ELSE 'provider' END AS side,
                   COALESCE(held.mandate_id, working.mandate_id) AS mandate_id,
                   partner.user_id AS salesperson_id, acc.user_id,
                   move.name AS move_name, row.date, row.date_due,
                   CASE WHEN NOT row.credit THEN %(late)s END AS days_overdue,
                   CASE WHEN row.credit THEN 'credit' %(buckets)s END AS age_bucket,
                   row.amount, row.amount_company AS amount_balance, %(columns)s,
                   CASE WHEN row.credit THEN 0 ELSE row.amount_company END
                       AS amount_open,
                   CASE WHEN NOT row.credit AND %(late)s > 0 THEN row.amount_company
                        ELSE 0 END AS amount_overdue,
                   CASE WHEN row.credit THEN -row.amount_company ELSE 0 END
                       AS amount_credit
              FROM (%(rows)s) row
         LEFT JOIN res_company company ON company.id = row.company_id
         LEFT JOIN account_move move ON move.id = row.move_id
         LEFT JOIN collection_account acc ON acc.partner_id = row.partner_id
               AND acc.company_id = row.company_id
         LEFT JOIN res_partner partner ON partner.id = row.partner_id
         LEFT JOIN collection_item item ON item.move_line_id = row.move_line_id
         LEFT JOIN (%(elsewhere)s) elsewhere
                ON elsewhere.line_id = row.move_line_id
         LEFT JOIN (%(held)s) held
                ON held.item_id = COALESCE(item.id, elsewhere.item_id)
              -- credits stand with whoever worked their customer
         LEFT JOIN (%(working)s) working
                ON working.account_id = CASE WHEN row.credit THEN acc.id END
             WHERE row.followed
            """,
            rows=self.env["collection.ledger.day"]._open_query(
                day, SQL("aml.company_id = ANY(%s)", self.env.companies.ids)
            ),
            elsewhere=self._elsewhere_query(),
            held=self._held_query(day),
            working=self._working_query(day),
            day=day,
            per_day=PER_DAY,
            late=late,
            buckets=age_case(late),
            columns=SQL(", ").join(
                SQL(
                    "CASE WHEN NOT row.credit AND %s THEN row.amount_company"
                    " ELSE 0 END AS %s",
                    is_of_age(late, lower, upper),
                    SQL.identifier(COLUMNS[code]),
                )
                for code, lower, upper in BUCKETS
            ),
        )

    @api.model
    def _elsewhere_query(self):
        """SQL of the items of debts that were moved, of which one line alone has the
        item: `line_id` (any line on which the debt stood), `item_id`."""
        return SQL(
            """
            SELECT DISTINCT ON (place.line_id) place.line_id, ci.id AS item_id
              FROM (SELECT line_id, origin_line_id FROM collection_moved_debt
                     WHERE origin_line_id IS NOT NULL
                     UNION
                    SELECT origin_line_id, origin_line_id FROM collection_moved_debt
                     WHERE origin_line_id IS NOT NULL) place
              JOIN collection_moved_debt debt
                ON debt.origin_line_id = place.origin_line_id
              JOIN collection_item ci
                ON ci.move_line_id IN (debt.line_id, debt.origin_line_id)
          ORDER BY place.line_id, ci.id
            """
        )

    @api.model
    def _held_query(self, day):
        """SQL of the items that a provider worked on `day`: `item_id`, `mandate_id`.

        An item that was taken back alone was with the provider until that day.
        """
        return SQL(
            """
            SELECT DISTINCT ON (held.item_id) held.item_id, line.mandate_id
              FROM collection_placement_item held
              JOIN collection_placement_line line ON line.id = held.line_id
              JOIN collection_placement placement ON placement.id = line.placement_id
             WHERE held.item_id IS NOT NULL AND held.date_added <= %(day)s
               AND placement.state IN %(states)s
               AND (line.date_end IS NULL OR line.date_end > %(day)s)
               AND (held.recalled IS NOT TRUE OR held.date_recalled > %(day)s)
          ORDER BY held.item_id, held.id DESC
            """,
            day=day,
            states=STARTED,
        )

    @api.model
    def _working_query(self, day):
        """SQL of the customers whom a provider worked on `day`: `account_id`,
        `mandate_id`."""
        return SQL(
            """
            SELECT DISTINCT ON (line.account_id) line.account_id, line.mandate_id
              FROM collection_placement_line line
              JOIN collection_placement placement ON placement.id = line.placement_id
             WHERE placement.date <= %(day)s AND line.went
               AND (line.date_end IS NULL OR line.date_end > %(day)s)
          ORDER BY line.account_id, line.id DESC
            """,
            day=day,
        )

    # ------------------------------------------------------------------
    # What one row leads to
    # ------------------------------------------------------------------

    def action_open(self):
        """Open the item as it is today; of a credit, its customer."""
        self.ensure_one()
        record = self.item_id or self.account_id
        if not record:
            raise UserError(
                self.env._(
                    "%(number)s names no customer: correct the entry in the ledger.",
                    number=self.move_name,
                )
            )
        return record.get_formview_action()
