from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CollectionClassify(models.TransientModel):
    """Classify the customers of a company: look first, then apply."""

    _name = "collection.classify"
    _description = "Classify Customers"
    _inherit = ["collection.relation.mixin"]
    # looked through in peace, not lost over lunch
    _transient_max_hours = 24.0

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    state = fields.Selection(
        selection=[("draft", "Start"), ("preview", "Preview"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="collection.classify.line",
        inverse_name="wizard_id",
        string="Customers",
    )
    change_count = fields.Integer(string="Changes", compute="_compute_summary")
    same_count = fields.Integer(string="Unchanged", compute="_compute_summary")
    locked_count = fields.Integer(string="Set by Hand", compute="_compute_summary")
    unmatched_count = fields.Integer(string="No Rule", compute="_compute_summary")
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    @api.depends("line_ids.outcome", "line_ids.segment_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Classification")

    @api.depends("line_ids.outcome", "line_ids.segment_id")
    def _compute_summary(self):
        rows = self.env["collection.classify.line"]._read_group(
            [("wizard_id", "in", self.ids)],
            ["wizard_id", "segment_id", "outcome"],
            ["__count"],
        )
        before = self.env["collection.classify.line"]._read_group(
            [("wizard_id", "in", self.ids)],
            ["wizard_id", "current_segment_id"],
            ["__count"],
        )
        for wizard in self:
            outcomes = {}
            segments = {}
            for owner, segment, count in before:
                if owner == wizard._origin:
                    segments.setdefault(segment, [0, 0, 0])[0] = count
            for owner, segment, outcome, count in rows:
                if owner == wizard._origin:
                    outcomes[outcome] = outcomes.get(outcome, 0) + count
                    figures = segments.setdefault(segment, [0, 0, 0])
                    figures[1] += count
                    if outcome == "change":
                        figures[2] += count
            wizard.change_count = outcomes.get("change", 0)
            wizard.same_count = outcomes.get("same", 0)
            wizard.locked_count = outcomes.get("locked", 0)
            wizard.unmatched_count = outcomes.get("unmatched", 0)
            wizard.summary = self.env["ir.qweb"]._render(
                "account_collection.collection_classify_summary",
                {
                    "rows": [
                        (segment.name, *segments[segment])
                        for segment in sorted(
                            segments, key=lambda s: (not s, s.sequence, s.id)
                        )
                    ]
                },
            )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_preview(self):
        """Propose a segment for every customer; nothing is written on them yet."""
        self.ensure_one()
        if self.state == "done":
            raise UserError(self.env._("This classification has been applied."))
        if not self.env["collection.segment.rule"].search_count(
            [("company_id", "in", (False, self.company_id.id))], limit=1
        ):
            raise UserError(
                self.env._("There is no segment rule: create one before you classify.")
            )
        self.line_ids.unlink()
        # thousands of lines would be appended to the empty list one by one
        self.invalidate_recordset(["line_ids"], flush=False)
        accounts = self._get_accounts()
        classified = self.env["collection.segment.rule"]._classify(accounts)
        self.env["collection.classify.line"].create(
            [
                self._prepare_line(account, classified.get(account))
                for account in accounts
            ]
        )
        self.state = "preview"

    def _get_accounts(self):
        """The company's customers, those who have never been invoiced included."""
        account = self.env["collection.account"].with_context(tracking_disable=True)
        customers = (
            self.env["res.partner"]
            .search(
                [
                    ("customer_rank", ">", 0),
                    ("company_id", "in", (False, self.company_id.id)),
                ]
            )
            .commercial_partner_id
        )
        # sudo: a shared customer that another company follows is that company's until
        # this one invoices it
        elsewhere_sudo = account.sudo()._read_group(
            [
                ("company_id", "!=", self.company_id.id),
                ("partner_id.company_id", "=", False),
            ],
            aggregates=["partner_id:recordset"],
        )[0][0]
        account._get_or_create(customers - elsewhere_sudo.sudo(False), self.company_id)
        return self.env["collection.account"].search(
            [("company_id", "=", self.company_id.id)], order="id"
        )

    def _prepare_line(self, account, match):
        segment, rule = match or (account.segment_id.browse(), False)
        if account.segment_locked:
            outcome = "locked"
        elif not rule:
            outcome = "unmatched"
        elif segment == account.segment_id:
            outcome = "same"
        else:
            outcome = "change"
        kept = outcome in ("locked", "unmatched")
        return {
            "wizard_id": self.id,
            "account_id": account.id,
            "current_segment_id": account.segment_id.id,
            "segment_id": account.segment_id.id if kept else segment.id,
            "rule_id": rule.id if rule else False,
            "outcome": outcome,
        }

    def action_open_lines(self):
        """The preview as a list of its own, to search and group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_classify_line_action"
        )
        outcome = self.env.context.get("outcome", "change")
        return dict(
            action,
            domain=[("wizard_id", "=", self.id)],
            context={f"search_default_{outcome}": 1},
        )

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def action_apply(self):
        """Give the customers their proposed segments, those set by hand left alone."""
        self.ensure_one()
        self.lock_for_update()
        if self.state != "preview":
            raise UserError(
                self.env._("Preview the classification first; it is applied once only.")
            )
        lines = self.line_ids.filtered_domain(Domain("outcome", "=", "change"))
        for segment, of_segment in lines.grouped("segment_id").items():
            accounts = of_segment.account_id.filtered(
                # set by hand since the preview
                lambda account: not account.segment_locked
            )
            # a first segment is no change worth a line in each customer's history
            first = accounts.filtered(lambda account: not account.segment_id)
            for changed in (
                first.with_context(tracking_disable=True),
                accounts - first,
            ):
                changed.write({"segment_id": segment.id, "segment_locked": False})
                changed.flush_recordset()
        self.state = "done"
