from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from odoo.addons.account_collection.models import (
    collection_account_worklist_mixin as worklist,
)

from .common import CollectionCommon


class PortalTourCommon(CollectionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the tour looks for English texts, whatever the database speaks
        cls.env["res.lang"]._activate_lang("en_US")
        cls.agent_user.lang = "en_US"
        due = fields.Date.add(fields.Date.today(), days=-40)
        bakery = cls._customer("Tour Bakery", phone="+33 1 44 55 66 77", lang="en_US")
        cls._invoice(bakery, 480.0, due)
        cls._invoice(cls.customer, 1000.0, due)
        cls.bakery_account = cls.account_of(bakery)
        cls._hand_over(cls.bakery_account | cls.account_of(cls.customer))

    def _any_hour(self):
        """At whatever hour and day the test runs, customers may be called."""
        self.patch(worklist, "in_window", lambda *args: True)
        holidays = self.env.registry["collection.holiday"]
        self.patch(holidays, "_find", lambda holidays, *args: holidays.browse())

    def _call_the_bakery(self):
        self._any_hour()
        self.start_tour("/my", "collection_portal_call", login=self.agent_user.login)
        self.assertRecordValues(
            self.bakery_account.call_ids,
            [
                {
                    "user_id": self.agent_user.id,
                    "phone": "+33 1 44 55 66 77",
                    "note": "Pays by transfer on Friday",
                    "next_action": "Check the bank",
                }
            ],
        )
        self.assertTrue(self.bakery_account.next_action_date)

    def _play_the_morning(self):
        self._any_hour()
        self.start_tour(
            "/my/collection", "collection_portal_morning", login=self.agent_user.login
        )
        account = self.account_of(self.customer)
        self.assertRecordValues(
            account.call_ids,
            [{"person": "Ms Claire", "right_party": True, "side": "provider"}],
        )
        self.assertRecordValues(
            account.call_ids.promise_id,
            [{"amount": 1000.0, "state": "open", "user_id": self.agent_user.id}],
        )
        self.assertRecordValues(
            self.bakery_account.call_ids.dispute_id,
            [
                {
                    "amount": 80.0,
                    "description": "Ten croissants were missing",
                    "agent_id": self.agent.id,
                }
            ],
        )
        log = self.env["collection.access.log"].search(
            [("user_id", "=", self.agent_user.id), ("door", "=", "page")]
        )
        self.assertEqual(log.account_id, account | self.bakery_account)


@tagged("post_install", "-at_install")
class TestPortalTour(PortalTourCommon):
    def test_agent_logs_a_call(self):
        self._call_the_bakery()

    def test_agents_morning(self):
        self._play_the_morning()

    def test_supervisor(self):
        self.supervisor_user.lang = "en_US"
        third = self._customer("Late Kiosk", lang="en_US")
        self._invoice(third, 90.0, fields.Date.add(fields.Date.today(), days=-9))
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [Command.create({"account_id": self.account_of(third).id})],
            }
        )
        placement.action_hand_over()
        review = self.env["collection.mandate.review"].create(
            {
                "mandate_id": self.mandate.id,
                "date": fields.Date.add(fields.Date.today(), days=3),
                "agenda": "<p>Who was reached</p>",
            }
        )
        self.agent.name = "Ada Lovelace"
        self.start_tour(
            "/my/collection/team",
            "collection_portal_supervisor",
            login=self.supervisor_user.login,
        )
        self.assertEqual(placement.state, "accepted")
        self.assertEqual(self.bakery_account.agent_id, self.agent)
        self.assertTrue(self.account_of(third).agent_id)
        self.assertTrue(self.account_of(self.customer).agent_id)
        self.assertEqual(review.note_ids.body, "All were reached but two")


@tagged("post_install", "-at_install")
class TestPortalTourPhone(PortalTourCommon):
    browser_size = "375x667"
    touch_enabled = True

    def test_agent_logs_a_call(self):
        self._call_the_bakery()

    def test_agents_morning(self):
        self._play_the_morning()
