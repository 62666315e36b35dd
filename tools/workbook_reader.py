"""Read a workbook back as it lies on disk, knowing nothing of who wrote it."""

import re
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
#: a sign that XML cannot hold, as spreadsheets write it
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class WorkbookReader:
    """Sheets and rows of a workbook, row by row: memory does not grow with them.

    Numbers and days come as numbers, as they are stored; texts as texts. A cell that
    was not written is None.

    :param archive: an open `zipfile.ZipFile`
    """

    def __init__(self, archive):
        self.archive = archive
        book = self._parse("xl/workbook.xml")
        targets = {
            relation.get("Id"): relation.get("Target").removeprefix("/xl/")
            for relation in self._parse("xl/_rels/workbook.xml.rels").iter(
                f"{PACKAGE}Relationship"
            )
        }
        #: {name: file in the archive}, in the order of the sheets
        self.sheets = {
            sheet.get("name"): f"xl/{targets[sheet.get(RELATION)]}"
            for sheet in book.iter(f"{MAIN}sheet")
        }
        self.strings = self._read_strings()

    def _parse(self, name):
        with self.archive.open(name) as stream:
            return ElementTree.parse(stream).getroot()

    def _read_strings(self):
        """Texts that cells share; none where each cell holds its own."""
        if "xl/sharedStrings.xml" not in self.archive.namelist():
            return []
        return [
            _get_text(entry)
            for entry in self._parse("xl/sharedStrings.xml").iter(f"{MAIN}si")
        ]

    def read_rows(self, name):
        """Rows of a sheet, each as a list of its cells.

        :raises KeyError: where the workbook has no sheet of that name
        """
        with self.archive.open(self.sheets[name]) as stream:
            data = None
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                if event == "start" and element.tag == f"{MAIN}sheetData":
                    data = element
                elif event == "end" and element.tag == f"{MAIN}row":
                    yield self._read_row(element)
                    # what was read is forgotten
                    data.clear()

    def _read_row(self, row):
        cells = []
        for cell in row.iter(f"{MAIN}c"):
            column = _get_column(cell.get("r"))
            cells.extend([None] * (column - len(cells)))
            cells.append(self._read_cell(cell))
        return cells

    def _read_cell(self, cell):
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _get_text(cell)
        value = cell.findtext(f"{MAIN}v")
        if value is None:
            return None
        match kind:
            case "n":
                return float(value)
            case "s":
                return self.strings[int(value)]
            case _:
                return value


def _get_column(reference):
    """Number of the column of `AB12`, from 0."""
    number = 0
    for sign in reference:
        if not sign.isalpha():
            break
        number = number * 26 + ord(sign) - ord("A") + 1
    return number - 1


def _get_text(element):
    text = "".join(part.text or "" for part in element.iter(f"{MAIN}t"))
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
