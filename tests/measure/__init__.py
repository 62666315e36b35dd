from . import test_receipt
from . import test_payer_profile
from . import test_first_action
from . import test_ledger_day
from . import test_ageing_balance
from . import test_snapshot
