from odoo import models
from odoo.exceptions import UserError


class CollectionMandate(models.Model):
    """The contract as one document, which both sides sign."""

    _inherit = "collection.mandate"

    def _get_contract_sections(self):
        """What the document prints: list of (title, terms), in its language."""
        titles = self.with_context(lang=self._get_contract_lang())._get_term_sections()
        return [
            (titles[section], terms)
            for section, terms in self._get_terms().items()
            if section != "parties" and terms
        ]

    def _get_contract_name(self):
        self.ensure_one()
        return self.with_context(lang=self._get_contract_lang()).env._(
            "Mandate %(number)s – %(provider)s",
            number=self.number,
            provider=self.provider_id.display_name,
        )

    def _get_contract_pdf(self):
        """The contract as (file name, PDF), for the provider's supervisor too.

        :raises UserError: where the document is empty
        """
        self.ensure_one()
        content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "account_collection.action_report_mandate", self.ids
        )
        if not content:
            raise UserError(self.env._("The contract could not be printed."))
        return f"{self._get_contract_name()}.pdf", content
