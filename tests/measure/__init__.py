from . import test_receipt
from . import test_receipt_sample
from . import test_payer_profile
