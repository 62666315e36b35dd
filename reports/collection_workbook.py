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


class CollectionWorkbook:
    """A spreadsheet of ours: its sheets, and how cells are written.

    Rows are written to disk as they come: memory does not grow with their number.
    Text is always written as text, whatever it begins with.
    """

    def __init__(self, env):
        self.env = env
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
            self.workbook.set_properties(self._get_properties())
            self.header = self.workbook.add_format(
                {"bold": True, "bottom": 1, "bg_color": "#EEF1F4", "text_wrap": True}
            )
            self.bold = self.workbook.add_format({"bold": True})
            self.date = self.workbook.add_format({"num_format": self._date_format()})
            self._write_sheets()
        return self.stream.getvalue()

    def _get_properties(self):
        """Properties of the document, as its title."""
        raise NotImplementedError

    def _write_sheets(self):
        raise NotImplementedError

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
