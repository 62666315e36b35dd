from itertools import pairwise
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ...models.letter import res_company
from ...tools.print_scripts import missing_scripts
from .common import LetterCommon, core

#: of a millimetre
POINT = 25.4 / 72
PAGE_HEIGHT = 297


def _product(first, second):
    """`first`, then `second`, as PDF multiplies them."""
    a, b, c, d, e, f = map(float, first)
    g, h, i, j, k, m = second
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def glyphs(page):
    """Where each glyph of a page stands: (left, top, right, bottom) in millimetres from
    the upper left corner. The renderer places every one of them by itself."""
    same = (1, 0, 0, 1, 0, 0)
    matrix, text, size, stack, placed = same, same, 0, [], []
    for operands, operator in page.get_contents().operations:
        match operator:
            case b"q":
                stack.append((matrix, size))
            case b"Q":
                matrix, size = stack.pop()
            case b"cm":
                matrix = _product(operands, matrix)
            case b"BT":
                text = same
            case b"Tf":
                size = float(operands[1])
            case b"Tm":
                text = operands
            case b"Td":
                text = _product((1, 0, 0, 1, *operands), text)
            case b"Tj" | b"TJ":
                a, b, _c, _d, x, y = _product(text, matrix)
                scale = (a * a + b * b) ** 0.5
                placed.append((x * POINT, y * POINT, size * scale * POINT))
    boxes = []
    for (x, y, height), following in pairwise([*placed, None]):
        width = 0.55 * height
        if following and abs(following[1] - y) < 0.1 and x < following[0]:
            width = min(width, following[0] - x)
        baseline = PAGE_HEIGHT - y
        boxes.append((x, baseline - 0.75 * height, x + width, baseline + 0.2 * height))
    return boxes


def within(box, other):
    return (
        box[0] >= other[0]
        and box[1] >= other[1]
        and box[2] <= other[2]
        and box[3] <= other[3]
    )


def touches(box, other):
    return (
        box[2] > other[0]
        and box[0] < other[2]
        and box[3] > other[1]
        and box[1] < other[3]
    )


class PagesCommon(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.report_footer = (
            "<p>SAS au capital de 50 000 € – RCS Brest 404 833 048</p>"
        )

    def _due(self, partner, count, amount=100, **values):
        for position in range(count):
            self._invoice(partner, amount + position, "2026-10-01", **values)

    def _printed_pages(self, letter):
        content = letter._render_pdf()
        if not content.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        return self._pages(content)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestAddressWindow(PagesCommon):
    """The address, and it alone, shows in the window of a French DL envelope.

    110 × 220 mm, the window 20 mm from the right and the lower edge, 45 × 100 or
    35 × 100 mm; the sheet, folded to 99 × 210 mm, lies anywhere in it.
    """

    #: in the envelope: (left, top, right, bottom)
    WINDOWS = ((100, 45, 200, 90), (100, 55, 200, 90))

    def _windows(self):
        """What each window shows of the sheet, wherever the sheet lies."""
        for left, top, right, bottom in self.WINDOWS:
            for across in (0, 5, 10):
                for down in (0, 5, 11):
                    yield (left - across, top - down, right - across, bottom - down)

    def assertInWindow(self, letter, lines):
        """All that shows is the address, and all of the address shows."""
        page = self._printed_pages(letter)[0]
        boxes = glyphs(page)
        expected = sum(len(line.replace(" ", "")) for line in lines)
        for window in self._windows():
            shown = [box for box in boxes if touches(box, window)]
            cut = [box for box in shown if not within(box, window)]
            self.assertFalse(cut, window)
            # the renderer may or may not place spaces
            self.assertGreaterEqual(len(shown), expected, window)
            self.assertLessEqual(
                len(shown), sum(len(line) + 1 for line in lines), window
            )

    def _check(self, **values):
        letter = self._letter(self.debtor, values.pop("level", self.reminder))
        lines = [self.debtor.name, "À l’attention du service comptabilité fournisseurs"]
        lines += [
            values[name]
            for name in ("street", "street2", "place", "country")
            if values.get(name)
        ]
        self.assertInWindow(letter, lines)
        return letter

    def test_three_lines(self):
        self._due(self.debtor, 1)
        self._check(street="48 rue des Cordeliers", place="69002 Lyon")

    def test_seven_lines(self):
        self.debtor.write(
            {
                "name": "Établissements de Menuiserie Industrielle Kerouac et Fils "
                "Réunis Anciennement Le Goff",
                "street": "Zone industrielle de la Haute-Bretagne, bâtiment 14",
                "street2": "Boîte postale 41 725 à l’attention de la réception",
                "city": "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson CEDEX 09",
                "zip": "51290",
                "country_id": self.env.ref("base.be").id,
            }
        )
        self._due(self.debtor, 2)
        self._check(
            street=self.debtor.street,
            street2=self.debtor.street2,
            place=f"{self.debtor.zip} {self.debtor.city}",
            country="BELGIQUE",
        )

    def test_words_longer_than_the_window(self):
        word = (
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten" * 2
        )
        self.debtor.write({"name": word, "street": word})
        self._due(self.debtor, 1)
        self._check(street=word, place="69002 Lyon")

    def test_a_long_letterhead_stays_out_of_it(self):
        self.company.write(
            {
                "name": "Ateliers Vauban, Menuiserie, Charpente et Ossature en Bois de "
                "Bretagne SAS",
                "report_header": "<p>Maîtres artisans depuis 1893, fournisseurs des "
                "plus grandes maisons de l’Ouest</p>",
                "website": "https://www.ateliers-vauban-menuiserie-charpente.example.com",
            }
        )
        self._due(self.debtor, 3)
        self._check(
            level=self.formal_notice,
            street="48 rue des Cordeliers",
            place="69002 Lyon",
        )

    def test_a_letter_of_several_pages(self):
        self._due(self.debtor, 30)
        letter = self._check(street="48 rue des Cordeliers", place="69002 Lyon")
        self.assertGreater(len(self._printed_pages(letter)), 1)

    def test_a_letter_of_a_kind(self):
        person = self._debtor("Anne Kerouac", is_company=False)
        self._due(person, 2)
        letter = self.account_of(person)._write_letter("statement")
        self.assertInWindow(
            letter, ["Anne Kerouac", "48 rue des Cordeliers", "69002 Lyon"]
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterPages(PagesCommon):
    """Letters of several pages: numbered, the legal foot on each, no lonely closing."""

    NUMBER = {"fr_FR": "Page", "en_GB": "Page", "de_DE": "Seite"}

    def assertNumbered(self, pages, word="Page", foot="RCS Brest"):
        for number, page in enumerate(pages, start=1):
            text = self._plain(page)
            self.assertIn(foot, text)
            self.assertIn("SIRET 55203253400646", text)
            if len(pages) == 1:
                self.assertNotRegex(text, rf"{word} 1 / 1")
            else:
                self.assertIn(f"{word} {number} / {len(pages)}", text)

    def _plain(self, page):
        return " ".join(page.extract_text().split())

    def _end(self, page):
        """Lowest of what stands on a page above the foot, in millimetres."""
        return max(box[3] for box in glyphs(page) if box[3] < 270)

    def test_one_page_has_no_number(self):
        self._due(self.debtor, 3)
        pages = self._printed_pages(self._letter(self.debtor, self.reminder))
        self.assertEqual(len(pages), 1)
        self.assertNumbered(pages)

    def test_sixty_items(self):
        self._due(self.debtor, 60)
        pages = self._printed_pages(self._letter(self.debtor, self.firm_reminder))
        self.assertGreaterEqual(len(pages), 3)
        self.assertNumbered(pages)
        # the foot takes nothing of the text, nor the text of the foot
        for page in pages:
            foot = [box for box in glyphs(page) if box[1] > 275]
            self.assertTrue(foot)
            text = [box for box in glyphs(page) if box[1] <= 275]
            self.assertLess(max(b[3] for b in text), min(b[1] for b in foot) + 8)
            self.assertLess(max(b[3] for b in foot), 297)

    def test_in_the_language_of_the_letter(self):
        letters = self.env["collection.letter"]
        for lang in self.NUMBER:
            debtor = self._debtor(f"Kunde {lang}", lang=lang)
            self._due(debtor, 30)
            letter = self._letter(debtor, self.reminder)
            letters |= letter
            with self.subTest(lang=lang):
                pages = self._printed_pages(letter)
                self.assertEqual(len(pages), 2)
                self.assertNumbered(pages, self.NUMBER[lang])

    def test_short_and_long_ones_together(self):
        """Each keeps its own numbers, its foot and its place, in one PDF and in one
        each; only the long ones are printed a second time."""
        counts = (1, 30, 2, 41, 1)
        for number, count in enumerate(counts):
            self._due(self._debtor(f"Client {number}"), count)
        run = self._run(self.today)
        letters = run.letter_ids.sorted(lambda x: x.account_id.partner_id.name)
        self.assertEqual(letters.mapped(lambda x: len(x.line_ids)), list(counts))
        calls = []
        Report = self.env.registry["ir.actions.report"]
        original = Report._run_wkhtmltopdf

        def counting(report, bodies, *args, **kwargs):
            bodies = list(bodies)
            calls.append(len(bodies))
            return original(report, bodies, *args, **kwargs)

        with patch.object(Report, "_run_wkhtmltopdf", counting):
            content = letters._render_pdf()
            each = letters._render_pdf_each()
        if not content.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        self.assertEqual(calls, [1, 2, 1, 2])
        pages = list(self._pages(content))
        self.assertEqual(len(pages), 7)
        for letter in letters:
            own = self._pages(each[letter])
            self.assertEqual(len(own), 2 if len(letter.line_ids) > 20 else 1)
            self.assertNumbered(own)
            joined, pages = pages[: len(own)], pages[len(own) :]
            self.assertNumbered(joined)
            for one, other in zip(own, joined, strict=True):
                self.assertEqual(self._plain(one), self._plain(other))
            self.assertIn(letter.account_id.partner_id.name, self._plain(own[0]))

    def test_two_companies_in_one_print(self):
        """Each has its own foot, of its own height."""
        data = self.setup_other_company()
        other = data["company"]
        other.write(
            {
                "name": "Sœur SARL",
                "country_id": self.env.ref("base.fr").id,
                "report_footer": "<p>SARL au capital de 8 000 € – RCS Nantes 1</p>"
                + "<p>Une ligne de plus</p>" * 4,
                "company_registry": "55203253400646",
                "collection_policy_id": self.ladder.id,
            }
        )
        self._due(self.debtor, 30)
        first = self._letter(self.debtor, self.reminder, confirm=False)
        self.debtor.with_company(other).property_account_receivable_id = data[
            "default_account_receivable"
        ]
        self._due(self.debtor, 30, company_data=data)
        self.env.user.company_ids |= other
        account = self.account_of(self.debtor, other)
        second = account._write_letter("statement")
        each = (first | second)._render_pdf_each()
        if not each[first].startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        self.assertNumbered(self._pages(each[first]))
        pages = self._pages(each[second])
        self.assertNumbered(pages, foot="RCS Nantes")
        for page in pages:
            text = self._plain(page)
            self.assertNotIn("RCS Brest", text)
            self.assertEqual(text.count("Une ligne de plus"), 4)
            self.assertLess(max(box[3] for box in glyphs(page)), 296)

    def test_no_page_with_the_closing_formula_alone(self):
        """However many items there are: a paragraph at least goes with it."""
        self._due(self.debtor, 26)
        letter = self._letter(self.debtor, self.reminder, confirm=False)
        broken = 0
        while len(letter.line_ids) > 12:
            letter.line_ids[-1].unlink()
            letter._sum_lines()
            pages = self._printed_pages(letter)
            last = self._plain(pages[-1])
            self.assertIn("salutations distinguées", last)
            if len(pages) > 1:
                broken += 1
                self.assertIn("parvenu entre-temps", last, len(letter.line_ids))
        self.assertTrue(broken)
        self.assertEqual(len(pages), 1)

    def test_no_page_with_the_total_of_interest_alone(self):
        self._due(self.debtor, 63)
        letter = self._letter(self.debtor, self.firm_reminder, confirm=False)
        counts = set()
        while len(letter.line_ids) > 52:
            letter.line_ids[-1].unlink()
            letter._sum_lines()
            pages = self._printed_pages(letter)
            last = self._plain(pages[-1])
            self.assertIn("Total", last)
            self.assertRegex(last, r"INV/\d+/\d+ .*INV/", len(letter.line_ids))
            counts.add(len(pages))
        self.assertGreater(len(counts), 1, "the annex grew by a page meanwhile")

    def test_where_to_pay_goes_with_a_bare_closing(self):
        """A wording that has nothing but the formula after the table."""
        level = self.reminder.with_context(lang="fr_FR")
        level.body_after = "<p>Cordialement,</p>"
        self._due(self.debtor, 30)
        letter = self._letter(self.debtor, self.reminder, confirm=False)
        broken = 0
        while len(letter.line_ids) > 14:
            letter.line_ids[-2:].unlink()
            letter._sum_lines()
            pages = self._printed_pages(letter)
            last = self._plain(pages[-1])
            self.assertIn("Cordialement", last)
            self.assertIn("IBAN", last)
            broken += len(pages) > 1
        self.assertTrue(broken)

    def test_text_alone(self):
        """A letter without table or bank account: its text is long by itself."""
        kind = self.env.ref("account_collection.letter_kind_thanks")
        text = "<p>Nous vous remercions encore de votre confiance fidèle.</p>"
        self._pay(self._invoice(self.debtor, 10, "2026-01-31"))
        broken = 0
        for count in range(25, 33):
            kind.with_context(lang="fr_FR").body_before = text * count
            letter = self.account_of(self.debtor)._write_letter("thanks")
            pages = self._printed_pages(letter)
            last = self._plain(pages[-1])
            self.assertIn("salutations", last)
            self.assertIn("confiance fidèle", last, count)
            broken += len(pages) > 1
        self.assertTrue(broken)

    def test_a_list_at_the_end(self):
        level = self.reminder.with_context(lang="fr_FR")
        level.body_after = "<ul><li>Un motif</li></ul><p>Cordialement,</p>"
        self._due(self.debtor, 2)
        html = self._letter(self.debtor, self.reminder)._render_html()
        closing = html.partition('class="closing"')[2]
        self.assertIn("Un motif", closing)
        self.assertEqual(html.count("Un motif"), 1)

    def test_a_renderer_without_feet(self):
        """As distributions build it, without the patches: no number, and no crash."""
        self._due(self.debtor, 30)
        letter = self._letter(self.debtor, self.reminder)
        info = core._wkhtml()
        self.patch(core, "_wkhtml", lambda: info._replace(is_patched_qt=False))
        pages = self._printed_pages(letter)
        self.assertEqual(len(pages), 2)
        self.assertNotIn("Page 1", self._plain(pages[0]))


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestPrintedScripts(PagesCommon):
    """Names in other scripts print, or it is told that they cannot."""

    def _fonts(self, page):
        resources = page["/Resources"]["/Font"]
        return {
            str(font.get_object()["/BaseFont"]).lower() for font in resources.values()
        }

    def test_other_scripts(self):
        if missing_scripts():
            self.skipTest("This machine has no fonts for them.")
        for name, font in (
            ("上海茶叶贸易", "wenquanyi"),
            ("株式会社さくら", "wenquanyi"),
            ("한국 무역", "wenquanyi"),
            ("Café 🏢 😀", "symbola"),
        ):
            with self.subTest(name=name):
                debtor = self._debtor(name, city=name)
                self._due(debtor, 1)
                letter = self._letter(debtor, self.reminder)
                [page] = self._printed_pages(letter)
                self.assertTrue(
                    any(font in name for name in self._fonts(page)), self._fonts(page)
                )
                text = page.extract_text()
                for char in name.replace(" ", ""):
                    # the renderer maps what is beyond the first plane to nothing
                    if char < "\U00010000":
                        self.assertIn(char, text)

    def test_told_where_missing(self):
        with patch.object(res_company, "missing_scripts", lambda: ("chinese", "emoji")):
            self.company.invalidate_recordset(["collection_letter_health"])
            said = self.company.with_context(lang="en_US").collection_letter_health
            self.assertIn("Chinese, emoji", said)
            self.assertIn("fonts-wqy-microhei", said)
            wizard = self.env["collection.company.settings"].create(
                {"company_id": self.company.id}
            )
            self.assertEqual(
                wizard.with_context(lang="en_US").collection_letter_health, said
            )
            # nothing is kept back for it
            self._due(self.debtor, 1)
            letter = self._letter(self.debtor, self.reminder)
            self.assertEqual(letter.state, "to_send")
        with patch.object(res_company, "missing_scripts", tuple):
            self.company.invalidate_recordset(["collection_letter_health"])
            self.assertFalse(self.company.collection_letter_health)

    def test_a_server_that_cannot_tell(self):
        """Without fontconfig's command nothing is missing, and nothing breaks."""
        missing_scripts.cache_clear()
        self.addCleanup(missing_scripts.cache_clear)
        with patch(
            "odoo.addons.account_collection.tools.print_scripts.subprocess.run",
            side_effect=FileNotFoundError,
        ):
            self.assertEqual(missing_scripts(), ())
        missing_scripts.cache_clear()
        with patch(
            "odoo.addons.account_collection.tools.print_scripts.subprocess.run"
        ) as run:
            run.return_value.stdout = b"\n"
            self.assertEqual(
                missing_scripts(), ("chinese", "japanese", "korean", "emoji")
            )


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestDayCount(PagesCommon):
    """The letter says how the days of its interest are counted."""

    def _letter_of(self, level=None, **regime):
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        regimes["private"].write(regime)
        self._invoice(self.debtor, 10000, "2023-12-31", date="2023-12-01")
        return self._letter(self.debtor, level or self.firm_reminder)

    def test_365_in_leap_years_too(self):
        """14.5 % on 10,000 from 1 January to 30 June 2024: 182 days of 365."""
        letter = self._letter_of()
        text = self._text(letter._render_pdf())
        self.assertIn("01/01/2024 30/06/2024 182 10 000,00 € 14,50 % 723,01 €", text)
        self.assertIn("÷ 365", text)
        self.assertNotIn("366", text)
        self.assertRegex(text, "leap years too|années bissextiles comprises")

    def test_actual_days(self):
        letter = self._letter_of(day_count="actual")
        text = self._text(letter._render_pdf())
        self.assertIn("01/01/2024 30/06/2024 182 10 000,00 € 14,50 % 721,04 €", text)
        self.assertIn("÷ 366", text)

    def test_nothing_without_interest(self):
        text = self._text(self._letter_of(self.reminder)._render_pdf())
        self.assertNotIn("÷", text)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLegalMentions(PagesCommon):
    """Form, capital and register with its town stand on the letters of French firms."""

    def _missing(self, footer, langs=("fr_FR",), **values):
        self.company.write({"report_footer": footer, **values})
        return "\n".join(
            self.company.with_context(lang="en_US")._get_missing_letter_mentions(
                set(langs)
            )
        )

    def test_told_when_a_run_is_confirmed(self):
        self._due(self.debtor, 1)
        run = self._run(self.today)
        self.company.report_footer = "<p>Merci de votre confiance</p>"
        self.company.name = "Ateliers Vauban"
        manager = run.with_user(self.manager_user).with_context(lang="en_US")
        with self.assertRaises(UserError) as caught:
            manager.action_confirm()
        said = str(caught.exception)
        for part in (
            "the legal form, the capital, the register with its town",
            "R123-237",
            "R123-238",
            "Configure Document Layout of Ateliers Vauban, field Footer",
        ):
            self.assertIn(part, said)
        self.assertEqual(set(run.letter_ids.mapped("state")), {"draft"})
        self.company.report_footer = (
            "SARL au capital de 8 000 € – RCS Brest 404 833 048"
        )
        manager.action_confirm()
        self.assertEqual(set(run.letter_ids.mapped("state")), {"to_send"})

    def test_told_in_the_settings(self):
        self.company.report_footer = False
        said = self.company.with_context(lang="en_US").collection_letter_health
        self.assertIn("the capital, the register", said)
        self.assertNotIn("legal form", said, "it stands in the name")

    def test_each_by_itself(self):
        for footer, missing in (
            ("SAS au capital de 180 000 € – RCS Lyon 055 936 454", ()),
            ("S.A.R.L. au capital social de 7.500 € – R.C.S. AIX-EN-PROVENCE B 4", ()),
            ("Société par actions simplifiée, capital : 1 000 euros, RCS de Brest", ()),
            ("SAS au capital de 10 € – RCS 404 833 048 – TVA FR1", ("register",)),
            ("SAS – RCS Brest 404 833 048", ("capital",)),
            ("au capital de 10 € – RCS Brest 404 833 048", ("form",)),
            ("SCI des Tilleuls – RCS Vannes 1", ()),
            ("Jeanne Vauban, entrepreneur individuel", ()),
            ("Association loi 1901, Brest", ()),
            ("", ("form", "capital", "register")),
        ):
            with self.subTest(footer=footer):
                said = self._missing(footer, name="Ateliers Vauban")
                for code, label in (
                    ("form", "the legal form"),
                    ("capital", "the capital"),
                    ("register", "the register"),
                ):
                    self.assertEqual(label in said, code in missing, label)

    def test_wherever_it_is_printed(self):
        """In the name, the letterhead, the tagline or the number of the company."""
        self.assertFalse(
            self._missing(
                False,
                name="Ateliers Vauban SAS",
                company_details="<p>Ateliers Vauban SAS<br/>Capital : 50 000 €</p>",
                company_registry="RCS Brest 404 833 048",
            )
        )

    def test_in_the_language_of_the_letter(self):
        """What is not printed on a letter does not count for it."""
        self.company.report_footer = "<p>SAS au capital de 5 € – RCS Brest 4</p>"
        self.company.update_field_translations(
            "report_footer", {"de_DE": {"SAS au capital de 5 € – RCS Brest 4": "Danke"}}
        )
        missing = self.company.with_context(lang="en_US")._get_missing_letter_mentions
        self.assertFalse(missing({"fr_FR"}))
        self.assertIn("the capital", missing({"fr_FR", "de_DE"})[0])

    def test_french_companies_only(self):
        self.company.country_id = self.env.ref("base.be")
        self.assertFalse(self._missing(False))

    def test_at_the_foot(self):
        """With the numbers that the company does not print there itself."""
        self._due(self.debtor, 1)
        letter = self._letter(self.debtor, self.reminder)
        report = self.env["report.account_collection.report_collection_letter"]
        sender = report._get_sender(letter.sudo())
        self.assertIn("RCS Brest 404 833 048", sender["footer"])
        self.assertIn("55203253400646", sender["legal"])
        self.company.report_footer = (
            "SAS, capital 5 €, RCS Brest, SIRET 552 032 534 00646"
        )
        sender = report._get_sender(letter.sudo())
        self.assertNotIn("55203253400646", sender["legal"])
        self.company.report_footer = "<p><br/></p>"
        sender = report._get_sender(letter.sudo())
        self.assertFalse(sender["footer"])
        self.assertTrue(sender["legal"].startswith("Ateliers Vauban SAS – SIRET"))

    def test_a_branch_has_those_of_its_head_office(self):
        branch = self.env["res.company"].create(
            {
                "name": "Comptoir",
                "parent_id": self.company.id,
                "country_id": self.env.ref("base.fr").id,
            }
        )
        self.env.user.company_ids |= branch
        self.assertEqual(branch._get_collection_footer(), self.company.report_footer)
        self.assertFalse(branch._get_missing_letter_mentions({"fr_FR"}))
        self.company.report_footer = False
        [said] = branch.with_context(lang="en_US")._get_missing_letter_mentions(
            {"fr_FR"}
        )
        self.assertIn("the legal form, the capital, the register", said)
        self.assertIn("of Comptoir", said)
