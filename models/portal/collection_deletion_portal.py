from odoo import api, models

from .badges import badge


class CollectionDeletionCertificate(models.Model):
    """Certificates as the provider's supervisor reads and confirms them."""

    _inherit = "collection.deletion.certificate"

    @api.model
    def _get_portal_certificates(self):
        """What a page shows of the current user's certificates, as plain values."""
        return [
            certificate_sudo._get_portal_values()
            for certificate_sudo in self._get_asked_sudo()
        ]

    @api.model
    def _count_by_state(self):
        """How many certificates the current user has: of what waits, and in all."""
        states = self._get_asked_sudo().mapped("state")
        return {"waiting": states.count("asked"), "all": len(states)}

    def _get_portal_values(self):
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        return {
            # by its mandate: how the page finds it
            "id": self.mandate_id.id,
            "number": self.mandate_id.number,
            "name": self.mandate_id.name,
            "company": self.company_id.name,
            **badge(self.state, labels[self.state]),
            "asked": self.state == "asked",
            "date_ended": self.date_ended,
            "deadline": self.deadline,
            "accounts": self.account_count,
            "signatory": self.signatory if self.state == "confirmed" else "",
            "date_deleted": self.date_deleted,
        }
