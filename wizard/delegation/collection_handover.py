from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ...models.base.days import company_today
from ...models.base.figures import write_figure
from ...models.base.planner import compile_nothing, tell_planner
from ...models.delegation.collection_mandate import WORKING

#: of the preview, in their order
SIDES = ("goes", "stays", "placed")


class CollectionHandover(models.TransientModel):
    """Hand accounts over to a provider: choose, look at each account, confirm."""

    _name = "collection.handover"
    _description = "Hand Accounts Over"
    _inherit = ["collection.relation.mixin"]
    # looked through in peace, not lost over lunch
    _transient_max_hours = 24.0

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        compute="_compute_mandate_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', mandate_ids)]",
        ondelete="cascade",
    )
    mandate_ids = fields.Many2many(
        comodel_name="collection.mandate",
        string="Running Mandates",
        compute="_compute_mandate_ids",
        export_string_translation=False,
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    company_id = fields.Many2one(related="mandate_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, default=company_today)
    method = fields.Selection(
        selection=[
            ("total", "Total: the whole file"),
            ("partial", "Partial: all but the largest"),
            ("manual", "Accounts or items chosen by hand"),
        ],
        required=True,
        compute="_compute_method",
        store=True,
        readonly=False,
        precompute=True,
    )
    account_ids = fields.Many2many(
        comodel_name="collection.account",
        string="Accounts",
        domain="[('company_id', '=', company_id)]",
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Items",
        domain="[('company_id', '=', company_id), ('state', '=', 'open'),"
        " ('delegated', '=', False)]",
        help="Of their customers only these go; the rest stays with the company. "
        "Customers chosen above go with all they owe.",
    )
    late_only = fields.Boolean(
        string="Late for Their Segment Only",
        help="Only customers who are late by the days that their segment sets for "
        "a hand-over.",
    )
    active_count = fields.Integer(
        string="Active Accounts",
        compute="_compute_recommendation",
        help="Invoiced in the last twelve months, or owing money.",
    )
    recommendation = fields.Text(compute="_compute_recommendation")
    note = fields.Text(string="Note to the Provider")
    state = fields.Selection(
        selection=[("draft", "Choose"), ("preview", "Preview"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
    )
    placement_id = fields.Many2one(
        comodel_name="collection.placement", readonly=True, ondelete="set null"
    )

    line_ids = fields.One2many(
        comodel_name="collection.handover.line",
        inverse_name="wizard_id",
        string="Preview",
    )
    go_count = fields.Integer(string="Go", compute="_compute_totals")
    stay_count = fields.Integer(string="Stay", compute="_compute_totals")
    placed_count = fields.Integer(string="With a Provider", compute="_compute_totals")
    go_turnover = fields.Monetary(compute="_compute_totals")
    stay_turnover = fields.Monetary(compute="_compute_totals")
    go_open = fields.Monetary(compute="_compute_totals")
    stay_open = fields.Monetary(compute="_compute_totals")
    go_overdue = fields.Monetary(compute="_compute_totals")
    stay_overdue = fields.Monetary(compute="_compute_totals")
    summary = fields.Html(compute="_compute_totals", sanitize=False)
    unclassified_count = fields.Integer(
        string="Unclassified",
        compute="_compute_unclassified",
        help="Customers without a segment, who go only when somebody says so.",
    )
    unclassified_stay_count = fields.Integer(
        string="Unclassified Who Stay", compute="_compute_unclassified"
    )
    unclassified_note = fields.Char(
        string="About the Unclassified", compute="_compute_unclassified"
    )

    @api.depends("account_ids", "item_ids")
    @api.depends_context("allowed_company_ids")
    def _compute_mandate_ids(self):
        # asked by a stored field, it is worked out as superuser, without record rules
        running = self.env["collection.mandate"].search(
            WORKING & Domain("company_id", "in", self.env.companies.ids)
        )
        for wizard in self:
            companies = wizard.account_ids.company_id | wizard.item_ids.company_id
            wizard.mandate_ids = running.filtered(
                lambda mandate, companies=companies: (
                    not companies or mandate.company_id in companies
                )
            )

    @api.depends("mandate_ids")
    def _compute_mandate_id(self):
        """The running mandate, when there is only one."""
        for wizard in self:
            if not wizard.mandate_id and len(wizard.mandate_ids) == 1:
                wizard.mandate_id = wizard.mandate_ids
            else:
                wizard.mandate_id = wizard.mandate_id

    @api.depends("mandate_id", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._(
                "Hand-over to %(provider)s",
                provider=wizard.provider_id.display_name or "…",
            )

    @api.depends("mandate_id", "account_ids", "item_ids")
    def _compute_method(self):
        for wizard in self:
            wizard.method = (
                "manual"
                if wizard.account_ids or wizard.item_ids
                else wizard.mandate_id.extent or wizard.method or "partial"
            )

    @api.depends("company_id", "date")
    @api.depends_context("lang")
    def _compute_recommendation(self):
        account = self.env["collection.account"]
        for wizard in self:
            company = wizard.company_id or self.env.company
            count = len(
                account._search_active(company, wizard.date or company_today(self))
            )
            wizard.active_count = count
            _extent, wizard.recommendation = self.env[
                "collection.delegation.choice"
            ]._recommend(company, count)

    @api.depends("line_ids.decision", "line_ids.reason")
    @api.depends_context("lang")
    def _compute_totals(self):
        rows = self.env["collection.handover.line"]._read_group(
            [("wizard_id", "in", self.ids)],
            ["wizard_id", "decision", "reason", "current_mandate_id"],
            ["__count", "turnover:sum", "amount_open:sum", "amount_overdue:sum"],
        )
        names = ("count", "turnover", "open", "overdue")
        labels = dict(
            self.env["collection.handover.line"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        for wizard in self:
            sides = {side: [0, 0.0, 0.0, 0.0] for side in SIDES}
            reasons = {side: {} for side in SIDES}
            for owner, decision, reason, mandate, *figures in rows:
                if owner == wizard._origin:
                    sides[decision] = [
                        total + (figure or 0)
                        for total, figure in zip(sides[decision], figures, strict=True)
                    ]
                    label = labels[reason]
                    if decision == "placed":
                        label = self.env._(
                            "%(reason)s: %(provider)s",
                            reason=label,
                            provider=mandate.provider_id.display_name or "–",
                        )
                    counts = reasons[decision]
                    counts[label] = counts.get(label, 0) + figures[0]
            for position, name in enumerate(names):
                wizard[f"go_{name}"] = sides["goes"][position]
                wizard[f"stay_{name}"] = sides["stays"][position]
            wizard.placed_count = sides["placed"][0]
            if not wizard.line_ids:
                # nothing to show before the preview, nor a currency to show it in
                wizard.summary = False
                continue
            wizard.summary = self.env["ir.qweb"]._render(
                "account_collection.collection_handover_summary",
                {
                    "sides": [
                        (
                            side,
                            wizard._describe_side(side, sides),
                            list(reasons[side].items()),
                        )
                        for side in SIDES
                        if side != "placed" or sides[side][0]
                    ]
                },
            )

    @api.depends("line_ids.decision", "line_ids.proposed_reason")
    @api.depends_context("lang")
    def _compute_unclassified(self):
        counts = {
            (wizard, decision): count
            for wizard, decision, count in self.env[
                "collection.handover.line"
            ]._read_group(
                [
                    ("wizard_id", "in", self.ids),
                    ("proposed_reason", "=", "unclassified"),
                ],
                ["wizard_id", "decision"],
                ["__count"],
            )
        }
        for wizard in self:
            goes, stays = (
                counts.get((wizard._origin, decision), 0)
                for decision in ("goes", "stays")
            )
            wizard.unclassified_count = goes + stays
            wizard.unclassified_stay_count = stays
            wizard.unclassified_note = self.env._(
                "Customers without a segment: %(count)s. They stay: %(stay)s.",
                count=goes + stays,
                stay=stays,
            )

    def _describe_side(self, side, sides):
        """Figures of one side with its share of both, ready to be shown."""
        described = []
        for position, figure in enumerate(sides[side]):
            total = sum(figures[position] for figures in sides.values())
            described.append(
                (
                    format_amount(self.env, figure, self.currency_id)
                    if position
                    else str(figure),
                    write_figure(self.env, round(100 * figure / total, 1), "%")
                    if total > 0
                    else "–",
                )
            )
        return described

    @api.constrains("date")
    def _check_date(self):
        for wizard in self:
            if wizard.date > company_today(self):
                raise ValidationError(
                    self.env._(
                        "Accounts are handed over as they stand: the date cannot lie "
                        "in the future."
                    )
                )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_preview(self):
        """Decide about every candidate account and show what would happen."""
        self.ensure_one()
        self._check_not_done()
        self.mandate_id._check_working()
        compile_nothing(self.env)
        accounts = self._get_candidates()
        if not accounts:
            raise UserError(self._describe_no_candidates())
        self.line_ids.unlink()
        self._create_lines(self._prepare_lines(accounts))
        self._read_groups()
        self.state = "preview"

    def _check_not_done(self):
        if self.placement_id or self.state == "done":
            raise UserError(
                self.env._(
                    "These accounts have been handed over: %(number)s.",
                    number=self.placement_id.number or "",
                )
            )

    def _describe_no_candidates(self):
        if self.method == "manual":
            return self.env._("Choose the accounts or items to hand over.")
        return self.env._(
            "%(company)s has no active account: no invoice in the last twelve months "
            "and nothing open.",
            company=self.company_id.display_name,
        )

    def _get_candidates(self):
        if self.method != "manual":
            return self.env["collection.account"]._search_active(
                self.company_id, self.date
            )
        chosen = self.account_ids | self.item_ids.account_id
        strangers = chosen.filtered(
            lambda account: account.company_id != self.company_id
        )
        if strangers:
            raise UserError(
                self.env._(
                    "The mandate is one of %(company)s; these accounts are another "
                    "company's: %(customers)s.",
                    company=self.company_id.display_name,
                    customers=", ".join(strangers[:5].mapped("display_name")),
                )
            )
        return chosen

    def _get_chosen_items(self):
        """Items that go alone: of customers who are not chosen whole."""
        if self.method != "manual":
            return self.env["collection.item"]
        return self.item_ids - self.account_ids.item_ids

    def _create_lines(self, vals_list):
        """Insert the lines at once: field by field, 20,000 of them take ten times
        as long, and they trigger nothing."""
        line = self.env["collection.handover.line"]
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_handover_line (
                    wizard_id, account_id, segment_id, rank, turnover, amount_open,
                    amount_overdue, days_overdue, decision, proposed_decision,
                    proposed_reason, reason, scope, item_count, open_item_count,
                    current_mandate_id,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(wizard)s, account_id, NULLIF(segment_id, 0), rank, turnover,
                       amount_open, amount_overdue, days_overdue, decision, decision,
                       reason, reason, scope, item_count, open_item_count,
                       NULLIF(current_mandate_id, 0),
                       %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(account_id)s::int[], %(segment_id)s::int[],
                              %(rank)s::int[], %(turnover)s::numeric[],
                              %(amount_open)s::numeric[], %(amount_overdue)s::numeric[],
                              %(days_overdue)s::int[], %(decision)s::text[],
                              %(reason)s::text[], %(scope)s::text[],
                              %(item_count)s::int[], %(open_item_count)s::int[],
                              %(current_mandate_id)s::int[])
                       AS chosen (account_id, segment_id, rank, turnover, amount_open,
                                  amount_overdue, days_overdue, decision, reason, scope,
                                  item_count, open_item_count, current_mandate_id)
             RETURNING id
                """,
                wizard=self.id,
                uid=self.env.uid,
                **{
                    name: [vals[name] for vals in vals_list]
                    for name in (
                        "account_id",
                        "segment_id",
                        "rank",
                        "turnover",
                        "amount_open",
                        "amount_overdue",
                        "days_overdue",
                        "decision",
                        "reason",
                        "scope",
                        "item_count",
                        "open_item_count",
                        "current_mandate_id",
                    )
                },
            )
        )
        tell_planner(line, len(vals_list))
        line.invalidate_model(flush=False)
        self.invalidate_recordset(flush=False)

    def _prepare_lines(self, accounts):
        """One line for each candidate, as the one rule decides about it."""
        choice = self.env["collection.delegation.choice"]
        items = self._get_chosen_items()
        chosen = choice._count_going_items(items)
        vals_list = []
        for candidate in choice._read_candidates(
            self.company_id, self.date, accounts, items
        ):
            decision, reason = choice._decide(
                candidate, self.method, self.mandate_id, self.date, self.late_only
            )
            account = candidate.account
            amount_open, amount_overdue = account.amount_open, account.amount_overdue
            if candidate.item_count is not None:
                _count, amount_open, amount_overdue = chosen.get(account.id, (0, 0, 0))
            vals_list.append(
                {
                    "account_id": account.id,
                    "segment_id": account.segment_id.id or 0,
                    "rank": candidate.rank,
                    "turnover": candidate.turnover,
                    "amount_open": amount_open,
                    "amount_overdue": amount_overdue,
                    "days_overdue": candidate.days_overdue,
                    "decision": decision,
                    "reason": reason,
                    "scope": "account" if candidate.item_count is None else "items",
                    "item_count": candidate.item_count or 0,
                    "open_item_count": account.open_item_count,
                    "current_mandate_id": account.mandate_id.id or 0,
                }
            )
        return vals_list

    def action_back(self):
        """Choose again: the preview is thrown away."""
        self.ensure_one()
        self._check_not_done()
        self.line_ids.unlink()
        self.state = "draft"

    def action_take_unclassified(self):
        """By decision of a credit manager, customers without a segment go as well."""
        self.ensure_one()
        self._check_not_done()
        self._get_unclassified().action_go()

    def action_leave_unclassified(self):
        """Customers without a segment stay in-house after all."""
        self.ensure_one()
        self._check_not_done()
        self._get_unclassified().action_stay()

    def _get_unclassified(self):
        return self.line_ids.filtered_domain(
            Domain("proposed_reason", "=", "unclassified")
        )

    def action_open_unclassified(self):
        """Customers without a segment, to look at and decide about one by one."""
        return dict(
            self.action_open_lines(), context={"search_default_unclassified": 1}
        )

    def action_classify(self):
        """Say first which segments customers belong to."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_classify_action"
        )

    def action_open_lines(self):
        """The preview as a list of its own, to search, group and change."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_line_action"
        )
        side = self.env.context.get("side")
        return dict(
            action,
            domain=[("wizard_id", "=", self.id)],
            context={f"search_default_{side}": 1} if side else {},
        )

    # ------------------------------------------------------------------
    # Confirm
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Hand the accounts that go over to the provider, now."""
        placement = self._create_placement()
        joined = self._join_running()
        if not placement:
            self.placement_id = joined[:1]
        if placement.line_ids:
            placement.action_hand_over()
        return (placement | joined)._get_records_action()

    def action_propose(self):
        """Keep the choice as a proposal that is handed over later."""
        if self._get_joining():
            raise UserError(
                self.env._(
                    "What joins a running hand-over is handed over, not proposed: hand "
                    "it over, or leave it out."
                )
            )
        placement = self._create_placement()
        placement.action_propose()
        return placement._get_records_action()

    def _create_placement(self):
        self.ensure_one()
        # a second click waits for the first one, and is refused
        self.lock_for_update()
        self._check_not_done()
        if self.state != "preview":
            raise UserError(self.env._("Look at the preview before you confirm."))
        self.mandate_id._check_working()
        self.line_ids.fetch(
            ["account_id", "current_mandate_id", "decision", "proposed_reason", "scope"]
        )
        going = self.line_ids.filtered_domain(Domain("decision", "=", "goes"))
        if not going:
            raise UserError(self.env._("No account goes: there is nothing to do."))
        going.account_id.fetch(["partner_id", "segment_id"])
        self._check_classified(going)
        going -= self._get_joining()
        if not going:
            # everything joins what runs
            self.state = "done"
            return self.env["collection.placement"]
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate_id.id,
                "date": self.date,
                "extent": self.method,
                "note": self.note,
            }
        )
        placement._add_lines(going.account_id)
        self._choose_items(placement)
        self.write({"state": "done", "placement_id": placement.id})
        return placement

    def _choose_items(self, placement):
        """Write on the new lines which items alone go, where only some were chosen."""
        items = self._get_chosen_items()
        if not items:
            return
        line = self.env["collection.placement.line"]
        line.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH picked AS (
                    INSERT INTO collection_placement_line_chosen_rel (line_id, item_id)
                    SELECT line.id, ci.id
                      FROM collection_item ci
                      JOIN collection_placement_line line
                        ON line.account_id = ci.account_id
                       AND line.placement_id = %(placement)s
                     WHERE ci.id = ANY(%(items)s)
                 RETURNING line_id
                )
                UPDATE collection_placement_line line SET scope = 'items'
                 WHERE line.id IN (SELECT line_id FROM picked)
             RETURNING line.id
                """,
                placement=placement.id,
                items=list(items.ids),
            )
        )
        line.browse(row[0] for row in rows).invalidate_recordset(flush=False)

    def _get_joining(self):
        """Lines of customers more of whom goes to where some of it is."""
        return self.line_ids.search(
            [
                ("wizard_id", "=", self.id),
                ("decision", "=", "goes"),
                ("current_mandate_id", "=", self.mandate_id.id),
                ("account_id.delegation_state", "=", "delegated"),
            ]
        )

    def _join_running(self):
        """Let more of what customers owe join their hand-overs that run.

        :return: these hand-overs
        """
        joining = self._get_joining()
        by_scope = joining.grouped("scope")
        whole = by_scope.get("account", joining.browse()).account_id.placement_line_id
        parts = by_scope.get("items", joining.browse()).account_id.placement_line_id
        for lines, items in ((whole, None), (parts, self._get_chosen_items())):
            # since the preview they may have come back, or gone elsewhere
            lines._check_joinable(self.mandate_id)
            lines._join(items)
        return joining.account_id.placement_line_id.placement_id

    def _check_classified(self, going):
        """Refuse customers who lost their segment after the preview: nobody decided
        that they go all the same."""
        unseen = going.filtered(
            lambda line: (
                not line.account_id.segment_id
                and line.proposed_reason != "unclassified"
            )
        ).account_id
        if unseen:
            raise UserError(
                self.env._(
                    "These customers have no segment any more: %(customers)s. Choose "
                    "again, and look at the preview.",
                    customers=", ".join(unseen[:5].mapped("display_name")),
                )
            )
