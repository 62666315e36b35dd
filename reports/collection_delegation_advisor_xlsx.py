from odoo.tools import split_every

from .collection_workbook import CollectionWorkbook

#: accounts written at once
BATCH = 1000


class DelegationAdvisorWorkbook(CollectionWorkbook):
    """The figures behind a decision to delegate: tables, criteria, every account."""

    def __init__(self, advisor):
        super().__init__(advisor.env)
        self.advisor = advisor
        self.currency = advisor.currency_id

    def _get_properties(self):
        return {
            "title": self.advisor._get_file_name(),
            "company": self.advisor.company_id.name,
        }

    def _write_sheets(self):
        self._write_tables()
        self._write_criteria()
        self._write_curve()
        self._write_accounts()

    def _write_cell(self, sheet, row, column, cell):
        if cell.value is None:
            return
        if cell.kind == "text":
            self._write_text(sheet, row, column, cell.value)
        elif cell.kind == "amount":
            self._write_amount(sheet, row, column, cell.value, self.currency)
        else:
            sheet.write_number(row, column, round(cell.value, 4))

    def _write_tables(self):
        sheet = self.workbook.add_worksheet(self.env._("Figures")[:31])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 9, 17)
        advisor = self.advisor
        row = 0
        for text in (
            advisor._get_file_name(),
            advisor.company_id.name,
            advisor.advice,
        ):
            if text:
                sheet.write_string(row, 0, text, self.bold)
                row += 1
        for table in advisor._get_tables():
            row += 1
            sheet.write_string(row, 0, table.title, self.bold)
            row += 1
            for column, label in enumerate(table.headers):
                sheet.write_string(row, column, label, self.header)
            for cells in table.rows:
                row += 1
                for column, cell in enumerate(cells):
                    self._write_cell(sheet, row, column, cell)
            row += 1
            if table.note:
                sheet.write_string(row, 0, table.note)
                row += 1

    def _write_criteria(self):
        sheet = self._add_sheet(
            self.env._("Criteria"),
            [
                (self.env._("Criterion"), 36),
                (self.env._("What the figures say"), 80),
                (self.env._("Proposed mark"), 10),
                (self.env._("Your mark"), 10),
                (self.env._("Weight"), 10),
                (self.env._("Comment"), 50),
            ],
        )
        lines = self.advisor.criterion_ids
        labels = dict(lines._fields["code"]._description_selection(self.env))
        for row, line in enumerate(lines, start=1):
            sheet.write_string(row, 0, labels[line.code])
            self._write_text(sheet, row, 1, line.facts)
            for column, mark in ((2, line.proposed), (3, line.score)):
                if mark:
                    sheet.write_number(row, column, int(mark))
            sheet.write_number(row, 4, line.weight)
            self._write_text(sheet, row, 5, line.comment)
        score = self.advisor._get_score()
        if score is not None:
            sheet.write_string(
                len(lines) + 1, 0, self.env._("Score of the criteria (%)"), self.bold
            )
            sheet.write_number(len(lines) + 1, 2, round(score, 4))

    def _write_curve(self):
        sheet = self._add_sheet(
            self.env._("Pareto curve"),
            [
                (self.env._("Largest customers (% of the file)"), 34),
                (self.env._("Share of the turnover (%)"), 16),
            ],
        )
        for row, point in enumerate(self.advisor._get_figure("curve"), start=1):
            for column, value in enumerate(point):
                sheet.write_number(row, column, round(value, 4))

    def _write_accounts(self):
        lines = self.advisor.line_ids
        names = lines._get_reason_fields()
        described = lines.fields_get(names, ["string", "selection"])
        labels = dict(described[names[0]]["selection"])
        sheet = self._add_sheet(
            self.env._("Accounts"),
            [
                (self.env._("Rank"), 7),
                (self.env._("Customer"), 36),
                (self.env._("Segment"), 24),
                (self.env._("Turnover"), 16),
                (self.env._("Open"), 16),
                (self.env._("Overdue"), 16),
                (self.env._("Days overdue"), 10),
                (self.env._("Money received"), 16),
                *((described[name]["string"], 26) for name in names),
            ],
        )
        row = 0
        for batch in split_every(BATCH, lines.ids, lines.browse):
            for line in batch:
                row += 1
                sheet.write_number(row, 0, line.rank)
                self._write_text(sheet, row, 1, line.account_id.display_name)
                self._write_text(sheet, row, 2, line.segment_id.name)
                amounts = ("turnover", "amount_open", "amount_overdue")
                for column, name in enumerate(amounts, start=3):
                    self._write_amount(sheet, row, column, line[name], self.currency)
                sheet.write_number(row, 6, line.days_overdue)
                self._write_amount(sheet, row, 7, line.received, self.currency)
                for column, name in enumerate(names, start=8):
                    self._write_text(sheet, row, column, labels.get(line[name]))
            # what was written is not looked at again
            batch.invalidate_recordset(flush=False)
        sheet.autofilter(0, 0, max(row, 1), 7 + len(names))
