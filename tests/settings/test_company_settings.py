from odoo.exceptions import AccessError, UserError
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

    def test_interest_account(self):
        income = self.company_data["default_account_revenue"]
        receivable = self.company_data["default_account_receivable"]
        foreign = self.setup_other_company()["default_account_revenue"]
        self.manager_user.group_ids |= self.env.ref("account.group_account_readonly")

        def save(account):
            settings = self.env["collection.company.settings"]
            settings = settings.with_user(self.manager_user).create({})
            # as it comes from whoever knows the number
            settings.sudo().collection_interest_account_id = account
            settings.action_save()

        for account, words in ((receivable, "income account"), (foreign, "compan")):
            with (
                self.subTest(account=account.display_name),
                self.assertRaisesRegex(UserError, words),
                self.cr.savepoint(),
            ):
                save(account)
        self.env.invalidate_all()
        self.assertFalse(self.company.collection_interest_account_id)
        save(income)
        self.assertEqual(self.company.collection_interest_account_id, income)
