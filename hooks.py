def post_init_hook(env):
    """Build the position of every customer from the ledger that is already there.

    Existing companies also get the standard dunning policy, so that a run
    proposes letters from the first day on; their customers are classified by the
    rules, and whom to call first is known. The month ends of the last year are read by
    their job, which is called at once.
    """
    env["res.company"].search([])._set_default_collection_policy()
    accounts = env["collection.account"]
    accounts._refresh()
    env["collection.segment.rule"]._classify_new()
    accounts._rank()
    env.ref("account_collection.ir_cron_collection_payer_profile")._trigger()
    env.ref("account_collection.ir_cron_collection_snapshot")._trigger()
