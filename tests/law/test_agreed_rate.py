from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestAgreedRate(CollectionCommon):
    @freeze_time("2026-03-31")
    def test_below_three_times_the_legal_rate_is_refused(self):
        # legal rate of the first half of 2026: 2.62 %
        self.assertAlmostEqual(self.company.collection_rate_floor, 7.86)
        with self.assertRaisesRegex(ValidationError, "7.86"):
            self.company.collection_agreed_rate = 7.85
        self.company.collection_agreed_rate = 7.86
        self.company.collection_agreed_rate = 0.0

    @freeze_time("2027-01-23")
    def test_a_half_year_without_rate_falls_back_on_the_last_one(self):
        # legal rate of the second half of 2026: 2.75 %
        with self.assertRaisesRegex(ValidationError, "8.25"):
            self.company.collection_agreed_rate = 8.2
        self.company.collection_agreed_rate = 8.25

    @freeze_time("2026-03-31")
    def test_other_countries_have_no_floor(self):
        company = self.env["res.company"].create(
            {"name": "Elsewhere", "country_id": self.env.ref("base.be").id}
        )
        company.collection_agreed_rate = 1.0
        self.assertFalse(company.collection_rate_floor)
        with self.assertRaises(ValidationError):
            company.country_id = self.env.ref("base.fr")

    def test_shipped_rates_confirm_every_half_year(self):
        table = self.env["collection.reference.rate"]._get_rate_table()
        for index, last in (
            ("ecb_mro", "2026-07-01"),
            ("fr_legal_pro", "2026-07-01"),
            ("fr_legal_individual", "2026-07-01"),
        ):
            self.assertFalse(
                table.half_years_missing(
                    index,
                    fields.Date.to_date("2019-01-01"),
                    fields.Date.to_date(last),
                ),
                index,
            )
