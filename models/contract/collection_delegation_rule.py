import logging
from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.lot import is_drawn
from ..base.days import company_today
from ..base.figures import format_figure
from ..delegation.collection_mandate import WORKING
from ..delegation.collection_placement_line import SETTLED_STATES
from .collection_mandate_terms import Term, insert_sections

_logger = logging.getLogger(__name__)

PROPOSAL_ACTIVITY = "account_collection.mail_activity_type_rule_proposal"


class CollectionDelegationRule(models.Model):
    """Which customers are proposed to a mandate, night after night.

    A rule says who comes into question; whether they may go, and whether the mandate
    covers them, is the one rule of every hand-over (`collection.delegation.choice`).
    One that hands over by itself is a term of the contract: the provider has to take
    whom it chooses. One that proposes is the company's own, who decides.
    """

    _name = "collection.delegation.rule"
    _description = "Rule of a Mandate: Who Is Proposed"
    _inherit = ["collection.mandate.term.mixin"]
    _order = "mandate_id, sequence, id"

    name = fields.Char(required=True)
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(
        default=10, help="The first rule that a customer meets takes them."
    )
    active = fields.Boolean(default=True)
    segment_ids = fields.Many2many(
        comodel_name="collection.segment",
        string="Segments",
        help="Empty: all that the mandate covers.",
    )
    age_basis = fields.Selection(
        selection=[
            ("segment", "The days of their segment"),
            ("days", "A number of days"),
            ("any", "As soon as something is overdue"),
        ],
        string="Overdue for",
        required=True,
        default="segment",
        help="The days of their segment: from then on they count as kept too long.",
    )
    days_from = fields.Integer(string="Days Overdue from")
    amount_from = fields.Monetary(string="Owes from", help="0: whatever they owe.")
    amount_to = fields.Monetary(string="Owes up to", help="0: however much they owe.")
    contact_days = fields.Integer(
        string="Not Reached for",
        help="Days since somebody was reached on the phone last, by whichever side. 0: "
        "not asked.",
    )
    habit_count = fields.Integer(
        string="Without Answer",
        help="Reminders and promises that passed without any money since the customer "
        "last paid. 0: not asked.",
    )
    share = fields.Float(
        string="Share (%)",
        digits=(5, 2),
        default=100.0,
        help="By lot: the same customers whoever draws, and whoever else comes.",
    )
    seed = fields.Char(
        string="Seed of the Lot",
        default=lambda self: company_today(self).isoformat(),
        help="Any word: whoever draws with it again gets the same lot.",
    )
    account_max = fields.Integer(
        string="At Most per Night",
        default=500,
        help="Customers, those who owe most overdue first. 0: all of them.",
    )
    effect = fields.Selection(
        selection=[
            ("propose", "Propose"),
            ("automatic", "Hand over by itself"),
        ],
        required=True,
        default="propose",
        help="Proposed: somebody approves. By itself: only under a mandate that says "
        "so.",
    )

    _bounds = models.Constraint(
        "CHECK (days_from >= 0 AND amount_from >= 0 AND amount_to >= 0"
        " AND (amount_to = 0 OR amount_to >= amount_from) AND contact_days >= 0"
        " AND habit_count >= 0 AND account_max >= 0 AND share > 0 AND share <= 100)",
        "Days, amounts and numbers are counted from nought, the upper amount is not "
        "below the lower one, and a share lies above 0 and up to 100 %.",
    )

    @api.constrains("effect", "mandate_id")
    def _check_effect(self):
        for rule in self:
            if rule.effect == "automatic" and not rule.mandate_id.rule_automatic:
                raise ValidationError(
                    self.env._(
                        "The mandate %(mandate)s does not say that rules hand over by "
                        "themselves: say so there first, or let the rule propose.",
                        mandate=rule.mandate_id.display_name,
                    )
                )

    @api.constrains("share", "seed")
    def _check_seed(self):
        for rule in self:
            if rule.share < 100 and not rule.seed:
                raise ValidationError(
                    self.env._("A lot is drawn with a seed: choose any word.")
                )

    # ------------------------------------------------------------------
    # The contract
    # ------------------------------------------------------------------

    def _get_term(self):
        """This rule as the contract says it: who goes by itself."""
        self.ensure_one()
        money = self.currency_id.format
        parts = [
            self._describe_segments(),
            self._describe_age(),
            self.amount_from
            and self.env._("owe from %(amount)s", amount=money(self.amount_from)),
            self.amount_to
            and self.env._("owe up to %(amount)s", amount=money(self.amount_to)),
            self.contact_days
            and self.env._("not reached for (days): %(days)s", days=self.contact_days),
            self.habit_count
            and self.env._(
                "reminders and promises without any money: %(count)s",
                count=self.habit_count,
            ),
            self.share < 100
            and self.env._(
                "%(share)s %% of them by lot (%(seed)s)",
                share=format_figure(self.env, self.share),
                seed=self.seed,
            ),
            self.account_max
            and self.env._("at most per night: %(count)s", count=self.account_max),
        ]
        return Term(f"rule-{self.id}", self.name, "; ".join(filter(None, parts)))

    def _describe_segments(self):
        names = (self.segment_ids or self.mandate_id.segment_ids).mapped("name")
        return ", ".join(names) or self.env._("All customers")

    def _describe_age(self):
        match self.age_basis:
            case "days":
                return self.env._("overdue for (days): %(days)s", days=self.days_from)
            case "segment":
                return self.env._(
                    "overdue for (days): %(days)s",
                    days=", ".join(
                        f"{segment.name} {max(segment.delegate_after_days, 1)}"
                        for segment in self._get_segments()
                    ),
                )
            case _:
                return self.env._("as soon as something is overdue")

    def _get_segments(self):
        """Segments whose days count for this rule."""
        named = self.segment_ids or self.mandate_id.segment_ids
        return named or named.search([("active", "=", True)])

    # ------------------------------------------------------------------
    # Who comes into question
    # ------------------------------------------------------------------

    def _get_matching(self, day):
        """Customers who meet this rule on `day`, whether they may go or not.

        :return: {account id: why, as an auditor reads it}
        """
        self.ensure_one()
        return {
            account_id: self._describe(days, amount)
            for account_id, days, amount in self.env.execute_query(
                SQL(
                    """
                    SELECT acc.id, %(day)s::date - acc.oldest_due_date,
                           acc.amount_overdue
                      FROM collection_account acc
                 LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                     WHERE acc.company_id = %(company)s AND acc.active
                       AND acc.delegation_state = 'in_house'
                       AND acc.amount_overdue > 0
                       AND acc.oldest_due_date < %(day)s
                       AND %(conditions)s
                  ORDER BY acc.amount_overdue DESC, acc.id
                    """,
                    day=day,
                    company=self.company_id.id,
                    conditions=SQL(" AND ").join(self._get_conditions(day)),
                )
            )
            if self.share >= 100 or is_drawn(account_id, self.seed, self.share)
        }

    def _get_conditions(self, day):
        """SQL over `acc` and `segment`: what each of them asks."""
        late = SQL("%s::date - acc.oldest_due_date", day)
        conditions = [
            # who was refused, or came back unpaid, is not proposed again at once
            SQL(
                """NOT EXISTS (
                    SELECT 1 FROM collection_placement_line line
                     WHERE line.account_id = acc.id AND line.mandate_id = %s
                       AND line.state NOT IN %s AND line.date_end > %s::date - %s)""",
                self.mandate_id.id,
                ("active", *SETTLED_STATES),
                day,
                self.mandate_id.rule_rest_days,
            )
        ]
        if self.segment_ids:
            conditions.append(SQL("acc.segment_id = ANY(%s)", self.segment_ids.ids))
        if self.age_basis == "segment":
            # as the month ends count what was kept too long
            conditions.append(
                SQL("%s >= GREATEST(segment.delegate_after_days, 1)", late)
            )
        elif self.age_basis == "days":
            conditions.append(SQL("%s >= %s", late, self.days_from))
        if self.amount_from:
            conditions.append(SQL("acc.amount_open >= %s", self.amount_from))
        if self.amount_to:
            conditions.append(SQL("acc.amount_open <= %s", self.amount_to))
        if self.contact_days:
            conditions.append(
                SQL(
                    """NOT EXISTS (
                        SELECT 1 FROM collection_call call
                         WHERE call.account_id = acc.id AND call.connected
                           AND call.correction_of_id IS NULL
                           AND call.date >= %s)""",
                    self.company_id._get_collection_midnight(
                        fields.Date.subtract(day, days=self.contact_days - 1)
                    ),
                )
            )
        if self.habit_count:
            account = self.env["collection.account"]
            account._flush_for_habits()
            conditions.append(
                SQL(
                    """acc.id IN (
                        SELECT habit.account_id FROM (%s) habit
                         WHERE habit.reminders + habit.promises >= %s)""",
                    account._habit_query(self.company_id, day),
                    self.habit_count,
                )
            )
        return conditions

    def _describe(self, days, amount):
        return self.env._(
            "%(rule)s: %(days)s days overdue, %(amount)s",
            rule=self.name,
            days=days,
            amount=self.currency_id.format(amount),
        )

    def _choose(self, day):
        """Who goes by these rules of one mandate on `day`: the first that a customer
        meets takes them, as far as they may go.

        :return: {rule: {account: why}}
        """
        mandate = self.mandate_id
        choice = self.env["collection.delegation.choice"]
        accounts = self.env["collection.account"]
        accounts._flush_all()
        matching = {rule: rule._get_matching(day) for rule in self}
        wanted = accounts.browse({key for found in matching.values() for key in found})
        if not wanted:
            return {}
        going = {
            candidate.account.id
            for candidate in choice._read_candidates(mandate.company_id, day, wanted)
            if choice._decide(candidate, mandate.extent, mandate, day)[0] == "goes"
        }
        chosen = {}
        for rule, found in matching.items():
            taken = [key for key in found if key in going]
            taken = taken[: rule.account_max or None]
            going.difference_update(taken)
            if taken:
                chosen[rule] = {accounts.browse(key): found[key] for key in taken}
        return chosen


class CollectionMandate(models.Model):
    """The rules by which customers come to a mandate, night after night."""

    _inherit = "collection.mandate"

    rule_ids = fields.One2many(
        comodel_name="collection.delegation.rule",
        inverse_name="mandate_id",
        string="Rules",
        copy=True,
    )
    rule_automatic = fields.Boolean(
        string="Rules May Hand Over",
        tracking=True,
        help="Rules that say so hand customers over at night, without anybody who "
        "approves. Otherwise rules propose.",
    )
    rule_rest_days = fields.Integer(
        string="Not Proposed Again for",
        default=30,
        tracking=True,
        help="Days for which a customer who was refused, or came back unpaid, is not "
        "proposed by a rule.",
    )
    rules_ran_on = fields.Date(string="Rules Last Ran on", readonly=True, copy=False)
    proposal_count = fields.Integer(
        string="Customers Proposed", compute="_compute_proposal_count"
    )

    _rule_rest_days = models.Constraint(
        "CHECK (rule_rest_days >= 0)", "Days are counted from nought."
    )

    def _compute_proposal_count(self):
        counts = self._count_proposals()
        for mandate in self:
            mandate.proposal_count = counts.get(mandate._origin, 0)

    def _count_proposals(self):
        """Customers whom the rules propose and nobody has decided about: {mandate:
        number}."""
        return dict(
            self.env["collection.placement.line"]._read_group(
                Domain("mandate_id", "in", self.ids)
                & Domain("state", "=", "active")
                & Domain("placement_id.state", "=", "proposed")
                & Domain("placement_id.by_rule", "=", True),
                ["mandate_id"],
                ["__count"],
            )
        )

    @api.constrains("rule_automatic")
    def _check_rule_automatic(self):
        self.rule_ids._check_effect()

    @api.model
    def _get_term_fields(self):
        return {**super()._get_term_fields(), "rules": ("rule_rest_days",)}

    @api.model
    def _get_term_units(self):
        days = (self.env._("1 day"), self.env._("%(number)s days"))
        return super()._get_term_units() | {"rule_rest_days": days}

    @api.model
    def _get_term_sections(self):
        return insert_sections(
            super()._get_term_sections(),
            "scope",
            {"rules": self.env._("Customers Who Go by Themselves")},
        )

    def _collect_terms(self):
        terms = super()._collect_terms()
        rules = self.rule_ids.filtered(lambda rule: rule.effect == "automatic")
        if not rules:
            terms["rules"] = []
        # the first that a customer meets takes them
        terms["rules"] += [rule._get_term() for rule in rules.sorted()]
        return terms

    @api.model_create_multi
    def create(self, vals_list):
        # late for their segment: what a mandate begins with; nobody goes unapproved
        name = self.env._("Late for their segment")
        return super().create(
            [
                vals
                if "rule_ids" in vals
                else {**vals, "rule_ids": [fields.Command.create({"name": name})]}
                for vals in vals_list
            ]
        )

    def action_open_proposals(self):
        """Customers whom the rules propose, to approve or to refuse."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_placement_action"
        )
        return dict(
            action,
            domain=[
                ("mandate_id", "=", self.id),
                ("by_rule", "=", True),
                ("state", "=", "proposed"),
            ],
            context={},
        )

    def action_run_rules(self):
        """Propose now whom the rules would propose tonight."""
        for mandate in self:
            mandate.check_access("write")
            mandate._check_working()
            if not mandate._run_rules(mandate.company_id._get_collection_today()):
                raise UserError(
                    self.env._(
                        "No customer meets the rules of %(mandate)s and may go.",
                        mandate=mandate.display_name,
                    )
                )

    @api.model
    def _cron_run_rules(self):
        """Every night, once on each day of the company, mandate by mandate: one that
        fails keeps none of the others from theirs."""
        Cron = self.env["ir.cron"]
        waiting = []
        for place, companies in self.env["res.company"]._by_collection_place():
            here = self.with_context(**place)
            today = company_today(companies)
            waiting += here.search(
                WORKING
                & Domain("company_id", "in", companies.ids)
                & Domain("rule_ids", "!=", False)
                & (
                    Domain("rules_ran_on", "=", False)
                    | Domain("rules_ran_on", "<", today)
                )
            )
        Cron._commit_progress(remaining=len(waiting))
        for mandate in waiting:
            try:
                with self.env.cr.savepoint():
                    today = company_today(mandate)
                    company_lang = mandate.company_id._get_collection_lang()
                    mandate.with_context(lang=company_lang)._run_rules(today)
            except Exception:
                _logger.exception("Rules of the mandate %s", mandate.number)
            if not Cron._commit_progress(1):
                break

    def _run_rules(self, day):
        """Propose, or hand over, whom the rules of this mandate choose on `day`.

        :return: the hand-overs made: one proposal, and one of what goes by itself
        """
        self.ensure_one()
        placements = self.env["collection.placement"]
        chosen = self.rule_ids._choose(day)
        for effect in ("automatic", "propose"):
            by_rule = {
                rule: accounts
                for rule, accounts in chosen.items()
                if rule.effect == effect
            }
            if not by_rule:
                continue
            placement = placements.create(
                {
                    "mandate_id": self.id,
                    "date": day,
                    "extent": self.extent,
                    "by_rule": True,
                }
            )
            placement._add_lines(
                self.env["collection.account"].union(
                    *chain.from_iterable(by_rule.values())
                ),
                rule_id={
                    account: rule.id
                    for rule, accounts in by_rule.items()
                    for account in accounts
                },
                rule_reason={
                    account: why
                    for accounts in by_rule.values()
                    for account, why in accounts.items()
                },
            )
            if effect == "automatic":
                placement.action_hand_over()
            else:
                placement.action_propose()
            placements |= placement
        self.rules_ran_on = day
        self._tell_proposals()
        return placements

    def _tell_proposals(self):
        """Keep one activity of the responsible for what waits for approval, none where
        nothing does."""
        counts = self._count_proposals()
        self.invalidate_recordset(["proposal_count"], flush=False)
        for mandate in self:
            count = counts.get(mandate._origin)
            mandate.activity_unlink([PROPOSAL_ACTIVITY])
            if not count:
                continue
            mandate._activity_schedule_for(
                mandate._get_responsible(),
                PROPOSAL_ACTIVITY,
                lambda asked, count=count: asked.env._(
                    "The rules propose customers to hand over: %(count)s", count=count
                ),
            )
