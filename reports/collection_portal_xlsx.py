from .collection_workbook import CollectionWorkbook

#: how wide a column of each kind of value is
WIDTHS = {"amount": 16, "date": 13, "number": 10, "share": 10, "text": 24}


class PortalWorkbook(CollectionWorkbook):
    """What a page of the portal shows, as a spreadsheet.

    :param sheets: tuples of a name, columns as tuples of label and kind (`amount`,
        `date`, `number`, `share` or `text`), and rows with a value each; an amount is
        a tuple of number and currency
    """

    def __init__(self, env, title, sheets):
        super().__init__(env)
        self.title = title
        self.sheets = sheets

    def _get_properties(self):
        return {"title": self.title}

    def _write_sheets(self):
        self.share = self.workbook.add_format({"num_format": "0.0"})
        for name, columns, rows in self.sheets:
            sheet = self._add_sheet(
                name, [(label, WIDTHS[kind]) for label, kind in columns]
            )
            number = 0
            for number, row in enumerate(rows, start=1):
                for column, ((_label, kind), value) in enumerate(
                    zip(columns, row, strict=True)
                ):
                    self._write_value(sheet, number, column, kind, value)
            sheet.autofilter(0, 0, max(number, 1), len(columns) - 1)

    def _write_value(self, sheet, row, column, kind, value):
        if kind == "text":
            self._write_text(sheet, row, column, value)
        elif kind == "date":
            self._write_date(sheet, row, column, value)
        elif kind == "amount":
            amount, currency = value
            self._write_amount(sheet, row, column, amount or 0.0, currency)
        elif value is not None and value is not False:
            style = self.share if kind == "share" else None
            sheet.write_number(row, column, value, style)
