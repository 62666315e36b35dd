import io
import logging
from collections import Counter
from datetime import timedelta
from itertools import chain, groupby, pairwise

from markupsafe import Markup
from psycopg2 import OperationalError

from odoo import Command, api, fields, models, modules
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every
from odoo.tools.pdf import PdfFileReader, PdfFileWriter, merge_pdf

from odoo.addons.base.models import ir_actions_report as core

from ...tools.pdf import count_pages
from ..base.days import company_today
from ..base.roles import check_manager
from .collection_letter_outage import PRINT_OUTAGE
from .ir_actions_report import LETTER_REPORT

_logger = logging.getLogger(__name__)

#: what tells where a letter is on its way
STAGE_FIELDS = (
    "attachment_id",
    "by_call",
    "by_post",
    "channel",
    "date_printed",
    "delivery_state",
    "run_id",
    "state",
)
#: letters delivered together: one renderer call, one batch of e-mails
SEND_BATCH = 50
#: letters sent while the user waits; more are left to the sending job
INLINE_LIMIT = 100
#: letters in one document: the renderer slows down on very long ones
PRINT_BATCH = 100
#: letters that cannot be printed, before any that can, until the renderer is held to be
#: out of order
PRINT_TRIES = 2
#: hours after which a letter is printed again at the latest
RETRY_HOURS = 24


class PrintError(Exception):
    """The letter is in order but could not be printed: another time it may be."""


class CollectionLetter(models.Model):
    """How a letter leaves: computed again, printed, sent, and recorded as sent."""

    _inherit = "collection.letter"

    delivery_state = fields.Selection(
        selection=[
            ("queued", "Waiting for the sending job"),
            ("pending", "Waiting in the mail queue"),
            ("handed_over", "Handed to the mail server"),
            ("bounced", "Came back"),
            ("failed", "Could not be sent"),
        ],
        string="Delivery",
        readonly=True,
        copy=False,
        help="Where the letter is on its way, as far as it goes by e-mail.",
    )
    stage = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("to_send", "To send"),
            ("error", "Error"),
            ("mail", "In the mail queue"),
            ("failed", "Refused by the mail server"),
            ("print", "To print"),
            ("post", "To be posted"),
            ("call", "To call"),
            ("left", "Sent"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_stage",
        help="Where the letter is on its way: sent only once it has left.",
    )
    by_email = fields.Boolean(string="Sent by E-mail", readonly=True, copy=False)
    by_post = fields.Boolean(string="Sent by Post", readonly=True, copy=False)
    retry_at = fields.Datetime(
        string="Next Try",
        readonly=True,
        copy=False,
        help="When the sending job tries to print and send the letter again.",
    )
    print_failures = fields.Integer(string="Failed Prints", readonly=True, copy=False)

    _queued_idx = models.Index(
        "(id) WHERE state = 'to_send' AND delivery_state = 'queued'"
    )
    _pending_idx = models.Index("(id) WHERE delivery_state = 'pending'")
    _retry_idx = models.Index("(retry_at) WHERE state = 'error'")

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------

    def _render_html(self):
        """One complete HTML document with these letters, a new page for each."""
        Report = self.env["ir.actions.report"]
        return Report._render_qweb_html(LETTER_REPORT, self.ids)[0].decode()

    def _render_pdf(self):
        """One PDF with these letters as they stand now.

        In one renderer call, and one more when some of them are of several pages.

        :raise UserError: what came out is no PDF of that many letters, or nothing did
        """
        content = self._print()
        if count_pages(content) in (0, len(self)):
            return content
        pages = self._get_pages(content)
        if pages is None:
            # one by one they can be told apart
            return self._join_pdfs([letter._render_pdf() for letter in self])
        return self._write_pdf(chain.from_iterable(pages[letter] for letter in self))

    def _render_pdf_each(self):
        """A PDF of its own for each letter: {letter: bytes}.

        The letters are rendered together and cut apart at their headings, which
        is an order of magnitude faster than one renderer call each.
        """
        if len(self) == 1:
            return {self: self._render_pdf()}
        content = self._print()
        pages = content.startswith(b"%PDF") and self._get_pages(content)
        if not pages:
            return {letter: letter._render_pdf() for letter in self}
        return {letter: self._write_pdf(pages[letter]) for letter in self}

    def _print(self):
        """What the renderer makes of these letters, without numbers of pages."""
        Report = self.env["ir.actions.report"].with_context(
            collection_letters=True, collection_documents=len(self)
        )
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
        content = Report._run_wkhtmltopdf([html], report_ref=LETTER_REPORT)
        self._check_pages(content)
        return content

    def _print_numbered(self):
        """Pages of these letters with their number and the legal foot on each:
        {letter: pages}; none from a renderer that knows no foot."""
        if not self or not core._wkhtml().is_patched_qt:
            return {}
        Report = self.env["ir.actions.report"].with_context(
            collection_letters=True, collection_documents=len(self)
        )
        feet, margin = self.env[
            "report.account_collection.report_collection_letter"
        ]._render_feet(self)
        content = Report._run_wkhtmltopdf(
            # each by itself: the renderer counts the pages of each document
            [
                letter.with_context(collection_numbered=True)._render_html()
                for letter in self
            ],
            report_ref=LETTER_REPORT,
            footer=feet,
            specific_paperformat_args={"data-report-margin-bottom": margin},
        )
        self._check_pages(content)
        pages = self._cut_apart(content)
        if pages is None:
            pages = {}
            for letter in self:
                pages.update(letter._print_numbered())
        return pages

    def _check_pages(self, content):
        if count_pages(content) < len(self):
            raise UserError(
                self.env._(
                    "The document could not be printed: pages are missing from it."
                )
            )

    def _get_pages(self, content):
        """Pages of each of these letters: {letter: pages}, or None when the PDF does
        not tell where they begin. Those of several pages are printed anew, with
        numbers: only the renderer knows which they are."""
        pages = self._cut_apart(content)
        if pages is None:
            return None
        long = self.filtered(lambda letter: len(pages[letter]) > 1)
        return pages | long._print_numbered()

    def _cut_apart(self, content):
        """Pages of each of these letters in a PDF with all of them: {letter: pages}, or
        None when it does not tell where they begin."""
        starts = [0] if len(self) == 1 else self._get_start_pages(content)
        if len(starts) != len(self) or starts[0] != 0:
            return None
        pages = PdfFileReader(io.BytesIO(content), strict=False).pages
        return {
            letter: pages[start:end]
            for letter, (start, end) in zip(
                self, pairwise([*starts, len(pages)]), strict=True
            )
        }

    @api.model
    def _write_pdf(self, pages):
        writer = PdfFileWriter()
        for page in pages:
            writer.add_page(page)
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()

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
        self._check_intact()
        parts = []
        # runs of neighbours: the order of the letters is that of the pages
        neighbours = groupby(  # pylint: disable=bad-builtin-groupby
            self, lambda letter: letter._is_stored()
        )
        for stored, letters in neighbours:
            if stored:
                for letter in letters:
                    # sudo: the PDF of a letter that may be read, and what goes into
                    # the same envelope
                    documents_sudo = letter.sudo()._get_envelope()
                    parts.append(
                        (letter, letter._join_pdfs(documents_sudo.mapped("raw")))
                    )
                continue
            for batch in split_every(PRINT_BATCH, [letter.id for letter in letters]):
                letters_batch = self.browse(batch)
                parts.append((letters_batch[0], letters_batch._render_pdf()))
        return parts

    @api.model
    def _join_pdfs(self, documents):
        """One PDF out of several; a single one stays as it is, byte for byte."""
        readable = [document for document in documents if document[:4] == b"%PDF"]
        if len(readable) < 2:
            return documents[0]
        return merge_pdf(readable)

    def _is_stored(self):
        """Whether it is kept as it was written, and printed as that."""
        return bool(self.attachment_id) and (self.state == "sent" or self.to_post)

    def _get_envelope(self, enclosed=False):
        """Files of the letter as it was sent, with its enclosures on paper or if
        `enclosed`."""
        documents = self.attachment_id
        return documents | self.enclosure_ids if enclosed or self.by_post else documents

    def _get_damaged(self, enclosed=False):
        """Those of these letters that were sent and whose files are gone or cut off."""
        # sudo: whether the files of letters that may be read are there
        return self.filtered(
            lambda letter: (
                letter._is_stored()
                and not all(
                    document._is_intact()
                    for document in letter.sudo()._get_envelope(enclosed)
                )
            )
        )

    def _check_intact(self, enclosed=False):
        damaged = self._get_damaged(enclosed)
        if damaged:
            raise UserError(damaged._describe_damage())

    def _describe_damage(self):
        return self.env._(
            "The files of these letters, or of what goes with them, are missing or "
            "damaged on the server: %(letters)s. Ask your administrator to bring them "
            "back from a backup.",
            letters=", ".join(self.mapped("display_name")),
        )

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
        others go on. Letters of the channel "call" ask for the call and wait for
        it. Letters that another process is sending are left to it. When nothing can
        be printed, the rest is left to the sending job.

        :return: the letters that left, or are written and wait to be posted
        """
        locked = self.try_lock_for_update()
        locked.invalidate_recordset(["state", "by_call", "delivery_state"])
        # whatever becomes of it, a letter leaves the queue: it would come back for ever
        locked.filtered(
            lambda letter: letter.delivery_state == "queued"
        ).delivery_state = False
        waiting = locked.filtered(lambda letter: letter._is_leaving())
        remaining = waiting._recompute_before_sending()
        sent = self.browse()
        while remaining:
            letters, remaining = remaining[:SEND_BATCH], remaining[SEND_BATCH:]
            calls = letters.filtered(lambda letter: letter._is_only_call())
            calls._ask_for_call()
            sent |= (letters - calls)._deliver_or_fail()
            if letters._get_queued():
                # the renderer is out of order
                remaining.delivery_state = "queued"
                break
        return sent

    def _get_queued(self):
        return self.filtered(lambda letter: letter.delivery_state == "queued")

    @api.depends(*STAGE_FIELDS)
    def _compute_stage(self):
        self.flush_model(STAGE_FIELDS)
        stages = (
            dict(
                self.env.execute_query(
                    SQL(
                        "SELECT id, %s FROM collection_letter letter WHERE id IN %s",
                        self._stage(),
                        tuple(self._origin.ids),
                    )
                )
            )
            if self._origin.ids
            else {}
        )
        for letter in self:
            letter.stage = stages.get(letter._origin.id, letter.state)

    @api.model
    def _stage(self):
        """SQL of what a row of `collection_letter letter` waits for, or "left"."""
        return SQL(
            """CASE
               WHEN letter.state IN ('draft', 'cancelled', 'error') THEN letter.state
               WHEN letter.by_post AND letter.date_printed IS NULL
                    AND (letter.state = 'sent' OR letter.attachment_id IS NOT NULL)
               THEN 'print'
               WHEN letter.state = 'sent' AND letter.delivery_state = 'pending'
               THEN 'mail'
               WHEN letter.state = 'sent' AND letter.delivery_state = 'failed'
                    AND letter.by_post IS NOT TRUE
               THEN 'failed'
               WHEN letter.state = 'sent' THEN 'left'
               WHEN letter.channel = 'registered' AND letter.attachment_id IS NOT NULL
               THEN 'post'
               WHEN letter.channel = 'call' AND letter.by_call THEN 'call'
               ELSE 'to_send' END"""
        )

    @api.model
    def _reached_domain(self):
        """Domain of the letters that count as received by the customer: sent, and their
        e-mail neither refused nor kept back by the mail server."""
        kept_back = Domain("delivery_state", "=", "failed") | (
            Domain("delivery_state", "=", "pending")
            & Domain("delivery_reason", "!=", False)
        )
        arrived = Domain("by_post", "=", True) | ~kept_back
        return Domain("state", "=", "sent") & arrived

    @api.model
    def _reached(self):
        """The same of a row of `collection_letter letter`, as SQL."""
        return SQL(
            """(letter.state = 'sent' AND (
                letter.by_post IS TRUE
                OR (letter.delivery_state = 'failed'
                    OR (letter.delivery_state = 'pending'
                        AND letter.delivery_reason IS NOT NULL)) IS NOT TRUE))"""
        )

    def _is_leaving(self):
        """Whether it waits to be sent; a call asked for only waits to be made, and a
        registered letter that is written to be posted."""
        return (
            self.state == "to_send"
            and not (self.channel == "call" and self.by_call)
            and not self.to_post
        )

    def _send_or_queue(self):
        """Send a few letters at once, leave many to the sending job.

        :return: the letters that left, or None when they are left to the job
        """
        if len(self) <= INLINE_LIMIT:
            return self._send()
        self._queue_sending()
        return None

    def _queue_sending(self):
        """Leave these waiting letters to the sending job, and start it at once."""
        self.filtered(lambda letter: letter._is_leaving()).delivery_state = "queued"
        # sudo: whoever sends letters has no rights on scheduled actions
        self.env.ref("account_collection.ir_cron_collection_send").sudo()._trigger()

    @api.model
    def _cron_send(self):
        """Send what is queued, a batch per transaction.

        The state of a letter and its e-mail are written together: after a crash
        what was committed has left once and the rest is still queued. Several
        workers share the queue, each locks the letters it takes.
        """
        Cron = self.env["ir.cron"]
        self._follow_mails()
        Cron._commit_progress(remaining=self.search_count(self._queue_domain()))
        while batch := self._lock_queued():
            for company, letters in batch.grouped("company_id").items():
                # amounts and interest are of the company's day
                letters = letters.with_context(tz=company._get_collection_zone())
                letters._send()
                letters._notify_managers()
            if batch._get_queued():
                # nothing can be printed: the next pass, in an hour, may find it mended
                Cron._commit_progress(len(batch), remaining=0)
                break
            if not Cron._commit_progress(len(batch)):
                break
        self._follow_departures()

    @api.model
    def _queue_domain(self):
        """Letters that the sending job takes: the queue, and what could not be printed
        and is due again."""
        return (
            Domain("state", "=", "to_send") & Domain("delivery_state", "=", "queued")
        ) | (
            Domain("state", "=", "error")
            & Domain("retry_at", "<=", fields.Datetime.now())
        )

    @api.model
    def _lock_queued(self):
        """The next letters of the queue that no other worker has taken.

        Those that could not be printed before come last, and never among the others.
        """
        self.flush_model(["state", "delivery_state", "retry_at"])
        for condition in (
            SQL("state = 'to_send' AND delivery_state = 'queued' ORDER BY id"),
            SQL(
                "state = 'error' AND retry_at <= %s ORDER BY retry_at, id",
                fields.Datetime.now(),
            ),
        ):
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM collection_letter WHERE %s LIMIT %s "
                    "FOR UPDATE SKIP LOCKED",
                    condition,
                    SEND_BATCH,
                )
            )
            if rows:
                break
        letters = self.browse(row[0] for row in rows)
        letters.filtered("retry_at").write({"state": "to_send", "retry_at": False})
        return letters

    def _deliver_or_fail(self):
        """Deliver the letters together or, if one stands in the way, one by one."""
        if not self:
            return self
        try:
            with self.env.cr.savepoint():
                self._deliver()
        except OperationalError:
            # not the letter's fault: the transaction is done again
            raise
        except Exception as error:
            # whatever is wrong with one letter must not keep back the others
            if len(self) > 1:
                return self._deliver_one_by_one()
            if not isinstance(error, UserError | PrintError):
                _logger.warning("Letter %s not sent", self.number, exc_info=True)
            self.invalidate_recordset()
            self._fail(error)
            return self.browse()
        self.filtered("print_failures").print_failures = 0
        return self

    def _fail(self, error):
        """This letter cannot leave: say why in words, and when it is tried again.

        What the letter lacks by itself waits for a person. Anything else is the
        server's, or nobody has thought of it: it is tried again, ever more rarely.
        """
        self.ensure_one()
        if isinstance(error, UserError):
            self.write({"state": "error", "state_reason": str(error)})
            return
        reason = str(error)
        if not isinstance(error, PrintError):
            reason = (
                self._describe_full_disk()
                if isinstance(error, OSError)
                else self.env._(
                    "Something unexpected kept the letter from leaving; the log of the "
                    "server says what."
                )
            )
        failures = self.print_failures + 1
        hours = min(2 ** (failures - 1), RETRY_HOURS)
        self.write(
            {
                "state": "error",
                "state_reason": reason,
                "print_failures": failures,
                "retry_at": fields.Datetime.now() + timedelta(hours=hours),
            }
        )

    @api.model
    def _describe_full_disk(self):
        return self.env._(
            "The server could not store the letter: its disk may be full."
        )

    def _deliver_one_by_one(self):
        """Deliver the letters each by itself; the rest waits in the queue when the
        first ones show that nothing can be printed at this moment."""
        sent = self.browse()
        for position, letter in enumerate(self, start=1):
            sent |= letter._deliver_or_fail()
            unprinted = self[:position].filtered("retry_at")
            if not sent and len(unprinted) == PRINT_TRIES:
                self[position:].delivery_state = "queued"
                break
        return sent

    def _notify_managers(self):
        """Tell the managers of letters that could not be printed for the first time."""
        self.filtered(
            lambda letter: letter.retry_at and letter.print_failures == 1
        )._tell_outage(PRINT_OUTAGE, "_get_print_notice")

    def _get_print_notice(self):
        """What managers read while nothing can be printed."""
        return {
            "summary": self.env._("Letters could not be printed"),
            "note": self.env._(
                "%(letters)s: %(reason)s They are tried again by themselves.",
                letters=", ".join(self.mapped("number")),
                reason=self[0].state_reason,
            ),
        }

    def _deliver(self):
        """Store the PDFs, hand the e-mails to the queue and mark the letters sent."""
        for letter in self:
            letter._check_sendable()
        self._set_channels()
        try:
            self._generate_enclosures()
            documents = self._render_pdf_each()
        except UserError as error:
            raise PrintError(str(error)) from error
        except OSError as error:
            _logger.warning("Letters could not be printed", exc_info=True)
            raise PrintError(self._describe_full_disk()) from error
        attachments = self._store(documents)
        for letter, attachment in zip(self, attachments, strict=True):
            letter.write(
                {"attachment_id": attachment.id, "state_reason": letter._get_remark()}
            )
            enclosures = letter._get_enclosures()
            if enclosures:
                # sudo: the customer's own invoices, whoever sends the letter
                letter.sudo().enclosure_ids = [Command.set(enclosures.ids)]
        by_email = self.filtered("by_email")
        by_email._queue_mails()
        by_email.write({"delivery_state": "pending", "delivery_reason": False})
        self.filtered(lambda letter: letter.channel != "registered")._leave()

    def _leave(self):
        """These letters left, or are on the list to print."""
        self.filtered("by_call")._schedule_calls()
        self._mark_sent()

    def _store(self, documents):
        """The attachments of these letters, in their order.

        :param documents: {letter: PDF}
        """
        try:
            # sudo: the archive of what was sent does not depend on who pressed the
            # button
            attachments_sudo = (
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
            stored = all(attachment._is_intact() for attachment in attachments_sudo)
        except (OSError, UserError):
            # core says the latter of a file that an earlier attempt left behind
            _logger.warning("Letters could not be stored", exc_info=True)
            stored = False
        if not stored:
            raise PrintError(self._describe_full_disk())
        return attachments_sudo

    # ------------------------------------------------------------------
    # Channels
    # ------------------------------------------------------------------

    def _get_channels(self):
        """All ways this letter goes: its own channel and those its level adds.

        The customer's preferred channel replaces e-mail and post by one another,
        never registered post. Nothing goes to an e-mail address that is missing.
        """
        self.ensure_one()
        letter_sudo = self.sudo()
        level = letter_sudo.level_id
        channels = {letter_sudo.channel}
        channels.update(
            channel for channel in ("email", "post", "call") if level[f"also_{channel}"]
        )
        preferred = letter_sudo.account_id.preferred_channel
        if preferred and not channels.isdisjoint({"email", "post"}):
            channels = channels - {"email", "post"} | {preferred}
        if "email" in channels and not letter_sudo._get_mail_partner().email_normalized:
            channels = channels - {"email"} | (
                set() if letter_sudo.channel == "registered" else {"post"}
            )
        if "registered" in channels:
            channels.discard("post")
        return channels

    def _is_only_call(self):
        return self._get_channels() == {"call"}

    def _set_channels(self):
        """Write down how each letter goes."""
        for letter in self:
            channels = letter._get_channels()
            values = {
                "by_email": "email" in channels,
                "by_post": bool(channels & {"post", "registered"}),
                "by_call": "call" in channels,
            }
            if letter.channel not in channels:
                # e-mail and post stand in for one another
                values["channel"] = "post" if "post" in channels else "email"
            letter.write(values)

    def _get_collector(self):
        """Who follows up this letter: the account's collector, else who drew it up,
        else a credit manager."""
        letter_sudo = self.sudo()
        return (
            letter_sudo.company_id._get_collection_user(
                letter_sudo.account_id.user_id, letter_sudo.create_uid
            ).with_env(self.env)
            or self.env.user
        )

    def _get_remark(self):
        """What whoever puts the letter into its envelope should know."""
        remarks = []
        partner = self._get_mail_partner()
        if (
            self.by_post
            and not self.by_email
            and partner.email
            and not partner.email_normalized
        ):
            remarks.append(
                self.env._(
                    "“%(email)s” is no e-mail address: the letter goes by post. "
                    "Correct the address of %(partner)s.",
                    email=partner.email,
                    partner=partner.display_name,
                )
            )
        if self.by_post and not self._has_postal_address():
            remarks.append(self.env._("The postal address is incomplete."))
        # sudo: who is not written to any more is told to whoever sends letters
        remarks.append(self.sudo().account_id.correspondence_note)
        remarks.append(self._get_enclosure_remark())
        return " ".join(filter(None, remarks)) or False

    def action_send(self):
        """Send these letters now; numbers are given and errors tried again.

        More than INLINE_LIMIT are left to the sending job.
        """
        self.check_access("write")
        self._check_may_send()
        self._take_up_errors()
        self.action_confirm()
        letters = self.filtered(lambda letter: letter.state in ("to_send", "error"))
        waiting = letters.filtered(lambda letter: letter._is_leaving())
        if not waiting:
            raise UserError(letters._describe_nothing_to_send())
        return letters._notify_sending(waiting._send_or_queue())

    def _describe_nothing_to_send(self):
        """Why none of these waiting letters can be sent."""
        if any(self.mapped("to_post")):
            return self.env._(
                "These registered letters are written: print them (Letters to Post), "
                "and say when they were posted."
            )
        if self:
            return self.env._(
                "The calls are asked for already: log each on the customer's account "
                "once it was made."
            )
        return self.env._("None of these letters is waiting to be sent.")

    def _take_up_errors(self):
        """What is in error is tried again, whatever it was."""
        failed = self.filtered(lambda letter: letter.state == "error")
        failed.write({"state": "draft", "state_reason": False, "retry_at": False})
        failed.filtered("number").state = "to_send"

    def _check_may_send(self):
        """Sending is the credit manager's decision."""
        check_manager(self.env, self.env._("Only credit managers send letters."))

    def _notify_sending(self, sent):
        """What became of these letters, told to the user.

        :param sent: outcome of `_send_or_queue`
        """
        counts = Counter(self.mapped("state"))
        if sent is None:
            message = self.env._(
                "%(count)s letters are being sent in the background. Follow them in "
                "the list: those that have left are marked as sent.",
                count=self.mapped("delivery_state").count("queued"),
            )
            if counts["error"]:
                message = " ".join(
                    [
                        message,
                        self.env._(
                            "%(count)s letters are in error: each says why.",
                            count=counts["error"],
                        ),
                    ]
                )
        else:
            papers = self.filtered("to_post")
            messages = [
                self.env._(
                    "%(sent)s sent, %(cancelled)s cancelled as paid meanwhile, "
                    "%(failed)s in error, %(calls)s waiting for a call.",
                    sent=len(sent - papers),
                    cancelled=counts["cancelled"],
                    failed=counts["error"],
                    calls=counts["to_send"] - len(self._get_queued()) - len(papers),
                )
            ]
            mails = sent.filtered(lambda letter: letter.delivery_state == "pending")
            if mails:
                messages.append(
                    self.env._(
                        "%(count)s of them are e-mails, which leave from the mail "
                        "queue.",
                        count=len(mails),
                    )
                )
            if papers:
                messages.append(
                    self.env._(
                        "%(count)s registered letters are to be printed and posted: "
                        "they count once you say so.",
                        count=len(papers),
                    )
                )
            if self._get_queued():
                messages.append(
                    self.env._(
                        "%(count)s wait in the queue: nothing can be printed at this "
                        "moment.",
                        count=len(self._get_queued()),
                    )
                )
            message = " ".join(messages)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info"
                if sent is None
                else "success"
                if sent == self
                else "warning",
                "message": message,
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

    @api.model
    def _follow_ledger(self, account_ids=None):
        """Take what was cancelled off the letters that have not left.

        What was paid or credited leaves them before they are sent.

        :return: number of letters that changed
        """
        self.flush_model(["account_id", "state"])
        self.env["collection.letter.line"].flush_model(["item_id", "letter_id"])
        self.env["account.move.line"].flush_model(["parent_state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.item_id, line.letter_id, move.name
                  FROM collection_letter letter
                  JOIN collection_letter_line line ON line.letter_id = letter.id
                  JOIN collection_item item ON item.id = line.item_id
                  JOIN account_move_line aml
                    ON aml.id = item.move_line_id AND aml.parent_state = 'cancel'
                  JOIN account_move move ON move.id = aml.move_id
                 WHERE letter.state IN ('draft', 'to_send', 'error') AND %s
                """,
                self.env["collection.account"]._among(
                    SQL("letter.account_id"), account_ids
                ),
            )
        )
        if rows:
            items = self.env["collection.item"].browse({row[0] for row in rows})
            # sudo: the ledger moved, whoever moved it
            items.sudo()._leave_waiting_reminders(
                self.env._(
                    "%(invoices)s cancelled",
                    invoices=", ".join(sorted({row[2] or "" for row in rows})),
                ),
                of_all_kinds=True,
            )
        return len({row[1] for row in rows})

    def _recompute_before_sending(self):
        """Compute waiting letters again, so that nothing paid is ever asked for.

        Items paid, disputed, put on hold, handed over or covered by a credit
        meanwhile leave the letter, as do those whose due date was moved so that the
        letter's level is not for them; amounts and days become today's, and a letter
        without item is cancelled. A few statements for all letters; what has not
        changed is not written. Letters that are no reminder are left alone.

        :return: the letters that are still to be sent
        """
        self._correct_addressees()
        reminders = self.filtered("level_id")
        Decision = self.env["collection.dunning.decision"]
        Decision._flush()
        for company, letters in reminders.grouped("company_id").items():
            today = company_today(company)
            items = letters.line_ids.item_id
            rows = self.env.execute_query(
                SQL(
                    "WITH %s SELECT item_id, date_due, days_overdue, amount_total, "
                    "amount_residual, amount_due, amount_credit "
                    "FROM decision WHERE reason IS NULL",
                    Decision._tables(company, today, items=items),
                )
            )
            letters._update_lines(rows, today)
        empty = reminders.filtered(lambda letter: not letter.line_ids)
        empty._cancel(self.env._("Paid or settled meanwhile"))
        remaining = reminders - empty
        remaining._compute_penalties()
        return (self - empty).filtered(lambda letter: letter.state == "to_send")

    def _correct_addressees(self):
        """Who left the customer since these letters were written gets none of them."""
        for letter in self:
            account = letter.account_id
            lost = letter.partner_id
            if account._get_own_people(lost):
                continue
            letter.partner_id = account._dunning_contact()
            letter._message_log(
                body=self.env._(
                    "%(person)s is no longer with the customer: addressed to "
                    "%(addressee)s.",
                    person=lost.display_name,
                    addressee=letter.partner_id.display_name,
                )
            )

    def _update_lines(self, rows, date):
        """Bring the lines of these letters to what `rows` say of their items.

        :param rows: (item, due date, days overdue, total, residual, amount due,
            credit) of each item that may still be asked for
        :param date: the letters' new date
        """
        decision = SQL(
            """
            SELECT line.id AS line_id, line.letter_id, value.*
              FROM collection_letter_line line
              JOIN collection_letter letter ON letter.id = line.letter_id
         LEFT JOIN collection_policy_level level ON level.id = line.level_id
         LEFT JOIN collection_policy policy ON policy.id = level.policy_id
         LEFT JOIN (VALUES %(rows)s) AS value (
                       item_id, date_due, days_overdue, amount_total,
                       amount_residual, amount_due, amount_credit)
                ON value.item_id = line.item_id
               -- a demand is no letter for what is not due, nor an announcement one
               -- for what is overdue
               AND (value.days_overdue >= 1 OR line.days_overdue < 1)
               AND (value.days_overdue >= 1 AND level.delay_basis = 'due'
                    AND level.delay_days < 0) IS NOT TRUE
               -- a customer's younger items are lifted by the oldest
               AND (policy.align_customer IS TRUE OR letter.at_once
                    OR (%(trigger)s > %(date)s) IS NOT TRUE)
             WHERE line.letter_id IN %(ids)s
            """,
            date=date,
            trigger=self.env["collection.dunning.decision"]._fixed_trigger(
                SQL("value.date_due")
            ),
            # one row without meaning gives the types when there is none
            rows=SQL(", ").join(
                SQL("(%s::int, %s::date, %s::int, %s, %s, %s, %s)", *row)
                for row in [*rows, (None, None, None, 0.0, 0.0, 0.0, 0.0)]
            ),
            ids=tuple(self.ids),
        )
        changed = self.env.execute_query(
            SQL(
                """
                WITH decision AS MATERIALIZED (%(decision)s),
                gone AS (
                    DELETE FROM collection_letter_line line USING decision
                     WHERE line.id = decision.line_id AND decision.item_id IS NULL
                 RETURNING line.letter_id
                ), changed AS (
                    UPDATE collection_letter_line line
                       SET date_due = decision.date_due,
                           days_overdue = decision.days_overdue,
                           amount_paid = decision.amount_total
                                         - decision.amount_residual,
                           amount_due = decision.amount_due,
                           amount_interest = 0, amount_indemnity = 0,
                           amount_waived = 0, interest_detail = NULL,
                           write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                      FROM decision
                     WHERE line.id = decision.line_id AND decision.item_id IS NOT NULL
                       AND (line.date_due, line.days_overdue, line.amount_paid,
                            line.amount_due)
                           IS DISTINCT FROM
                           (decision.date_due, decision.days_overdue,
                            decision.amount_total - decision.amount_residual,
                            decision.amount_due)
                 RETURNING line.letter_id
                ), letter AS (
                    UPDATE collection_letter letter
                       SET date = %(date)s, amount_credit = credit.amount,
                           write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                      FROM (SELECT letter_id, SUM(amount_credit) AS amount
                              FROM decision
                             WHERE item_id IS NOT NULL
                          GROUP BY letter_id) credit
                     WHERE letter.id = credit.letter_id
                       AND (letter.date, letter.amount_credit)
                           IS DISTINCT FROM (%(date)s::date, credit.amount)
                 RETURNING letter.id
                )
                SELECT letter_id FROM gone
                 UNION SELECT letter_id FROM changed
                 UNION SELECT id FROM letter
                """,
                decision=decision,
                date=date,
                uid=self.env.uid,
            )
        )
        if changed:
            letters = self.browse(row[0] for row in changed)
            letters.line_ids.invalidate_recordset(flush=False)
            letters.invalidate_recordset(flush=False)
            letters._sum_lines()

    def _mark_sent(self):
        """Record that the letters left: from now on their levels count."""
        if not self:
            return
        self.write({"state": "sent", "date_sent": fields.Datetime.now()})
        self.line_ids.flush_recordset(["level_id", "item_id"])
        self.flush_recordset(["date", "date_posted"])
        self.env["collection.item"].flush_model(["level_id", "level_date"])
        self.env.execute_query(
            SQL(
                """
                WITH sent AS (
                    SELECT ci.id AS item_id, ci.account_id, ci.company_id,
                           ci.level_id AS level_from_id, line.level_id,
                           COALESCE(letter.date_posted, letter.date) AS date,
                           letter.id AS letter_id
                      FROM collection_letter_line line
                      JOIN collection_letter letter ON letter.id = line.letter_id
                      JOIN collection_item ci ON ci.id = line.item_id
                     WHERE letter.id IN %(ids)s AND line.level_id IS NOT NULL
                ), history AS (
                    INSERT INTO collection_level_history (
                        item_id, account_id, company_id, date, user_id, level_from_id,
                        level_to_id, cause, letter_id,
                        create_uid, create_date, write_uid, write_date)
                    SELECT item_id, account_id, company_id, date, %(uid)s,
                           level_from_id, level_id, 'letter', letter_id,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM sent
                )
                UPDATE collection_item ci
                   SET level_id = sent.level_id, level_date = sent.date
                  FROM sent
                 WHERE sent.item_id = ci.id
             RETURNING ci.id
                """,
                ids=tuple(self.ids),
                uid=self.env.uid,
            )
        )
        self.line_ids.item_id.invalidate_recordset(
            ["level_id", "level_date", "next_level_id", "history_ids"], flush=False
        )
        self.env["collection.account"]._write_totals(self.account_id.ids)
        self._log_on_accounts()
        self._log_on_invoices()

    def _log_on_accounts(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        bodies = {
            account.id: Markup("<br/>").join(
                self.env._(
                    "%(level)s %(number)s (%(channel)s): %(amount)s.",
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
        self.account_id._log_notes(bodies)

    def _log_on_invoices(self):
        """A note on each invoice of these letters, all in one go."""
        channels = dict(self._fields["channel"]._description_selection(self.env))
        notes = {}
        # sudo: the invoice tells its own people that it was asked for
        for line_sudo in self.sudo().line_ids:
            if not line_sudo.item_id:
                continue
            letter = line_sudo.letter_id
            notes.setdefault(line_sudo.item_id.move_id, []).append(
                Markup("{} {}").format(
                    Markup(
                        '<a href="#" data-oe-model="{}" data-oe-id="{}">{}</a>'
                    ).format(letter._name, letter.id, letter.number),
                    self.env._(
                        "%(level)s (%(channel)s): %(amount)s asked for.",
                        level=letter._get_title(),
                        channel=channels[letter.channel],
                        amount=letter.currency_id.format(line_sudo.amount_due),
                    ),
                )
            )
        moves_sudo = self.env["account.move"].sudo().union(*notes)
        if moves_sudo:
            moves_sudo._log_notes(
                {move.id: Markup("<br/>").join(texts) for move, texts in notes.items()}
            )
