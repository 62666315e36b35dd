import runpy
from datetime import date
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.misc import file_path

from ...models.contract.collection_mandate_objective import SEALED
from .common import ContractCommon

WINTER = (date(2026, 1, 1), date(2026, 3, 31))


@freeze_time("2026-04-01 09:00:00")
class RoadmapCommon(ContractCommon):
    """A customer who pays late, one who stays in-house, and what they owe.

    Nord: 1,000 due on 31 January, of which 400 come on 20 March, and 600 due on
    15 March. At the month ends: 1,000 open, not due; 1,600 open, 1,000 overdue; 1,200
    open, all overdue.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._invoice(cls.customer, 1000, "2026-01-31", date="2026-01-01")
        cls.second = cls._invoice(cls.customer, 600, "2026-03-15", date="2026-02-13")
        cls._invoice(cls.other_customer, 5000, "2026-01-15", date="2026-01-01")
        cls._pay(cls.first, 400, "2026-03-20")
        cls.account = cls.account_of(cls.customer)
        cls.reserved = cls.account_of(cls.other_customer)
        cls.reserved.reserved = True

    def _run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_roadmap"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _read_month_ends(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_snapshot"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _notices(self):
        return self.contract.sudo().activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("account_collection.mail_activity_type_roadmap")
            )
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 09:00:00")
class TestBaseline(RoadmapCommon):
    """Where a mandate starts from: worked out once, typed by nobody."""

    def test_against_the_ledger(self):
        expected = {
            # (0 + 1,000 + 1,200) / (1,000 + 1,600 + 1,200)
            "overdue_rate": 57.89,
            # 31 March: 1,200 = nothing of March, 600 of February, 600 of 1,000 of
            # January: 31 + 28 + 18.6
            "dso_count_back": 77.6,
            # (1,000 + 1,600 + 1,600 - 3,800) / (4,200 - 1,000 - 600 - 0)
            "cei": 15.38,
            # 400 on 20 March, 48 days after 31 January
            "days_late": 48.0,
            # 2,200 overdue of 4,200 sold, in the mean of 31, 59 and 90 days
            "days_delinquent": 31.43,
        }
        for code in expected:
            self._objective(code, 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER)
        found = {
            objective.indicator_id.code: objective
            for objective in self.contract.objective_ids
        }
        for code, value in expected.items():
            with self.subTest(code=code):
                self.assertTrue(found[code].baseline_known)
                self.assertAlmostEqual(found[code].baseline, value, places=2)
        self.assertEqual(self.contract.baseline_count, 1)
        self.assertRecordValues(
            self.contract,
            [
                {
                    "baseline_from": WINTER[0],
                    "baseline_to": WINTER[1],
                    "baseline_by_id": self.manager_user.id,
                }
            ],
        )
        self.assertEqual(found["cei"].baseline_by_id, self.manager_user)
        self.assertEqual(str(found["cei"].baseline_on), "2026-04-01 09:00:00")

    def test_nothing_to_divide_by_is_not_nought(self):
        for code in (
            "roll_31_60",
            "receipt_rate",
            "receipts_month",
            "share_contacted",
            "share_in_time",
            "share_kept",
            "share_kept_amount",
            "satisfaction",
            "quality_mark",
            "complaint_rate",
        ):
            objective = self._objective(code, 1.0, "2026-12-31")
            with self.subTest(code=code):
                self.contract._take_baseline(*WINTER)
                self.assertFalse(objective.baseline_known)
                self.assertEqual(objective.baseline_text, "n/a")
        self.assertIn(
            "say why there is no baseline",
            "\n".join(self.contract._get_missing("live")),
        )
        self.contract.objective_ids.baseline_reason = "Nobody had handed anything over"
        self.assertNotIn("baseline", "\n".join(self.contract._get_missing("live")))

    def test_every_indicator_is_measured(self):
        indicators = self.env["collection.mandate.indicator"].search([])
        self.assertGreaterEqual(len(indicators), 12)
        for indicator in indicators:
            with self.subTest(code=indicator.code):
                self.contract._measure(indicator.code, *WINTER)
                self.contract._measure(
                    indicator.code, date(2026, 4, 1), date(2026, 4, 1)
                )

    def test_promises_of_the_company(self):
        said = (
            (100.0, 100.0, "kept", self.collector_user),
            (300.0, 50.0, "partial", self.collector_user),
            (200.0, 0.0, "broken", self.manager_user),
            (500.0, 0.0, "withdrawn", self.collector_user),
            # a provider's, whose figures do not say how it was in-house
            (90.0, 90.0, "kept", self.agent_user),
        )
        promises = [
            self.env["collection.promise"].create(
                {
                    "account_id": self.account.id,
                    "amount": amount,
                    "date_promised": "2026-04-02",
                    "item_ids": [Command.set(self.second.collection_item_ids.ids)],
                }
            )
            for amount, *_rest in said
        ]
        self.env.flush_all()
        for promise, (_amount, received, state, user) in zip(
            promises, said, strict=True
        ):
            # as of a month ago
            self.env.cr.execute(
                SQL(
                    """UPDATE collection_promise
                          SET state = %s, amount_received = %s, user_id = %s,
                              date_made = '2026-03-01',
                              date_promised = '2026-03-10' WHERE id = %s""",
                    state,
                    received,
                    user.id,
                    promise.id,
                )
            )
        self.env.invalidate_all()
        self.contract._count_customers()
        self.assertAlmostEqual(
            self.contract._measure("share_kept", *WINTER), 100 / 3, places=6
        )
        self.assertAlmostEqual(
            self.contract._measure("share_kept_amount", *WINTER), 25.0, places=6
        )

    def test_whose_figures(self):
        """Those who go by name, whoever else may be handed over."""
        self.reserved.reserved = False
        objective = self._objective("overdue_rate", 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER, accounts=self.reserved)
        # 5,000 not paid since 15 January
        self.assertEqual(objective.baseline, 100.0)
        self.assertEqual(self.contract.baseline_count, 1)
        self.contract._take_baseline(*WINTER)
        self.assertEqual(self.contract.baseline_count, 2)
        # (5,000 + 6,000 + 6,200) / (6,000 + 6,600 + 6,200)
        self.assertAlmostEqual(objective.baseline, 91.49, places=2)

    def test_once(self):
        objective = self._objective("overdue_rate", 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER)
        self.contract._take_baseline(date(2026, 1, 1), date(2026, 1, 31))
        self.assertEqual(objective.baseline, 0.0, "still in study")
        self.contract._take_baseline(*WINTER)
        self._start(self.contract)
        self.contract._take_baseline(date(2026, 1, 1), date(2026, 1, 31))
        self.assertAlmostEqual(objective.baseline, 57.89, places=2)
        self.assertEqual(self.contract.baseline_to, WINTER[1])
        # what is added later starts from where the rest does
        later = self._objective("cei", 80.0, "2026-12-31")
        self.assertAlmostEqual(later.baseline, 15.38, places=2)
        self.assertEqual((later.baseline_from, later.baseline_to), WINTER)

    def test_period(self):
        for period, message in (
            ((date(2026, 3, 31), date(2026, 3, 1)), "before it begins"),
            ((date(2026, 3, 1), date(2026, 4, 1)), "that are over"),
        ):
            with (
                self.subTest(period=period),
                self.assertRaisesRegex(UserError, message),
            ):
                self.contract._take_baseline(*period)
        self.contract.date_start = "2026-06-01"
        with self.assertRaisesRegex(UserError, "that are over"):
            self.contract._take_baseline(date(2026, 3, 1), date(2026, 5, 31))
        self.contract.action_take_baseline()
        self.assertEqual(
            (self.contract.baseline_from, self.contract.baseline_to), WINTER
        )

    def test_nobody_types_it(self):
        objective = self._objective("overdue_rate", 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER)
        as_manager = objective.with_user(self.manager_user)
        values = {
            "indicator_id": self.env.ref("account_collection.indicator_cei").id,
            "mandate_id": self.contract.id,
            "target": 1.0,
            "deadline": "2026-12-31",
        }
        for name in sorted(SEALED):
            value = objective[name]
            value = value.id if name.endswith("_id") else value or False
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "nobody types them"):
                    call_kw(as_manager, "write", [objective.ids, {name: value}], {})
                with self.assertRaisesRegex(UserError, "nobody types them"):
                    call_kw(as_manager, "create", [{**values, name: value}], {})
        made = as_manager.with_context(
            default_baseline=99.0, default_actual=99.0, default_status="reached"
        ).create(values)
        self.assertAlmostEqual(made.baseline, 15.38, places=2)
        self.assertEqual((made.actual, made.status), (0.0, "pending"))
        for name in ("baseline_from", "baseline_on", "measured_on", "baseline_by_id"):
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "nobody"):
                self.contract.write({name: False})
        with self.assertRaisesRegex(UserError, "set another one"):
            objective.indicator_id = self.env.ref("account_collection.indicator_cei")
        indicator = objective.indicator_id.with_user(self.manager_user)
        with self.assertRaisesRegex(UserError, "comes with the software"):
            indicator.better = "more"
        indicator.name = "Overdue, of all"

    def test_copy_starts_anew(self):
        self._objective("overdue_rate", 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER)
        copy = self.contract.copy()
        self.assertFalse(copy.baseline_on or copy.baseline_count)
        self.assertRecordValues(
            copy.objective_ids,
            [{"target": 10.0, "baseline_known": False, "baseline_on": False}],
        )

    def test_sense(self):
        for code, target, deadline in (
            ("overdue_rate", -1.0, "2026-12-31"),
            ("overdue_rate", 101.0, "2026-12-31"),
            ("overdue_rate", 10.0, "2026-03-31"),
        ):
            with self.subTest(target=target), self.assertRaises(ValidationError):
                self._objective(code, target, deadline)

    def test_rights(self):
        self._objective("overdue_rate", 10.0, "2026-12-31")
        self.contract._take_baseline(*WINTER)
        contract = self.contract.with_user(self.collector_user)
        self.assertEqual(contract.objective_ids.mapped("target"), [10.0])
        self.assertTrue(contract.baseline_count)
        with self.assertRaises(AccessError):
            contract.objective_ids.target = 20.0
        with self.assertRaises(AccessError):
            contract._take_baseline(*WINTER)
        with self.assertRaises(AccessError):
            contract.action_measure()
        for user in (self.supervisor_user, self.agent_user, self.on_site_user):
            for name in ("objective", "service", "phase", "level", "customer"):
                with (
                    self.subTest(user=user.login, name=name),
                    self.assertRaises(AccessError),
                ):
                    self.env[f"collection.mandate.{name}"].with_user(user).search([])


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 09:00:00")
class TestObjective(RoadmapCommon):
    """How far a mandate is, what is said of it, and when somebody is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.objective = cls._objective("overdue_rate", 20.0, "2026-06-30")
        cls.contract._take_baseline(*WINTER)
        cls._start(cls.contract)
        cls.account.user_id = False
        cls._hand_over(cls.account, cls.contract)

    def test_as_long_as_the_baseline(self):
        self.assertEqual(self.objective.status, "pending")
        # May: 600 of 1,200 are paid, June: the rest is
        with freeze_time("2026-05-20 09:00:00"):
            self._pay(self.second, date="2026-05-20")
        with freeze_time("2026-07-01 03:00:00"):
            self._pay(self.first, date="2026-06-20")
            later = self._invoice(self.customer, 900, "2026-07-15", date="2026-06-15")
            self._read_month_ends()
            self._run_job()
        self.assertEqual(
            (self.objective.actual_from, self.objective.actual_to),
            (date(2026, 4, 2), date(2026, 6, 30)),
        )
        # (1,200 + 600 + 0) / (1,200 + 600 + 900)
        self.assertAlmostEqual(self.objective.actual, 66.67, places=2)
        self.assertEqual(self.objective.status, "missed")
        self.assertTrue(later)

    def test_status(self):
        objective = self.objective
        for today, value, status in (
            ("2026-03-31", 10.0, "pending"),
            # by the straight line, 57.89 - 37.89 * 30 / 91 = 45.40
            ("2026-04-30", 45.3, "on_track"),
            ("2026-04-30", 45.5, "pending"),
            ("2026-04-30", 20.0, "reached"),
            ("2026-06-30", 20.01, "pending"),
            ("2026-07-01", 20.01, "missed"),
            ("2026-07-01", 20.0, "reached"),
            ("2026-07-01", None, "no_base"),
        ):
            with self.subTest(today=today, value=value):
                objective._seal(
                    {
                        "actual": value or 0.0,
                        "actual_known": value is not None,
                        "actual_to": "2026-04-30",
                    }
                )
                self.assertEqual(
                    objective._get_status(date.fromisoformat(today)), status
                )
        # the more, the better; and without a baseline there is no line
        more = self._objective("satisfaction", 4.5, "2026-06-30", baseline_reason="New")
        for value, status in ((4.5, "reached"), (4.4, "pending")):
            more._seal(
                {"actual": value, "actual_known": True, "actual_to": "2026-04-30"}
            )
            self.assertEqual(more._get_status(date(2026, 4, 30)), status)

    def test_final_after_the_deadline(self):
        with freeze_time("2026-07-01 03:00:00"):
            self._read_month_ends()
            self._run_job()
            self.assertEqual(self.objective.actual, 100.0)
            self.assertEqual(self.objective.status, "missed")
        with freeze_time("2026-07-20 03:00:00"):
            self._pay(self.first, date="2026-06-10")
            self._run_job()
        self.assertEqual(self.objective.actual, 100.0)
        self.assertEqual(self.objective.actual_to, date(2026, 6, 30))

    def test_one_notice_for_a_miss(self):
        self.contract.user_id = self.manager_user
        self.contract.contact_days = 400
        with freeze_time("2026-06-30 03:00:00"):
            self._read_month_ends()
            self._run_job()
            self.assertFalse(self._notices(), "the last day is not over")
        with freeze_time("2026-07-01 03:00:00"):
            self._read_month_ends()
            self._run_job()
            [notice] = self._notices()
            self.assertEqual(notice.user_id, self.manager_user)
            self.assertIn("100 %", notice.note)
            self.assertIn("at most 20 %", notice.note)
        for day in ("2026-07-02", "2026-07-03"):
            with freeze_time(f"{day} 03:00:00"):
                self._run_job()
        self.assertEqual(self._notices(), notice)
        notice.sudo().action_feedback("Spoken about")
        with freeze_time("2026-07-04 03:00:00"):
            self._run_job()
            self.assertFalse(self._notices(), "dealt with, and not said again")
            # another day is agreed on: when that passes too, it is a new miss
            self.objective.deadline = "2026-07-31"
            self.assertEqual(self.objective.status, "pending")
        with freeze_time("2026-08-01 03:00:00"):
            self._read_month_ends()
            self._run_job()
            self.assertEqual(len(self._notices()), 1)

    def test_one_notice_for_a_level(self):
        self.contract.contact_days = 5
        with freeze_time("2026-04-06 03:00:00"):
            self._run_job()
            self.assertFalse(self._notices())
        with freeze_time("2026-04-07 03:00:00"):
            self._run_job()
            [notice] = self._notices()
            self.assertIn("not reached within 5 days", notice.note)
            level = self.contract.level_ids.filtered(
                lambda level: level.code == "not_contacted_in_time"
            )
            self.assertRecordValues(
                level,
                [
                    {
                        "status": "missed",
                        "value": 1.0,
                        "missed_since": date(2026, 4, 7),
                    }
                ],
            )
            # twice in a night, as after an interruption
            self.contract.action_measure()
        with freeze_time("2026-04-08 03:00:00"):
            self._run_job()
        self.assertEqual(self._notices(), notice)
        with freeze_time("2026-04-09 09:00:00"):
            call = self.env["collection.call"].create(
                self._call_values(self.account, "information_only")
            )
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE collection_call SET side = 'provider' WHERE id = %s",
                    call.id,
                )
            )
            self.env.invalidate_all()
            self.contract.action_measure()
            self.assertEqual(level.status, "met")
            self.assertFalse(level.missed_since)

    def test_job_goes_on_from_where_it_was(self):
        (self.mandate | self.other_mandate)._seal({"measured_on": "2026-04-01"})
        measured = []
        Mandate = self.env.registry["collection.mandate"]
        original = Mandate._measure_roadmap

        def measure(mandate):
            measured.append(mandate.id)
            return original(mandate)

        with patch.object(Mandate, "_measure_roadmap", measure):
            with freeze_time("2026-04-01 20:00:00"):
                self._run_job()
                self.assertIn(self.contract.id, measured)
                self.assertNotIn(self.mandate.id, measured)
                measured.clear()
                self._run_job()
                self.assertFalse(measured, "all of today's are done")
            # it is the day of the company: in Paris the 2nd has begun
            self.company.partner_id.tz = "Europe/Paris"
            with freeze_time("2026-04-01 22:30:00"):
                self._run_job()
        self.assertIn(self.contract.id, measured)

    def test_at_the_end(self):
        """What is not reached when the mandate ends is missed, whatever the deadline;
        it is measured while the customers are still there."""
        reached = self._objective(
            "share_contacted", 0.0, "2026-12-31", baseline_reason="–"
        )
        later = self._objective("days_late", 1.0, "2026-12-31")
        with freeze_time("2026-05-15 09:00:00"):
            self._pay(self.second, date="2026-05-10")
            self.contract.action_end()
        self.assertTrue(reached.actual_known)
        self.assertEqual(reached.status, "reached")
        self.assertEqual(later.actual, 56.0)
        self.assertEqual(later.status, "missed")

    def test_deleted_with_the_mandate(self):
        copy = self.contract.copy({"date_start": "2026-04-01"})
        phase = copy.phase_ids.create(
            {"mandate_id": copy.id, "kind": "on_site", "date_from": "2026-04-01"}
        )
        copy.objective_ids.phase_id = phase
        copy._take_baseline(*WINTER)
        rows = copy.objective_ids
        with self.assertRaises(UserError):
            phase.unlink()
        copy.unlink()
        self.assertFalse(rows.exists() or phase.exists())

    def test_amended_not_measured(self):
        """The target is a term of the contract, where it is by now is none."""
        [term] = self.contract._get_terms()["objectives"]
        self.assertEqual(term.label, "Overdue share")
        self.assertRegex(term.text, r"at most 20 % by .* from 57.89 % between")
        self.objective.target = 25.0
        [line] = self.contract.amendment_ids.line_ids
        self.assertEqual(line.key, f"objective-{self.objective.id}")
        self.assertIn("20 %", line.before)
        self.assertIn("25 %", line.after)
        with freeze_time("2026-04-02 03:00:00"):
            self._run_job()
        self.assertEqual(len(self.contract.amendment_ids), 1)
        self.objective.unlink()
        self.assertFalse(self.contract._get_terms()["objectives"])
        self.assertEqual(line.after, "")

    def test_money(self):
        rate = self._objective("receipt_rate", 50.0, "2026-06-30", baseline_reason="–")
        month = self._objective(
            "receipts_month", 500.0, "2026-06-30", baseline_reason="–"
        )
        with freeze_time("2026-05-15 09:00:00"):
            self._pay(self.second, 450, date="2026-05-10")
            credit = self._credit_note(self.customer, 100, "2026-05-11")
            self._reconcile(self.first, credit)
            self.contract.action_measure()
        # 450 of the 1,200 handed over on 1 April; a credit note is no money
        self.assertAlmostEqual(rate.actual, 37.5, places=2)
        # in the 45 days from 1 April to 15 May
        self.assertAlmostEqual(month.actual, 450 * 365 / 12 / 45, places=2)
        self.assertEqual(rate.actual_from, date(2026, 4, 1))

    def test_what_goes_again_is_placed_once(self):
        placed = self.contract._get_placed(date(2026, 4, 30))
        self.assertEqual(placed, 1200.0)
        lines = self.contract.placement_ids.line_ids
        with freeze_time("2026-04-20 09:00:00"):
            lines._take_back("recalled", "For a while", "error")
            self._hand_over(lines.account_id, self.contract)
        self.assertEqual(self.contract._get_placed(date(2026, 4, 30)), 1200.0)
        self.assertEqual(self.contract._get_placed(date(2026, 3, 31)), 0.0)

    def test_targets_of_before(self):
        """The two targets that were fields become objectives; a reason stands where
        nobody knows the baseline."""
        self.env.cr.execute(
            """ALTER TABLE collection_mandate ADD COLUMN target_contacted numeric,
                                              ADD COLUMN target_kept numeric"""
        )
        self.env.cr.execute(
            SQL(
                "UPDATE collection_mandate SET target_contacted = 80 WHERE id = %s",
                self.mandate.id,
            )
        )
        path = file_path("account_collection/migrations/19.0.1.1.0/post-objectives.py")
        runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        objective = self.mandate.objective_ids
        self.assertEqual(objective.indicator_id.code, "share_contacted")
        self.assertEqual(objective.target, 80.0)
        self.assertEqual(objective.deadline, date(2027, 4, 1))
        self.assertTrue(objective.baseline_reason)
        self.assertFalse(self.other_mandate.objective_ids)
        self.assertEqual(self.mandate._get_targets(), {"share_contacted": 80.0})

    def test_missing(self):
        fresh = self.contract.copy({"date_start": "2026-04-01"})
        fresh.objective_ids.unlink()
        said = "\n".join(fresh._get_missing("live"))
        self.assertIn("at least one objective", said)
        self.assertIn("Plan the first review", said)
        fresh.objective_ids.create(
            {
                "mandate_id": fresh.id,
                "indicator_id": self.env.ref("account_collection.indicator_cei").id,
                "target": 0.0,
                "deadline": "2026-12-31",
            }
        )
        review = fresh.review_ids.create({"mandate_id": fresh.id, "date": "2026-05-01"})
        said = "\n".join(fresh._get_missing("live"))
        self.assertIn("take the baseline", said)
        self.assertIn("set a target", said)
        self.assertNotIn("review", said)
        fresh._take_baseline(*WINTER)
        fresh.objective_ids.target = 80.0
        self.assertFalse(
            [text for text in fresh._get_missing("live") if "Collection eff" in text]
        )
        review.action_cancel()
        self.assertIn("review", "\n".join(fresh._get_missing("live")))
        self.assertFalse(
            [text for text in fresh._get_missing("pilot") if "objective" in text]
        )

    def test_queries_do_not_grow(self):
        def count():
            with self._count_queries() as counter:
                self.contract._measure_roadmap()
            return counter.total

        for code in ("cei", "days_late", "receipt_rate", "share_kept", "satisfaction"):
            self._objective(code, 1.0, "2026-06-30")
        with freeze_time("2026-05-02 09:00:00"):
            self._read_month_ends()
            count()
            few = count()
            for number in range(12):
                partner = self._customer(f"More {number}")
                self._invoice(partner, 100 + number, "2026-03-01")
                self._hand_over(self.account_of(partner), self.contract)
            self.env["collection.receipt"]._bring_up_to_date()
            self.assertLessEqual(count(), few + 1)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 09:00:00")
class TestPhase(RoadmapCommon):
    """On site, then off site: dates, figures, and what becomes of the logins."""

    def _phase(self, kind, first, last=False):
        return self.contract.phase_ids.create(
            {
                "mandate_id": self.contract.id,
                "kind": kind,
                "date_from": first,
                "date_to": last,
            }
        )

    def test_apart(self):
        self._phase("on_site", "2026-04-01", "2026-06-30")
        for first, last in (
            ("2026-06-30", "2026-07-31"),
            ("2026-03-01", False),
            ("2026-05-01", "2026-05-31"),
        ):
            with self.subTest(first=first), self.assertRaises(ValidationError):
                self._phase("off_site", first, last)
        self._phase("off_site", "2026-07-01")
        with self.assertRaises(ValidationError):
            self._phase("on_site", "2027-01-01")
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self._phase("on_site", "2026-02-01", "2026-01-01")

    def test_follows_the_day(self):
        self.assertEqual(self.contract.phase, "off_site")
        self.contract.phase = "on_site"
        self.assertEqual(
            self.contract.phase, "on_site", "typed, where none were agreed"
        )
        self._phase("on_site", "2026-04-01", "2026-06-30")
        self._phase("off_site", "2026-07-02")
        self.contract.phase = "off_site"
        self.assertEqual(self.contract.phase, "on_site", "today's holds")
        with freeze_time("2026-07-01 03:00:00"):
            self._run_job()
            self.assertEqual(self.contract.phase, "on_site", "between two of them")
        with freeze_time("2026-07-02 03:00:00"):
            self._run_job()
            self.assertEqual(self.contract.phase, "off_site")
        self.assertEqual(
            [term.label for term in self.contract._get_terms()["phases"]],
            ["Phase 1", "Phase 2"],
        )

    def test_covers_the_start(self):
        phase = self._phase("on_site", "2026-04-02", "2026-06-30")
        self.assertIn("first day", "\n".join(self.contract._get_missing("live")))
        phase.date_from = "2026-04-01"
        self.assertNotIn("first day", "\n".join(self.contract._get_missing("live")))

    def test_figures_beside_each_other(self):
        on_site = self._phase("on_site", "2026-04-01", "2026-04-30")
        off_site = self._phase("off_site", "2026-05-01")
        self._start(self.contract)
        self._hand_over(self.account, self.contract)
        for day, amount in (("2026-04-20", 100), ("2026-05-20", 250)):
            with freeze_time(f"{day} 09:00:00"):
                self._pay(self.first, amount, date=day)
                call = self.env["collection.call"].create(
                    self._call_values(self.account, "information_only")
                )
                self.env.flush_all()
                self.env.cr.execute(
                    SQL(
                        "UPDATE collection_call SET side = 'provider', user_id = %s,"
                        " agent_id = %s WHERE id = %s",
                        self.agent_user.id,
                        self.agent.id,
                        call.id,
                    )
                )
        with freeze_time("2026-06-01 09:00:00"):
            self.env.invalidate_all()
            self.assertRecordValues(
                on_site | off_site,
                [
                    {
                        "attempts": 1,
                        "right_party": 1,
                        "amount_received": 100.0,
                        "satisfaction_text": "n/a",
                    },
                    {
                        "attempts": 1,
                        "right_party": 1,
                        "amount_received": 250.0,
                        "satisfaction_text": "n/a",
                    },
                ],
            )

    def test_objective_of_a_phase(self):
        phase = self._phase("on_site", "2026-04-01", "2026-04-30")
        objective = self._objective(
            "receipt_rate", 30.0, "2026-04-30", phase_id=phase.id
        )
        self.assertIn("On site", self.contract._get_terms()["objectives"][0].label)
        strange = self.contract.copy({"date_start": "2026-04-01"})
        with self.assertRaises(ValidationError):
            strange.objective_ids.phase_id = phase
        self.assertFalse(strange.objective_ids.phase_id)
        self.assertEqual(
            objective._get_period(date(2026, 6, 1)),
            (date(2026, 4, 1), date(2026, 4, 30)),
        )
        self.assertEqual(self.contract._get_targets(), {"receipt_rate": 30.0})
        with freeze_time("2026-05-01 09:00:00"):
            self.assertEqual(self.contract._get_targets(), {})

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def _switch(self, kind, user):
        action = self._phase(kind, "2026-04-01").with_user(user).action_switch()
        return self.env[action["res_model"]].with_user(user).browse(action["res_id"])

    def test_to_the_portal(self):
        self.contract.agent_ids |= self.on_site_agent
        self._start(self.contract)
        user = self.on_site_user
        user.email = "on.site@provider.example.com"
        token = user._compute_session_token("any")
        wizard = self._switch("off_site", self.manager_user)
        self.assertEqual(wizard.line_ids.agent_id, self.on_site_agent)
        self.assertIn("on.site@provider.example.com", wizard.line_ids.consequence)
        self.assertIn("password ends now", wizard.line_ids.consequence)
        mails = self.env["mail.mail"].sudo()
        before = mails.search_count([])
        wizard.action_switch()
        self.assertTrue(user.share)
        self.assertEqual(
            user.group_ids,
            self.env.ref("base.group_portal")
            | self.env.ref("account_collection.group_collection_provider"),
        )
        self.assertEqual(self.on_site_agent.user_id, user, "what they did stays theirs")
        self.assertNotEqual(user._compute_session_token("any"), token)
        self.assertTrue(user.partner_id.sudo().signup_type)
        self.assertGreaterEqual(mails.search_count([]), before)
        with self.assertRaises(AccessError):
            self.env["ir.ui.menu"].with_user(user).load_menus(False)
            self.env["collection.segment"].with_user(user).search([])
        with self.assertRaisesRegex(UserError, "already"):
            self.contract.phase_ids.with_user(self.manager_user).action_switch()

    def test_to_the_premises(self):
        self._start(self.contract)
        with self.assertRaisesRegex(AccessError, "administrator of users"):
            self._switch("on_site", self.manager_user).action_switch()
        self.contract.phase_ids.unlink()
        self.manager_user.group_ids |= self.env.ref("base.group_erp_manager")
        self.agent_user.email = "agent@provider.example.com"
        wizard = self._switch("on_site", self.manager_user)
        wizard.line_ids.filtered(
            lambda line: line.agent_id == self.supervisor
        ).follows = False
        wizard.action_switch()
        self.assertFalse(self.agent_user.share)
        self.assertEqual(
            self.agent_user.group_ids,
            self.env.ref("base.group_user")
            | self.env.ref("account_collection.group_collection_on_site"),
        )
        self.assertTrue(self.supervisor_user.share)

    def test_nobody_loses_rights_of_the_house(self):
        """A credit manager names anybody an agent, and takes nobody's rights away."""
        phase = self._phase("off_site", "2026-04-01").with_user(self.manager_user)
        for groups in (
            "base.group_user,base.group_system",
            "base.group_user,base.group_partner_manager",
            "group_collection_on_site,base.group_erp_manager",
        ):
            user = self._user(f"moved_{groups}", groups, email="moved@example.com")
            agent = self._agent(user, self.provider)
            before = user.group_ids
            self.contract.agent_ids |= agent
            wizard = self.env["collection.phase.switch"].browse(
                phase.action_switch()["res_id"]
            )
            with (
                self.subTest(groups=groups),
                self.assertRaisesRegex(AccessError, "administrator of users"),
            ):
                wizard.with_user(self.manager_user).action_switch()
            user.invalidate_recordset()
            self.assertEqual(user.group_ids, before)
            self.contract.agent_ids -= agent
        # who gives these rights takes them as well
        self.contract.agent_ids |= agent
        self.manager_user.group_ids |= self.env.ref("base.group_erp_manager")
        wizard.with_user(self.manager_user).action_switch()
        self.assertTrue(user.share)

    def test_nobody_else_moves_them(self):
        self.contract.agent_ids |= self.on_site_agent
        phase = self._phase("off_site", "2026-04-01")
        for user in (
            self.collector_user,
            self.on_site_user,
            self.supervisor_user,
            self.accountant_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                phase.with_user(user).action_switch()
        wizard = self.env["collection.phase.switch"].create(
            {
                "mandate_id": self.contract.id,
                "kind": "off_site",
                # of another team
                "line_ids": [Command.create({"agent_id": self.other_agent.id})],
            }
        )
        with self.assertRaisesRegex(UserError, "not in the team"):
            wizard.with_user(self.manager_user).sudo(False).action_switch()


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 09:00:00")
class TestService(RoadmapCommon):
    """Services of a mandate: whose invoices, at what fee, and what came of it."""

    def _service(self, kind, **values):
        return self.contract.service_ids.create(
            {"mandate_id": self.contract.id, "kind": kind, **values}
        )

    def test_each_its_own_age(self):
        self._start(self.contract)
        self._hand_over(self.account, self.contract)
        late = self._service("late", days_to=45)
        very_late = self._service("very_late", days_from=46)
        # on 1 April: 600 of the first are 60 days late, the second 17
        self.assertRecordValues(
            late | very_late,
            [
                {"account_count": 1, "amount": 600.0, "amount_received": 0.0},
                {"account_count": 1, "amount": 600.0, "amount_received": 0.0},
            ],
        )
        with freeze_time("2026-04-20 09:00:00"):
            self._pay(self.second, 250, date="2026-04-20")
            self._pay(self.first, 100, date="2026-04-20")
            self.env.invalidate_all()
            self.assertRecordValues(
                late | very_late,
                [
                    {"amount": 350.0, "amount_received": 250.0},
                    {"amount": 500.0, "amount_received": 100.0},
                ],
            )

    def test_cost(self):
        self._start(self.contract)
        self._hand_over(self.account, self.contract)
        self.assertEqual(self.contract.cost_text, "n/a", "nothing has come in")
        self._service("late", fee_kind="percent", fee=10.0)
        self._service("training", fee_kind="fixed", fee=73.0)
        with freeze_time("2026-05-10 09:00:00"):
            self._pay(self.second, 400, date="2026-04-20")
            self.env.invalidate_all()
            # 40.00 of 400, and 73 x 40 days x 12 / 365 = 96.00
            self.assertEqual(self.contract.cost_text, "34 %")

    def test_cost_in_house(self):
        self.assertEqual(self.contract.cost_in_house_text, "n/a")
        self.contract._take_baseline(*WINTER)
        self.assertEqual(self.contract.cost_in_house_text, "n/a", "no hours entered")
        self.company.write(
            {"collection_in_house_hours": 2.0, "collection_hour_cost": 10.0}
        )
        self.contract.invalidate_recordset()
        # 2 hours at 10 euros in each of three months, of the 400 that came in
        self.assertEqual(self.contract.cost_in_house_text, "15 %")

    def test_not_twice(self):
        self._service("late", days_to=60)
        with self.assertRaises(ValidationError):
            self._service("very_late", days_from=60)
        self._service("very_late", days_from=61)
        with self.assertRaises(ValidationError):
            self._service("late", days_from=200, days_to=300)
        with self.assertRaises(ValidationError):
            self._service("bills", fee_kind="percent", fee=101)

    def test_terms(self):
        self._service("late", days_to=60, fee_kind="percent", fee=4.5)
        self._service("very_late", days_from=61, fee_kind="item", fee=12)
        self._service(
            "training", fee_kind="fixed", fee=300, fee_terms="Three hundred euros"
        )
        terms = self.contract._get_terms()["services"]
        self.assertEqual(
            [term.label for term in terms],
            ["Late invoices", "Very late invoices", "Training of your own staff"],
        )
        self.assertEqual(
            terms[0].text, "from 1 to 60 days late; 4.5 % of the money received"
        )
        self.assertRegex(terms[1].text, "from 61 days late on; .*12.00.* per piece")
        self.assertRegex(terms[2].text, "300.00.* per month – Three hundred euros")
        self.assertEqual(len(self.contract.copy().service_ids), 3)

    def test_training_of_the_company(self):
        in_house = self.env["collection.agent"].create(
            {"user_id": self.collector_user.id}
        )
        for agent, day in (
            (in_house, "2026-04-01"),
            (in_house, "2026-03-30"),
            (self.agent, "2026-04-01"),
        ):
            self.env["collection.agent.training"].create(
                {"agent_id": agent.id, "topic": "Talking", "date": day}
            )
        self.assertEqual(self._service("training").act_count, 1)

    def test_other_services_have_figures(self):
        for kind in ("pre_reminder", "bills"):
            with self.subTest(kind=kind):
                self.assertEqual(self._service(kind).act_count, 0)
