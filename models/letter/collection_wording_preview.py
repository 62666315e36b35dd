from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.days import company_today, on_company_days
from ..wording.collection_wording_mixin import WORDING_FIELDS


class CollectionWordingMixin(models.AbstractModel):
    """The letter as it would look, beside the wording that is being typed."""

    _inherit = "collection.wording.mixin"

    preview_lang = fields.Selection(
        selection="_get_preview_langs",
        string="Language of the Preview",
        compute="_compute_preview_defaults",
        readonly=False,
        store=False,
    )
    preview_account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer of the Preview",
        compute="_compute_preview_defaults",
        readonly=False,
        store=False,
        help="Whom the letter is shown for: any customer who owes something.",
    )
    preview_html = fields.Html(
        string="Preview", compute="_compute_preview_html", sanitize=False
    )

    @api.model
    def _get_preview_langs(self):
        return self.env["res.lang"].get_installed()

    def _compute_preview_defaults(self):
        Account = self.env["collection.account"]
        own = Domain("company_id", "=", self.env.company.id)
        for record in self:
            record.preview_lang = self.env.lang or "en_US"
            found = Account
            for domain in record._get_preview_domains():
                found = found or Account.search(own & domain, order="id desc", limit=1)
            record.preview_account_id = found

    def _is_before_due(self):
        """Whether the letter is about what is not due yet."""
        raise NotImplementedError

    def _get_preview_domains(self):
        """Whom to show the letter for, the most fitting first: who owes something
        such as the letter is about."""
        late = Domain("amount_overdue", ">", 0)
        if not self._is_before_due():
            return [late]
        coming = Domain("state", "=", "open") & on_company_days(
            self.env, lambda today: Domain("date_due", ">=", today)
        )
        return [Domain("item_ids", "any", coming), late]

    def _get_preview_values(self):
        """What makes a sample letter use this wording: its level or kind, and facts."""
        raise NotImplementedError

    @api.depends(*WORDING_FIELDS, "deadline_days", "preview_lang", "preview_account_id")
    @api.depends_context("lang")
    def _compute_preview_html(self):
        """The letter as it would look, unsaved changes of this language included."""
        for record in self:
            account = record.preview_account_id
            if not account or not record.subject:
                record.preview_html = False
                continue
            lang = record.preview_lang or self.env.lang or "en_US"
            # an unsaved wording is the one of the language it is typed in
            typed = lang == (self.env.lang or "en_US")
            wording = record if typed else record._origin.with_context(lang=lang)
            letter = account._new_sample_letter(record._get_preview_values())
            record.preview_html = letter._render_sample(wording, lang)

    @api.model
    def _get_sample_facts(self):
        """Facts a sample letter tells of; no more than an example."""
        today = company_today(self)
        return {
            "fact_date": today + timedelta(days=10),
            "fact_amount": 1000.0,
            "fact_reference": "2026-118",
            "fact_person": "Claude Martin",
            "payment_means": "transfer",
        }
