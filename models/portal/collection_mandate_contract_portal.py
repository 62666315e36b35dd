import base64

from odoo import api, models
from odoo.exceptions import AccessError

from .badges import badge


class CollectionMandate(models.Model):
    """The contract, as the provider's supervisor reads and approves it."""

    _inherit = "collection.mandate"

    @api.model
    def _get_portal_contracts(self):
        """What a page shows of the current user's contracts.

        :return: list of dicts: `id`, `number`, `name`, `company`, the badge of the
            state, `offered` (waits for their approval), `sections` (title, list of
            terms), approvals, `reports` (`id`, `period`), `amendments` (with `noted`)
        """
        return [
            mandate_sudo._describe_contract()
            for mandate_sudo in self._get_contracts_sudo()
        ]

    @api.model
    def _count_waiting_contracts(self):
        """What waits for the current user: offers to approve, amendments to note."""
        contracts_sudo = self._get_contracts_sudo()
        return sum(mandate.state == "study" for mandate in contracts_sudo) + len(
            contracts_sudo.amendment_ids.filtered(lambda one: not one.noted_on)
        )

    def _describe_contract(self):
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        return {
            "id": self.id,
            "number": self.number,
            "name": self.name,
            "company": self.company_id.name,
            **badge(self.state, labels[self.state]),
            "offered": self.state == "study",
            "sections": self._get_contract_sections(),
            "company_approved_by": self.company_approved_by_id.name,
            "company_approved_on": self.company_approved_on,
            "provider_approved_by": (
                self.provider_approved_by_id.name or self.provider_signatory
            ),
            "provider_approved_on": (
                self.provider_approved_on or self.provider_signed_on
            ),
            "reports": [
                {"id": report.id, "period": report._get_period_text()}
                for report in self.report_ids
                if report.state == "made"
            ],
            "amendments": [
                {
                    "id": amendment.id,
                    "number": amendment.number,
                    "date": amendment.date,
                    "by": amendment.user_id.name,
                    "reason": amendment.reason,
                    "noted_by": amendment.noted_by_id.name,
                    "noted_on": amendment.noted_on,
                    "lines": [
                        (line.name, line.before or "–", line.after or "–")
                        for line in amendment.line_ids
                    ],
                }
                for amendment in self.amendment_ids
            ],
        }

    @api.model
    def _get_portal_report_pdf(self, mandate_id, report_id):
        """An activity report of a contract of the current user's: (file name, PDF).

        :raises AccessError: for anybody else, or a report of another contract
        """
        # found among their own contracts, or refused
        mandate_sudo = self._get_contract_sudo(mandate_id)
        report_sudo = mandate_sudo.report_ids.filtered(
            lambda report: report.id == report_id and report.state == "made"
        )
        if not report_sudo:
            raise AccessError(self.env._("This report is not one of your contract."))
        return report_sudo.document_name, base64.b64decode(report_sudo.document)

    @api.model
    def _portal_note_amendment(self, mandate_id, amendment_id):
        """The supervisor takes note of an amendment to their contract.

        :raises AccessError: for anybody else, or an amendment of another contract
        """
        # found among their own contracts, or refused
        mandate_sudo = self._get_contract_sudo(mandate_id)
        amendment_sudo = mandate_sudo.amendment_ids.filtered(
            lambda amendment: amendment.id == amendment_id
        )
        if not amendment_sudo:
            raise AccessError(self.env._("This amendment is not one of your contract."))
        amendment_sudo._note()
