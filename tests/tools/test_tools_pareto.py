from odoo.tests import BaseCase

from odoo.addons.account_collection.tools.pareto import (
    is_silent,
    pareto_split,
    recommended_extent,
)


class TestToolsPareto(BaseCase):
    def test_thousand_accounts(self):
        split = pareto_split({key: 1_000_000.0 - key for key in range(1000)})
        self.assertEqual(split.keep, list(range(200)))
        self.assertEqual(split.go, list(range(200, 1000)))
        self.assertEqual(split.top, set(range(200)))
        self.assertEqual(split.reserved, set())

    def test_rounds_up_without_float_surprise(self):
        for count, share, kept in [
            (100, 0.20, 20),
            (100, 0.07, 7),  # 0.07 * 100 = 7.000000000000001
            (100, 0.29, 29),
            (1000, 0.2, 200),
            (101, 0.20, 21),
            (4, 0.20, 1),
            (1, 0.20, 1),
            (0, 0.20, 0),
            (10, 0, 0),
            (10, 1, 10),
        ]:
            with self.subTest(count=count, share=share):
                split = pareto_split(
                    {key: float(key) for key in range(count)}, keep_share=share
                )
                self.assertEqual(len(split.keep), kept)
                self.assertEqual(len(split.go), count - kept)

    def test_reserved_accounts_stay(self):
        turnovers = {key: 100.0 - key for key in range(10)}
        split = pareto_split(turnovers, reserved=[9, 5, 0, 77])
        self.assertEqual(split.top, {0, 1})
        self.assertEqual(split.reserved, {0, 5, 9}, "77 is not an active account")
        self.assertEqual(split.keep, [0, 1, 5, 9], "by rank")
        self.assertEqual(split.go, [2, 3, 4, 6, 7, 8])

    def test_ties_by_key(self):
        turnovers = {"d": 5.0, "b": 5.0, "c": 5.0, "a": 1.0, "e": 9.0}
        split = pareto_split(turnovers, keep_share=0.4)
        self.assertEqual(split.keep, ["e", "b"])
        self.assertEqual(split.go, ["c", "d", "a"])
        self.assertEqual(
            split, pareto_split(dict(reversed(turnovers.items())), keep_share=0.4)
        )

    def test_shares_of_turnover(self):
        split = pareto_split({1: 800.0, 2: 100.0, 3: 50.0, 4: 30.0, 5: 20.0})
        self.assertEqual(split.keep, [1])
        self.assertEqual((split.turnover_keep, split.turnover_go), (800.0, 200.0))
        self.assertEqual((split.share_keep, split.share_go), (0.8, 0.2))

    def test_no_turnover_no_share(self):
        for turnovers in ({}, {1: 0.0, 2: 0.0}, {1: -5.0}):
            split = pareto_split(turnovers)
            self.assertIsNone(split.share_keep)
            self.assertIsNone(split.share_go)

    def test_bad_share(self):
        for share in (-0.1, 1.1, 20):
            with self.assertRaises(ValueError):
                pareto_split({1: 1.0}, keep_share=share)

    def test_recommended_extent(self):
        for n_active, extent in [
            (0, "none"),
            (199, "none"),
            (200, "total"),
            (500, "total"),
            (501, "partial"),
            (20000, "partial"),
        ]:
            self.assertEqual(recommended_extent(n_active), extent)
        self.assertEqual(recommended_extent(60, lower=50, upper=80), "total")
        self.assertEqual(recommended_extent(81, lower=50, upper=80), "partial")

    def test_files_of_which_the_rules_say_nothing(self):
        self.assertEqual(
            [is_silent(count) for count in (0, 501, 20000, 20001)],
            [False, False, False, True],
        )
        self.assertTrue(is_silent(81, limit=80))
