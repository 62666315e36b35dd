from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..letter.common import LetterCommon


@tagged("post_install", "-at_install")
class TestCompanySettings(LetterCommon):
    def test_manager_without_administration(self):
        manager = self._user("only_manager", "group_collection_manager")
        self.assertFalse(manager.has_group("base.group_system"))
        settings = (
            self.env["collection.company.settings"]
            .with_user(manager)
            .create(
                {
                    "collection_signatory": "Ines Roche",
                    "collection_phone": "+33 1 00 00 00 00",
                    "collection_policy_id": self.policy.id,
                }
            )
        )
        self.assertEqual(settings.company_id, self.company)
        settings.action_save()
        self.assertEqual(self.company.collection_signatory, "Ines Roche")
        self.assertEqual(self.company.collection_phone, "+33 1 00 00 00 00")
        self.assertEqual(self.company.collection_policy_id, self.policy)
        self.assertEqual(
            self.company.collection_email, "relance@vauban.example.com", "untouched"
        )

    def test_collector_may_not(self):
        Settings = self.env["collection.company.settings"]
        with self.assertRaises(AccessError):
            Settings.with_user(self.collector_user).create({})
        settings = Settings.with_user(self.manager_user).create({})
        with self.assertRaises(AccessError):
            settings.with_user(self.collector_user).action_save()

    def test_foreign_company(self):
        settings = (
            self.env["collection.company.settings"]
            .with_user(self.manager_user)
            .create({})
        )
        settings.sudo().company_id = (
            self.env["res.company"].sudo().create({"name": "Other"})
        )
        with self.assertRaises(AccessError):
            settings.action_save()
