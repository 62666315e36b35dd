from .collection_workbook import CollectionWorkbook


class PlacementWorkbook(CollectionWorkbook):
    """The hand-over list of one placement as a spreadsheet.

    Records are read in batches, which are forgotten once they are written.
    """

    def __init__(self, placement):
        super().__init__(placement.env)
        self.placement = placement

    def _get_properties(self):
        return {
            "title": self.env._("Hand-over %(number)s", number=self.placement.number),
            "company": self.placement.company_name,
        }

    def _write_sheets(self):
        self._write_lists()
        self._write_totals()

    def _write_lists(self):
        accounts = self._add_sheet(
            self.env._("Accounts"),
            [
                (self.env._("Customer no."), 14),
                (self.env._("Customer"), 36),
                (self.env._("City"), 20),
                (self.env._("Segment"), 24),
                (self.env._("Items"), 8),
                (self.env._("Oldest due date"), 13),
                (self.env._("Days overdue"), 10),
                (self.env._("Open"), 16),
                (self.env._("Overdue"), 16),
                (self.env._("State"), 20),
                (self.env._("Address"), 48),
            ],
        )
        items = self._add_sheet(
            self.env._("Items"),
            [
                (self.env._("Customer no."), 14),
                (self.env._("Customer"), 36),
                (self.env._("Invoice"), 22),
                (self.env._("Due date"), 13),
                (self.env._("Days overdue"), 10),
                (self.env._("Level"), 24),
                (self.env._("Currency"), 9),
                (self.env._("Amount due"), 16),
                (self.env._("Amount due, company currency"), 18),
                (self.env._("Handed over on"), 13),
            ],
        )
        states = dict(
            self.env["collection.placement.line"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        account_row = item_row = 0
        for rows in self.placement._get_list_batches():
            for row in rows:
                account_row += 1
                self._write_account(accounts, account_row, row, states)
                for item in row["items"] | row["followed"]:
                    item_row += 1
                    self._write_item(items, item_row, row, item)
            # what was written is not looked at again
            for row in rows:
                (row["items"] | row["followed"]).invalidate_recordset(flush=False)
        accounts.autofilter(0, 0, account_row, 10)
        items.autofilter(0, 0, item_row, 9)

    def _write_account(self, sheet, row, values, states):
        currency = self.placement.currency_id
        self._write_text(sheet, row, 0, values["ref"])
        self._write_text(sheet, row, 1, values["name"])
        self._write_text(sheet, row, 2, values["city"])
        self._write_text(sheet, row, 3, values["segment"])
        sheet.write_number(row, 4, values["item_count"])
        self._write_date(sheet, row, 5, values["oldest_due_date"])
        sheet.write_number(row, 6, values["days_overdue"])
        self._write_amount(sheet, row, 7, values["amount"], currency)
        self._write_amount(sheet, row, 8, values["amount_overdue"], currency)
        self._write_text(sheet, row, 9, states[values["state"]])
        self._write_text(sheet, row, 10, values["address"])

    def _write_item(self, sheet, row, values, item):
        self._write_text(sheet, row, 0, values["ref"])
        self._write_text(sheet, row, 1, values["name"])
        self._write_text(sheet, row, 2, item.move_name)
        self._write_date(sheet, row, 3, item.date_due)
        sheet.write_number(row, 4, max(item.days_overdue, 0))
        self._write_text(sheet, row, 5, item.level_name)
        self._write_text(sheet, row, 6, item.currency_id.name)
        self._write_amount(sheet, row, 7, item.amount, item.currency_id)
        self._write_amount(
            sheet, row, 8, item.amount_company, self.placement.currency_id
        )
        self._write_date(sheet, row, 9, item.date_added)

    def _write_totals(self):
        placement = self.placement
        sheet = self.workbook.add_worksheet(self.env._("Totals")[:31])
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 5, 22)
        facts = [
            (self.env._("Hand-over"), placement.number),
            (self.env._("Date"), placement.date),
            (self.env._("Mandate"), placement.mandate_id.display_name),
            (self.env._("Handed over by"), placement.company_name),
            (self.env._("Handed over to"), placement.provider_name),
            (
                self.env._("Accounts"),
                self.env["collection.placement.line"].search_count(
                    placement._get_list_lines()
                ),
            ),
        ]
        for row, (label, value) in enumerate(facts):
            sheet.write_string(row, 0, label, self.bold)
            if isinstance(value, int):
                sheet.write_number(row, 1, value)
            elif isinstance(value, str):
                self._write_text(sheet, row, 1, value)
            else:
                self._write_date(sheet, row, 1, value)
        top = len(facts) + 1
        headers = [
            self.env._("Currency"),
            self.env._("Items handed over"),
            self.env._("Amount handed over"),
            self.env._("Items that followed"),
            self.env._("Amount that followed"),
            self.env._("Total amount"),
        ]
        for column, label in enumerate(headers):
            sheet.write_string(top, column, label, self.header)
        for row, (currency, handed, followed) in enumerate(
            placement._get_list_totals(), start=top + 1
        ):
            self._write_text(sheet, row, 0, currency.name)
            sheet.write_number(row, 1, handed[0])
            self._write_amount(sheet, row, 2, handed[1], currency)
            sheet.write_number(row, 3, followed[0])
            self._write_amount(sheet, row, 4, followed[1], currency)
            self._write_amount(sheet, row, 5, handed[1] + followed[1], currency)
