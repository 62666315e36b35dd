# pylint: disable=translation-required  # what a test posts, nobody reads
import io
from unittest.mock import patch

from PIL import Image

from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileWriter

from ...models.portal import collection_account_portal_file as files_module
from ...tools import upload
from .common import ActCommon


def pdf():
    stream = io.BytesIO()
    writer = PdfFileWriter()
    writer.addBlankPage(100, 100)
    writer.write(stream)
    return stream.getvalue()


def image(kind="PNG"):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(stream, kind)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestPortalFiles(ActCommon):
    """Files that agents add: what is taken, who sees it, and until when."""

    def setUp(self):
        super().setUp()
        self._log_in(self.agent_user)

    def _send(self, path, *files, **data):
        return self.url_open(
            f"{self.url}/{path}",
            data={
                "csrf_token": Request.csrf_token(self),
                "obstacle_reason": "A test",
                **data,
            },
            files=[("attachment", file) for file in files],
        )

    def _files(self):
        return self.env["ir.attachment"].search(
            [("res_model", "in", files_module.FILE_MODELS)]
        )

    def test_to_call_promise_dispute_and_message(self):
        for path, data, model in (
            ("call", {"outcome_id": self.no_answer.id}, "collection.call"),
            (
                "promise",
                {"amount": "1250", "date_promised": self.in_days(3)},
                "collection.promise",
            ),
            (
                "dispute",
                {"reason_id": self.price.id, "item_ids": self.late.id},
                "collection.dispute",
            ),
            ("message", {"body": "See the transfer"}, "collection.provider.note"),
        ):
            with self.subTest(path=path):
                name = f"preuve {path}.PDF"
                page = self._send(path, (name, pdf(), "text/html"), **data)
                self.assertEqual(page.status_code, 200)
                record = self.env[model].search([("account_id", "=", self.account.id)])
                file = self._files().filtered(
                    lambda found, m=model: found.res_model == m
                )
                self.assertRecordValues(
                    file,
                    [
                        {
                            "name": f"preuve {path}.pdf",
                            "mimetype": "application/pdf",
                            "res_id": record.id,
                            "create_uid": self.agent_user.id,
                            "public": False,
                        }
                    ],
                )
                self.assertIn(
                    f"{self.url}/file/{file.id}", self.url_open(self.url).text
                )
                self.assertIn(file, self.account.message_ids.attachment_ids)
        answer = self.url_open(f"{self.url}/file/{file.id}")
        self.assertEqual(answer.content, file.raw)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(
            self.env["collection.access.log"].search_count(
                [("door", "=", "file"), ("account_id", "=", self.account.id)]
            )
        )
        # whoever collects for the company reads them
        self.assertEqual(file.with_user(self.collector_user).raw, file.raw)

    def test_several_at_once(self):
        self._send(
            "message",
            ("a.png", image(), "image/png"),
            ("b.jpeg", image("JPEG"), "image/jpeg"),
            body="Two",
        )
        self.assertEqual(
            self._files().sorted("name").mapped("mimetype"), ["image/png", "image/jpeg"]
        )

    def test_what_is_not_taken(self):
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
        for name, content, words in (
            ("a.pdf", b"<html><script>alert(1)</script></html>", "neither a PDF"),
            ("a.png", svg, "neither a PDF"),
            ("a.svg", svg, "neither a PDF"),
            ("a.pdf", b"MZ\x90\x00", "neither a PDF"),
            ("a.pdf", b"%PDF-1.4 <script>1</script>", "neither a PDF"),
            ("a.png", image()[:20], "neither a PDF"),
            ("a.jpg", b"\xff\xd8\xff" + svg, "neither a PDF"),
            ("a.gif", image("GIF"), "neither a PDF"),
            ("a.pdf", b"", "is empty"),
            ("a.pdf", pdf() + b"\0" * upload.MAX_BYTES, "too large"),
            ("<img src=x onerror=1>.pdf", b"x", "neither a PDF"),
        ):
            with self.subTest(name=name, start=content[:12]):
                page = self._send("message", (name, content, "image/png"), body="Kept")
                self.assertEqual(page.status_code, 422)
                self.assertIn(words, page.text)
                self.assertIn("Kept", page.text)
                self.assertNotIn("<img src=x", page.text)
        four = [(f"{number}.png", image(), "image/png") for number in range(4)]
        page = self._send("message", *four, body="Four")
        self.assertIn("3 files at a time", page.text)
        self.assertFalse(self._files())
        self.assertFalse(
            self.env["collection.provider.note"].search(
                [("account_id", "=", self.account.id)]
            )
        )

    def test_all_or_nothing(self):
        page = self._send(
            "call", ("a.pdf", b"x", "application/pdf"), outcome_id=self.no_answer.id
        )
        self.assertEqual(page.status_code, 422)
        self.assertFalse(self.account.call_ids)

    def test_no_more_than_so_many_a_day(self):
        with patch.object(files_module, "FILES_A_DAY", 1):
            self._send("message", ("a.png", image(), "image/png"), body="One")
            page = self._send("message", ("a.png", image(), "image/png"), body="Two")
        self.assertEqual(page.status_code, 422)
        self.assertEqual(len(self._files()), 1)

    def test_a_file_under_another_name_says_nothing(self):
        for name in (
            "note",
            "promise-amount",
            "outcome_id",
            "promise-item_ids",
            "then",
        ):
            with self.subTest(name=name):
                page = self.url_open(
                    f"{self.url}/call",
                    data={
                        "csrf_token": Request.csrf_token(self),
                        "outcome_id": str(self.no_answer.id),
                        "obstacle_reason": "A test",
                    }
                    | ({"outcome_id": ""} if name == "outcome_id" else {}),
                    files=[(name, ("x.pdf", pdf(), "application/pdf"))],
                )
                self.assertIn(page.status_code, (200, 422))
        self.assertFalse(self._files())

    def test_nobody_elses_and_not_after_a_recall(self):
        self._send("message", ("a.png", image(), "image/png"), body="One")
        file = self._files()
        call = self.account.with_user(self.agent_user)._portal_log_call(
            {"outcome_id": self.no_answer.id, "obstacle_reason": "A test"}
        )
        internal = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": "internal.pdf",
                    "raw": pdf(),
                    "res_model": "collection.call",
                    "res_id": call.id,
                }
            )
        )
        foreign = (
            self.env["ir.attachment"].sudo().create({"name": "x.pdf", "raw": pdf()})
        )
        for attachment in (internal, foreign):
            self.assertEqual(self._status(f"{self.url}/file/{attachment.id}"), 404)
        self.assertNotIn("internal.pdf", self.url_open(self.url).text)
        url = f"{self.url}/file/{file.id}"
        self.assertEqual(self._status(url), 200)
        # not by Odoo's own doors
        for door in (f"/web/content/{file.id}", f"/web/image/{file.id}"):
            with mute_logger("odoo.http"):
                answer = self.url_open(door)
            self.assertNotEqual(answer.content, file.raw)
        self._assert_denied("ir.attachment", "read", [file.id], ["datas"])
        self.account.placement_line_id._take_back("recalled", "Ours again")
        self.assertEqual(self._status(url), 404)
        page = self._send("message", ("a.png", image(), "image/png"), body="Late")
        self.assertEqual(page.status_code, 404)
        self.assertEqual(len(self._files() - internal), 1)
        self._log_in(self.plain_portal_user)
        self.assertEqual(self._status(url), 404)
