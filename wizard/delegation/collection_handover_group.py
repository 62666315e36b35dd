from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: what is worth a look before customers go: what they are called, which lines of the
#: preview they are, and which amount of these is told
GROUPS = {
    "promised": ("A promise is open", Domain("amount_promised", ">", 0)),
    "disputed": ("Disputed", Domain("amount_disputed", ">", 0)),
    "on_plan": ("On a payment plan", Domain("amount_on_plan", ">", 0)),
    "credits": ("Credits still to be matched", Domain("amount_credit", ">", 0)),
    "language": (
        "Language that nobody of the mandate speaks",
        Domain("service_gap", "in", ("language", "skill_language")),
    ),
    "skill": (
        "Skill that nobody of the mandate has",
        Domain("service_gap", "in", ("skill", "skill_language", "no_agent")),
    ),
    "nothing": ("Nothing is owed", Domain("amount_open", "<=", 0)),
    "creditor": (
        "We owe them more than they owe us",
        Domain("proposed_reason", "=", "creditor"),
    ),
}
AMOUNTS = {
    "promised": "amount_promised",
    "disputed": "amount_disputed",
    "on_plan": "amount_on_plan",
    "credits": "amount_credit",
    "creditor": "amount_credit",
}


class CollectionHandoverGroup(models.TransientModel):
    """Customers of a preview who have something in common: looked at, left out or taken
    together."""

    _name = "collection.handover.group"
    _description = "Group of a Hand-over Preview"
    _inherit = ["collection.relation.mixin"]
    _order = "id"
    _rec_name = "code"
    _transient_max_hours = 24.0

    wizard_id = fields.Many2one(
        comodel_name="collection.handover",
        required=True,
        index=True,
        ondelete="cascade",
    )
    code = fields.Selection(
        selection=[(code, label) for code, (label, _domain) in GROUPS.items()],
        string="What to Know",
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    account_count = fields.Integer(string="Accounts", compute="_compute_figures")
    amount = fields.Monetary(
        compute="_compute_figures",
        help="Of all of them: promised, disputed, on plans or in credits; else what "
        "they owe.",
    )
    go_count = fields.Integer(string="Go", compute="_compute_figures")
    go_amount = fields.Monetary(
        string="Amount That Goes",
        compute="_compute_figures",
        help="The same of those who go.",
    )
    left_count = fields.Integer(
        string="Left Out", compute="_compute_figures", export_string_translation=False
    )

    @api.depends("wizard_id.line_ids.decision")
    def _compute_figures(self):
        for group in self:
            figures = {
                decision: (count, amount)
                for decision, count, amount in group.env[
                    "collection.handover.line"
                ]._read_group(
                    group._get_domain(),
                    ["decision"],
                    ["__count", f"{AMOUNTS.get(group.code, 'amount_open')}:sum"],
                )
            }
            group.account_count = sum(count for count, _amount in figures.values())
            group.amount = sum(amount for _count, amount in figures.values())
            group.go_count, group.go_amount = figures.get("goes", (0, 0.0))
            group.left_count = len(group._get_left_out())

    def _get_domain(self):
        """Lines of the preview that belong to the group; who is with a provider is not
        asked about."""
        self.ensure_one()
        _label, domain = GROUPS[self.code]
        return (
            Domain("wizard_id", "=", self.wizard_id.id)
            & Domain("decision", "!=", "placed")
            & domain
        )

    def _get_left_out(self):
        """Those who would go, had nobody left them out."""
        return self.env["collection.handover.line"].search(
            self._get_domain()
            & Domain("decision", "=", "stays")
            & Domain("proposed_decision", "=", "goes")
        )

    def action_leave_out(self):
        """Keep all of them in-house."""
        for group in self:
            group.wizard_id._check_not_done()
            group.env["collection.handover.line"].search(
                group._get_domain() & Domain("decision", "=", "goes")
            ).action_stay()

    def action_take(self):
        """Let those of them go who were left out."""
        for group in self:
            group.wizard_id._check_not_done()
            group._get_left_out().action_go()

    def action_open(self):
        """Look at them one by one."""
        self.ensure_one()
        action = self.wizard_id.action_open_lines()
        return dict(action, domain=list(self._get_domain()), context={})


class CollectionHandover(models.TransientModel):
    """What is worth a look before customers go."""

    _inherit = "collection.handover"

    group_ids = fields.One2many(
        comodel_name="collection.handover.group",
        inverse_name="wizard_id",
        string="Before They Go",
    )

    def _read_groups(self):
        """Write on the preview what of the accounts is promised, disputed and so on,
        and keep the groups that there are: a few statements whatever their number."""
        self.ensure_one()
        line = self.env["collection.handover.line"]
        self.env["collection.account"]._flush_all()
        share = SQL(
            "ci.amount_residual_company * ci.amount_disputed"
            " / NULLIF(ci.amount_residual, 0)"
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_handover_line line
                   SET amount_promised = COALESCE(owed.promised, 0),
                       amount_disputed = COALESCE(owed.disputed, 0),
                       amount_on_plan = COALESCE(owed.on_plan, 0),
                       amount_credit = acc.amount_credit
                  FROM collection_handover_line same
                  JOIN collection_account acc ON acc.id = same.account_id
             LEFT JOIN LATERAL (
                        SELECT SUM(ci.amount_residual_company)
                                   FILTER (WHERE ci.promise_id IS NOT NULL) AS promised,
                               SUM(ci.amount_residual_company)
                                   FILTER (WHERE ci.plan_id IS NOT NULL) AS on_plan,
                               ROUND(SUM(%(share)s), %(digits)s) AS disputed
                          FROM collection_item ci
                         WHERE ci.account_id = same.account_id AND ci.state = 'open'
                           AND (same.scope = 'account' OR ci.id = ANY(%(chosen)s))
                       ) owed ON TRUE
                 WHERE same.id = line.id AND same.wizard_id = %(wizard)s
             RETURNING line.id
                """,
                share=share,
                digits=self.currency_id.decimal_places,
                wizard=self.id,
                chosen=list(self._get_chosen_items().ids),
            )
        )
        gaps = self.env["collection.account"]._get_service_gaps(
            self.line_ids.account_id, self.mandate_id
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_handover_line line SET service_gap = gap.code
                  FROM unnest(%s::int[], %s::text[]) AS gap(account_id, code)
                 WHERE line.wizard_id = %s AND line.account_id = gap.account_id
             RETURNING line.id
                """,
                list(gaps),
                list(gaps.values()),
                self.id,
            )
        )
        line.invalidate_model(flush=False)
        self.group_ids.unlink()
        groups = self.env["collection.handover.group"].create(
            [{"wizard_id": self.id, "code": code} for code in GROUPS]
        )
        groups.filtered(lambda group: not group.account_count).unlink()
