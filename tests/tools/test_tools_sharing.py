import doctest

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import amount_input, sharing
from odoo.addons.account_collection.tools.amount_input import parse_amount, write_amount
from odoo.addons.account_collection.tools.sharing import Load, share_out


class TestSharing(BaseCase):
    def test_examples(self):
        for module in (sharing, amount_input):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_as_many_and_as_much_for_each(self):
        both = frozenset({1, 2})
        customers = [(number, 100.0 * number, both) for number in range(1, 11)]
        shares = share_out(customers, {1: Load(), 2: Load()})
        amounts = {1: 0.0, 2: 0.0}
        counts = {1: 0, 2: 0}
        for customer, agent in shares.items():
            amounts[agent] += 100.0 * customer
            counts[agent] += 1
        self.assertEqual(counts, {1: 5, 2: 5})
        self.assertLessEqual(abs(amounts[1] - amounts[2]), 100.0)

    def test_who_has_fewer_catches_up(self):
        both = frozenset({1, 2})
        shares = share_out([(7, 10.0, both)] * 1, {1: Load(3, 5.0), 2: Load(1, 900.0)})
        self.assertEqual(shares, {7: 2})

    def test_loads_are_not_changed(self):
        loads = {1: Load()}
        share_out([(7, 10.0, frozenset({1}))], loads)
        self.assertEqual(loads, {1: Load()})

    def test_nobody_to_share_with(self):
        self.assertEqual(share_out([(7, 10.0, frozenset({1}))], {}), {})
        self.assertEqual(share_out([], {1: Load()}), {})

    def test_amounts_as_they_are_typed(self):
        french, german, english = (",", "\u202f"), (",", "."), (".", ",")
        for text, written, decimals, amount in (
            ("1250", english, 2, 1250.0),
            ("1250.5", french, 2, 1250.5),
            ("1 250,50", french, 2, 1250.5),
            ("1\u202f250,50", french, 2, 1250.5),
            ("1.250,50", german, 2, 1250.5),
            ("1,250.50", english, 2, 1250.5),
            ("1,250", english, 2, 1250.0),
            ("1.250", german, 2, 1250.0),
            ("1.250", english, 2, 1.25),
            ("1,234,567.89", english, 2, 1234567.89),
            ("-5", english, 2, -5.0),
            # Tunisian dinars have three decimals
            ("1234.500", french, 3, 1234.5),
            ("234.500", french, 3, 234.5),
            ("1234,500", french, 3, 1234.5),
            ("1234,500", english, 3, 1234.5),
            ("1234.500", german, 3, 1234.5),
            ("0.500", german, 3, 0.5),
            ("1.234.567", french, 2, 1234567.0),
        ):
            with self.subTest(text=text, written=written):
                self.assertEqual(parse_amount(text, *written, decimals), amount)

    def test_what_is_prefilled_is_read_as_what_it_is(self):
        for point, thousands in ((",", "\u202f"), (",", "."), (".", ",")):
            for amount, decimals in ((1234.5, 3), (999.999, 3), (1234.5, 2), (7.0, 0)):
                text = write_amount(amount, decimals, point)
                with self.subTest(text=text):
                    self.assertEqual(
                        parse_amount(text, point, thousands, decimals), amount
                    )

    def test_thousands_or_decimals_are_not_guessed(self):
        for text in ("1.250", "1.2.3", "1,2,3.4", "1,2.3,4"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_amount(text, ",", "\u202f")

    def test_what_is_no_amount(self):
        for text in ("", "a lot", "nan", "inf", "1e999", "1_000", "١٢", "1-2", ","):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_amount(text)
