from odoo import Command, fields
from odoo.tests import tagged

from .common import PortalTourCommon


@tagged("post_install", "-at_install")
class TestPortalTour(PortalTourCommon):
    def test_agent_logs_a_call(self):
        self._call_the_bakery()

    def test_agents_morning(self):
        self._play_the_morning()

    def test_a_customer_calls(self):
        self._answer_a_caller()

    def test_supervisor(self):
        self.supervisor_user.lang = "en_US"
        third = self._customer("Late Kiosk", lang="en_US")
        self._invoice(third, 90.0, fields.Date.add(self._today(), days=-9))
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
                "date": fields.Date.add(self._today(), days=3),
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

    def test_a_customer_calls(self):
        self._answer_a_caller()
