def post_init_hook(env):
    """Build the position of every customer from the ledger that is already there.

    Existing companies also get the standard dunning policy, so that a run
    proposes letters from the first day on.
    """
    companies = env["res.company"].search([("collection_policy_id", "=", False)])
    for company in companies:
        company.collection_policy_id = company._default_collection_policy()
    env["collection.account"]._refresh()
