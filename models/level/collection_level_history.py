from odoo import fields, models


class CollectionLevelHistory(models.Model):
    """Each time an item came to another level: by which letter, or by whom and why.

    Append-only. Letters write it in the same statement as the levels themselves.
    """

    _name = "collection.level.history"
    _description = "History of Dunning Levels"
    _order = "date desc, id desc"
    _rec_name = "item_id"

    item_id = fields.Many2one(
        comodel_name="collection.item",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    date = fields.Date(
        required=True, readonly=True, help="Day from which the level counts."
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", required=True, readonly=True
    )
    level_from_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="From",
        readonly=True,
        ondelete="set null",
    )
    level_to_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="To",
        readonly=True,
        ondelete="set null",
        help="Empty: back to the beginning.",
    )
    cause = fields.Selection(
        selection=[
            ("letter", "Letter"),
            ("manual", "By hand"),
            ("provider", "Worked by the provider"),
            ("return", "Back from the provider"),
        ],
        required=True,
        readonly=True,
    )
    letter_id = fields.Many2one(
        comodel_name="collection.letter",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    reason = fields.Char(readonly=True)
