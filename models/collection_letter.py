import io
import logging
from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise

from babel.dates import format_date as babel_format_date
from markupsafe import Markup

from odoo import Command, api, fields, models, modules
from odoo.exceptions import UserError
from odoo.tools import SQL, babel_locale_parse, formatLang, split_every
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.base.models.ir_qweb import QWebError

from ..tools.amount_in_words import amount_in_words
from ..tools.late_interest import MissingRateError, interest_segments
from ..tools.letter_text import fill_in, fill_in_html
from .ir_actions_report import LETTER_REPORT

_logger = logging.getLogger(__name__)

#: what a letter says, and when and to whom it said it
FROZEN_FIELDS = {
    "account_id",
    "amount_credit",
    "amount_due",
    "amount_indemnity",
    "amount_interest",
    "amount_total",
    "attachment_id",
    "channel",
    "company_id",
    "currency_id",
    "date",
    "date_sent",
    "level_id",
    "line_ids",
    "number",
    "partner_id",
    "run_id",
    "state",
}
#: letters delivered together: one renderer call, one batch of e-mails
SEND_BATCH = 50
#: letters in one document: the renderer slows down on very long ones
PRINT_BATCH = 100
#: more invoices than this are not attached to the e-mail
MAX_ENCLOSURES = 10


class CollectionLetter(models.Model):
    _name = "collection.letter"
    _description = "Dunning Letter"
    _inherit = ["mail.thread"]
    _order = "date desc, number desc, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "account_id.partner_name"]

    run_id = fields.Many2one(
        comodel_name="collection.dunning.run",
        index="btree_not_null",
        readonly=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Addressee",
        required=True,
        help="Contact the letter is written to.",
        ondelete="restrict",
    )
    customer_id = fields.Many2one(related="account_id.partner_id", string="Customer")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    channel = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("post", "Post"),
            ("registered", "Registered post"),
            ("call", "Call"),
        ],
        required=True,
        readonly=True,
    )
    number = fields.Char(readonly=True, copy=False, index="trigram")
    date = fields.Date(required=True, readonly=True)
    line_ids = fields.One2many(
        comodel_name="collection.letter.line",
        inverse_name="letter_id",
        string="Lines",
        readonly=True,
    )
    amount_due = fields.Monetary(readonly=True)
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount_indemnity = fields.Monetary(string="Indemnity", readonly=True)
    amount_credit = fields.Monetary(
        string="Open Credits",
        readonly=True,
        help="Credits of the customer not matched yet, deducted from the total.",
    )
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_in_words = fields.Char(compute="_compute_amount_in_words")
    lang = fields.Char(string="Language Code", compute="_compute_lang")
    subject = fields.Char(compute="_compute_wording")
    body_before = fields.Html(compute="_compute_wording", sanitize=False)
    body_after = fields.Html(compute="_compute_wording", sanitize=False)
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("cancelled", "Cancelled"),
            ("error", "Error"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    state_reason = fields.Char(
        string="Remark", readonly=True, help="Why it was cancelled or what is wrong."
    )
    date_sent = fields.Datetime(readonly=True)
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="Letter as Sent",
        readonly=True,
        ondelete="restrict",
    )

    _account_state_idx = models.Index("(account_id, state)")
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE number IS NOT NULL",
        "Each letter of a company has its own number.",
    )

    @api.depends("number", "level_id", "account_id")
    def _compute_display_name(self):
        for letter in self:
            # sudo: names only, the letter itself is readable
            letter_sudo = letter.sudo()
            letter.display_name = " ".join(
                filter(
                    None,
                    [
                        letter.number or letter_sudo.level_id.name,
                        letter_sudo.account_id.display_name,
                    ],
                )
            )

    @api.depends(
        "partner_id.lang", "account_id.partner_id.lang", "company_id.partner_id.lang"
    )
    def _compute_lang(self):
        installed = dict(self.env["res.lang"].get_installed())
        for letter, letter_sudo in zip(self, self.sudo(), strict=True):
            langs = (
                letter_sudo.partner_id.lang,
                letter_sudo.account_id.partner_id.lang,
                letter_sudo.company_id.partner_id.lang,
                self.env.lang,
            )
            letter.lang = next((lang for lang in langs if lang in installed), "en_US")

    @api.depends("amount_total", "currency_id", "lang")
    def _compute_amount_in_words(self):
        for letter in self:
            currency = letter.currency_id.with_context(lang=letter.lang)
            letter.amount_in_words = amount_in_words(
                letter.amount_total,
                currency=currency.name,
                lang=letter.lang,
                decimal_places=currency.decimal_places,
                unit_label=currency.currency_unit_label or None,
                subunit_label=currency.currency_subunit_label or None,
            )

    @api.depends(
        "lang",
        "number",
        "date",
        "amount_due",
        "amount_total",
        "line_ids",
        "level_id.subject",
        "level_id.body_before",
        "level_id.body_after",
        "level_id.deadline_days",
        "account_id.letter_ids.state",
    )
    def _compute_wording(self):
        previous = self._get_previous_letters()
        for letter in self:
            # sudo: the wording belongs to the letter, which is readable
            level = letter.sudo().level_id.with_context(lang=letter.lang)
            values = letter._get_placeholder_values(previous.get(letter))
            letter.subject = fill_in(level.subject, values)
            letter.body_before = fill_in_html(level.body_before, values)
            letter.body_after = fill_in_html(level.body_after, values)

    def write(self, vals):
        if FROZEN_FIELDS.intersection(vals):
            self._check_not_sent()
        return super().write(vals)

    def _check_not_sent(self):
        """Refuse to change what the customer has been told."""
        if not self.env.su and any(letter.state == "sent" for letter in self):
            raise UserError(self.env._("A letter that was sent stays as it was sent."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(letter.state != "draft" or letter.number for letter in self):
            raise UserError(
                self.env._("A numbered letter stays on record. Cancel it instead.")
            )

    # ------------------------------------------------------------------
    # Late-payment interest and indemnity
    # ------------------------------------------------------------------

    def _compute_penalties(self):
        """Interest to the letter's date and the fixed indemnity, where claimed.

        A few queries for all letters. A letter whose rate is missing is set to
        "error" with a remark that names the half-year; the others go on.
        """
        letters = self.filtered(lambda letter: letter.level_id.include_penalties)
        if not letters:
            return
        lines = letters.line_ids.filtered(lambda line: line.days_overdue >= 1)
        items = lines.item_id
        items.fetch(["amount_total", "amount_disputed", "date_due", "move_id"])
        payments = items._get_payments()
        notices = items._get_notice_dates()
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        rates = self.env["collection.reference.rate"]._get_rate_table()
        euro = self.env.ref("base.EUR")
        line_values = []
        indemnified = set()
        for letter in letters:
            account = letter.account_id
            regime = regimes.get(account._get_debtor_type())
            if not regime:
                continue
            rule = regime._to_tool(letter.company_id)
            values = []
            try:
                for line in letter.line_ids.filtered(lambda li: li.days_overdue >= 1):
                    item = line.item_id
                    segments = interest_segments(
                        item.amount_total - item.amount_disputed,
                        item.date_due,
                        letter.date,
                        rule,
                        rates,
                        payments=payments.get(item, ()),
                        date_notice=notices.get(item),
                        date_insolvency=account.insolvency_date or None,
                        rounding=letter.currency_id.rounding,
                    )
                    values.append((line, segments))
            except MissingRateError as error:
                message = self.env["collection.reference.rate"]._missing_rate_error(
                    error
                )
                letter.write({"state": "error", "state_reason": str(message)})
                continue
            indemnity = 0.0
            if not account.insolvency_date:
                indemnity = euro._convert(
                    regime.indemnity, letter.currency_id, letter.company_id, letter.date
                )
            for line, segments in values:
                # once per invoice, whatever its number of due dates and letters
                move = line.item_id.move_id
                first = move not in indemnified
                indemnified.add(move)
                line_values.append((line, segments, indemnity if first else 0.0))
        for line, segments, indemnity in line_values:
            line.write(
                {
                    "amount_interest": sum(float(s.amount) for s in segments),
                    "amount_indemnity": indemnity,
                    "interest_detail": [
                        {
                            "date_from": fields.Date.to_string(s.date_from),
                            "date_to": fields.Date.to_string(s.date_to),
                            "days": s.days,
                            "rate": float(s.rate),
                            "base": float(s.base),
                            "amount": float(s.amount),
                        }
                        for s in segments
                    ],
                }
            )
        letters._sum_lines()

    def _sum_lines(self):
        """Totals of the letters from their lines; a line's figures are not rounded
        again, so that the table adds up."""
        self.line_ids.flush_recordset()
        self.flush_recordset()
        if not self:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_letter letter
                   SET amount_due = total.amount_due,
                       amount_interest = total.amount_interest,
                       amount_indemnity = total.amount_indemnity,
                       amount_total = total.amount_due + total.amount_interest
                                      + total.amount_indemnity - letter.amount_credit
                  FROM (SELECT letter_id, SUM(amount_due) AS amount_due,
                               SUM(amount_interest) AS amount_interest,
                               SUM(amount_indemnity) AS amount_indemnity
                          FROM collection_letter_line
                         WHERE letter_id IN %(ids)s
                      GROUP BY letter_id) total
                 WHERE letter.id = total.letter_id
             RETURNING letter.id
                """,
                ids=tuple(self.ids),
            )
        )
        self.invalidate_recordset(
            ["amount_due", "amount_interest", "amount_indemnity", "amount_total"],
            flush=False,
        )

    # ------------------------------------------------------------------
    # Life cycle
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Number these draft letters."""
        self.filtered(lambda letter: letter.state == "draft")._confirm()

    def _confirm(self):
        """Give numbers in bulk; a number once given is never given again."""
        self._check_mandatory_mentions()
        for company, letters in self.grouped("company_id").items():
            numbers = letters._next_numbers(company, len(letters))
            for letter, number in zip(letters, numbers, strict=True):
                letter.number = number
            letters.state = "to_send"

    @api.model
    def _next_numbers(self, company, count):
        """`count` numbers of the company's sequence, drawn at once where it allows."""
        # sudo: whoever confirms letters has no rights on sequences
        sequences = self.env["ir.sequence"].sudo().with_company(company)
        sequence = sequences.search(
            [
                ("code", "=", "collection.letter"),
                ("company_id", "in", [company.id, False]),
            ],
            order="company_id",
            limit=1,
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequences.next_by_code("collection.letter") for _i in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(row[0]) for row in rows]

    def _cancel(self, reason):
        self.write({"state": "cancelled", "state_reason": reason})

    def action_cancel(self):
        if any(letter.state == "sent" for letter in self):
            raise UserError(
                self.env._("A letter that was sent cannot be cancelled any more.")
            )
        self._cancel(self.env._("Cancelled by %s", self.env.user.name))

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
                    level=letter.level_id.name,
                    number=letter.number,
                    channel=channels[letter.channel],
                    amount=letter.currency_id.format(letter.amount_total),
                )
                for letter in letters
            )
            for account, letters in self.grouped("account_id").items()
        }
        self.account_id._message_log_batch(bodies=bodies)

    # ------------------------------------------------------------------
    # Wording
    # ------------------------------------------------------------------

    def _format_amount(self, amount):
        """`amount` in the letter's currency, written as in the letter's language."""
        env = self.with_context(lang=self.lang).env
        return formatLang(env, amount, currency_obj=self.currency_id)

    def _format_long_date(self, date):
        """A day in full letters: 22 novembre 2026, and 1er for the first."""
        locale = babel_locale_parse(self.lang)
        text = babel_format_date(date, format="long", locale=locale)
        if locale.language == "fr" and date.day == 1 and text.startswith("1 "):
            text = f"1er{text[1:]}"
        return text.replace(" ", "\N{NO-BREAK SPACE}")

    def _get_previous_letters(self):
        """Last letter sent before about the same items: {letter: letter}.

        Calls and service letters, sent before anything was late, do not count.
        """
        # sudo: only numbers and dates of letters to the same customer are told
        sent = self.sudo().search(
            [
                ("account_id", "in", self.account_id.ids),
                ("state", "=", "sent"),
                ("channel", "!=", "call"),
                ("level_id.tone", "!=", "service"),
            ],
            order="date desc, id desc",
        )
        by_account = sent.grouped("account_id")
        previous = {}
        for letter in self:
            items = letter.sudo().line_ids.item_id
            for other in by_account.get(letter.sudo().account_id, ()):
                if (
                    other != letter._origin
                    and (not letter.date or other.date <= letter.date)
                    and other.line_ids.item_id & items
                ):
                    previous[letter] = other
                    break
        return previous

    def _get_placeholder_values(self, previous=None):
        """What the placeholders of the wording stand for (tools.letter_text)."""
        self.ensure_one()
        letter = self.sudo().with_context(lang=self.lang)
        days = letter.level_id.deadline_days
        penalties = letter.amount_interest + letter.amount_indemnity
        within = {
            8: letter.env._("within eight days"),
            15: letter.env._("within fifteen days"),
        }.get(days) or letter.env._("within %(days)s days", days=days)
        return {
            "company": letter.company_id.name,
            "customer": letter.account_id.partner_id.name,
            "level": letter.level_id.name,
            "number": letter.number,
            "date": letter._format_long_date(letter.date),
            "count": str(len(letter.line_ids)),
            "due": letter._format_amount(letter.amount_due),
            "penalties": penalties and letter._format_amount(penalties),
            "total": letter._format_amount(letter.amount_total),
            "deadline": letter._format_long_date(letter.date + timedelta(days=days)),
            "deadline_days": str(days),
            "within": within,
            "previous_number": previous and previous.number,
            "previous_date": previous and letter._format_long_date(previous.date),
        }

    def _get_bank_account(self):
        """Account of the company to pay into: the invoices' own, else its first."""
        self.ensure_one()
        # sudo: printed on the letter for the customer anyway
        letter = self.sudo()
        partner = letter.company_id.partner_id
        banks = letter.line_ids.item_id.move_id.partner_bank_id.filtered(
            lambda bank: bank.partner_id == partner and bank.active
        )
        if len(banks) == 1:
            return banks
        accounts = partner.bank_ids
        return (
            accounts.filtered(lambda bank: bank.currency_id == letter.currency_id)
            or accounts.filtered(lambda bank: not bank.currency_id)
            or accounts
        )[:1]

    def _get_enclosures(self):
        """PDFs of the invoices that go with the e-mail, all of them or none."""
        self.ensure_one()
        # sudo: the customer's own invoices, enclosed for the customer
        moves = self.sudo().line_ids.item_id.move_id
        documents = moves.invoice_pdf_report_id
        if (
            self.channel != "email"
            or len(moves) > MAX_ENCLOSURES
            or len(documents) < len(moves)
        ):
            return documents.browse()
        return documents

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check_mandatory_mentions(self):
        """Refuse letters of French companies that would miss a mandatory mention.

        Everything that is missing is named at once, with the place to enter it.
        """
        missing = []
        for company, letters in self.grouped("company_id").items():
            # sudo: only whether the company's own particulars are filled in
            company = company.sudo()
            if company.country_id.code != "FR":
                continue
            settings = self.env._(
                "Settings ‣ Companies ‣ %(company)s", company=company.name
            )
            if not company.company_registry:
                missing.append(
                    self.env._(
                        "the SIREN or SIRET number (%(place)s, field Company ID)",
                        place=settings,
                    )
                )
            if not company.partner_id.bank_ids:
                missing.append(
                    self.env._(
                        "a bank account to pay into (Accounting ‣ Configuration ‣ "
                        "Bank accounts of %(company)s)",
                        company=company.name,
                    )
                )
            if not company.collection_signatory and any(
                letter.level_id.formal_notice for letter in letters
            ):
                missing.append(
                    self.env._(
                        "who signs formal notices (Settings ‣ Collections, field "
                        "Letters Signed by)"
                    )
                )
        if missing:
            raise UserError(
                self.env._(
                    "These letters would miss mandatory mentions. Please fill in:\n"
                    "%(missing)s",
                    missing="\n".join(f"- {mention}" for mention in missing),
                )
            )

    def _check_sendable(self):
        """Raise what keeps this one letter from leaving."""
        self.ensure_one()
        self._check_mandatory_mentions()
        # sudo: the wording and the addressee belong to the letter
        letter = self.sudo()
        level = letter.level_id.with_context(lang=self.lang)
        for text in (level.subject, level.body_before, level.body_after):
            level._check_text(text)
        partner = letter.partner_id
        if letter.channel == "email" and not partner.email_normalized:
            raise UserError(
                self.env._(
                    "%(partner)s has no valid e-mail address.",
                    partner=partner.display_name,
                )
            )
        if letter.channel == "registered" and not letter._has_postal_address():
            raise UserError(
                self.env._(
                    "%(partner)s has no complete postal address.",
                    partner=partner.display_name,
                )
            )

    def _has_postal_address(self):
        partner = self.sudo().partner_id
        return bool((partner.street or partner.street2) and partner.city)

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
