import doctest

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools import amount_input, sharing
from odoo.addons.account_collection.tools.amount_input import parse_amount
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
        for text, point, amount in (
            ("1250", ".", 1250.0),
            ("1250.5", ",", 1250.5),
            ("1 250,50", ",", 1250.5),
            ("1\u202f250,50", ",", 1250.5),
            ("1.250,50", ",", 1250.5),
            ("1,250.50", ".", 1250.5),
            ("1,250", ".", 1250.0),
            ("1.250", ",", 1250.0),
            ("1.250", ".", 1.25),
            ("1,234,567.89", ".", 1234567.89),
            ("-5", ".", -5.0),
        ):
            with self.subTest(text=text, point=point):
                self.assertEqual(parse_amount(text, point), amount)

    def test_what_is_no_amount(self):
        for text in ("", "a lot", "nan", "inf", "1e999", "1_000", "١٢", "1-2", ","):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_amount(text)
