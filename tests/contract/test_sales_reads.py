from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import ReadinessCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestSalesReads(ReadinessCommon):
    """Sales sees who of the provider looked at their customers, management at any."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_user = cls._user("readiness_sales", "base.group_user")
        cls.customer.user_id = cls.sales_user
        cls.contact = cls.env["res.partner"].create(
            {"name": "Payables", "parent_id": cls.customer.id}
        )
        cls._hand_over(cls.account | cls.other_account)
        accounts = cls.account | cls.other_account
        accounts.with_user(cls.agent_user)._record_access("page")
        cls.env.flush_all()

    def _read(self, user, domain=()):
        """Names of the customers whose reads `user` sees, as a list shows them."""
        found = (
            self.env["collection.access.log"]
            .with_user(user)
            .web_search_read(
                [("company_id", "=", self.company.id), *domain],
                {
                    "account_id": {"fields": {"display_name": {}}},
                    "agent_id": {"fields": {"display_name": {}}},
                    "door": {},
                },
            )
        )
        return sorted(row["account_id"]["display_name"] for row in found["records"])

    def test_who_sees_what(self):
        self.assertEqual(self._read(self.sales_user), ["Nord"])
        self.assertEqual(self._read(self.manager_user), ["Nord", "Vela"])
        self.assertEqual(self._read(self.collector_user), [])
        self.assertEqual(self._read(self.plain_internal_user), [])
        for user in (self.agent_user, self.supervisor_user, self.plain_portal_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._read(user)
        # a provider's person who is put down as salesperson by mistake
        self.other_customer.user_id = self.on_site_user
        self.assertFalse(
            self.env["collection.access.log"].with_user(self.on_site_user).search([])
        )

    def test_from_the_customer(self):
        for partner in (self.customer, self.contact):
            mine = partner.with_user(self.sales_user)
            self.assertTrue(mine.collection_reads_shown)
            action = mine.action_open_collection_reads()
            self.assertEqual(self._read(self.sales_user, action["domain"]), ["Nord"])
            Form(mine)
        for partner, user in (
            (self.other_customer, self.sales_user),
            (self.customer, self.plain_internal_user),
            (self.customer, self.collector_user),
            (self.third_customer, self.sales_user),
        ):
            with self.subTest(partner=partner.name, user=user.login):
                self.assertFalse(partner.with_user(user).collection_reads_shown)
                action = partner.with_user(user).action_open_collection_reads()
                self.assertFalse(self._read(user, action["domain"]))
        self.other_customer.user_id = self.sales_user
        self.assertEqual(self._read(self.sales_user), ["Nord", "Vela"])
        self.third_customer.user_id = self.sales_user
        self.assertFalse(
            self.third_customer.with_user(self.sales_user).collection_reads_shown
        )
