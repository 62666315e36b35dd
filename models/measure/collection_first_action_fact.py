from odoo import api, fields, models
from odoo.tools import SQL

from ..base.days import company_day_sql, company_today_sql
from ..base.planner import compile_nothing
from .collection_ageing import STARTED

#: days after the first action within which money counts as its success
WINDOWS = (30, 60, 90)
#: kinds of actions, in the order in which one of a day counts as its first
ACTIONS = ("check", "call", "promise", "plan", "reminder")
#: letters outside the ladder of reminders that ask for payment all the same
ASKING = ("mandate_notice", "pre_reminder")
#: days are counted from here: before any debt
EPOCH = "1900-01-01"
#: what a row says
SAID = (
    "date",
    "kind",
    "mandate_id",
    "settled_on",
    "amount",
    "received",
    *(f"within_{days}" for days in WINDOWS),
)


class CollectionFirstActionFact(models.Model):
    """What of a first action does not depend on the day on which it is read.

    One row for each item that was settled in part or on which somebody acted; of the
    others everything is known from the item. Worked out together with the receipts, of
    the customers who are marked (`collection.receipt.stale`): `collection.first.action`
    has the definitions, and reads from here. A plan that begins later counts from that
    day on: the night works out everybody again.
    """

    _name = "collection.first.action.fact"
    _description = "First Action on an Item"
    _log_access = False

    item_id = fields.Many2one(
        comodel_name="collection.item",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    date = fields.Date(string="First Action on", readonly=True)
    kind = fields.Char(string="First Action", readonly=True)
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    settled_on = fields.Date(readonly=True, help="Last receipt of what is paid.")
    # in the currency of the company
    amount = fields.Float(string="Open at First Action", digits=0, readonly=True)
    received = fields.Float(string="Money since", digits=0, readonly=True)
    within_30 = fields.Float(string="Money within 30 Days", digits=0, readonly=True)
    within_60 = fields.Float(string="Money within 60 Days", digits=0, readonly=True)
    within_90 = fields.Float(string="Money within 90 Days", digits=0, readonly=True)

    _item_uniq = models.Constraint(
        "UNIQUE (item_id)", "The first action on an item stands in one row."
    )

    def init(self):
        # where the table is new, what was there before is worked out at the first look
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collection_receipt_stale (account_number)
                SELECT id FROM collection_account
                 WHERE NOT EXISTS (SELECT FROM collection_first_action_fact)
                """
            )
        )

    @api.model
    def _refresh(self, account_ids=None):
        """Make the rows of these accounts what receipts and actions say.

        Set-based, one statement; rows that are true are left alone. The receipts are
        true already.

        :param account_ids: ids of the accounts; None: all of them
        """
        if account_ids is not None and not account_ids:
            return
        self._flush_for_truth()
        names = SQL(", ").join(map(SQL.identifier, SAID))
        true = SQL(", ").join(SQL.identifier("truth", name) for name in SAID)
        of_accounts = self.env["collection.receipt"]._among(
            SQL("item.account_id"), account_ids
        )
        self.env.cr.execute(
            SQL(
                """
                WITH truth AS MATERIALIZED (%(truth)s),
                gone AS (
                    DELETE FROM collection_first_action_fact known
                     USING collection_item item
                     WHERE item.id = known.item_id AND %(of_accounts)s
                       AND NOT EXISTS (
                            SELECT FROM truth WHERE truth.item_id = known.item_id)
                ), corrected AS (
                    UPDATE collection_first_action_fact known
                       SET (%(names)s) = (%(true)s)
                      FROM truth
                     WHERE known.item_id = truth.item_id
                       AND (%(said)s) IS DISTINCT FROM (%(true)s)
                )
                INSERT INTO collection_first_action_fact (item_id, %(names)s)
                SELECT item_id, %(names)s
                  FROM truth
                 WHERE NOT EXISTS (
                        SELECT FROM collection_first_action_fact known
                         WHERE known.item_id = truth.item_id)
                """,
                truth=self._truth_query(account_ids, of_accounts),
                of_accounts=of_accounts,
                names=names,
                true=true,
                said=SQL(", ").join(SQL.identifier("known", name) for name in SAID),
            )
        )
        self.env["collection.first.action"].invalidate_model(flush=False)

    @api.model
    def _flush_for_truth(self):
        compile_nothing(self.env)
        for name in (
            "collection.call",
            "collection.item",
            "collection.letter",
            "collection.letter.line",
            "collection.payment.plan",
            "collection.placement",
            "collection.placement.item",
            "collection.placement.line",
            "collection.precheck",
            "collection.promise",
        ):
            self.env[name].flush_model()
        self.env["res.company"].flush_model(["currency_id"])

    @api.model
    def _truth_query(self, account_ids, of_accounts):
        """SQL of the rows as they should be.

        :param of_accounts: SQL over `item`: whether it is one of these accounts'
        """
        return SQL(
            """
            WITH debt AS MATERIALIZED (
                SELECT item.id, item.move_line_id, item.account_id, item.date_due,
                       common.decimal_places, %(today)s AS today,
                       CASE WHEN item.state = 'closed' THEN settled.date END
                           AS settled_on,
                       item.amount_residual + COALESCE(settled.amount, 0) AS total,
                       -- none: it is in the currency of the company
                       CASE WHEN item.currency_id <> company.currency_id
                            THEN (item.amount_residual_company
                                     + COALESCE(settled.amount_company, 0))
                                 / NULLIF(item.amount_residual
                                              + COALESCE(settled.amount, 0), 0)
                       END AS rate,
                       settled.item_id IS NOT NULL AS settled
                  FROM collection_item item
                  JOIN res_company company ON company.id = item.company_id
                  JOIN res_currency common ON common.id = company.currency_id
             LEFT JOIN (SELECT paid.item_id, SUM(paid.amount) AS amount,
                               SUM(paid.amount_company) AS amount_company,
                               MAX(paid.date) AS date
                          FROM collection_receipt paid
                          JOIN collection_item item ON item.id = paid.item_id
                         WHERE %(of_accounts)s AND %(is_settled)s
                      GROUP BY paid.item_id) settled ON settled.item_id = item.id
                 WHERE %(of_accounts)s
                   AND (item.state = 'open' OR settled.item_id IS NOT NULL)
            ), acted AS (
                SELECT item_id, MIN(code) AS code FROM (%(acts)s) act GROUP BY item_id
            ), called AS (
                -- the first call after the due date: the least of the later ones
                SELECT item_id, code
                  FROM (SELECT item_id, MIN(code) OVER (
                                   PARTITION BY account_id
                                   ORDER BY day DESC, item_id NULLS LAST
                                   ROWS UNBOUNDED PRECEDING) AS code
                          FROM (SELECT account_id, date_due AS day, id AS item_id,
                                       NULL::int AS code
                                  FROM debt
                             UNION ALL
                                SELECT account_id, day, NULL, code
                                  FROM (%(calls)s) call) event) later
                 WHERE item_id IS NOT NULL AND code IS NOT NULL
            ), first AS MATERIALIZED (
                SELECT debt.*, action.day, action.rank,
                       COALESCE(action.day, debt.date_due + 1) AS since
                  FROM debt
             LEFT JOIN acted ON acted.item_id = debt.id
             LEFT JOIN called ON called.item_id = debt.id
             LEFT JOIN LATERAL (
                        SELECT code %% %(kinds)s AS rank,
                               %(epoch)s::date + code / %(kinds)s AS day
                          FROM (SELECT LEAST(acted.code, called.code) AS code) one
                       ) action
                    ON action.day <= COALESCE(debt.settled_on, debt.today)
                 WHERE action.day IS NOT NULL OR debt.settled
            ), money AS (
                SELECT first.id,
                       SUM(paid.amount) FILTER (WHERE paid.date < first.since)
                           AS before,
                       SUM(paid.amount) FILTER (WHERE %(is_money)s) AS since,
                       %(windows)s
                  FROM first
                  JOIN collection_receipt paid ON paid.item_id = first.id
                   AND %(is_settled_first)s
              GROUP BY first.id
            ), held AS (%(held)s)
            SELECT first.id AS item_id, first.day AS date,
                   (%(codes)s::varchar[])[first.rank + 1] AS kind,
                   held.mandate_id, first.settled_on, %(figures)s
              FROM first
         LEFT JOIN money ON money.id = first.id
         LEFT JOIN held ON held.item_id = first.id
            """,
            today=company_today_sql(self.env, SQL("item.company_id")),
            of_accounts=of_accounts,
            acts=self._acts_query(account_ids, of_accounts),
            calls=self._calls_query(account_ids),
            kinds=len(ACTIONS),
            epoch=EPOCH,
            is_settled=self._is_settled(SQL("item")),
            is_settled_first=self._is_settled(SQL("first")),
            is_money=SQL("paid.kind = 'money' AND paid.date >= first.since"),
            windows=SQL(", ").join(
                SQL(
                    """SUM(paid.amount) FILTER (
                           WHERE paid.kind = 'money' AND paid.date
                               BETWEEN first.day AND first.day + %s) AS %s""",
                    days,
                    SQL.identifier(f"within_{days}"),
                )
                for days in WINDOWS
            ),
            held=self._held_query(),
            codes=list(ACTIONS),
            figures=SQL(", ").join(
                SQL(
                    """CASE WHEN first.rate IS NULL THEN %(amount)s
                            ELSE ROUND(%(amount)s * first.rate, first.decimal_places)
                       END AS %(name)s""",
                    amount=amount,
                    name=SQL.identifier(name),
                )
                for name, amount in {
                    "amount": SQL("(first.total - COALESCE(money.before, 0))"),
                    "received": SQL("COALESCE(money.since, 0)"),
                    **{
                        f"within_{days}": SQL(
                            "COALESCE(%s, 0)", SQL.identifier("money", f"within_{days}")
                        )
                        for days in WINDOWS
                    },
                }.items()
            ),
        )

    @api.model
    def _is_settled(self, item):
        """SQL: whether the receipt `paid` settles `item`.

        What went back to the customer is a debt of its own; its receipt stands there,
        with the journal item of the debt itself.
        """
        return SQL("paid.move_line_id <> %s.move_line_id", item)

    @api.model
    def _get_code(self, day, kind):
        """SQL of the number of an action: earlier days are less, and of one day the
        kinds that stand first."""
        return SQL(
            "(%s - %s::date) * %s + %s", day, EPOCH, len(ACTIONS), ACTIONS.index(kind)
        )

    @api.model
    def _acts_query(self, account_ids, of_accounts):
        """SQL of the actions about items themselves: `item_id`, `code`."""

        def among(column):
            if account_ids is None:
                return SQL("%s IS NOT NULL", column)
            # an array, so that the planner reads these items from the indexes
            return SQL(
                "%s = ANY (ARRAY(SELECT item.id FROM collection_item item WHERE %s))",
                column,
                of_accounts,
            )

        posted = SQL("COALESCE(letter.date_posted, letter.date)")
        return SQL(
            """
            SELECT line.item_id, %(reminder)s AS code
              FROM collection_letter letter
              JOIN collection_letter_line line ON line.letter_id = letter.id
         LEFT JOIN collection_letter_kind kind ON kind.id = letter.kind_id
             WHERE %(reached)s AND %(line)s
               AND (line.level_id IS NOT NULL OR kind.code IN %(asking)s)
             UNION ALL
            SELECT rel.collection_item_id, %(promise)s
              FROM collection_promise promise
              JOIN collection_item_collection_promise_rel rel
                ON rel.collection_promise_id = promise.id
             WHERE %(rel)s
             UNION ALL
            SELECT rel.collection_item_id, %(plan)s
              FROM collection_payment_plan plan
              JOIN %(of_plan)s rel ON rel.collection_payment_plan_id = plan.id
             WHERE plan.state <> 'draft' AND %(rel)s
             UNION ALL
            SELECT item_id, %(check)s
              FROM collection_precheck
             WHERE state IN ('ok', 'anomaly') AND date_checked IS NOT NULL
               AND %(precheck)s
            """,
            line=among(SQL("line.item_id")),
            rel=among(SQL("rel.collection_item_id")),
            precheck=among(SQL("item_id")),
            reached=self.env["collection.letter"]._reached(),
            asking=ASKING,
            reminder=self._get_code(posted, "reminder"),
            promise=self._get_code(SQL("promise.date_made"), "promise"),
            plan=self._get_code(SQL("plan.date_start"), "plan"),
            of_plan=SQL.identifier(
                self.env["collection.payment.plan"]._fields["item_ids"].relation
            ),
            check=self._get_code(SQL("date_checked"), "check"),
        )

    @api.model
    def _calls_query(self, account_ids):
        """SQL of the days on which customers were called, the companies' own days:
        `account_id`, `day`, `code`."""
        return SQL(
            """
            SELECT account_id, day, %s AS code
              FROM (SELECT DISTINCT call.account_id,
                           %s AS day
                      FROM collection_call call
                     WHERE %s AND call.direction = 'outgoing'
                       AND call.correction_of_id IS NULL) call
            """,
            self._get_code(SQL("day"), "call"),
            company_day_sql(self.env, SQL("call.date"), SQL("call.company_id")),
            self.env["collection.receipt"]._among(SQL("call.account_id"), account_ids),
        )

    @api.model
    def _held_query(self):
        """SQL of the items that a provider worked on the day of the first action:
        `item_id`, `mandate_id`."""
        return SQL(
            """
            SELECT DISTINCT ON (held.item_id) held.item_id, line.mandate_id
              FROM collection_placement_item held
              JOIN first ON first.id = held.item_id
              JOIN collection_placement_line line ON line.id = held.line_id
              JOIN collection_placement placement ON placement.id = line.placement_id
             WHERE held.date_added <= first.since AND placement.state IN %s
               AND (line.date_end IS NULL OR line.date_end >= first.since)
               AND (held.recalled IS NOT TRUE OR held.date_recalled >= first.since)
          ORDER BY held.item_id, held.id DESC
            """,
            STARTED,
        )
