from odoo.tests import Form, freeze_time, tagged

from .common import LetterKindCommon

#: what a plan of a business says and none of a consumer may
HARSH = {
    "en_GB": (
        "without notice",
        "by operation of law",
        "terms of sale",
        "company stamp",
        "read and approved",
    ),
    "fr_FR": (
        "sans mise en demeure",
        "de plein droit",
        "conditions de vente",
        "cachet",
        "lu et approuvé",
    ),
    "de_DE": ("ohne Mahnung", "Geschäftsbedingungen", "Firmenstempel", "genehmigt"),
}
#: what theirs says instead: a notice and time, the legal rate, their own hand
FAIR = {
    "en_GB": (
        "formal notice by registered letter",
        "fifteen days after you received it",
        "at the legal rate",
        "no fee and no indemnity",
        "by the hand of who signs: “I acknowledge owing Ateliers Vauban SAS the sum",
        "the sum in words, then in figures",
        "Date and signature",
    ),
    "fr_FR": (
        "mise en demeure par lettre recommandée",
        "quinze jours après sa réception",
        "au taux légal",
        "ni frais ni indemnité",
        "de la main du signataire : « Je reconnais devoir à Ateliers Vauban SAS la",
        "en toutes lettres, puis en chiffres",
        "Date et signature",
    ),
    "de_DE": (
        "per Einschreiben",
        "fünfzehn Tage nach",
        "gesetzlichen Zinssatz",
        "weder Gebühren noch",
        "eigenhändig",
        "in Worten, dann in Ziffern",
        "Datum und Unterschrift",
    ),
}
IN_WORDS = {
    "en_GB": "one thousand two hundred and thirty-four euros",
    "fr_FR": "mille deux cent trente-quatre euros",
    "de_DE": "eintausendzweihundertvierunddreißig Euro",
}


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestPlanConsumer(LetterKindCommon):
    """A consumer's plan is worded for them, and proves what they owe (art. 1376)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls._debtor("Anne Kerouac", is_company=False)
        cls.invoice = cls._invoice(cls.person, 1234, "2026-08-31")
        cls.account = cls.account_of(cls.person)

    def _plan(self, partner=None, **values):
        partner = partner or self.person
        items = self.account_of(partner).item_ids.filtered(
            lambda item: item.state == "open"
        )
        return self._written(
            "payment_plan",
            items,
            partner=partner,
            fact_amount=1234,
            payment_means="transfer",
            details=[("2026-12-31", 617), ("2027-01-31", 617)],
            **values,
        )

    def test_own_wording(self):
        """By the customer's own nature, without a segment, in each language."""
        for lang, harsh in HARSH.items():
            with self.subTest(lang=lang):
                self.person.lang = lang
                letter = self._plan()
                self.assertEqual(letter.kind_id.debtor_type, "consumer")
                self.assertEqual(letter.kind_id.code, "payment_plan")
                text = self._printed(letter)
                self.assertPrinted(text, IN_WORDS[lang], *FAIR[lang])
                lowered = text.lower()
                self.assertNotPrinted(lowered, *map(str.lower, harsh))
                self.assertNotPrinted(text, "L441-10", "40,00 €", "€40.00")
                self.assertLessEqual(len(self._pages(letter._render_pdf())), 2)

    def test_the_sum_is_left_to_their_hand(self):
        """Printed there it would prove nothing; nor is it asked of a business."""
        letter = self._plan()
        html = letter._render_html()
        block = html.partition('class="by-hand"')[2].partition("<table")[0]
        self.assertTrue(block)
        self.assertNotIn("1", block.replace("1376", ""))
        self.assertNotIn("mille", block)
        self.assertEqual(block.count('class="line"'), 3)
        firm = self._debtor("Menuiseries Kern")
        self._invoice(firm, 1234, "2026-08-31")
        letter = self._plan(firm)
        self.assertFalse(letter.kind_id.debtor_type)
        html = letter._render_html()
        self.assertNotIn('class="by-hand"', html)
        self.assertIn("sans mise en demeure", html)

    def test_by_segment(self):
        """What the segment says goes before what the contact looks like."""
        firm = self._debtor("Syndic des Lilas")
        self._invoice(firm, 1234, "2026-08-31")
        self.account_of(firm).segment_id = self._segment("consumer")
        self.assertEqual(self._plan(firm).kind_id.debtor_type, "consumer")
        self.account.segment_id = self._segment("private")
        self.assertFalse(self._plan().kind_id.debtor_type)

    def test_liberal_professions_write_by_hand_too(self):
        """They are no merchants: article 1376 holds for them, the rest of it not."""
        practice = self._debtor("Cabinet Morel", vat="FR83404833048")
        self._invoice(practice, 1234, "2026-08-31")
        self.account_of(practice).segment_id = self.env.ref(
            "account_collection.segment_liberal"
        )
        letter = self._plan(practice)
        self.assertFalse(letter.kind_id.debtor_type)
        html = letter._render_html()
        self.assertIn('class="by-hand"', html)
        self.assertIn("sans mise en demeure", html)

    def test_several_customers_at_once(self):
        """Each gets the wording that is theirs, in one go."""
        firm = self._debtor("Menuiseries Kern")
        self._invoice(firm, 1234, "2026-08-31")
        accounts = self.account | self.account_of(firm)
        letters = accounts._write_letters(
            "payment_plan",
            fact_amount=1234,
            payment_means="transfer",
            details=[("2026-12-31", 1234)],
        )
        self.assertEqual(
            {letter.account_id: letter.kind_id.debtor_type for letter in letters},
            {self.account: "consumer", accounts - self.account: False},
        )

    def test_a_company_s_own_wording(self):
        """Its wording for everybody does not take the place of the consumers'."""
        Kind = self.env["collection.letter.kind"]
        own, theirs = (
            Kind.create(
                {
                    "name": "Ours",
                    "code": "payment_plan",
                    "company_id": self.company.id,
                    "debtor_type": debtor_type,
                    "with_items": "given",
                    "subject": "Ours",
                }
            )
            for debtor_type in (False, "consumer")
        )
        shared = self.env.ref("account_collection.letter_kind_payment_plan_consumer")
        self.assertEqual(self._plan(confirm=False).kind_id, theirs)
        theirs.active = False
        self.assertEqual(self._plan(confirm=False).kind_id, shared)
        shared.active = False
        self.assertEqual(self._plan(confirm=False).kind_id, own)

    def test_the_wizard_offers_what_the_customer_gets(self):
        firm = self._debtor("Menuiseries Kern")
        self._invoice(firm, 1234, "2026-08-31")
        for account, debtor_type in (
            (self.account, "consumer"),
            (self.account_of(firm), False),
        ):
            with self.subTest(customer=account.display_name):
                action = account.with_user(self.collector_user).action_compose_letter()
                form = Form(
                    self.env[action["res_model"]]
                    .with_user(self.collector_user)
                    .with_context(**action["context"])
                )
                kinds = self.env["collection.letter.kind"].browse(form.kind_ids.ids)
                plans = kinds.filtered(lambda k: k.code == "payment_plan")
                self.assertEqual(plans.mapped("debtor_type"), [debtor_type])
                self.assertEqual(len(kinds), len(set(kinds.mapped("code"))))
                self.assertNotIn("mandate_notice", kinds.mapped("code"))
                form.kind_id = plans
                form.instalment_count = 2
                wizard = form.save()
                letter = self.env["collection.letter"].browse(
                    wizard.action_write()["res_id"]
                )
                self.assertEqual(letter.kind_id, plans)
