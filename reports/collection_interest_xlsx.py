from odoo import fields

from ..tools.late_interest import half_year_start
from .collection_workbook import CollectionWorkbook


class InterestWorkbook(CollectionWorkbook):
    """The interest and indemnities of items to a day, for whoever checks them.

    One row per segment of interest and per indemnity, with the rate and where it was
    published, and beside it what was invoiced or waived before.
    """

    def __init__(self, items, date_to):
        super().__init__(items.env)
        self.items = items
        self.date_to = date_to

    def _get_properties(self):
        return {"title": self.env._("Late-payment interest")}

    def _write_sheets(self):
        self.percent = self.workbook.add_format({"num_format": "0.00##"})
        self._write_calculation()
        self._write_settlements()

    def _write_calculation(self):
        """The sheet of the figures.

        :raise UserError: the rate of a half-year is missing
        """
        sheet = self._add_sheet(
            self.env._("Calculation"),
            [
                (self.env._("Customer no."), 14),
                (self.env._("Customer"), 32),
                (self.env._("Invoice"), 20),
                (self.env._("Due date"), 12),
                (self.env._("What"), 22),
                (self.env._("From"), 12),
                (self.env._("To"), 12),
                (self.env._("Days"), 7),
                (self.env._("Base"), 15),
                (self.env._("Rate, % a year"), 10),
                (self.env._("Amount"), 15),
                (self.env._("Currency"), 9),
                (self.env._("Source of the rate"), 60),
            ],
        )
        row = 0
        for item, penalty in self.items._get_penalties(self.date_to).items():
            if penalty.error:
                raise self.env["collection.reference.rate"]._missing_rate_error(
                    penalty.error
                )
            for segment in penalty.segments:
                row += 1
                self._write_item(sheet, row, item, self.env._("Interest"))
                self._write_date(sheet, row, 5, segment.date_from)
                self._write_date(sheet, row, 6, segment.date_to)
                sheet.write_number(row, 7, segment.days)
                self._write_amount(sheet, row, 8, float(segment.base), item.currency_id)
                sheet.write_number(row, 9, float(segment.rate), self.percent)
                self._write_amount(
                    sheet, row, 10, float(segment.amount), item.currency_id
                )
                self._write_text(sheet, row, 12, self._get_source(item, segment))
            for label, amount in (
                (self.env._("Indemnity"), penalty.indemnity),
                (
                    self.env._("Commercial gesture"),
                    -penalty.waived_interest - penalty.waived_indemnity,
                ),
            ):
                if amount:
                    row += 1
                    self._write_item(sheet, row, item, label)
                    self._write_amount(sheet, row, 10, float(amount), item.currency_id)
        sheet.autofilter(0, 0, max(row, 1), 12)

    def _write_item(self, sheet, row, item, what):
        # sudo: names and numbers of the customer and the invoice, of an item that
        # the user may read
        item_sudo = item.sudo()
        self._write_text(sheet, row, 0, item_sudo.account_id.partner_ref)
        self._write_text(sheet, row, 1, item_sudo.account_id.partner_name)
        self._write_text(sheet, row, 2, item_sudo.move_name)
        self._write_date(sheet, row, 3, item.date_due)
        self._write_text(sheet, row, 4, what)
        self._write_text(sheet, row, 11, item.currency_id.name)

    def _get_source(self, item, segment):
        """Where the rate of a segment comes from."""
        account = item.account_id
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        regime = regimes[account._get_debtor_type()]
        # sudo: on what terms the company sells, for whoever may read the claim
        if regime._to_tool(account.company_id.sudo(), account.agreed_rate).agreed_rate:
            return self.env._("Agreed with the customer or by the terms of sale")
        began = segment.date_from
        if regime.fixed_at_start:
            began = fields.Date.add(item.date_due, days=1)
        rate = self.env["collection.reference.rate"]._get_in_force(
            regime.index, half_year_start(began)
        )
        return self.env._(
            "%(rate)s: %(value)s + %(margin)s. %(published)s",
            rate=rate.display_name,
            value=rate.rate,
            margin=regime.margin,
            published=rate.source or "",
        )

    def _write_settlements(self):
        sheet = self._add_sheet(
            self.env._("Invoiced or waived"),
            [
                (self.env._("Date"), 12),
                (self.env._("Customer"), 32),
                (self.env._("Invoice"), 30),
                (self.env._("What"), 20),
                (self.env._("Interest to"), 12),
                (self.env._("Interest"), 15),
                (self.env._("Indemnity"), 15),
                (self.env._("Interest invoice"), 20),
                (self.env._("Reason"), 40),
                (self.env._("Settled by"), 24),
                (self.env._("Status"), 14),
            ],
        )
        settlements = self.env["collection.interest.settlement"].search(
            [("item_id", "in", self.items.ids)], order="date, id"
        )
        labels = {
            name: dict(settlements._fields[name]._description_selection(self.env))
            for name in ("kind", "state")
        }
        for row, settlement in enumerate(settlements, start=1):
            currency = settlement.currency_id
            # sudo: names only, of a settlement that the user may read
            settlement_sudo = settlement.sudo()
            self._write_date(sheet, row, 0, settlement.date)
            self._write_text(sheet, row, 1, settlement_sudo.account_id.partner_name)
            self._write_text(sheet, row, 2, settlement.item_name)
            self._write_text(sheet, row, 3, labels["kind"][settlement.kind])
            self._write_date(sheet, row, 4, settlement.date_to)
            self._write_amount(sheet, row, 5, settlement.amount_interest, currency)
            self._write_amount(sheet, row, 6, settlement.amount_indemnity, currency)
            self._write_text(sheet, row, 7, settlement_sudo.move_id.name)
            self._write_text(sheet, row, 8, settlement.reason)
            self._write_text(sheet, row, 9, settlement_sudo.user_id.name)
            self._write_text(sheet, row, 10, labels["state"][settlement.state])
