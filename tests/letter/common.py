import base64
import io
import re
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from odoo.fields import Datetime
from odoo.tools import html2plaintext
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.base.models import ir_actions_report as core

from ..common import CollectionCommon

#: one white pixel
LOGO = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAA"
        "ABJRU5ErkJggg=="
    )
)


class LetterCommon(CollectionCommon):
    """Letters of the standard French ladder, drawn up on 22 November 2026."""

    today = "2026-11-22"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("fr_FR", "de_DE", "en_GB"):
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ir.module.module"]._load_module_terms(
            ["account_collection"], ["fr_FR", "de_DE"]
        )
        cls.company.write(
            {
                "name": "Ateliers Vauban SAS",
                "vat": "FR83404833048",
                "phone": "+33 2 98 00 11 22",
                "email": "contact@vauban.example.com",
                "collection_phone": "+33 2 98 00 11 30",
                "collection_email": "relance@vauban.example.com",
                "logo": LOGO,
            }
        )
        cls.company.partner_id.lang = "fr_FR"
        cls.ladder = cls.env.ref("account_collection.policy_fr")
        cls.pre_reminder, cls.reminder, cls.firm_reminder, cls.formal_notice = (
            cls.ladder._ordered_levels()
        )
        cls.company.collection_policy_id = cls.ladder
        cls.debtor = cls._debtor("Menuiseries Kerouac")

    @classmethod
    def _debtor(cls, name, lang="fr_FR", **values):
        partner = cls._customer(
            name,
            **{
                "lang": lang,
                "ref": "C0042",
                "street": "48 rue des Cordeliers",
                "zip": "69002",
                "city": "Lyon",
                **values,
            },
        )
        return partner

    @classmethod
    def _segment(cls, debtor_type):
        return cls.env["collection.segment"].create(
            {
                "name": debtor_type,
                "code": f"test_{debtor_type}",
                "debtor_type": debtor_type,
            }
        )

    @classmethod
    def _letter(cls, partner, level, confirm=True):
        """The letter of `level` to `partner`, as a run draws it up."""
        account = cls.account_of(partner)
        account.letter_ids.filtered(lambda x: x.state == "to_send").action_cancel()
        ladder = level.policy_id._ordered_levels()
        before = ladder[: ladder.ids.index(level.id)][-1:]
        account.item_ids.sudo().write(
            {"level_id": before.id, "level_date": "2026-11-01" if before else False}
        )
        run = cls._run(cls.today)
        letter = run.letter_ids.filtered(lambda letter: letter.account_id == account)
        letter.ensure_one()
        if confirm:
            letter.action_confirm()
        return letter

    @classmethod
    def _pages(cls, content):
        return PdfFileReader(io.BytesIO(content), strict=False).pages

    @classmethod
    def _text(cls, content):
        """Text of a PDF on one line, spaces of every kind as plain ones."""
        if content.startswith(b"%PDF"):
            text = " ".join(page.extract_text() for page in cls._pages(content))
        else:
            text = html2plaintext(content.decode())
        return re.sub(r"\s+", " ", text)


class DeliveryCommon(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = None

    def _mails(self, letters):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letters._name), ("res_id", "in", letters.ids)])
        )

    def _run_of(self, count, confirm=True):
        """A confirmed run with one letter to each of `count` customers."""
        for number in range(count):
            self._invoice(self._debtor(f"Client {number}"), 500, "2026-10-01")
        run = self._run(self.today)
        if confirm:
            run.action_confirm()
        return run


INFO = core.WkhtmlInfo(
    state="ok",
    dpi_zoom_ratio=True,
    bin="",
    version="0.12.6",
    is_patched_qt=True,
    wkhtmltoimage_bin="",
    wkhtmltoimage_version=None,
)


def pdf(pages):
    writer = PdfFileWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 200)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


class PrintFailureCommon(LetterCommon):
    """Letters on a server whose renderer does as the test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "good.pdf").write_bytes(pdf(1))
        (cls.folder / "cut.pdf").write_bytes(pdf(1)[:-40])
        (cls.folder / "none.pdf").write_bytes(pdf(0))

    def _renderer(self, commands):
        """Have letters printed by a shell script: `html` is what to print, `out` where
        to."""
        script = self.folder / f"{self._testMethodName}.sh"
        script.write_text(
            "#!/bin/sh\n"
            'for last do html=$out; out=$last; done\nprintf . >>"$0.calls"\n'
            f'cd "{self.folder}"\n{commands}\n',
            encoding="utf-8",
        )
        script.chmod(0o755)
        self.calls = Path(f"{script}.calls")
        self.patch(core, "_wkhtml", lambda: INFO._replace(bin=str(script)))

    def _mails(self, letters):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", letters._name), ("res_id", "in", letters.ids)])
        )

    def _letters(self, count, channel="email"):
        """Confirmed letters to `count` customers, in the order they are sent."""
        self.reminder.channel = self.pre_reminder.channel = channel
        for number in range(count):
            self._invoice(self._debtor(f"Client {number}"), 500, "2026-10-01")
        run = self._run(self.today)
        run.action_confirm()
        letters = run.letter_ids.sorted("id")
        self.assertEqual(len(letters), count)
        return letters

    def _trigger_cron(self):
        cron = self.env.ref("account_collection.ir_cron_collection_send")
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def assertNotPrinted(self, letter):
        """It waits for an hour, and says why in words."""
        self.assertNotSent(letter)
        self.assertIn("could not be printed", letter.state_reason)
        self.assertEqual(letter.retry_at, Datetime.now() + timedelta(hours=1))

    def assertNotSent(self, letters):
        """Nothing of them counts, nothing of them is half done."""
        self.assertEqual(set(letters.mapped("state")), {"error"})
        self.assertFalse(letters.attachment_id)
        self.assertFalse(any(letters.mapped("date_sent")))
        self.assertFalse(any(letters.mapped("delivery_state")))
        self.assertFalse(any(letters.mapped("by_email")))
        self.assertFalse(any(letters.mapped("by_post")))
        self.assertFalse(self._mails(letters))
        items = letters.line_ids.item_id
        self.assertTrue(items)
        self.assertFalse(items.level_id)
        self.assertFalse(
            self.env["collection.level.history"].search(
                [("letter_id", "in", letters.ids)]
            )
        )
        self.assertFalse(
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", letters._name), ("res_id", "in", letters.ids)])
        )


class LetterKindCommon(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account.group_validate_bank_account")
        # a customer of long standing, who owes nothing today
        cls._pay(cls._invoice(cls.debtor, 10, "2026-01-31"))

    def _items(self, *invoices):
        return self.env["collection.item"].union(
            *(invoice.collection_item_ids for invoice in invoices)
        )

    def _written(self, code, items=None, partner=None, confirm=True, **facts):
        """A letter of a kind as the collector writes it, numbered by default."""
        account = self.account_of(partner or self.debtor)
        letter = account.with_user(self.collector_user)._write_letter(
            code, items=items, **facts
        )
        letter = letter.with_env(self.env)
        if confirm:
            letter.action_confirm()
        return letter

    def _printed(self, letter):
        text = self._text(letter._render_pdf())
        self.assertNotIn("{", text, "a placeholder was left")
        return text

    def assertPrinted(self, text, *expected):
        for part in expected:
            self.assertIn(part, text)

    def assertNotPrinted(self, text, *unwanted):
        for part in unwanted:
            self.assertNotIn(part, text)

    def assertOnePage(self, letter):
        content = letter._render_pdf()
        if content.startswith(b"%PDF"):
            self.assertEqual(len(self._pages(content)), 1)

    def _work_on_behalf(self, **values):
        """A mandate under which the provider writes in its own name."""
        self.provider.write(
            {
                "name": "Orvalis Recouvrement",
                "street": "5 place Bellecour",
                "zip": "69002",
                "city": "Lyon",
                "country_id": self.env.ref("base.fr").id,
                "phone": "+33 4 72 00 00 01",
            }
        )
        bank = self.env["res.partner.bank"].create(
            {
                "acc_number": "FR1420041010050500013M02606",
                "partner_id": self.provider.id,
            }
        )
        self.mandate.write(
            {
                "mode": "on_behalf",
                "reference": "ORV-2026-77",
                "payment_bank_id": bank.id,
                **values,
            }
        )
        return self.mandate
