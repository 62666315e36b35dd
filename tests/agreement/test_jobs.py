# pylint: disable=translation-required  # what a test says, nobody reads
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 03:00:00")
class TestJobs(CollectionCommon):
    """What jobs write stands among what the company's people wrote."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.partner_id.lang = "fr_FR"
        item = cls._invoice(cls.customer, 500.0, "2026-01-10").collection_item_ids
        cls.dispute = cls.env["collection.dispute"].create(
            {
                "account_id": item.account_id.id,
                "item_ids": [Command.set(item.ids)],
                "reason_id": cls._dispute_reason("price").id,
            }
        )
        cls.dispute.deadline = fields.Date.to_date("2026-03-01")

    def test_company_by_company(self):
        self.company._get_collection_managers().lang = "fr_FR"
        self.env["collection.dispute"]._cron_late()
        summary = self.dispute.activity_ids.sorted("id")[-1:].summary
        self.assertIn("itige", summary)

    def test_in_the_language_of_whoever_is_asked(self):
        """A job, or an agent abroad, asks people in their own language."""
        item = self._invoice(self.other_customer, 640.0, "2026-01-12")
        item = item.collection_item_ids
        self.manager_user.lang = "fr_FR"
        self.collector_user.lang = "en_US"
        self.dispute.owner_id = self.manager_user
        other = self.dispute.copy(
            {"account_id": item.account_id.id, "item_ids": [Command.set(item.ids)]}
        )
        other.owner_id = self.collector_user
        (self.dispute | other).deadline = "2026-03-30"
        for lang in ("fr_FR", "en_US"):
            self.company.partner_id.lang = lang
            (self.dispute | other).sudo().write({"date_reminded": False})
            self.env["collection.dispute"]._cron_late()
            summaries = [
                dispute.activity_ids.sorted("id")[-1:].summary
                for dispute in (self.dispute, other)
            ]
            self.assertIn("litige", summaries[0], lang)
            self.assertIn("dispute", summaries[1], lang)
        plan = self.env["collection.payment.plan"].create(
            {"account_id": item.account_id.id, "item_ids": [Command.set(item.ids)]}
        )
        plan._split(2, fields.Date.to_date("2026-04-15"))
        managers = self.company._get_collection_managers()
        managers.lang = "fr_FR"
        plan.with_context(lang="en_US")._ask_approval()
        self.assertIn("Valider", plan.activity_ids.summary)

    def test_the_language_that_nobody_chose(self):
        """English is filled in for a company whose people work in French."""
        self.company.partner_id.lang = "en_US"
        people = self.env.ref("account_collection.group_collection_user").all_user_ids
        people = people.filtered(lambda user: self.company in user.company_ids)
        self.assertEqual(self.company._get_collection_lang(), "en_US")
        people.lang = "fr_FR"
        self.assertEqual(self.company._get_collection_lang(), "fr_FR")
        people[:1].lang = "en_US"
        self.assertEqual(self.company._get_collection_lang(), "fr_FR", "most of them")
        self.env["res.lang"]._activate_lang("de_DE")
        self.company.partner_id.lang = "de_DE"
        self.assertEqual(self.company._get_collection_lang(), "de_DE", "chosen")

    def _run_job(self, xml_id):
        """The job as the server starts it: without a language."""
        cron = self.env.ref(f"account_collection.{xml_id}")
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = cron.env(cr=cr, user=SUPERUSER_ID, context={})
            cron.with_env(env)._callback(cron.name, cron.ir_actions_server_id.id)

    def test_any_job(self):
        seen = []
        self.patch(
            self.env.registry["collection.account"],
            "_cron_refresh",
            lambda accounts: seen.append(accounts.env.lang),
        )
        self.env.ref("base.user_root").company_id.partner_id.lang = "fr_FR"
        self._run_job("ir_cron_collection_refresh")
        self.assertEqual(seen, ["fr_FR"])

    def test_somebody_works_at_that_moment(self):
        tries = []

        def refresh(accounts):
            tries.append(accounts)
            if len(tries) < 3:
                accounts.env.cr.execute(
                    "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"  # serialization
                )

        self.patch(self.env.registry["collection.account"], "_cron_refresh", refresh)
        with patch("time.sleep"), mute_logger("odoo.service.model", "odoo.sql_db"):
            self._run_job("ir_cron_collection_refresh")
        self.assertEqual(len(tries), 3)
