import re

from odoo import SUPERUSER_ID, api

#: a mandate that runs on the day of whoever asks, in a time zone that they may choose
RUNS_TODAY = re.compile(
    r"\('(?P<path>[a-z_.]*)state',\s*'in',\s*\['pilot',\s*'live',\s*'review'\]\),\s*"
    r"\('(?P=path)date_start',\s*'<=',\s*'today'\),\s*"
    r"'\|',\s*\('(?P=path)date_end',\s*'=',\s*False\),\s*"
    r"\('(?P=path)date_end',\s*'>=',\s*'today'\)"
)


def migrate(cr, version):
    """Whether a mandate runs is a matter of the company's day."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    rules = env["ir.rule"].with_context(active_test=False)
    for rule in rules.search([("domain_force", "like", "'today'")]):
        domain = RUNS_TODAY.sub(r"('\g<path>working', '=', True)", rule.domain_force)
        if domain != rule.domain_force:
            rule.domain_force = domain
