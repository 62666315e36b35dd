from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..quality.common import SatisfactionCommon

#: a Tuesday
DAY = "2026-11-24 03:00:00"


@freeze_time(DAY)
class ReportCommon(SatisfactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            "UPDATE collection_placement SET date = '2026-11-02' WHERE id = %s",
            [cls.placement.id],
        )
        cls.env.cr.execute(
            "UPDATE collection_placement_item SET date_added = '2026-11-02'"
            " WHERE line_id = ANY(%s)",
            [cls.placement.line_ids.ids],
        )
        cls.env.invalidate_all()
        cls.reader = cls.env["res.partner"].create(
            {"name": "Finance director", "email": "cfo@company.example.com"}
        )
        cls.other_mandate.report_frequency = False
        cls.mandate.write(
            {
                "report_frequency": "weekly",
                "report_partner_ids": [Command.set(cls.reader.ids)],
            }
        )

    def _run_job(self, day=DAY):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_mandate_report"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()
        return self.mandate.report_ids.sorted("date_to")

    def _periods(self, reports):
        return [
            (str(report.date_from), str(report.date_to), report.state)
            for report in reports
        ]

    def _notices(self):
        return self.mandate.activity_ids.filtered(
            lambda activity: "could not be made" in (activity.summary or "")
        )

    def _broken(self):
        return patch.object(
            self.env.registry["ir.actions.report"],
            "_render_qweb_pdf",
            side_effect=ValueError("No printer"),
        )


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestActivityReport(ReportCommon):
    """When a period is over what was done in it is told, once."""

    def test_once_a_period(self):
        week = [("2026-11-16", "2026-11-22", "made")]
        self.assertEqual(self._periods(self._run_job()), week)
        self.assertEqual(self._periods(self._run_job("2026-11-29 03:00:00")), week)
        reports = self._run_job("2026-11-30 03:00:00")
        self.assertEqual(
            self._periods(reports), [*week, ("2026-11-23", "2026-11-29", "made")]
        )
        # nothing is left out, and nothing told twice, when the rhythm changes
        self.mandate.report_frequency = "monthly"
        reports = self._run_job("2026-12-01 03:00:00")
        self.assertEqual(
            self._periods(reports)[2:], [("2026-11-30", "2026-11-30", "made")]
        )
        self.mandate.report_frequency = False
        self.assertEqual(len(self._run_job("2027-02-01 03:00:00")), 3)

    def test_nothing_before_it_began(self):
        self.mandate.date_start = "2026-11-19"
        self.assertEqual(
            self._periods(self._run_job()), [("2026-11-19", "2026-11-22", "made")]
        )

    def test_not_of_what_does_not_run(self):
        contract = self.mandate.copy({"date_start": "2026-11-01"})
        self._run_job()
        self.assertEqual(contract.report_frequency, "weekly")
        self.assertFalse(contract.report_ids)
        # one that ended before anything was reported on
        self.other_mandate.action_end()
        self.other_mandate.report_frequency = "weekly"
        self._run_job("2026-11-30 03:00:00")
        self.assertFalse(self.other_mandate.report_ids)

    def test_what_was_left_at_the_end(self):
        self._run_job()
        with freeze_time("2026-11-25 10:00:00"):
            self.mandate.action_end()
            self._run_job("2026-11-25 22:00:00")
        self.assertEqual(len(self.mandate.report_ids), 1, "the day is not over")
        for day in ("2026-11-26", "2026-11-30"):
            reports = self._run_job(f"{day} 03:00:00")
            self.assertEqual(
                self._periods(reports)[1:], [("2026-11-23", "2026-11-25", "made")]
            )

    def test_who_reads_it(self):
        report = self._run_job()
        message = self.mandate.message_ids.filtered("attachment_ids")
        self.assertEqual(
            message.notified_partner_ids, self.manager_user.partner_id | self.reader
        )
        self.assertEqual(message.attachment_ids.name, report.document_name)
        self.assertIn(self.mandate.number, report.document_name)
        self.assertTrue(report.document)
        for user, reads in (
            (self.collector_user, True),
            (self.agent_user, False),
            (self.supervisor_user, False),
            (self.on_site_user, False),
        ):
            with self.subTest(user=user.login, reads=reads):
                attachment = message.attachment_ids.with_user(user)
                self.assertEqual(attachment.has_access("read"), reads)
        report.with_user(self.collector_user).read(["document"])
        for user in (
            self.agent_user,
            self.supervisor_user,
            self.on_site_user,
            self.accountant_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                report.with_user(user).read(["document"])
        with self.assertRaises(AccessError):
            report.with_user(self.manager_user).date_to = "2026-11-30"

    def test_what_it_says(self):
        self._log_many(self.delegated, self.agent_user, 2, "2026-11-17 09:00:00")
        self._log(self.delegated, self.agent_user, "2026-11-22 09:00:00")
        self._log(
            self.delegated, self.agent_user, "2026-11-18 09:00:00", self.no_answer
        )
        # before, after and in-house
        self._log(self.delegated, self.agent_user, "2026-11-15 09:00:00")
        self._log(self.delegated, self.agent_user, "2026-11-23 09:00:00")
        self._log(self.in_house, self.collector_user, "2026-11-18 09:00:00")
        invoice = self.delegated.item_ids.move_id
        self._pay(invoice, 120.0, date="2026-11-20")
        self._pay(invoice, 70.0, date="2026-11-23")
        with freeze_time("2026-11-20 09:00:00"):
            self.env["collection.limit.case"].with_user(self.agent_user)._record(
                self.delegated, "promise_day", "refused"
            )
        report = self._run_job()
        figures = {
            label: figure
            for _title, rows in report._get_sections()
            for label, figure, _agreed in rows
        }
        for label, figure in {
            "Attempts": "4",
            "Right Person": "3",
            "Promises": "0",
            "Customer Satisfaction": "n/a",
            "Complaint Rate (%)": "0",
            "Money received": self.company.currency_id.format(120.0),
            "Customers handed over": "0",
            "Customers with the provider today": "1",
            "Refused": "1",
            "Sent for approval": "0",
        }.items():
            with self.subTest(label=label):
                self.assertEqual(figures[label], figure)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account_collection.action_report_mandate_activity", report.ids
        )
        page = html.decode()
        self.assertIn("Right Person", page)
        for name in (self.agent.name, self.delegated.partner_id.name):
            self.assertNotIn(name, page, "nobody is named")

    def test_could_not_be_made(self):
        """Told once, tried again every night."""
        for day in ("2026-11-24", "2026-11-25"):
            with self._broken(), mute_logger("odoo.addons.account_collection"):
                reports = self._run_job(f"{day} 03:00:00")
            self.assertEqual(
                self._periods(reports), [("2026-11-16", "2026-11-22", "failed")]
            )
            self.assertEqual(len(self._notices()), 1)
        self.assertEqual(self._notices().user_id, self.manager_user)
        self.assertEqual(
            self._periods(self._run_job("2026-11-26 03:00:00")),
            [("2026-11-16", "2026-11-22", "made")],
        )
        # and when a whole period went by, it is made up for
        with self._broken(), mute_logger("odoo.addons.account_collection"):
            self._run_job("2026-11-30 03:00:00")
        reports = self._run_job("2026-12-07 03:00:00")
        self.assertEqual(
            self._periods(reports)[1:], [("2026-11-23", "2026-12-06", "made")]
        )

    def test_one_does_not_keep_back_the_others(self):
        self.other_mandate.report_frequency = "weekly"
        made = self.env.registry["ir.actions.report"]._render_qweb_pdf
        [broken] = self.mandate.ids

        def render(reports, ref, ids, **kwargs):
            report = self.env["collection.mandate.report"].browse(ids)
            if report.mandate_id.id == broken:
                raise ValueError("No printer")
            return made(reports, ref, ids, **kwargs)

        with (
            patch.object(
                self.env.registry["ir.actions.report"], "_render_qweb_pdf", render
            ),
            mute_logger("odoo.addons.account_collection"),
        ):
            self._run_job()
        self.assertEqual(self.mandate.report_ids.state, "failed")
        self.assertEqual(self.other_mandate.report_ids.state, "made")

    def test_is_a_term(self):
        def term():
            [term] = [
                term
                for term in self.mandate._get_terms()["control"]
                if term.key == "report_frequency"
            ]
            return term.label, term.text

        self.assertEqual(term(), ("Activity Report", "Every week"))
        self.mandate.sudo().amendment_ids.unlink()
        self.mandate.with_user(self.manager_user).report_frequency = "quarterly"
        self.assertEqual(
            [
                (line.name, line.before, line.after)
                for line in self.mandate.amendment_ids.line_ids
            ],
            [("Activity Report", "Every week", "Every quarter")],
        )

    def test_due_by_the_company_s_day(self):
        """Monday in Paris, Sunday in UTC."""
        self.mandate.report_ids.sudo().unlink()
        with freeze_time("2026-11-22 23:30:00"):
            self.assertEqual(
                self.mandate._get_due_report(self.company._get_collection_today()),
                (date(2026, 11, 16), date(2026, 11, 22)),
            )
        self.assertEqual(
            self._periods(self._run_job("2026-11-22 23:30:00")),
            [("2026-11-16", "2026-11-22", "made")],
        )
