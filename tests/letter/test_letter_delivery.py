from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_collection.models.letter import collection_letter_delivery

from .common import DeliveryCommon

DELIVERY = "odoo.addons.account_collection.models.letter.collection_letter_delivery"


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterDelivery(DeliveryCommon):
    def _trigger_cron(self):
        """One pass of the sending job, in its own transaction as on a server."""
        cron = self.env.ref("account_collection.ir_cron_collection_send")
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_many_letters_are_left_to_the_job(self):
        run = self._run_of(3)
        letters = run.letter_ids
        with patch.object(collection_letter_delivery, "INLINE_LIMIT", 2):
            action = run.with_user(self.manager_user).action_send()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("background", action["params"]["message"])
        self.assertEqual(set(letters.mapped("state")), {"to_send"})
        self.assertEqual(set(letters.mapped("delivery_state")), {"queued"})
        self._trigger_cron()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(len(self._mails(letters)), 3)

    def test_few_letters_leave_at_once(self):
        run = self._run_of(2)
        action = run.with_user(self.manager_user).action_send()
        self.assertIn("2 sent", action["params"]["message"])
        self.assertEqual(set(run.letter_ids.mapped("state")), {"sent"})

    def test_the_job_leaves_confirmed_letters_alone(self):
        """Nobody has asked for them to be sent."""
        run = self._run_of(1)
        self._trigger_cron()
        self.assertEqual(run.letter_ids.state, "to_send")
        self.assertFalse(self._mails(run.letter_ids))

    @mute_logger("odoo.addons.base.models.ir_cron", "odoo.sql_db")
    def test_crash_in_the_middle(self):
        """The first batch left once; the next pass sends the rest."""
        run = self._run_of(4)
        letters = run.letter_ids.sorted("id")
        letters._queue_sending()
        Letter = self.env.registry["collection.letter"]
        deliver = Letter._deliver
        broken = [letters[2:]]

        def crash(records):
            if records & broken[0]:
                # what was queued before the crash must not survive it
                records._queue_mails()
                raise OperationalError("the server went away")
            return deliver(records)

        with (
            patch.object(collection_letter_delivery, "SEND_BATCH", 2),
            patch.object(Letter, "_deliver", crash),
        ):
            self._trigger_cron()
            self.assertEqual(
                letters.mapped("state"), ["sent", "sent", "to_send", "to_send"]
            )
            self.assertEqual(len(self._mails(letters)), 2)
            broken[0] = letters.browse()
            self._trigger_cron()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(
            self._mails(letters).sorted("res_id").mapped("res_id"), letters.ids
        )

    @mute_logger(DELIVERY)
    def test_error_letters_stop_nobody_and_are_not_tried_for_ever(self):
        run = self._run_of(3)
        letters = run.letter_ids.sorted("id")
        broken = letters[1]
        broken.channel = "registered"
        broken.partner_id.street = False
        letters._queue_sending()
        self._trigger_cron()
        self.assertEqual(letters.mapped("state"), ["sent", "error", "sent"])
        self.assertFalse(broken.delivery_state)
        broken.partner_id.street = "2 rue Neuve"
        self._trigger_cron()
        self.assertEqual(broken.state, "error", "it waits for a person")
        broken.action_send()
        self.assertTrue(broken.to_post)

    @mute_logger(DELIVERY)
    def test_unforeseen_failure_of_one_letter(self):
        run = self._run_of(3)
        letters = run.letter_ids.sorted("id")
        Letter = self.env.registry["collection.letter"]
        deliver = Letter._deliver

        def fail(records):
            if letters[1] in records:
                raise KeyError("something nobody thought of")
            return deliver(records)

        letters._queue_sending()
        with patch.object(Letter, "_deliver", fail):
            self._trigger_cron()
        self.assertEqual(letters.mapped("state"), ["sent", "error", "sent"])

    def test_a_letter_another_worker_holds_is_left_to_it(self):
        run = self._run_of(2)
        letters = run.letter_ids.sorted("id")
        letters._queue_sending()
        Letter = self.env.registry["collection.letter"]
        with patch.object(
            Letter, "try_lock_for_update", lambda records, **_kwargs: records[1:]
        ):
            letters._send()
        self.assertEqual(letters.mapped("state"), ["to_send", "sent"])

    def test_calls_asked_for_do_not_come_back(self):
        """Sending again what waits for a call blocks neither the job nor the rest."""
        self.pre_reminder.channel = self.reminder.channel = "call"
        run = self._run_of(3)
        calls = run.letter_ids
        with patch.object(collection_letter_delivery, "INLINE_LIMIT", 2):
            run.with_user(self.manager_user).action_send()
            self._trigger_cron()
            self.assertEqual(set(calls.mapped("by_call")), {True})
            self.assertFalse(any(calls.mapped("delivery_state")))
            action = run.with_user(self.manager_user).action_send()
        self.assertIn("3 waiting for a call", action["params"]["message"])
        self.assertFalse(any(calls.mapped("delivery_state")), "nothing to queue")
        with self.assertRaisesRegex(UserError, "log each"):
            calls.with_user(self.manager_user).action_send()
        calls._queue_sending()
        self.assertFalse(any(calls.mapped("delivery_state")))
        # some of an earlier version are in the queue, in front of an e-mail
        calls.delivery_state = "queued"
        self.pre_reminder.channel = self.reminder.channel = "email"
        self._invoice(self.debtor, 400, "2026-10-01")
        behind = self._run(self.today)
        behind.action_confirm()
        behind.letter_ids._queue_sending()
        passes = []
        lock = self.env.registry["collection.letter"]._lock_queued

        def counted(records):
            passes.append(records)
            self.assertLess(len(passes), 5, "the job goes round for ever")
            return lock(records)

        with (
            patch.object(
                self.env.registry["collection.letter"], "_lock_queued", counted
            ),
            patch.object(collection_letter_delivery, "SEND_BATCH", 3),
        ):
            self._trigger_cron()
        self.assertEqual(behind.letter_ids.state, "sent")
        self.assertEqual(set(calls.mapped("state")), {"to_send"})
        self.assertFalse(any(calls.mapped("delivery_state")))

    def test_what_left_meanwhile_keeps_its_delivery(self):
        """A letter that another worker has sent is not touched any more."""
        run = self._run_of(1)
        letter = run.letter_ids
        letter._send()
        self.assertEqual(letter.delivery_state, "pending")
        self.assertFalse(letter._send())
        self.assertEqual(letter.delivery_state, "pending")

    def test_reduced_or_cancelled_before_it_leaves(self):
        """What arrived after the run was confirmed is not asked for."""
        first = self._invoice(self.debtor, 1000, "2026-10-01")
        second = self._invoice(self.debtor, 400, "2026-10-02")
        paid = self._debtor("Paid Meanwhile")
        invoice = self._invoice(paid, 300, "2026-10-01")
        run = self._run(self.today)
        run.action_confirm()
        letter = run.letter_ids.filtered(lambda x: x.account_id.partner_id != paid)
        self._pay(first)
        self._pay(second, 150)
        self._pay(invoice)
        run.letter_ids._queue_sending()
        self._trigger_cron()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.line_ids.item_id.move_id, second)
        self.assertEqual(letter.amount_due, 250)
        self.assertEqual(letter.line_ids.amount_paid, 150)
        self.assertEqual((run.letter_ids - letter).state, "cancelled")

    def test_nothing_changed_nothing_written(self):
        """The same day, letters are not written again before they leave."""
        run = self._run_of(5)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin FROM collection_letter_line WHERE letter_id = ANY(%s)",
            [run.letter_ids.ids],
        )
        before = self.env.cr.fetchall()
        run.letter_ids._recompute_before_sending()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin FROM collection_letter_line WHERE letter_id = ANY(%s)",
            [run.letter_ids.ids],
        )
        self.assertEqual(self.env.cr.fetchall(), before)
        run.letter_ids.date = "2026-11-20"
        run.letter_ids._recompute_before_sending()
        self.assertEqual({str(x.date) for x in run.letter_ids}, {self.today})

    def test_queries_do_not_grow_with_the_letters(self):
        """Sending 30 letters takes about as many queries as sending 10."""
        counts = []
        for size in (10, 30):
            for number in range(size):
                self._invoice(self._debtor(f"Size {size} {number}"), 500, "2026-10-01")
            run = self._run(self.today)
            run.action_confirm()
            letters = run.letter_ids.filtered(
                lambda x: x.account_id.partner_name.startswith(f"Size {size}")  # noqa: B023
            )
            self.assertEqual(len(letters), size)
            with self._count_queries() as counter:
                letters._send()
            counts.append(counter.total)
            self.assertEqual(set(letters.mapped("state")), {"sent"})
        per_letter = (counts[1] - counts[0]) / 20
        self.assertLess(per_letter, 3, counts)

    def test_notes_on_the_invoices(self):
        invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        note = invoice.message_ids[:1]
        self.assertIn(letter.number, note.body)
        self.assertIn(f'data-oe-id="{letter.id}"', note.body)
        self.assertTrue(note.is_internal or note.subtype_id.internal)

    def test_only_managers_send(self):
        run = self._run_of(1)
        with self.assertRaises(AccessError):
            run.letter_ids.with_user(self.collector_user).action_send()
        with self.assertRaises(AccessError):
            run.with_user(self.collector_user).action_send()
        self.assertEqual(run.letter_ids.state, "to_send")

    def test_invoices_enclosed(self):
        """Missing PDFs are printed; a letter may ask for them by itself."""
        invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        self.assertFalse(letter._get_enclosures())
        letter.with_user(self.manager_user).action_attach_invoices()
        self.assertFalse(invoice.invoice_pdf_report_id)
        letter.with_user(self.manager_user).action_send()
        self.assertEqual(letter.state, "sent", letter.state_reason)
        document = invoice.invoice_pdf_report_id
        self.assertTrue(document)
        self.env.invalidate_all()
        self.assertEqual(letter.enclosure_ids, document)
        self.assertEqual(
            self._mails(letter).attachment_ids, letter.attachment_id | document
        )

    def test_too_many_invoices_to_enclose(self):
        """Nothing is enclosed, and whoever looks at the letter is told why."""
        self.reminder.attach_invoices = True
        for _position in range(10):
            self._invoice(self.debtor, 100, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(len(letter.enclosure_ids), 10)
        self.assertFalse(letter.state_reason)
        self._invoice(self.debtor, 100, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        letter._send()
        self.assertEqual(letter.state, "sent")
        self.assertFalse(letter.enclosure_ids)
        self.assertIn("11", letter.state_reason)
        self.assertIn("10", letter.state_reason)

    def test_payment_link(self):
        self.debtor.lang = "en_US"
        invoice = self._invoice(self.debtor, 1000, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        if "payment.provider" not in self.env:
            self.assertFalse(letter.payment_url)
            self.skipTest("payment is not installed")
        self.env["payment.provider"].sudo().search([]).write({"state": "disabled"})
        letter.invalidate_recordset(["payment_url"])
        self.assertFalse(letter.payment_url, "no provider is enabled")
        self.env["payment.provider"].sudo().create(
            {
                "name": "Test",
                "state": "test",
                "is_published": True,
                "company_id": self.company.id,
            }
        )
        letter.invalidate_recordset(["payment_url"])
        self.assertIn(f"/my/invoices/{invoice.id}?access_token=", letter.payment_url)
        self._invoice(self.debtor, 300, "2026-10-02")
        letter = self._letter(self.debtor, self.reminder)
        self.assertTrue(letter.payment_url.endswith("/my/invoices/overdue"))
        letter._send()
        self.assertIn("/my/invoices/overdue", self._mails(letter).body_html)

    def test_qr_code(self):
        self._invoice(self.debtor, 1000, "2026-10-01")
        letter = self._letter(self.debtor, self.reminder)
        self.company.qr_code = False
        self.assertFalse(letter._get_qr_code())
        self.company.qr_code = True
        code = letter._get_qr_code()
        self.assertTrue(code.startswith("data:image/png;base64,"))
        self.assertIn(code[:60], letter._render_html())

    def test_each_letter_of_the_job_has_its_own_document(self):
        """They leave by a job, each with its own document and nobody else's."""
        self._invoice(self.debtor, 1000, "2026-10-01")
        run = self._run_of(3)
        letters = run.letter_ids
        with patch.object(collection_letter_delivery, "INLINE_LIMIT", 2):
            run.with_user(self.manager_user).action_send()
        self.assertEqual(set(letters.mapped("state")), {"to_send"})
        self._trigger_cron()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        for letter in letters:
            mail = self._mails(letter)
            self.assertEqual(len(mail), 1)
            self.assertEqual(mail.recipient_ids, letter.partner_id)
            self.assertIn(letter.attachment_id, mail.attachment_ids)
            self.assertFalse(mail.attachment_ids & (letters - letter).attachment_id)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterBatchMail(DeliveryCommon):
    def test_each_e_mail_is_its_own(self):
        """Rendered together, each e-mail says what it says alone."""
        run = self._run_of(3)
        letters = run.letter_ids.sorted("id")
        template = self.env.ref("account_collection.mail_template_letter").sudo()
        together = template._render_field("body_html", letters.ids)
        for letter in letters:
            alone = template._render_field("body_html", letter.ids)[letter.id]
            self.assertEqual(
                " ".join(str(together[letter.id]).split()), " ".join(str(alone).split())
            )
            others = (letters - letter).account_id.mapped("partner_name")
            for name in others:
                self.assertNotIn(name, together[letter.id])
