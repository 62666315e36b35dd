from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ...tools.call_log import clock
from ..base.days import company_today


class CollectionAccount(models.Model):
    """What the other side is about to do: both work the same customer."""

    _inherit = "collection.account"

    other_side_action = fields.Char(
        string="Next Action of the Other Side",
        compute="_compute_other_side_action",
        help="What whoever works this customer beside you has agreed on, provider or "
        "company.",
    )

    @api.depends("call_ids", "delegation_state", "mandate_id")
    @api.depends_context("uid", "lang")
    def _compute_other_side_action(self):
        # sudo: what either side is about to do is told to both, and nothing else of it
        accounts_sudo = self.sudo().filtered(
            lambda account: account.delegation_state == "delegated"
        )
        outside = self.env["collection.agent"]._current().provider_id
        side = "company" if outside else "provider"
        actions = accounts_sudo._get_next_actions(side)
        for account_sudo, account in zip(self.sudo(), self, strict=True):
            # of the provider that has the customer now, not of an earlier one
            provider_sudo = account_sudo.mandate_id.provider_id
            action = actions.get(
                (account_sudo._origin.id, not outside and provider_sudo.id)
            )
            if action and outside and account_sudo._is_away_in_part():
                # what it is about may have stayed
                action = (*action[:2], "")
            account.other_side_action = bool(action) and (
                account_sudo._describe_next_action(side, *action)
            )

    def _get_next_actions(self, side):
        """What one side has agreed on in its last calls, and is still to come.

        :return: {(account id, id of the provider or False): (day, hour, action)}
        """
        if not self.ids:
            return {}
        self.env["collection.call"].flush_model()
        self.env["collection.agent"].flush_model(["provider_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (call.account_id, agent.provider_id)
                       call.account_id, agent.provider_id, call.next_action_date,
                       call.next_action_time, call.next_action
                  FROM collection_call call
             LEFT JOIN collection_agent agent ON agent.id = call.agent_id
                 WHERE call.account_id = ANY(%s) AND call.side = %s
                   AND (call.connected OR call.next_action_date IS NOT NULL)
              ORDER BY call.account_id, agent.provider_id, call.date DESC, call.id DESC
                """,
                list(self._origin.ids),
                side,
            )
        )
        return {
            (account_id, provider_id or False): action
            for account_id, provider_id, *action in rows
            if action[0] and action[0] >= company_today(self.browse(account_id))
        }

    def _describe_next_action(self, side, day, hour, action):
        """What a side is about to do, in a line, as superuser."""
        company = side == "company"
        who = self.company_id.name if company else self.mandate_id.provider_id.name
        when = format_date(self.env, day)
        if hour:
            when = f"{when} {clock(hour)}"
        return self.env._(
            "%(who)s, %(when)s: %(action)s",
            who=who,
            when=when,
            action=action or self.env._("calls again"),
        )
