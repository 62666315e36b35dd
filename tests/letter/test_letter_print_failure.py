import io
import time
from contextlib import nullcontext
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from unittest.mock import patch
from uuid import uuid4

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.models import ir_actions_report as core

from ...models.letter import (
    collection_letter_delivery as collection_letter_delivery_mixin,
)
from ...models.letter import ir_actions_report as ours
from .common import INFO, PrintFailureCommon, pdf

REPORT = "odoo.addons.account_collection.models.letter.ir_actions_report"
RENDERER = "odoo.addons.base.models.ir_actions_report"
MUTED = mute_logger(REPORT, RENDERER)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterPrintFailure(PrintFailureCommon):
    """What is no PDF never leaves as a letter, and does not count as one."""

    @MUTED
    def test_what_is_no_pdf(self):
        cases = {
            "status 1, nothing written": "exit 1",
            "status 0, nothing written": "exit 0",
            "cut off": 'cp cut.pdf "$out"',
            "cut off, status 1": 'cp cut.pdf "$out"; exit 1',
            "a page of an error": 'echo "<html>Not Found</html>" >"$out"',
            "without a page": 'cp none.pdf "$out"',
            "crashed": 'cp good.pdf "$out"; kill -SEGV $$',
            "out of memory": 'cp good.pdf "$out"; exit 137',
        }
        for channel in ("email", "post"):
            with self._undone():
                letter = self._letters(1, channel)
                for name, commands in cases.items():
                    with self.subTest(name, channel=channel), self._undone():
                        self._renderer(commands)
                        letter.with_user(self.manager_user).action_send()
                        self.assertNotPrinted(letter)
                with self.subTest("by the job", channel=channel):
                    self._renderer("exit 1")
                    letter._queue_sending()
                    self._trigger_cron()
                    self.assertNotPrinted(letter)

    @MUTED
    def test_a_pdf_is_one_whatever_the_status(self):
        """Status 1 is a warning: of an image that was not found, for one."""
        self._renderer('cp good.pdf "$out"; exit 1')
        for letter in (self._letters(1), self._letters(1, "post")):
            letter.with_user(self.manager_user).action_send()
            self.assertEqual(letter.state, "sent", letter.state_reason)
            self.assertEqual(letter.attachment_id.raw, pdf(1))
            self.assertFalse(letter.retry_at)

    @MUTED
    def test_no_renderer(self):
        """It was there when the server started, and is not any more."""
        letter = self._letters(1)
        with patch.object(core, "_wkhtml", lambda: INFO._replace(bin="/nowhere/it")):
            letter.with_user(self.manager_user).action_send()
        self.assertNotSent(letter)
        self.assertTrue(letter.retry_at)

    @MUTED
    def test_one_bad_letter_of_a_batch(self):
        self._renderer('grep -q "Client 0" "$html" && exit 1\ncp good.pdf "$out"')
        for channel, by_job in (("email", True), ("post", False)):
            with self.subTest(channel=channel, by_job=by_job), self._undone():
                letters = self._letters(4, channel)
                if by_job:
                    letters._queue_sending()
                    self._trigger_cron()
                else:
                    letters.with_user(self.manager_user).action_send()
                bad = letters.filtered(
                    lambda letter: letter.account_id.partner_name == "Client 0"
                )
                self.assertNotPrinted(bad)
                others = letters - bad
                self.assertEqual(set(others.mapped("state")), {"sent"})
                self.assertEqual(others.attachment_id.mapped("raw"), [pdf(1)] * 3)
                self.assertEqual(
                    len(self._mails(letters)), 3 if channel == "email" else 0
                )

    @MUTED
    def test_fewer_pages_than_letters(self):
        """One page for three letters is not one letter for each."""
        self._renderer('cp good.pdf "$out"')
        letters = self._letters(3)
        with self.assertRaisesRegex(UserError, "pages are missing"):
            letters._render_pdf()
        letters.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"}, "each by itself")
        self.assertEqual(len(letters.attachment_id), 3)

    @MUTED
    def test_goes_again_by_itself_once(self):
        letter = self._letters(1)
        number = letter.number
        self._renderer("exit 1")
        letter._queue_sending()
        self._trigger_cron()
        self.assertNotSent(letter)
        run = letter.run_id
        asked = run.activity_ids.filtered(lambda a: a.user_id == self.manager_user)
        self.assertEqual(len(asked), 1, "the manager is asked to look")
        self.assertIn(number, asked.note)
        self._renderer('cp good.pdf "$out"')
        self._trigger_cron()
        self.assertNotSent(letter)
        with freeze_time("2026-11-22 10:00:00"):
            self._trigger_cron()
            self.assertEqual(letter.state, "sent", letter.state_reason)
            self.assertEqual(letter.number, number)
            self.assertFalse(letter.retry_at)
            self.assertFalse(letter.state_reason)
            self.assertEqual(letter.line_ids.item_id.level_id, letter.level_id)
            self.assertEqual(len(self._mails(letter)), 1)
        with freeze_time("2026-11-23 10:00:00"):
            self._trigger_cron()
        self.assertEqual(len(self._mails(letter)), 1)
        self.assertEqual(len(self.calls.read_text()), 2, "the failure, and once")

    @MUTED
    def test_tried_more_and_more_rarely(self):
        letter = self._letters(1)
        self._renderer("exit 1")
        letter._queue_sending()
        self._trigger_cron()
        hours = []
        for _try in range(7):
            with freeze_time(letter.retry_at):
                now = Datetime.now()
                self._trigger_cron()
                self._trigger_cron()
                self.assertNotSent(letter)
                hours.append((letter.retry_at - now).total_seconds() / 3600)
        self.assertEqual(hours, [2, 4, 8, 16, 24, 24, 24])
        self.assertEqual(len(self.calls.read_text()), 8)
        self.assertEqual(
            len(letter.run_id.activity_ids),
            len(self.company._get_collection_managers()),
            "asked once",
        )

    @MUTED
    def test_paid_before_it_goes_again(self):
        letter = self._letters(1)
        self._renderer("exit 1")
        letter._queue_sending()
        self._trigger_cron()
        self._pay(letter.line_ids.item_id.move_id)
        self._renderer('cp good.pdf "$out"')
        with freeze_time("2026-11-23 10:00:00"):
            self._trigger_cron()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(self._mails(letter))

    @MUTED
    def test_cancelled_meanwhile(self):
        letter = self._letters(1)
        self._renderer("exit 1")
        letter.with_user(self.manager_user).action_send()
        letter.with_user(self.manager_user).action_cancel()
        self._renderer('cp good.pdf "$out"')
        with freeze_time("2026-11-23 10:00:00"):
            self._trigger_cron()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(self._mails(letter))

    @MUTED
    def test_no_second_letter_while_it_waits(self):
        """The next run writes no other letter about the same invoice."""
        letter = self._letters(1)
        self._renderer("exit 1")
        letter.with_user(self.manager_user).action_send()
        with freeze_time("2026-11-23 09:00:00"):
            run = self._run("2026-11-23")
        self.assertFalse(run.letter_ids)
        self.assertEqual(run.exclusion_ids.item_id, letter.line_ids.item_id)

    @MUTED
    def test_by_hand_at_once(self):
        letter = self._letters(1)
        self._renderer("exit 1")
        letter.with_user(self.manager_user).action_send()
        self._renderer('cp good.pdf "$out"')
        letter.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertFalse(letter.retry_at)
        with freeze_time("2026-11-23 10:00:00"):
            self._trigger_cron()
        self.assertEqual(len(self._mails(letter)), 1)

    @MUTED
    def test_a_renderer_out_of_order_keeps_nobody_waiting(self):
        """After two letters by themselves nothing else is tried in this pass."""
        letters = self._letters(12)
        for by_job in (False, True):
            with (
                self.subTest(by_job=by_job),
                self._undone(),
                patch.object(collection_letter_delivery_mixin, "SEND_BATCH", 5),
            ):
                self._renderer("exit 1")
                self.calls.unlink(missing_ok=True)
                if by_job:
                    letters._queue_sending()
                    self._trigger_cron()
                else:
                    action = letters.with_user(self.manager_user).action_send()
                    self.assertIn("10 wait in the queue", action["params"]["message"])
                    self.assertIn("2 in error", action["params"]["message"])
                self.assertEqual(len(self.calls.read_text()), 3, "the batch, and two")
                self.assertNotSent(letters[:2])
                rest = letters[2:]
                self.assertEqual(set(rest.mapped("state")), {"to_send"})
                self.assertEqual(set(rest.mapped("delivery_state")), {"queued"})
                self._renderer('cp good.pdf "$out"')
                self._trigger_cron()
                self.assertEqual(set(rest.mapped("state")), {"sent"})
                self.assertEqual(len(self._mails(letters)), 10)
                self.assertNotSent(letters[:2])
                with freeze_time("2026-11-22 11:00:00"):
                    self._trigger_cron()
                self.assertEqual(set(letters.mapped("state")), {"sent"})
                self.assertEqual(len(self._mails(letters)), 12)

    @MUTED
    def test_out_of_order_behind_a_letter_that_is_wrong(self):
        letters = self._letters(6)
        letters[0].channel = "registered"
        letters[0].partner_id.street = False
        self._renderer("exit 1")
        letters.with_user(self.manager_user).action_send()
        self.assertEqual(
            letters.mapped("state"), ["error"] * 3 + ["to_send"] * 3, "two tries"
        )
        self.assertEqual(
            [bool(letter.retry_at) for letter in letters[:3]], [False, True, True]
        )

    @MUTED
    def test_letters_that_never_print_hold_up_nobody(self):
        """However many of them there are, new letters come first."""
        self._renderer('grep -q "Client [0-3]" "$html" && exit 1\ncp good.pdf "$out"')
        with patch.object(collection_letter_delivery_mixin, "SEND_BATCH", 2):
            bad = self._letters(4)
            bad._queue_sending()
            for hour in range(10, 14):
                with freeze_time(f"2026-11-22 {hour}:00:00"):
                    self._trigger_cron()
            self.assertNotSent(bad)
            self._invoice(self._debtor("Fresh"), 500, "2026-10-01")
            fresh = self._run(self.today).letter_ids
            fresh.action_confirm()
            fresh._queue_sending()
            with freeze_time("2026-11-24 09:00:00"):
                self._trigger_cron()
        self.assertEqual(fresh.state, "sent", fresh.state_reason)
        self.assertNotSent(bad)

    @MUTED
    def test_too_slow(self):
        letter = self._letters(1)
        with patch.object(
            core, "_run_wkhtmltopdf", side_effect=TimeoutExpired("it", 16)
        ):
            letter.with_user(self.manager_user).action_send()
        self.assertNotSent(letter)
        self.assertIn("had not finished after 16", letter.state_reason)

    @MUTED
    def test_a_letter_that_is_wrong_waits_for_a_person(self):
        """Only what may be different another time is tried again."""
        letter = self._letters(1, "registered")
        letter.partner_id.street = False
        letter.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "error")
        self.assertFalse(letter.retry_at)

    @MUTED
    def test_disk_full(self):
        """What the file store does not hold was not sent."""
        self._renderer('cp own.pdf "$out"')
        Attachment = self.env["ir.attachment"]
        for channel in ("email", "post"):
            for failure in ("refused", "not written", "left empty before"):
                with self.subTest(failure, channel=channel), self._undone():
                    # files of the same content are one in the store
                    content = pdf(1) + f"% {uuid4()}".encode()
                    (self.folder / "own.pdf").write_bytes(content)
                    _name, path = Attachment._get_path(
                        content, Attachment._compute_checksum(content)
                    )
                    storing = nullcontext()
                    if failure == "left empty before":
                        Path(path).touch()
                        self.addCleanup(Path(path).unlink, missing_ok=True)
                    else:
                        outcome = {
                            "refused": OSError(28, "No space left on device"),
                            "not written": ["no/where"],
                        }[failure]
                        storing = patch.object(
                            type(Attachment), "_file_write", side_effect=outcome
                        )
                    letter = self._letters(1, channel)
                    with (
                        storing,
                        mute_logger(
                            collection_letter_delivery_mixin.__name__,
                            "odoo.addons.base.models.ir_attachment",
                        ),
                    ):
                        letter.with_user(self.manager_user).action_send()
                    self.assertNotSent(letter)
                    self.assertTrue(letter.retry_at)
                    self.assertIn("store", letter.state_reason)

    @MUTED
    def test_words_for_whoever_prints(self):
        """The same in the print dialog: words, and no empty file."""
        letter = self._letters(1)
        self._renderer("exit 1")
        for user in (self.collector_user, self.manager_user):
            with self.assertRaisesRegex(UserError, "could not be printed"):
                self.env["ir.actions.report"].with_user(user).with_context(
                    force_report_rendering=True
                )._render_qweb_pdf(ours.LETTER_REPORT, letter.ids)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestFilesAtFault(PrintFailureCommon):
    """Files that are stored already: of letters that were sent, and of invoices."""

    def _spoil(self, attachment, content=b""):
        """As after a restored backup that lacks the file, or holds half of it."""
        attachment = attachment.sudo()
        attachment.flush_recordset()
        Path(attachment._full_path(attachment.store_fname)).write_bytes(content)
        attachment.invalidate_recordset()

    def _own_file(self, attachment, text):
        """Content of its own: files of the same content are one in the store."""
        content = pdf(1).replace(b"%%EOF", f"%{text}\n%%EOF".encode())
        attachment.sudo().raw = content
        return content

    def _sent(self, count, channel):
        self._renderer('cp good.pdf "$out"')
        letters = self._letters(count, channel)
        letters._send()
        for letter in letters:
            self._own_file(letter.attachment_id, f"{self.id()} {letter.number}")
        return letters

    @MUTED
    def test_printing_letters_whose_file_is_gone(self):
        letters = self._sent(3, "post").with_user(self.collector_user)
        gone = letters[1]
        for content in (b"", b"%PDF-1.4 cut o"):
            self._spoil(gone.attachment_id, content)
            action = letters.action_print_post()
            self.assertIn(gone.number, action["params"]["message"])
            printed = action["params"]["next"]["context"]["active_ids"]
            self.assertEqual(set(printed), set((letters - gone).ids))
            self.assertFalse(gone.date_printed, "nobody has it on paper")
            self.assertTrue(all((letters - gone).mapped("date_printed")))
            with self.assertRaisesRegex(UserError, gone.number):
                gone.action_print_post()
            with self.assertRaisesRegex(UserError, gone.number):
                self.env["ir.actions.report"].with_user(
                    self.collector_user
                ).with_context(force_report_rendering=True)._render_qweb_pdf(
                    ours.LETTER_REPORT, letters.ids
                )

    @MUTED
    def test_sending_again_what_is_gone(self):
        letter = self._sent(1, "email")
        letter.delivery_state = "bounced"
        self._spoil(letter.attachment_id)
        mails = self._mails(letter)
        for name in ("action_send_again", "action_send_by_post"):
            with self.assertRaisesRegex(UserError, "missing or damaged"):
                getattr(letter.with_user(self.collector_user), name)()
        self.assertEqual(self._mails(letter), mails)
        self.assertFalse(letter.by_post)
        self.assertEqual(letter.delivery_state, "bounced")

    def _stored_invoice(self):
        """An invoice whose PDF was made when it was sent, by core."""
        invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        Send = self.env["account.move.send"].sudo()
        documents = {invoice: {"pdf_report": Send._get_default_pdf_report_id(invoice)}}
        Send._prepare_invoice_pdf_report(documents)
        Send._link_invoice_documents(documents)
        self._own_file(invoice.invoice_pdf_report_id, f"{self.id()} {invoice.name}")
        return invoice

    @MUTED
    def test_an_enclosure_that_is_gone(self):
        """The letter leaves without it and says so: never with an empty file."""
        self._renderer('cp good.pdf "$out"')
        for channel in ("email", "post"):
            self.reminder.channel = self.pre_reminder.channel = channel
            invoice = self._stored_invoice()
            self._spoil(invoice.invoice_pdf_report_id)
            letter = self._run(self.today).letter_ids
            letter.action_confirm()
            letter.attach_invoices = True
            letter.with_user(self.manager_user).action_send()
            self.assertEqual(letter.state, "sent", letter.state_reason)
            self.assertFalse(letter.enclosure_ids)
            self.assertIn("No copies", letter.state_reason)
            self.assertEqual(
                self._mails(letter).attachment_ids,
                letter.attachment_id
                if channel == "email"
                else self.env["ir.attachment"],
            )
            self._pay(invoice)

    @MUTED
    def test_an_enclosure_that_cannot_be_printed(self):
        """The letter waits for its copies, and is tried again with them."""
        self._invoice(self.debtor, 1000, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        letter.line_ids.item_id.sudo().level_id = False
        letter.attach_invoices = True
        self._renderer(
            'case "$*" in *--header-html*) exit 1;; esac\ncp good.pdf "$out"'
        )
        letter.with_context(force_report_rendering=True)._send()
        self.assertNotSent(letter)
        self.assertTrue(letter.retry_at)
        self.assertFalse(letter.line_ids.item_id.move_id.invoice_pdf_report_id)
        self._renderer('cp good.pdf "$out"')
        letter.with_context(force_report_rendering=True).with_user(
            self.manager_user
        ).action_send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        self.assertEqual(letter.enclosure_ids.raw, pdf(1))

    @MUTED
    def test_copies_on_demand(self):
        """A copy whose file is gone is printed afresh; one that cannot be printed is
        not sent."""
        invoice = self._stored_invoice()
        item = invoice.collection_item_ids.with_user(self.collector_user)
        account = item.account_id.with_context(force_report_rendering=True)
        Mail = self.env["mail.mail"].sudo()
        before = Mail.search([])
        self._renderer("exit 1")
        self._spoil(invoice.invoice_pdf_report_id)
        item = item.with_context(force_report_rendering=True)
        with self.assertRaisesRegex(UserError, "could not be printed"):
            account._send_duplicates(item)
        with self.assertRaisesRegex(UserError, "could not be printed"):
            item.action_send_duplicate()
        self.assertEqual(Mail.search([]), before)
        self._renderer('cp good.pdf "$out"')
        account._send_duplicates(item)
        mail = Mail.search([]) - before
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.attachment_ids.raw, pdf(1))

    @MUTED
    def test_hand_over_list(self):
        self._invoice(self.debtor, 1000, "2026-10-01")
        placement = self._hand_over(self.account_of(self.debtor))
        self._renderer("exit 1")
        with self.assertRaisesRegex(UserError, "could not be printed"):
            self.env["ir.actions.report"].with_user(self.manager_user).with_context(
                force_report_rendering=True
            )._render_qweb_pdf(
                "account_collection.action_report_placement", placement.ids
            )


@tagged("post_install", "-at_install")
class TestRendererTimeLimit(PrintFailureCommon):
    """Not frozen: the renderer is waited for in real time."""

    def _print(self, **context):
        return (
            self.env["ir.actions.report"]
            .with_context(**context)
            ._run_wkhtmltopdf(["<html/>"], report_ref=ours.LETTER_REPORT)
        )

    @MUTED
    def test_a_renderer_that_hangs(self):
        """It is stopped with whatever it has started."""
        self._renderer("sleep 60 & echo $! >child; echo $$ >parent\nwait")
        begin = time.monotonic()
        with (
            patch.object(ours, "START_SECONDS", 0.5),
            patch.object(ours, "DOCUMENT_SECONDS", 0.1),
            self.assertRaisesRegex(UserError, "had not finished"),
        ):
            self._print(collection_documents=5)
        self.assertLess(time.monotonic() - begin, 30)
        for name in ("child", "parent"):
            status = Path(f"/proc/{(self.folder / name).read_text().strip()}/stat")
            for _wait in range(100):
                # reaped, or waiting to be
                if not status.exists() or ") Z " in status.read_text():
                    break
                time.sleep(0.1)
            else:
                self.fail(f"the {name} is still running")

    def test_the_limit_grows_with_the_letters(self):
        limits = []

        def run(args):
            limits.append(ours._seconds.get())
            Path(args[-1]).write_bytes(pdf(1))
            return CompletedProcess(args, 0, "", "")

        with patch.object(core, "_run_wkhtmltopdf", run):
            for documents in (1, 50, 100):
                self._print(collection_documents=documents)
        first, second, third = limits
        self.assertGreater(first, 10)
        self.assertAlmostEqual(third - second, 50 * ours.DOCUMENT_SECONDS)
        self.assertIsNone(ours._seconds.get(), "and ends with the printing")
        # a batch and the two that follow it, within what a worker has by default
        self.assertLess(second + 2 * first, 120)

    def test_other_documents_are_left_to_core(self):
        self._renderer("exit 1")
        with MUTED:
            self.assertEqual(self._print(), b"")

    def test_real_renderer(self):
        """Several letters in one call, cut apart: each is a PDF of its own."""
        letters = self._letters(3)
        letters._send()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        if not letters[0].attachment_id.raw.startswith(b"%PDF"):
            self.skipTest("wkhtmltopdf is not installed")
        for letter in letters:
            content = letter.attachment_id.raw
            self.assertEqual(
                len(PdfFileReader(io.BytesIO(content), strict=False).pages), 1
            )
            self.assertIn(letter.number, self._text(content))
            self.assertIn(letter.account_id.partner_name, self._text(content))
