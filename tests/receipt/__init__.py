from . import test_receipt_kinds
from . import test_receipt_generated
