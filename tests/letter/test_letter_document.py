from lxml import etree

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import LetterCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterDocument(LetterCommon):
    def _printed(self, letter):
        text = self._text(letter._render_pdf())
        self.assertNotIn("{", text, "a placeholder was left")
        return text

    def assertPrinted(self, text, *parts):
        for part in parts:
            self.assertIn(part, text)

    def assertNotPrinted(self, text, *parts):
        for part in parts:
            self.assertNotIn(part, text)

    def test_pre_reminder(self):
        self._invoice(self.debtor, 1500, "2026-11-29")
        self._invoice(self.debtor, 420.3, "2026-11-29")
        letter = self._letter(self.debtor, self.pre_reminder)
        self.assertEqual(letter.level_id, self.pre_reminder)
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "Objet : Votre compte : prochaines échéances",
            "1 920,30 €",
            "mille neuf cent vingt euros et trente centimes",
            "qu’elle est conforme à votre commande",
            "bon à payer",
            "la date et le moyen de règlement prévus",
        )
        lowered = text.lower()
        for word in ("retard", "pénalité", "indemnité", "mise en demeure", "dette"):
            self.assertNotIn(word, lowered)

    def test_reminder(self):
        self._invoice(self.debtor, 2345.67, "2026-11-01")
        letter = self._letter(self.debtor, self.reminder)
        text = self._printed(letter)
        self.assertPrinted(
            text,
            letter.number,
            "Le 22 novembre 2026",
            "Menuiseries Kerouac",
            "À l’attention du service comptabilité fournisseurs",
            "48 rue des Cordeliers",
            "69002 Lyon",
            "SIRET 55203253400646",
            "FR83404833048",
            "Objet : Rappel : solde échu de votre compte",
            "Sauf erreur ou omission de notre part",
            "2 345,67 €",
            "deux mille trois cent quarante-cinq euros et soixante-sept centimes",
            letter.line_ids.move_name,
            "01/11/2026",
            "sous huitaine, soit au plus tard le 30 novembre 2026",
            "Si votre règlement nous est parvenu entre-temps",
            "FR76 3000 6000 0112 3456 7890 189",
            "+33 2 98 00 11 30",
            "relance@vauban.example.com",
            "Camille Martin",
        )
        self.assertRegex(text, r"01/11/2026 21 2 345,67 €")
        self.assertNotPrinted(text, "L441-10", "Pénalités", "MISE EN DEMEURE", "dette")

    def test_first_of_the_month(self):
        self._invoice(self.debtor, 100, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder, confirm=False)
        letter.date = "2026-12-01"
        self.assertIn("Le 1er décembre 2026", self._printed(letter))

    def test_firm_reminder(self):
        self._invoice(self.debtor, 8000, "2026-05-31")
        self._invoice(self.debtor, 2345.67, "2026-08-31")
        letter = self._letter(self.debtor, self.firm_reminder)
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "10 345,67 €",
            "01/06/2026 30/06/2026 30 8 000,00 € 12,15 % 79,89 €",
            "01/07/2026 22/11/2026 145 8 000,00 € 12,40 % 394,08 €",
            "01/09/2026 22/11/2026 83 2 345,67 € 12,40 % 66,14 €",
            "Pénalités de retard 540,11 €",
            "(2 × 40,00 €) 80,00 €",
            "Total à régler 10 965,78 €",
            "dix mille neuf cent soixante-cinq euros et soixante-dix-huit centimes",
            "Banque centrale européenne majoré de 10 points",
            "articles L441-10 et D441-5 du code de commerce",
            "soit 620,11 €",
        )
        self.assertNotPrinted(text, "MISE EN DEMEURE", "Notre courrier", "huissier")

    def test_previous_letter_is_recalled(self):
        self._invoice(self.debtor, 1000, "2026-10-15")
        with freeze_time("2026-11-01 09:00:00"):
            first = self._letter(self.debtor, self.reminder)
            first._send()
        self.assertEqual(first.state, "sent", first.state_reason)
        letter = self._letter(self.debtor, self.firm_reminder)
        self.assertIn(
            f"Notre courrier n° {first.number} du 1er novembre 2026 n’a pas été suivi",
            self._printed(letter),
        )

    def test_formal_notice(self):
        self._invoice(self.debtor, 8000, "2026-05-31")
        letter = self._letter(self.debtor, self.formal_notice)
        self.assertEqual(letter.channel, "registered")
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "Lettre recommandée avec demande d’avis de réception",
            "MISE EN DEMEURE DE PAYER",
            "au sens de l’article 1344 du code civil",
            "8 513,97 €",
            "huit mille cinq cent treize euros et quatre-vingt-dix-sept centimes",
            "8 jours à compter de la réception",
            "40,00 €",
            "L441-10",
            "À défaut de règlement intégral",
            "Camille Martin, credit manager",
        )

    def test_public_buyer(self):
        self._invoice(self.debtor, 8000, "2026-05-31", ref="ENG-118")
        self.account_of(self.debtor).segment_id = self._segment("public")
        text = self._printed(self._letter(self.debtor, self.formal_notice))
        self.assertPrinted(
            text,
            "R2192-31 et D2192-35 du code de la commande publique",
            "Intérêts moratoires 389,32 €",
            "01/06/2026 22/11/2026 175 8 000,00 € 10,15 % 389,32 €",
            "40,00 €",
            "ENG-118",
        )
        self.assertNotPrinted(text, "L441-10", "D441-5", "comptabilité fournisseurs")

    def test_consumer(self):
        self._invoice(self.debtor, 1000, "2026-09-30")
        self.account_of(self.debtor).segment_id = self._segment("consumer")
        firm = self._printed(self._letter(self.debtor, self.firm_reminder))
        self.assertPrinted(firm, "Total à régler 1 000,00 €", "mille euros")
        self.assertNotPrinted(
            firm, "L441-10", "40,00", "pénalités", "R2192", "comptabilité fournisseurs"
        )
        formal = self._printed(self._letter(self.debtor, self.formal_notice))
        self.assertPrinted(
            formal,
            "MISE EN DEMEURE",
            "portent intérêt au taux légal à compter de la présente mise en demeure",
            "articles 1231-6 et 1344 du code civil",
            "Total à régler 1 000,00 €",
        )
        self.assertNotPrinted(formal, "L441-10", "40,00", "Indemnité")

    def test_english_customer(self):
        customer = self._debtor(
            "Hartley & Sons", lang="en_GB", country_id=self.env.ref("base.uk").id
        )
        self._invoice(customer, 2345.67, "2026-08-31")
        text = self._printed(self._letter(customer, self.firm_reminder))
        self.assertPrinted(
            text,
            "22 November 2026",
            "Hartley & Sons",
            "UNITED KINGDOM",
            "Dear Sir or Madam",
            "2,345.67",
            "66.14",
            "two thousand four hundred and fifty-one euros and eighty-one cents",
            "L441-10 and D441-5 of the French Commercial Code",
            "31/08/2026",
        )
        self.assertNotPrinted(text, "Madame", "Facture")

    def test_german_customer(self):
        customer = self._debtor(
            "Gebrüder Adler", lang="de_DE", country_id=self.env.ref("base.de").id
        )
        self._invoice(customer, 2345.67, "2026-08-31")
        text = self._printed(self._letter(customer, self.firm_reminder))
        self.assertPrinted(
            text,
            "22. November 2026",
            "Sehr geehrte Damen und Herren",
            "2.345,67 €",
            "Verzugszinsen 66,14 €",
            "31.08.2026",
            "innerhalb von acht Tagen, spätestens bis zum 30. November 2026",
            "Mit freundlichen Grüßen",
        )
        self.assertNotPrinted(text, "Madame", "Dear Sir")

    def test_credits_are_shown_and_deducted(self):
        self._invoice(self.debtor, 1000, "2026-10-01")
        self._credit_note(self.debtor, 250, "2026-10-10")
        text = self._printed(self._letter(self.debtor, self.reminder))
        self.assertPrinted(
            text,
            "Avoirs et règlements à imputer, déduits -250,00 €",
            "Total à régler 750,00 €",
        )

    def test_disputed_part_is_explained(self):
        invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        invoice.collection_item_ids.sudo().amount_disputed = 200
        text = self._printed(self._letter(self.debtor, self.reminder))
        self.assertPrinted(
            text, "800,00 €", "hors 200,00 € faisant l’objet d’une réclamation"
        )

    def test_foreign_currency(self):
        dollars = self._enable_currency("USD")
        self._invoice(self.debtor, 1000, "2026-10-01", currency=dollars)
        letter = self._letter(self.debtor, self.reminder)
        text = self._printed(letter)
        self.assertPrinted(text, "1 000,00 USD", "mille dollars")
        self.assertNotIn("$", text)

    def test_pages(self):
        """Up to 15 items on one page; 40 items on several, the header row on each."""
        for position in range(15):
            self._invoice(self.debtor, 100 + position, "2026-10-01")
        many = self._debtor("Quarante Lignes")
        for position in range(40):
            self._invoice(many, 100 + position, "2026-10-01", ref=f"PO {position}")
        one = self._letter(self.debtor, self.reminder)._render_pdf()
        several = self._letter(many, self.reminder)._render_pdf()
        if not one.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        self.assertEqual(len(self._pages(one)), 1)
        pages = self._pages(several)
        self.assertEqual(len(pages), 2)
        for page in pages:
            self.assertIn("Reste dû", page.extract_text())

    def test_batch_is_one_pdf(self):
        debtors = [self._debtor(f"Client {position}") for position in range(4)]
        for debtor in debtors:
            self._invoice(debtor, 500, "2026-10-01")
        letters = self.env["collection.letter"].union(
            *(self._letter(debtor, self.reminder, confirm=False) for debtor in debtors)
        )
        # a computation replaces the drafts of the one before
        letters = (
            self.env["collection.letter"]
            .search(
                [("account_id.partner_id", "in", [d.id for d in debtors])], order="id"
            )
            .filtered(lambda letter: letter.state == "draft")
        )
        self.assertEqual(len(letters), 4)
        content = letters._render_pdf()
        if not content.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        pages = self._pages(content)
        self.assertEqual(len(pages), 4)
        for letter, page in zip(letters, pages, strict=True):
            self.assertIn(letter.account_id.partner_id.name, page.extract_text())
        each = letters._render_pdf_each()
        for letter in letters:
            self.assertEqual(len(self._pages(each[letter])), 1)
            self.assertIn(letter.account_id.partner_id.name, self._text(each[letter]))

    def test_print_action(self):
        self._invoice(self.debtor, 500, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        action = letter.with_user(self.collector_user).action_print()
        self.assertEqual(
            action["report_name"], "account_collection.report_collection_letter"
        )
        content, kind = (
            self.env["ir.actions.report"]
            .with_user(self.collector_user)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(action["report_name"], letter.ids)
        )
        self.assertEqual(kind, "pdf")
        self.assertIn("Rappel", self._text(content))
        letter.sudo().state = "cancelled"
        with self.assertRaises(UserError):
            letter.action_print()

    def test_document_fetches_nothing(self):
        self._invoice(self.debtor, 500, "2026-10-01")
        html = self._letter(self.debtor, self.reminder)._render_html()
        root = etree.HTML(html)
        self.assertFalse(root.xpath("//link | //script | //img | //@src"))
        self.assertIn("data:image/png;base64", html)

    def test_a_letter_to_markup(self):
        """What a customer calls himself never becomes markup."""
        customer = self._debtor("<b>Bold</b> & Sons")
        self._invoice(customer, 500, "2026-10-01")
        level = self.reminder
        level.with_context(lang="fr_FR").body_before = "<p>Bonjour {customer}</p>"
        letter = self._letter(customer, level)
        html = letter._render_html()
        self.assertIn("Bonjour &lt;b&gt;Bold&lt;/b&gt; &amp; Sons", html)
        self.assertNotIn("<b>Bold", html)

    def test_unknown_placeholder_is_refused(self):
        with self.assertRaisesRegex(ValidationError, r"\{dedline\}"):
            self.reminder.body_after = "<p>Pay before {dedline}</p>"
        with self.assertRaisesRegex(ValidationError, r"\{customer.vat\}"):
            self.reminder.subject = "Late: {customer.vat}"

    def test_language_falls_back(self):
        contact = self.env["res.partner"].create(
            {"name": "Compta", "parent_id": self.debtor.id, "type": "invoice"}
        )
        self._invoice(self.debtor, 500, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        self.assertEqual(letter.partner_id, contact)
        contact.lang = False
        self.assertEqual(letter.lang, "fr_FR")
        self.assertIn("À l’attention de Compta", self._printed(letter))

    def test_standard_ladders(self):
        international = self.env.ref("account_collection.policy_international")
        for ladder in (self.ladder, international):
            levels = ladder._ordered_levels()
            self.assertEqual(levels.mapped("delay_days"), [-7, 5, 20, 45])
            self.assertEqual(
                levels.mapped("include_penalties"), [False, False, True, True]
            )
            self.assertEqual(
                levels.mapped("formal_notice"), [False, False, False, True]
            )
            self.assertFalse(any(levels.mapped("needs_approval")))
            for level in levels:
                for lang in ("en_US", "fr_FR", "de_DE"):
                    text = level.with_context(lang=lang)
                    said = f"{text.subject}{text.body_before}{text.body_after}"
                    self.assertNotIn("L441", said)
                    if lang != "en_US":
                        self.assertNotIn("Dear Sir", said)
                        self.assertNotIn("please", said.lower())
        self.assertEqual(self.formal_notice.channel, "registered")
        self.assertNotIn(
            "1344",
            international._ordered_levels()[-1].with_context(lang="fr_FR").body_after,
        )
