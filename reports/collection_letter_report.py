import base64
import io
import re
from decimal import Decimal

from markupsafe import Markup
from PIL import Image, UnidentifiedImageError

from odoo import api, fields, models
from odoo.tools import format_date, formatLang, html2plaintext
from odoo.tools.image import image_process

from ..models.base.figures import format_figure
from ..tools.address_block import ADDRESS, CLEAR, count_rows, fit_address
from ..tools.ageing import age_balance
from ..tools.late_interest import half_year_start

#: paragraphs 2 and 3 of article L111-8 CPCE, which R124-4 5° has reproduced as they
#: stand: a statute is quoted, not translated
STATUTE = (
    "Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du "
    "créancier, sauf s'ils concernent un acte dont l'accomplissement est prescrit par "
    "la loi au créancier. Toute stipulation contraire est réputée non écrite, sauf "
    "disposition législative contraire.",
    "Cependant, le créancier qui justifie du caractère nécessaire des démarches "
    "entreprises pour recouvrer sa créance peut demander au juge de l'exécution de "
    "laisser tout ou partie des frais ainsi exposés à la charge du débiteur de "
    "mauvaise foi.",
)
#: rows of items and interest together above which the interest goes to an annex
ROWS_ON_PAGE = 7
#: rows of interest that stay on one page with their total
LAST_ROWS = 3
#: characters that may be kept together with the signature
SHORT_TEXT = 1500
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|rgba?\([\d\s.,%]+\)")
DEFAULT_COLOR = "#1f2933"
LOGO_SIZE = (640, 240)
#: box of the logo on paper, in millimetres
LOGO_BOX = (58, 20)
#: millimetres below a letter of several pages, and for each row of its foot; how many
#: times the type size a row has room for
FOOT_MARGIN, FOOT_ROW, FOOT_ROOM = 7.0, 3.5, 62
#: millimetres on paper that a millimetre of the style sheet makes
SCALE = 1.025
#: where the address begins, a little within the window
ADDRESS_LEFT = ADDRESS.left + 5


class ReportCollectionLetter(models.AbstractModel):
    """What the letters print; the template only lays it out."""

    _name = "report.account_collection.report_collection_letter"
    _description = "Printed Letter"

    @api.model
    def _get_report_values(self, docids, data=None):
        letters = self.env["collection.letter"].browse(docids)
        letters.check_access("read")
        # sudo: everything printed goes to the customer whom the letter is for
        letters_sudo = letters.sudo()
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        companies = letters_sudo.company_id
        return {
            "doc_ids": docids,
            "doc_model": "collection.letter",
            "docs": letters,
            "companies": [self._get_company_style(company) for company in companies],
            "layout": self._get_layout(),
            # of several pages: the foot comes from the renderer, on each of them
            "numbered": self.env.context.get("collection_numbered"),
            "letters": [
                self.with_context(lang=letter.lang)._get_letter_values(
                    letter.with_context(lang=letter.lang),
                    regimes.get(letter.account_id._get_debtor_type()),
                )
                for letter in letters_sudo
            ],
        }

    @api.model
    def _render_sample(self, letter, wording=None):
        """HTML of one letter that is never saved, `wording` taking the place of its
        stored text."""
        # a form that is being saved asks for the size of images only
        letter_sudo = letter.sudo().with_context(lang=letter.lang, bin_size=False)
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        values = self.with_context(lang=letter_sudo.lang)._get_letter_values(
            letter_sudo, regimes.get(letter_sudo.account_id._get_debtor_type())
        )
        if wording:
            previous = letter_sudo._get_previous_letters().get(letter_sudo)
            subject, body_before, body_after = letter_sudo._fill_in_wording(
                wording, previous
            )
            values.update(
                subject=subject,
                **self._split_text(body_before, body_after, values["bank"]),
            )
        return self.env["ir.qweb"]._render(
            "account_collection.report_collection_letter",
            {
                "letters": [values],
                "companies": [self._get_company_style(letter_sudo.company_id)],
                "layout": self._get_layout(),
                "docs": letter_sudo,
            },
        )

    @api.model
    def _get_layout(self):
        """Where the head of a letter stands, in millimetres of the style sheet: the
        address in the window of the envelope, and nothing else behind it."""
        # sudo: the margins of the paper
        report_sudo = self.env.ref("account_collection.action_report_letter").sudo()
        paper = report_sudo.get_paperformat()
        places = {
            "left": ADDRESS_LEFT - paper.margin_left,
            "top": ADDRESS.top - paper.margin_top,
            "width": ADDRESS.right - ADDRESS_LEFT,
            "head": CLEAR.bottom - paper.margin_top,
            "sender": CLEAR.left - paper.margin_left,
        }
        return {name: round(place / SCALE, 2) for name, place in places.items()}

    # ------------------------------------------------------------------
    # The company
    # ------------------------------------------------------------------

    def _get_company_style(self, company):
        """Colour and logo, once per document: the logo is in the style sheet."""
        color = (company.primary_color or "").strip()
        return {
            "id": company.id,
            "color": color if COLOR.fullmatch(color) else DEFAULT_COLOR,
            "logo": None if company.uses_default_logo else self._get_logo(company),
        }

    def _get_logo(self, company):
        """Data address and size on paper (mm) of the company's logo."""
        if not company.logo:
            return None
        raw = base64.b64decode(company.logo)
        try:
            raw = image_process(raw, size=LOGO_SIZE, output_format="PNG")
            width, height = Image.open(io.BytesIO(raw)).size
        except (UnidentifiedImageError, ValueError):
            return None
        scale = min(LOGO_BOX[0] / width, LOGO_BOX[1] / height)
        return {
            "url": "data:image/png;base64," + base64.b64encode(raw).decode(),
            "width": round(width * scale, 1),
            "height": round(height * scale, 1),
        }

    def _get_sender(self, letter):
        """Letterhead: who writes, where from, registered how, reached how."""
        if letter._is_by_provider():
            return self._get_provider_sender(letter)
        company = letter.company_id
        details = company.company_details
        address = [
            line.strip()
            for line in html2plaintext(details or "").splitlines()
            if line.strip() and line.strip() != company.name
        ]
        if not address:
            address = self._get_address(
                company._get_collection_address() or company.partner_id,
                company.country_id,
            )
        registration = self._get_company_registration(company)
        told = " ".join(address)
        return {
            "name": company.name,
            "logo": True,
            "tagline": html2plaintext(company.report_header or "").strip(),
            "address": address,
            "reach": [
                text
                for text in map(
                    company._get_from_head_office, ("phone", "email", "website")
                )
                if text and text not in told
            ],
            "registration": [text for value, text in registration if value not in told],
            **self._get_company_foot(company, registration),
        }

    def _get_company_foot(self, company, registration):
        """Foot of each page: what the company prints under its documents, and of its
        name and numbers what is not told there."""
        footer = company._get_collection_footer()
        if not footer:
            texts = [company.name, *(text for _value, text in registration)]
            return {"footer": False, "legal": " – ".join(texts)}
        told = re.sub(r"\W", "", html2plaintext(footer))
        texts = [
            text for value, text in registration if re.sub(r"\W", "", value) not in told
        ]
        return {"footer": footer, "legal": " – ".join(texts)}

    def _get_provider_sender(self, letter):
        """Letterhead of the provider that works for the account of the company."""
        mandate = letter.mandate_id or letter.account_id.mandate_id
        provider = mandate.provider_id
        registration = [
            text
            for _value, text in self._get_registration(provider.commercial_partner_id)
        ]
        return {
            "name": provider.name or "",
            "logo": False,
            "tagline": self.env._("Amicable collection for the account of others"),
            "address": self._get_address(provider, letter.company_id.country_id),
            "reach": [
                text
                for text in (provider.phone, provider.email, provider.website)
                if text
            ],
            "registration": registration,
            "footer": False,
            "legal": " – ".join([provider.name or "", *registration]),
        }

    def _get_company_registration(self, company):
        """As `_get_registration`, of a branch with what is its head office's."""
        return self._get_registration(
            company,
            company._get_from_head_office("company_registry"),
            company._get_from_head_office("vat"),
        )

    def _get_registration(self, firm, number=None, vat=None):
        """[(number, number with its name)] of a company's or partner's registrations.

        :param number: instead of the firm's own
        :param vat: instead of the firm's own
        """
        registration = []
        number = (number or firm.company_registry or "").strip()
        if number:
            label = self.env._("Company ID")
            if firm.country_id.code == "FR":
                digits = len(re.sub(r"\D", "", number))
                label = {9: "SIREN", 14: "SIRET"}.get(digits, "RCS")
            registration.append((number, f"{label}\N{NO-BREAK SPACE}{number}"))
        vat = vat or firm.vat
        if vat:
            registration.append((vat, self.env._("VAT no. %(number)s", number=vat)))
        return registration

    def _get_address(self, partner, home_country):
        """Lines of a postal address; the country only when it is a foreign one."""
        lines = [
            line.strip()
            for line in partner._display_address(without_company=True).splitlines()
            if line.strip()
        ]
        country = partner.country_id
        if country and lines and lines[-1] == country.name:
            lines.pop()
        if country and country != home_country:
            lines.append(country.name.upper())
        return lines

    @api.model
    def _render_feet(self, letters):
        """What the renderer puts at the foot of each page of these letters.

        :return: (HTML, millimetres of the page that it needs)
        """
        letters.check_access("read")
        # sudo: everything printed goes to the customer whom the letter is for
        feet = [
            {
                "id": letter.id,
                "lang": letter.lang,
                "sender": self.with_context(lang=letter.lang)._get_sender(
                    letter.with_context(lang=letter.lang)
                ),
            }
            for letter in letters.sudo()
        ]
        html = self.env["ir.qweb"]._render(
            "account_collection.collection_letter_feet", {"feet": feet}
        )
        rows = max(self._count_foot_rows(foot["sender"]) for foot in feet)
        return str(html), FOOT_MARGIN + rows * FOOT_ROW

    def _count_foot_rows(self, sender):
        """Rows of the foot of a letter, the number of the page included."""
        texts = html2plaintext(sender["footer"] or "").splitlines()
        return 1 + sum(
            count_rows(text, FOOT_ROOM)
            for text in (*texts, sender["legal"] or "")
            if text.strip()
        )

    # ------------------------------------------------------------------
    # The letter
    # ------------------------------------------------------------------

    def _get_letter_values(self, letter, regime):
        """Everything one letter prints, in its language."""
        segments = self._get_interest_rows(letter)
        lines = [self._get_line_values(line, letter) for line in letter.line_ids]
        in_annex = bool(segments) and len(lines) + len(segments) > ROWS_ON_PAGE
        bank = self._get_bank(letter)
        debtor_type = letter.account_id._get_debtor_type()
        return {
            "letter": letter,
            "lang": letter.lang,
            "subject": letter.subject,
            **self._split_text(letter.body_before, letter.body_after, bank),
            "code": letter.kind_id.code or False,
            "show": self._get_blocks(letter),
            "sender": self._get_sender(letter),
            "parties": self._get_parties(letter),
            "notice": self._get_notice_line(letter),
            "by_hand": self._get_by_hand(letter, debtor_type),
            "facts": self._get_facts(letter),
            "details": [
                {
                    "date": format_date(self.env, detail.date, lang_code=letter.lang),
                    "label": detail.label,
                    "amount": letter._format_amount(detail.amount),
                }
                for detail in letter.detail_ids
            ],
            "details_total": letter._format_amount(
                sum(letter.detail_ids.mapped("amount"))
            ),
            "ages": self._get_ages(letter),
            "statute": STATUTE if letter._is_by_provider() else (),
            "public": debtor_type == "public",
            "total_label": self._get_total_label(letter),
            "recipient": self._get_recipient(letter, debtor_type),
            "date": self._get_date_line(letter),
            "contact": self._get_contact(letter),
            "lines": lines,
            "late": any(line.days_overdue > 0 for line in letter.line_ids),
            "partly_paid": any(line.amount_paid for line in letter.line_ids),
            "disputed": self._get_disputed(letter),
            "totals": self._get_totals(letter, debtor_type),
            "total": letter._format_amount(letter.amount_total),
            "words": letter.amount_in_words,
            "settled": self._get_settled_sentences(letter),
            "law": self._get_law_sentence(letter, regime),
            "interest_title": self.env._(
                "%(interest)s: statement at %(date)s",
                interest=self._get_interest_label(debtor_type),
                date=letter._format_long_date(letter.date),
            ),
            "annex_title": self.env._(
                "Annex to our letter %(number)s of %(date)s to %(customer)s",
                number=letter.number or "",
                date=letter._format_long_date(letter.date),
                customer=letter.account_id.partner_id.name,
            ),
            "segments": segments,
            "segments_before": segments[:-LAST_ROWS],
            "segments_last": segments[-LAST_ROWS:],
            "half_years": self._get_half_year_totals(letter),
            "segments_total": letter._format_amount(letter.amount_interest),
            "in_annex": in_annex,
            "day_count": self._get_day_count(regime) if segments else False,
            "bank": bank,
            "signatory": False
            if letter._is_by_provider()
            else letter.company_id._get_from_head_office("collection_signatory")
            or letter.account_id.user_id.name,
            "enclosures": self._get_enclosure_names(letter, in_annex),
        }

    def _get_blocks(self, letter):
        """Which parts a letter has, by its kind."""
        code = letter.kind_id.code
        return {
            "items": bool(letter.line_ids) and code != "thanks",
            "totals": bool(letter.line_ids) and code not in ("thanks", "bill_return"),
            "words": not code or code == "mandate_notice",
            "bank": code not in ("thanks", "bill_return", "receipt"),
            "two_signatures": code == "payment_plan",
        }

    def _get_by_hand(self, letter, debtor_type):
        """What a debtor who is no merchant writes by hand for the acknowledgement to be
        proof (article 1376 code civil), False for the others.

        The sum is left for them to write: printed, it proves nothing.
        """
        civil = (
            "consumer" in (debtor_type, letter.kind_id.debtor_type)
            or letter.account_id.segment_id.trade == "liberal"
        )
        if letter.kind_id.code != "payment_plan" or not civil:
            return False
        return self.env._(
            "To be written here by the hand of who signs: “I acknowledge owing "
            "%(company)s the sum of …”, the sum in words, then in figures",
            company=letter.company_id.name,
        )

    def _get_total_label(self, letter):
        code = letter.kind_id.code
        if code == "statement":
            return self.env._("Balance of your account")
        if code == "receipt":
            return self.env._("Balance remaining on these invoices")
        if code in ("payment_plan", "promise_confirmation"):
            return self.env._("Total of these invoices")
        # what is asked for, due or not yet: the template says which
        return False

    def _get_parties(self, letter):
        """Who collects and for whom, on the first letter of a provider (R124-4 1°, 2°).

        :return: [(label, name, address lines and references)]
        """
        if not letter._is_by_provider():
            return []
        mandate = letter.mandate_id or letter.account_id.mandate_id
        provider, company = mandate.provider_id, letter.company_id
        country = company.country_id
        reference = mandate.reference or mandate.number
        return [
            (
                self.env._("Amicable collection carried on by"),
                provider.name or "",
                [
                    *self._get_address(provider, country),
                    self.env._("Reference: %(reference)s", reference=reference),
                ],
            ),
            (
                self.env._("Creditor, for whose account we act"),
                company.name,
                [
                    *self._get_address(
                        company._get_collection_address() or company.partner_id,
                        country,
                    ),
                    *(text for _value, text in self._get_company_registration(company)),
                ],
            ),
        ]

    def _get_notice_line(self, letter):
        """Number and date of the provider's first letter, told on all that follow."""
        notice = letter._get_mandate_notice()
        if not notice:
            return False
        mandate = notice.mandate_id
        return self.env._(
            "First letter (article R124-4 CPCE): %(provider)s, no. %(number)s of "
            "%(date)s, reference %(reference)s",
            provider=mandate.provider_id.name,
            number=notice.number,
            date=letter._format_long_date(notice.date),
            reference=mandate.reference or mandate.number,
        )

    def _get_facts(self, letter):
        """What happened or was agreed: [(label, value)]."""
        code = letter.kind_id.code
        if not code:
            return []
        values = letter._get_fact_values()
        amount = values["fact_amount"]
        words = values["fact_amount_words"]
        in_full = amount and f"{amount} ({words})"
        rows = {
            "bill_return": [
                (self.env._("Bill of exchange no."), values["fact_reference"]),
                (self.env._("Amount"), in_full),
                (self.env._("Maturity"), values["fact_date"]),
                (self.env._("To be returned accepted by"), values["return_date"]),
            ],
            "receipt": [
                (
                    self.env._("Received from"),
                    " – ".join(
                        filter(
                            None,
                            [letter.account_id.partner_id.name, letter.fact_person],
                        )
                    ),
                ),
                (self.env._("The sum of"), in_full),
                (self.env._("Paid on"), values["fact_date"]),
                (self.env._("Means of payment"), values["payment_means"]),
                (self.env._("Reference of the payment"), values["fact_reference"]),
            ],
            "promise_confirmation": [
                (self.env._("Undertaking given by"), letter.fact_person),
                (self.env._("Amount"), in_full),
                (self.env._("Payment on"), values["fact_date"]),
                (self.env._("Means of payment"), values["payment_means"]),
            ],
        }.get(code, [])
        return [(label, value) for label, value in rows if value]

    def _get_ages(self, letter):
        """Balance of a statement by age, credits apart: [(label, amount)]."""
        if letter.kind_id.code != "statement" or not letter.line_ids:
            return []
        debts = letter.line_ids.filtered("item_id")
        balance = age_balance((line.days_overdue, line.amount_due) for line in debts)
        labels = dict(
            self.env["collection.item"]
            ._fields["age_bucket"]
            ._description_selection(self.env)
        )
        rows = [
            (labels[code], letter._format_amount(float(amount)))
            for code, amount in balance.items()
        ]
        rows.append(
            (
                self.env._("Credits not yet matched"),
                letter._format_amount(
                    sum((letter.line_ids - debts).mapped("amount_due"))
                ),
            )
        )
        return rows

    def _get_bank(self, letter):
        """Where to pay to, on letters that ask for it."""
        bank = self._get_blocks(letter)["bank"] and letter._get_bank_account()
        if not bank:
            return False
        return {
            "holder": bank.acc_holder_name or bank.partner_id.name,
            "name": bank.bank_name,
            "number": self._format_account_number(bank.acc_number),
            "bic": bank.bank_bic,
        }

    def _split_text(self, body_before, body_after, bank):
        """The text, and what of it stays on one page with the signature.

        Besides the closing formula at least one paragraph, or else where to pay to: no
        page holds the formula alone.
        """
        after, close = self._pop_paragraph(body_after)
        after, last = self._pop_paragraph(after)
        if not last and len(after or "") < SHORT_TEXT:
            # a list, for one
            after, last = "", after
        before = body_before
        if not (last or bank):
            before, last = self._pop_paragraph(before)
        return {
            "body_before": before,
            "body_after": after,
            "last": last,
            "close": close,
            "bank_below": bool(bank and not last),
        }

    def _pop_paragraph(self, html):
        """The text without its last paragraph, and that one, "" where there is none."""
        text, tag, paragraph = str(html or "").rpartition("<p")
        if not tag or paragraph.rstrip()[-4:] != "</p>":
            return html, ""
        return Markup(text), Markup(tag + paragraph)

    def _get_recipient(self, letter, debtor_type):
        """Name, attention line and address of the addressee."""
        partner = letter.partner_id
        customer = letter.account_id.partner_id
        name, attention = customer.name, False
        if debtor_type == "private":
            attention = self.env._("For the attention of Accounts Payable")
        if partner != customer and partner.name and partner.name != customer.name:
            attention = self.env._("For the attention of %(name)s", name=partner.name)
        lines = [
            line
            for line in (
                name,
                attention,
                *self._get_address(partner, letter.company_id.country_id),
            )
            if line
        ]
        size, line_height = fit_address(
            lines, ADDRESS.right - ADDRESS_LEFT, ADDRESS.bottom - ADDRESS.top
        )
        return {
            "name": name,
            "lines": lines,
            "style": f"font-size: {size / SCALE:.2f}pt; "
            f"line-height: {line_height / SCALE:.2f}pt",
            "reference": customer.ref,
        }

    def _get_date_line(self, letter):
        date = letter._format_long_date(letter.date).replace("\N{NO-BREAK SPACE}", " ")
        # a French letter says “Le 22 novembre 2026”
        return f"Le {date}" if letter.lang.startswith("fr") else date

    def _get_contact(self, letter):
        company = letter.company_id
        if letter._is_by_provider():
            mandate = letter.mandate_id or letter.account_id.mandate_id
            provider = mandate.provider_id
            lines = (provider.name, provider.phone, provider.email)
            return [line for line in lines if line]
        lines = (
            letter.account_id.user_id.name
            or company._get_from_head_office("collection_signatory"),
            company._get_from_head_office("collection_phone")
            or company._get_from_head_office("phone"),
            company._get_from_head_office("collection_email")
            or company._get_from_head_office("email"),
        )
        return [line for line in lines if line]

    def _get_line_values(self, line, letter):
        reference = line.item_id.move_id.ref
        return {
            "name": line.move_name,
            "reference": reference if reference != line.move_name else False,
            "date": line.invoice_date
            and format_date(self.env, line.invoice_date, lang_code=letter.lang),
            "due_date": format_date(self.env, line.date_due, lang_code=letter.lang),
            "days": max(line.days_overdue, 0),
            "total": letter._format_amount(line.amount_total),
            "paid": letter._format_amount(line.amount_paid) if line.amount_paid else "",
            "due": letter._format_amount(line.amount_due),
            "deposited": line.item_id.date_deposited
            and format_date(
                self.env, line.item_id.date_deposited, lang_code=letter.lang
            ),
        }

    def _get_disputed(self, letter):
        """Part of the invoices that is left out because it is under discussion."""
        if letter.kind_id and letter.kind_id.with_items != "unpaid":
            return False
        amount = sum(
            line.amount_total - line.amount_paid - line.amount_due
            for line in letter.line_ids
        )
        if letter.currency_id.compare_amounts(amount, 0) <= 0:
            return False
        return self.env._(
            "The amounts due leave out %(amount)s under discussion between us.",
            amount=letter._format_amount(amount),
        )

    def _get_totals(self, letter, debtor_type):
        """Rows between the principal and the total: [(label, amount)]."""
        rows = [(self.env._("Principal due"), letter.amount_due)]
        if letter.amount_credit:
            rows.append(
                (self.env._("Credits not yet matched, deducted"), -letter.amount_credit)
            )
        # a provider shows what it claims separately, nil included (R124-4 3° CPCE)
        all_rows = letter._is_by_provider()
        if letter.amount_interest or all_rows:
            rows.append((self._get_interest_label(debtor_type), letter.amount_interest))
        if letter.amount_indemnity:
            rows.append((self._get_indemnity_label(letter), letter.amount_indemnity))
        elif all_rows:
            rows.append((self.env._("Accessories"), 0.0))
        if letter.amount_waived:
            rows.append((self.env._("Commercial gesture"), -letter.amount_waived))
        if len(rows) == 1:
            return []
        return [(label, letter._format_amount(amount)) for label, amount in rows]

    def _get_settled_sentences(self, letter):
        """What is not claimed here because it was invoiced or waived before."""
        sentences = []
        for line in letter.line_ids:
            for settled in line.settled_detail or []:
                values = {
                    "invoice": line.move_name,
                    "amount": letter._format_amount(settled["amount"]),
                    "document": settled["document"],
                    "date": settled["date_to"]
                    and self._format_iso_date(settled["date_to"], letter),
                }
                if settled["kind"] == "claim" and settled["date_to"]:
                    text = self.env._(
                        "%(invoice)s: interest to %(date)s already invoiced "
                        "(%(document)s, %(amount)s).",
                        **values,
                    )
                elif settled["kind"] == "claim":
                    text = self.env._(
                        "%(invoice)s: indemnity already invoiced (%(document)s, "
                        "%(amount)s).",
                        **values,
                    )
                elif settled["date_to"]:
                    text = self.env._(
                        "%(invoice)s: as a commercial gesture, we waive %(amount)s of "
                        "late-payment costs accrued to %(date)s.",
                        **values,
                    )
                else:
                    text = self.env._(
                        "%(invoice)s: as a commercial gesture, we waive the indemnity "
                        "of %(amount)s.",
                        **values,
                    )
                sentences.append(text)
        return sentences

    def _get_indemnity_label(self, letter):
        amounts = [
            amount for amount in letter.line_ids.mapped("amount_indemnity") if amount
        ]
        if len(amounts) == 1 or len(set(amounts)) > 1:
            return self.env._("Fixed recovery indemnity")
        return self.env._(
            "Fixed recovery indemnity (%(count)s × %(amount)s)",
            count=len(amounts),
            amount=letter._format_amount(amounts[0]),
        )

    def _get_interest_label(self, debtor_type):
        if debtor_type == "private":
            return self.env._("Late-payment penalties")
        if debtor_type == "public":
            return self.env._("Default interest (public procurement)")
        return self.env._("Interest at the legal rate")

    def _get_law_sentence(self, letter, regime):
        """What the interest and the indemnity rest on, by the customer's regime."""
        if not regime or not letter._claims_penalties():
            return False
        law = regime.with_context(lang=letter.lang).law_reference
        articles = self.env._(" (articles %(law)s)", law=law) if law else ""
        if regime.from_notice:
            if letter.level_id.formal_notice and not letter.amount_interest:
                return self.env._(
                    "The amounts due bear interest at the legal rate from this formal "
                    "notice on%(articles)s.",
                    articles=articles,
                )
            if letter.amount_interest:
                return self.env._(
                    "Interest at the legal rate since the formal notice%(articles)s.",
                    articles=articles,
                )
            return False
        if not letter.amount_interest and not letter.amount_indemnity:
            return False
        values = {
            "rate": self._get_rate_text(letter, regime),
            "articles": articles,
            "amount": letter.env.ref("base.EUR")
            .with_context(lang=letter.lang)
            .format(regime.indemnity),
        }
        if not letter.amount_indemnity:
            return self.env._(
                "Interest for late payment at %(rate)s, due by operation of law and "
                "without any reminder being necessary%(articles)s.",
                **values,
            )
        if regime.debtor_type == "public":
            return self.env._(
                "Default interest at %(rate)s, and a fixed recovery indemnity of "
                "%(amount)s per invoice, due by operation of law and without any "
                "formality%(articles)s.",
                **values,
            )
        return self.env._(
            "Late-payment penalties at %(rate)s, and a fixed recovery indemnity of "
            "%(amount)s per invoice, due by operation of law without any reminder "
            "being necessary%(articles)s.",
            **values,
        )

    def _get_rate_text(self, letter, regime):
        agreed = regime._to_tool(
            letter.company_id, letter.account_id.agreed_rate
        ).agreed_rate
        if agreed:
            return self.env._(
                "the agreed rate of %(rate)s a year", rate=self._format_rate(agreed)
            )
        if regime.index != "ecb_mro":
            return self.env._("the legal rate")
        margin = format_figure(self.env, regime.margin)
        if regime.fixed_at_start:
            return self.env._(
                "the refinancing rate of the European Central Bank plus %(margin)s "
                "points, in force on the first day of the half-year in which interest "
                "began to run",
                margin=margin,
            )
        return self.env._(
            "the refinancing rate of the European Central Bank plus %(margin)s points",
            margin=margin,
        )

    def _get_interest_rows(self, letter):
        """The interest of each invoice, cut by half-years where the rate changes."""
        return [
            {
                "name": line.move_name,
                "date_from": self._format_iso_date(segment["date_from"], letter),
                "date_to": self._format_iso_date(segment["date_to"], letter),
                "days": segment["days"],
                "base": letter._format_amount(segment["base"]),
                "rate": self._format_rate(segment["rate"]),
                "amount": letter._format_amount(segment["amount"]),
            }
            for line in letter.line_ids
            for segment in line.interest_detail or []
        ]

    def _get_day_count(self, regime):
        """How the interest above was worked out, as `tools.late_interest` does it."""
        if regime and regime.day_count == "actual":
            return self.env._(
                "Interest = base × rate × days ÷ 365, or ÷ 366 for the days of a leap "
                "year; the first and the last day count."
            )
        return self.env._(
            "Interest = base × rate × days ÷ 365, in leap years too; the first and the "
            "last day count."
        )

    def _get_half_year_totals(self, letter):
        """Interest of several invoices by half-year: [(label, amount)].

        Empty where a segment runs over the end of a half-year, its rate being fixed.
        """
        totals = {}
        for line in letter.line_ids:
            for segment in line.interest_detail or []:
                half_year = half_year_start(fields.Date.to_date(segment["date_from"]))
                if half_year != half_year_start(
                    fields.Date.to_date(segment["date_to"])
                ):
                    return []
                totals.setdefault(half_year, []).append(Decimal(str(segment["amount"])))
        if len(totals) < 2 or len(letter.line_ids) < 2:
            return []
        return [
            (
                self.env._("Half-year 1 of %(year)s", year=half_year.year)
                if half_year.month == 1
                else self.env._("Half-year 2 of %(year)s", year=half_year.year),
                letter._format_amount(float(sum(amounts))),
            )
            for half_year, amounts in sorted(totals.items())
        ]

    def _get_enclosure_names(self, letter, annex):
        names = []
        if letter._get_enclosures():
            names.append(self.env._("copies of the invoices"))
        if annex:
            names.append(self.env._("statement of interest"))
        return ", ".join(names)

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _format_iso_date(self, text, letter):
        return format_date(self.env, fields.Date.to_date(text), lang_code=letter.lang)

    def _format_rate(self, rate):
        decimals = max(len(f"{float(rate):.4f}".rstrip("0").partition(".")[2]), 2)
        figure = formatLang(self.env, float(rate), digits=decimals)
        return f"{figure}\N{NO-BREAK SPACE}%"

    def _format_account_number(self, number):
        """An IBAN in groups of four, any other number as it was typed."""
        # not by stdnum.iban, which cannot be imported here: Odoo's hook on the package
        # hides the data that it reads
        compact = re.sub(r"\s", "", number or "")
        if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", compact):
            return number
        groups = [compact[i : i + 4] for i in range(0, len(compact), 4)]
        return "\N{NO-BREAK SPACE}".join(groups)
