from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestHandoverGroups(HandoverCommon):
    """What is worth a look before customers go, each left out with one press."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = cls._file(8, amount=1000.0)
        (
            cls.promised,
            cls.disputed,
            cls.on_plan,
            cls.credited,
            cls.foreign,
            cls.settled,
            cls.plain,
            cls.placed,
        ) = cls.accounts
        cls.env["collection.promise"].create(
            {
                "account_id": cls.promised.id,
                "item_ids": [Command.set(cls.promised.item_ids.ids)],
                "amount": 500.0,
                "date_promised": "2026-04-10",
            }
        )
        cls.env["collection.dispute"].create(
            {
                "account_id": cls.disputed.id,
                "item_ids": [Command.set(cls.disputed.item_ids.ids)],
                "reason_id": cls._dispute_reason("price").id,
                "amount": 250.0,
                "deadline": "2026-04-10",
            }
        )
        plan = cls.env["collection.payment.plan"].create(
            {
                "account_id": cls.on_plan.id,
                "item_ids": [Command.set(cls.on_plan.item_ids.ids)],
                "instalment_count": 2,
                "date_first": "2026-04-10",
            }
        )
        plan.action_split()
        plan.action_agree()
        cls._invoice(
            cls.credited.partner_id, 40.0, "2026-03-15", move_type="out_refund"
        )
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.foreign.partner_id.lang = "de_DE"
        cls._pay(cls.settled.item_ids.move_id)
        cls._hand_over(cls.placed, cls.other_mandate)
        cls.env.flush_all()

    def _group(self, wizard, code):
        return wizard.group_ids.filtered(lambda group: group.code == code)

    def test_counts_and_amounts(self):
        wizard = self._preview(method="total")
        found = {
            group.code: (group.account_count, group.go_count, group.amount)
            for group in wizard.group_ids
        }
        self.assertEqual(
            found,
            {
                "promised": (1, 1, 1008.0),
                "disputed": (1, 1, 250.0),
                "on_plan": (1, 1, 1006.0),
                "credits": (1, 1, 40.0),
                "language": (1, 1, 1004.0),
                "nothing": (1, 1, 0.0),
            },
        )

    def test_left_out_and_taken_again(self):
        wizard = self._preview(method="total")
        self.assertEqual((wizard.go_count, wizard.stay_count), (7, 0))
        for code, account in (
            ("promised", self.promised),
            ("disputed", self.disputed),
            ("on_plan", self.on_plan),
            ("credits", self.credited),
            ("language", self.foreign),
            ("nothing", self.settled),
        ):
            with self.subTest(code=code):
                group = self._group(wizard, code)
                group.action_leave_out()
                self.assertRecordValues(
                    self._line(wizard, account),
                    [{"decision": "stays", "reason": "by_hand"}],
                )
                group.invalidate_recordset()
                self.assertEqual((group.go_count, group.left_count), (0, 1))
                self.assertEqual(group.go_amount, 0.0)
                group.action_take()
                self.assertEqual(self._line(wizard, account).decision, "goes")
                self.assertEqual(group.go_amount, group.amount)
                group.action_leave_out()
        self.assertEqual((wizard.go_count, wizard.stay_count), (1, 6))
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.account_id, self.plain)
        with self.assertRaisesRegex(UserError, "have been handed over"):
            self._group(wizard, "promised").action_take()

    def test_who_stays_for_another_reason_is_not_taken(self):
        """The largest stay in a partial hand-over, promise or not."""
        wizard = self._preview()
        line = self._line(wizard, self.promised)
        self.assertEqual((line.decision, line.reason), ("stays", "top"))
        self._group(wizard, "promised").action_take()
        self.assertEqual(line.decision, "stays")

    def test_who_is_owed_more_is_shown_and_stays(self):
        self._invoice(
            self.plain.partner_id, 3000.0, "2026-03-15", move_type="out_refund"
        )
        wizard = self._preview(method="total")
        group = self._group(wizard, "creditor")
        self.assertEqual(
            (group.account_count, group.go_count, group.amount), (1, 0, 3000.0)
        )
        group.action_take()
        self.assertEqual(self._line(wizard, self.plain).decision, "stays")
        with self.assertRaises(ValidationError):
            self._line(wizard, self.plain).action_go()

    def test_who_is_with_a_provider_is_a_group_of_their_own(self):
        wizard = self._preview(method="total")
        self.assertRecordValues(
            self._line(wizard, self.placed),
            [
                {
                    "decision": "placed",
                    "reason": "delegated",
                    "current_mandate_id": self.other_mandate.id,
                }
            ],
        )
        self.assertEqual(wizard.placed_count, 1)
        self.assertIn("Already with a provider: Provider Two", wizard.summary)
        self.assertNotIn("Already", wizard.summary.split("With whom")[0])
        action = wizard.with_context(side="placed").action_open_lines()
        self.assertEqual(action["context"], {"search_default_placed": 1})

    def test_of_items_only_what_goes_counts(self):
        self._invoice(self.promised.partner_id, 70.0, "2026-03-01")
        free = self.promised.item_ids.filtered(lambda item: not item.promise_id)
        wizard = self._wizard(method="manual", item_ids=[Command.set(free.ids)])
        wizard.action_preview()
        self.assertFalse(self._group(wizard, "promised"))
        self.assertEqual(wizard.line_ids.amount_open, 70.0)
