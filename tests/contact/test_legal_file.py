import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged

from ..letter.common import PrintFailureCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLegalFile(PrintFailureCommon, HttpCase):
    """What goes to court: what is owed, and how it was asked for."""

    def setUp(self):
        super().setUp()
        self._renderer('cp good.pdf "$out"')
        self.invoice = self._invoice(self.debtor, 700, "2026-05-31")
        self.paid = self._invoice(self.debtor, 90, "2026-05-31")
        self.account = self.account_of(self.debtor)
        self.letter = self._letter(self.debtor, self.reminder)
        self.letter._send()
        self.draft = self.account._write_letter("statement")
        self._pay(self.paid)
        self.env["ir.attachment"].create(
            {
                "name": "../Bon de livraison.txt",
                "raw": b"signed",
                "res_model": "account.move",
                "res_id": self.invoice.id,
            }
        )
        self.env["collection.call"].with_user(self.collector_user).create(
            self._call_values(self.account, "information_only", person="Mme Le Goff")
        )

    def _open(self, content):
        return zipfile.ZipFile(io.BytesIO(content))

    def test_what_it_holds(self):
        name, content = self.account.with_user(self.collector_user)._get_legal_file()
        self.assertIn("Menuiseries Kerouac", name)
        archive = self._open(content)
        names = archive.namelist()
        self.assertIn("File.xlsx", names)
        [letter] = [name for name in names if name.startswith("Letters/")]
        self.assertIn(self.letter.number.replace("/", "-"), letter)
        self.assertEqual(archive.read(letter), self.letter.attachment_id.raw)
        invoices = [name for name in names if name.startswith("Invoices/")]
        self.assertEqual(len(invoices), 2, "what is open, and what proves it")
        [proof] = [name for name in invoices if "livraison" in name]
        self.assertEqual(archive.read(proof), b"signed")
        self.assertEqual(proof.count("/"), 1, "no other folder")
        book = zipfile.ZipFile(io.BytesIO(archive.read("File.xlsx")))
        text = "".join(
            book.read(part).decode() for part in book.namelist() if "xl/" in part
        )
        self.assertIn(self.invoice.name, text)
        self.assertNotIn(self.paid.name + "<", text)
        self.assertIn(self.letter.number, text)
        self.assertIn("Mme Le Goff", text)

    def test_who_gets_it(self):
        self._hand_over(self.account)
        for user in (self.plain_internal_user, self.agent_user, self.on_site_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.account.with_user(user)._get_legal_file()
        action = self.account.with_user(self.collector_user).action_legal_file()
        self.authenticate(self.collector_user.login, self.collector_user.login)
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/zip")
        for user in (self.plain_internal_user, self.on_site_user):
            self.authenticate(user.login, user.login)
            self.assertEqual(self.url_open(action["url"]).status_code, 404)

    @freeze_time("2026-11-22 09:00:00")
    def test_a_row_of_a_run(self):
        self.invoice.collection_item_ids.write(
            {"level_id": self.formal_notice.id, "level_date": "2026-10-01"}
        )
        row = self._run(self.today).exclusion_ids.filtered(
            lambda exclusion: exclusion.reason == "exhausted"
        )
        action = row.with_user(self.collector_user).action_legal_file()
        self.assertIn(f"/{self.account.id}/", action["url"])
        with self.assertRaises(UserError):
            row.browse().action_hand_over()
