from odoo import models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """What is about items that came to another account follows them."""

    _inherit = "collection.account"

    def _get_empty(self):
        """Those of these accounts of which nothing at all is recorded."""
        empty = self
        for model in self.env.values():
            if not model._auto or model._transient:
                continue
            for field in model._fields.values():
                if (
                    empty
                    and field.type == "many2one"
                    and field.store
                    and field.comodel_name == self._name
                ):
                    named_sudo = (
                        model.sudo()
                        .with_context(active_test=False)
                        .search([(field.name, "in", empty.ids)])
                    )
                    empty -= named_sudo[field.name]
        return empty

    def _follow_items(self):
        """Let what is about items of these accounts follow them to where they are now.

        What is about several items follows once all of them are there.
        """
        if not self:
            return
        self.env.flush_all()
        for model in self.env.values():
            account_field = model._fields.get("account_id")
            if (
                not model._auto
                or model._transient
                or not account_field
                or not account_field.store
                or account_field.comodel_name != self._name
            ):
                continue
            for name in ("item_id", "item_ids"):
                field = model._fields.get(name)
                if field and field.store and field.comodel_name == "collection.item":
                    self._follow_items_of(model, field)
        self.env.invalidate_all(flush=False)

    def _follow_items_of(self, model, field):
        if field.type == "many2one":
            pairs = SQL(
                "SELECT id AS record_id, %s AS item_id FROM %s",
                SQL.identifier(field.name),
                SQL.identifier(model._table),
            )
        elif field.type == "many2many":
            pairs = SQL(
                "SELECT %s AS record_id, %s AS item_id FROM %s",
                SQL.identifier(field.column1),
                SQL.identifier(field.column2),
                SQL.identifier(field.relation),
            )
        else:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s record
                   SET account_id = there.account_id
                  FROM (SELECT pair.record_id, MIN(ci.account_id) AS account_id
                          FROM (%(pairs)s) pair
                          JOIN %(table)s own ON own.id = pair.record_id
                          JOIN collection_item ci ON ci.id = pair.item_id
                         WHERE own.account_id IN %(accounts)s
                      GROUP BY pair.record_id
                        HAVING MIN(ci.account_id) = MAX(ci.account_id)) there
                 WHERE record.id = there.record_id
                   AND record.account_id <> there.account_id
                """,
                table=SQL.identifier(model._table),
                pairs=pairs,
                accounts=self._ids,
            )
        )
