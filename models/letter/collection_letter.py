from collections import defaultdict
from datetime import timedelta
from itertools import chain

from babel.dates import format_date as babel_format_date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, babel_locale_parse, formatLang

from ...tools.letter_text import fill_in, fill_in_html
from ..base.roles import check_manager

#: what a letter says, and when and to whom it said it
FROZEN_FIELDS = {
    "account_id",
    "amount_credit",
    "amount_due",
    "amount_indemnity",
    "amount_interest",
    "amount_total",
    "amount_waived",
    "attachment_id",
    "channel",
    "company_id",
    "currency_id",
    "date",
    "date_posted",
    "date_sent",
    "detail_ids",
    "fact_amount",
    "fact_date",
    "fact_person",
    "fact_reference",
    "kind_id",
    "level_id",
    "line_ids",
    "mandate_id",
    "mandate_notice_id",
    "number",
    "partner_id",
    "payment_means",
    "run_id",
    "state",
}
#: what collectors note on a letter that was sent
COLLECTOR_FIELDS = {"date_presented", "tracking_number"}
#: what single letters lack, as far as one error message names it
NAMED_MENTIONS = 10


class CollectionLetter(models.Model):
    _name = "collection.letter"
    _description = "Dunning Letter"
    _inherit = [
        "mail.thread",
    ]
    _order = "date desc, number desc, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "account_id.partner_name"]
    _mail_post_access = "read"

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
    at_once = fields.Boolean(
        string="Out of Turn",
        readonly=True,
        copy=False,
        help="Sent by hand before its level was due.",
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
    amount_waived = fields.Monetary(
        string="Commercial Gesture",
        readonly=True,
        help="Waived part of the interest and the indemnity, deducted from the total.",
    )
    amount_credit = fields.Monetary(
        string="Open Credits",
        readonly=True,
        help="Credits of the customer not matched yet, deducted from the total.",
    )
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_seen = fields.Monetary(
        string="Total When Confirmed",
        readonly=True,
        copy=False,
        help="What the letter asked for when somebody looked at it and confirmed it.",
    )
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

    date_deadline = fields.Date(
        string="Pay by",
        compute="_compute_date_deadline",
        help="Last day the letter gives to pay.",
    )
    addressee_country_id = fields.Many2one(
        related="partner_id.country_id", string="Country"
    )
    addressee_zip = fields.Char(related="partner_id.zip", string="Postcode")
    addressee_city = fields.Char(related="partner_id.city", string="City")
    addressee_street = fields.Char(related="partner_id.street", string="Street")
    addressee_name = fields.Char(related="partner_id.name", string="Addressee's Name")
    payment_url = fields.Char(
        string="Payment Link",
        compute="_compute_payment_url",
        help="Page on which the customer pays on-line, where that is set up.",
    )

    _account_state_idx = models.Index("(account_id, state)")
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE number IS NOT NULL",
        "Each letter of a company has its own number.",
    )

    @api.depends("number", "level_id", "kind_id", "account_id")
    def _compute_display_name(self):
        for letter in self:
            # sudo: names only, the letter itself is readable
            letter_sudo = letter.sudo()
            letter.display_name = " ".join(
                filter(
                    None,
                    [
                        letter.number or letter_sudo._get_title(),
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
            letter.amount_in_words = letter._get_amount_in_words(letter.amount_total)

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
        "level_id.variant_ids.subject",
        "level_id.variant_ids.body_before",
        "level_id.variant_ids.body_after",
        "level_id.variant_ids.deadline_days",
        "account_id.segment_id.debtor_type",
        "account_id.letter_ids.state",
        "kind_id.subject",
        "kind_id.body_before",
        "kind_id.body_after",
        "kind_id.deadline_days",
        "fact_date",
        "fact_amount",
        "fact_person",
        "fact_reference",
        "payment_means",
        "detail_ids",
    )
    def _compute_wording(self):
        previous = self._get_previous_letters()
        for letter in self:
            texts = letter._fill_in_wording(
                letter._get_wording().with_context(lang=letter.lang),
                previous.get(letter),
            )
            letter.subject, letter.body_before, letter.body_after = texts

    def _fill_in_wording(self, wording, previous=None):
        """Subject and texts of a wording, with this letter's values filled in.

        :param wording: record with the `collection.wording.mixin`
        :param previous: letter sent before about the same items
        """
        values = self._get_placeholder_values(previous, wording)
        return (
            fill_in(wording.subject, values),
            fill_in_html(wording.body_before, values),
            fill_in_html(wording.body_after, values),
        )

    def write(self, vals):
        if FROZEN_FIELDS.intersection(vals):
            self._check_not_sent()
        self._check_collector_fields(vals)
        return super().write(vals)

    def _check_collector_fields(self, vals):
        """Collectors note what the post says; the rest is the manager's."""
        if set(vals) - COLLECTOR_FIELDS:
            check_manager(
                self.env,
                self.env._("Only credit managers change letters and their state."),
            )

    def _check_not_sent(self):
        """Refuse to change what the customer has been told, or is about to be."""
        if self.env.su:
            return
        if any(letter.state == "sent" for letter in self):
            raise UserError(self.env._("A letter that was sent stays as it was sent."))
        if any(letter.to_post for letter in self):
            raise UserError(
                self.env._(
                    "A letter that is written stays as it is on paper. Have it written "
                    "anew, or cancel it."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(letter.state != "draft" or letter.number for letter in self):
            raise UserError(
                self.env._("A numbered letter stays on record. Cancel it instead.")
            )

    # ------------------------------------------------------------------
    # Life cycle
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Number these draft letters; those that lack something are set to "error".

        When nothing is left to confirm, what is missing is said at once instead.
        """
        self._check_may_confirm()
        drafts = self.filtered(lambda letter: letter.state == "draft")
        confirmed = drafts._confirm(strict=not any(letter.number for letter in self))
        return (drafts - confirmed)._notify_not_confirmed(len(confirmed))

    def _check_may_confirm(self):
        """As with runs, a number is the credit manager's to give."""
        check_manager(
            self.env,
            self.env._("Only credit managers confirm letters: ask one of them."),
        )

    def _notify_not_confirmed(self, confirmed):
        """Tell the user how many letters were confirmed, and that these were not."""
        if not self:
            return False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "%(confirmed)s letters were confirmed, %(failed)s are in error: "
                    "each says what it lacks. Put it right and try again.",
                    confirmed=confirmed,
                    failed=len(self),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _confirm(self, strict=False):
        """Give numbers in bulk; a number once given is never given again.

        What the company or a provider has not filled in keeps all of them back. What
        a letter lacks by itself sets it to "error", and the others go on.

        :param strict: refuse when that is so of all of them
        :return: the letters that have a number now
        """
        incomplete = self._get_missing_of_each()
        hopeless = strict and incomplete and len(incomplete) == len(self)
        if hopeless or self._get_missing_particulars():
            self._check_mandatory_mentions()
        for letter, mentions in incomplete.items():
            letter.write(
                {"state": "error", "state_reason": self._list_missing(mentions)}
            )
        complete = self.filtered(lambda letter: letter not in incomplete)
        complete._link_mandate_notices()
        for company, letters in complete.grouped("company_id").items():
            letters._set_numbers(letters._next_numbers(company, len(letters)))
        return complete

    def _set_numbers(self, numbers):
        """Write a number on each letter, which is ready to be sent from then on."""
        self.check_access("write")
        self.flush_model(["amount_total", "number", "state"])
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_letter letter
                   SET number = given.number, state = 'to_send',
                       amount_seen = letter.amount_total,
                       write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[], %s::text[]) AS given (id, number)
                 WHERE letter.id = given.id
             RETURNING letter.id
                """,
                self.env.uid,
                self.ids,
                numbers,
            )
        )
        changed = ["amount_seen", "number", "state", "write_uid", "write_date"]
        self.invalidate_recordset(changed, flush=False)
        self.modified(changed)

    @api.model
    def _next_numbers(self, company, count):
        """`count` numbers of the company's sequence, drawn at once where it allows."""
        return company._next_collection_numbers("collection.letter", count)

    def _is_automatic(self):
        """Whether the daily job may confirm this draft without anybody looking.

        Its level must say so; where a level needs an approval, each of its items
        must have one.
        """
        self.ensure_one()
        segment = self.account_id.segment_id
        return (
            self.state == "draft"
            and self.level_id.auto_send
            and all(
                not line.level_id._needs_approval(segment)
                or line.item_id.approved_level_id == line.level_id
                for line in self.line_ids
            )
        )

    def _cancel(self, reason):
        # what is on paper is thrown away
        self._take_back_paper(reason)
        self.write({"state": "cancelled", "state_reason": reason})
        self._end_calls()

    def action_cancel(self):
        if any(letter.state == "sent" for letter in self):
            raise UserError(
                self.env._("A letter that was sent cannot be cancelled any more.")
            )
        # whoever does it knows: nothing has changed behind their back
        self.amount_seen = False
        self._cancel(self.env._("Cancelled by %s", self.env.user.name))

    # ------------------------------------------------------------------
    # Wording
    # ------------------------------------------------------------------

    def _format_amount(self, amount):
        """`amount` in the letter's currency, written as in the letter's language."""
        # a printed letter has some twenty amounts, and its language already
        letter = self
        if self.env.lang != self.lang:
            letter = self.with_context(lang=self.lang)
        currency = letter.currency_id
        if currency == letter.company_id.currency_id:
            return formatLang(letter.env, amount, currency_obj=currency)
        # "$" and "kr" are the sign of many
        number = formatLang(letter.env, amount, digits=currency.decimal_places)
        return f"{number}\N{NO-BREAK SPACE}{currency.name}"

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
        sent_sudo = self.sudo().search(
            self._reached_domain()
            & Domain("account_id", "in", self.account_id.ids)
            & Domain("channel", "!=", "call")
            & Domain("kind_id", "=", False)
            & Domain("level_id.tone", "!=", "service"),
            order="date desc, id desc",
        )
        by_account = sent_sudo.grouped("account_id")
        previous = {}
        for letter in self:
            items_sudo = letter.sudo().line_ids.item_id
            for other in by_account.get(letter.sudo().account_id, ()):
                if (
                    other != letter._origin
                    and (not letter.date or other.date <= letter.date)
                    and other.line_ids.item_id & items_sudo
                ):
                    previous[letter] = other
                    break
        return previous

    def _get_placeholder_values(self, previous=None, wording=None):
        """What the placeholders of the wording stand for (tools.letter_text)."""
        self.ensure_one()
        letter_sudo = self.sudo().with_context(lang=self.lang)
        days = (wording or self._get_wording()).deadline_days
        penalties = (
            letter_sudo.amount_interest
            + letter_sudo.amount_indemnity
            - letter_sudo.amount_waived
        )
        within = {
            8: letter_sudo.env._("within eight days"),
            15: letter_sudo.env._("within fifteen days"),
        }.get(days) or letter_sudo.env._("within %(days)s days", days=days)
        return {
            "company": letter_sudo.company_id.name,
            "customer": letter_sudo.account_id.partner_id.name,
            "level": letter_sudo._get_title(),
            "number": letter_sudo.number,
            "date": letter_sudo._format_long_date(letter_sudo.date),
            "count": str(len(letter_sudo.line_ids)),
            "due": letter_sudo._format_amount(letter_sudo.amount_due),
            "penalties": penalties and letter_sudo._format_amount(penalties),
            "total": letter_sudo._format_amount(letter_sudo.amount_total),
            "deadline": letter_sudo._format_long_date(
                letter_sudo.date + timedelta(days=days)
            ),
            "deadline_days": str(days),
            "within": within,
            "previous_number": previous and previous.number,
            "previous_date": previous and letter_sudo._format_long_date(previous.date),
            **letter_sudo._get_fact_values(),
        }

    def _get_bank_account(self):
        """Account of the company to pay into: the invoices' own, else its first."""
        self.ensure_one()
        # sudo: printed on the letter for the customer anyway
        letter_sudo = self.sudo()
        reserved = letter_sudo._get_mandate_bank_account()
        if reserved:
            return reserved
        company_sudo = letter_sudo.company_id
        banks = letter_sudo.line_ids.item_id.move_id.partner_bank_id.filtered(
            lambda bank: (
                bank.partner_id in company_sudo.parent_ids.partner_id and bank.active
            )
        )
        if len(banks) == 1:
            return banks
        accounts = company_sudo._get_from_head_office("bank_ids")
        return (
            accounts.filtered(lambda bank: bank.currency_id == letter_sudo.currency_id)
            or accounts.filtered(lambda bank: not bank.currency_id)
            or accounts
        )[:1]

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check_mandatory_mentions(self):
        """Refuse letters that would miss a mandatory mention.

        Everything that is missing is named at once, with the place to enter it.
        """
        own = list(chain.from_iterable(self._get_missing_of_each().values()))
        own = list(dict.fromkeys(own))
        missing = [*self._get_missing_particulars(), *own[:NAMED_MENTIONS]]
        if len(own) > NAMED_MENTIONS:
            missing.append(
                self.env._(
                    "the same or the like for %(count)s others",
                    count=len(own) - NAMED_MENTIONS,
                )
            )
        if missing:
            raise UserError(self._list_missing(missing))

    @api.model
    def _list_missing(self, mentions):
        return self.env._(
            "These letters would miss mandatory mentions. Please fill in:\n%(missing)s",
            missing="\n".join(f"- {mention}" for mention in mentions),
        )

    def _get_missing_particulars(self):
        """What all letters of a company or a provider lack, and where to enter it."""
        return [
            *self._get_missing_company_mentions(),
            *self._get_missing_provider_mentions(),
        ]

    def _get_missing_of_each(self):
        """What single letters lack by themselves: {letter: [mention]}."""
        missing = defaultdict(list)
        for letter, mention in chain(
            self._get_missing_facts(),
            self._get_missing_claims(),
            self._get_missing_notices(),
        ):
            missing[letter].append(mention)
        return missing

    def _get_missing_company_mentions(self):
        """Particulars of French companies that their letters must carry."""
        missing = []
        own = self.filtered(lambda letter: not letter._is_by_provider())
        for company, letters in own.grouped("company_id").items():
            formal = any(letter.level_id.formal_notice for letter in letters)
            missing += company._get_missing_letter_mentions(
                set(letters.mapped("lang")),
                signed=formal
                or any(letter.kind_id.code == "payment_plan" for letter in letters),
                formal=formal,
            )
        return missing

    def _check_sendable(self):
        """Raise what keeps this one letter from leaving."""
        self.ensure_one()
        self._check_mandatory_mentions()
        # sudo: the wording and the addressee belong to the letter
        letter_sudo = self.sudo()
        wording = letter_sudo._get_wording().with_context(lang=self.lang)
        for text in (wording.subject, wording.body_before, wording.body_after):
            wording._check_text(text)
        partner = letter_sudo.partner_id
        if (
            letter_sudo.channel == "registered"
            and not letter_sudo._has_postal_address()
        ):
            raise UserError(
                self.env._(
                    "%(partner)s has no complete postal address.",
                    partner=partner.display_name,
                )
            )

    def _has_postal_address(self):
        partner_sudo = self.sudo().partner_id
        return bool((partner_sudo.street or partner_sudo.street2) and partner_sudo.city)
