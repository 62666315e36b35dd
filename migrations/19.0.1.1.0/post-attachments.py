from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Attachments of whatever is about a customer are closed to the provider's people:
    also of disputes, complaints and what was added since the rule was written."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    rule = env.ref(
        "account_collection.ir_attachment_rule_provider", raise_if_not_found=False
    )
    if rule and "'collection.dispute'" not in (rule.domain_force or ""):
        rule.domain_force = rule.domain_force.replace(
            "'collection.call',",
            "'collection.call', 'collection.call.review', 'collection.complaint', "
            "'collection.dispute', 'collection.means.change',",
            1,
        )
