def post_init_hook(env):
    """Build the position of every customer from the ledger that is already there.

    Existing companies also get the standard dunning policy, so that a run
    proposes letters from the first day on.
    """
    env["res.company"].search([])._set_default_collection_policy()
    env["collection.account"]._refresh()
