import io

from openpyxl import load_workbook

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalXlsx(PortalCommon):
    """List, agenda, figures and hand-over as spreadsheets, under the agent's rules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "=HYPERLINK(1)"
        cls.account.write({"next_action_date": cls.in_days(-2), "next_action": "Ask"})

    def _sheets(self, url):
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        book = load_workbook(io.BytesIO(response.content))
        tables = {}
        for sheet in book:
            self.assertFalse(
                [cell for row in sheet for cell in row if cell.data_type == "f"]
            )
            header, *rows = sheet.iter_rows(values_only=True)
            tables[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
        return tables

    def _exports(self, user):
        return self.env["collection.access.log"].search(
            [("door", "=", "export"), ("user_id", "=", user.id)]
        )

    def test_list(self):
        self._log_in(self.agent_user)
        sheets = self._sheets("/my/collection?xlsx=1")
        [row] = sheets["Customers"]
        self.assertEqual(row["Customer"], "=HYPERLINK(1)")
        self.assertEqual((row["Overdue"], row["Days late"]), (1250, 40))
        self.assertEqual(
            {(row["Invoice"], row["Due"]) for row in sheets["Invoices"]},
            {(self.invoice.name, 1000), (self.late_invoice.name, 250)},
        )
        self.assertEqual(self._exports(self.agent_user).account_id, self.account)
        self.assertFalse(self._sheets("/my/collection?xlsx=1&search=777")["Customers"])
        self.assertFalse(
            self._sheets("/my/collection?xlsx=1&filterby=mine")["Customers"]
        )

    def test_agenda_and_its_filters(self):
        self._log_in(self.agent_user)
        for query, found in (
            ("", True),
            ("show=overdue", True),
            ("show=mine", False),
            ("show=done", False),
            ("kind=callback", True),
            ("kind=promise", False),
            ("kind=dispute&show=nothing", True),
        ):
            with self.subTest(query=query):
                page = self.url_open(f"/my/collection/agenda?{query}").text
                self.assertEqual(f'href="{self.url}"' in page, found)
                rows = self._sheets(f"/my/collection/agenda?xlsx=1&{query}")["Agenda"]
                self.assertEqual([row["Details"] for row in rows], ["Ask"] * found)
        self.account.agent_id = self.agent
        self.assertIn(
            f'href="{self.url}"', self.url_open("/my/collection/agenda?show=mine").text
        )
        self.assertEqual(self._exports(self.agent_user).account_id, self.account)

    def test_what_was_done(self):
        self._log_in(self.agent_user)
        self._post_call(outcome_id=self.no_answer.id)
        self.account.with_user(self.supervisor_user)._portal_log_call(
            {"outcome_id": self.no_answer.id, "obstacle_reason": "A test"}
        )
        rows = self._sheets("/my/collection/agenda?xlsx=1&show=done")["Agenda"]
        self.assertEqual([row["Details"] for row in rows], ["No answer"])
        self.account.placement_line_id._take_back("recalled", "Ours again")
        page = self.url_open("/my/collection/agenda?show=done").text
        self.assertNotIn("No answer", page)

    def test_figures(self):
        self._log_in(self.agent_user)
        self._post_call(outcome_id=self.no_answer.id)
        sheets = self._sheets("/my/collection/figures?xlsx=1")
        self.assertEqual([row["Calls made"] for row in sheets["Periods"]], [1, 1, 1])
        self.assertEqual(len(sheets["Day by day"]), 1)

    def test_hand_over_is_the_supervisors(self):
        url = f"/my/collection/hand-overs/{self.placement.id}/xlsx"
        self._log_in(self.agent_user)
        self.assertEqual(self._status(url), 404)
        self._log_in(self.supervisor_user)
        sheets = self._sheets(url)
        self.assertEqual(
            [row["Customer"] for row in sheets["Customers"]], ["=HYPERLINK(1)"]
        )
        self.assertEqual(self._exports(self.supervisor_user).account_id, self.account)
        self.account.placement_line_id._take_back("recalled", "Ours again")
        with mute_logger("odoo.http"):
            response = self.url_open(url)
        if response.status_code == 200:
            self.assertNotIn(b"HYPERLINK", response.content)
        self._log_in(self.plain_portal_user)
        for path in (url, "/my/collection?xlsx=1", "/my/collection/agenda?xlsx=1"):
            self.assertEqual(self._status(path), 404)
