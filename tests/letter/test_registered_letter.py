from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import PrintFailureCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestRegisteredLetter(PrintFailureCommon):
    """A registered letter counts from the day on which somebody says it was posted."""

    def setUp(self):
        super().setUp()
        self._renderer('cp good.pdf "$out"')
        self.letters = self._letters(2, "registered")
        self.dunning_run = self.letters.run_id
        self.calls.write_text("", encoding="utf-8")
        self.dunning_run.with_user(self.manager_user).action_send()
        self.items = self.letters.line_ids.item_id

    def _post(self, letters, date, user=None):
        action = letters.with_user(user or self.collector_user).action_post()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user or self.collector_user)
            .with_context(**action["context"])
            .create({"date": date})
        )
        self.assertEqual(wizard.letter_ids.ids, letters.ids)
        return wizard.action_confirm()

    def test_waits_until_it_is_posted(self):
        letter = self.letters[0]
        self.assertEqual(set(self.letters.mapped("state")), {"to_send"})
        self.assertTrue(letter.attachment_id)
        self.assertFalse(letter.date_sent)
        self.assertFalse(any(self.items.mapped("level_id")))
        self.assertEqual(self.dunning_run.progress, "2 to print")
        self.letters.with_user(self.collector_user).action_print_post()
        self.assertEqual(self.dunning_run.progress, "2 registered, to be posted")
        self.assertEqual(set(self.letters.mapped("stage")), {"post"})
        self.assertEqual(self.dunning_run.state, "to_send")
        letter.with_user(self.collector_user).tracking_number = "1A 207 558 1"
        with freeze_time("2026-11-25 09:00:00"):
            self._post(letter, "2026-11-24")
        self.assertRecordValues(
            letter,
            [{"state": "sent", "tracking_number": "1A 207 558 1"}],
        )
        self.assertEqual(str(letter.date_posted), "2026-11-24")
        self.assertEqual(str(letter.date_sent.date()), "2026-11-24")
        self.assertEqual(str(letter.date), self.today, "what the paper says")
        item = letter.line_ids.item_id
        self.assertEqual(item.level_id, letter.level_id)
        self.assertEqual(str(item.level_date), "2026-11-24")
        self.assertEqual(str(item.history_ids.date), "2026-11-24")
        self.assertEqual(
            (letter.date_deadline - letter.date_posted).days,
            letter._get_wording().deadline_days,
        )
        self.assertEqual(
            self.dunning_run.progress, "1 sent, 1 registered, to be posted"
        )
        with freeze_time("2026-11-25 09:00:00"):
            self._post(self.letters[1], "2026-11-25")
        self.assertEqual(self.dunning_run.state, "done")

    def test_nothing_is_written_meanwhile(self):
        """Neither again nor the next level, and the paper is what it is."""
        printed = len(self.calls.read_text())
        for _pass in range(2):
            self.dunning_run.with_user(self.manager_user).action_send()
        with self.assertRaisesRegex(UserError, "say when they were posted"):
            self.letters.with_user(self.manager_user).action_send()
        self.letters._queue_sending()
        self._trigger_cron()
        self.assertEqual(len(self.calls.read_text()), printed)
        with freeze_time("2027-01-22 09:00:00"):
            run = self._run("2027-01-22")
        self.assertFalse(run.letter_ids)
        self.assertEqual(set(run.exclusion_ids.mapped("reason")), {"on_letter"})
        letter = self.letters[0].with_user(self.manager_user)
        for values in ({"amount_total": 1}, {"partner_id": self.debtor.id}):
            with self.assertRaises(UserError):
                letter.write(values)
        with self.assertRaises(UserError):
            letter.attachment_id.raw = b"%PDF-"

    def test_days_that_cannot_be(self):
        letter = self.letters[0]
        for date in ("2026-11-21", "2026-11-23"):
            with self.subTest(date), self.assertRaises(UserError):
                self._post(letter, date)
        self._post(letter, self.today)
        with self.assertRaises(UserError):
            letter._mark_posted(letter.date)
        with self.assertRaises(UserError):
            letter.date_presented = "2026-11-20"

    def test_who_may_say_so(self):
        for user in (self.plain_internal_user, self.agent_user, self.on_site_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.letters.with_user(user)._mark_posted(self.letters[0].date)
        with self.assertRaises(AccessError):
            self.letters.with_user(self.collector_user).action_cancel()
        with self.assertRaises(AccessError):
            self.letters.with_user(self.collector_user).action_write_anew()
        self.assertEqual(set(self.letters.mapped("state")), {"to_send"})

    def test_paid_before_it_is_posted(self):
        letter = self.letters[0]
        self.assertFalse(letter.post_remark)
        self._pay(letter.line_ids.item_id.move_id, 200)
        self.env.invalidate_all()
        self.assertIn("do not post it", letter.post_remark)
        self.assertFalse(self.letters[1].post_remark)
        first = letter.attachment_id
        letter.with_user(self.manager_user).action_write_anew()
        self.assertFalse(letter.to_post)
        self.assertFalse(letter.by_post)
        self.dunning_run.with_user(self.manager_user).action_send()
        self.assertTrue(letter.to_post)
        self.assertEqual(letter.amount_due, 300)
        self.assertNotEqual(letter.attachment_id, first)
        self.assertFalse(letter.post_remark)

    def test_cancelled_with_its_paper(self):
        letter = self.letters[0]
        letter.with_user(self.manager_user).action_cancel()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(letter.line_ids.item_id.level_id)
        to_print = self.env["collection.letter"].search(letter._on_paper())
        self.assertNotIn(letter, to_print)

    def test_an_invoice_leaves_it(self):
        """What the paper asks for is not owed any more: it is void."""
        letter = self.letters[0]
        letter.line_ids.item_id.move_id.button_draft()
        letter.line_ids.item_id.move_id.button_cancel()
        self.env["collection.account"]._flush_all()
        self.env.invalidate_all()
        self.assertFalse(letter.to_post)
        self.assertEqual(letter.state, "cancelled")

    def test_the_list_to_print(self):
        Letter = self.env["collection.letter"].with_user(self.collector_user)
        self.assertLessEqual(self.letters, Letter.search(Letter._on_paper()))
        Letter.action_print_post()
        self.assertTrue(all(self.letters.mapped("date_printed")))
        self.assertEqual(set(self.letters.mapped("state")), {"to_send"})
