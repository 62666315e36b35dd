from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.days import company_today_sql
from .collection_placement_line import HANDED_OVER, SETTLED_STATES

#: what of an item is told, and which sum of its line it belongs to
SUMS = {
    "paid": "amount_paid",
    "credited": "amount_credited",
    "written_off": "amount_written_off",
}


class CollectionPlacementEvent(models.Model):
    """What the ledger did to an item while a provider had it, on a day.

    Written as the ledger moves and never rewritten: a payment that bounces leaves the
    first row as it was, and a negative one on its own day.
    """

    _name = "collection.placement.event"
    _description = "What Became of an Item Handed Over"
    _order = "date desc, id desc"
    _rec_name = "placement_item_id"
    _log_access = False

    placement_item_id = fields.Many2one(
        comodel_name="collection.placement.item",
        string="Item",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    move_name = fields.Char(related="placement_item_id.move_name")
    company_id = fields.Many2one(related="placement_item_id.company_id")
    company_currency_id = fields.Many2one(
        related="placement_item_id.company_currency_id", string="Company Currency"
    )
    date = fields.Date(required=True, readonly=True, index=True)
    kind = fields.Selection(
        selection=[
            ("paid", "Paid"),
            ("before", "Paid before the hand-over"),
            ("credited", "Credited"),
            ("written_off", "Written off"),
            ("withdrawn", "Invoice withdrawn"),
        ],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="Company currency; negative: undone, as by a payment that bounced.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        if self:
            self._refuse()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        self._refuse()

    def _refuse(self):
        raise UserError(
            self.env._("What the ledger did is noted as it happens: nobody types it.")
        )


class CollectionPlacementLine(models.Model):
    """What settled a customer's items while a provider had them."""

    _inherit = "collection.placement.line"

    amount_paid = fields.Monetary(
        string="Money Received",
        readonly=True,
        copy=False,
        help="Money that came in while the provider had the items, company currency.",
    )
    amount_credited = fields.Monetary(
        string="Credited",
        readonly=True,
        copy=False,
        help="Credit notes and whatever was set off meanwhile, company currency.",
    )
    amount_written_off = fields.Monetary(
        string="Written off",
        readonly=True,
        copy=False,
        help="Given up meanwhile, company currency.",
    )
    event_ids = fields.One2many(
        comodel_name="collection.placement.event",
        string="What Became of It",
        compute="_compute_event_ids",
    )

    def _compute_event_ids(self):
        events = self.env["collection.placement.event"].search(
            [("placement_item_id.line_id", "in", self.ids)]
        )
        by_line = events.grouped(lambda event: event.placement_item_id.line_id)
        for line in self:
            line.event_ids = by_line.get(line._origin, events.browse())

    @api.model
    def _note_events(self, accounts, settled_since=None):
        """Note what settled the items of lines that run, or ended just now, and was
        not noted yet. Two statements, whatever their number.

        :param accounts: condition over the alias `line`
        :param settled_since: lines that were settled from this day on, too; None: today
        :return: number of rows noted
        """
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        self.env["account.move"].flush_model(["state"])
        self.flush_model()
        self.env["collection.placement.item"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH held AS MATERIALIZED (
                    SELECT held.id, held.line_id, held.item_id, held.date_added,
                           held.create_date, held.amount_company, line.company_id
                      FROM collection_placement_line line
                      JOIN collection_placement placement
                        ON placement.id = line.placement_id
                      JOIN collection_placement_item held
                        ON held.line_id = line.id AND held.recalled IS NOT TRUE
                       AND held.item_id IS NOT NULL
                     WHERE %(accounts)s
                       AND (line.state = 'active' AND placement.state IN %(handed_over)s
                            OR line.date_end >= %(since)s
                               AND (line.state IN %(settled_states)s
                                    OR line.recall_reason = 'paid_directly'))
                ), found AS (
                    SELECT held.id, SUM(receipt.amount_company) AS amount,
                           CASE WHEN receipt.kind = 'write_off' THEN 'written_off'
                                WHEN receipt.kind <> 'money' THEN 'credited'
                                WHEN receipt.date < held.date_added THEN 'before'
                                ELSE 'paid' END AS kind
                      FROM held
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = held.item_id
                       AND receipt.kind <> 'exchange'
                       AND receipt.matched_on >= held.create_date
                  GROUP BY held.id, 3
                     UNION ALL
                    SELECT held.id, held.amount_company, 'withdrawn'
                      FROM held
                      JOIN collection_item ci ON ci.id = held.item_id
                      JOIN account_move move ON move.id = ci.move_id
                     WHERE move.state <> 'posted'
                ), known AS (
                    SELECT event.placement_item_id AS id, event.kind,
                           SUM(event.amount) AS amount
                      FROM collection_placement_event event
                     WHERE event.placement_item_id IN (SELECT id FROM held)
                  GROUP BY event.placement_item_id, event.kind
                ), noted AS (
                    INSERT INTO collection_placement_event (
                        placement_item_id, date, kind, amount)
                    SELECT held.id, %(today)s,
                           COALESCE(found.kind, known.kind),
                           COALESCE(found.amount, 0) - COALESCE(known.amount, 0)
                      FROM found
                      FULL JOIN known ON known.id = found.id AND known.kind = found.kind
                      JOIN held ON held.id = COALESCE(found.id, known.id)
                     WHERE COALESCE(found.amount, 0) <> COALESCE(known.amount, 0)
                  ORDER BY 1, 3
                 RETURNING placement_item_id
                )
                SELECT held.line_id FROM noted
                  JOIN held ON held.id = noted.placement_item_id
                """,
                accounts=accounts,
                handed_over=HANDED_OVER,
                since=settled_since
                or company_today_sql(self.env, SQL("line.company_id")),
                # whoever moved the ledger, from wherever
                today=company_today_sql(self.env, SQL("held.company_id")),
                settled_states=SETTLED_STATES,
                settled=source._settled_query(
                    SQL("item.id IN (SELECT held.item_id FROM held)")
                ),
            )
        )
        if rows:
            self.env["collection.placement.event"].invalidate_model(flush=False)
            self.browse({row[0] for row in rows})._add_up_events()
        return len(rows)

    def _add_up_events(self):
        """Write the sums of what settled the items of these lines."""
        self.flush_recordset(SUMS.values())
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line
                   SET %(sums)s
                  FROM collection_placement_line same
             LEFT JOIN LATERAL (
                        SELECT %(totals)s
                          FROM collection_placement_item held
                          JOIN collection_placement_event event
                            ON event.placement_item_id = held.id
                         WHERE held.line_id = same.id) total ON TRUE
                 WHERE same.id = line.id AND line.id = ANY(%(lines)s)
             RETURNING line.id
                """,
                sums=SQL(", ").join(
                    SQL("%s = total.%s", SQL.identifier(name), SQL.identifier(kind))
                    for kind, name in SUMS.items()
                ),
                totals=SQL(", ").join(
                    SQL(
                        "COALESCE(SUM(event.amount) FILTER (WHERE event.kind = %s), 0)"
                        " AS %s",
                        kind,
                        SQL.identifier(kind),
                    )
                    for kind in SUMS
                ),
                lines=list(self.ids),
            )
        )
        self.invalidate_recordset([*SUMS.values(), "event_ids"], flush=False)

    def _absorb(self, line):
        res = super()._absorb(line)
        (self | line)._add_up_events()
        return res

    def _copy_items(self, line):
        res = super()._copy_items(line)
        # what became of them comes along, of its own day: no euro is told twice
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_placement_event event SET placement_item_id = copy.id
                  FROM collection_placement_item held
                  JOIN collection_placement_item copy
                    ON copy.item_id = held.item_id AND copy.line_id = %s
                 WHERE held.line_id = %s AND event.placement_item_id = held.id
                """,
                self.id,
                line.id,
            )
        )
        return res
