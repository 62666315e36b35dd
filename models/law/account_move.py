from odoo import fields, models

from ..position.account_move import INTERNAL_GROUPS


class AccountMove(models.Model):
    """What was claimed of an invoice for being late."""

    _inherit = "account.move"

    collection_settlement_ids = fields.One2many(
        comodel_name="collection.interest.settlement",
        inverse_name="move_id",
        string="Interest Claimed",
        groups=INTERNAL_GROUPS,
    )
