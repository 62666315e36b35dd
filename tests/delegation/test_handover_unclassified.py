from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestHandoverUnclassified(HandoverCommon):
    """Nobody leaves in a hand-over of whom nobody has said what they are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = cls._file(7)
        cls.unclassified = cls.accounts[4:]
        cls.unclassified.segment_id = False
        cls.classified = cls.accounts[:4]

    def _going(self, wizard):
        return wizard.line_ids.filtered(lambda line: line.decision == "goes").account_id

    def assertGroup(self, wizard, count, staying):
        self.assertEqual(
            (wizard.unclassified_count, wizard.unclassified_stay_count),
            (count, staying),
        )

    def test_they_stay_whatever_the_extent(self):
        """With the whole file, the rest below the largest, and those chosen by hand."""
        for method, going in (
            ("total", self.classified),
            # two of seven are the largest fifth
            ("partial", self.classified[2:]),
            ("manual", self.classified),
        ):
            with self.subTest(method=method):
                wizard = self._preview(
                    method=method,
                    account_ids=[
                        Command.set(self.accounts.ids if method == "manual" else [])
                    ],
                )
                self.assertEqual(self._going(wizard), going)
                lines = wizard.line_ids.filtered(
                    lambda line: line.reason == "unclassified"
                )
                self.assertEqual(lines.account_id, self.unclassified)
                self.assertFalse(any(lines.mapped("locked")), "a choice, no ban")
                self.assertGroup(wizard, 3, 3)
                self.assertIn("Unclassified", wizard.summary)

    def test_a_segment_with_archived_or_other_rules_is_a_segment(self):
        self.ordinary.active = False
        wizard = self._preview(method="total")
        self.assertEqual(self._going(wizard), self.classified)

    def test_what_keeps_them_in_house_is_told_first(self):
        self.unclassified[0].reserved = True
        self.unclassified[1].insolvency_date = "2026-03-15"
        wizard = self._preview(method="total")
        self.assertEqual(
            [self._line(wizard, account).reason for account in self.unclassified],
            ["reserved", "insolvent", "unclassified"],
        )
        self.assertGroup(wizard, 1, 1)
        wizard.action_take_unclassified()
        self.assertEqual(
            self._going(wizard), self.classified | self.unclassified[2], "no more"
        )

    def test_they_go_by_decision(self):
        wizard = self._preview(method="total")
        wizard.action_take_unclassified()
        self.assertGroup(wizard, 3, 0)
        self.assertEqual(wizard.go_count, 7)
        self.assertEqual(
            set(
                wizard.line_ids.filtered(
                    lambda line: line.account_id in self.unclassified
                ).mapped("reason")
            ),
            {"by_hand"},
        )
        wizard.action_leave_unclassified()
        self.assertGroup(wizard, 3, 3)
        self.assertEqual(wizard.go_count, 4)
        wizard.action_take_unclassified()
        wizard.action_confirm()
        placement = wizard.placement_id
        self.assertEqual(placement.line_ids.account_id, self.accounts)
        said = placement.message_ids.filtered(lambda m: "segment" in m.body)
        self.assertIn(self.manager_user.name, said.body)
        self.assertIn("3", said.body)
        for account in self.accounts:
            with self.subTest(customer=account.display_name):
                kept = account.message_ids.filtered(
                    lambda message: "without a segment" in message.body
                )
                self.assertEqual(len(kept), int(account in self.unclassified))
                if kept:
                    self.assertIn(self.manager_user.name, kept.body)
                    self.assertIn(placement.number, kept.body)

    def test_one_by_one(self):
        wizard = self._preview(method="total")
        self._line(wizard, self.unclassified[1]).action_go()
        self.assertGroup(wizard, 3, 2)
        wizard.action_propose()
        placement = wizard.placement_id
        self.assertEqual(
            placement.line_ids.account_id, self.classified | self.unclassified[1]
        )
        placement.with_user(self.manager_user).action_hand_over()
        said = placement.message_ids.filtered(lambda m: "segment" in m.body)
        self.assertIn("decision of", said.body)
        self.assertRegex(said.body, r": 1\b")

    def test_whichever_way_they_go(self):
        """Also a hand-over made without the wizard says who let them go."""
        placement = self._hand_over(self.accounts[2:6])
        said = placement.message_ids.filtered(lambda m: "segment" in m.body)
        self.assertIn(self.env.user.name, said.body)
        self.assertRegex(said.body, r": 2\b")

    def test_none_is_nothing_to_log(self):
        wizard = self._preview(method="total")
        wizard.action_confirm()
        placement = wizard.placement_id
        self.assertEqual(placement.line_ids.account_id, self.classified)
        self.assertFalse(placement.message_ids.filtered(lambda m: "segment" in m.body))

    def test_a_segment_lost_after_the_preview(self):
        wizard = self._preview(method="total")
        self.classified[0].segment_id = False
        with self.assertRaisesRegex(UserError, "no segment any more: Customer 000"):
            wizard.action_confirm()
        self.assertEqual(self.classified[0].delegation_state, "in_house")
        wizard.action_back()
        wizard.action_preview()
        self.assertGroup(wizard, 4, 4)

    def test_a_file_that_nobody_classified(self):
        self.accounts.segment_id = False
        wizard = self._preview(method="total")
        self.assertFalse(wizard.go_count)
        with self.assertRaisesRegex(UserError, "No account goes"):
            wizard.action_confirm()
        wizard.action_take_unclassified()
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.account_id, self.accounts)

    def test_the_managers_decision(self):
        wizard = self._preview(method="total")
        for user in (self.collector_user, self.on_site_user, self.agent_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizard.with_user(user).action_take_unclassified()
        wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "have been handed over"):
            wizard.action_take_unclassified()

    def test_on_the_screen(self):
        wizard = self._preview(method="total")
        form = Form(wizard)
        self.assertEqual(form.unclassified_count, 3)
        action = wizard.action_open_unclassified()
        self.assertEqual(action["context"], {"search_default_unclassified": 1})
        self.assertEqual(wizard.action_classify()["res_model"], "collection.classify")
