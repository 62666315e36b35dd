from datetime import timedelta

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import column_exists

#: columns of the targets, and the indicator that each is one of
TARGETS = {"target_contacted": "share_contacted", "target_kept": "share_kept"}


def migrate(cr, version):
    """The two targets of a mandate are objectives now. Of running mandates nobody knows
    where they started from; they are to be reached by the end, else within a year."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for column, code in TARGETS.items():
        if not column_exists(cr, "collection_mandate", column):
            continue
        name = SQL.identifier(column)
        for mandate_id, target in env.execute_query(
            SQL("SELECT id, %s FROM collection_mandate WHERE %s > 0", name, name)
        ):
            mandate = env["collection.mandate"].browse(mandate_id)
            today = mandate.company_id._get_collection_today()
            env["collection.mandate.objective"].create(
                {
                    "mandate_id": mandate_id,
                    "indicator_id": env.ref(f"account_collection.indicator_{code}").id,
                    "target": target,
                    "deadline": mandate.date_end
                    or max(today, mandate.date_start) + timedelta(days=365),
                    "baseline_reason": mandate.with_context(
                        lang=mandate._get_contract_lang()
                    ).env._("It was set before baselines were taken."),
                }
            )
