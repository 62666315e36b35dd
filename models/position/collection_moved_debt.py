from odoo import fields, models


class CollectionMovedDebt(models.Model):
    """Where a debt stands that was moved to another account of the ledger.

    Beside the ledger, which keeps nothing of ours.
    """

    _name = "collection.moved.debt"
    _description = "Debt Moved to Another Account"

    line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Stands on",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    origin_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Came from",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Journal item of the invoice, however often the debt was moved since. "
        "Empty: the invoice was deleted.",
    )
    company_id = fields.Many2one(related="line_id.company_id")

    _line_uniq = models.Constraint(
        "UNIQUE (line_id)", "A journal item bears one moved debt only."
    )
