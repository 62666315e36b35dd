from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Which late-payment law applies: that of the segment, else the customer's own.

    One rule in three forms. Whoever changes one of them changes the others.
    """

    _inherit = "collection.account"

    def _get_debtor_type(self):
        """Which late-payment law applies: the segment's, else the customer's own."""
        self.ensure_one()
        if self.segment_id:
            return self.segment_id.debtor_type
        # sudo: what kind of customer it is, which the account tells in its own way
        partner_sudo = self.sudo().partner_id
        professional = partner_sudo.is_company or partner_sudo.vat
        return "private" if professional else "consumer"

    @api.model
    def _debtor_type_sql(self, segment, partner):
        """The same as SQL over the (outer) joined `segment` and its customer."""
        return SQL(
            """COALESCE(%(segment)s.debtor_type,
                        CASE WHEN %(partner)s.is_company
                                  OR COALESCE(%(partner)s.vat, '') <> ''
                        THEN 'private' ELSE 'consumer' END)""",
            segment=segment,
            partner=partner,
        )

    @api.model
    def _get_professional_domain(self):
        """The same as a domain: accounts that are no consumers."""
        return Domain("segment_id.debtor_type", "in", ("private", "public")) | (
            Domain("segment_id", "=", False)
            & (
                Domain("partner_id.is_company", "=", True)
                | Domain("partner_id.vat", "!=", False)
            )
        )
