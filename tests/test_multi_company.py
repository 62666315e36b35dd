from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMultiCompany(CollectionCommon):
    """Two companies with the same customer, each with its own file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(
            currency_id=cls._enable_currency("CHF").id
        )
        cls.other_company = cls.other_data["company"]
        cls.other_policy = cls._policy(
            "Of the other", [("due", 1)], company_id=cls.other_company.id
        )
        cls.other_company.collection_policy_id = cls.other_policy
        cls.other_manager_user = cls.env["res.users"].browse(
            cls.manager_user.copy(
                {
                    "login": "collection_other_manager",
                    "company_id": cls.other_company.id,
                    "company_ids": [Command.set(cls.other_company.ids)],
                }
            ).id
        )
        with freeze_time("2026-03-31"):
            cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-03-01")
            cls.other_invoice = cls._invoice(
                cls.customer, 300.0, "2026-02-01", company_data=cls.other_data
            )
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.customer, cls.other_company)

    def test_one_account_per_company(self):
        self.assertNotEqual(self.account, self.other_account)
        self.assertRecordValues(
            self.account | self.other_account,
            [
                {
                    "amount_open": 1000.0,
                    "currency_id": self.company.currency_id.id,
                    "days_overdue": 30,
                    "effective_policy_id": self.policy.id,
                },
                {
                    "amount_open": 300.0,
                    "currency_id": self.other_company.currency_id.id,
                    "days_overdue": 58,
                    "effective_policy_id": self.other_policy.id,
                },
            ],
        )
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_credits_stay_in_their_company(self):
        self._payment(self.customer, 100.0, "2026-03-20", company_data=self.other_data)
        self.assertEqual(self.account.amount_credit, 0.0)
        self.assertEqual(self.other_account.amount_credit, 100.0)

    def test_nobody_sees_the_other_company(self):
        both = self.account | self.other_account
        for user, seen in (
            (self.manager_user, self.account),
            (self.collector_user, self.account),
            (self.accountant_user, self.account),
            (self.other_manager_user, self.other_account),
        ):
            with self.subTest(user=user.login):
                found = (
                    self.env["collection.account"]
                    .with_user(user)
                    .search([("id", "in", both.ids)])
                )
                self.assertEqual(found.ids, seen.ids)
                items = (
                    self.env["collection.item"]
                    .with_user(user)
                    .search([("account_id", "in", both.ids)])
                )
                self.assertEqual(items.ids, seen.item_ids.ids)
                with self.assertRaises(AccessError):
                    (both - seen).with_user(user).read(["amount_open"])

    def test_runs_see_their_company_only(self):
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.account_id, self.account)
        other = self._run(
            "2026-03-31", user=self.other_manager_user, company=self.other_company
        )
        self.assertEqual(other.letter_ids.account_id, self.other_account)
        self.assertEqual(other.letter_ids.level_id.policy_id, self.other_policy)
        # nor does the one supersede the drafts of the other
        self.assertEqual(run.state, "computed")
        self.assertEqual(run.letter_ids.state, "draft")
        for record in (run, run.letter_ids, run.letter_ids.line_ids):
            with self.subTest(record=record):
                self.assertFalse(
                    record.with_user(self.other_manager_user).has_access("read")
                )
        with self.assertRaises(AccessError):
            self.env["collection.dunning.run"].with_user(self.manager_user).create(
                {"company_id": self.other_company.id}
            ).action_compute()

    def test_partner_fields_follow_the_current_company(self):
        segments = self.env["collection.segment"].create(
            [{"name": name, "code": f"test_{name}"} for name in ("one", "two")]
        )
        partner = self.customer
        other = partner.with_company(self.other_company)
        partner.collection_segment_id = segments[0]
        other.collection_segment_id = segments[1]
        self.assertEqual(self.account.segment_id, segments[0])
        self.assertEqual(self.other_account.segment_id, segments[1])
        self.assertEqual(partner.collection_account_id, self.account)
        self.assertEqual(other.collection_account_id, self.other_account)
        Partner = self.env["res.partner"]
        self.assertIn(
            partner, Partner.search([("collection_segment_id", "=", segments[0].id)])
        )
        self.assertNotIn(
            partner,
            Partner.with_company(self.other_company).search(
                [("collection_segment_id", "=", segments[0].id)]
            ),
        )
        self.assertEqual(self.other_invoice.collection_segment_id, segments[1])

    def test_policy_of_a_shared_segment(self):
        """A segment is shared; its policy applies only where the policy may."""
        segment = self.env["collection.segment"].create(
            {
                "name": "Shared",
                "code": "test_shared",
                "policy_id": self._policy("Of the first", [("due", 2)]).id,
            }
        )
        (self.account | self.other_account).segment_id = segment
        self.assertEqual(self.account.effective_policy_id, segment.policy_id)
        self.assertEqual(self.other_account.effective_policy_id, self.other_policy)
        run = self._run(
            "2026-03-31", user=self.other_manager_user, company=self.other_company
        )
        self.assertEqual(run.letter_ids.level_id.policy_id, self.other_policy)
        segment.policy_id.company_id = False
        self.env.invalidate_all()
        self.assertEqual(self.other_account.effective_policy_id, segment.policy_id)

    def test_provider_of_one_company(self):
        self._hand_over(self.account)
        self.assertEqual(self.other_account.delegation_state, "in_house")
        found = self.env["collection.account"].with_user(self.agent_user).search([])
        self.assertEqual(found.ids, self.account.ids)
        self.assertTrue(self.customer.collection_delegated)
        self.assertFalse(
            self.customer.with_company(self.other_company).collection_delegated
        )
        self.assertTrue(self.invoice.collection_delegated)
        self.assertFalse(self.other_invoice.collection_delegated)
