from . import collection_receipt_source
from . import collection_account_proof
