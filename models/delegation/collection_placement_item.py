from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: rows of what is worked: taken back on no day is what stayed in-house when its
#: customer was transferred, see `collection_placement_transfer.py`
WORKED = Domain("recalled", "=", False) | Domain("date_recalled", "!=", False)
#: rows of what went, each once: of two customers of one hand-over who were merged, what
#: goes on with the other one stands where it was
WENT = WORKED & Domain("origin_id", "=", False)


class CollectionPlacementItem(models.Model):
    """An item as it was when it was handed over; never rewritten."""

    _name = "collection.placement.item"
    _description = "Item at Hand-over"
    _inherit = [
        "collection.frozen.mixin",
        "collection.ledger.mixin",
        "collection.provider.mixin",
    ]
    _order = "line_id, date_due, id"
    _rec_name = "move_name"

    _provider_fields = frozenset(
        {
            "amount",
            "amount_company",
            "company_currency_id",
            "company_id",
            "currency_id",
            "date_added",
            "date_due",
            "days_overdue",
            "item_id",
            "level_id",
            "level_name",
            "line_id",
            "move_name",
            "placement_id",
        }
    )

    line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # both by the line: of a large hand-over, the keys of its items cost more to check
    # than all else
    placement_id = fields.Many2one(related="line_id.placement_id")
    company_id = fields.Many2one(related="line_id.company_id")
    item_id = fields.Many2one(
        comodel_name="collection.item", index="btree_not_null", ondelete="set null"
    )
    move_name = fields.Char(string="Invoice")
    date_added = fields.Date(string="Handed over on", required=True)
    date_due = fields.Date(string="Due Date", required=True)
    currency_id = fields.Many2one(comodel_name="res.currency", required=True)
    company_currency_id = fields.Many2one(
        # not the company's own: it stays that of the day
        related="placement_id.currency_id",
        string="Company Currency",
    )
    amount = fields.Monetary(string="Amount Due", help="Item currency.")
    amount_company = fields.Monetary(
        string="Amount Due, Company Currency", currency_field="company_currency_id"
    )
    days_overdue = fields.Integer()
    level_id = fields.Many2one(
        comodel_name="collection.policy.level", ondelete="set null"
    )
    level_name = fields.Char(
        string="Level at Hand-over",
        readonly=True,
        help="As it was called on that day.",
    )
    followed = fields.Boolean(
        string="Followed Later",
        help="Joined its customer after the hand-over, as a new invoice or because "
        "somebody chose it.",
    )
    origin_id = fields.Many2one(
        comodel_name="collection.placement.item",
        string="Goes On from",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The row of the same hand-over, under a customer who was merged with this "
        "one.",
    )
    recalled = fields.Boolean(help="Taken back alone, the account stays delegated.")
    date_recalled = fields.Date(string="Taken Back on")

    _noted_fields = frozenset({"recalled"})
    _recalled_idx = models.Index("(line_id) WHERE recalled")

    def _is_frozen(self):
        # there are none before the hand-over
        return bool(self)

    @api.model
    def _sum_once(self, domain, groupby=()):
        """Numbers and amounts of what went, under the rights of the reader.

        An item that was taken back and went again stands in several rows and counts
        once in each group, with the largest amount under which it went: what was paid
        between two hand-overs makes it no second debt, and what bounced none that was
        never with the provider.

        :param groupby: names of many2one fields
        :return: list of (record of each of `groupby`, …, number of items, amount in
            their currency, amount in company currency), by id
        """
        query = self._search(domain)
        # sudo: which rows went at all; a provider reads no others
        recalled, day = (
            self.sudo()._field_to_sql(query.table, name, query)
            for name in ("recalled", "date_recalled")
        )
        query.add_where(SQL("(%s IS NOT TRUE OR %s IS NOT NULL)", recalled, day))
        item, number, *keys, amount, amount_company = (
            self._field_to_sql(query.table, name, query)
            for name in ("item_id", "id", *groupby, "amount", "amount_company")
        )
        # of an item that is no more each row is one
        query.groupby = SQL(", ").join([SQL("COALESCE(%s, -%s)", item, number), *keys])
        names = [SQL.identifier(name) for name in groupby]
        by = SQL(", ").join(names)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(keys)s COUNT(*), COALESCE(SUM(amount), 0)::float,
                       COALESCE(SUM(amount_company), 0)::float
                  FROM (%(once)s) once %(by)s
                """,
                keys=SQL("%s,", by) if names else SQL(),
                once=query.select(
                    *(SQL("%s AS %s", *pair) for pair in zip(keys, names, strict=True)),
                    SQL("MAX(%s) AS amount", amount),
                    SQL("MAX(%s) AS amount_company", amount_company),
                ),
                by=SQL("GROUP BY %(by)s ORDER BY %(by)s", by=by) if names else SQL(),
            )
        )
        comodels = [self.env[self._fields[name].comodel_name] for name in groupby]
        return [
            (
                *(
                    comodel.browse(key)
                    for comodel, key in zip(comodels, row, strict=False)
                ),
                *row[len(comodels) :],
            )
            for row in rows
        ]

    @api.model
    def _note_columns(self):
        line, placement, company = (
            SQL(
                "(SELECT line.%s FROM collection_placement_line line"
                " WHERE line.id = own.line_id)",
                SQL.identifier(name),
            )
            for name in ("id", "placement_id", "company_id")
        )
        return SQL("%s, %s, own.move_name, %s", placement, line, company)
