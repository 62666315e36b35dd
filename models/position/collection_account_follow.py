from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL, format_date


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

    def _bring_decisions(self, items):
        """Let what is decided about this customer hold for `items`, which leave it.

        Of two decisions the stricter holds, as for customers who are merged: the
        customer who owes now stays in-house if this one was to. Insolvency is of a
        person in law, and is not handed on: nothing of theirs is reminded until a
        credit manager has said whether it concerns the other, two months at the most.
        """
        self.ensure_one()
        if not (self.reserved or self.insolvency_date):
            return
        partners = items.move_line_id.partner_id.commercial_partner_id
        targets = self.search(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", self.company_id.id),
            ]
        )
        if self.reserved:
            for target in targets.filtered(lambda account: not account.reserved):
                target.reserved = True
                target._message_log(
                    body=self.env._(
                        "Stays in-house, as %(customer)s did, whose debts are this "
                        "customer's now.",
                        customer=self.display_name,
                    )
                )
        if self.insolvency_date:
            until = fields.Date.context_today(self) + relativedelta(months=2)
            held = items.filtered(lambda item: (item.hold_until or date.min) < until)
            held.write(
                {
                    "hold_until": until,
                    "hold_reason": self.env._(
                        "Insolvency of %(customer)s", customer=self.display_name
                    ),
                }
            )
            for target in targets.filtered(lambda account: not account.insolvency_date):
                user = self.company_id._get_collection_user(
                    target.user_id, self.user_id
                )
                target.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._(
                        "%(customer)s, insolvent since %(date)s, belongs to this "
                        "customer now: say whether the insolvency concerns them",
                        customer=self.display_name,
                        date=format_date(self.env, self.insolvency_date),
                    ),
                    user_id=(user or self.env.user).id,
                )

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
