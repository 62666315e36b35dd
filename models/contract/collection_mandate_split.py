from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...tools.lot import cut, draw
from ...tools.pareto import turnover_ranking
from ..base.days import company_today
from ..base.roles import check_manager


class CollectionMandateSplit(models.Model):
    """How the file is shared out among several mandates.

    Whole customers, never single invoices: one customer speaks with one provider. The
    lot is kept and can be drawn again by anybody, so that neither side picks whom it is
    judged by.
    """

    _name = "collection.mandate.split"
    _description = "Split among Mandates"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Drawn on", readonly=True, copy=False)
    method = fields.Selection(
        selection=[
            ("share", "By lot: a share each"),
            ("segment", "By segment"),
            ("rank", "By turnover: the largest first"),
        ],
        required=True,
        default="share",
        tracking=True,
        help="By lot: the same mixture of segments for each, so that their results "
        "compare. By turnover: the first gets its share of the file from the top.",
    )
    seed = fields.Char(
        string="Seed of the Lot",
        required=True,
        copy=False,
        default=lambda self: company_today(self).isoformat(),
        help="Any word, agreed on before: whoever draws with it again gets the same "
        "lot.",
    )
    state = fields.Selection(
        selection=[("draft", "Draft"), ("drawn", "Drawn"), ("closed", "Closed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    line_ids = fields.One2many(
        comodel_name="collection.mandate.split.line",
        inverse_name="split_id",
        string="Mandates",
        copy=True,
    )
    lot_ids = fields.One2many(
        comodel_name="collection.mandate.lot",
        inverse_name="split_id",
        string="Customers Drawn",
        readonly=True,
    )

    _one_drawn = models.UniqueIndex(
        "(company_id) WHERE state = 'drawn'",
        "A split of this company is in force: close it first.",
    )

    @api.constrains("company_id", "line_ids", "method")
    def _check_lines(self):
        for split in self:
            lines = split.line_ids
            lines._check_same_company()
            if split.method == "segment":
                segments = [segment for line in lines for segment in line.segment_ids]
                twice = [x for x in segments if segments.count(x) > 1]
                if twice:
                    raise ValidationError(
                        self.env._(
                            "Each segment goes to one mandate: %(segment)s is named "
                            "twice.",
                            segment=twice[0].display_name,
                        )
                    )

    # what was drawn is written by the steps below only
    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [{**vals, "state": "draft", "date": False} for vals in vals_list]
        )

    def write(self, vals):
        self._check_open(vals)
        return super().write(vals)

    def _check_open(self, vals):
        if {"state", "date", "lot_ids"}.intersection(vals):
            raise UserError(
                self.env._("A lot is drawn and closed by its buttons, not typed.")
            )
        if {"method", "seed", "line_ids", "company_id"}.intersection(vals) and any(
            split.state != "draft" for split in self
        ):
            raise UserError(
                self.env._("The lot was drawn: set up another split to share anew.")
            )

    def _step(self, vals):
        """Write as a step that has checked whether it may be taken."""
        # past the guard above, on purpose
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_drawn(self):
        if any(split.state != "draft" for split in self):
            raise UserError(self.env._("A lot that was drawn stays on record."))

    # ------------------------------------------------------------------
    # Drawing
    # ------------------------------------------------------------------

    def action_draw(self):
        """Share out the active customers who may go; later, those who came since.

        :raises AccessError: for others than credit managers
        :raises UserError: where the mandates cannot be shared among
        """
        self.ensure_one()
        check_manager(self.env, self.env._("Only credit managers share the file out."))
        self.lock_for_update()
        self._check_ready()
        today = self.company_id._get_collection_today()
        parties = self._share_out(today)
        if not parties:
            raise UserError(
                self.env._("No customer is left to share out: all are drawn.")
            )
        self._insert_lots(parties)
        if self.state == "draft":
            self._step({"state": "drawn", "date": today})

    def _check_ready(self):
        if self.state == "closed":
            raise UserError(self.env._("This split is closed."))
        lines = self.line_ids
        if len(lines) < 2 or len(lines.mandate_id) < len(lines):
            raise UserError(
                self.env._("Name at least two mandates, each of them once.")
            )
        over = lines.mandate_id.filtered(lambda mandate: mandate.state == "ended")
        if over:
            raise UserError(
                self.env._("%(mandate)s has ended.", mandate=over[0].display_name)
            )
        if self.method != "segment" and any(line.share <= 0 for line in lines):
            raise UserError(self.env._("Each mandate has a share above 0."))
        if self.method == "segment" and not all(line.segment_ids for line in lines):
            raise UserError(self.env._("Say which segments each mandate gets."))

    def _share_out(self, day):
        """Who goes to whom, of the active customers nobody has drawn yet.

        :return: {account id: line}
        """
        accounts = self._get_undrawn(day)
        lines = self.line_ids.sorted("id")
        shares = lines.mapped("share")
        if self.method == "segment":
            by_segment = {
                segment.id: line for line in lines for segment in line.segment_ids
            }
            return {
                account.id: by_segment[account.segment_id.id]
                for account in accounts
                if account.segment_id.id in by_segment
            }
        if self.method == "rank":
            amounts = accounts._get_turnover(day)
            ranking = turnover_ranking(
                {
                    account_id: float(amounts.get(account_id, 0))
                    for account_id in accounts.ids
                }
            )
            positions = cut(ranking, shares)
        else:
            groups = {
                segment.id: group.ids
                for segment, group in accounts.grouped("segment_id").items()
            }
            positions = draw(
                dict(sorted(groups.items())),
                shares,
                self.seed,
                [line.account_count for line in lines],
            )
        return {key: lines[position] for key, position in positions.items()}

    def _get_undrawn(self, day):
        """Active customers who may go to a provider, or are with one, and are not in
        the lot yet."""
        accounts = self.env["collection.account"]._search_active(self.company_id, day)
        drawn = set(self.lot_ids.account_id.ids)
        return accounts.filtered(
            lambda account: (
                account.id not in drawn
                and account.segment_id
                and not {"reserved", "never", "insolvent"}.intersection(
                    account._get_reasons_to_stay()
                )
            )
        )

    def _insert_lots(self, parties):
        """Keep the lot, in one statement: a file has thousands of customers."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_mandate_lot (
                    split_id, account_id, line_id, mandate_id, company_id,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(split)s, drawn.account_id, line.id, line.mandate_id,
                       %(company)s, %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(accounts)s::int[], %(lines)s::int[])
                       AS drawn (account_id, line_id)
                  JOIN collection_mandate_split_line line ON line.id = drawn.line_id
             RETURNING id
                """,
                split=self.id,
                company=self.company_id.id,
                uid=self.env.uid,
                accounts=list(parties),
                lines=[line.id for line in parties.values()],
            )
        )
        self.env["collection.mandate.lot"].invalidate_model(flush=False)
        self.env["collection.account"].invalidate_model(["lot_ids"], flush=False)
        self.invalidate_recordset(["lot_ids"], flush=False)
        self.line_ids.invalidate_recordset(flush=False)

    def action_close(self):
        """End the split: whoever is handed over next may go to any mandate."""
        check_manager(self.env, self.env._("Only credit managers share the file out."))
        for split in self:
            if split.state != "drawn":
                raise UserError(self.env._("Only a split that was drawn is closed."))
        self._step({"state": "closed"})

    def action_open_lots(self):
        """Who was drawn for whom."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_mandate_lot_action"
        )
        return dict(action, domain=[("split_id", "=", self.id)])


class CollectionMandateSplitLine(models.Model):
    """What one mandate gets of the file."""

    _name = "collection.mandate.split.line"
    _description = "Share of a Mandate"
    _order = "split_id, id"

    split_id = fields.Many2one(
        comodel_name="collection.mandate.split",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="split_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('state', '!=', 'ended')]",
    )
    share = fields.Float(
        string="Share (%)", digits=(5, 2), default=50.0, help="Of the customers."
    )
    segment_ids = fields.Many2many(comodel_name="collection.segment", string="Segments")
    account_count = fields.Integer(string="Customers", compute="_compute_drawn")
    amount_open = fields.Monetary(string="Open", compute="_compute_drawn")
    amount_overdue = fields.Monetary(string="Overdue", compute="_compute_drawn")

    _share_positive = models.Constraint(
        "CHECK (share >= 0 AND share <= 100)", "A share lies between 0 and 100 %."
    )

    @api.constrains("mandate_id", "split_id")
    def _check_same_company(self):
        for line in self:
            if line.mandate_id.company_id != line.split_id.company_id:
                raise ValidationError(
                    self.env._(
                        "%(mandate)s is another company's.",
                        mandate=line.mandate_id.display_name,
                    )
                )

    @api.depends("split_id.lot_ids")
    def _compute_drawn(self):
        self.env["collection.account"]._flush_all()
        figures = {
            line_id: values
            for line_id, *values in self.env.execute_query(
                SQL(
                    """
                    SELECT lot.line_id, COUNT(*), SUM(account.amount_open),
                           SUM(account.amount_overdue)
                      FROM collection_mandate_lot lot
                      JOIN collection_account account ON account.id = lot.account_id
                     WHERE lot.line_id = ANY(%s)
                  GROUP BY lot.line_id
                    """,
                    list(self._origin.ids),
                )
            )
        }
        for line in self:
            line.account_count, line.amount_open, line.amount_overdue = figures.get(
                line._origin.id, (0, 0.0, 0.0)
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_open()
        return lines

    def write(self, vals):
        self._check_open()
        res = super().write(vals)
        self._check_open()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_drawn(self):
        self._check_open()

    def _check_open(self):
        if any(split.state != "draft" for split in self.split_id):
            raise UserError(
                self.env._("The lot was drawn: set up another split to share anew.")
            )


class CollectionMandateLot(models.Model):
    """Whom the lot gave a customer to."""

    _name = "collection.mandate.lot"
    _description = "Customer Drawn for a Mandate"
    _order = "split_id, mandate_id, id"
    _rec_name = "account_id"

    split_id = fields.Many2one(
        comodel_name="collection.mandate.split",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        comodel_name="collection.mandate.split.line",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, readonly=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    segment_id = fields.Many2one(related="account_id.segment_id", store=False)
    amount_open = fields.Monetary(related="account_id.amount_open", store=False)
    amount_overdue = fields.Monetary(related="account_id.amount_overdue", store=False)

    _account_once = models.UniqueIndex(
        "(split_id, account_id)", "A customer is drawn once in a split."
    )
