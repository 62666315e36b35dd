from odoo import Command
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestBranchLetter(CollectionCommon):
    """A branch that has no ladder and no particulars writes with its head office's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"phone": "+33 1 00 00 00 00", "vat": "FR23334175221"})
        cls.branch = cls.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": cls.company.id,
                "country_id": cls.env.ref("base.fr").id,
                "email": "branch@example.com",
            }
        )
        cls.branch_user = cls._user("collection_branch", "group_collection_manager")
        cls.branch_user.sudo().write(
            {
                "company_ids": [Command.set(cls.branch.ids)],
                "company_id": cls.branch.id,
            }
        )
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context=dict(
                cls.env.context, allowed_company_ids=(cls.company | cls.branch).ids
            )
        )
        cls.policy.level_ids.formal_notice = True
        cls.customer.with_company(
            cls.branch
        ).property_account_receivable_id = cls.company_data[
            "default_account_receivable"
        ]
        cls.customer.write({"street": "1 rue A", "zip": "59000", "city": "Lille"})
        cls.invoice = cls._invoice(
            cls.customer, 300.0, "2026-02-01", company_id=cls.branch.id
        )
        cls.account = cls.account_of(cls.customer, cls.branch)

    def _letter(self):
        run = (
            self.env["collection.dunning.run"]
            .with_user(self.branch_user)
            .with_context(allowed_company_ids=self.branch.ids)
            .create({"date": "2026-03-31", "company_id": self.branch.id})
        )
        run.action_compute()
        return run.letter_ids

    def test_ladder_of_the_head_office(self):
        self.assertFalse(self.branch.collection_policy_id)
        self.assertEqual(self.account.effective_policy_id, self.policy)
        letter = self._letter()
        self.assertEqual(letter.sudo().level_id, self.level_1)
        self.assertEqual(letter.level_id.display_name, self.level_1.display_name)

    def test_ladder_of_its_own(self):
        own = self._policy("Own", [("due", 1)], company_id=self.branch.id)
        self.branch.collection_policy_id = own
        self.assertEqual(self.account.effective_policy_id, own)
        self.assertEqual(self._letter().level_id, own.level_ids)

    def test_ladder_of_the_segment(self):
        """A segment's policy that is the head office's holds for the branch, not for
        a company beside it."""
        segment = self.env.ref("account_collection.segment_sme")
        of_segment = self._policy("Segment", [("due", 2)])
        segment.policy_id = of_segment
        self.account.segment_id = segment
        self.assertEqual(self.account.effective_policy_id, of_segment)
        self.assertEqual(self._letter().level_id, of_segment.level_ids)

    def test_branch_of_a_branch(self):
        small = self.env["res.company"].create(
            {"name": "Counter", "parent_id": self.branch.id}
        )
        own = self._policy("Own", [("due", 1)], company_id=self.branch.id)
        self.branch.collection_policy_id = own
        self.assertEqual(small._get_collection_policy(), own)
        self.branch.collection_policy_id = False
        self.assertEqual(small._get_collection_policy(), self.policy)

    def test_particulars(self):
        letter = self._letter()
        self.assertEqual(letter._get_missing_particulars(), [])
        letter = letter.sudo()
        report = self.env["report.account_collection.report_collection_letter"]
        sender = report._get_sender(letter)
        self.assertEqual(sender["name"], "Branch")
        self.assertIn("1 rue de la Paix", sender["address"])
        self.assertIn("+33 1 00 00 00 00", sender["reach"])
        self.assertIn("branch@example.com", sender["reach"])
        self.assertIn("55203253400646", sender["legal"])
        self.assertIn("FR23334175221", sender["legal"])
        self.assertEqual(
            letter._get_bank_account().sanitized_acc_number,
            "FR7630006000011234567890189",
        )

    def test_own_particulars_first(self):
        self.branch.write({"street": "9 quai", "city": "Brest", "zip": "29200"})
        self.branch.company_registry = "55203253400653"
        letter = self._letter().sudo()
        sender = self.env[
            "report.account_collection.report_collection_letter"
        ]._get_sender(letter)
        self.assertIn("9 quai", sender["address"])
        self.assertNotIn("1 rue de la Paix", sender["address"])
        self.assertIn("55203253400653", sender["legal"])
        self.assertNotIn("55203253400646", sender["legal"])
