from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..quality.common import QualityCommon


@tagged("post_install", "-at_install")
class TestDisputeOwner(QualityCommon):
    """Whoever is asked to decide decides; he does not rewrite what was contested."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dispute = cls.env["collection.dispute"].create(
            {
                "account_id": cls.in_house.id,
                "item_ids": [Command.set(cls.in_house.item_ids.ids)],
                "amount": 100.0,
                "reason_id": cls._dispute_reason("price").id,
                "owner_id": cls.plain_internal_user.id,
            }
        )
        cls.mine = cls.dispute.with_user(cls.plain_internal_user)

    def _assert_stays(self, dispute, vals):
        [before] = dispute.sudo().read(list(vals))
        with self.subTest(vals=vals), self.assertRaises(UserError):
            dispute.write(vals)
        self.assertEqual(dispute.sudo().read(list(vals)), [before])

    def test_facts_are_nobodys_to_write(self):
        for dispute in (self.mine, self.dispute.with_user(self.manager_user)):
            for vals in (
                {"number": "DI/1"},
                {"date_opened": "2020-01-01"},
                {"department": "sales"},
                {"amount_company": 1.0},
                {"company_id": self.company.id},
            ):
                self._assert_stays(dispute, vals)

    def test_the_owner_passes_it_on_until_it_is_decided(self):
        self.mine.description = "Looked into it"
        self.mine.reason_id = self._dispute_reason("quantity")
        self.mine.owner_id = self.manager_user
        self.assertEqual(self.dispute.owner_id, self.manager_user)

    def test_what_was_decided_stays(self):
        self.mine._decide("rejected", "As ordered")
        for dispute in (self.mine, self.dispute.with_user(self.manager_user)):
            for vals in (
                {"reason_id": self._dispute_reason("quantity").id},
                {"owner_id": self.manager_user.id},
                {"deadline": "2027-01-01"},
                {"amount": 1.0},
            ):
                self._assert_stays(dispute, vals)

    def test_credit_notes_are_the_customers(self):
        credit_note = self._credit_note(self.customer, 100.0, "2026-11-20")
        foreign = self._credit_note(self.other_customer, 100.0, "2026-11-20")
        invoice = self.in_house.item_ids.move_id
        disputes = self.env["collection.dispute"].with_user(self.accountant_user)
        vals = {
            "account_id": self.in_house.id,
            "item_ids": [Command.set(self.in_house.item_ids.ids)],
            "amount": 50.0,
            "reason_id": self._dispute_reason("price").id,
        }
        for move in (credit_note, foreign, invoice):
            with self.assertRaisesRegex(UserError, "opened first, then decided"):
                disputes.create({**vals, "credit_note_ids": [Command.set(move.ids)]})
        mine = disputes.create({**vals, "owner_id": self.accountant_user.id})
        mine._decide("accepted")
        for move in (foreign, invoice):
            with self.assertRaises(ValidationError):
                mine.credit_note_ids = move
        mine.credit_note_ids = credit_note
        self.assertEqual(mine.credit_note_ids, credit_note)

    def test_the_owner_without_rights_on_invoices_names_none(self):
        credit_note = self._credit_note(self.customer, 100.0, "2026-11-20")
        self.mine._decide("accepted")
        with self.assertRaises(AccessError):
            self.mine.credit_note_ids = [Command.set(credit_note.ids)]
