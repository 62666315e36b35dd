from odoo import Command
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestLetterPeople(CollectionCommon):
    """Letters, copies and calls are for people who are still the customer's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls._policy("Ladder M", [("due", 5, {"channel": "email"})])
        cls.company.collection_policy_id = cls.policy
        cls.company.email = "us@company.example.com"
        cls.desk, cls.boss = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": cls.customer.id,
                    "email": f"{name.lower()}@customer.example.com",
                    "type": "contact",
                }
                for name in ("Desk", "Boss")
            ]
        )
        cls.invoice = cls._invoice(cls.desk, 640.0, "2026-02-15")
        cls.account = cls.account_of(cls.customer)

    def _letter(self):
        return self._run("2026-03-31").letter_ids

    def _leave(self, person, how):
        if how == "archived":
            person.active = False
        else:
            person.parent_id = self.other_customer
        self.env.flush_all()

    def test_invoice_contact(self):
        self.assertEqual(self._letter().partner_id, self.desk)

    def _check_passed_over(self, how):
        self._leave(self.desk, how)
        self.assertEqual(self._letter().partner_id, self.customer)

    def test_invoice_contact_archived(self):
        self._check_passed_over("archived")

    def test_invoice_contact_elsewhere(self):
        self._check_passed_over("elsewhere")

    def test_chosen_contact(self):
        self.account.dunning_contact_id = self.boss
        self.assertEqual(self._letter().partner_id, self.boss)
        self.assertFalse(self.account.correspondence_note)
        for how in ("archived", "elsewhere"):
            with self.subTest(how):
                boss = self.boss.copy({"name": f"Boss {how}"})
                self.account.dunning_contact_id = boss
                self._leave(boss, how)
                self.assertEqual(self._letter().partner_id, self.desk)
                self.assertEqual(self.account._dunning_contact(), self.customer)
                self.assertIn(boss.name, self.account.correspondence_note)
                self.assertNotIn(boss, self.account._get_call_people())

    def test_address_for_invoices(self):
        """A company of its own below this one is somebody else."""
        self.invoice.button_draft()
        self.invoice.partner_id = self.customer
        self.invoice.action_post()
        sister = self._customer("Sister", parent_id=self.customer.id, type="invoice")
        self.assertEqual(self._letter().partner_id, self.customer)
        self.assertNotIn(sister, self.account._get_call_people())
        self.assertIn(self.boss, self.account._get_call_people())

    def test_copies(self):
        self.account.dunning_copy_ids = [Command.set((self.boss | self.desk).ids)]
        letter = self._letter()
        self.assertEqual(letter._get_copy_partners(), self.boss)
        self._leave(self.boss, "elsewhere")
        self.assertFalse(letter._get_copy_partners())
        self.assertIn("Boss", letter._get_remark())

    def test_left_since_the_letter_was_written(self):
        for how in ("archived", "elsewhere"):
            with self.subTest(how):
                run = self._run("2026-03-31")
                letter = run.letter_ids
                desk = self.desk.copy({"name": f"Desk {how}"})
                letter.sudo().partner_id = desk
                run.action_confirm()
                self._leave(desk, how)
                self.assertEqual(letter._get_mail_partner(), self.customer)
                letter._recompute_before_sending()
                self.assertEqual(letter.partner_id, self.customer)
                self.assertIn(desk.name, letter.message_ids[:1].body)
                letter.action_cancel()

    def test_service_letter(self):
        self.account.dunning_contact_id = self.boss
        self._leave(self.boss, "archived")
        letter = self.account._write_letter("statement")
        self.assertEqual(letter.partner_id, self.customer)
