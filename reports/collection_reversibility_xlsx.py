from odoo import fields

from .collection_workbook import CollectionWorkbook

#: signs that a cell holds, with some to spare; a longer text is a file of its own
CELL = 32_000
#: how wide a column of each type of field is
WIDTHS = {
    "boolean": 8,
    "char": 22,
    "date": 12,
    "datetime": 18,
    "float": 10,
    "integer": 10,
    "many2many": 30,
    "many2one": 26,
    "monetary": 16,
    "selection": 18,
    "text": 50,
}


class ReversibilityWorkbook(CollectionWorkbook):
    """One part of a reversibility package: a sheet for each kind of record.

    :param found: {code: records}
    :param files: [(path, attachment)]
    """

    def __init__(self, part, found, files):
        super().__init__(part.env)
        self.part = part
        self.found = found
        self.files = files
        #: [(path, text)] of what no cell holds
        self.texts = []

    def _get_properties(self):
        package = self.part.reversibility_id
        return {
            "title": package.display_name,
            "company": package.company_id.name,
        }

    def _write_sheets(self):
        self.moment = self.workbook.add_format(
            {"num_format": f"{self._date_format()} hh:mm:ss"}
        )
        self.yes, self.no = self.env._("Yes"), self.env._("No")
        self.titles = self.part._get_titles()
        for sheet in self.part._get_sheets():
            self._write_records(sheet)
        self._write_files()

    def _write_records(self, spec):
        records = self.found[spec.code]
        columns = [self._describe(records, name) for name in spec.columns]
        sheet = self._add_sheet(
            self.titles[spec.code],
            [(self.env._("No. in Odoo"), 11)]
            + [(label, WIDTHS[field.type]) for label, field, _path in columns],
        )
        writers = [
            (number, path, field, self._get_writer(spec, field))
            for number, (_label, field, path) in enumerate(columns, start=1)
        ]
        for row, record in enumerate(records, start=1):
            sheet.write_number(row, 0, record.id)
            for column, path, field, write in writers:
                source = record[path] if path else record
                if not source:
                    continue
                write(sheet, row, column, source, source[field.name])
        sheet.autofilter(0, 0, max(len(records), 1), len(columns))

    def _describe(self, records, name):
        """(label, field, many2one on the way to it or None) of a column."""
        path, _dot, last = name.rpartition(".")
        model = records[path] if path else records
        field = model._fields[last]
        label = field._description_string(self.env)
        if path and last != "currency_id":
            # two columns of one name are told apart
            label = f"{records._fields[path]._description_string(self.env)}: {label}"
        return label, field, path or None

    def _get_writer(self, spec, field):
        """How a value of the field is written in a cell."""
        match field.type:
            case "char" | "text":
                return lambda sheet, row, column, source, value: self._write_long(
                    sheet, row, column, value, (spec, source, field)
                )
            case "selection":
                labels = dict(field._description_selection(self.env))
                return lambda sheet, row, column, _source, value: self._write_text(
                    sheet, row, column, labels.get(value, value)
                )
            case "many2one":
                return lambda sheet, row, column, _source, value: self._write_text(
                    sheet, row, column, value.display_name
                )
            case "many2many":
                return lambda sheet, row, column, _source, value: self._write_text(
                    sheet, row, column, ", ".join(sorted(value.mapped("display_name")))
                )
            case "boolean":
                return lambda sheet, row, column, _source, value: self._write_text(
                    sheet, row, column, self.yes if value else self.no
                )
            case "date":
                return lambda sheet, row, column, _source, value: self._write_date(
                    sheet, row, column, value
                )
            case "datetime":
                return self._write_moment
            case "monetary":
                return lambda sheet, row, column, source, value: self._write_amount(
                    sheet, row, column, value, source[field.get_currency_field(source)]
                )
            case _:
                return lambda sheet, row, column, _source, value: sheet.write_number(
                    row, column, value
                )

    def _write_moment(self, sheet, row, column, _source, value):
        if value:
            local = fields.Datetime.context_timestamp(self.part, value)
            sheet.write_datetime(row, column, local.replace(tzinfo=None), self.moment)

    def _write_long(self, sheet, row, column, value, place):
        """A text; one that is too long for a cell stands beside the workbook."""
        if value and len(value) > CELL:
            spec, source, field = place
            path = f"{self.titles[spec.code]}/{source.id} {field.name}.txt"
            self.texts.append((path, value))
            value = path
        self._write_text(sheet, row, column, value)

    def _write_files(self):
        sheet = self._add_sheet(
            self.titles["files"],
            [
                (self.env._("No. in Odoo"), 11),
                (self.env._("Sheet"), 24),
                (self.env._("No. of the Row"), 11),
                (self.env._("File"), 60),
                (self.env._("Bytes"), 12),
                (self.env._("Fingerprint (SHA-1)"), 44),
            ],
        )
        for row, (path, file) in enumerate(self.files, start=1):
            sheet.write_number(row, 0, file.id)
            self._write_text(sheet, row, 1, path.split("/")[0])
            sheet.write_number(row, 2, file.res_id)
            self._write_text(sheet, row, 3, path)
            sheet.write_number(row, 4, file.file_size)
            self._write_text(sheet, row, 5, file.checksum)
        sheet.autofilter(0, 0, max(len(self.files), 1), 5)
