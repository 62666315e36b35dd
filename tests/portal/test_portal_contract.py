import base64

from odoo import Command
from odoo.tests import tagged

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalContract(PortalCommon):
    """The supervisor reads, approves and follows the contract; nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.env["collection.mandate"].create(
            {
                "name": "Contract of next year",
                "provider_id": cls.provider.id,
                "agent_ids": [Command.set((cls.agent | cls.supervisor).ids)],
                "date_start": cls.in_days(1),
                "price_terms": "8 % of <b>all</b>",
            }
        )
        cls.page_url = "/my/collection/contract"
        cls.approve_url = f"{cls.page_url}/{cls.contract.id}/approve"

    def _page(self):
        response = self.url_open(self.page_url)
        self.assertEqual(response.status_code, 200)
        return response.text

    def test_nothing_before_it_is_offered(self):
        self._log_in(self.supervisor_user)
        self.assertNotIn(self.contract.name, self._page())
        self.assertEqual(self._post(self.approve_url).status_code, 404)
        self.assertEqual(self._status(f"{self.page_url}/{self.contract.id}/pdf"), 404)
        self.assertEqual(self.contract.state, "study")

    def test_offered_and_approved(self):
        self.contract.action_approve()
        self._log_in(self.supervisor_user)
        page = self._page()
        self.assertIn(self.contract.name, page)
        self.assertIn("8 % of &lt;b&gt;all", page)
        self.assertIn("waiting for you", self.url_open("/my/collection").text)
        response = self.url_open(f"{self.page_url}/{self.contract.id}/pdf")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn(b"8 % of", response.content)
        self._post(self.approve_url)
        self.assertEqual(self.contract.state, "agreed")
        self.assertEqual(self.contract.provider_approved_by_id, self.supervisor_user)
        self.assertNotIn(self.approve_url, self._page())
        self.assertEqual(self._post(self.approve_url).status_code, 422)

    def test_amendment_is_noted(self):
        self.contract.action_approve()
        self._log_in(self.supervisor_user)
        self._post(self.approve_url)
        self.contract.plan_first_days = 20
        amendment = self.contract.amendment_ids
        url = f"{self.page_url}/{self.contract.id}/amendment/{amendment.id}/note"
        self.assertIn(url, self._page())
        self.assertEqual(
            self._post(
                f"{self.page_url}/{self.mandate.id}/amendment/{amendment.id}/note"
            ).status_code,
            404,
        )
        self._post(url)
        self.assertEqual(amendment.noted_by_id, self.supervisor_user)
        self.assertNotIn(url, self._page())

    def test_nobody_else(self):
        self.contract.action_approve()
        self.contract.amendment_ids.unlink()
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login):
                self.assertEqual(self._status(self.page_url), 404)
                self.assertEqual(self._post(self.approve_url).status_code, 404)
                self.assertEqual(
                    self._status(f"{self.page_url}/{self.contract.id}/pdf"), 404
                )
        self.assertEqual(self.contract.state, "study")

    def test_ended_or_not_named_any_more(self):
        self.contract.action_approve()
        self._log_in(self.supervisor_user)
        self.contract.agent_ids -= self.supervisor
        self.contract.action_approve()
        self.assertNotIn(self.contract.name, self._page())
        self.contract.agent_ids += self.supervisor
        self.contract.action_approve()
        self.assertIn(self.contract.name, self._page())
        self.contract.action_end()
        self.assertNotIn(self.contract.name, self._page())
        self.assertEqual(self._status(f"{self.page_url}/{self.contract.id}/pdf"), 404)

    def test_activity_reports(self):
        """Those of their own contracts, and only once they were made."""
        reports = self.env["collection.mandate.report"].sudo()

        def report(mandate, day, state="made"):
            return reports.create(
                {
                    "mandate_id": mandate.id,
                    "date_from": day,
                    "date_to": day,
                    "state": state,
                    "document": base64.b64encode(b"%PDF-1.4 what was done"),
                    "document_name": "Activity.pdf",
                }
            )

        own = report(self.mandate, "2026-01-04")
        failed = report(self.mandate, "2026-01-11", "failed")
        foreign = report(self.other_mandate, "2026-01-04")

        def url(mandate, report):
            return f"{self.page_url}/{mandate.id}/report/{report.id}/pdf"

        self._log_in(self.supervisor_user)
        self.mandate._seal({"company_approved_on": "2026-01-01 09:00:00"})
        page = self._page()
        self.assertIn(url(self.mandate, own), page)
        self.assertNotIn(url(self.mandate, failed), page)
        response = self.url_open(url(self.mandate, own))
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.content, b"%PDF-1.4 what was done")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        for mandate, one in (
            (self.mandate, failed),
            (self.mandate, foreign),
            (self.other_mandate, foreign),
        ):
            self.assertEqual(self._status(url(mandate, one)), 404)
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login):
                self.assertEqual(self._status(url(self.mandate, own)), 404)
