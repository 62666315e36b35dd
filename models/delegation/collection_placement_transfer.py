from odoo import fields, models
from odoo.tools import SQL


class CollectionPlacementLine(models.Model):
    """A customer who went from one provider to the next."""

    _inherit = "collection.placement.line"

    former_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Transferred from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The hand-over to another provider that this one follows.",
    )

    def _choose_again(self, former):
        """Of customers of whom only some items were with the first provider, the same
        go to the next."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_placement_line_chosen_rel (line_id, item_id)
                SELECT DISTINCT line.id, held.item_id
                  FROM collection_placement_line line
                  JOIN collection_placement_line former
                    ON former.account_id = line.account_id
                   AND former.id = ANY(%s) AND former.scope = 'items'
                  JOIN collection_placement_item held
                    ON held.line_id = former.id AND held.recalled IS NOT TRUE
                 WHERE line.id = ANY(%s) AND held.item_id IS NOT NULL
             RETURNING line_id
                """,
                list(former.ids),
                list(self.ids),
            )
        )
        self.invalidate_recordset(["chosen_item_ids"], flush=False)

    def _stay_in_house(self, former):
        """What was taken back alone from the lines `former` goes with none of these
        either: neither now nor as a new invoice later.

        Kept as items taken back on no day, which stand on no list.
        """
        self.flush_model()
        self.env["collection.placement.item"].flush_model()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_placement_item (
                    line_id, item_id, move_name, date_added, date_due, currency_id,
                    amount, amount_company, days_overdue, level_id, level_name,
                    recalled, followed, create_uid, create_date, write_uid, write_date)
                SELECT line.id, held.item_id, held.move_name, held.date_added,
                       held.date_due, held.currency_id, 0, 0,
                       held.days_overdue, held.level_id, held.level_name, TRUE, TRUE,
                       %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM collection_placement_line line
                  JOIN collection_placement_line former
                    ON former.account_id = line.account_id
                   AND former.id = ANY(%(former)s)
                  JOIN collection_placement_item held ON held.line_id = former.id
                  JOIN collection_item ci ON ci.id = held.item_id
                   AND ci.account_id = line.account_id
                 WHERE line.id = ANY(%(lines)s) AND held.recalled
                   AND NOT EXISTS (
                        SELECT FROM collection_placement_item again
                         WHERE again.line_id = former.id
                           AND again.item_id = held.item_id
                           AND again.recalled IS NOT TRUE)
             RETURNING id
                """,
                uid=self.env.uid,
                former=list(former.ids),
                lines=list(self.ids),
            )
        )
        self.invalidate_recordset(["item_ids"], flush=False)

    def _continue(self, former):
        """Remember which lines these follow, for the company alone."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line SET former_line_id = former.id
                  FROM collection_placement_line former
                 WHERE former.account_id = line.account_id
                   AND former.id = ANY(%s) AND line.id = ANY(%s)
             RETURNING line.id
                """,
                list(former.ids),
                list(self.ids),
            )
        )
        self.invalidate_recordset(["former_line_id"], flush=False)

    def action_transfer(self):
        """Choose the provider to whom these accounts go instead."""
        active = self.filtered(lambda line: line.state == "active")
        return active.account_id.action_transfer()


class CollectionPlacement(models.Model):
    """All that is left of a hand-over goes to another provider."""

    _inherit = "collection.placement"

    def action_transfer(self):
        """Choose the provider to whom every account still there goes instead."""
        return self.line_ids.action_transfer()


class CollectionMandate(models.Model):
    """All customers of a mandate go to another provider."""

    _inherit = "collection.mandate"

    def action_transfer(self):
        """Choose the provider to whom every customer of the mandate goes instead."""
        self.ensure_one()
        return self.placement_ids.action_transfer()


class CollectionAccount(models.Model):
    """Customers who go to another provider."""

    _inherit = "collection.account"

    def action_transfer(self):
        """Choose the mandate under which these customers go to another provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_transfer_action"
        )
        return dict(action, context={"default_account_ids": self.ids})
