from functools import lru_cache

from odoo import api, fields, models
from odoo.tools import html2plaintext, is_html_empty

from ...tools.legal_mentions import missing_mentions
from ...tools.print_scripts import missing_scripts


@lru_cache(maxsize=64)
def _missing_mentions(texts, htmls):
    """`tools.legal_mentions` of all of these, which many letters have in common."""
    plain = (*texts, *(html2plaintext(html or "") for html in htmls))
    return missing_mentions("\n".join(text or "" for text in plain))


class ResCompany(models.Model):
    """What a company prints under its letters."""

    _inherit = "res.company"

    collection_signatory = fields.Char(
        string="Letters Signed by",
        help="Name and function printed under reminders and formal notices.",
        groups="base.group_user",
    )
    collection_phone = fields.Char(
        string="Collections Phone",
        help="Direct line printed on letters. Empty: the company's phone.",
        groups="base.group_user",
    )
    collection_email = fields.Char(
        string="Collections Email",
        help="Address printed on letters and used for answers. Empty: the company's.",
        groups="base.group_user",
    )
    collection_huitante = fields.Boolean(
        string="Eighty in Words: huitante",
        help="On letters in Swiss French, as in Vaud, Valais and Fribourg; otherwise "
        "quatre-vingts.",
        groups="base.group_user",
    )

    collection_letter_health = fields.Text(
        string="Missing on Letters",
        compute="_compute_collection_letter_health",
        compute_sudo=True,
        groups="base.group_user",
        help="Mentions that the law wants on letters, and scripts that this server "
        "cannot print.",
    )

    @api.depends(
        "company_registry",
        "country_id",
        "name",
        "bank_ids",
        "report_footer",
        "report_header",
        "company_details",
        "collection_signatory",
        "street",
        "city",
        "parent_path",
    )
    @api.depends_context("lang")
    def _compute_collection_letter_health(self):
        for company in self:
            company.collection_letter_health = company._describe_letter_health()

    def _describe_letter_health(self, signed=True):
        """What letters lack, and where to enter it; empty when nothing is missing.

        :param signed: also say that nobody signs them
        """
        self.ensure_one()
        mentions = self._get_missing_letter_mentions(
            {self.partner_id.lang or self.env.lang or "en_US"},
            signed=signed,
            formal=True,
        )
        return "\n".join(
            filter(
                None,
                [
                    *(
                        self.env._("Letters lack %(mention)s.", mention=mention)
                        for mention in mentions
                    ),
                    self._describe_missing_scripts(),
                ],
            )
        )

    @api.model
    def _describe_missing_scripts(self):
        """What no font of this server has, and which packages do; False when nothing is
        missing."""
        missing = missing_scripts()
        if not missing:
            return False
        labels = {
            "chinese": self.env._("Chinese"),
            "japanese": self.env._("Japanese"),
            "korean": self.env._("Korean"),
            "emoji": self.env._("emoji"),
        }
        return self.env._(
            "This server has no font for these characters, which letters print as "
            "empty boxes: %(scripts)s. Have the administrator install some, on Debian "
            "fonts-wqy-microhei and fonts-symbola, and restart the server.",
            scripts=", ".join(labels[name] for name in missing),
        )

    def _get_missing_letter_mentions(self, langs, signed=False, formal=False):
        """What the letters of a French company must carry and lack, and where to enter
        it.

        :param langs: languages of the letters
        :param signed: there are formal notices or payment plans among them
        :param formal: there are formal notices
        """
        self.ensure_one()
        # sudo: only whether the company's own particulars are filled in
        company_sudo = self.sudo()
        if company_sudo.country_id.code != "FR":
            return []
        settings = self.env._(
            "Settings ‣ Users & Companies ‣ Companies ‣ %(company)s",
            company=company_sudo.name,
        )
        missing = []
        if not company_sudo._get_from_head_office("company_registry"):
            missing.append(
                self.env._(
                    "the SIREN or SIRET number (%(place)s, field Company ID)",
                    place=settings,
                )
            )
        missing += company_sudo._get_missing_legal_mentions(langs)
        if not company_sudo._get_from_head_office("bank_ids"):
            missing.append(
                self.env._(
                    "a bank account to pay into (Invoicing ‣ Configuration ‣ Journals, "
                    "the bank's, field Bank Account Number)"
                )
            )
        if signed and not company_sudo._get_from_head_office("collection_signatory"):
            missing.append(
                self.env._(
                    "who signs formal notices and payment plans (Collections ‣ "
                    "Configuration ‣ Company, field Letters Signed by)"
                )
            )
        if formal and not company_sudo._get_collection_address():
            missing.append(
                self.env._(
                    "the company's address, without which a formal notice does not "
                    "say who gives it (%(place)s)",
                    place=settings,
                )
            )
        return missing

    def _get_missing_legal_mentions(self, langs):
        """Form, capital and register that the letters in one of `langs` do not say
        (articles R123-237 and R123-238 code de commerce)."""
        labels = {
            "form": self.env._("the legal form"),
            "capital": self.env._("the capital"),
            "register": self.env._("the register with its town (RCS Lyon, for one)"),
        }
        codes = {
            code
            for lang in langs
            for code in _missing_mentions(
                *self.with_context(lang=lang)._get_printed_particulars()
            )
        }
        if not codes:
            return []
        return [
            self.env._(
                "%(mentions)s, of articles R123-237 and R123-238 of the commercial "
                "code (Settings ‣ General Settings ‣ Companies ‣ Configure Document "
                "Layout of %(company)s, field Footer)",
                mentions=", ".join(
                    label for code, label in labels.items() if code in codes
                ),
                company=self.name,
            )
        ]

    def _get_printed_particulars(self):
        """All that letters print of the company in the current language: plain texts,
        and HTML."""
        return (
            (self.name, self._get_from_head_office("company_registry")),
            (self.report_header, self.company_details, self._get_collection_footer()),
        )

    def _get_collection_footer(self):
        """What stands at the foot of documents: the company's, else that of its nearest
        head office that has one; False when nobody has."""
        self.ensure_one()
        # sudo: printed on letters
        for company_sudo in reversed(self.sudo().parent_ids):
            if not is_html_empty(company_sudo.report_footer):
                return company_sudo.report_footer
        return False

    def _get_collection_address(self):
        """Contact whose postal address stands on letters: the company's, else that of
        its nearest head office that has one; none when nobody has."""
        self.ensure_one()
        # sudo: printed on letters
        for company_sudo in reversed(self.sudo().parent_ids):
            if company_sudo.street and company_sudo.city:
                return company_sudo.partner_id
        return self.env["res.partner"]
