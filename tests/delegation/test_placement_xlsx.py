import io
from datetime import datetime

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, tagged

from .common import PlacementListCommon


@tagged("post_install", "-at_install")
class TestPlacementXlsx(PlacementListCommon, HttpCase):
    """The hand-over list as a spreadsheet."""

    def _workbook(self, user=None):
        placement = self.placement.with_user(user or self.collector_user)
        name, content = placement._get_xlsx()
        self.assertTrue(name.endswith(".xlsx"))
        self.assertNotIn("/", name)
        return load_workbook(io.BytesIO(content))

    def _table(self, sheet):
        header, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(header, row, strict=True)) for row in rows]

    def test_accounts(self):
        workbook = self._workbook()
        self.assertEqual(workbook.sheetnames, ["Accounts", "Items", "Totals"])
        sheet = workbook["Accounts"]
        rows = {row["Customer"]: row for row in self._table(sheet)}
        self.assertEqual(
            rows["=1+1"],
            {
                "Customer no.": "+33",
                "Customer": "=1+1",
                "City": "@Paris",
                "Segment": "Small and medium enterprises",
                "Items": 2,
                "Oldest due date": datetime(2026, 1, 30),
                "Days overdue": 60,
                "Open": 1500,
                "Overdue": 1000,
                "State": "With the provider",
                "Address": "@Paris, France",
            },
        )
        self.assertEqual(rows["Dupont & Fils <SA>"]["Customer no."], "007")
        self.assertEqual(rows["Dupont & Fils <SA>"]["Open"], 150)

    def test_text_is_never_a_formula(self):
        sheet = self._workbook()["Accounts"]
        cells = [cell for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell for cell in cells if cell.data_type == "f"])
        [cell] = [cell for cell in cells if cell.value == "=1+1"]
        self.assertIn(cell.data_type, ("s", "inlineStr"))
        self.assertFalse([cell for cell in cells if cell.hyperlink])

    def test_items(self):
        sheet = self._workbook()["Items"]
        rows = self._table(sheet)
        self.assertEqual(len(rows), 3)
        [late] = [row for row in rows if row["Invoice"] == self.late.name]
        self.assertEqual(late["Due date"], datetime(2026, 1, 30))
        self.assertEqual(late["Days overdue"], 60)
        self.assertEqual(late["Level"], self.level_2.name)
        self.assertEqual(late["Amount due"], 1000)
        self.assertEqual(late["Handed over on"], datetime(2026, 3, 31))
        [foreign] = [row for row in rows if row["Currency"] == "USD"]
        self.assertEqual(foreign["Amount due"], 300)
        self.assertEqual(foreign["Amount due, company currency"], 150)

    def test_formats(self):
        workbook = self._workbook()
        for name, last in (("Accounts", "K"), ("Items", "J")):
            sheet = workbook[name]
            self.assertEqual(sheet.freeze_panes, "C2")
            self.assertEqual(sheet.auto_filter.ref, f"A1:{last}{sheet.max_row}")
            self.assertGreater(sheet.column_dimensions["B"].width, 30)
        accounts = workbook["Accounts"]
        self.assertTrue(accounts["F2"].is_date)
        self.assertEqual(accounts["H2"].number_format, '#,##0.00 "€"')
        self.assertIn(
            '"$" #,##0.00',
            [row[7].number_format for row in workbook["Items"].iter_rows(min_row=2)],
        )

    def test_totals_per_currency(self):
        with freeze_time("2026-04-02"):
            self.mandate.new_item_rule = "all"
            self._invoice(self.formula, 20.0, "2026-05-01", date="2026-04-01")
        workbook = self._workbook()
        rows = list(workbook["Totals"].iter_rows(values_only=True))
        facts = dict(row[:2] for row in rows[:6])
        self.assertEqual(facts["Hand-over"], self.placement.number)
        self.assertEqual(facts["Date"], datetime(2026, 3, 31))
        self.assertEqual(facts["Handed over to"], "Provider One")
        self.assertEqual(facts["Accounts"], 2)
        self.assertCountEqual(
            rows[8:],
            [("EUR", 2, 1500, 1, 20, 1520), ("USD", 1, 300, 0, 0, 300)],
        )
        [account] = [
            row for row in self._table(workbook["Accounts"]) if row["City"] == "@Paris"
        ]
        self.assertEqual(account["Open"], 1500, "as it was handed over")
        self.assertEqual(workbook["Items"].max_row, 5)

    def test_dates_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.collector_user.lang = "fr_FR"
        placement = self.placement.with_user(self.collector_user)
        _name, content = placement.with_context(lang="fr_FR")._get_xlsx()
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        self.assertEqual(sheet["F2"].number_format, "dd/mm/yyyy")

    def test_what_it_shows_is_frozen(self):
        self._pay(self.late)
        rows = {
            row["Customer"]: row for row in self._table(self._workbook()["Accounts"])
        }
        self.assertEqual(rows["=1+1"]["Open"], 1500)

    def test_memory_in_batches(self):
        batches = list(self.placement._get_list_batches(batch_size=1))
        self.assertEqual([len(batch) for batch in batches], [1, 1])

    def test_rights(self):
        for user in (
            self.plain_internal_user,
            self.plain_portal_user,
            self.on_site_user,
            self.supervisor_user,
            self.other_agent_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.placement.with_user(user)._get_xlsx()

    def test_download(self):
        url = f"/account_collection/placement/{self.placement.id}/xlsx"
        self.authenticate("collection_user", "collection_user")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertIn("spreadsheetml", response.headers["Content-Type"])
        self.assertEqual(
            load_workbook(io.BytesIO(response.content)).sheetnames[0], "Accounts"
        )
        self.assertEqual(
            self.url_open("/account_collection/placement/999999999/xlsx").status_code,
            404,
        )
        self.authenticate("collection_agent", "collection_agent")
        self.assertEqual(self.url_open(url).status_code, 404)
