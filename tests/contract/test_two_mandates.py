from datetime import date

from odoo import Command
from odoo.tests import freeze_time, tagged

from ..quality.common import NOW, SatisfactionCommon

DAY = date(2026, 11, 23)
YESTERDAY = "2026-11-23 09:00:00"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestTwoMandates(SatisfactionCommon):
    """One provider with two mandates, and the same people for both: what is said of the
    calls is measured apart."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        third = cls._customer("Kern", lang="en_US")
        cls._invoice(third, 800.0, "2026-10-08")
        cls.third = cls.account_of(third)
        cls.second = cls._mandate(
            cls.provider, cls.agent | cls.supervisor | cls.on_site_agent
        )
        with freeze_time("2026-11-20 09:00:00"):
            cls._hand_over(cls.third, cls.second)
        (cls.mandate | cls.second).quality_share = 100.0
        # of a hand-over that began today nothing was called yesterday
        cls.env.cr.execute(
            "UPDATE collection_placement SET date = '2026-11-20' WHERE id = %s",
            [cls.placement.id],
        )
        cls.placement.invalidate_recordset()
        cls.calls = cls._log_many(cls.delegated, cls.agent_user, 3, YESTERDAY)
        cls._log(cls.delegated, cls.agent_user, YESTERDAY, cls.no_answer)
        cls.others = cls._log(cls.third, cls.agent_user, YESTERDAY)

    def _both(self, code, first=DAY, last=DAY):
        return [
            mandate._measure(code, first, last)
            for mandate in (self.mandate, self.second)
        ]

    def _complain(self, call, **values):
        return self.env["collection.complaint"].create(
            {
                "account_id": call.account_id.id,
                "call_id": call.id,
                "category": "error",
                "description": "The amount is wrong",
                "date": DAY,
                **values,
            }
        )

    def test_satisfaction(self):
        self.assertEqual(self._both("satisfaction"), [None, None])
        requests = self.Satisfaction._create_for(self.calls[:2] | self.others, DAY)
        for request, mark in zip(requests.sorted("id"), (5, 2, 1), strict=True):
            self._rate(request, mark)
        self.assertEqual(
            requests.sorted("id").mandate_id, self.mandate | self.second, requests
        )
        self.assertEqual(self._both("satisfaction"), [3.5, 1.0])
        self.assertEqual(
            self._both("satisfaction", date(2026, 11, 24), date(2026, 11, 24)),
            [None, None],
        )

    def test_complaints(self):
        self.assertEqual(self._both("complaint_rate"), [0.0, 0.0])
        self._complain(self.calls[0])
        for _time in range(2):
            self._complain(self.others)
        # about nobody in particular
        self._complain(
            self.calls[0], call_id=False, account_id=self.delegated.id, agent_id=False
        )
        # of three calls and of one in which the right person was reached
        first, second = self._both("complaint_rate")
        self.assertAlmostEqual(first, 200 / 3, places=6)
        self.assertEqual(second, 200.0)

    def test_call_quality(self):
        draw = self.env["collection.call.draw"].sudo()._draw_day(self.company, DAY)
        self.assertEqual(draw.review_ids.call_id, self.calls | self.others)
        for number, review in enumerate(draw.review_ids.sorted("call_id")):
            review.comment = "Heard"
            review.line_ids.result = "yes"
            review.line_ids[:number].result = "no"
            review.with_env(self.env).action_done()
        marks = {review.call_id: review.mark for review in draw.review_ids}
        self.assertEqual(len(set(marks.values())), 4)
        expected = sum(marks[call] for call in self.calls) / 3
        first, second = self._both("quality_mark")
        self.assertAlmostEqual(first, expected, places=1)
        self.assertAlmostEqual(second, marks[self.others], places=1)

    def test_who_had_the_customer_on_that_day(self):
        """Handed from one mandate to the other: what was done before stays there."""
        self.env["collection.recall"].create(
            {
                "account_ids": [Command.set(self.delegated.ids)],
                "reason": "other",
                "note": "Changes hands",
            }
        ).action_recall()
        self._hand_over(self.delegated, self.second)
        self.assertEqual(self.delegated.mandate_id, self.second)
        complaint = self._complain(self.calls[0])
        self.assertEqual(complaint.mandate_id, self.mandate)
        with freeze_time("2026-11-25 09:00:00"):
            later = self._log(self.delegated, self.agent_user, "2026-11-25 09:00:00")
            request = self.Satisfaction._create_for(
                self.calls[1] | later, date(2026, 11, 25)
            )
        self.assertEqual(
            {one.call_id: one.mandate_id for one in request},
            {self.calls[1]: self.mandate, later: self.second},
        )
        week = (DAY, date(2026, 11, 30))
        first, second = self._both("complaint_rate", *week)
        self.assertAlmostEqual(first, 100 / 3, places=6)
        self.assertEqual(second, 0.0, "of two calls")
        self._complain(later, date="2026-11-24")
        self.assertEqual(self._both("complaint_rate", *week)[1], 50.0)

    def test_company_s_own_people_before(self):
        """Before the provider began, of the company's calls, whoever they went to."""
        contract = self.mandate.copy({"date_start": "2026-11-24"})
        call = self._log(self.in_house, self.collector_user, YESTERDAY)
        request = self.Satisfaction._create_for(call, DAY)
        self._rate(request, 4)
        self.assertEqual(contract._measure("satisfaction", DAY, DAY), 4.0)
        self.assertEqual(self._both("satisfaction"), [None, None])

    def test_phases(self):
        phases = self.env["collection.mandate.phase"].create(
            [
                {
                    "mandate_id": mandate.id,
                    "kind": "off_site",
                    "date_from": "2026-11-01",
                }
                for mandate in (self.mandate, self.second)
            ]
        )
        self.assertRecordValues(
            phases,
            [
                {"attempts": 4, "right_party": 3, "promises": 0},
                {"attempts": 1, "right_party": 1, "promises": 0},
            ],
        )
        with freeze_time(NOW):
            self.third.with_user(self.on_site_user)._new_promise(
                {"amount": 800.0, "date_promised": "2026-11-27"}
            )
        self.env.invalidate_all()
        self.assertEqual(phases.mapped("promises"), [0, 1])

    def test_services(self):
        """What is paid by the piece is counted under one mandate, not under both."""
        items = self.delegated.item_ids | self.third.item_ids
        checks = self.env["collection.precheck"].create(
            [{"item_id": item.id} for item in items]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_precheck SET date_checked = %s, user_id = %s"
            " WHERE id = ANY(%s)",
            [DAY, self.agent_user.id, checks.ids],
        )
        services = self.env["collection.mandate.service"].create(
            [
                {"mandate_id": mandate.id, "kind": kind}
                for mandate in (self.mandate, self.second)
                for kind in ("pre_reminder", "late")
            ]
        )
        self.env.invalidate_all()
        self.assertRecordValues(
            services,
            [
                {"account_count": 1, "act_count": 1, "amount": 500.0},
                {"account_count": 1, "act_count": 4, "amount": 500.0},
                {"account_count": 1, "act_count": 1, "amount": 800.0},
                {"account_count": 1, "act_count": 1, "amount": 800.0},
            ],
        )

    def test_context_of_a_client(self):
        """What a client sends along narrows what it sees, and breaks nothing."""
        figures = self.env["collection.daily.figure"].with_user(self.manager_user)
        for value in ("1", [1], {}, None, True):
            with self.subTest(value=value):
                figures.with_context(collection_mandate=value).search([])
