from odoo import models


class CollectionAccount(models.Model):
    _inherit = "collection.account"

    def action_hold(self):
        """Ask until when and why no reminder to these customers may leave."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_hold_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_release_hold(self):
        self.write({"hold_until": False, "hold_reason": False})

    def action_set_level(self):
        """Ask for the level that the open items have reached, and why."""
        return self.open_item_ids.action_set_level()
