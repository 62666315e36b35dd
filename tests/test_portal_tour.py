from odoo import fields
from odoo.tests import HttpCase, tagged

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

    def _call_the_bakery(self):
        # at whatever hour the test runs, the customer may be called
        self.patch(
            self.env.registry["collection.account"],
            "_get_call_obstacles",
            lambda account, agent, direction="outgoing", at=None: [],
        )
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


@tagged("post_install", "-at_install")
class TestPortalTour(PortalTourCommon):
    def test_agent_logs_a_call(self):
        self._call_the_bakery()


@tagged("post_install", "-at_install")
class TestPortalTourPhone(PortalTourCommon):
    browser_size = "375x667"
    touch_enabled = True

    def test_agent_logs_a_call(self):
        self._call_the_bakery()
