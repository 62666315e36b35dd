from itertools import product

from odoo.tests import tagged
from odoo.tools import SQL

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestRuleForms(DunningCommon):
    """A rule that is said in Python and in SQL says the same in both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 100.0, "2026-02-10")
        cls.account = cls.invoice.collection_account_id
        cls.segment = cls.env["collection.segment"].create(
            {"name": "Forms", "code": "test_forms"}
        )
        cls.other_company = cls.env["res.company"].create({"name": "Another"})

    def _read(self, columns, joins=""):
        self.env.flush_all()
        [[value]] = self.env.execute_query(
            SQL(
                "SELECT %s FROM collection_account acc %s WHERE acc.id = %s",
                columns,
                joins,
                self.account.id,
            )
        )
        return value

    def test_effective_policy(self):
        own, shared, company = (
            self._policy(name, [("due", 2)]) for name in ("Own", "Shared", "Company")
        )
        for of_account, of_segment, policy_company, of_company in product(
            (own, own.browse()),
            (shared, own.browse()),
            (self.company, self.other_company, self.company.browse()),
            (company, own.browse()),
        ):
            with self.subTest(
                account=of_account.name,
                segment=of_segment.name,
                of=policy_company.name,
                company=of_company.name,
            ):
                shared.company_id = policy_company
                self.segment.policy_id = of_segment
                self.company.collection_policy_id = of_company
                self.account.write(
                    {"segment_id": self.segment.id, "policy_id": of_account.id}
                )
                expression, joins = self.account._effective_policy_sql()
                self.assertEqual(
                    self.account.effective_policy_id.id or None,
                    self._read(expression, joins),
                )

    def test_debtor_type(self):
        Account = self.env["collection.account"]
        joins = SQL(
            """JOIN res_partner p ON p.id = acc.partner_id
          LEFT JOIN collection_segment segment ON segment.id = acc.segment_id"""
        )
        for debtor_type, is_company, vat in product(
            (False, "private", "public", "consumer"),
            (True, False),
            (False, "FR23334175221"),
        ):
            with self.subTest(segment=debtor_type, is_company=is_company, vat=vat):
                self.segment.debtor_type = debtor_type or "private"
                self.account.segment_id = debtor_type and self.segment
                self.account.partner_id.write({"is_company": is_company, "vat": vat})
                said = self.account._get_debtor_type()
                self.assertEqual(
                    said,
                    self._read(
                        Account._debtor_type_sql(SQL("segment"), SQL("p")), joins
                    ),
                )
                professionals = Account.search(Account._get_professional_domain())
                self.assertEqual(said != "consumer", self.account in professionals)
