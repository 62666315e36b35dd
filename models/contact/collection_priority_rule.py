from odoo import api, fields, models

from ...tools.priority import PRESENT, Rule, own_scale
from ..base.figures import format_figure


class CollectionPriorityRule(models.Model):
    """What a fact is worth when customers are ranked for calls."""

    _name = "collection.priority.rule"
    _description = "Priority Rule"
    _order = "sequence, criterion, threshold, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Empty: all companies. A company with rules of its own for a criterion "
        "leaves the shared ones of that criterion aside.",
    )
    criterion = fields.Selection(
        selection=[
            ("amount", "Late and not promised: amount of at least"),
            ("days", "Days late of the oldest item: at least"),
            ("broken", "Promise broken: days ago, at most"),
            ("due_today", "Promise due today"),
            ("callback", "Next action due"),
            ("bill", "Bill of exchange not back fifteen days before it is due"),
            ("precheck", "Invoice to check before it falls due"),
            ("strategic", "Strategic customer"),
            ("disputed", "Disputed share of what is open: percent above"),
            ("handed_over", "Handed over and nobody reached: days ago, less than"),
        ],
        required=True,
    )
    threshold = fields.Float(
        help="Amount in the company's currency, days or percent. Of several rules of "
        "one criterion the narrowest that is reached counts."
    )
    needs_threshold = fields.Boolean(compute="_compute_needs_threshold")
    points = fields.Integer(
        required=True, help="Added to the priority; negative: called later."
    )

    _threshold_positive = models.Constraint(
        "CHECK (threshold >= 0)", "A threshold cannot be negative."
    )

    @api.depends("criterion", "threshold")
    @api.depends_context("lang")
    def _compute_name(self):
        labels = dict(self._fields["criterion"]._description_selection(self.env))
        for rule in self:
            label = labels.get(rule.criterion, "")
            rule.name = (
                f"{label} {format_figure(self.env, rule.threshold)}"
                if rule.needs_threshold
                else label
            )

    @api.depends("criterion")
    def _compute_needs_threshold(self):
        for rule in self:
            rule.needs_threshold = rule.criterion not in PRESENT

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._mark_all_stale()
        return rules

    def write(self, vals):
        res = super().write(vals)
        self._mark_all_stale()
        return res

    def unlink(self):
        res = super().unlink()
        self._mark_all_stale()
        return res

    def _mark_all_stale(self):
        """Another scale: every customer is ranked again when it is looked at."""
        # core lets anybody write or delete no rules at all
        if self:
            # sudo: the rules were the user's to change; the rank is derived, of
            # accounts of companies they may not see
            self.env["collection.account"].sudo()._mark_stale(everywhere=True)

    @api.model
    def _get_scales(self, companies):
        """Rules by company: {company id: [Rule]}."""
        # sudo: the rules are read by whoever ranks, as superuser or not
        rules = [
            (
                rule.company_id.id or None,
                Rule(rule.criterion, rule.threshold, rule.points),
            )
            for rule in self.sudo().search([])
        ]
        return {company.id: own_scale(rules, company.id) for company in companies}
