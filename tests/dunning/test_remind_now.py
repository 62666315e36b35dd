# pylint: disable=translation-required  # what a test says, nobody reads
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.mail.tests.common import MockEmail

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestRemindNow(CollectionCommon, MockEmail):
    """One customer is reminded out of turn, by the rule that all are reminded by."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # three days late: the first level comes after seven
        cls.late = cls._invoice(cls.customer, 700.0, "2026-03-28")
        cls.coming = cls._invoice(cls.customer, 90.0, "2026-04-20")
        cls._invoice(cls.other_customer, 300.0, "2026-01-10")
        cls.account = cls.account_of(cls.customer)
        cls.level_1.channel = "email"

    def _open(self, record=None, user=None, name="action_remind_now"):
        record = (record or self.account).with_user(user or self.collector_user)
        action = getattr(record, name)()
        return record.env[action["res_model"]].browse(action["res_id"])

    def test_look_keeps_nothing(self):
        before = self.env["collection.letter"].search_count([])
        wizard = self._open()
        self.assertIn(self.level_1.name, wizard.description)
        self.assertIn("700", wizard.description)
        self.assertIn(self.late.name, wizard.preview_html)
        self.assertNotIn(self.coming.name, wizard.preview_html)
        Form(wizard, view="account_collection.collection_remind_view_form")
        self.assertEqual(self.env["collection.letter"].search_count([]), before)
        self.assertFalse(self.env["collection.dunning.run"].search([]))
        self.assertFalse(self.late.collection_item_ids.level_id)

    def test_one_click(self):
        company_run = self._run("2026-03-31")
        self.assertEqual(
            company_run.letter_ids.account_id, self.account_of(self.other_customer)
        )
        with self.mock_mail_gateway():
            self._open().action_send()
        letter = self.account.letter_ids
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.line_ids.item_id, self.late.collection_item_ids)
        self.assertEqual(letter.amount_total, 700.0)
        self.assertEqual(self.late.collection_item_ids.level_id, self.level_1)
        # the company's run goes on as it was computed
        self.assertEqual(company_run.state, "computed")
        company_run.action_confirm()
        self.assertEqual(company_run.letter_ids.mapped("state"), ["to_send"])
        self.assertEqual(letter.run_id.account_id, self.account)

    def test_the_next_level_at_once(self):
        for level in (self.level_1, self.level_2, self.level_3):
            with self.mock_mail_gateway():
                self._open().action_send()
            letters = self.account.letter_ids.filtered(
                lambda letter, level=level: letter.level_id == level
            )
            letters.filtered(lambda letter: letter.state == "to_send")._mark_sent()
            self.assertEqual(len(letters), 1)
            self.assertEqual(self.late.collection_item_ids.level_id, level)
        with self.assertRaisesRegex(UserError, "Ladder exhausted"):
            self._open()

    def test_from_the_invoice_and_the_contact(self):
        self.collector_user.group_ids |= self.env.ref("account.group_account_invoice")
        for record in (self.late, self.customer):
            wizard = self._open(record, name="action_collection_remind_now")
            self.assertEqual(wizard.account_id.id, self.account.id)

    def test_nothing_to_remind_of(self):
        self.late.collection_item_ids.write(
            {"hold_until": "2026-04-15", "hold_reason": "Ill"}
        )
        with self.assertRaisesRegex(UserError, f"{self.late.name}.*Ill"):
            self._open()
        self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.late.collection_item_ids.ids)],
                "reason_id": self._dispute_reason("price").id,
            }
        )
        with self.assertRaisesRegex(UserError, "Disputed"):
            self._open()
        self._pay(self.late)
        with self.assertRaisesRegex(UserError, "Nothing of this customer"):
            self._open()
        self.assertFalse(self.env["collection.dunning.run"].search([]))

    def test_approval_is_asked_for_as_ever(self):
        self.level_1.needs_approval = True
        with self.assertRaisesRegex(UserError, "Awaiting approval"):
            self._open()

    def test_paid_between_the_look_and_the_click(self):
        wizard = self._open()
        self._pay(self.late)
        with self.assertRaisesRegex(UserError, "Nothing of this customer"):
            wizard.action_send()
        self.assertFalse(self.account.letter_ids)

    def test_a_colleague_was_faster(self):
        """What was not looked at does not leave: the next level for one."""
        mine, theirs = self._open(), self._open(user=self.manager_user)
        with self.mock_mail_gateway():
            theirs.action_send()
            with self.assertRaisesRegex(UserError, "look again"), self.cr.savepoint():
                mine.action_send()
        self.assertEqual(self.account.letter_ids.level_id, self.level_1)
        self.assertEqual(self.late.collection_item_ids.level_id, self.level_1)
        # a part was paid meanwhile
        wizard = self._open()
        self._pay(self.late, 100.0)
        with self.assertRaisesRegex(UserError, "look again"):
            wizard.action_send()

    def test_a_contact_who_owes_nothing(self):
        nobody = self._customer("Nobody")
        with self.assertRaisesRegex(UserError, "Nothing of this customer"):
            nobody.with_user(self.collector_user).action_collection_remind_now()

    def test_whose_it_is(self):
        self._hand_over(self.account)
        for user in (
            self.agent_user,
            self.on_site_user,
            self.plain_portal_user,
            self.plain_internal_user,
        ):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._open(user=user)
        self.assertFalse(self.account.letter_ids)
