from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..agreement.collection_account_agreement import DAY_LIMITS, GRANT_LIMITS
from ..base.days import company_today
from .collection_placement import HANDED_OVER

#: what decides whether a customer stays in-house
STAY_FIELDS = frozenset({"insolvency_date", "reserved", "segment_id"})
TAKE_BACK_ACTIVITY = "account_collection.mail_activity_type_take_back"


class CollectionAccount(models.Model):
    """Handing a customer over, taking them back, and who looked at them."""

    _inherit = "collection.account"

    placement_line_ids = fields.One2many(
        comodel_name="collection.placement.line",
        inverse_name="account_id",
        string="Hand-overs",
    )
    to_take_back = fields.Boolean(
        compute="_compute_to_take_back",
        help="With a provider, though by now the customer is to stay in-house.",
    )

    @api.depends("delegation_state", *STAY_FIELDS, "segment_id.delegation")
    def _compute_to_take_back(self):
        for account in self:
            account.to_take_back = (
                account.delegation_state == "delegated" and account._is_to_stay()
            )

    def write(self, vals):
        if STAY_FIELDS.isdisjoint(vals):
            return super().write(vals)
        known = self.filtered("to_take_back")
        res = super().write(vals)
        (self.filtered("to_take_back") - known)._ask_take_back()
        return res

    def _ask_take_back(self):
        """Tell the company at once that these customers are to stay in-house, and are
        with a provider still."""
        # sudo: who decides is told, whoever has changed what the customer is
        for account_sudo in self.sudo():
            mandate_sudo = account_sudo.mandate_id
            account_sudo._activity_schedule_for(
                account_sudo.company_id._get_collection_addressee(mandate_sudo.user_id),
                TAKE_BACK_ACTIVITY,
                lambda asked_sudo, mandate_sudo=mandate_sudo: asked_sudo.env._(
                    "Stays in-house by now, and is with %(provider)s still: take the "
                    "customer back",
                    provider=mandate_sudo.provider_id.name,
                ),
            )

    def _get_reasons_to_stay(self):
        """Why this account may not go to a provider, whoever asks: codes in the order
        in which they settle it, none when it may."""
        self.ensure_one()
        reasons = []
        if self.delegation_state in ("delegated", "proposed"):
            reasons.append(self.delegation_state)
        if self.reserved:
            reasons.append("reserved")
        if self.segment_id.delegation == "never":
            reasons.append("never")
        if self.insolvency_date:
            reasons.append("insolvent")
        return reasons

    def _get_creditors(self):
        """Those of these customers whom the company owes more than they owe.

        Counted are their open credits and what is open on their accounts as suppliers:
        who sends an agency to them is told to pay first.
        """
        if not self:
            return self
        self.env["collection.account"]._flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT acc.id
                  FROM collection_account acc
             LEFT JOIN LATERAL (
                        SELECT -SUM(aml.amount_residual) AS amount
                          FROM account_move_line aml
                         WHERE aml.account_id = ANY (ARRAY(
                                    SELECT id FROM account_account
                                     WHERE account_type = 'liability_payable'))
                           AND aml.partner_id = ANY (ARRAY(
                                    SELECT contact.id FROM res_partner contact
                                     WHERE contact.commercial_partner_id
                                           = acc.partner_id))
                           AND aml.company_id = acc.company_id
                           AND aml.parent_state = 'posted'
                           AND aml.reconciled IS NOT TRUE) payable ON TRUE
                 WHERE acc.id = ANY(%s)
                   AND acc.amount_credit + GREATEST(COALESCE(payable.amount, 0), 0)
                       > acc.amount_open
                """,
                list(self.ids),
            )
        )
        return self.browse(row[0] for row in rows)

    def _update_delegation(self):
        """Point these accounts at the line under which they are away now, if any, and
        bring up to date what follows from it.

        As the fields' own computations do for one, in one statement for thousands, and
        without a line for each field in the timeline: the hand-over and the recall
        write their own. Who comes home is no agent's any more.
        """
        names = ["placement_line_id", "mandate_id", "delegation_state", "agent_id"]
        self.modified(["placement_line_id"])
        for name in names[1:3]:
            self.env.remove_to_compute(self._fields[name], self)
        self.flush_model([*names, "priority_date", "reserved", "segment_id"])
        self.env["collection.placement.line"].flush_model()
        self.env["collection.placement"].flush_model(["mandate_id", "state"])
        self.env["collection.segment"].flush_model(["delegation"])
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_account acc
                   SET placement_line_id = away.line_id,
                       mandate_id = away.mandate_id,
                       agent_id = CASE
                           WHEN away.line_id IS NULL
                            AND acc.placement_line_id IS NOT NULL THEN NULL
                           ELSE acc.agent_id END,
                       delegation_state = CASE
                           WHEN away.state IN %(handed_over)s THEN 'delegated'
                           WHEN away.line_id IS NOT NULL THEN 'proposed'
                           WHEN acc.reserved OR segment.delegation = 'never'
                           THEN 'reserved'
                           ELSE 'in_house' END,
                       priority_date = NULL
                  FROM collection_account same
             LEFT JOIN (
                        SELECT line.id AS line_id, line.account_id,
                               placement.mandate_id, placement.state
                          FROM collection_placement_line line
                          JOIN collection_placement placement
                            ON placement.id = line.placement_id
                         WHERE line.state = 'active'
                           AND placement.state <> 'draft') away
                    ON away.account_id = same.id
             LEFT JOIN collection_segment segment ON segment.id = same.segment_id
                 WHERE same.id = acc.id AND acc.id = ANY(%(ids)s)
             RETURNING acc.id
                """,
                handed_over=HANDED_OVER,
                ids=list(self.ids),
            )
        )
        self.invalidate_recordset([*names, "priority_date"], flush=False)
        self.modified(names[1:])
        asked = self.activity_search([TAKE_BACK_ACTIVITY])
        if asked:
            self.browse(asked.mapped("res_id")).filtered(
                lambda account: not account.to_take_back
            ).activity_unlink([TAKE_BACK_ACTIVITY])

    def action_hand_over(self):
        """Choose the mandate under which these customers go to a provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_handover_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_recall(self):
        """Ask why, then take those of these customers back who are with a provider."""
        held = self.filtered(lambda account: account.placement_line_id)
        if self and not held:
            raise UserError(
                self.env._(
                    "These customers are not with a provider: %(customers)s.",
                    customers=", ".join(self[:10].mapped("display_name")),
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_account_ids": held.ids})

    @api.model
    def _get_followers(self):
        self.env["collection.placement.line"].flush_model(["account_id"])
        return super()._get_followers() | {
            "placed": SQL(
                """EXISTS (
                            SELECT 1 FROM collection_placement_line line
                             WHERE line.account_id IN (own.id, ci.account_id))"""
            ),
        }

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        # first: who chases a broken promise depends on whose the customer is
        changed = 0
        if followers is None or "placed" in followers:
            changed += self.env["collection.placement.line"]._follow_ledger(account_ids)
        return changed + super()._follow_position(account_ids, followers)

    def action_open_access_log(self):
        """Who of the providers looked at this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_access_log_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})

    def _get_grant_limits(self):
        # EXTENDS agreement: a provider's people, also where something is written as
        # superuser for them
        if not self.env["collection.agent"]._current().provider_id:
            return super()._get_grant_limits()
        # sudo: what the company lets them grant
        mandate_sudo = self.sudo().mandate_id
        limits = {name: mandate_sudo[name] for name in GRANT_LIMITS}
        if mandate_sudo.date_end:
            # what falls due afterwards is the company's to follow
            left = (mandate_sudo.date_end - company_today(mandate_sudo)).days
            for name in DAY_LIMITS:
                limits[name] = min(limits[name], left)
        return limits

    def _is_delegated_to(self, agent_sudo):
        # EXTENDS people
        # sudo: the mandate and its agents are what is being checked
        mandate_sudo = self.sudo().mandate_id
        return super()._is_delegated_to(agent_sudo) or bool(
            self.delegation_state == "delegated"
            and agent_sudo in mandate_sudo.agent_ids
            and mandate_sudo._is_working()
        )
