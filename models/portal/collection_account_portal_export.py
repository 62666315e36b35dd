from odoo import fields, models
from odoo.fields import Domain

from ...reports.collection_portal_xlsx import PortalWorkbook

#: customers and invoices that one spreadsheet lists
EXPORT_LIMIT = 20_000
#: customers read at a time
BATCH = 1000


class CollectionAccount(models.Model):
    """The customers of a list as a spreadsheet, with their invoices.

    As on the pages: under the agent's record rules, and what leaves is on record.
    """

    _inherit = "collection.account"

    def _portal_export(self, title):
        """These customers and the invoices of them that the agent sees.

        :return: (file name, content)
        """
        self.check_access("read")
        self._record_access("export")
        items = self.env["collection.item"].search(
            Domain("account_id", "in", self.ids) & Domain("state", "=", "open"),
            order="account_id, date_due, id",
            limit=EXPORT_LIMIT,
        )
        content = PortalWorkbook(
            self.env,
            title,
            [
                (
                    self.env._("Customers"),
                    self._get_portal_export_columns(),
                    self._get_portal_export_rows(),
                ),
                (
                    self.env._("Invoices"),
                    self._get_portal_item_columns(),
                    self._get_portal_item_rows(items),
                ),
            ],
        ).get_content()
        return f"{title}.xlsx", content

    def _get_portal_export_columns(self):
        return [
            (self.env._("Customer no."), "text"),
            (self.env._("Customer"), "text"),
            (self.env._("City"), "text"),
            (self.env._("Company"), "text"),
            (self.env._("Overdue"), "amount"),
            (self.env._("Open"), "amount"),
            (self.env._("Disputed"), "amount"),
            (self.env._("Days late"), "number"),
            (self.env._("Level"), "text"),
            (self.env._("Next action on"), "date"),
            (self.env._("Next action"), "text"),
            (self.env._("Last call"), "date"),
            (self.env._("Agent"), "text"),
        ]

    def _get_portal_export_rows(self):
        for start in range(0, len(self), BATCH):
            for row in self[start : start + BATCH]._get_portal_rows():
                last_call = row["last_call"]
                yield (
                    row["ref"],
                    row["name"],
                    row["city"],
                    row["company"],
                    (row["overdue"], row["currency"]),
                    (row["open"], row["currency"]),
                    (row["disputed"], row["currency"]),
                    row["days"],
                    row["level"],
                    row["next_action_date"],
                    row["next_action"],
                    last_call
                    and fields.Datetime.context_timestamp(self, last_call).date(),
                    row["agent"],
                )

    def _get_portal_item_columns(self):
        return [
            (self.env._("Customer no."), "text"),
            (self.env._("Customer"), "text"),
            (self.env._("Invoice"), "text"),
            (self.env._("Customer's Reference"), "text"),
            (self.env._("Due date"), "date"),
            (self.env._("Days late"), "number"),
            (self.env._("Total"), "amount"),
            (self.env._("Due"), "amount"),
            (self.env._("Disputed"), "amount"),
            (self.env._("Currency"), "text"),
            (self.env._("Level"), "text"),
        ]

    def _get_portal_item_rows(self, items):
        # sudo: currency and level of invoices that the agent reads, by name
        for item, item_sudo in zip(items, items.sudo(), strict=True):
            currency = item_sudo.currency_id
            yield (
                item.account_id.partner_ref,
                item.account_id.display_name,
                item.move_name,
                item.move_ref,
                item.date_due,
                max(item.days_overdue, 0),
                (item.amount_total, currency),
                (item.amount_residual, currency),
                (item.amount_disputed, currency),
                currency.name,
                item_sudo.level_id.name,
            )
