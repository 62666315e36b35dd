from psycopg2 import DataError, ProgrammingError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

from ...tools.pareto import top_count, turnover_ranking
from ..base.days import company_today


class CollectionSegmentRule(models.Model):
    """Which customers belong to a segment: what they are, and what they buy."""

    _name = "collection.segment.rule"
    _description = "Segment Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first rule that a customer meets decides."
    )
    active = fields.Boolean(default=True)
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: every company."
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id"
    )
    domain = fields.Char(
        string="Customers",
        default="[]",
        help="What the customer (commercial entity) must be. Empty: anything.",
    )
    turnover_basis = fields.Selection(
        selection=[
            ("none", "Whatever it is"),
            ("rank", "Rank among active customers"),
            ("amount", "Amount"),
        ],
        string="12-Month Turnover",
        required=True,
        default="none",
        help="Posted invoices less credit notes of the last twelve months, taxes "
        "included. A customer without turnover has no rank.",
    )
    rank_from_percent = fields.Float(string="Rank from (%)", digits=(16, 2))
    rank_to_percent = fields.Float(
        string="Rank to (%)",
        digits=(16, 2),
        default=100.0,
        help="From 0 to 5: the 5 % of active customers who buy most.",
    )
    turnover_from = fields.Monetary(string="Turnover from")
    turnover_to = fields.Monetary(string="Turnover below", help="0: no upper limit.")

    _rank_band = models.Constraint(
        "CHECK (turnover_basis <> 'rank' OR (rank_from_percent >= 0"
        " AND rank_from_percent < rank_to_percent AND rank_to_percent <= 100))",
        "The ranks must lie between 0 and 100 %, the first below the second.",
    )
    _turnover_band = models.Constraint(
        "CHECK (turnover_basis <> 'amount' OR COALESCE(turnover_to, 0) = 0"
        " OR COALESCE(turnover_from, 0) < turnover_to)",
        "The turnover band must begin below its end.",
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            rule._search_partners(Domain("id", "=", self.env.user.partner_id.id))

    # ------------------------------------------------------------------
    # Classification
    # ------------------------------------------------------------------

    @api.model
    def _classify(self, accounts, date_ref=None):
        """Segment of each account by the first rule that it meets.

        One query per rule and a few more for the turnover, whatever the number of
        accounts. Nothing is written.

        :param date_ref: last day of the twelve months of turnover, today by default
        :return: {account: (segment, rule)}; accounts that meet no rule are left out
        """
        date_ref = date_ref or company_today(self)
        classified = {}
        for company, of_company in accounts.grouped("company_id").items():
            rules = self.search(
                [
                    ("company_id", "in", (False, company.id)),
                    ("segment_id.active", "=", True),
                ]
            ).with_company(company)
            turnover = rules._get_turnover_facts(company, of_company, date_ref)
            remaining = of_company
            for rule in rules:
                partners = rule._search_partners(
                    Domain("id", "in", remaining.partner_id.ids)
                )
                matched = remaining.filtered(
                    lambda account, rule=rule, partners=partners, turnover=turnover: (
                        account.partner_id.id in partners
                        and rule._matches_turnover(account.id, *turnover)
                    )
                )
                classified.update(dict.fromkeys(matched, (rule.segment_id, rule)))
                remaining -= matched
        return classified

    @api.model
    def _cron_classify(self):
        """Once a day: customers who came meanwhile. Whoever has a segment keeps it."""
        self._classify_new()

    @api.model
    def _classify_new(self):
        """Give every customer who has no segment the one of the first rule they meet.

        :return: accounts that got one
        """
        accounts = self.env["collection.account"].search(
            [("segment_id", "=", False), ("segment_locked", "=", False)]
        )
        found = self._classify(accounts)
        classified = accounts.filtered(lambda account: account in found)
        for segment, of_segment in classified.grouped(
            lambda account: found[account][0]
        ).items():
            # a first segment is no change worth a line in each customer's history
            of_segment.with_context(tracking_disable=True).write(
                {"segment_id": segment.id, "segment_locked": False}
            )
        return classified

    def _get_turnover_facts(self, company, accounts, date_ref):
        """What the rules of one company need to know of the turnover.

        :return: ({account id: amount}, {account id: rank from 1}, active accounts)
        """
        if all(rule.turnover_basis == "none" for rule in self):
            return {}, {}, 0
        active = self.env["collection.account"]._search_active(company, date_ref)
        turnovers = (active | accounts)._get_turnover(date_ref)
        ranking = turnover_ranking(
            {account_id: turnovers.get(account_id, 0) for account_id in active.ids}
        )
        ranks = {
            account_id: rank
            for rank, account_id in enumerate(ranking, start=1)
            if turnovers.get(account_id, 0) > 0
        }
        return turnovers, ranks, len(active)

    def _matches_turnover(self, account_id, turnovers, ranks, active_count):
        """Whether the turnover of an account lies in the rule's band."""
        self.ensure_one()
        if self.turnover_basis == "rank":
            lower = top_count(active_count, self.rank_from_percent / 100)
            upper = top_count(active_count, self.rank_to_percent / 100)
            return lower < ranks.get(account_id, 0) <= upper
        if self.turnover_basis == "amount":
            turnover = float(turnovers.get(account_id, 0))
            return turnover >= self.turnover_from and (
                not self.turnover_to or turnover < self.turnover_to
            )
        return True

    def _search_partners(self, scope):
        """Ids of the customers that meet the rule's domain and the domain `scope`."""
        self.ensure_one()
        partners = self.env["res.partner"].with_context(active_test=False)
        try:
            domain = Domain(safe_eval(self.domain or "[]", {"uid": self.env.uid}))
            # a value that the database refuses must not end the transaction
            with self.env.cr.savepoint():
                return set(partners._search(scope & domain))
        except (
            DataError,
            ProgrammingError,
            KeyError,
            SyntaxError,
            TypeError,
            UserError,
            ValueError,
        ) as error:
            raise ValidationError(
                self.env._(
                    "The customers of the segment rule “%(rule)s” cannot be searched: "
                    "correct its domain. %(error)s",
                    rule=self.name,
                    error=error,
                )
            ) from error
