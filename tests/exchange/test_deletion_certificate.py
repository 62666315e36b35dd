import base64
from datetime import date

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged

from ..common import CollectionCommon
from ..portal.common import PortalCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 10:00:00")
class TestDeletionCertificate(CollectionCommon):
    """The provider says by name and on a day that it keeps nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.data_deletion_days = 30
        cls._invoice(cls.customer, 1000.0, "2026-01-30")
        cls._invoice(cls.customer, 10.0, "2026-02-28")
        cls._hand_over(cls.account_of(cls.customer))

    def _end(self):
        self.mandate.action_end()
        return self.mandate.deletion_ids

    def _confirm(self, user, **vals):
        return self.env(user=user, su=False)[
            "collection.deletion.certificate"
        ]._confirm_for_provider(
            self.mandate.id,
            {
                "signatory": "Anne Roux",
                "date_deleted": date(2026, 3, 31),
                "means": "All",
                **vals,
            },
        )

    def test_asked_for_at_the_end(self):
        certificate = self._end()
        self.assertRecordValues(
            certificate,
            [
                {
                    "state": "asked",
                    "date_ended": date(2026, 3, 31),
                    "deadline": date(2026, 4, 30),
                    "account_count": 1,
                    "item_count": 2,
                    "company_id": self.company.id,
                }
            ],
        )
        self.mandate.action_end()
        self.assertEqual(len(self.mandate.deletion_ids), 1)

    def test_nothing_was_handed_over(self):
        self.other_mandate.action_end()
        self.assertFalse(self.other_mandate.deletion_ids)

    def test_confirmed_by_the_supervisor(self):
        certificate = self._end()
        self._confirm(self.supervisor_user)
        self.assertRecordValues(
            certificate,
            [
                {
                    "state": "confirmed",
                    "signatory": "Anne Roux",
                    "date_deleted": date(2026, 3, 31),
                    "confirmed_by_id": self.supervisor_user.id,
                    "confirmed_on": fields.Datetime.now(),
                }
            ],
        )
        with self.assertRaises(UserError):
            self._confirm(self.supervisor_user)

    def test_nobody_else(self):
        self._end()
        for user in (
            self.agent_user,
            self.other_agent_user,
            self.on_site_user,
            self.plain_portal_user,
            self.collector_user,
        ):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._confirm(user)

    def test_refused(self):
        self._end()
        for vals in (
            {"signatory": "  "},
            {"signatory": "x" * 251},
            {"signatory": "A\0B"},
            {"means": "x" * 2001},
            {"date_deleted": False},
            {"date_deleted": date(2026, 3, 30)},
            {"date_deleted": date(2026, 4, 1)},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._confirm(self.supervisor_user, **vals)
        self.assertEqual(self.mandate.deletion_ids.state, "asked")

    def test_late(self):
        certificate = self._end()
        # as the job has it
        cron = self.env(su=True)["collection.deletion.certificate"]
        for day, count in (("2026-04-30", 0), ("2026-05-01", 1), ("2026-05-02", 1)):
            with freeze_time(f"{day} 10:00:00"):
                cron._cron_remind()
                certificate.invalidate_recordset()
                self.assertEqual(len(certificate.activity_ids), count)
                self.assertEqual(certificate.overdue, bool(count))
        with freeze_time("2026-05-03 10:00:00"):
            self._confirm(self.supervisor_user, date_deleted=date(2026, 5, 3))
        self.assertFalse(certificate.activity_ids)
        self.assertFalse(certificate.overdue)

    def test_confirmed_in_time(self):
        certificate = self._end()
        self._confirm(self.supervisor_user)
        with freeze_time("2026-05-02 10:00:00"):
            certificate.sudo()._cron_remind()
        self.assertFalse(certificate.activity_ids)

    def test_on_paper(self):
        certificate = self._end().with_user(self.manager_user)
        with self.assertRaises(UserError):
            certificate.action_confirm()
        certificate.write(
            {
                "signed": base64.b64encode(b"%PDF-1.4"),
                "signatory": "Anne Roux",
                "date_deleted": "2026-03-31",
            }
        )
        with self.assertRaises(AccessError):
            certificate.with_user(self.collector_user).action_confirm()
        certificate.action_confirm()
        self.assertEqual(certificate.state, "confirmed")
        for vals in ({"signatory": "Other"}, {"signed": False}, {"means": "x"}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                certificate.write(vals)
        with self.assertRaises(AccessError):
            certificate.unlink()
        with self.assertRaises(UserError):
            certificate.sudo().unlink()

    def test_nobody_says_so_by_hand(self):
        certificate = self._end().with_user(self.manager_user)
        for vals in (
            {"state": "confirmed", "signatory": "A", "date_deleted": "2026-03-31"},
            {"deadline": "2027-03-31"},
            {"confirmed_by_id": self.supervisor_user.id},
            {"account_count": 0},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                certificate.write(vals)

    def test_printed(self):
        certificate = self._end()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, _kind = report._render_qweb_pdf(
            "account_collection.action_report_deletion_certificate", certificate.ids
        )
        self.assertTrue(content.startswith(b"%PDF"))


@tagged("post_install", "-at_install")
class TestPortalDeletion(PortalCommon, HttpCase):
    """The page of the certificates, for the supervisor of the provider."""

    def setUp(self):
        super().setUp()
        self.url = "/my/collection/deletion"
        self.one_url = f"{self.url}/{self.mandate.id}"

    def test_nothing_before_the_end(self):
        self._log_in(self.supervisor_user)
        self.assertEqual(self._status(self.url), 404)
        self.assertEqual(self._status(f"{self.one_url}/pdf"), 404)
        self.assertNotIn(self.url, self.url_open("/my/collection").text)

    def test_read_and_confirmed(self):
        self.mandate.action_end()
        self._log_in(self.supervisor_user)
        self.assertIn(self.url, self.url_open("/my/collection").text)
        page = self.url_open(self.url).text
        self.assertIn(self.mandate.number, page)
        self.assertIn("</textarea>", page)
        response = self.url_open(f"{self.one_url}/pdf")
        self.assertEqual(response.status_code, 200)
        today = fields.Date.to_string(self._today())
        refused = self._post(
            self.one_url, signatory="<b>Anne</b>", date_deleted="", means="All"
        )
        self.assertEqual(refused.status_code, 422)
        self.assertIn("&lt;b&gt;Anne&lt;/b&gt;", refused.text)
        self.assertEqual(
            self._post(
                self.one_url, signatory="Anne", date_deleted="tomorrow"
            ).status_code,
            422,
        )
        self._post(self.one_url, signatory="Anne Roux", date_deleted=today, means="All")
        certificate = self.mandate.deletion_ids
        self.assertEqual(certificate.state, "confirmed")
        self.assertEqual(certificate.signatory, "Anne Roux")
        self.assertNotIn("<form", self.url_open(self.url).text.split("<h1")[1])
        self.assertEqual(
            self._post(self.one_url, signatory="Again", date_deleted=today).status_code,
            422,
        )

    def test_nobody_else(self):
        self.mandate.action_end()
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user.login):
                self.assertEqual(self._status(self.url), 404)
                self.assertEqual(self._status(f"{self.one_url}/pdf"), 404)
                self.assertEqual(
                    self._post(
                        self.one_url, signatory="Me", date_deleted="2026-03-31"
                    ).status_code,
                    404,
                )
        self.assertEqual(self.mandate.deletion_ids.state, "asked")
