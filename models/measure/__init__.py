from . import collection_receipt
from . import collection_receipt_stale
from . import collection_account_receipt
from . import account_partial_reconcile
