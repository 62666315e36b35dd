from odoo import models
from odoo.exceptions import UserError

from ...tools.call_log import clock
from .collection_mandate_terms import Term


class CollectionSegment(models.Model):
    """When and how often its customers are called, in words."""

    _inherit = "collection.segment"

    def _get_call_rule(self):
        self.ensure_one()
        hours = {
            "first": clock(self.call_hour_from),
            "last": clock(self.call_hour_to),
        }
        if self.call_saturday:
            parts = [
                self.env._("from %(first)s to %(last)s, on Saturdays too", **hours)
            ]
        else:
            parts = [self.env._("from %(first)s to %(last)s on working days", **hours)]
        if self.call_max_day:
            parts.append(self.env._("at most %(count)s a day", count=self.call_max_day))
        if self.call_max_week:
            parts.append(
                self.env._("at most %(count)s a week", count=self.call_max_week)
            )
        return "; ".join(parts)


class CollectionMandate(models.Model):
    """The contract as one document, which both sides sign."""

    _inherit = "collection.mandate"

    def _get_contract_sections(self):
        """What the document prints: list of (title, terms), in its language."""
        mandate = self.with_context(lang=self._get_contract_lang())
        titles = mandate._get_term_sections()
        sections = [
            (titles[section], terms)
            for section, terms in self._get_terms().items()
            if section != "parties" and terms
        ]
        calls = mandate._list_call_rules()
        if calls:
            sections.append((mandate.env._("When Customers Are Called"), calls))
        return sections

    def _list_call_rules(self):
        """Hours and number of calls of the customers who may go, as the company has set
        them for both sides: it is bound like the provider, so they are no terms.

        :return: list of `Term`, one for all segments with the same rule
        """
        self.ensure_one()
        # sudo: how customers of a segment are called is no secret of the contract
        segments_sudo = self.sudo().segment_ids or self.env[
            "collection.segment"
        ].sudo().search([("delegation", "!=", "never")])
        return [
            Term(
                f"calls-{segments_sudo[0].id}",
                ", ".join(segments_sudo.mapped("name")),
                text,
            )
            for text, segments_sudo in segments_sudo.grouped(
                lambda segment: segment._get_call_rule()
            ).items()
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
