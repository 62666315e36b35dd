import io
import re

from odoo.tools import get_lang

#: strftime directives of a language's date format as a spreadsheet writes them
DATE_CODES = {
    "%d": "dd",
    "%-d": "d",
    "%m": "mm",
    "%-m": "m",
    "%b": "mmm",
    "%B": "mmmm",
    "%y": "yy",
    "%Y": "yyyy",
}


class PlacementWorkbook:
    """The hand-over list of one placement as a spreadsheet.

    Rows are written to disk as they come, and records are read in batches: memory
    does not grow with the hand-over. Text is always written as text, whatever it
    begins with.
    """

    def __init__(self, placement):
        self.placement = placement
        self.env = placement.env
        self.stream = io.BytesIO()
        self.formats = {}

    def get_content(self):
        """Write the workbook and return it as bytes."""
        # slow to import, and needed by few requests
        import xlsxwriter  # noqa: PLC0415

        with xlsxwriter.Workbook(
            self.stream,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        ) as self.workbook:
            self.workbook.set_properties(
                {
                    "title": self.env._(
                        "Hand-over %(number)s", number=self.placement.number
                    ),
                    "company": self.placement.company_id.name,
                }
            )
            self.header = self.workbook.add_format(
                {"bold": True, "bottom": 1, "bg_color": "#EEF1F4", "text_wrap": True}
            )
            self.bold = self.workbook.add_format({"bold": True})
            self.date = self.workbook.add_format({"num_format": self._date_format()})
            self._write_lists()
            self._write_totals()
        return self.stream.getvalue()

    # ------------------------------------------------------------------
    # Sheets
    # ------------------------------------------------------------------

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
        accounts.autofilter(0, 0, account_row, 9)
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

    def _write_item(self, sheet, row, values, item):
        self._write_text(sheet, row, 0, values["ref"])
        self._write_text(sheet, row, 1, values["name"])
        self._write_text(sheet, row, 2, item.move_name)
        self._write_date(sheet, row, 3, item.date_due)
        sheet.write_number(row, 4, max(item.days_overdue, 0))
        self._write_text(sheet, row, 5, item.level_id.name)
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
            (self.env._("Handed over by"), placement.company_id.name),
            (self.env._("Handed over to"), placement.provider_id.name),
            (self.env._("Accounts"), placement.account_count),
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

    # ------------------------------------------------------------------
    # Cells
    # ------------------------------------------------------------------

    def _add_sheet(self, name, columns):
        """A sheet with a header row that stays in sight."""
        sheet = self.workbook.add_worksheet(name[:31])
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for column, (label, width) in enumerate(columns):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, label, self.header)
        return sheet

    @staticmethod
    def _write_text(sheet, row, column, value):
        if value:
            sheet.write_string(row, column, value)

    def _write_date(self, sheet, row, column, value):
        if value:
            sheet.write_datetime(row, column, value, self.date)

    def _write_amount(self, sheet, row, column, value, currency):
        sheet.write_number(
            row, column, currency.round(value), self._amount_format(currency)
        )

    def _amount_format(self, currency):
        if currency not in self.formats:
            digits = "0" * currency.decimal_places
            number = f"#,##0.{digits}" if digits else "#,##0"
            symbol = '"{}"'.format((currency.symbol or currency.name).replace('"', ""))
            self.formats[currency] = self.workbook.add_format(
                {
                    "num_format": f"{number} {symbol}"
                    if currency.position == "after"
                    else f"{symbol} {number}"
                }
            )
        return self.formats[currency]

    def _date_format(self):
        """The user's date format, in the spreadsheet's codes."""
        code = get_lang(self.env).date_format
        for directive, excel in DATE_CODES.items():
            code = code.replace(directive, excel)
        return code if re.fullmatch(r"[dmy /.,-]+", code) else "yyyy-mm-dd"
