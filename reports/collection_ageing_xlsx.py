from .collection_workbook import CollectionWorkbook


class AgeingWorkbook(CollectionWorkbook):
    """The ageing balance of a day as a spreadsheet, with its proof."""

    def __init__(self, balance):
        super().__init__(balance.env)
        self.balance = balance
        self.currency = balance.currency_id

    def _get_properties(self):
        return {
            "title": self.balance._get_title(),
            "company": self.balance.company_id.name,
        }

    def _write_sheets(self):
        self._write_balance()
        self._write_proof()
        if self.balance.with_items:
            self._write_items()

    def _write_balance(self):
        balance = self.balance
        columns = balance._get_columns()
        by_currency = balance.group_by == "currency_id"
        sheet = self._add_sheet(
            self.env._("Ageing balance"),
            [
                (self.env._("Customer no."), 14),
                (balance._get_group_label(), 40),
                *((label, 16) for _name, label in columns),
                *([(self.env._("Balance in Currency"), 18)] if by_currency else []),
            ],
        )
        totals = dict.fromkeys((name for name, _label in columns), 0.0)
        number = 0
        for number, row in enumerate(balance._get_rows(), start=1):
            self._write_text(sheet, number, 0, row["reference"])
            self._write_text(sheet, number, 1, row["name"])
            for column, (name, _label) in enumerate(columns, start=2):
                self._write_amount(sheet, number, column, row[name], self.currency)
                totals[name] += row[name]
            if by_currency:
                self._write_amount(
                    sheet, number, len(columns) + 2, row["amount"], row["currency"]
                )
        sheet.autofilter(0, 0, max(number, 1), len(columns) + 1)
        sheet.write_string(number + 1, 1, self.env._("Total"), self.bold)
        for column, (name, _label) in enumerate(columns, start=2):
            self._write_amount(sheet, number + 1, column, totals[name], self.currency)

    def _write_proof(self):
        balance = self.balance
        columns = balance._get_proof_columns()
        sheet = self._add_sheet(
            self.env._("Proof"),
            [
                (self.env._("Account of the general ledger"), 44),
                *((label, 22) for _name, _column, label in columns),
            ],
        )
        sheet.freeze_panes(1, 1)
        number = 0
        for number, row in enumerate(balance._get_proof(), start=1):
            sheet.write_string(number, 0, row["account"])
            for column, (_name, key, _label) in enumerate(columns, start=1):
                self._write_amount(sheet, number, column, row[key], self.currency)
        number += 1
        sheet.write_string(number, 0, self.env._("Total"), self.bold)
        for column, (name, _key, _label) in enumerate(columns, start=1):
            self._write_amount(sheet, number, column, balance[name], self.currency)
        sheet.write_string(number + 2, 0, balance._get_title(), self.bold)
        sheet.write_string(number + 3, 0, balance.company_id.name)
        sheet.write_string(number + 4, 0, balance._get_verdict())

    def _write_items(self):
        sheet = self._add_sheet(
            self.env._("Items"),
            [
                (self.env._("Customer no."), 14),
                (self.env._("Customer"), 36),
                (self.env._("Number"), 22),
                (self.env._("Date"), 12),
                (self.env._("Due date"), 12),
                (self.env._("Days overdue"), 9),
                (self.env._("Age"), 14),
                (self.env._("Currency"), 9),
                (self.env._("Amount in Currency"), 16),
                (self.env._("Balance"), 16),
                (self.env._("Segment"), 24),
                (self.env._("Mandate"), 28),
                (self.env._("Collector"), 22),
                (self.env._("Salesperson"), 22),
            ],
        )
        ageing, domain = self.balance._get_ageing()
        ages = dict(ageing.fields_get(["age_bucket"])["age_bucket"]["selection"])
        number = 0
        for number, row in enumerate(ageing.search(domain), start=1):
            self._write_text(sheet, number, 0, row.account_id.partner_ref)
            self._write_text(sheet, number, 1, row.account_id.display_name)
            self._write_text(sheet, number, 2, row.move_name)
            self._write_date(sheet, number, 3, row.date)
            self._write_date(sheet, number, 4, row.date_due)
            if row.age_bucket != "credit":
                sheet.write_number(number, 5, row.days_overdue)
            self._write_text(sheet, number, 6, ages[row.age_bucket])
            self._write_text(sheet, number, 7, row.currency_id.name)
            self._write_amount(sheet, number, 8, row.amount, row.currency_id)
            self._write_amount(sheet, number, 9, row.amount_balance, self.currency)
            self._write_text(sheet, number, 10, row.segment_id.name)
            self._write_text(sheet, number, 11, row.mandate_id.display_name)
            self._write_text(sheet, number, 12, row.user_id.name)
            self._write_text(sheet, number, 13, row.salesperson_id.name)
        sheet.autofilter(0, 0, max(number, 1), 13)
