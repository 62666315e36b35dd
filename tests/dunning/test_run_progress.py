from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_collection.models.letter import collection_letter_delivery

from ..letter.common import PrintFailureCommon

MUTED = mute_logger(
    "odoo.addons.account_collection.models.letter.ir_actions_report",
    "odoo.addons.base.models.ir_actions_report",
    "odoo.addons.account_collection.models.letter.collection_letter_delivery",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestRunProgress(PrintFailureCommon):
    """A run is done when all of its letters have left, and says where they are."""

    def setUp(self):
        super().setUp()
        self._renderer('cp good.pdf "$out"')

    def _hand_over_mails(self, letters):
        """The mail queue sends them, and the job that follows it looks after them."""
        for mail in self._mails(letters):
            mail._postprocess_sent_message(success_pids=[], success_emails=["x"])
        self.env["collection.letter"]._follow_departures()

    def test_e_mails(self):
        letters = self._letters(3)
        run = letters.run_id
        self.assertEqual((run.state, run.progress), ("to_send", "3 to send"))
        self.assertTrue(run.is_undoable)
        run.with_user(self.manager_user).action_send()
        self.assertRecordValues(
            run,
            [
                {
                    "state": "to_send",
                    "progress": "3 waiting in the mail queue",
                    "letter_count": 3,
                    "sent_count": 0,
                    "waiting_count": 3,
                }
            ],
        )
        self.assertEqual(set(letters.mapped("stage")), {"mail"})
        self.assertFalse(run.is_undoable, "the mail queue may be sending them")
        self._hand_over_mails(letters[:2])
        self.assertEqual(letters.mapped("stage"), ["left", "left", "mail"])
        self.assertEqual(run.state, "to_send")
        self.assertEqual(run.progress, "2 sent, 1 waiting in the mail queue")
        self._hand_over_mails(letters[2])
        self.assertEqual((run.state, run.progress), ("done", "3 sent"))
        self.assertEqual((run.sent_count, run.waiting_count), (3, 0))

    def test_refused_by_the_mail_server(self):
        letters = self._letters(2)
        run = letters.run_id
        run.with_user(self.manager_user).action_send()
        self._hand_over_mails(letters[0])
        letters[1]._mark_failed("failed", "550 unknown")
        self.env["collection.letter"]._follow_departures()
        self.assertEqual(run.state, "to_send", "it has not left")
        self.assertEqual(run.progress, "1 sent, 1 refused by the mail server")
        self.assertEqual(letters.mapped("stage"), ["left", "failed"])
        letters[1].with_user(self.collector_user).action_send_by_post()
        self.assertEqual(run.progress, "1 sent, 1 to print")
        letters[1].with_user(self.collector_user).action_print_post()
        self.assertEqual(run.state, "done")
        # it comes back to life when somebody sends a letter of it again
        letters[0].delivery_state = "bounced"
        letters[0].with_user(self.collector_user).action_send_again()
        self.assertEqual(run.state, "to_send")

    def test_a_batch_that_nobody_printed(self):
        letters = self._letters(3, "post")
        run = letters.run_id
        run.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"}, "on the list to print")
        self.assertEqual((run.state, run.print_count), ("to_send", 3))
        self.assertEqual(run.progress, "3 to print")
        self.assertEqual(set(letters.mapped("stage")), {"print"})
        action = run.with_user(self.manager_user).action_open_to_print()
        found = self.env["collection.letter"].search(action["domain"])
        self.assertEqual(found, letters)
        letters[:2].with_user(self.collector_user).action_print_post()
        self.assertEqual((run.state, run.print_count), ("to_send", 1))
        letters[2].with_user(self.collector_user).action_print_post()
        self.assertEqual((run.state, run.print_count), ("done", 0))

    def test_a_run_without_letters_is_done(self):
        run = self._run(self.today)
        run.with_user(self.manager_user).action_confirm()
        self.assertEqual(run.state, "done")

    def test_runs_of_before(self):
        """They were done once confirmed."""
        run = self._letters(1).run_id
        empty = self._run(self.today)
        (run | empty).state = "done"
        (run | empty)._follow_letters()
        self.assertEqual((run.state, empty.state), ("to_send", "done"))

    def test_cancelled_letters_keep_no_run_open(self):
        letters = self._letters(2)
        run = letters.run_id
        letters[0].with_user(self.manager_user).action_send()
        self._hand_over_mails(letters[0])
        self.assertEqual(run.state, "to_send")
        letters[1].with_user(self.manager_user).action_cancel()
        self.assertEqual(run.state, "done")
        self.assertFalse(run.change_note, "whoever cancels knows")

    def test_calls_that_are_to_be_made(self):
        letters = self._letters(1, "call")
        run = letters.run_id
        run.with_user(self.manager_user).action_send()
        self.assertEqual((run.state, run.progress), ("to_send", "1 to call"))
        letters._mark_sent()
        self.assertEqual(run.state, "done")

    def test_changed_since_you_looked(self):
        """500 each; one pays 105.75, one all of it, one nothing."""
        letters = self._letters(3)
        run = letters.run_id
        self.assertFalse(run.change_note)
        self._pay(letters[0].line_ids.item_id.move_id, 105.75)
        self._pay(letters[1].line_ids.item_id.move_id)
        run.with_user(self.manager_user).action_send()
        self.assertEqual(letters[0].amount_total, 394.25)
        self.assertEqual(letters[1].state, "cancelled")
        note = run.change_note.replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn("2 letters changed since you looked", note)
        self.assertIn("-605,75 €", note.replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))

    def test_the_rows_add_up_and_open_their_letters(self):
        letters = self._letters(2)
        disputed = self._debtor("Disputed")
        invoice = self._invoice(disputed, 1000, "2026-10-01")
        self._invoice(disputed, 200, "2026-10-02")
        self._credit_note(disputed, 50, "2026-11-02")
        self.env["collection.dispute"].create(
            {
                "item_ids": [(6, 0, invoice.collection_item_ids.ids)],
                "account_id": self.account_of(disputed).id,
                "amount": 300,
                "reason_id": self._dispute_reason("quality").id,
            }
        )
        run = self._run(self.today)
        self.assertFalse(run.letter_ids & letters)
        row = run.level_line_ids
        self.assertRecordValues(
            row,
            [
                {
                    "letter_count": 1,
                    "amount_open": 1200.0,
                    "amount_disputed": -300.0,
                    "amount_interest": 0.0,
                    "amount_indemnity": 0.0,
                    "amount_credit": -50.0,
                    "amount_total": 850.0,
                }
            ],
        )
        letter = run.letter_ids
        self.assertEqual(
            self.env["collection.letter"].search(row.action_open_letters()["domain"]),
            letter,
        )
        for line in letter.line_ids:
            self.assertEqual(
                line.amount_total + line.deducted_paid + line.deducted_disputed,
                line.amount_due,
            )
        self.assertEqual(
            sum(letter.line_ids.mapped("amount_claimed")) + letter.deducted_credit,
            letter.amount_total,
        )
        [reason] = run.reason_line_ids
        self.assertEqual(
            (reason.reason, reason.item_count, reason.amount_residual),
            ("on_letter", 2, 1000.0),
        )
        self.assertEqual(
            self.env["collection.dunning.exclusion"].search(
                reason.action_open_exclusions()["domain"]
            ),
            run.exclusion_ids,
        )

    @MUTED
    def test_send_tries_errors_again(self):
        """What could not be printed, and what a person has put right since."""
        self._renderer("exit 1")
        letters = self._letters(2)
        run = letters.run_id
        run.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"error"})
        self.assertEqual(run.progress, "2 in error")
        self._renderer('cp good.pdf "$out"')
        run.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertFalse(any(letters.mapped("retry_at")))
        self.assertEqual(len(self._mails(letters)), 2)

    @MUTED
    def test_not_parked_as_not_yet(self):
        self._renderer("exit 1")
        letter = self._letters(1)
        letter.with_user(self.manager_user).action_send()
        with freeze_time("2026-11-23 09:00:00"):
            exclusion = self._run("2026-11-23").exclusion_ids
        self.assertEqual(exclusion.reason, "on_letter")
        self.assertIn(letter.number, exclusion.explanation)
        self.assertIn("could not be printed", exclusion.explanation)

    @MUTED
    def test_managers_are_told_once(self):
        """Once for letters of two runs and of none, until all of them have left."""
        self._renderer("exit 1")
        first = self._letters(2)
        debtor = self._debtor("Fresh")
        self._invoice(debtor, 500, "2026-10-01")
        second = self._run(self.today).letter_ids
        second.action_confirm()
        own = self.account_of(debtor)._write_letter("statement")
        own.action_confirm()
        for letters in (first, second, own):
            letters._queue_sending()
            self._trigger_cron()
        letters = first | second | own
        self.assertEqual(set(letters.mapped("state")), {"error"})
        notice = self.env.ref("account_collection.mail_activity_type_print_outage")
        Activity = self.env["mail.activity"].sudo()
        notices = [("activity_type_id", "=", notice.id)]
        self.assertEqual(
            Activity.search(notices).user_id, self.company._get_collection_managers()
        )
        self.assertEqual(
            Activity.search_count(notices),
            len(self.company._get_collection_managers()),
        )
        self._renderer('cp good.pdf "$out"')
        with freeze_time("2026-11-22 11:00:00"):
            self._trigger_cron()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertFalse(Activity.search_count(notices), "it is over")

    @MUTED
    def test_words_whatever_the_server_says(self):
        Letter = self.env.registry["collection.letter"]
        letter = self._letters(1)
        for error in (OSError(28, "No space left on device"), KeyError("page")):
            for step in ("_queue_mails", "_generate_enclosures", "_store"):
                with (
                    self.subTest(error=error, step=step),
                    self._undone(),
                    patch.object(Letter, step, side_effect=error),
                ):
                    letter.with_user(self.manager_user).action_send()
                    self.assertEqual(letter.state, "error")
                    self.assertNotIn("Errno", letter.state_reason)
                    self.assertNotIn("page", letter.state_reason)
                    self.assertTrue(letter.retry_at, "it is tried again by itself")
        with patch.object(collection_letter_delivery, "RETRY_HOURS", 1):
            self.assertEqual(letter.state, "to_send")

    def test_exhausted_is_handed_over(self):
        item = self._invoice(self.debtor, 700, "2026-05-31").collection_item_ids
        item.write({"level_id": self.formal_notice.id, "level_date": "2026-10-01"})
        other = self._invoice(self._debtor("Late"), 300, "2026-11-20")
        run = self._run(self.today)
        by_reason = run.exclusion_ids.grouped("reason")
        exhausted = by_reason["exhausted"]
        self.assertEqual(exhausted.item_id, item)
        self.assertIn(self.formal_notice.name, exhausted.explanation)
        action = run.exclusion_ids.with_user(self.manager_user).action_hand_over()
        self.assertEqual(action["res_model"], "collection.handover")
        self.assertEqual(action["context"]["default_account_ids"], item.account_id.ids)
        [row] = run.reason_line_ids.filtered(lambda line: line.reason == "exhausted")
        self.assertEqual((row.item_count, row.amount_residual), (1, 700.0))
        self._run(self.today)
        rest = run.exclusion_ids - exhausted
        if rest:
            self.assertIn(other.collection_item_ids, rest.item_id)
            with self.assertRaises(UserError):
                rest.action_hand_over()
