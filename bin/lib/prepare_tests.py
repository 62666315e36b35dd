"""Make the company that test classes start from, once for all of them.

Read by Odoo's shell (`env`). Every class would make it anew, chart of accounts and all,
which takes longer than many of their tests.
"""

from odoo.addons.account_collection.tests.common import PREPARED, CollectionCommon

env = globals()["env"]
CollectionCommon.env = env
company = CollectionCommon.setup_independent_company()
module, name = PREPARED.split(".")
env["ir.model.data"].create(
    {"module": module, "name": name, "model": company._name, "res_id": company.id}
)
env.flush_all()
# saving would install the chart of the company's country beside the tests' own
env.cr.precommit.clear()
env.cr.commit()
