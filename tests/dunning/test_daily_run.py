from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import sql_db
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DunningCommon

LOGGER = "odoo.addons.account_collection.models.dunning.collection_dunning_run"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestDailyRun(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # other companies of the database have their own setting
        cls.env["res.company"].search([]).collection_auto_run = "off"
        cls.item = cls._item("N1", cls.customer, 1000.0, "2026-03-01")
        cls.second = cls._item("V1", cls.other_customer, 500.0, "2026-03-02")

    def _cron(self):
        before = self._runs()
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_daily_run"
            ).method_direct_trigger()
        self.env.invalidate_all()
        return self._runs() - before

    def _runs(self):
        return self.env["collection.dunning.run"].search([])

    def test_off(self):
        self.assertFalse(self._cron())

    def test_compute(self):
        self.company.collection_auto_run = "compute"
        self.level_1.auto_send = True
        run = self._cron()
        self.assertRecordValues(
            run, [{"state": "computed", "automatic": True, "letter_count": 2}]
        )
        self.assertEqual(set(run.letter_ids.mapped("state")), {"draft"})
        self.assertIn(self.manager_user, run.activity_ids.user_id)
        self.assertNotIn(self.collector_user, run.activity_ids.user_id)
        # once a day
        self.assertFalse(self._cron())
        with freeze_time("2026-04-01"):
            later = self._cron()
        self.assertEqual(len(later), 1)
        self.assertEqual(run.state, "cancelled")
        self.assertFalse(run.activity_ids)

    def test_managers_read_it_in_their_language(self):
        """A job speaks none of theirs."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.collection_auto_run = "compute"
        self.manager_user.lang = "fr_FR"
        activities = self._cron().activity_ids
        summaries = {activity.user_id: activity.summary for activity in activities}
        self.assertEqual(
            summaries,
            {
                self.manager_user: "Examiner la campagne du jour",
                self.env.user: "Look at the daily run",
            },
        )
        mine = activities.filtered(lambda a: a.user_id == self.manager_user)
        self.assertIn("2 courriers", mine.note)

    def test_the_day_is_the_companys(self):
        """A job has no time zone: in Martinique it is yesterday still, when the server
        is at two in the morning, and in Nouméa it is tomorrow already at two p.m."""
        self.company.collection_auto_run = "compute"
        for zone, now, day in (
            ("America/Martinique", "2026-04-01 02:00:00", "2026-03-31"),
            ("Pacific/Tahiti", "2026-04-01 09:30:00", "2026-03-31"),
            ("Pacific/Noumea", "2026-04-01 14:00:00", "2026-04-02"),
        ):
            self.company.partner_id.tz = zone
            self.company.collection_auto_run_date = False
            with freeze_time(now), self.subTest(zone=zone):
                run = self._cron()
                self.assertEqual(str(run.date), day)
                self.assertEqual(str(self.company.collection_auto_run_date), day)
                self.assertFalse(self._cron(), "once a day")

    def test_nothing_is_late_on_its_due_date(self):
        item = self._item("due", self.customer, 100.0, "2026-03-31")
        account = item.account_id
        before = account.amount_overdue
        self.company.partner_id.tz = "America/Martinique"
        with freeze_time("2026-04-01 02:00:00"):
            self.env["collection.account"]._cron_refresh()
            self.assertEqual(account.amount_overdue, before)
        with freeze_time("2026-04-01 04:00:00"):
            self.env["collection.account"]._cron_refresh()
            self.assertEqual(account.amount_overdue, before + 100.0)

    def test_send(self):
        """Levels say what leaves by itself; the rest waits for a person."""
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        self.second.write({"level_id": self.level_1.id, "level_date": "2026-03-10"})
        run = self._cron()
        states = {letter.level_id: letter.state for letter in run.letter_ids}
        self.assertEqual(states, {self.level_1: "to_send", self.level_2: "draft"})
        self.assertEqual(run.state, "computed")
        self.assertTrue(run.activity_ids)
        # a person confirms the rest
        run.with_user(self.manager_user).action_confirm()
        self.assertEqual(set(run.letter_ids.mapped("state")), {"to_send"})

    def test_send_everything(self):
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        run = self._cron()
        self.assertEqual(run.state, "to_send", "nothing has left yet")
        self.assertFalse(run.activity_ids)
        # sent or not, what waits is not written again the next day
        with freeze_time("2026-04-01"):
            later = self._cron()
        self.assertFalse(later.letter_ids)
        self.assertIn(
            run.letter_ids[0].number, later.exclusion_ids.mapped("reason_note")
        )
        self.assertIn("has not been sent yet", later.exclusion_ids[0].explanation)

    def test_what_is_sent_automatically_leaves(self):
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        run = self._cron()
        self.assertEqual(set(run.letter_ids.mapped("delivery_state")), {"queued"})
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_send"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(run.letter_ids.mapped("state")), {"sent"})
        self.assertEqual(self.item.level_id, self.level_1)

    def test_the_manager_turns_it_on(self):
        settings = (
            self.env["collection.company.settings"]
            .with_user(self.manager_user)
            .create({"collection_auto_run": "compute"})
        )
        settings.action_save()
        self.assertEqual(self.company.collection_auto_run, "compute")

    def test_the_next_day_does_not_undo_what_was_confirmed(self):
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        self.second.write({"level_id": self.level_1.id, "level_date": "2026-03-10"})
        run = self._cron()
        numbered = run.letter_ids.filtered("number")
        with freeze_time("2026-04-01"):
            later = self._cron()
        self.assertEqual(run.state, "to_send")
        self.assertEqual(numbered.state, "to_send")
        self.assertEqual((run.letter_ids - numbered).state, "cancelled")
        self.assertEqual(self._levels(later), {"V1": 2})

    def test_no_formal_notice_and_nothing_unapproved_by_itself(self):
        self.company.collection_auto_run = "send"
        self.level_1.write({"auto_send": True, "needs_approval": True})
        self.level_2.formal_notice = True
        self.second.write({"level_id": self.level_1.id, "level_date": "2026-03-10"})
        run = self._cron()
        self.assertEqual(self._reasons(run), {"N1": "awaiting_approval"})
        self.assertEqual(run.letter_ids.state, "draft")
        self.item.with_user(self.manager_user).action_approve_level()
        with freeze_time("2026-04-01"):
            run = self._cron()
        self.assertEqual(
            run.letter_ids.filtered(
                lambda letter: letter.level_id == self.level_1
            ).state,
            "to_send",
        )

    def test_a_missing_particular_stops_the_sending_only(self):
        self.company.write({"collection_auto_run": "send", "company_registry": False})
        self.level_1.auto_send = True
        run = self._cron()
        self.assertEqual(run.state, "computed")
        self.assertEqual(set(run.letter_ids.mapped("state")), {"draft"})
        self.assertIn("SIREN", run.activity_ids[0].note)

    def test_two_passes_of_a_day_make_one_letter(self):
        """A daily run per company, and what may leave by itself."""
        self.company.collection_auto_run = "send"
        self.level_1.auto_send = True
        for _time in range(2):
            self._cron()
        letters = self.item.letter_line_ids.letter_id
        self.assertRecordValues(letters, [{"state": "to_send"}])

    def test_old_proposals_are_forgotten(self):
        self.company.collection_auto_run = "compute"
        self.second.account_id.write({"hold_until": "2026-12-31", "hold_reason": "X"})
        run = self._cron()
        with freeze_time("2026-04-01"):
            later = self._cron()
            later.action_confirm()
        with freeze_time("2026-04-30"):
            self.env["collection.dunning.run"]._gc_daily_runs()
            self.assertTrue(run.letter_ids and run.exclusion_ids)
        with freeze_time("2026-05-02"):
            self.env["collection.dunning.run"]._gc_daily_runs()
        self.assertFalse(
            run.letter_ids | later.letter_ids.filtered(lambda letter: not letter.number)
        )
        self.assertFalse((run | later).exclusion_ids)
        self.assertTrue(later.letter_ids.filtered("number"))

    def test_one_company_fails(self):
        other = self.setup_other_company()["company"]
        companies = self.company | other
        companies.collection_auto_run = "compute"
        Run = self.env.registry["collection.dunning.run"]
        compute = Run.action_compute
        failure = "Something is missing."

        def fail(runs):
            if runs.company_id == self.company:
                raise UserError(failure)
            return compute(runs)

        with patch.object(Run, "action_compute", fail), mute_logger(LOGGER):
            runs = self._cron()
        by_company = runs.grouped("company_id")
        self.assertEqual(by_company[other].state, "done")
        failed = by_company[self.company]
        self.assertEqual(failed.state, "draft")
        self.assertIn("Something is missing.", failed.activity_ids[0].note)
        # it is looked at once, and can be done by hand
        self.assertFalse(self._cron())
        failed.with_user(self.manager_user).action_compute()
        self.assertEqual(failed.state, "computed")

    def _waiting_jobs(self):
        return self.env["ir.cron.trigger"].search_count(
            [
                (
                    "cron_id",
                    "=",
                    self.env.ref("account_collection.ir_cron_collection_daily_run").id,
                )
            ]
        )

    def _assertComesBack(self):
        """The day is not lost, nobody is alarmed, and the job is asked for again."""
        before = self._waiting_jobs()
        self.assertFalse(self._cron())
        self.assertFalse(self.company.collection_auto_run_date)
        self.assertGreater(self._waiting_jobs(), before)

    def test_somebody_else_computes_at_this_moment(self):
        self.company.collection_auto_run = "compute"
        Company = self.env.registry["res.company"]
        with (
            patch.object(
                Company, "try_lock_for_update", lambda records, **_kwargs: records[:0]
            ),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            self._assertComesBack()
        run = self._cron()
        self.assertEqual((run.state, run.letter_count), ("computed", 2))
        self.assertEqual(str(self.company.collection_auto_run_date), "2026-03-31")

    def test_overtaken_by_somebody_else(self):
        """The database refuses, for one company; the other has its run."""
        other = self.setup_other_company()["company"]
        (self.company | other).collection_auto_run = "compute"
        Run = self.env.registry["collection.dunning.run"]
        compute = Run.action_compute

        def overtaken(runs):
            if runs.company_id == self.company:
                raise SerializationFailure("could not serialize access")
            return compute(runs)

        with (
            patch.object(Run, "action_compute", overtaken),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            before = self._waiting_jobs()
            self.assertEqual(self._cron().company_id, other)
            self.assertGreater(self._waiting_jobs(), before)
        self.assertFalse(self.company.collection_auto_run_date)
        run = self._cron()
        self.assertEqual((run.company_id, run.letter_count), (self.company, 2))


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestTwoWorkers(DunningCommon):
    """Two people compute or confirm for the same company at the same time."""

    # the other connection would wait for what the class has written of a shared one
    shares_company = False

    def setUp(self):
        super().setUp()
        # seen by every connection
        self.main = self.env.ref("base.main_company")
        self.dunning_run = (
            self.env["collection.dunning.run"]
            .sudo()
            .create({"company_id": self.main.id, "date": "2026-03-31"})
        )
        other = sql_db.db_connect(self.env.cr.dbname).cursor()
        self.addCleanup(other.close)
        self.other = other

    def test_the_second_is_told_to_wait(self):
        self.other.execute(
            "SELECT id FROM res_company WHERE id = %s FOR NO KEY UPDATE",
            [self.main.id],
        )
        for action in ("action_compute", "action_confirm"):
            with self.assertRaisesRegex(UserError, "somebody else at this moment"):
                getattr(self.dunning_run, action)()
        self.other.rollback()
        self.dunning_run.action_compute()
        self.assertEqual(self.dunning_run.state, "computed")

    def test_what_began_before_is_done_again(self):
        """A worker whose view of the letters is out of date cannot go on: the
        server repeats his request, which then sees them."""
        self.env.cr.execute("SELECT 1")
        self.addCleanup(self._forget)
        self.other.execute(
            "UPDATE res_company SET collection_run_time = now() WHERE id = %s",
            [self.main.id],
        )
        self.other.commit()
        with (
            self.assertRaises(SerializationFailure),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.dunning_run.action_compute()

    def _forget(self):
        with sql_db.db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("UPDATE res_company SET collection_run_time = NULL")
