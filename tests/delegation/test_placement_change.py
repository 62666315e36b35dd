import io
import runpy

from openpyxl import load_workbook

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import file_path

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPlacementChange(CollectionCommon):
    """Who changed what of a hand-over, when and why; and what nothing changes."""

    @classmethod
    @freeze_time("2026-03-31 09:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"ref": "C-17", "street": "3 quai Sud", "city": "Lille"})
        cls.segment = cls.env["collection.segment"].create(
            {"name": "Crafts", "code": "crafts_x"}
        )
        cls.invoice = cls._invoice(cls.customer, 100.0, "2026-03-01")
        cls.second = cls._invoice(cls.customer, 40.0, "2026-03-10")
        cls._invoice(cls.other_customer, 70.0, "2026-03-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.account.segment_id = cls.segment
        cls.invoice.collection_item_ids.write(
            {"level_id": cls.level_1.id, "level_date": "2026-03-15"}
        )
        cls.placement = cls._hand_over(cls.account | cls.other_account)
        cls.line = cls.placement.line_ids.filtered(
            lambda line: line.account_id == cls.account
        )

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-04-02 10:30:00"))

    def _history(self, record=None):
        self.env.flush_all()
        changes = (record or self.line).change_ids.sorted("id")
        return [
            (
                change.user_id.login,
                str(change.date),
                change.field_name,
                change.value_before or "",
                change.value_after or "",
                change.reason or "",
            )
            for change in changes
        ]

    def _recall(self, records, **values):
        action = records.with_user(self.manager_user).action_recall()
        self.env["collection.recall"].with_user(self.manager_user).with_context(
            **action["context"]
        ).create({"reason": "strategic", **values}).action_recall()

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def test_states_of_the_hand_over(self):
        steps = [entry[2:5] for entry in self._history(self.placement)]
        self.assertEqual(
            steps,
            [
                ("state", "draft", "handed_over"),
                ("state", "handed_over", "accepted"),
            ],
        )
        self._recall(self.placement, note="All of it")
        steps = self._history(self.placement)
        self.assertIn("closed", [entry[4] for entry in steps])

    def test_recall(self):
        self._recall(self.line, note="bought our competitor")
        self.assertEqual(
            self._history(),
            [
                (
                    "collection_manager",
                    "2026-04-02 10:30:00",
                    "state",
                    "active",
                    "recalled",
                    "Became strategic: bought our competitor",
                )
            ],
        )
        [change] = self.line.change_ids
        self.assertEqual(change.what, "State")
        self.assertEqual(change.before, "With the provider")
        self.assertEqual(change.after, "Recalled")
        other = self.placement.line_ids - self.line
        self.assertFalse(other.change_ids)

    def test_one_item(self):
        self._recall(self.second.collection_item_ids, note="Goods came back")
        [change] = self.line.change_ids
        self.assertEqual(change.move_name, self.second.name)
        self.assertEqual(change.what, "Recalled")
        self.assertEqual(change.after, "Yes")
        self.assertEqual(change.reason, "Became strategic: Goods came back")
        self.assertEqual(change.user_id, self.manager_user)

    def test_payment_and_bounce(self):
        payment = self._pay(self.invoice, date="2026-04-02")
        self._pay(self.second, date="2026-04-02")
        self.env["collection.account"]._refresh()
        self.assertEqual(
            [entry[3:5] for entry in self._history()], [("active", "paid")]
        )
        payment.move_id.line_ids.remove_move_reconcile()
        self.env["collection.account"]._refresh()
        self.assertEqual(
            [entry[3:6] for entry in self._history()][-1],
            ("paid", "active", "The customer owes again."),
        )

    def test_what_follows(self):
        self.mandate.new_item_rule = "all"
        later = self._invoice(self.customer, 30.0, "2026-05-01", date="2026-04-01")
        self.env["collection.account"]._refresh()
        [change] = self.line.change_ids
        self.assertEqual(change.move_name, later.name)
        self.assertEqual(change.what, "Followed Later")

    def test_nobody_rewrites_it(self):
        self._recall(self.line)
        change = self.line.change_ids
        for user in (self.manager_user, self.env.ref("base.user_root")):
            changes = change.with_user(user).sudo()
            with self.assertRaises(UserError):
                changes.write({"reason": "x"})
            with self.assertRaises(UserError):
                changes.unlink()
            with self.assertRaises(UserError):
                changes.create(
                    {
                        "placement_id": self.placement.id,
                        "company_id": self.company.id,
                        "date": "2026-04-01",
                        "user_id": user.id,
                        "model_name": "collection.placement",
                        "field_name": "state",
                    }
                )

    def test_who_reads_it(self):
        self._recall(self.line)
        change = self.line.change_ids
        for user in (self.manager_user, self.collector_user):
            self.assertTrue(change.with_user(user).read(["what", "reason"]))
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            with self.assertRaises(AccessError):
                change.with_user(user).read(["what"])
            with self.assertRaises(AccessError):
                self.placement.with_user(user).read(["change_ids"])

    def test_queries_do_not_grow(self):
        counts = []
        for number in (2, 12):
            accounts = self.env["collection.account"]
            for position in range(number):
                partner = self._customer(f"Many {number} {position}")
                self._invoice(partner, 10.0, "2026-03-01")
                accounts |= self.account_of(partner)
            lines = self._hand_over(accounts, self.other_mandate).line_ids
            with self._count_queries() as counter:
                lines._take_back("recalled", "Test")
            counts.append(counter.total)
        self.assertLessEqual(counts[1], counts[0] + 5)

    # ------------------------------------------------------------------
    # Frozen
    # ------------------------------------------------------------------

    def _sheets(self):
        self.env.flush_all()
        self.env.invalidate_all()
        book = load_workbook(io.BytesIO(self.placement._get_xlsx()[1]))
        return [list(sheet.values) for sheet in book]

    def test_as_of_that_day_for_ever(self):
        sheets, printed = self._sheets(), self.placement._get_printed_list()
        shown = [
            {**row, "items": row["items"].ids, "followed": row["followed"].ids}
            for row in printed["rows"]
        ]
        held = self.line.item_ids.filtered("level_id")
        self.assertEqual(held.level_name, self.level_1.name)
        self.level_1.name = "Renamed level"
        self.segment.name = "Renamed segment"
        self.customer.write({"name": "Renamed", "ref": "X", "street": "Elsewhere"})
        self.company.partner_id.name = "Renamed company"
        self.provider.name = "Renamed provider"
        # core refuses it where there are entries, and a data base may have changed
        dollar = self._enable_currency("USD")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET currency_id = %s WHERE id = %s",
            [dollar.id, self.company.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.line.display_name, "Nord")
        self.assertEqual(held.level_name, f"{self.policy.name} L1")
        self.assertEqual(held.company_currency_id.name, "EUR")
        self.assertEqual(self.placement.currency_id.name, "EUR")
        again = self.placement._get_printed_list()
        self.assertEqual(
            [
                {**row, "items": row["items"].ids, "followed": row["followed"].ids}
                for row in again["rows"]
            ],
            shown,
        )
        after = self._sheets()
        self.assertEqual(after[:2], sheets[:2])
        self.assertNotIn("Renamed level", str(after))
        arch = self.env["collection.placement.line"].get_view(view_type="form")["arch"]
        self.assertNotIn('name="level_id"', arch)

    def test_hand_overs_of_before_levels_were_kept(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_placement_item SET level_name = NULL WHERE line_id = %s",
            [self.line.id],
        )
        self.env.cr.execute(
            "UPDATE collection_placement_line SET segment_name = NULL WHERE id = %s",
            [self.line.id],
        )
        path = file_path("account_collection/migrations/19.0.1.1.0/post-placements.py")
        runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        held = self.line.item_ids.filtered("level_id")
        self.assertEqual(held.level_name, self.level_1.name)
        self.assertEqual(self.line.segment_name, "Crafts")

    def test_draft_is_called_as_the_customer_is(self):
        partner = self._customer("West")
        self._invoice(partner, 10.0, "2026-03-01")
        draft = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [
                    Command.create({"account_id": self.account_of(partner).id})
                ],
            }
        )
        self.assertEqual(draft.line_ids.display_name, "West")

    def test_merged_customer_stays_known(self):
        """Who become one customer stay two on the list; the history says which went
        where."""
        line = self.placement.line_ids - self.line
        self.line.sudo()._absorb(line.sudo())
        self.assertEqual(line.partner_name, "Vela")
        self.assertEqual([self.line.amount, line.amount], [140.0, 70.0])
        [change] = line.change_ids.filtered(lambda change: change.field_name == "state")
        self.assertEqual(
            [change.value_before, change.value_after], ["active", "transferred"]
        )
        self.assertIn(self.line.account_id.display_name, change.reason)
        self.assertFalse(
            self.line.change_ids.filtered(lambda change: change.field_name == "amount")
        )
