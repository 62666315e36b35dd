from collections import Counter

from odoo.tests import BaseCase, tagged

from ...tools.lot import cut, deal, draw, shuffled

#: hashes beginning 3abf, 47c4, 6322, 6c2e, f2b3
ORDER = [1, 4, 3, 2, 5]


@tagged("post_install", "-at_install")
class TestLot(BaseCase):
    def test_the_same_lot_for_everybody(self):
        # sha256 of "2026:1" … "2026:5", sorted by hand
        self.assertEqual(
            shuffled([5, 4, 3, 2, 1], "2026"), shuffled(range(1, 6), "2026")
        )
        self.assertNotEqual(shuffled(range(50), "2026"), shuffled(range(50), "2027"))
        self.assertNotEqual(shuffled(range(50), "2026"), list(range(50)))

    def test_shares_to_within_one(self):
        for count in (0, 1, 2, 7, 100, 999):
            parties = Counter(deal(range(count), (70, 30)).values())
            with self.subTest(count=count):
                self.assertEqual(parties.total(), count)
                self.assertLessEqual(abs(parties[0] - 0.7 * count), 1)

    def test_at_every_moment(self):
        parties = list(deal(range(300), (50, 30, 20)).values())
        for count in range(1, 301):
            for position, share in enumerate((0.5, 0.3, 0.2)):
                have = parties[:count].count(position)
                self.assertLessEqual(abs(have - share * count), 1, (count, position))

    def test_who_comes_later_makes_up(self):
        self.assertEqual(
            Counter(deal("abcdefghij", (50, 50), dealt=(10, 0)).values()), {1: 10}
        )

    def test_ranked(self):
        self.assertEqual(
            cut("abcdefghij", (20, 80)),
            dict.fromkeys("ab", 0) | dict.fromkeys("cdefghij", 1),
        )
        self.assertEqual(Counter(cut(range(7), (1, 1, 1)).values()), {0: 2, 1: 3, 2: 2})

    def test_the_same_mixture(self):
        groups = {"small": range(200), "large": range(200, 220)}
        parties = draw(groups, (50, 50), "seed")
        self.assertEqual(parties, draw(groups, (50, 50), "seed"))
        self.assertEqual(
            Counter(parties[key] for key in groups["large"]), {0: 10, 1: 10}
        )
