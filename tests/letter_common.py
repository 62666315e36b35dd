import base64
import io
import re

from odoo.tools import html2plaintext
from odoo.tools.pdf import PdfFileReader

from .common import CollectionCommon

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
