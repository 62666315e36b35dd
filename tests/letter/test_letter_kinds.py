from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, freeze_time, tagged

from ...reports.collection_letter_report import STATUTE
from ...tools.amicable_wording import find_forbidden
from ...tools.instalments import monthly_dates, split_amount
from .common import LetterKindCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterKinds(LetterKindCommon):
    """Letters outside the ladder: what each must say, and that it moves no level."""

    def test_bill_return(self):
        letter = self._written(
            "bill_return",
            fact_reference="LCR 4471",
            fact_amount=2345.67,
            fact_date="2026-12-31",
        )
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "Effet de commerce à nous retourner accepté",
            "LCR 4471",
            "2 345,67 € (deux mille trois cent quarante-cinq euros",
            "31 décembre 2026",
            "accepté, daté et signé",
            "domiciliation bancaire",
            "16 décembre 2026",
            "LCR magnétique",
            "prélèvement SEPA",
        )
        self.assertNotPrinted(text, "Total à régler", "IBAN", "Dear Sir")
        self.assertOnePage(letter)

    def test_payment_plan(self):
        invoice = self._invoice(self.debtor, 2345.67, "2026-08-31")
        details = self.account_of(self.debtor)._get_instalments(
            2345.67, 4, date(2026, 12, 31), self.company.currency_id
        )
        self.assertEqual(
            [amount for _day, amount in details], [586.41, 586.41, 586.41, 586.44]
        )
        letter = self._written(
            "payment_plan",
            self._items(invoice),
            fact_amount=2345.67,
            payment_means="transfer",
            fact_person="Anne Kerouac",
            details=details,
        )
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "reconnaît devoir à Ateliers Vauban SAS la somme de 2 345,67 € (deux mille "
            "trois cent quarante-cinq euros",
            "31/12/2026 586,41 €",
            "31/01/2027 586,41 €",
            "28/02/2027 586,41 €",
            "31/03/2027 586,44 €",
            "en 4 échéances",
            "par virement",
            "À défaut de paiement d’une seule échéance à sa date, la totalité",
            "sans mise en demeure préalable",
            "porte intérêt de retard",
            "s’impute sur la facture la plus ancienne",
            "deux exemplaires originaux",
            "Pour le créancier",
            "Pour le débiteur",
            "lu et approuvé",
            "Camille Martin, credit manager",
            invoice.name,
        )
        self.assertNotPrinted(text, "Provider One", "Dear Sir", "Total à régler")
        self.assertOnePage(letter)

    def test_plan_must_add_up(self):
        invoice = self._invoice(self.debtor, 1000, "2026-08-31")
        letter = self._written(
            "payment_plan",
            self._items(invoice),
            confirm=False,
            fact_amount=1000,
            payment_means="transfer",
            details=[("2026-12-31", 500), ("2027-01-31", 400)],
        )
        with self.assertRaisesRegex(UserError, "add up to"):
            letter.action_confirm()

    def test_plan_paid_in_part_is_not_sent(self):
        invoice = self._invoice(self.debtor, 1000, "2026-08-31")
        letter = self._written(
            "payment_plan",
            self._items(invoice),
            fact_amount=1000,
            payment_means="transfer",
            details=[("2026-12-31", 500), ("2027-01-31", 500)],
        )
        self._pay(invoice, 300)
        letter._send()
        self.assertEqual(letter.state, "error")
        self.assertIn("700", letter.state_reason)

    def test_receipt(self):
        invoice = self._invoice(self.debtor, 1000, "2026-08-31")
        other = self._invoice(self.debtor, 500, "2026-09-30")
        self._pay(invoice, 1000)
        self._pay(other, 200)
        letter = self._written(
            "receipt",
            self._items(invoice, other),
            fact_amount=1200,
            fact_date="2026-11-20",
            payment_means="cheque",
            fact_reference="CHQ 8842",
        )
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(len(letter.line_ids), 2, "paid items stay on a receipt")
        text = self._text(letter.attachment_id.raw)
        self.assertPrinted(
            text,
            "Quittance",
            "Reçu de Menuiseries Kerouac",
            "1 200,00 € (mille deux cents euros)",
            "20 novembre 2026",
            "chèque",
            "CHQ 8842",
            invoice.name,
            other.name,
            "Solde restant dû sur ces factures 300,00 €",
        )
        self.assertNotPrinted(text, "IBAN", "Total à régler", "Dear Sir")
        self.assertOnePage(letter)

    def test_promise_confirmation(self):
        invoice = self._invoice(self.debtor, 1500, "2026-09-30")
        letter = self._written(
            "promise_confirmation",
            self._items(invoice),
            fact_amount=1500,
            fact_date="2026-11-30",
            payment_means="transfer",
            fact_person="Anne Kerouac",
        )
        self.assertEqual(letter.subject.count("30"), 1)
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "Anne Kerouac",
            "1 500,00 € (mille cinq cents euros)",
            "30 novembre 2026",
            "virement",
            invoice.name,
            "FR76",
            "nous suspendons nos relances",
        )
        self.assertNotPrinted(text, "mise en demeure", "Dear Sir")
        self.assertOnePage(letter)
        self._pay(invoice)
        letter._send()
        self.assertEqual(letter.state, "cancelled")

    def test_thanks(self):
        invoice = self._invoice(self.debtor, 1500, "2026-09-30")
        self._pay(invoice)
        letter = self._written("thanks")
        text = self._printed(letter)
        self.assertPrinted(
            text, "Votre compte est à jour", "plus aucune somme", "vivement"
        )
        self.assertNotPrinted(text, "IBAN", "Total", "lettres :", "Dear Sir")
        self.assertOnePage(letter)
        self._invoice(self.debtor, 100, "2026-10-31")
        letter._send()
        self.assertEqual(letter.state, "cancelled", "nothing to thank for any more")

    def test_statement(self):
        late = self._invoice(self.debtor, 1000, "2026-09-30")
        coming = self._invoice(self.debtor, 700, "2026-12-15", date="2026-11-15")
        credit = self._credit_note(self.debtor, 250, "2026-10-10")
        letter = self._written("statement")
        added = self._invoice(self.debtor, 80, "2026-12-20", date="2026-11-20")
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter.amount_total, 1530)
        text = self._text(letter.attachment_id.raw)
        self.assertPrinted(
            text,
            "Relevé de votre compte au 22 novembre 2026",
            late.name,
            coming.name,
            added.name,
            credit.name,
            "-250,00 €",
            "Solde de votre compte 1 530,00 €",
            "Non échu",
            "780,00 €",
            "sauf erreur ou omission".capitalize(),
        )
        self.assertNotPrinted(text, "Total à régler", "pénalités", "Dear Sir")
        self.assertOnePage(letter)

    def test_no_level_and_no_run(self):
        """A letter of a kind moves no level and stops no reminder."""
        invoice = self._invoice(self.debtor, 1000, "2026-09-30")
        item = self._items(invoice)
        waiting = self._written("statement")
        sent = self._written(
            "promise_confirmation", item, fact_amount=1000, fact_date="2026-11-30"
        )
        sent._send()
        self.assertEqual(sent.state, "sent", sent.state_reason)
        self.assertFalse(item.level_id)
        self.assertFalse(item.level_date)
        run = self._run(self.today)
        self.assertEqual(run.letter_ids.line_ids.item_id, item)
        run = self._run(self.today)
        self.assertEqual(waiting.state, "to_send", "a computation leaves it alone")
        run.action_confirm()
        run.letter_ids._send()
        self.assertNotIn(sent.number, self._text(run.letter_ids.attachment_id.raw))
        self.assertEqual(item.level_id, self.reminder)

    def test_missing_facts_are_named_at_once(self):
        letter = self._written("receipt", confirm=False)
        with self.assertRaises(UserError) as caught:
            letter.action_confirm()
        for label in ("Amount Concerned", "Day Concerned", "Means of Payment"):
            self.assertIn(label, str(caught.exception))

    def test_one_currency(self):
        dollars = self._enable_currency("USD")
        items = self._items(
            self._invoice(self.debtor, 1000, "2026-09-30"),
            self._invoice(self.debtor, 900, "2026-09-30", currency=dollars),
        )
        with self.assertRaisesRegex(UserError, "one currency"):
            self._written("promise_confirmation", items)
        letter = self._written("statement", currency=dollars)
        self.assertEqual(letter.currency_id, dollars)
        self.assertEqual(letter.amount_total, 900)

    def test_sent_letter_keeps_its_facts(self):
        letter = self._written(
            "bill_return",
            fact_reference="LCR 1",
            fact_amount=10,
            fact_date="2026-12-31",
        )
        letter._send()
        manager = letter.with_user(self.manager_user)
        with self.assertRaises(UserError):
            manager.fact_amount = 20
        with self.assertRaises(UserError):
            self.env["collection.letter.detail"].with_user(self.manager_user).create(
                {"letter_id": letter.id, "date": "2026-12-31", "amount": 1}
            )

    def test_german_and_english(self):
        for lang, words in (
            ("de_DE", ("Auszug Ihres Kontos", "Sehr geehrte", "Mit freundlichen")),
            ("en_GB", ("Statement of your account", "Dear Sir", "Yours faithfully")),
        ):
            partner = self._debtor(f"Customer {lang}", lang=lang)
            self._invoice(partner, 300, "2026-09-30")
            text = self._printed(self._written("statement", partner=partner))
            self.assertPrinted(text, *words)
            self.assertNotPrinted(text, "Madame")

    def test_addressee_is_the_contact_of_the_letters(self):
        self._invoice(self.debtor, 1000, "2026-09-30")
        people = self.env["res.partner"].create(
            [
                {"name": "Inv", "parent_id": self.debtor.id, "type": "invoice"},
                {
                    "name": "Dun",
                    "parent_id": self.debtor.id,
                    "type": "contact",
                    "email": "dun@customer.example.com",
                    "lang": "de_DE",
                },
            ]
        )
        account = self.account_of(self.debtor)
        self.assertEqual(self._written("statement").partner_id, people[0])
        account.dunning_contact_id = people[1]
        letter = self._written("statement")
        self.assertEqual(letter.partner_id, people[1])
        self.assertEqual((letter.channel, letter.lang), ("email", "de_DE"))
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter._get_mail_partner(), people[1])

    def test_qr_code_asks_for_what_is_to_be_transferred(self):
        self.company.qr_code = True
        items = self._items(self._invoice(self.debtor, 1000, "2026-09-30"))
        self._invoice(self.debtor, 50, "2026-12-15", date="2026-11-15")
        plan = {
            "payment_means": "transfer",
            "fact_amount": 1000,
            "details": [("2026-12-31", 500), ("2027-01-31", 500)],
        }
        for code, facts, amounts in (
            ("payment_plan", plan, []),
            ("statement", {}, []),
            (
                "promise_confirmation",
                {"fact_amount": 300, "fact_date": "2026-11-30"},
                [300],
            ),
            ("pre_reminder", {}, [50]),
        ):
            letter = self._written(
                code, items if code != "pre_reminder" else None, **facts
            )
            with (
                self.subTest(code=code),
                patch.object(
                    self.env.registry["res.partner.bank"],
                    "build_qr_code_base64",
                    return_value="data:image/png;base64,AAAA",
                ) as build,
            ):
                html = letter._render_html()
                asked = [call.args[0] for call in build.call_args_list]
                self.assertEqual(asked, amounts)
                self.assertEqual("base64,AAAA" in html, bool(amounts))
                self.assertIn("FR76", html, "one may pay all the same")

    def test_nothing_is_asked_of_an_insolvent_customer(self):
        invoice = self._invoice(self.debtor, 1000, "2026-09-30")
        self._invoice(self.debtor, 50, "2026-12-15", date="2026-11-15")
        asking = {
            "pre_reminder": {},
            "payment_plan": {
                "fact_amount": 1000,
                "payment_means": "transfer",
                "details": [("2026-12-31", 1000)],
            },
            "promise_confirmation": {"fact_amount": 5, "fact_date": "2026-11-30"},
            "bill_return": {
                "fact_reference": "LCR 1",
                "fact_amount": 10,
                "fact_date": "2026-12-31",
            },
        }
        before = [self._written(code, **facts) for code, facts in asking.items()]
        self.account_of(self.debtor).insolvency_date = "2026-11-21"
        for letter in before:
            # one that waited behind a lock while insolvency was noted
            letter.write({"state": "to_send", "state_reason": False})
            letter._send()
            self.assertEqual(letter.state, "cancelled")
            self.assertIn("Insolvency", letter.state_reason)
        for code, facts in asking.items():
            with (
                self.subTest(code=code),
                self.assertRaisesRegex(UserError, "Kerouac.* insolvent: declare"),
            ):
                self._written(code, **facts)
        self._pay(invoice, 400)
        paid = {
            "fact_amount": 400,
            "fact_date": "2026-11-20",
            "payment_means": "transfer",
        }
        for code, facts in (("statement", {}), ("receipt", paid)):
            letter = self._written(code, **facts)
            letter._send()
            self.assertEqual(letter.state, "sent", letter.state_reason)

    def test_compose(self):
        """The wizard shows the letter, splits the plan, and sends what it may."""
        invoice = self._invoice(self.debtor, 2345.67, "2026-08-31")
        account = self.account_of(self.debtor).with_user(self.collector_user)
        action = account.action_compose_letter()
        kinds = self.env["collection.letter.kind"]
        before = self.env["collection.letter"].search_count([])
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.collector_user)
            .with_context(**action["context"])
        )
        form.kind_id = kinds._get_kind("payment_plan", self.company)
        self.assertEqual(form.fact_amount, 2345.67)
        form.instalment_count = 4
        self.assertIn("586,44", form.preview_html.replace("\N{NO-BREAK SPACE}", " "))
        wizard = form.save()
        self.assertEqual(self.env["collection.letter"].search_count([]), before)
        with self.assertRaisesRegex(UserError, "manager"):
            wizard.action_send()
        letter = self.env["collection.letter"].browse(wizard.action_write()["res_id"])
        self.assertEqual(letter.line_ids.item_id.move_id, invoice)
        self.assertEqual(len(letter.detail_ids), 4)
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.collector_user)
            .with_context(**action["context"])
        )
        form.kind_id = kinds._get_kind("promise_confirmation", self.company)
        letter = self.env["collection.letter"].browse(
            form.save().action_send()["res_id"]
        )
        self.assertEqual(letter.state, "sent", letter.state_reason)

    def test_strangers_get_nothing(self):
        self._invoice(self.debtor, 1000, "2026-09-30")
        letter = self._written(
            "payment_plan",
            confirm=False,
            fact_amount=1000,
            payment_means="transfer",
            details=[("2026-12-31", 1000)],
        )
        account = self.account_of(self.debtor)
        records = (
            letter.detail_ids,
            letter.kind_id,
            self.env["collection.level.variant"].search([], limit=1),
            self.env["collection.forbidden.word"].search([], limit=1),
        )
        strangers = (
            self.agent_user,
            self.supervisor_user,
            self.on_site_user,
            self.plain_internal_user,
            self.plain_portal_user,
        )
        for user in strangers:
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(["id"])
                    with self.assertRaises(AccessError):
                        record.with_user(user).write({"create_uid": user.id})
            with self.assertRaises(AccessError):
                self.env["collection.letter.compose"].with_user(user).create(
                    {"account_id": account.id, "kind_id": letter.kind_id.id}
                )
        for record in records[1:]:
            record.with_user(self.collector_user).read(["id"])
            with self.assertRaises(AccessError):
                record.with_user(self.collector_user).write({"create_uid": 1})


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLevelVariants(LetterKindCommon):
    """Every level of the French ladders, as each kind of customer reads it."""

    def _each_level(self, debtor_type):
        self._invoice(self.debtor, 8000, "2026-05-31", ref="ENG-118")
        self._invoice(self.debtor, 500, "2026-11-29", date="2026-10-30")
        self.account_of(self.debtor).segment_id = self._segment(debtor_type)
        for level in self.ladder._ordered_levels():
            letter = self._letter(self.debtor, level)
            self.assertEqual(letter.level_id, level)
            self.assertOnePage(letter)
            yield level, letter, self._printed(letter)

    def _letter(self, partner, level, confirm=True):
        """The letter of a level, of the items it applies to."""
        account = self.account_of(partner)
        account.letter_ids.filtered(lambda x: x.state == "to_send").action_cancel()
        ladder = level.policy_id._ordered_levels()
        before = ladder[: ladder.ids.index(level.id)][-1:]
        account.item_ids.sudo().write(
            {"level_id": before.id, "level_date": "2026-11-01" if before else False}
        )
        run = self._run(self.today)
        letter = run.letter_ids.filtered(lambda letter: letter.level_id == level)
        letter.ensure_one()
        if confirm:
            letter.action_confirm()
        return letter

    def test_public(self):
        item = None
        seen = 0
        for level, letter, text in self._each_level("public"):
            seen += 1
            if item is None:
                item = self.account_of(self.debtor).open_item_ids[:1]
                item.sudo().date_deposited = "2026-05-01"
            self.assertNotPrinted(
                text, "L441", "D441", "comptabilité fournisseurs", "Dear Sir", "please"
            )
            self.assertPrinted(text, "Date limite de paiement", "FR76")
            self.assertEqual(letter._get_wording().debtor_type, "public")
            if level == self.pre_reminder:
                self.assertPrinted(text, "service fait")
                continue
            self.assertPrinted(text, "Marché ou engagement : ENG-118", "8 000,00 €")
            if level.include_penalties:
                self.assertPrinted(
                    text, "R2192-31", "D2192-35", "Intérêts moratoires", "40,00 €"
                )
        self.assertEqual(seen, 4)
        self.assertPrinted(
            text,
            "MISE EN DEMEURE",
            "1344 du code civil",
            "15 jours à compter de la réception",
            "Déposée sur Chorus Pro le 01/05/2026",
            "Camille Martin",
            "Lettre recommandée",
        )

    def test_consumer(self):
        seen = 0
        for level, letter, text in self._each_level("consumer"):
            seen += 1
            self.assertEqual(letter._get_wording().debtor_type, "consumer")
            self.assertNotPrinted(
                text, "L441", "40,00", "indemnité", "R2192", "Dear Sir", "please"
            )
            self.assertPrinted(text, "convenir ensemble de dates")
            if level.formal_notice:
                self.assertPrinted(
                    text,
                    "MISE EN DEMEURE",
                    "1344 du code civil",
                    "15 jours à compter de la réception",
                    "taux légal",
                    "huit mille euros",
                )
        self.assertEqual(seen, 4)

    def test_private_reads_the_level(self):
        self._invoice(self.debtor, 8000, "2026-05-31")
        for level in self.ladder._ordered_levels():
            sample = self.env["collection.letter"].new(
                {"account_id": self.account_of(self.debtor).id, "level_id": level.id}
            )
            self.assertEqual(sample._get_wording(), level)
            self.assertEqual(
                set(level.variant_ids.mapped("debtor_type")), {"public", "consumer"}
            )

    def test_long_ladder(self):
        ladder = self.env.ref("account_collection.policy_fr_long")
        levels = ladder._ordered_levels()
        self.assertEqual(levels.mapped("delay_days"), [-7, 5, 20, 30, 45])
        self.assertEqual(len(levels.variant_ids), 10)
        self.company.collection_policy_id = ladder
        self._invoice(self.debtor, 8000, "2026-05-31")
        text = self._printed(self._letter(self.debtor, levels[3]))
        self.assertPrinted(
            text,
            "Dernière relance avant mise en demeure",
            "suspendre nos livraisons",
            "8 513,97 €",
            "L441-10",
        )
        self.assertNotPrinted(text, "huissier", "Dear Sir")

    def test_formal_notice_is_sufficient(self):
        """All that makes an interpellation sufficient (1344 c. civ.)."""
        invoice = self._invoice(self.debtor, 8000, "2026-05-31")
        letter = self._letter(self.debtor, self.formal_notice)
        text = self._printed(letter)
        self.assertPrinted(
            text,
            "MISE EN DEMEURE",
            "Le 22 novembre 2026",
            "Ateliers Vauban SAS",
            "SIRET",
            "1 rue de la Paix",
            "Menuiseries Kerouac",
            "48 rue des Cordeliers",
            invoice.name,
            "Principal restant dû 8 000,00 €",
            "Pénalités de retard 473,97 €",
            "40,00 €",
            "8 513,97 €",
            "huit mille cinq cent treize euros",
            "8 jours à compter de la réception",
            "sur le compte bancaire",
            "FR76 3000 6000",
            "À défaut de règlement intégral",
            "article 1344",
            "Camille Martin, credit manager",
            "Lettre recommandée avec demande d’avis de réception",
        )
        self.assertOnePage(letter)

    def test_formal_notice_needs_an_address(self):
        self._invoice(self.debtor, 8000, "2026-05-31")
        letter = self._letter(self.debtor, self.formal_notice, confirm=False)
        self.company.write({"street": False, "company_registry": False})
        self.company.collection_signatory = False
        with self.assertRaises(UserError) as caught:
            letter.action_confirm()
        for part in ("address", "SIRET", "signs formal notices"):
            self.assertIn(part, str(caught.exception))


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestWording(LetterKindCommon):
    """Wordings are checked when they are saved, in every language."""

    def test_forbidden_words(self):
        for lang, text, word in (
            ("fr_FR", "<p>Notre huissier passera</p>", "huissier"),
            ("fr_FR", "<p>Nos Huissiers&nbsp;de justice</p>", "huissier"),
            ("fr_FR", "<p>plus 15 € de frais de dossier</p>", "frais de dossier"),
            ("en_US", "<p>Our bailiffs will call</p>", "bailiff"),
            ("de_DE", "<p>Der Gerichtsvollzieher kommt</p>", "Gerichtsvollzieher"),
        ):
            for record in (
                self.reminder,
                self.reminder.variant_ids[0],
                self.env.ref("account_collection.letter_kind_thanks"),
            ):
                with (
                    self.subTest(word=word, model=record._name),
                    self.assertRaisesRegex(ValidationError, word),
                ):
                    record.with_context(lang=lang).body_after = text

    def test_forbidden_names(self):
        """The name of a level or a kind is printed where {level} stands."""
        for record in (
            self.reminder,
            self.env.ref("account_collection.letter_kind_thanks"),
        ):
            with (
                self.assertRaisesRegex(ValidationError, "bailiff"),
                self.env.cr.savepoint(),
            ):
                record.name = "Before the bailiff"
            with (
                self.assertRaisesRegex(ValidationError, "huissier"),
                self.env.cr.savepoint(),
            ):
                record.update_field_translations(
                    "name", {"fr_FR": "Avant passage de l’huissier"}
                )
        with self.assertRaisesRegex(ValidationError, "huissier"):
            self.reminder.copy({"name": "Avis avant saisie par huissier"})

    def test_forbidden_words_in_mail_templates(self):
        """The e-mail around the letter is read by the same customer."""
        standard = self.env.ref("account_collection.mail_template_letter")
        standard.copy({"name": "Our own"})
        model = self.env["ir.model"]._get_id("collection.letter")
        values = {"name": "t", "model_id": model, "subject": "{{ object.subject }}"}
        Template = self.env["mail.template"]
        with self.assertRaisesRegex(ValidationError, "huissier"):
            Template.create(
                {**values, "body_html": "<p>Notre huissier procédera à la saisie</p>"}
            )
        template = Template.create(values)
        for name, text in (
            ("subject", "{{ object.number }}: avant saisie"),
            ("body_html", "<p>Avant <b>saisie</b></p>"),
        ):
            for lang in ("en_US", "fr_FR"):
                with (
                    self.assertRaisesRegex(ValidationError, "saisie"),
                    self.env.cr.savepoint(),
                ):
                    template.with_context(lang=lang)[name] = text
            with (
                self.assertRaisesRegex(ValidationError, "saisie"),
                self.env.cr.savepoint(),
            ):
                template.update_field_translations(name, {"fr_FR": text})
        # other e-mails are none of our business, until they carry letters
        other = Template.create(
            {
                **values,
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Saisie de vos heures",
            }
        )
        with self.assertRaisesRegex(ValidationError, "saisie"):
            other.model_id = model

    def test_message_says_why_and_in_which_language(self):
        with self.assertRaises(ValidationError) as caught:
            self.reminder.with_context(lang="fr_FR").subject = "Avant saisie"
        message = str(caught.exception)
        self.assertIn("saisie", message)
        self.assertIn("L111-2", message)
        self.assertIn("French", message.replace("Français", "French"))

    def test_translation_dialog_is_checked(self):
        with self.assertRaisesRegex(ValidationError, "contrainte"):
            self.reminder.update_field_translations(
                "subject", {"fr_FR": "Contrainte à venir"}
            )
        with self.assertRaisesRegex(ValidationError, r"\{nobody\}"):
            self.reminder.update_field_translations("subject", {"fr_FR": "{nobody}"})

    def test_company_extends_the_list(self):
        self.reminder.subject = "Our black list"
        self.env["collection.forbidden.word"].create(
            {"name": "black list", "language": "en", "reason": "It threatens."}
        )
        with self.assertRaisesRegex(ValidationError, "It threatens"):
            self.reminder.subject = "Our black list again"

    def test_standard_wordings_are_clean(self):
        for model in (
            "collection.policy.level",
            "collection.level.variant",
            "collection.letter.kind",
        ):
            self.env[model].search([])._check_wording()

    def test_preview_shows_what_is_typed(self):
        self._invoice(self.debtor, 1000, "2026-09-30")
        level = self.reminder.with_context(lang="fr_FR")
        before = self.env["collection.letter"].search_count([])
        with Form(level) as form:
            self.assertIn("Menuiseries Kerouac", form.preview_html)
            form.subject = "Objet tout neuf pour {customer}"
            self.assertIn("tout neuf pour Menuiseries Kerouac", form.preview_html)
            form.preview_lang = "de_DE"
            self.assertIn("Sehr geehrte", form.preview_html)
            form.preview_lang = "fr_FR"
        self.assertEqual(level.subject, "Objet tout neuf pour {customer}")
        self.assertEqual(self.env["collection.letter"].search_count([]), before)

    def test_preview_before_the_due_date(self):
        """Shown for who owes something not due yet, and about that alone."""
        coming = self._invoice(self.debtor, 700, "2026-12-15", date="2026-11-15")
        late = self._invoice(self.debtor, 1000, "2026-09-30")
        only_late = self._debtor("Always Late")
        self._invoice(only_late, 500, "2026-09-30")
        for record in (
            self.pre_reminder,
            self.pre_reminder.variant_ids[0],
            self.env.ref("account_collection.letter_kind_pre_reminder"),
        ):
            with self.subTest(model=record._name):
                self.assertEqual(
                    record.preview_account_id, self.account_of(self.debtor)
                )
                self.assertIn(coming.name, record.preview_html)
                self.assertNotIn(late.name, record.preview_html)
                record.preview_account_id = self.account_of(only_late)
                self.assertIn("Always Late", record.preview_html)
                self.assertNotIn("INV/", record.preview_html)
        self.reminder.preview_account_id = self.account_of(self.debtor)
        self.assertIn(late.name, self.reminder.preview_html)
        self.assertNotIn(coming.name, self.reminder.preview_html)

    def test_preview_of_every_wording(self):
        self._invoice(self.debtor, 1000, "2026-09-30")
        self._work_on_behalf()
        self._hand_over(self.account_of(self.debtor))
        for model in (
            "collection.policy.level",
            "collection.level.variant",
            "collection.letter.kind",
        ):
            for record in self.env[model].search([]):
                with self.subTest(model=model, record=record.display_name):
                    self.assertIn("Menuiseries Kerouac", record.preview_html)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestMandateNotice(LetterKindCommon):
    """The first letter of a provider (article R124-4 CPCE) and what follows it."""

    def _notice(self, **values):
        self.invoice = self._invoice(self.debtor, 8000, "2026-05-31")
        self._work_on_behalf(**values)
        account = self.account_of(self.debtor)
        self._hand_over(account)
        letter = account.letter_ids.filtered(
            lambda letter: letter.kind_id.code == "mandate_notice"
        )
        letter.ensure_one()
        return letter

    def test_refused_by_the_mail_server(self):
        """What has not reached the customer presents nobody."""
        letter = self._notice()
        letter.channel = "email"
        letter.action_send()
        account = letter.account_id
        self.assertEqual(account._get_mandate_notices(), {account: letter})
        self.assertFalse(account.mandate_notice_missing)
        letter._mark_failed("failed", "550 5.1.1 user unknown")
        self.assertFalse(account._get_mandate_notices())
        self.assertTrue(account.mandate_notice_missing)
        letter.with_user(self.collector_user).action_send_by_post()
        self.assertEqual(account._get_mandate_notices(), {account: letter})

    def test_five_mentions(self):
        letter = self._notice()
        self.assertEqual(letter.state, "draft")
        letter.action_confirm()
        text = self._printed(letter)
        self.assertPrinted(
            text,
            # 1° the provider, its address, its activity
            "Orvalis Recouvrement",
            "5 place Bellecour",
            "recouvrement amiable de créances pour le compte d’autrui",
            # 2° the creditor
            "Ateliers Vauban SAS",
            "1 rue de la Paix",
            # 3° what is due, each part on its own
            "Principal restant dû 8 000,00 €",
            "Pénalités de retard 473,97 €",
            "40,00 €",
            "Total à régler 8 513,97 €",
            self.invoice.name,
            # 4° the demand, and how to pay
            "Nous vous demandons de régler la somme totale de 8 513,97 €",
            "FR14 2004 1010 0505 0001 3M02 606",
            # references
            "ORV-2026-77",
            letter.number,
        )
        for paragraph in STATUTE:
            self.assertIn(paragraph, text)
        self.assertNotPrinted(text, "FR76", "Camille Martin", "Dear Sir", "relance@")
        # the article of the code, word for word, takes the second page
        content = letter._render_pdf()
        if content.startswith(b"%PDF"):
            pages = [page.extract_text() for page in self._pages(content)]
            self.assertEqual(len(pages), 2)
            self.assertIn("L111-8", pages[1])

    def test_parts_are_shown_even_when_nil(self):
        self.account_of(self.debtor).segment_id = self._segment("consumer")
        letter = self._notice()
        text = self._printed(letter)
        self.assertPrinted(
            text, "Intérêts au taux légal 0,00 €", "Accessoires 0,00 €", "8 000,00 €"
        )

    def test_missing_mentions_are_named_at_once(self):
        letter = self._notice(payment_bank_id=False)
        self.mandate.reference = False
        self.provider.street = False
        self.company.partner_id.city = False
        with self.assertRaises(UserError) as caught:
            letter.action_confirm()
        for part in (
            "address of the provider",
            "address of the creditor",
            "provider's reference",
            "bank account to pay into",
            "Collections ‣ Delegation ‣ Mandates",
        ):
            self.assertIn(part, str(caught.exception))
        self.assertFalse(letter.number)

    def test_nothing_before_the_notice(self):
        notice = self._notice()
        late = self._written("statement", confirm=False)
        with self.assertRaisesRegex(UserError, "first letter of the provider"):
            late.action_confirm()
        notice.action_confirm()
        with self.assertRaisesRegex(UserError, "Menuiseries Kerouac"):
            late.action_confirm()
        notice._send()
        self.assertEqual(notice.state, "sent", notice.state_reason)
        late.action_confirm()
        self.assertEqual(late.mandate_notice_id, notice)
        text = self._printed(late)
        self.assertPrinted(
            text,
            f"Orvalis Recouvrement, n° {notice.number} du 22 novembre 2026, référence",
            "Ateliers Vauban SAS",
            # customers pay where the first letter told them to
            "FR14 2004 1010",
        )

    def test_notice_is_recalled_in_the_email(self):
        """In the words of the e-mail itself, whichever template carries the letter."""
        notice = self._notice()
        notice.action_confirm()
        notice._send()
        self.assertNotIn("R124-4", self._mail_of(notice).body_html or "")
        own = self.env["mail.template"].create(
            {
                "name": "Our own",
                "model_id": self.env["ir.model"]._get_id("collection.letter"),
                "subject": "{{ object.subject }}",
                "body_html": "<p>Voyez la pièce jointe.</p>",
                "partner_to": "{{ object._get_mail_partner().id }}",
            }
        )
        statement = self._written("statement")
        statement._send()
        self.assertEqual(statement.state, "sent", statement.state_reason)
        for template in (False, own):
            with self.subTest(template=template and template.name):
                if template:
                    standard = self.env.ref("account_collection.mail_template_letter")
                    standard.body_html = own.body_html
                    statement.action_send_again()
                body = self._mail_of(statement).body_html
                self.assertIn(
                    f"Orvalis Recouvrement, n° {notice.number} du",
                    body.replace("\N{NO-BREAK SPACE}", " "),
                )
                self.assertEqual(body.count("R124-4"), 1)
        # taken back, the company writes in its own name
        self.account_of(self.debtor).placement_line_id._take_back("recalled", "test")
        later = self._written("statement")
        later._send()
        self.assertNotIn("R124-4", self._mail_of(later).body_html)

    def _mail_of(self, letter):
        """The last e-mail of a letter."""
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [("model", "=", letter._name), ("res_id", "=", letter.id)],
                order="id desc",
                limit=1,
            )
        )

    def test_notice_shows_on_the_call_screen(self):
        notice = self._notice()
        account = self.account_of(self.debtor)
        self.assertTrue(account.mandate_notice_missing)
        portal = account.with_user(self.agent_user)
        self.assertTrue(portal._get_portal_values()["notice_missing"])
        notice.action_confirm()
        notice._send()
        self.assertIn(notice.number, account.mandate_notice)
        self.assertIn(notice.number, portal._get_portal_values()["notice"])
        self.assertFalse(account.mandate_notice_missing)

    def test_in_name_names_nobody(self):
        """In the company's name the provider appears nowhere."""
        self._invoice(self.debtor, 8000, "2026-05-31")
        account = self.account_of(self.debtor)
        self._hand_over(account)
        self.assertFalse(account.letter_ids)
        with self.assertRaisesRegex(UserError, "nobody but the company"):
            account._write_letter("mandate_notice")
        self._as_who_works("collection.promise", account.item_ids).create(
            {"account_id": account.id, "amount": 8000, "date_promised": "2026-12-01"}
        )
        for code in ("statement", "thanks", "promise_confirmation"):
            html = self._written(
                code, confirm=False, fact_amount=5, fact_date="2026-12-01"
            )._render_html()
            self.assertNotIn(self.provider.name, html)
            self.assertNotIn("R124-4", html)

    def test_recalled_account_cancels_the_notice(self):
        letter = self._notice()
        letter.action_confirm()
        self.account_of(self.debtor).placement_line_id._take_back("recalled", "test")
        letter._send()
        self.assertEqual(letter.state, "cancelled")

    def test_paid_items_leave_the_notice(self):
        other = self._invoice(self.debtor, 500, "2026-08-31")
        letter = self._notice()
        letter.action_confirm()
        self.assertEqual(len(letter.line_ids), 2)
        self._pay(self.invoice)
        letter._send()
        self.assertEqual(letter.line_ids.item_id.move_id, other)
        self.assertEqual(letter.state, "sent", letter.state_reason)

    def test_no_level_moves(self):
        letter = self._notice()
        letter.action_confirm()
        letter._send()
        self.assertFalse(letter.line_ids.item_id.level_id)

    def test_late_joiners_get_theirs(self):
        """Whose first invoice falls overdue after the hand-over is written to then."""
        self._work_on_behalf(extent="total", new_item_rule="all")
        self._invoice(self.debtor, 300, "2026-11-25", date="2026-10-25")
        account = self.account_of(self.debtor)
        self._hand_over(account)
        self.assertFalse(account.letter_ids)
        with freeze_time("2026-11-27 09:00:00"):
            self.env["collection.mandate"]._cron_draft_notices()
            self.env["collection.mandate"]._cron_draft_notices()
        self.assertEqual(account.letter_ids.kind_id.code, "mandate_notice")
        self.assertEqual(len(account.letter_ids), 1)

    def test_queries_do_not_grow(self):
        """Two customers or twelve: about as many queries for their first letters."""
        self._work_on_behalf()
        counts = []
        for size in (2, 12):
            partners = [self._debtor(f"Client {size} {i}") for i in range(size)]
            for partner in partners:
                self._invoice(partner, 100, "2026-08-31")
            accounts = self.env["collection.account"].union(
                *(self.account_of(partner) for partner in partners)
            )
            placement = self.env["collection.placement"].create(
                {
                    "mandate_id": self.mandate.id,
                    "extent": "manual",
                    "line_ids": [
                        Command.create({"account_id": account.id})
                        for account in accounts
                    ],
                }
            )
            self.mandate.mode = "in_name"
            placement.action_hand_over()
            self.mandate.mode = "on_behalf"
            with self._count_queries() as counter:
                letters = self.mandate._draft_missing_notices(accounts)
            counts.append(counter.total)
            self.assertEqual(len(letters), size)
            self.assertEqual(letters.mapped("state"), ["draft"] * size)
        self.assertLess(counts[1], counts[0] + 40)

    # ------------------------------------------------------------------
    # What stops the company's letters stops the provider's
    # ------------------------------------------------------------------

    def _add_stopped(self):
        """Invoices that nobody may ask for, one for each reason."""
        held, withheld, promised, spread = (
            self._invoice(self.debtor, amount, "2026-08-31")
            for amount in (100, 200, 300, 400)
        )
        account = self.account_of(self.debtor)
        held.collection_item_ids.write(
            {"hold_until": "2026-12-31", "hold_reason": "talks"}
        )
        withheld.collection_item_ids.move_line_id.no_followup = True
        items = (promised | spread).collection_item_ids
        self._as_who_works("collection.promise", items).create(
            {
                "account_id": account.id,
                "amount": 300,
                "date_promised": "2026-12-01",
                "item_ids": [Command.set(promised.collection_item_ids.ids)],
            }
        )
        plan = self._as_who_works("collection.payment.plan", items).create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(spread.collection_item_ids.ids)],
                "instalment_count": 2,
                "date_first": "2026-12-01",
            }
        )
        plan.action_split()
        plan.action_agree()
        if plan.state == "to_approve":
            plan.with_env(self.env).action_approve()
        return held | withheld | promised | spread

    def test_stopped_items_are_not_on_the_notice(self):
        self._add_stopped()
        letter = self._notice()
        self.assertEqual(letter.line_ids.item_id.move_id, self.invoice)
        self.assertEqual(letter.amount_due, 8000)

    def test_items_stopped_meanwhile_leave_the_notice(self):
        letter = self._notice()
        letter.action_confirm()
        stopped = self._add_stopped()
        # chosen by hand as well: the rule is the same for all
        account = self.account_of(self.debtor)
        stopped.collection_item_ids.filtered(lambda item: not item.delegated).write(
            {"delegated": True}
        )
        chosen = self._written(
            "mandate_notice", self._items(*stopped, self.invoice), confirm=False
        )
        self.assertEqual(chosen.line_ids.item_id.move_id, self.invoice)
        with self.assertRaisesRegex(UserError, "nothing that the provider may ask"):
            account._write_letter("mandate_notice", self._items(*stopped))
        account.write({"hold_until": "2026-12-31", "hold_reason": "talks"})
        letter._send()
        self.assertEqual(letter.state, "cancelled")
        self.assertIn("Nothing is left", letter.state_reason)
        with self.assertRaisesRegex(UserError, "nothing that the provider may ask"):
            account._write_letter("mandate_notice")
        # nor does the job of the night draw one up, nor fail, until the hold ends
        chosen.action_cancel()
        self.assertFalse(self.mandate._draft_missing_notices())
        account.hold_until = False
        self.assertEqual(
            self.mandate._draft_missing_notices().line_ids.item_id.move_id, self.invoice
        )

    def test_credit_of_the_notice_is_the_share_of_its_items(self):
        older = self._invoice(self.debtor, 500, "2026-04-30")
        self._credit_note(self.debtor, 700, "2026-10-10")
        letter = self._notice()
        self.assertEqual(letter.line_ids.item_id.move_id, self.invoice)
        self.assertEqual((letter.amount_due, letter.amount_credit), (8000, 200))
        letter.action_confirm()
        self._credit_note(self.debtor, 50, "2026-10-11")
        letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertNotIn(older, letter.line_ids.item_id.move_id)
        self.assertEqual((letter.amount_due, letter.amount_credit), (8000, 250))
        self.assertGreater(letter.amount_total, 7750)

    def test_no_notice_about_what_credits_cover(self):
        letter = self._notice()
        letter.action_confirm()
        self._credit_note(self.debtor, 50000, "2026-10-10")
        letter._send()
        self.assertEqual(letter.state, "cancelled")
        with self.assertRaisesRegex(UserError, "covered by a credit"):
            self.account_of(self.debtor)._write_letter("mandate_notice")

    def test_time_barred_items_leave_the_notice(self):
        self.account_of(self.debtor).segment_id = self._segment("consumer")
        old = self._invoice(self.debtor, 100, "2024-12-31", date="2024-12-01")
        letter = self._notice()
        letter.action_confirm()
        self.assertIn(old, letter.line_ids.item_id.move_id)
        with freeze_time("2027-02-01 09:00:00"):
            letter._send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter.line_ids.item_id.move_id, self.invoice)

    def test_preview_shows_what_would_be_written(self):
        letter = self._notice()
        letter.action_cancel()
        stopped = self._add_stopped()
        form = Form(
            self.env["collection.letter.compose"]
            .with_user(self.collector_user)
            .with_context(default_account_id=self.account_of(self.debtor).id)
        )
        form.kind_id = letter.kind_id
        self.assertEqual(form.item_ids[:].move_id, self.invoice)
        for invoice in stopped:
            form.item_ids.add(invoice.collection_item_ids)
        self.assertIn(self.invoice.name, form.preview_html)
        self.assertNotIn(stopped[0].name, form.preview_html)


@tagged("post_install", "-at_install")
class TestLetterTools(BaseCase):
    def test_split(self):
        self.assertEqual(
            split_amount(2345.67, 4),
            [Decimal("586.41")] * 3 + [Decimal("586.44")],
        )
        self.assertEqual(sum(split_amount(100, 3)), Decimal(100))
        self.assertEqual(split_amount(1000, 3, 1)[-1], Decimal(334))
        self.assertEqual(split_amount(5, 1), [Decimal(5)])
        with self.assertRaises(ValueError):
            split_amount(100, 0)

    def test_months(self):
        self.assertEqual(
            monthly_dates(date(2026, 12, 31), 3),
            [date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)],
        )

    def test_forbidden(self):
        words = ["saisie", "commissaire de justice", "Pfändung", "contrainte"]
        for text, found in (
            ("les saisies", ["saisie"]),
            ("SAISIE", ["saisie"]),
            ("saisir", []),
            ("données saisies", ["saisie"]),
            ("commissaires de  justice", ["commissaire de justice"]),
            ("<b>commissaire</b> de&nbsp;justice", ["commissaire de justice"]),
            ("eine Pfandung", ["Pfändung"]),
            ("nous serions contraints", []),
            ("", []),
        ):
            with self.subTest(text=text):
                self.assertEqual(find_forbidden(text, words), found)
