from odoo import fields, models


class CollectionMandate(models.Model):
    """How long what was handed over may wait, stay, and come again."""

    _inherit = "collection.mandate"

    acknowledge_days = fields.Integer(
        string="Receipt Acknowledged within",
        default=5,
        tracking=True,
        help="Days from a hand-over within which the provider's supervisor says that "
        "they have what was sent. Then they are reminded, and two days later you "
        "decide.",
    )
    placement_days = fields.Integer(
        string="Customers Stay for",
        tracking=True,
        help="Days from the hand-over after which a customer comes back, unless you "
        "extend it. 0: as long as the mandate runs.",
    )
    revive_days = fields.Integer(
        string="Bounces Bring Back within",
        tracking=True,
        help="Days from the end within which a customer who paid goes back to the "
        "provider when the payment bounces, or with the next invoice where new ones "
        "follow. 0: as long as the mandate runs.",
    )

    _life_days = models.Constraint(
        "CHECK (acknowledge_days > 0 AND placement_days >= 0 AND revive_days >= 0)",
        "Receipt is acknowledged within a day at least; other days are counted from "
        "nought.",
    )

    def _get_reachable_agents(self):
        """Agents of the provider who may be told by e-mail about this mandate today:
        only who still has access is."""
        self.ensure_one()
        if not self._is_working():
            return self.agent_ids.browse()
        company = self.company_id
        today = company._get_collection_today()
        # sudo: addresses of their logins, to write to them for the company
        return self.agent_ids.filtered(
            lambda agent: (
                agent._is_employed(today)
                and agent.sudo().user_id.active
                and company in agent.sudo().user_id.company_ids
                and agent.sudo().user_id.email_normalized
            )
        )
