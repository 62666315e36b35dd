from odoo import api, models


class CollectionCallScreen(models.TransientModel):
    """A customer may be taken back while somebody of the provider's is calling."""

    _inherit = "collection.call.screen"

    @api.model_create_multi
    def create(self, vals_list):
        # what was typed is kept although the customer was taken back meanwhile; what
        # it was about is theirs no more
        return super().create(
            [
                {
                    name: value
                    for name, value in vals.items()
                    if name not in ("bill_id", "item_ids")
                }
                if self._is_of_late_customer(vals)
                else vals
                for vals in vals_list
            ]
        )

    def _get_closed_relations(self, vals_list):
        closed = super()._get_closed_relations(vals_list)
        if "account_id" in closed and all(map(self._is_of_late_customer, vals_list)):
            closed.discard("account_id")
        return closed

    @api.model
    def _is_of_late_customer(self, vals):
        """Whether these values are about a customer who was the agent's until just
        now."""
        agent_sudo = self.env["collection.agent"]._current()
        account_id = vals.get("account_id")
        return (
            type(account_id) is int
            and bool(agent_sudo.provider_id)
            and bool(
                self.env["collection.account"]._find_late_line(agent_sudo, account_id)
            )
        )

    def _pass_on(self):
        """Pass on what was typed about a customer who was taken back meanwhile.

        :return: the action that says so; None where the customer is still theirs
        """
        self.ensure_one()
        if not self.env["collection.agent"]._current().provider_id:
            return None
        words = self.env["collection.account"]._portal_pass_on(
            # sudo: which customer the screen was opened for, by number
            self.sudo().account_id.id,
            self._get_typed(),
        )
        if words is None:
            return None
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Taken back by the company"),
                "message": self.env._(
                    "The company has taken this customer back meanwhile. What you "
                    "wrote has reached it."
                )
                if words
                else self.env._("The company has taken this customer back meanwhile."),
                "sticky": True,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_typed(self):
        """What was typed, by the names that the forms of the portal have."""
        # sudo: their own words, of a screen that they may write
        screen_sudo = self.sudo()
        typed = {
            name: screen_sudo[name]
            for name in ("note", "next_action", "next_action_date", "person", "phone")
        }
        typed["outcome_id"] = screen_sudo.outcome_id.id
        kind = screen_sudo.follow_up
        if kind and kind != "callback" and screen_sudo.with_follow_up:
            values = getattr(screen_sudo, f"_get_{kind}_values")()
            typed |= {f"{kind}-{name}": value for name, value in values.items()}
        return {name: str(value) for name, value in typed.items() if value}

    def action_save(self):
        return self._pass_on() or super().action_save()

    def action_save_next(self):
        return self._pass_on() or super().action_save_next()
