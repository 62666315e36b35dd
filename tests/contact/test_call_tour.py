from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..common import CollectionCommon

WORKLIST = "odoo.addons.account_collection.models.contact.collection_account_worklist"


@tagged("post_install", "-at_install")
class TestCallTour(CollectionCommon, HttpCase):
    """A collector's morning: next, a promise, next, a dispute, the day's figures."""

    browser_size = "1440x1000"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the tour looks for English texts, whatever the database speaks
        cls.env["res.lang"]._activate_lang("en_US")
        cls.collector_user.lang = "en_US"
        cls.company.country_id = cls.env.ref("base.fr")
        due = fields.Date.add(cls._today(), days=-40)
        for name, phone, amount in (
            ("Tour Bakery", "+33 1 44 55 66 77", 480.0),
            ("Tour Brewery", "+33 1 44 55 66 88", 300.0),
        ):
            partner = cls._customer(name, phone=phone, lang="en_US", tz="Europe/Paris")
            cls._invoice(partner, amount, due)
        accounts = cls.env["collection.account"]
        cls.bakery, cls.brewery = (
            accounts.search([("partner_name", "=", name)])
            for name in ("Tour Bakery", "Tour Brewery")
        )
        (cls.bakery | cls.brewery).user_id = cls.collector_user
        cls._agent(cls.collector_user, cls.env["res.partner"], skill="3")
        cls.env.flush_all()

    def test_morning(self):
        # at whatever hour the test runs, customers may be called
        self.patch(
            self.env.registry["collection.holiday"],
            "_find",
            lambda holidays, country, day: holidays.browse(),
        )
        with patch(f"{WORKLIST}.in_window", return_value=True):
            self.start_tour(
                "/odoo/action-account_collection.collection_account_worklist_action",
                "collection_backend_morning",
                login=self.collector_user.login,
            )
        self.assertRecordValues(
            self.bakery.call_ids,
            [
                {
                    "user_id": self.collector_user.id,
                    "person": "Ms Claire",
                    "note": "Pays by transfer next week",
                    "obstacle_reason": False,
                }
            ],
        )
        self.assertGreater(self.bakery.call_ids.duration, 0)
        self.assertEqual(self.bakery.call_ids.promise_id.amount, 480.0)
        self.assertEqual(self.bakery.promise_ids.person, "Ms Claire")
        self.assertEqual(self.brewery.call_ids.dispute_id.amount, 100.0)
        self.assertEqual(self.brewery.amount_disputed, 100.0)
