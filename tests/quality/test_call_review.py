from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import QualityCommon

MONDAY = date(2026, 11, 23)
SUNDAY = date(2026, 11, 29)
MONDAY_MORNING = "2026-11-23 09:00:00"


@tagged("post_install", "-at_install")
class TestCallReview(QualityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as the nightly job draws
        cls.Draw = cls.env["collection.call.draw"].sudo()
        cls.Review = cls.env["collection.call.review"].sudo()
        cls.company.collection_quality_share = 100.0
        cls.mandate.quality_share = 100.0

    def _draw(self, day=MONDAY, seed="seed"):
        return self.Draw._draw_day(self.company, day, seed=seed)

    def _fill(self, review, result="yes", user=None, **results):
        user = user or self.manager_user
        for line in review.with_user(user).line_ids:
            line.result = results.get(line.criterion_id.code, result)

    def _mark(self, review, result="yes", user=None, **results):
        user = user or self.manager_user
        self._fill(review, result, user, **results)
        review.with_user(user).action_done()

    # ------------------------------------------------------------------
    # The draw
    # ------------------------------------------------------------------

    def test_only_connected_calls_of_the_day(self):
        drawn = self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        wrong = self._log(
            self.in_house,
            self.collector_user,
            MONDAY_MORNING,
            outcome=self.wrong_party,
        )
        self._log(
            self.in_house, self.collector_user, MONDAY_MORNING, outcome=self.no_answer
        )
        # one second before and after the day of Paris
        self._log(self.in_house, self.collector_user, "2026-11-22 22:59:59")
        first = self._log(self.in_house, self.collector_user, "2026-11-22 23:00:00")
        last = self._log(self.in_house, self.collector_user, "2026-11-23 22:59:59")
        self._log(self.in_house, self.collector_user, "2026-11-23 23:00:00")
        draw = self._draw()
        self.assertEqual(draw.call_count, 4)
        self.assertEqual(draw.review_ids.call_id, drawn | wrong | first | last)
        self.assertEqual(set(draw.review_ids.mapped("reason")), {"share"})

    def test_a_correction_is_no_call(self):
        call = self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        with freeze_time("2026-11-23 10:00:00"):
            call.with_user(self.collector_user)._correct(
                "Wrong person", {"outcome_id": self.wrong_party.id}
            )
        self.assertEqual(self._draw().review_ids.call_id, call)

    def test_share_of_each_person(self):
        """Twenty calls each: a tenth in-house, a quarter at the provider's."""
        self.company.collection_quality_share = 10.0
        self.mandate.quality_share = 25.0
        self._log_many(self.in_house, self.collector_user, 20, MONDAY_MORNING)
        self._log_many(self.delegated, self.agent_user, 20, MONDAY_MORNING)
        reviews = self._draw().review_ids
        by_user = reviews.grouped("user_id")
        self.assertEqual(len(by_user[self.collector_user]), 2)
        self.assertEqual(len(by_user[self.agent_user]), 5)
        self.assertEqual(by_user[self.agent_user].mandate_id, self.mandate)
        self.assertFalse(by_user[self.collector_user].mandate_id)
        self.assertEqual(set(by_user[self.agent_user].mapped("side")), {"provider"})

    def test_one_a_week_at_least(self):
        """A small share draws nothing in days, and one call when the week is over."""
        self.company.collection_quality_share = 0.01
        self.mandate.quality_share = 0.0
        calls = self._log_many(self.in_house, self.collector_user, 3, MONDAY_MORNING)
        self._log_many(self.delegated, self.agent_user, 3, MONDAY_MORNING)
        self.assertFalse(self._draw(seed="x").review_ids)
        draw = self._draw(SUNDAY, seed="x")
        self.assertEqual(len(draw.review_ids), 1)
        self.assertIn(draw.review_ids.call_id, calls)
        self.assertEqual(draw.review_ids.reason, "week")
        self.assertEqual(draw.review_ids.date, MONDAY)
        # a share of nought is nought
        self.assertNotIn(self.agent_user, draw.review_ids.user_id)

    def test_none_a_week_for_who_was_drawn(self):
        self._log_many(self.in_house, self.collector_user, 3, MONDAY_MORNING)
        self._draw()
        self.assertFalse(self._draw(SUNDAY).review_ids)

    def test_reproducible(self):
        self.company.collection_quality_share = 20.0
        self._log_many(self.in_house, self.collector_user, 10, MONDAY_MORNING)
        draw = self._draw()
        self.assertEqual(len(draw.review_ids), 2)
        self.assertTrue(draw._is_genuine())
        # the share of today changes nothing in what was drawn then
        self.company.collection_quality_share = 50.0
        self.assertTrue(draw._is_genuine())
        other = self.env["collection.call"].search(
            [("id", "not in", draw.review_ids.call_id.ids)], limit=1
        )
        draw.review_ids[:1].sudo().call_id = other
        self.assertFalse(draw._is_genuine())
        self.assertEqual(draw.action_verify()["params"]["type"], "warning")

    def test_nobody_foresees_the_draw(self):
        self._log_many(self.in_house, self.collector_user, 2, MONDAY_MORNING)
        seeds = {
            self.Draw._draw_day(self.company, MONDAY).seed,
            self.Draw._draw_day(self.company, date(2026, 11, 22)).seed,
        }
        self.assertEqual(len(seeds), 2)

    def test_a_day_is_drawn_once(self):
        self._draw()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self._draw(seed="a better one")

    def test_nobody_draws_by_hand(self):
        call = self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        review = self._draw().review_ids
        for user in (self.manager_user, self.collector_user, self.agent_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.Review.with_user(user).create({"call_id": call.id})
                with self.assertRaises(AccessError):
                    review.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    self.Draw.with_user(user).create({"day": MONDAY})
        with self.assertRaises(UserError):
            review.with_user(self.manager_user).call_id = False
        with self.assertRaises(UserError):
            review.with_user(self.manager_user).user_id = self.agent_user

    def test_cron(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        self._log(self.in_house, self.collector_user, "2026-11-24 09:00:00")
        cron = self.env.ref("account_collection.ir_cron_collection_call_draw")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        mine = [("company_id", "=", self.company.id)]
        self.assertEqual(self.Draw.search(mine).mapped("day"), [MONDAY])
        # two days later: the two days in between, once each
        with freeze_time("2026-11-26 01:10:00"), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        draws = self.Draw.search(mine)
        self.assertEqual(
            [(draw.day.day, draw.call_count) for draw in draws],
            [(25, 0), (24, 1), (23, 1)],
        )

    def test_queries_do_not_grow_with_calls(self):
        counts = []
        for number, day in ((5, 23), (25, 24)):
            moment = f"2026-11-{day} 09:00:00"
            self._log_many(self.in_house, self.collector_user, number, moment)
            with self._count_queries() as counter:
                self._draw(date(2026, 11, day))
            counts.append(counter.total)
        # rows are written in one statement; what is left of the growth is none
        self.assertLessEqual(counts[1], counts[0] + 2)

    # ------------------------------------------------------------------
    # The mark
    # ------------------------------------------------------------------

    def test_mark(self):
        call = self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        review = self._draw().review_ids
        self.assertEqual(len(review.line_ids), 7)
        # weights 2 2 2 3 1 2 2: the recap missing, the commitment half
        self._mark(review, commitment="partly", recap="no")
        self.assertEqual(review.mark, 82.1)
        self.assertRecordValues(
            review,
            [
                {
                    "state": "done",
                    "reviewer_id": self.manager_user.id,
                    "date_reviewed": date(2026, 11, 24),
                }
            ],
        )
        self.assertEqual(call.with_user(self.manager_user).quality_mark, 82.1)
        self.assertTrue(call.with_user(self.collector_user).reviewed)
        found = self.env["collection.call"].search([("quality_mark", ">", 80)])
        self.assertEqual(found, call)
        self.assertFalse(
            self.env["collection.call"].search([("quality_mark", "<", 80)])
        )

    def test_disclosure_brings_the_mark_to_nought(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        review = self._draw().review_ids
        self._mark(review, disclosure="no")
        self.assertEqual(review.mark, 0.0)

    def test_changed_weights_change_no_sheet(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        review = self._draw().review_ids
        self.env.ref("account_collection.quality_criterion_recap").weight = 50
        self._mark(review, recap="no")
        self.assertEqual(review.mark, 92.9)

    def test_refusals(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        self._log(self.in_house, self.manager_user, MONDAY_MORNING)
        reviews = self._draw().review_ids
        own = reviews.filtered(lambda review: review.user_id == self.manager_user)
        review = reviews - own
        with self.assertRaisesRegex(AccessError, "their own call"):
            self._fill(own)
        with self.assertRaisesRegex(AccessError, "their own call"):
            own.with_user(self.manager_user).comment = "Very good"
        with self.assertRaisesRegex(UserError, "Recap"):
            review.with_user(self.manager_user).action_done()
        self._fill(review, "na")
        with self.assertRaisesRegex(UserError, "no mark"):
            review.with_user(self.manager_user).action_done()
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                review.with_user(user).action_done()
        self._mark(review)
        with self.assertRaisesRegex(UserError, "its mark stays"):
            review.with_user(self.manager_user).line_ids[:1].result = "no"
        with self.assertRaisesRegex(UserError, "its mark stays"):
            review.with_user(self.manager_user).action_done()
        with self.assertRaises(UserError):
            review.with_user(self.manager_user).line_ids[:1].weight = 9

    # ------------------------------------------------------------------
    # Who sees it
    # ------------------------------------------------------------------

    def _visible(self, user, model="collection.call.review"):
        return self.env[model].with_user(user).search([]).with_env(self.env)

    def test_who_sees_which_marks(self):
        manager_call = self._log(self.in_house, self.manager_user, MONDAY_MORNING)
        mine = self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        agents = self._log(self.delegated, self.agent_user, MONDAY_MORNING)
        supervisors = self._log(self.delegated, self.supervisor_user, MONDAY_MORNING)
        on_site = self._log(self.delegated, self.on_site_user, MONDAY_MORNING)
        # somebody in-house called the delegated customer: not the provider's to see
        stranger = self._log(self.delegated, self.collector_user, MONDAY_MORNING)
        reviews = self._draw().review_ids
        self.assertEqual(len(reviews), 6)
        provider = agents | supervisors | on_site
        everybody = provider | mine | stranger | manager_call
        for user in (self.collector_user, self.agent_user, self.supervisor_user):
            # nobody knows which of his calls will be heard
            self.assertFalse(self._visible(user))
        second = self._user("collection_manager_2", "group_collection_manager")
        for review in reviews:
            self._mark(review, user=second)
        for user, calls in (
            (self.manager_user, everybody),
            (self.collector_user, mine | stranger),
            (self.agent_user, agents),
            (self.on_site_user, on_site),
            (self.supervisor_user, provider),
            (self.other_agent_user, agents.browse()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user).call_id, calls)
                lines = self._visible(user, "collection.call.review.line")
                self.assertEqual(lines.review_id.call_id, calls)
                seen = everybody.with_user(user).sudo(False)
                marked = [
                    call.id
                    for call in seen
                    if call.has_access("read") and call.reviewed
                ]
                self.assertEqual(set(marked), set(calls.ids))
        # once the customer is taken back, so are the sheets about him
        self.placement.line_ids._take_back("recalled", "Ours again")
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            self.assertFalse(self._visible(user))

    def test_figures(self):
        """Means leave out calls that were not heard and criteria that do not apply."""
        calls = self._log_many(self.in_house, self.collector_user, 3, MONDAY_MORNING)
        reviews = self._draw().review_ids
        self.assertEqual(reviews.call_id, calls)
        self._mark(reviews[0])
        self._mark(reviews[1], recap="no", reason="na")
        [(mark, count)] = self.Review.with_user(self.manager_user)._read_group(
            [("user_id", "=", self.collector_user.id)], [], ["mark:avg", "__count"]
        )
        self.assertAlmostEqual(mark, (100 + 91.7) / 2)
        self.assertEqual(count, 3)
        points = dict(
            self.env["collection.call.review.line"]
            .with_user(self.manager_user)
            ._read_group([], ["criterion_id"], ["points:avg"])
        )
        by_code = {criterion.code: mean for criterion, mean in points.items()}
        self.assertEqual(by_code["recap"], 50.0)
        self.assertEqual(by_code["reason"], 100.0)

    # ------------------------------------------------------------------
    # Recordings, and what is forgotten
    # ------------------------------------------------------------------

    def test_recording(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        review = self._draw().review_ids.with_user(self.manager_user)
        with self.assertRaisesRegex(ValidationError, "told of it"):
            review.recording_reference = "PBX-1"
        with self.assertRaisesRegex(ValidationError, "which day"):
            review.write({"recording_reference": "PBX-1", "recording_informed": True})
        values = {
            "recording_reference": "PBX-1",
            "recording_informed": True,
            "recording_date_delete": "2027-05-24",
        }
        with self.assertRaisesRegex(ValidationError, "6 months"):
            review.write(values)
        review.write({**values, "recording_date_delete": "2027-05-23"})
        with freeze_time("2027-05-22"):
            self.Review._cron_forget()
            self.assertEqual(review.recording_reference, "PBX-1")
        with freeze_time("2027-05-23"):
            self.Review._cron_forget()
            self.assertFalse(review.recording_reference)
            self.assertFalse(review.anonymised)

    def test_sheets_lose_their_names_after_a_year(self):
        self._log(self.in_house, self.collector_user, MONDAY_MORNING)
        draw = self._draw()
        review = draw.review_ids
        line = review.line_ids[0]
        line.with_user(self.manager_user).comment = "Spoke to his neighbour"
        review.with_user(self.manager_user).comment = "Too fast"
        self._mark(review)
        with freeze_time("2027-11-22"):
            self.Review._cron_forget()
            self.assertEqual(review.user_id, self.collector_user)
        with freeze_time("2027-11-23"):
            self.Review._cron_forget()
        self.assertRecordValues(
            review,
            [
                {
                    "mark": 100.0,
                    "side": "company",
                    "user_id": False,
                    "agent_id": False,
                    "call_id": False,
                    "account_id": False,
                    "reviewer_id": False,
                    "comment": False,
                    "anonymised": True,
                }
            ],
        )
        self.assertFalse(line.comment)
        self.assertFalse(line.user_id)
        self.assertFalse(draw.population)
        self.assertIsNone(draw._is_genuine())
        self.assertFalse(
            self.env["collection.daily.figure"].search([("reviews", ">", 0)])
        )
