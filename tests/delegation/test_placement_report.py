import io

from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PlacementListCommon


@tagged("post_install", "-at_install")
class TestPlacementReport(PlacementListCommon):
    """The hand-over list on paper, for both parties to sign."""

    def _pdf(self, user=None, **context):
        report = (
            self.env["ir.actions.report"]
            .with_user(user or self.collector_user)
            .with_context(force_report_rendering=True, **{"lang": "en_US", **context})
        )
        with self.allow_pdf_render():
            content, kind = report._render_qweb_pdf(
                "account_collection.action_report_placement", self.placement.ids
            )
        self.assertEqual(kind, "pdf")
        return PdfReader(io.BytesIO(content))

    def _text(self, pdf):
        text = " ".join(page.extract_text() for page in pdf.pages)
        return " ".join(text.replace("\xa0", " ").split())

    def test_what_both_parties_sign(self):
        text = self._text(self._pdf())
        for expected in (
            self.placement.number,
            self.company.name,
            "Provider One",
            self.mandate.name,
            "=1+1",
            "+33",
            "@Paris",
            "Dupont & Fils <SA>",
            "Small and medium enterprises",
            "01/30/2026",
            self.late.name,
            self.level_2.name,
            "1,500.00",
            "1,000.00",
            "300.00",
            "EUR",
            "USD",
            "Received: name, date and signature",
            "Page 1 / ",
        ):
            with self.subTest(expected=expected):
                self.assertIn(expected, text)

    def test_reader_is_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        text = self._text(self._pdf(lang="fr_FR"))
        self.assertIn("30/01/2026", text)
        self.assertIn("1 500,00", text.replace("\u202f", " "))

    def test_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        self.collector_user.lang = False
        placement = self.placement.with_user(self.collector_user)
        self.assertEqual(placement.with_context(lang=False)._get_list_lang(), "fr_FR")

    def test_landscape(self):
        box = self._pdf().pages[0].mediabox
        self.assertGreater(box.width, box.height)

    def test_file_name(self):
        self.assertEqual(
            self.placement._get_list_name(),
            "Hand-over " + self.placement.number.replace("/", "-"),
        )

    def test_provider_gets_no_list_of_what_was_taken_back(self):
        with self.assertRaises(AccessError):
            self._pdf(user=self.agent_user)
