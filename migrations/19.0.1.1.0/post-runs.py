from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """A run used to be done once its letters were confirmed; now it is when all of them
    have left. Those that still wait are in work again."""
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    env["collection.dunning.run"].search([("state", "=", "done")])._follow_letters()
