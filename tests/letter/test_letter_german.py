import re

import lxml.html

from odoo.tests import freeze_time, tagged

from ...reports.collection_letter_report import STATUTE
from .common import LetterKindCommon

MODELS = (
    "collection.letter.kind",
    "collection.policy.level",
    "collection.level.variant",
)
#: names, numbers and addresses, and the statute, which is quoted and not translated
SAME = re.compile(
    r"Ateliers Vauban|Camille Martin|Claude Martin|Menuiseries Kerouac|Orvalis|"
    r"Article L111-8 du code|1 rue de la Paix|5 place Bellecour|48 rue|"
    r"750\d\d|6900\d|@|\+33|SIRET|RCS|IBAN|BIC|INV/|2026-118|^FR\d\d"
)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterGerman(LetterKindCommon):
    """No English is left on a letter to a German customer, whatever the letter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late = cls._invoice(cls.debtor, 8000, "2026-05-31")
        cls.coming = cls._invoice(cls.debtor, 700, "2026-12-15", date="2026-11-15")
        cls._credit_note(cls.debtor, 250, "2026-10-10")
        cls.account = cls.account_of(cls.debtor)

    @classmethod
    def _standard(cls, model):
        """The wordings that come with the add-on."""
        data = cls.env["ir.model.data"].search(
            [("module", "=", "account_collection"), ("model", "=", model)]
        )
        return cls.env[model].browse(data.mapped("res_id"))

    def _paragraphs(self, record, lang):
        """What a letter worded by `record` says, cell by cell and line by line."""
        facts = record._get_sample_facts() if "code" in record._fields else {}
        if facts and record.code == "payment_plan":
            facts["details"] = [("2026-12-31", 500), ("2027-01-31", 500)]
        account = self.account.with_context(lang=lang)
        letter = account._new_sample_letter(record._get_preview_values(), facts=facts)
        html = letter._render_sample(record.with_context(lang=lang), lang)
        [body] = lxml.html.fromstring(str(html)).xpath("//body")
        texts = (re.sub(r"\s+", " ", text).strip() for text in body.itertext())
        return [text for text in texts if re.search(r"[A-Za-z]{2}", text)]

    def assertNoEnglish(self, record):
        german = self._paragraphs(record, "de_DE")
        english = set(self._paragraphs(record, "en_US"))
        self.assertGreater(len(german), 10)
        left = [
            text
            for text in german
            if text in english
            and not SAME.search(text)
            and not any(paragraph in text for paragraph in STATUTE)
        ]
        self.assertFalse(left)

    def test_every_wording(self):
        self._work_on_behalf()
        self._hand_over(self.account)
        for model in MODELS:
            records = self._standard(model)
            self.assertGreater(len(records), 7)
            for record in records:
                with self.subTest(model=model, record=record.display_name):
                    self.assertNoEnglish(record)

    def test_names_and_subjects(self):
        """{level} is printed; a subject is the first thing the customer reads."""
        for model in MODELS:
            for record in self._standard(model):
                for name in set(record._wording_fields) & {"name", "subject"}:
                    with self.subTest(record=record.display_name, field=name):
                        self.assertNotEqual(
                            record.with_context(lang="de_DE")[name],
                            record.with_context(lang="en_US")[name],
                        )

    def test_payment_means(self):
        Letter = self.env["collection.letter"]
        english, german = (
            dict(
                Letter._fields["payment_means"]._description_selection(
                    Letter.with_context(lang=lang).env
                )
            )
            for lang in ("en_US", "de_DE")
        )
        for means, label in english.items():
            with self.subTest(means=means):
                self.assertNotEqual(german[means], label)

    def test_mails(self):
        """The e-mails that customers get."""
        for template in ("letter", "duplicate", "satisfaction"):
            record = self.env.ref(f"account_collection.mail_template_{template}")
            texts = [
                set(
                    lxml.html.fromstring(
                        str(record.with_context(lang=lang).body_html)
                    ).itertext()
                )
                for lang in ("en_US", "de_DE")
            ]
            left = {
                text.strip()
                for text in set.intersection(*texts)
                if re.search(r"[A-Za-z]{2}", text)
            }
            with self.subTest(template=template):
                # examples of what is filled in
                left -= {"Company", "INV/2026/00001", "relance@company.example.com"}
                self.assertFalse(left)
