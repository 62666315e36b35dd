"""Make the company and the people that test classes start from, once for all of them.

Read by Odoo's shell (`env`): each class would make them anew, which takes longer than
many of their tests.
"""

from odoo.addons.account_collection.tests.common import CollectionCommon

env = globals()["env"]
CollectionCommon._prepare(env)
env.flush_all()
env.cr.commit()
