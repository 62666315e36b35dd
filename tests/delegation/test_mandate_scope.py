from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from .common import HandoverCommon

STARTS = ("action_agree", "action_pilot", "action_start", "action_review")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMandateScope(HandoverCommon):
    """A mandate that ended stays ended; one that runs covers whom it says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sme = cls.env.ref("account_collection.segment_sme")
        cls.accounts = cls._file(4, amount=200.0)
        cls.covered, cls.stranger, cls.fresh, cls.small = cls.accounts
        (cls.accounts - cls.stranger).write({"segment_id": cls.sme.id})
        cls.fresh.item_ids.move_line_id.date_maturity = "2026-03-12"
        cls.mandate.write(
            {
                "segment_ids": [Command.set(cls.sme.ids)],
                "min_days_overdue": 20,
                "min_amount": 201.5,
            }
        )

    def _call(self, user, method, *args):
        return call_kw(
            self.env(user=user)["collection.mandate"],
            method,
            [self.mandate.ids, *args],
            {},
        )

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    def test_an_ended_mandate_stays_ended(self):
        self.mandate.action_end()
        for user in (self.manager_user, self.env.ref("base.user_root")):
            for method in STARTS:
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRaisesRegex(UserError, "cannot start again"),
                ):
                    self._call(user, method)
            for vals in (
                {"state": "live"},
                {"state": "study", "date_end": False},
                {"date_end": "2027-12-31", "state": "pilot"},
            ):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.assertRaisesRegex(UserError, "cannot start again"),
                ):
                    self._call(user, "write", vals)
        self._call(self.manager_user, "write", {"note": "<p>Archived</p>"})
        self.assertEqual(self.mandate.state, "ended")
        again = self.mandate.with_user(self.manager_user).copy()
        self.assertEqual(again.state, "study")

    def test_a_running_mandate_is_not_agreed_again(self):
        """Its accounts would be worked by nobody."""
        for vals in ({"state": "study"}, {"state": "agreed"}):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "cannot go from"),
            ):
                self._call(self.manager_user, "write", vals)
        with self.assertRaisesRegex(UserError, "cannot go from"):
            self._call(self.manager_user, "action_agree")
        self._call(self.manager_user, "action_review")
        self._call(self.manager_user, "action_start")
        self.assertEqual(self.mandate.state, "live")

    # ------------------------------------------------------------------
    # Whom it covers
    # ------------------------------------------------------------------

    def test_proposed(self):
        wizard = self._preview(method="total")
        self.assertEqual(
            {line.account_id: line.reason for line in wizard.line_ids},
            {
                self.covered: "file",
                self.stranger: "segment",
                self.fresh: "not_late",
                self.small: "too_small",
            },
        )

    def test_nobody_is_forced(self):
        wizard = self._preview(method="total")
        for account in (self.stranger, self.fresh, self.small):
            line = self._line(wizard, account).with_user(self.manager_user)
            self.assertTrue(line.locked)
            with (
                self.subTest(account=account.display_name),
                self.assertRaisesRegex(ValidationError, "for the mandate|in the mand"),
            ):
                line.action_go()
        with self.assertRaises(ValidationError):
            self._line(wizard, self.small).write({"decision": "goes"})

    def test_chosen_by_hand(self):
        wizard = self._preview(
            method="manual", account_ids=[Command.set(self.accounts.ids)]
        )
        going = wizard.line_ids.filtered(lambda line: line.decision == "goes")
        self.assertEqual(going.account_id, self.covered)
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.account_id, self.covered)

    def test_without_the_wizard(self):
        for account in (self.stranger, self.fresh, self.small):
            for method in ("action_hand_over", "action_propose"):
                placement = (
                    self.env["collection.placement"]
                    .with_user(self.manager_user)
                    .create(
                        {
                            "mandate_id": self.mandate.id,
                            # no day to come makes them later
                            "date": "2027-01-01",
                            "line_ids": [Command.create({"account_id": account.id})],
                        }
                    )
                )
                with (
                    self.subTest(account=account.display_name, method=method),
                    self.assertRaisesRegex(UserError, "mandate .* covers"),
                ):
                    getattr(placement, method)()
                placement.unlink()

    def test_narrowed_after_the_preview(self):
        wizard = self._preview(method="total")
        self.mandate.min_amount = 1000.0
        with self.assertRaisesRegex(UserError, "covers"):
            wizard.action_confirm()
