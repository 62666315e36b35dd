import doctest

from odoo.tests import BaseCase, tagged

from ...tools import address_block, legal_mentions, print_scripts


@tagged("post_install", "-at_install")
class TestToolsLetterPaper(BaseCase):
    def test_doctests(self):
        for module in (address_block, legal_mentions, print_scripts):
            with self.subTest(module=module.__name__):
                self.assertFalse(doctest.testmod(module).failed)

    def test_places(self):
        """Worked out by hand: a DL envelope, a sheet of 210 × 99, both windows."""
        self.assertEqual(address_block.ADDRESS, (100, 55, 190, 79))
        self.assertEqual(address_block.CLEAR, (90, 34, 200, 90))

    def test_fit(self):
        """Whatever the address, its rows stay within the height."""
        word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
        for lines in (
            ["A"],
            ["Nom de la société"] * 4,
            ["Nom de la société"] * 7,
            ["Nom de la société"] * 10,
            [word * 2, word],
            ["株式会社さくら" * 6, "東京都千代田区" * 4],
        ):
            with self.subTest(lines=len(lines), first=lines[0][:20]):
                size, line_height = address_block.fit_address(lines, 85, 24)
                room = 85 / address_block.POINT / size
                rows = sum(
                    address_block.count_rows(line, room, bold=not position)
                    for position, line in enumerate(lines)
                )
                self.assertGreaterEqual(rows, len(lines))
                self.assertLessEqual(rows * line_height * 25.4 / 72, 24.01)
                self.assertGreater(line_height, size)

    def test_rows(self):
        self.assertEqual(address_block.count_rows("", 10), 1)
        self.assertEqual(address_block.count_rows("m" * 40, 10), 4)
        self.assertEqual(address_block.count_rows("ab cd ef", 2.7), 2)

    def test_mentions_in_other_languages(self):
        for text, missing in (
            ("Vauban SAS, share capital of €50,000, RCS Brest", []),
            ("Vauban SAS, Stammkapital 50.000 €, RCS Brest", []),
            ("SASU à capital variable – RCS d’Évry 1", []),
            ("SARL au capital\nRCS Nantes 12", ["capital"]),
            ("SAS capital 1 € – RCS\nBrest", ["register"]),
        ):
            with self.subTest(text=text):
                self.assertEqual(legal_mentions.missing_mentions(text), missing)
