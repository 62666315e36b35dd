import io
import logging
from collections import Counter
from itertools import groupby, pairwise

from markupsafe import Markup

from odoo import Command, api, fields, models, modules
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.base.models.ir_qweb import QWebError

from .ir_actions_report import LETTER_REPORT

_logger = logging.getLogger(__name__)

#: letters delivered together: one renderer call, one batch of e-mails
SEND_BATCH = 50
#: letters in one document: the renderer slows down on very long ones
PRINT_BATCH = 100


class CollectionLetterDeliveryMixin(models.AbstractModel):
    """How a letter leaves: computed again, printed, sent, and recorded as sent."""

    _name = "collection.letter.delivery.mixin"
    _description = "Delivery of Letters"

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------

    def _render_html(self):
        """One complete HTML document with these letters, a new page for each."""
        Report = self.env["ir.actions.report"]
        return Report._render_qweb_html(LETTER_REPORT, self.ids)[0].decode()

    def _render_pdf(self):
        """One PDF with these letters as they stand now, in one renderer call."""
        Report = self.env["ir.actions.report"].with_context(collection_letters=True)
        html = self._render_html()
        if Report.get_wkhtmltopdf_state() == "install":
            if modules.module.current_test:
                # like core: tests do without the renderer
                return html.encode()
            raise UserError(
                self.env._(
                    "Wkhtmltopdf is not installed on this server: letters cannot be "
                    "printed."
                )
            )
        return Report._run_wkhtmltopdf([html], report_ref=LETTER_REPORT)

    def _render_pdf_each(self):
        """A PDF of its own for each letter: {letter: bytes}.

        The letters are rendered together and cut apart at their headings, which
        is an order of magnitude faster than one renderer call each.
        """
        content = self._render_pdf()
        if len(self) == 1:
            return {self: content}
        starts = content.startswith(b"%PDF") and self._get_start_pages(content)
        if not starts or len(starts) != len(self) or starts[0] != 0:
            return {letter: letter._render_pdf() for letter in self}
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        pages = reader.pages
        documents = {}
        for letter, (start, end) in zip(
            self, pairwise([*starts, len(pages)]), strict=True
        ):
            writer = PdfFileWriter()
            for page in pages[start:end]:
                writer.add_page(page)
            stream = io.BytesIO()
            writer.write(stream)
            documents[letter] = stream.getvalue()
        return documents

    @api.model
    def _get_start_pages(self, content):
        """Pages on which a letter begins, from the outline of the renderer."""
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        starts = set()
        for entry in reader.outline:
            if isinstance(entry, list):
                continue
            # a page number in some versions of the renderer, the page in others
            page = entry.get("/Page")
            if not isinstance(page, int):
                page = reader.get_destination_page_number(entry)
            if page is None:
                return []
            starts.add(int(page))
        return sorted(starts)

    def _get_pdf_parts(self):
        """PDFs that make up these letters in their order: [(first letter, bytes)].

        A letter that was sent is its stored PDF, byte for byte.
        """
        self.check_access("read")
        parts = []
        # runs of neighbours: the order of the letters is that of the pages
        neighbours = groupby(  # pylint: disable=bad-builtin-groupby
            self, lambda letter: letter._is_stored()
        )
        for stored, letters in neighbours:
            if stored:
                # sudo: the PDF of a letter that may be read
                parts += [
                    (letter, letter.sudo().attachment_id.raw) for letter in letters
                ]
                continue
            for batch in split_every(PRINT_BATCH, [letter.id for letter in letters]):
                letters_batch = self.browse(batch)
                parts.append((letters_batch[0], letters_batch._render_pdf()))
        return parts

    def _is_stored(self):
        return self.state == "sent" and bool(self.attachment_id)

    def _get_file_name(self):
        number = (self.number or self.env._("draft")).replace("/", "-")
        letter = self.with_context(lang=self.lang)
        if self.kind_id:
            return letter.env._("Letter_%(number)s.pdf", number=number)
        return letter.env._("Reminder_%(number)s.pdf", number=number)

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def _send(self):
        """Send these waiting letters, each computed again first.

        A letter that cannot leave is set to "error" with the reason and the
        others go on. Letters of the channel "call" wait for the call. Letters
        that another process is sending are left to it.

        :return: the letters that left
        """
        waiting = self.try_lock_for_update()
        waiting.invalidate_recordset(["state"])
        waiting = waiting.filtered(
            lambda letter: letter.state == "to_send" and letter.channel != "call"
        )
        sent = self.browse()
        for batch in split_every(SEND_BATCH, waiting._recompute_before_sending().ids):
            sent |= self.browse(batch)._deliver_or_fail()
        return sent

    def _deliver_or_fail(self):
        """Deliver the letters together or, if one stands in the way, one by one."""
        try:
            with self.env.cr.savepoint():
                self._deliver()
        except (UserError, QWebError, ValueError) as error:
            if len(self) > 1:
                return self.browse().union(
                    *(letter._deliver_or_fail() for letter in self)
                )
            self.invalidate_recordset()
            if not isinstance(error, UserError):
                _logger.warning("Letter %s not sent", self.number, exc_info=True)
            self.write({"state": "error", "state_reason": str(error)})
            return self.browse()
        return self

    def _deliver(self):
        """Store the PDFs, hand the e-mails to the queue and mark the letters sent."""
        for letter in self:
            letter._check_sendable()
        documents = self._render_pdf_each()
        # sudo: the archive of what was sent does not depend on who pressed the button
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": letter._get_file_name(),
                        "raw": documents[letter],
                        "mimetype": "application/pdf",
                        "res_model": self._name,
                        "res_id": letter.id,
                    }
                    for letter in self
                ]
            )
        )
        for letter, attachment in zip(self, attachments, strict=True):
            letter.write(
                {"attachment_id": attachment.id, "state_reason": letter._get_remark()}
            )
        self.filtered(lambda letter: letter.channel == "email")._queue_mails()
        self._mark_sent()

    def _get_remark(self):
        """What whoever puts the letter into its envelope should know."""
        if self.channel == "post" and not self._has_postal_address():
            return self.env._("The postal address is incomplete.")
        return False

    def _queue_mails(self):
        """Queue one e-mail per letter; the mail queue sends it."""
        standard = self.env.ref(
            "account_collection.mail_template_letter", raise_if_not_found=False
        )
        for template, letters in self.grouped(
            lambda letter: letter.level_id.mail_template_id or standard
        ).items():
            if not template:
                raise UserError(
                    self.env._("There is no e-mail template for these letters.")
                )
            mails = template.send_mail_batch(letters.ids)
            for letter, mail in zip(letters, mails, strict=True):
                if not mail.recipient_ids and not mail.email_to:
                    raise UserError(
                        self.env._(
                            "The e-mail template “%(template)s” gives no recipient.",
                            template=template.name,
                        )
                    )
                enclosed = letter.attachment_id | letter._get_enclosures()
                mail.attachment_ids = [Command.link(pdf.id) for pdf in enclosed]

    def action_send(self):
        """Send these letters now; numbers are given and errors tried again."""
        failed = self.filtered(lambda letter: letter.state == "error")
        failed.write({"state": "draft", "state_reason": False})
        failed.filtered("number").state = "to_send"
        self.action_confirm()
        waiting = self.filtered(lambda letter: letter.state == "to_send")
        if not waiting:
            raise UserError(self.env._("None of these letters is waiting to be sent."))
        sent = waiting._send()
        counts = Counter(waiting.mapped("state"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if sent == waiting else "warning",
                "message": self.env._(
                    "%(sent)s sent, %(cancelled)s cancelled as paid meanwhile, "
                    "%(failed)s in error, %(calls)s waiting for a call.",
                    sent=len(sent),
                    cancelled=counts["cancelled"],
                    failed=counts["error"],
                    calls=counts["to_send"],
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_print(self):
        """One PDF with these letters; those that were sent, as they were sent."""
        letters = self.filtered(lambda letter: letter.state != "cancelled")
        if not letters:
            raise UserError(self.env._("There is no letter to print."))
        return self.env.ref("account_collection.action_report_letter").report_action(
            letters, config=False
        )

    def action_preview(self):
        """Open the letter in the browser, as it was sent or as it would leave now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/pdf/{LETTER_REPORT}/{self.id}",
            "target": "new",
        }

    def _recompute_before_sending(self):
        """Compute waiting letters again, so that nothing paid is ever asked for.

        Items paid, disputed, put on hold, handed over or covered by a credit
        meanwhile leave the letter, amounts and days become today's, and a letter
        without item is cancelled.

        :return: the letters that are still to be sent
        """
        today = fields.Date.context_today(self)
        Run = self.env["collection.dunning.run"]
        Run._flush_for_decision()
        for company, letters in self.grouped("company_id").items():
            rows = self.env.execute_query_dict(
                SQL(
                    "SELECT * FROM (%s) decision WHERE reason IS NULL",
                    Run._decision_query(company, today, items=letters.line_ids.item_id),
                )
            )
            standing = {row["item_id"]: row for row in rows}
            for letter in letters:
                gone = letter.line_ids.filtered(
                    lambda line: line.item_id.id not in standing  # noqa: B023
                )
                kept = letter.line_ids - gone
                gone.unlink()
                credit = 0.0
                for line in kept:
                    row = standing[line.item_id.id]
                    credit += float(row["amount_credit"])
                    line.write(
                        {
                            "date_due": row["date_due"],
                            "days_overdue": row["days_overdue"],
                            "amount_paid": row["amount_total"] - row["amount_residual"],
                            "amount_due": row["amount_due"],
                            "amount_interest": 0.0,
                            "amount_indemnity": 0.0,
                        }
                    )
                if kept:
                    letter.write({"date": today, "amount_credit": credit})
        empty = self.filtered(lambda letter: not letter.line_ids)
        empty._cancel(self.env._("Paid or settled meanwhile"))
        remaining = self - empty
        remaining._sum_lines()
        remaining._compute_penalties()
        return remaining.filtered(lambda letter: letter.state == "to_send")

    def _mark_sent(self):
        """Record that the letters left: from now on their levels count."""
        if not self:
            return
        self.write({"state": "sent", "date_sent": fields.Datetime.now()})
        self.line_ids.flush_recordset(["level_id", "item_id"])
        self.env["collection.item"].flush_model(["level_id", "level_date"])
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_item ci
                   SET level_id = line.level_id, level_date = letter.date
                  FROM collection_letter_line line
                  JOIN collection_letter letter ON letter.id = line.letter_id
                 WHERE line.item_id = ci.id AND letter.id IN %s
                   -- a letter of a kind is no step of the ladder
                   AND letter.level_id IS NOT NULL
             RETURNING ci.id
                """,
                tuple(self.ids),
            )
        )
        self.line_ids.item_id.invalidate_recordset(
            ["level_id", "level_date"], flush=False
        )
        self.env["collection.account"]._refresh_totals(self.account_id.ids)
        self._log_on_accounts()

    def _log_on_accounts(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        bodies = {
            account.id: Markup("<br/>").join(
                self.env._(
                    "%(level)s %(number)s sent (%(channel)s): %(amount)s.",
                    level=letter._get_title(),
                    number=letter.number,
                    channel=channels[letter.channel],
                    amount=letter.currency_id.format(
                        letter.fact_amount or letter.amount_total
                    ),
                )
                for letter in letters
            )
            for account, letters in self.grouped("account_id").items()
        }
        self.account_id._message_log_batch(bodies=bodies)
