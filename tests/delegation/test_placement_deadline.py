from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon

DEADLINE = "account_collection.mail_activity_type_deadline"
EXTENSION = "account_collection.mail_activity_type_extension"


@tagged("post_install", "-at_install")
class TestPlacementDeadline(CollectionCommon):
    """Customers who go for a time come back by themselves, unless it is extended."""

    @classmethod
    @freeze_time("2026-03-02 09:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.company.email = "credit@company.example.com"
        cls.supervisor_user.lang = "en_US"
        cls.mandate.placement_days = 60
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls._invoice(cls.other_customer, 300.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.placement = cls._hand_over(cls.account | cls.other_account)
        cls.line = cls.placement.line_ids.filtered(
            lambda line: line.account_id == cls.account
        )
        cls.other_line = cls.placement.line_ids - cls.line

    def _night(self, day):
        before = self.env["mail.mail"].search([])
        with freeze_time(f"{day} 02:08:00"):
            self.env["collection.placement.line"]._cron_expire()
        return self.env["mail.mail"].search([]) - before

    def _ask(self, lines=None, days=30, reason="Two instalments to come"):
        lines = self.line if lines is None else lines
        self.placement.with_user(self.supervisor_user)._portal_extend(
            lines.ids, days, reason
        )
        return self.placement.extension_ids[:1]

    def test_time_is_over(self):
        # 2 March and 60 days
        self.assertEqual(self.line.date_deadline, date(2026, 5, 1))
        self._night("2026-05-01")
        self.assertEqual(self.line.state, "active")
        self._night("2026-05-02")
        self.assertEqual((self.line | self.other_line).mapped("state"), ["expired"] * 2)
        self.assertEqual(self.placement.state, "closed")
        self.assertEqual(self.account.delegation_state, "in_house")
        self.assertFalse(self.invoice.collection_item_ids.delegated)
        self.assertFalse(
            self.env["collection.account"]
            .with_user(self.agent_user)
            .search([("id", "=", self.account.id)])
        )
        # a payment that bounces later brings nobody back whose time was over
        self.env["collection.account"]._refresh()
        self.assertEqual(self.line.state, "expired")

    def test_no_end(self):
        self.mandate.placement_days = 0
        third = self._customer("Third")
        self._invoice(third, 50.0, "2026-02-01")
        line = self._hand_over(self.account_of(third)).line_ids
        self.assertFalse(line.date_deadline)
        self._night("2030-01-01")
        self.assertEqual(line.state, "active")

    def test_warned_once(self):
        self.assertFalse(self._night("2026-04-23"))
        mail = self._night("2026-04-24")
        self.assertEqual(mail.recipient_ids, self.supervisor_user.partner_id)
        self.assertIn(self.placement.number, mail.body_html)
        self.assertNotIn("Nord", mail.body_html)
        activity = self.placement.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(DEADLINE))
        self.assertFalse(self._night("2026-04-25"))
        self.assertEqual(self.placement.activity_ids, activity)

    def test_a_hundred_lines_cost_as_much_as_two(self):
        def count(day):
            with self._count_queries() as counter:
                self._night(day)
            return counter.total

        few = count("2026-05-02")
        with freeze_time("2026-05-02"):
            accounts = self.env["collection.account"]
            for number in range(40):
                partner = self._customer(f"Many {number}")
                self._invoice(partner, 100.0, "2026-03-01")
                accounts |= self.account_of(partner)
            self._hand_over(accounts)
        self.assertLessEqual(count("2026-07-02"), few + 15)

    # ------------------------------------------------------------------
    # Extensions
    # ------------------------------------------------------------------

    def test_granted(self):
        with freeze_time("2026-04-20"):
            extension = self._ask()
        self.assertRecordValues(
            extension,
            [
                {
                    "state": "open",
                    "days": 30,
                    "line_count": 1,
                    "agent_id": self.supervisor.id,
                }
            ],
        )
        self.assertEqual(extension.activity_ids.user_id, self.mandate.user_id)
        extension.with_user(self.manager_user).days_granted = 20
        extension.with_user(self.manager_user).action_grant()
        self.assertEqual(self.line.date_deadline, date(2026, 5, 21))
        self.assertEqual(self.other_line.date_deadline, date(2026, 5, 1))
        self.assertEqual(extension.decided_by_id, self.manager_user)
        self.assertFalse(extension.activity_ids)
        # the auditor reads who moved the end, and why
        change = self.line.change_ids.filtered(
            lambda change: change.field_name == "date_deadline"
        )
        self.assertRecordValues(
            change,
            [
                {
                    "before": "05/01/2026",
                    "after": "05/21/2026",
                    "user_id": self.manager_user.id,
                    "reason": "Two instalments to come",
                }
            ],
        )
        self._night("2026-05-02")
        self.assertEqual(self.line.state, "active")
        self.assertEqual(self.other_line.state, "expired")
        # warned anew before the new end
        self.assertTrue(self._night("2026-05-14"))
        # history stays
        with self.assertRaises(UserError):
            extension.with_user(self.manager_user).days_granted = 99
        with self.assertRaises(UserError):
            extension.with_user(self.manager_user).action_grant()
        with self.assertRaises(UserError):
            extension.unlink()

    def test_refused(self):
        extension = self._ask()
        manager = extension.with_user(self.manager_user)
        with self.assertRaises(UserError):
            manager.action_refuse()
        manager.answer = "We take them over ourselves"
        manager.action_refuse()
        self.assertEqual(self.line.date_deadline, date(2026, 5, 1))
        # asked again
        self.assertEqual(self._ask().state, "open")

    def test_not_decided_in_time(self):
        extension = self._ask()
        self._night("2026-05-02")
        self.assertEqual(self.line.state, "expired")
        self.assertEqual(extension.state, "lapsed")
        self.assertFalse(extension.activity_ids)
        with self.assertRaises(UserError):
            extension.with_user(self.manager_user).action_grant()

    def test_what_may_not_be_asked(self):
        for lines, days, reason in (
            (self.line, 0, "Why"),
            (self.line, -5, "Why"),
            (self.line, 91, "Why"),
            (self.line, 10**9, "Why"),
            (self.line, 10, ""),
            (self.line, 10, "x" * 501),
            (self.line.browse(), 10, "Why"),
            (self.line.browse(2147483647), 10, "Why"),
        ):
            with self.subTest(days=days), self.assertRaises(UserError):
                self._ask(lines, days, reason)
        self.assertFalse(self.placement.extension_ids)
        self._ask(self.line)
        with self.assertRaises(UserError):
            self._ask(self.line | self.other_line)

    def test_who_may_ask_and_decide(self):
        for user in (self.agent_user, self.other_agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.placement.with_user(user)._portal_extend(self.line.ids, 10, "Why")
        extension = self._ask()
        for user in (
            self.collector_user,
            self.agent_user,
            self.supervisor_user,
            self.on_site_user,
        ):
            for method in ("action_grant", "action_refuse"):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    getattr(extension.with_user(user), method)()
        for user in (self.supervisor_user, self.on_site_user):
            with self.assertRaises(AccessError):
                extension.with_user(user).read(["reason"])
        with self.assertRaises(UserError):
            self.env["collection.placement.extension"].with_user(
                self.manager_user
            ).create(
                {
                    "placement_id": self.placement.id,
                    "agent_id": self.supervisor.id,
                    "days": 1,
                    "reason": "Why",
                }
            )

    def test_who_comes_again_late_has_a_new_time(self):
        with freeze_time("2026-04-30"):
            payment = self._pay(self.invoice, date="2026-04-30")
            self.env["collection.account"]._refresh(self.account)
        self.assertEqual(self.line.state, "paid")
        with freeze_time("2026-05-10"):
            self._receivable_lines(payment.move_id).remove_move_reconcile()
            self.env["collection.account"]._refresh(self.account)
        self.assertEqual(self.line.state, "active")
        self.assertEqual(
            self.line.date_deadline, date(2026, 5, 10) + timedelta(days=60)
        )

    def test_nobody_types_the_end(self):
        for vals in ({"date_deadline": "2099-01-01"}, {"deadline_warned": True}):
            with self.assertRaises(UserError):
                self.line.with_user(self.manager_user).write(vals)
