from odoo import fields, models


class CollectionAccount(models.Model):
    """Whom the lot gave a customer to."""

    _inherit = "collection.account"

    lot_ids = fields.One2many(
        comodel_name="collection.mandate.lot",
        inverse_name="account_id",
        string="Lots",
        groups="account_collection.group_collection_user",
    )

    def _get_drawn_mandate(self):
        """Mandate for which this customer was drawn in the split in force, if any."""
        self.ensure_one()
        # sudo: which of the company's mandates, for whoever hands this customer over
        lots_sudo = self.sudo().lot_ids
        if not lots_sudo:
            return lots_sudo.mandate_id
        return lots_sudo.filtered(
            lambda lot: (
                lot.split_id.state == "drawn" and lot.mandate_id.state != "ended"
            )
        ).mandate_id[:1]

    def _absorb(self, others, customer):
        # sudo: of two customers who are one, whoever merges them, one lot stays
        kept_sudo = self.sudo().lot_ids
        for lot_sudo in others.sudo().lot_ids:
            if lot_sudo.split_id in kept_sudo.split_id:
                lot_sudo.unlink()
            else:
                kept_sudo |= lot_sudo
        return super()._absorb(others, customer)
