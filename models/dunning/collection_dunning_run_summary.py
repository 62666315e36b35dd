from odoo import api, fields, models
from odoo.tools import SQL


class CollectionDunningRun(models.Model):
    """The letters of a run by level and channel, and what it leaves out by reason."""

    _inherit = "collection.dunning.run"

    level_line_ids = fields.One2many(
        comodel_name="collection.dunning.run.level",
        inverse_name="run_id",
        string="Letters by Level",
    )
    reason_line_ids = fields.One2many(
        comodel_name="collection.dunning.run.reason",
        inverse_name="run_id",
        string="Left Out by Reason",
    )
    has_disputed = fields.Boolean(
        compute="_compute_has", export_string_translation=False
    )
    has_waived = fields.Boolean(compute="_compute_has", export_string_translation=False)
    has_credit = fields.Boolean(compute="_compute_has", export_string_translation=False)

    @api.depends("level_line_ids")
    def _compute_has(self):
        """Which columns of the letters by level say anything."""
        for run in self:
            lines = run.level_line_ids
            run.has_disputed = any(lines.mapped("amount_disputed"))
            run.has_waived = any(lines.mapped("amount_waived"))
            run.has_credit = any(lines.mapped("amount_credit"))


class CollectionDunningRunLevel(models.Model):
    """Letters of a run of one level, channel and currency; amounts with their signs,
    so that each row adds up."""

    _name = "collection.dunning.run.level"
    _description = "Letters of a Dunning Run"
    _auto = False
    _order = "run_id, policy_id, sequence, channel, currency_id"

    run_id = fields.Many2one(comodel_name="collection.dunning.run", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    level_id = fields.Many2one(comodel_name="collection.policy.level", readonly=True)
    policy_id = fields.Many2one(comodel_name="collection.policy", readonly=True)
    sequence = fields.Integer(readonly=True)
    channel = fields.Selection(
        selection=lambda self: (
            self.env["collection.letter"]
            ._fields["channel"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    letter_count = fields.Integer(string="Letters", readonly=True)
    sent_count = fields.Integer(string="Sent", readonly=True)
    amount_open = fields.Monetary(
        string="Open", readonly=True, help="What is unpaid of the invoices."
    )
    amount_disputed = fields.Monetary(string="Disputed", readonly=True)
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount_indemnity = fields.Monetary(string="Indemnity", readonly=True)
    amount_waived = fields.Monetary(string="Commercial Gesture", readonly=True)
    amount_credit = fields.Monetary(string="Open Credits", readonly=True)
    amount_total = fields.Monetary(string="Total Claimed", readonly=True)

    @property
    def _table_query(self):
        Letter = self.env["collection.letter"]
        Letter.flush_model()
        self.env["collection.letter.line"].flush_model()
        return SQL(
            """
            SELECT MIN(letter.id) AS id, letter.run_id, letter.company_id,
                   letter.currency_id, letter.level_id, letter.channel,
                   level.policy_id, MIN(level.sequence) AS sequence,
                   COUNT(*) AS letter_count,
                   COUNT(*) FILTER (WHERE %s = 'left') AS sent_count,
                   SUM(line.amount_open) AS amount_open,
                   SUM(letter.amount_due - line.amount_open) AS amount_disputed,
                   SUM(letter.amount_interest) AS amount_interest,
                   SUM(letter.amount_indemnity) AS amount_indemnity,
                   -SUM(COALESCE(letter.amount_waived, 0)) AS amount_waived,
                   -SUM(letter.amount_credit) AS amount_credit,
                   SUM(letter.amount_total) AS amount_total
              FROM collection_letter letter
              JOIN collection_policy_level level ON level.id = letter.level_id
        CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(amount_total - amount_paid), 0) AS amount_open
                     FROM collection_letter_line
                    WHERE letter_id = letter.id) line
             WHERE letter.run_id IS NOT NULL AND letter.state <> 'cancelled'
          GROUP BY letter.run_id, letter.company_id, letter.currency_id,
                   letter.level_id, letter.channel, level.policy_id
            """,
            Letter._stage(),
        )

    def action_open_letters(self):
        """Open the letters of this row."""
        self.ensure_one()
        action = self.run_id.action_open_letters()
        return dict(
            action,
            domain=[
                ("run_id", "=", self.run_id.id),
                ("level_id", "=", self.level_id.id),
                ("channel", "=", self.channel),
                ("currency_id", "=", self.currency_id.id),
                ("state", "!=", "cancelled"),
            ],
        )


class CollectionDunningRunReason(models.Model):
    """What a run leaves out for one reason, in one currency."""

    _name = "collection.dunning.run.reason"
    _description = "Items Left Out of a Dunning Run"
    _auto = False
    _order = "run_id, item_count desc, reason, currency_id"

    run_id = fields.Many2one(comodel_name="collection.dunning.run", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    reason = fields.Selection(
        selection=lambda self: (
            self.env["collection.dunning.exclusion"]
            ._fields["reason"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    item_count = fields.Integer(string="Items", readonly=True)
    amount_residual = fields.Monetary(string="Open", readonly=True)

    @property
    def _table_query(self):
        self.env["collection.dunning.exclusion"].flush_model()
        self.env["collection.item"].flush_model(["amount_residual", "currency_id"])
        return SQL(
            """
            SELECT MIN(exclusion.id) AS id, exclusion.run_id, exclusion.company_id,
                   item.currency_id, exclusion.reason,
                   COUNT(*) AS item_count,
                   SUM(item.amount_residual) AS amount_residual
              FROM collection_dunning_exclusion exclusion
              JOIN collection_item item ON item.id = exclusion.item_id
          GROUP BY exclusion.run_id, exclusion.company_id, item.currency_id,
                   exclusion.reason
            """
        )

    def action_open_exclusions(self):
        """Open the items of this row."""
        self.ensure_one()
        action = self.run_id.action_open_exclusions()
        return dict(
            action,
            domain=[
                ("run_id", "=", self.run_id.id),
                ("reason", "=", self.reason),
                ("currency_id", "=", self.currency_id.id),
            ],
            context={},
        )
