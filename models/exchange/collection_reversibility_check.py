import hashlib
import io
import math
import zipfile
from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from odoo import models
from odoo.tools import SQL

from ...reports.collection_reversibility_xlsx import CELL
from ...tools.workbook_reader import WorkbookReader

#: whose words are made of a field and its values
CHANGE = "collection.placement.change"
#: differences of a sheet that are told in words
TOLD = 5
#: day 0 of spreadsheets
EPOCH = date(1899, 12, 30)
SECONDS = 24 * 60 * 60
#: what of two numbers is the same: less than a tenth of a second, of a cent, of a rate
SAME = 1e-6


class CollectionReversibilityPart(models.Model):
    """Reading a part back and holding it against the database.

    By ways that have nothing in common with those on which it was written: the file
    is read from the filestore, sheet by sheet as XML; the database is asked for the
    same records in SQL, table by table.
    """

    _inherit = "collection.reversibility.part"

    def _check(self):
        """Read the file back; how many rows and amounts it has, and what differs."""
        self.ensure_one()
        for sheet in self._get_sheets():
            # what follows from the ledger is worked out before the tables are read
            self.env[sheet.model].flush_model()
        self.env.flush_all()
        # as it lies on disk, whatever was written a moment ago
        self.attachment_id.invalidate_recordset(["raw", "datas"], flush=False)
        counts, told = {}, []
        content = self.attachment_id.raw or b""
        if hashlib.sha256(content).hexdigest() != self.fingerprint:
            told.append(
                self.env._(
                    "%(file)s: the file is not the one that was written.",
                    file=self.attachment_id.name,
                )
            )
        try:
            with (
                zipfile.ZipFile(io.BytesIO(content)) as archive,
                archive.open(f"{self._get_name()}.xlsx") as book,
                zipfile.ZipFile(io.BytesIO(book.read())) as sheets,
            ):
                reader = WorkbookReader(sheets)
                for sheet in self._get_sheets():
                    counts[sheet.code] = self._compare(sheet, reader, archive, told)
                counts["files"] = self._compare_files(reader, archive, told)
        except (zipfile.BadZipFile, KeyError) as error:
            told.append(
                self.env._(
                    "%(file)s cannot be read: %(error)s",
                    file=self.attachment_id.name,
                    error=error,
                )
            )
        differences = sum(count["differences"] for count in counts.values())
        self.write(
            {
                "state": "checked",
                "counts": counts,
                "row_count": sum(count["rows"] for count in counts.values()),
                "difference_count": max(differences, len(told)),
                "differences": "\n".join(told),
            }
        )

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _compare(self, sheet, reader, archive, told):
        """Hold one sheet against the database.

        :param told: list of sentences, to which the first differences are added
        :return: dict of `rows` and `amounts` of the database, what was `read`, and the
            number of `differences`
        """
        title = self._get_titles()[sheet.code]
        rows = reader.read_rows(title[:31])
        next(rows)
        written, twice, read = {}, [], 0
        for cells in rows:
            read += 1
            key = int(cells[0])
            if key in written:
                twice.append(key)
            written[key] = cells[1:]
        expected = self._query(sheet)
        tell = _Teller(told, title)
        for key in twice:
            tell(self.env._("row %(row)s stands there twice", row=key))
        amounts = defaultdict(lambda: ([], []))
        convert = [self._get_converter(sheet, name) for name in sheet.columns]
        place = sheet.columns.index(sheet.amount) if sheet.amount else None
        unit = sheet.columns.index(sheet.currency) if sheet.amount else None
        again = sheet.columns.index(sheet.again) if sheet.again else None
        for key, *raw in expected:
            values = [to(value) for to, value in zip(convert, raw, strict=True)]
            cells = written.pop(key, None)
            if cells is not None:
                cells = cells + [None] * (len(values) - len(cells))
                self._compare_row(sheet, key, values, cells, archive, tell)
            else:
                tell(self.env._("row %(row)s is missing", row=key))
            if sheet.amount:
                # what goes on from another row is owed once
                if again is None or not values[again]:
                    amounts[values[unit] or ""][0].append(values[place] or 0.0)
                if cells is not None and (again is None or not cells[again]):
                    said = cells[place]
                    amounts[cells[unit] or ""][1].append(
                        said if isinstance(said, float) else 0.0
                    )
        for key in written:
            tell(self.env._("row %(row)s is not in the database", row=key))
        return {
            "rows": len(expected),
            "read": read,
            "differences": tell.count,
            "amounts": {
                currency: [math.fsum(ours), math.fsum(theirs)]
                for currency, (ours, theirs) in amounts.items()
            },
        }

    def _compare_row(self, sheet, key, values, cells, archive, tell):
        for name, value, cell in zip(sheet.columns, values, cells, strict=False):
            if isinstance(value, float) and isinstance(cell, float):
                same = abs(value - cell) < SAME
            elif isinstance(value, str) and len(value) > CELL:
                same = value == _read_text(archive, cell)
            else:
                same = (value or None) == (cell or None) or value == cell
            if not same:
                tell(
                    self.env._(
                        "row %(row)s, %(column)s: “%(cell)s” instead of “%(value)s”",
                        row=key,
                        column=name,
                        cell="" if cell is None else cell,
                        value="" if value is None else value,
                    )
                )

    def _get_converter(self, sheet, name):
        """What of a column of the database is to stand in a cell."""
        path, _dot, last = name.rpartition(".")
        model = self.env[sheet.model]
        if path:
            model = self.env[model._fields[path].comodel_name]
        field = model._fields[last]
        if model._name == CHANGE and not field.store:
            return self._get_teller(name)
        match field.type:
            case "selection":
                labels = dict(field._description_selection(self.env))
                return lambda value: labels.get(value, value)
            case "many2one":
                names = self._get_namer(field.comodel_name)
                return lambda value: names(value) if value else None
            case "many2many":
                names = self._get_namer(field.comodel_name)
                return lambda value: ", ".join(sorted(map(names, value or ())))
            case "boolean":
                yes, no = self.env._("Yes"), self.env._("No")
                return lambda value: yes if value else no
            case "date":
                return lambda value: value and float((value - EPOCH).days)
            case "datetime":
                zone = ZoneInfo(self.env.context["tz"])
                return lambda value: value and _as_serial(value, zone)
            case "char" | "text":
                return lambda value: value
            case _ if path:
                # of what is not there, there is no number either
                return lambda value: None if value is None else float(value)
            case _:
                return lambda value: float(value or 0.0)

    def _get_teller(self, name):
        """How changes of hand-overs are told, each once."""
        change = self.env[CHANGE]
        known = {}

        def tell(raw):
            key = tuple(raw)
            if key not in known:
                *field, value, currency = raw
                known[key] = (
                    change._get_label(*field)
                    if name == "what"
                    else change._describe(
                        *field, value, self.env["res.currency"].browse(int(currency))
                    )
                )
            return known[key]

        return tell

    def _get_namer(self, model):
        """How records are called, each asked once."""
        known = {}

        def name(number):
            if number not in known:
                known[number] = self.env[model].browse(number).display_name
            return known[number]

        return name

    # ------------------------------------------------------------------
    # The database
    # ------------------------------------------------------------------

    def _query(self, sheet):
        """Rows of a sheet as the tables hold them: [(id, raw values…)]."""
        return self.env.execute_query(
            SQL(
                """
                WITH handed AS MATERIALIZED (%(handed)s)
                SELECT own.id, %(columns)s FROM %(table)s own
                 WHERE %(condition)s ORDER BY own.id
                """,
                handed=self._handed_query(),
                columns=SQL(", ").join(
                    self._get_column(sheet, name) for name in sheet.columns
                ),
                table=SQL.identifier(self.env[sheet.model]._table),
                condition=self._get_condition(sheet),
            )
        )

    def _handed_query(self):
        """SQL: when which of the customers was with the provider under the mandate."""
        return SQL(
            """
            SELECT line.id, line.account_id,
                   LEAST(placement.date, MIN(held.date_added)) AS first,
                   COALESCE(line.date_end, 'infinity'::date) AS last
              FROM collection_placement placement
              JOIN collection_placement_line line ON line.placement_id = placement.id
         LEFT JOIN collection_placement_item held ON held.line_id = line.id
             WHERE placement.mandate_id = %s AND line.went
               AND line.account_id BETWEEN %s AND %s
          GROUP BY line.id, line.account_id, placement.date, line.date_end
            """,
            self.reversibility_id.mandate_id.id,
            self.account_from,
            self.account_to,
        )

    def _took_place(self, placement):
        """SQL: somebody was handed over, and not only proposed."""
        return SQL(
            """EXISTS (SELECT 1 FROM collection_placement_line line
                        WHERE line.placement_id = %(one)s.id AND line.went)""",
            one=placement,
        )

    def _get_condition(self, sheet):
        """SQL: the row `own` of the sheet's table belongs to this part."""
        mandate = self.reversibility_id.mandate_id.id
        if sheet.parent:
            code, link = sheet.parent
            [above] = [one for one in self._get_sheets() if one.code == code]
            return SQL(
                "own.%s IN (SELECT own.id FROM %s own WHERE %s) AND %s",
                SQL.identifier(link),
                SQL.identifier(self.env[above.model]._table),
                self._get_condition(above),
                SQL("own.line_id IS NULL")
                if sheet.code == "placement_changes"
                else SQL("TRUE"),
            )
        if sheet.day:
            return self._get_act_condition(sheet)
        match sheet.code:
            case "accounts":
                return SQL("own.id IN (SELECT id FROM handed)")
            case "placements":
                return SQL(
                    "own.mandate_id = %s AND %s", mandate, self._took_place(SQL("own"))
                )
            case "reviews":
                return SQL("own.mandate_id = %s AND own.account_id IS NULL", mandate)
            case _ if sheet.of_accounts:
                return SQL(
                    "own.mandate_id = %s AND own.account_id BETWEEN %s AND %s",
                    mandate,
                    self.account_from,
                    self.account_to,
                )
        return SQL("own.mandate_id = %s", mandate)

    def _get_act_condition(self, sheet):
        """SQL: an act took place while its customer was with the provider."""
        day = SQL.identifier("own", sheet.day)
        if self.env[sheet.model]._fields[sheet.day].type == "datetime":
            day = SQL(
                "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
                day,
                self.env.context["tz"],
            )
        during = SQL(
            """EXISTS (SELECT 1 FROM handed WHERE handed.account_id = own.account_id
                          AND %s BETWEEN handed.first AND handed.last)""",
            day,
        )
        if sheet.code != "letters":
            return during
        return SQL(
            """own.state <> 'draft'
               AND own.account_id IN (SELECT account_id FROM handed)
               AND (own.mandate_id = %s OR %s)""",
            self.reversibility_id.mandate_id.id,
            during,
        )

    def _get_column(self, sheet, name):
        """SQL of a column, as raw as it is stored."""
        model = self.env[sheet.model]
        path, _dot, last = name.rpartition(".")
        if path:
            comodel = self.env[model._fields[path].comodel_name]
            return SQL(
                "(SELECT other.%s FROM %s other WHERE other.id = own.%s)",
                SQL.identifier(last),
                SQL.identifier(comodel._table),
                SQL.identifier(path),
            )
        field = model._fields[name]
        if sheet.model == CHANGE and not field.store:
            # the row itself, to be put into words
            return SQL(
                """ARRAY[own.model_name, own.field_name, %s,
                         (SELECT placement.currency_id::text
                            FROM collection_placement placement
                           WHERE placement.id = own.placement_id)]""",
                SQL("NULL")
                if name == "what"
                else SQL.identifier("own", f"value_{name}"),
            )
        if field.type == "many2many":
            return SQL(
                "ARRAY(SELECT rel.%s FROM %s rel WHERE rel.%s = own.id)",
                SQL.identifier(field.column2),
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
            )
        if name == "feedback":
            # of the mark that the customer gave
            return SQL(
                """(SELECT given.feedback FROM rating_rating given
                     WHERE given.res_model = %s AND given.res_id = own.id
                       AND given.consumed ORDER BY given.id DESC LIMIT 1)""",
                sheet.model,
            )
        return SQL.identifier("own", name)

    # ------------------------------------------------------------------
    # Letters and other files
    # ------------------------------------------------------------------

    def _compare_files(self, reader, archive, told):
        """Hold the files of the archive against what is attached to the records: one
        that is missing, shorter or other than it was is a difference."""
        title = self._get_titles()["files"]
        rows = reader.read_rows(title[:31])
        next(rows)
        written = {int(cells[0]): cells for cells in rows}
        read = len(written)
        tell = _Teller(told, title)
        names = set(archive.namelist())
        expected = [
            row
            for sheet in self._get_sheets()
            if sheet.code != "access"
            for row in self._query_files(sheet)
        ]
        for number, size, checksum in expected:
            cells = written.pop(number, None)
            if cells is None:
                tell(self.env._("file %(file)s is missing", file=number))
                continue
            path = cells[3]
            content = archive.read(path) if path in names else b""
            found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            if len(content) != size or found != checksum or cells[5] != checksum:
                tell(self.env._("%(file)s is not the file in Odoo", file=path))
        for number in written:
            tell(self.env._("file %(file)s is not in the database", file=number))
        return {
            "rows": len(expected),
            "read": read,
            "differences": tell.count,
            "amounts": {},
        }

    def _query_files(self, sheet):
        """What is attached to the rows of a sheet: [(id, bytes, SHA-1)]."""
        return self.env.execute_query(
            SQL(
                """
                WITH handed AS MATERIALIZED (%(handed)s)
                SELECT file.id, file.file_size, file.checksum FROM ir_attachment file
                 WHERE file.res_model = %(model)s AND file.type = 'binary'
                   AND file.res_field IS NULL
                   AND file.res_id IN (
                        SELECT own.id FROM %(table)s own WHERE %(condition)s)
                """,
                handed=self._handed_query(),
                model=sheet.model,
                table=SQL.identifier(self.env[sheet.model]._table),
                condition=self._get_condition(sheet),
            )
        )


class _Teller:
    """Counts differences of a sheet, and puts the first ones into words."""

    def __init__(self, told, title):
        self.told = told
        self.title = title
        self.count = 0

    def __call__(self, sentence):
        self.count += 1
        if self.count <= TOLD:
            self.told.append(f"{self.title}: {sentence}")


def _as_serial(moment, zone):
    """A moment in UTC as a spreadsheet counts it in a time zone."""
    local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
    midnight = datetime.combine(local.date(), datetime.min.time())
    seconds = (local.replace(tzinfo=None) - midnight).total_seconds()
    return (local.date() - EPOCH).days + seconds / SECONDS


def _read_text(archive, path):
    """A text that stands beside the workbook; None where it does not."""
    try:
        return archive.read(path or "").decode()
    except KeyError:
        return None
