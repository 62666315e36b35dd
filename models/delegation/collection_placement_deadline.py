from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..base.days import company_today, company_today_sql
from .collection_placement_line import HANDED_OVER

#: days before the end of a customer's time on which the provider is warned
WARNING_DAYS = 7
DEADLINE_ACTIVITY = "account_collection.mail_activity_type_deadline"


class CollectionPlacement(models.Model):
    """Customers go for a time, where the mandate says so."""

    _inherit = "collection.placement"

    extension_ids = fields.One2many(
        comodel_name="collection.placement.extension",
        inverse_name="placement_id",
        string="Extensions",
    )

    def action_hand_over(self):
        res = super().action_hand_over()
        for placement in self:
            placement.line_ids._begin_time(placement.mandate_id.placement_days)
        return res


class CollectionPlacementLine(models.Model):
    """Until when a provider has a customer; then they come back by themselves."""

    _inherit = "collection.placement.line"

    date_deadline = fields.Date(
        string="To Come Back on",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Last day on which the provider has the customer.",
    )
    deadline_warned = fields.Boolean(
        readonly=True, copy=False, help="The provider was told that the end is near."
    )
    extension_ids = fields.Many2many(
        comodel_name="collection.placement.extension",
        relation="collection_extension_line_rel",
        column1="line_id",
        column2="extension_id",
        string="Extensions",
        readonly=True,
    )

    def _begin_time(self, days):
        """The time of these lines, if it has an end, begins today."""
        if not days or not self:
            return
        self.flush_recordset(["state"])
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line
                   SET date_deadline = %s + %s, deadline_warned = FALSE
                 WHERE id = ANY(%s) AND state = 'active'
             RETURNING id
                """,
                company_today_sql(
                    self.env, SQL("collection_placement_line.company_id")
                ),
                days,
                list(self.ids),
            )
        )
        self.invalidate_recordset(["date_deadline", "deadline_warned"], flush=False)

    @api.model
    def _revive(self, accounts):
        revived = super()._revive(accounts)
        if not revived:
            return revived
        # who comes again after their time was over has a new one
        today = company_today_sql(self.env, SQL("line.company_id"))
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, mandate.placement_days
                  FROM collection_placement_line line
                  JOIN collection_mandate mandate ON mandate.id = line.mandate_id
                 WHERE %s AND line.state = 'active' AND line.date_revived = %s
                   AND line.date_deadline < %s
                """,
                accounts,
                today,
                today,
            )
        )
        by_days = {}
        for line_id, days in rows:
            by_days.setdefault(days, []).append(line_id)
        for days, line_ids in by_days.items():
            self.browse(line_ids)._begin_time(days)
        return revived

    # ------------------------------------------------------------------
    # Every night
    # ------------------------------------------------------------------

    @api.model
    def _cron_expire(self):
        """Whose time is over comes back; whose is nearly over, the provider is told."""
        for place, companies in self.env["res.company"]._by_collection_place():
            lines = self.with_context(**place)
            lines._expire(companies)
            lines._warn_of_deadline(companies)

    def _get_timed(self, companies):
        """Condition: lines of `companies` whose time runs."""
        return (
            Domain("state", "=", "active")
            & Domain("placement_id.state", "in", HANDED_OVER)
            & Domain("company_id", "in", companies.ids)
        )

    @api.model
    def _expire(self, companies):
        """End the lines whose last day has passed."""
        today = company_today(companies)
        over = self.search(
            self._get_timed(companies) & Domain("date_deadline", "<", today)
        )
        for day, lines in over.grouped("date_deadline").items():
            lines._take_back(
                "expired",
                self.env._(
                    "The time with the provider was over on %(day)s",
                    day=format_date(self.env, day),
                ),
            )
        return over

    @api.model
    def _warn_of_deadline(self, companies):
        """Tell supervisors and the company, once per line."""
        today = company_today(companies)
        near = self.search(
            self._get_timed(companies)
            & Domain("deadline_warned", "=", False)
            & Domain("date_deadline", "<=", today + timedelta(days=WARNING_DAYS))
        )
        near._transit({"deadline_warned": True})
        for (company, mandate), lines in near.grouped(
            lambda line: (line.company_id, line.mandate_id)
        ).items():
            ends = [
                (placement, day, len(part))
                for (placement, day), part in lines.grouped(
                    lambda line: (line.placement_id, line.date_deadline)
                ).items()
            ]
            for agent in mandate._get_reachable_agents().filtered("supervisor"):
                agent._mail_from(
                    company,
                    lambda env: env._("Customers whose time with you ends"),
                    "account_collection.collection_mail_deadline",
                    {"ends": ends},
                )
        for placement in near.placement_id:
            if not placement.activity_search([DEADLINE_ACTIVITY]):
                placement._activity_schedule_for(
                    placement.mandate_id._get_responsible(),
                    DEADLINE_ACTIVITY,
                    lambda asked: asked.env._(
                        "Customers of %(number)s come back from %(provider)s within "
                        "%(days)s days: decide what becomes of them",
                        number=asked.number,
                        provider=asked.provider_id.name,
                        days=WARNING_DAYS,
                    ),
                )
        return near
