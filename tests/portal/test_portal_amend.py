# pylint: disable=translation-required  # what a test posts, nobody reads
from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalAmend(PortalCommon):
    """Agents complete a call of today and correct an older one on the page."""

    def setUp(self):
        super().setUp()
        self._log_in(self.agent_user)
        self._post_call(
            outcome_id=self.in_process.id,
            note="Pays on Friday",
            next_action="Check the bank",
            next_action_date=self.in_days(4),
            duration="3.5",
        )
        self.call = self.account.call_ids

    def _amend(self, call=None, **values):
        call = call or self.call
        data = {
            "outcome_id": self.in_process.id,
            "note": "Pays on Friday",
            "next_action": "Check the bank",
            "next_action_date": self.in_days(4),
            "duration": "3.5",
            **values,
        }
        return self._post(f"{self.url}/call/{call.id}/amend", **data)

    def _yesterday(self):
        self.call.flush_recordset()
        self.env.cr.execute(
            "UPDATE collection_call SET date = date - interval '1 day' WHERE id = %s",
            [self.call.id],
        )
        self.call.invalidate_recordset()

    def test_today_it_is_completed(self):
        page = self._amend(note="Pays on Friday, by transfer", next_action="")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Your call is completed", page.text)
        self.assertEqual(self.call.note, "Pays on Friday, by transfer")
        self.assertFalse(self.call.next_action)
        self.assertFalse(self.call.correction_ids)

    def test_more_than_that_takes_a_reason_and_a_second_entry(self):
        page = self._amend(outcome_id=self.no_answer.id)
        self.assertEqual(page.status_code, 422)
        self.assertIn("Say why the call is corrected", page.text)
        page = self._amend(outcome_id=self.no_answer.id, reason="Wrong button")
        self.assertIn("The correction is recorded", page.text)
        self.assertIn("Wrong button", page.text)
        self.assertEqual(self.call.outcome_id, self.in_process)
        self.assertRecordValues(
            self.call.correction_ids,
            [
                {
                    "outcome_id": self.no_answer.id,
                    "note": "Pays on Friday",
                    "next_action_date": self.in_days(4),
                    "duration": 3.5,
                }
            ],
        )
        # a second correction starts from the first
        page = self._amend(
            outcome_id=self.no_answer.id, note="Nobody there", reason="Note"
        )
        self.assertEqual(page.status_code, 200)
        self.call.invalidate_recordset()
        self.assertEqual(len(self.call.correction_ids), 2)
        self.assertRecordValues(
            self.call.correction_ids.sorted("id")[-1],
            [{"outcome_id": self.no_answer.id, "note": "Nobody there"}],
        )

    def test_the_day_after_it_is_corrected(self):
        self._yesterday()
        page = self._amend(note="On Monday")
        self.assertEqual(page.status_code, 422)
        self.assertIn("On Monday", page.text)
        page = self._amend(note="On Monday", reason="Misheard")
        self.assertEqual(page.status_code, 200)
        self.assertEqual(self.call.correction_ids.note, "On Monday")
        self.assertEqual(self.call.note, "Pays on Friday")

    def test_what_is_past_is_not_put_into_the_diary_again(self):
        self.call.flush_recordset()
        self.env.cr.execute(
            "UPDATE collection_call SET date = date - interval '9 days',"
            " next_action_date = %s WHERE id = %s",
            [self.in_days(-5), self.call.id],
        )
        self.call.invalidate_recordset()
        past = {"next_action_date": "", "next_action": ""}
        page = self._amend(note="On Monday", reason="Misheard", **past)
        self.assertEqual(page.status_code, 200)
        self.assertRecordValues(
            self.call.correction_ids, [{"note": "On Monday", "next_action_date": False}]
        )
        self.assertEqual(self.account.next_action_date, self.in_days(4))

    def test_nothing_changed_and_no_values(self):
        for values, message in (
            ({}, "Nothing was changed"),
            ({"duration": "1e99", "reason": "x"}, "minutes"),
            ({"next_action_time": "26:61"}, "is not an hour"),
            ({"next_action_date": "30/02/2026"}, "is not a date"),
            ({"note": "x" * 6000}, "too many"),
            ({"outcome_id": "abc", "reason": "x"}, ""),
        ):
            with self.subTest(values=str(values)[:40]):
                page = self._amend(**values)
                self.assertEqual(page.status_code, 422)
                self.assertIn(message, page.text)
        self.assertFalse(self.call.correction_ids)

    def test_only_ones_own_calls(self):
        call = self.account.with_user(self.supervisor_user)._portal_log_call(
            {"outcome_id": self.no_answer.id, "obstacle_reason": "A test"}
        )
        page = self.url_open(self.url).text
        self.assertIn(f"/call/{self.call.id}/amend", page)
        self.assertNotIn(f"/call/{call.id}/amend", page)
        with mute_logger("odoo.http"):
            page = self._amend(call, note="Not mine")
        self.assertEqual(page.status_code, 404)
        foreign = self.env["collection.call"].create(
            self._call_values(self.other_account, "no_answer")
        )
        with mute_logger("odoo.http"):
            self.assertEqual(self._amend(foreign, note="x").status_code, 404)

    def test_not_after_a_recall(self):
        self.account.placement_line_id._take_back("recalled", "Ours again")
        with mute_logger("odoo.http"):
            page = self._amend(note="Too late to say")
        self.assertEqual(page.status_code, 404)
        self.assertIn("Too late to say", page.text)
        self.assertEqual(self.call.note, "Pays on Friday")
        self.assertEqual(self.call.date.date(), fields.Date.today())
