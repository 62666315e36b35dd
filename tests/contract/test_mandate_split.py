from collections import Counter
from hashlib import sha256

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..delegation.common import HandoverCommon, MergeCommon


class SplitCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sme = cls.env.ref("account_collection.segment_sme")
        cls.vse = cls.env.ref("account_collection.segment_vse")

    def _split(self, method="share", shares=(70, 30), segments=(), **values):
        return self.env["collection.mandate.split"].create(
            {
                "name": "Challenger",
                "company_id": self.company.id,
                "method": method,
                "seed": "spring",
                "line_ids": [
                    Command.create(
                        {
                            "mandate_id": mandate.id,
                            "share": share,
                            "segment_ids": [Command.set(segment.ids)]
                            if segment
                            else False,
                        }
                    )
                    for mandate, share, segment in zip(
                        (self.mandate, self.other_mandate),
                        shares,
                        segments or (False, False),
                        strict=True,
                    )
                ],
                **values,
            }
        )

    def _drawn(self, split):
        return {lot.account_id: lot.mandate_id for lot in split.lot_ids}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMandateSplit(SplitCommon):
    """Two providers, the same kind of customers, and nobody picks."""

    def test_by_lot(self):
        small, medium = self._file(10), self._file(10)
        small.segment_id = self.vse
        medium.segment_id = self.sme
        split = self._split()
        split.action_draw()
        drawn = self._drawn(split)
        self.assertEqual(set(drawn), set(small | medium) | self._also_active())
        # each segment in the order of the hashes, dealt 7 to 3
        for accounts in (small, medium):
            count = Counter(drawn[account] for account in accounts)
            self.assertLessEqual(abs(count[self.mandate] - 7), 1)
        again = self._by_hand(drawn, (0.7, 0.3))
        self.assertEqual({x.id: m.id for x, m in drawn.items()}, again)
        self.assertEqual(sum(split.line_ids.mapped("account_count")), len(drawn))
        self.assertEqual(
            split.line_ids.mapped("amount_open"),
            [
                sum(x.amount_open for x, m in drawn.items() if m == mandate)
                for mandate in (self.mandate, self.other_mandate)
            ],
        )

    def _also_active(self):
        return set(
            self.env["collection.account"]
            ._search_active(
                self.company, self.mandate.company_id._get_collection_today()
            )
            .filtered(lambda account: account.segment_id and not account.reserved)
        )

    def _by_hand(self, drawn, shares):
        """The lot, computed anew from the seed."""
        mandates = (self.mandate.id, self.other_mandate.id)
        order = sorted(
            drawn,
            key=lambda account: (
                account.segment_id.id,
                sha256(f"spring:{account.id}".encode()).digest(),
            ),
        )
        given, result = [0, 0], {}
        for number, account in enumerate(order, start=1):
            lack = [shares[side] * number - given[side] for side in (0, 1)]
            side = 0 if lack[0] >= lack[1] - 1e-9 else 1
            given[side] += 1
            result[account.id] = mandates[side]
        return result

    def test_kept_and_extended(self):
        first = self._file(8)
        first.segment_id = self.sme
        split = self._split(shares=(50, 50))
        split.action_draw()
        before = self._drawn(split)
        late = self._file(6)
        late.segment_id = self.sme
        with freeze_time("2026-05-15"):
            split.action_draw()
        after = self._drawn(split)
        self.assertEqual({x: after[x] for x in before}, before)
        self.assertEqual(set(after) - set(before), set(late))
        counts = Counter(after.values())
        self.assertLessEqual(abs(counts[self.mandate] - counts[self.other_mandate]), 1)
        self.assertEqual(str(split.date), "2026-03-31")

    def test_by_segment(self):
        accounts = self._file(4)
        accounts[:2].segment_id = self.sme
        accounts[2].segment_id = self.vse
        accounts[3].segment_id = self.env.ref("account_collection.segment_craft")
        split = self._split("segment", segments=(self.sme, self.vse))
        split.action_draw()
        drawn = self._drawn(split)
        self.assertEqual({drawn[x] for x in accounts[:2]}, {self.mandate})
        self.assertEqual(drawn[accounts[2]], self.other_mandate)
        self.assertNotIn(accounts[3], drawn)
        with self.assertRaisesRegex(ValidationError, "named twice"):
            self._split("segment", segments=(self.sme, self.sme | self.vse))

    def test_by_rank(self):
        accounts = self._file(10)
        accounts.segment_id = self.sme
        split = self._split("rank", shares=(20, 80))
        split.action_draw()
        drawn = self._drawn(split)
        amounts = (
            self.env["collection.account"]
            .concat(*drawn)
            ._get_turnover(self.company._get_collection_today())
        )
        ranked = sorted(drawn, key=lambda x: (-float(amounts.get(x.id, 0)), x.id))
        top = round(len(ranked) * 0.2)
        self.assertEqual({drawn[x] for x in ranked[:top]}, {self.mandate})
        self.assertEqual({drawn[x] for x in ranked[top:]}, {self.other_mandate})

    def test_hand_over_obeys(self):
        accounts = self._file(6)
        accounts.segment_id = self.sme
        split = self._split(shares=(50, 50))
        split.action_draw()
        drawn = self._drawn(split)
        wizard = self._preview(method="total")
        for line in wizard.line_ids.filtered(lambda x: x.account_id in accounts):
            with self.subTest(customer=line.account_id.display_name):
                theirs = drawn[line.account_id] != self.mandate
                self.assertEqual(line.reason == "other_lot", theirs)
                self.assertEqual(line.decision, "stays" if theirs else "goes")
        [theirs] = [x for x in accounts if drawn[x] == self.other_mandate][:1]
        # not by force either
        with self.assertRaises(UserError):
            self._hand_over(theirs, self.mandate)
        split.action_close()
        self._hand_over(theirs, self.mandate)
        self.assertEqual(theirs.mandate_id, self.mandate)

    def test_who_may_not_go_is_not_drawn(self):
        accounts = self._file(3)
        accounts.segment_id = self.sme
        accounts[0].reserved = True
        accounts[1].segment_id = False
        split = self._split()
        split.action_draw()
        self.assertNotIn(accounts[0], self._drawn(split))
        self.assertNotIn(accounts[1], self._drawn(split))
        self.assertIn(accounts[2], self._drawn(split))

    def test_what_cannot_be_drawn(self):
        one = self._split()
        one.line_ids[1].unlink()
        with self.assertRaisesRegex(UserError, "at least two"):
            one.action_draw()
        twice = self._split()
        twice.line_ids.mandate_id = self.mandate
        with self.assertRaisesRegex(UserError, "each of them once"):
            twice.action_draw()
        with self.assertRaisesRegex(UserError, "share above 0"):
            self._split(shares=(100, 0)).action_draw()
        with self.assertRaisesRegex(UserError, "which segments"):
            self._split("segment").action_draw()
        self.other_mandate.action_end()
        with self.assertRaisesRegex(UserError, "has ended"):
            self._split().action_draw()

    def test_of_one_company(self):
        split = self._split()
        other = self.env["res.company"].create({"name": "Another"})
        with self.assertRaisesRegex(ValidationError, "another company"):
            split.company_id = other
            split.flush_recordset()

    def test_drawn_stays(self):
        with self.assertRaisesRegex(UserError, "all are drawn"):
            self._split().action_draw()
        self._file(2).segment_id = self.sme
        split = self._split()
        split.action_draw()
        split = split.with_user(self.manager_user)
        for change in (
            lambda: split.write({"seed": "another"}),
            lambda: split.write({"state": "draft"}),
            lambda: split.line_ids[0].write({"share": 10}),
            lambda: split.line_ids[0].unlink(),
            lambda: split.unlink(),
        ):
            with self.assertRaises(UserError):
                change()
        with self.assertRaises(AccessError):
            split.lot_ids[:1].unlink()
        with self.assertRaises(AccessError):
            split.with_user(self.collector_user).action_draw()
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            for records in (split, split.line_ids, split.lot_ids):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    records.with_user(user).read(["id"])
        self.assertEqual(
            self.env["collection.mandate.split"]
            .create({"name": "X", "state": "drawn", "company_id": self.company.id})
            .state,
            "draft",
        )

    def test_queries_do_not_grow(self):
        def draw():
            split = self._split()
            with self._count_queries() as counter:
                split.action_draw()
            split.action_close()
            return counter.total

        self._file(2).segment_id = self.sme
        draw()
        few = draw()
        self._file(60).segment_id = self.sme
        self.assertLessEqual(draw(), few)


@tagged("post_install", "-at_install")
class TestSplitAndMerge(MergeCommon):
    """Two customers drawn for two mandates turn out to be one."""

    def test_one_lot_stays(self):
        sme = self.env.ref("account_collection.segment_sme")
        (self.account | self.other_account).segment_id = sme
        split = self.env["collection.mandate.split"].create(
            {
                "name": "Challenger",
                "company_id": self.company.id,
                "line_ids": [
                    Command.create({"mandate_id": mandate.id, "share": 50})
                    for mandate in (self.mandate, self.other_mandate)
                ],
            }
        )
        split.action_draw()
        before = {lot.account_id.id: lot.mandate_id for lot in split.lot_ids}
        self.assertEqual(len(set(before.values())), 2)
        account = self._merge(self.customer, self.other_customer)
        lot = self.env["collection.mandate.lot"].search([("split_id", "=", split.id)])
        self.assertEqual(lot.account_id, account)
        self.assertEqual(lot.mandate_id, before[account.id])
