import doctest
import io

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileWriter

from ...tools import pdf


@tagged("post_install", "-at_install")
class TestToolsPdf(BaseCase):
    def setUp(self):
        super().setUp()
        writer = PdfFileWriter()
        for _page in range(3):
            writer.add_blank_page(200, 200)
        stream = io.BytesIO()
        writer.write(stream)
        self.content = stream.getvalue()

    def test_doctests(self):
        result = doctest.testmod(pdf)
        self.assertFalse(result.failed)
        self.assertEqual(result.attempted, 2)

    @mute_logger("pypdf._reader")
    def test_whole(self):
        # some programs write a few bytes before the beginning or after the end
        for content in (
            self.content,
            b"\n\n" + self.content,
            self.content + b"\r\n" * 20,
        ):
            self.assertFalse(pdf.is_damaged(content))
            self.assertEqual(pdf.count_pages(content), 3)

    def test_cut_off_anywhere(self):
        end = self.content.rindex(b"%%EOF")
        for length in {0, 5, 100, len(self.content) // 2, end, end + 3}:
            self.assertTrue(pdf.is_damaged(self.content[:length]), length)
            self.assertEqual(pdf.count_pages(self.content[:length]), 0, length)

    def test_an_end_alone_makes_no_pdf(self):
        self.assertEqual(pdf.count_pages(b"%PDF-1.4\n%%EOF\n"), 0)
