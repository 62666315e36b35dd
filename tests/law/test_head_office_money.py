from odoo.tests import freeze_time, tagged

from .common import InterestCommon


@tagged("post_install", "-at_install")
class TestHeadOfficeMoney(InterestCommon):
    """What the head office was paid counts for what its branches ask for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": cls.company.id,
                "company_registry": "55203253400646",
                "report_footer": "SAS au capital de 50 000 € – RCS Paris 552 032 534",
                "street": "2 rue de la Paix",
                "zip": "75002",
                "city": "Paris",
                "collection_signatory": "Camille Martin",
                "collection_policy_id": cls.claim.id,
            }
        )
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context=dict(
                cls.env.context, allowed_company_ids=(cls.company | cls.branch).ids
            )
        )
        cls.claim.company_id = False
        receivable = cls.company_data["default_account_receivable"]
        for partner in cls.customer | cls.other_customer:
            partner.with_company(cls.branch).property_account_receivable_id = receivable
        cls.invoice = cls._invoice(
            cls.customer, 300.0, "2026-02-01", company_id=cls.branch.id
        )
        cls.account = cls.account_of(cls.customer, cls.branch)

    def _asked(self):
        """(due, credits, total) of the branch's letter; what keeps one from going."""
        with freeze_time("2026-03-31"):
            run = self._run("2026-03-31", user=self.env.user, company=self.branch)
        return (
            [
                (letter.amount_due, letter.amount_credit)
                for letter in run.letter_ids
                if letter.account_id == self.account
            ],
            run.exclusion_ids.mapped("reason"),
        )

    def test_nothing_paid(self):
        self.assertEqual(self.account.amount_open, 300.0)
        self.assertEqual(self._asked(), ([(300.0, 0.0)], []))

    def test_paid_to_the_head_office(self):
        self._payment(self.customer, 300.0, "2026-01-31")
        self.assertEqual(self._asked(), ([], ["covered_by_credit"]))

    def test_part_paid_to_the_head_office(self):
        self._payment(self.customer, 120.0, "2026-01-31")
        self.assertEqual(self._asked(), ([(300.0, 120.0)], []))

    def test_what_is_owed_to_the_head_office_goes_first(self):
        self._invoice(self.customer, 100.0, "2026-03-15")
        self._payment(self.customer, 120.0, "2026-01-31")
        self.assertEqual(self._asked(), ([(300.0, 20.0)], []))

    def test_credits_of_both(self):
        self._payment(self.customer, 50.0, "2026-01-31")
        self._credit_note(self.customer, 30.0, "2026-02-20", company_id=self.branch.id)
        self.assertEqual(self._asked(), ([(300.0, 80.0)], []))

    def test_another_customers_money(self):
        self._payment(self.other_customer, 300.0, "2026-01-31")
        self.assertEqual(self._asked(), ([(300.0, 0.0)], []))

    def test_the_branchs_money_is_not_the_head_offices(self):
        own = self._invoice(self.other_customer, 200.0, "2026-02-01")
        self._credit_note(
            self.other_customer, 200.0, "2026-02-20", company_id=self.branch.id
        )
        with freeze_time("2026-03-31"):
            run = self._run("2026-03-31", user=self.env.user)
        letter = run.letter_ids.filtered(
            lambda letter: own.collection_item_ids in letter.line_ids.item_id
        )
        self.assertEqual(letter.amount_credit, 0.0)

    def test_interest(self):
        """58 days on 300 at 12.15 %; 120 paid in time leave 58 days on 180."""
        item = self.invoice.collection_item_ids
        self.assertEqual(self._amounts(item, "2026-03-31"), ([5.79], 40.0))
        self._payment(self.customer, 120.0, "2026-01-31")
        self.assertEqual(self._amounts(item, "2026-03-31"), ([3.48], 40.0))
