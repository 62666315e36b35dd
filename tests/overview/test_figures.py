from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestFigures(CollectionCommon):
    """Numbers within a sentence are written as its language writes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")

    @freeze_time("2026-03-31")
    def test_rate_below_the_floor(self):
        # legal rate of the first half of 2026: 2.62 %, three times of it 7.86 %
        company = self.company.with_context(lang="fr_FR")
        with self.assertRaisesRegex(ValidationError, r"\(7,5\W%\).* 7,86\W%"):
            company._check_agreed_rate(7.5, "Somebody")

    def test_share_that_stays(self):
        self.company.collection_keep_share = 12.5
        choice = self.env["collection.delegation.choice"].with_context(lang="fr_FR")
        self.assertRegex(choice._recommend(self.company, 10_000)[1], r"\b12,5\b")
        self.company.collection_keep_share = 20.0
        self.assertRegex(choice._recommend(self.company, 10_000)[1], r"\b20\W%")

    def test_threshold_of_a_priority_rule(self):
        rule = self.env["collection.priority.rule"].search(
            [("criterion", "=", "amount")], limit=1
        )
        rule.threshold = 1234.5
        self.assertRegex(rule.with_context(lang="fr_FR").name, r" 1\W234,5$")
        self.assertRegex(rule.with_context(lang="en_US").name, r" 1,234\.5$")
